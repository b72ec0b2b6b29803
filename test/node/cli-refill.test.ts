import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Refill } from "../../schema/refill.ts";
import { cli, runCli, startCli } from "./support/cli.ts";
import { Coordinator, TOKEN } from "./support/coordinator.ts";
import { until } from "./support/until.ts";

let coordinator: Coordinator;
let directory: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  coordinator = await Coordinator.start();
  directory = await mkdtemp(join(tmpdir(), "larder-cli-"));
  env = { LARDER_URL: coordinator.url, LARDER_TOKEN: TOKEN };
}, 90_000);

afterAll(async () => {
  await coordinator?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

const larder = (...args: readonly string[]) => runCli(args, directory, { env });

async function json<Answer>(...args: readonly string[]): Promise<Answer> {
  const { code, stdout } = await larder(...args, "--json");
  expect(code).toBe(0);
  return JSON.parse(stdout) as Answer;
}

const page = (at: number) => `${coordinator.url}/p/${at}`;

/** Whether the gateway answers all of them from its cache. */
async function areCached(pages: readonly number[]): Promise<boolean> {
  const answers = await Promise.all(pages.map((at) => fetch(page(at))));
  await Promise.all(answers.map((answer) => answer.arrayBuffer()));
  return answers.every(({ headers }) => /; hit\b/.test(headers.get("cache-status") ?? ""));
}

function sitemap(kind: "urlset" | "sitemapindex", urls: readonly string[]): string {
  const item = kind === "urlset" ? "url" : "sitemap";
  const items = urls.map((url) => `<${item}><loc> ${url.replaceAll("&", "&amp;")} </loc></${item}>`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${kind} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${items.join("")}</${kind}>`;
}

describe("larder warm", () => {
  it("has what a file names cached, and tells how that went", async () => {
    await writeFile(join(directory, "urls.txt"), `# the front\n${page(1)}\n\n${page(2)}\r\n`);
    const { code, stdout, stderr } = await larder("warm", "urls.txt", "--per-second", "50", "--reason", "a sale");
    expect(code).toBe(0);
    expect(stderr).toMatch(/^larder: watching refill [0-9a-f]{16}; Ctrl-C leaves it to itself\n$/);
    expect(stdout).toMatch(/^Done [0-9a-f]{16}: 2 of 2 filled\n$/);
    expect(await areCached([1, 2])).toBe(true);
    const { refills } = await json<{ refills: readonly Refill[] }>("refill", "list");
    expect(refills[0]).toMatchObject({ kind: "warm", state: "done", reason: "a sale", by: "token", perSecond: 50 });
  });

  it("reads a sitemap by its URL, and the sitemaps of an index, compressed ones among them", async () => {
    coordinator.files.set(
      "/sitemap.xml",
      sitemap(
        "sitemapindex",
        ["a.xml", "b.xml.gz"].map((name) => `${coordinator.url}/${name}`),
      ),
    );
    coordinator.files.set("/a.xml", sitemap("urlset", [page(11), `${page(12)}?a=1&b=2`]));
    coordinator.files.set("/b.xml.gz", gzipSync(sitemap("urlset", [page(13)])));
    const done = await json<Refill>("warm", `${coordinator.url}/sitemap.xml`, "--per-second", "50");
    expect(done).toMatchObject({ state: "done", total: 6, filled: 6, failed: 0 });
    expect(await areCached([11, 13])).toBe(true);
    const answer = await fetch(`${page(12)}?a=1&b=2`);
    await answer.arrayBuffer();
    expect(answer.headers.get("cache-status")).toMatch(/; hit\b/);
  });

  it("reads a sitemap in a file, and URLs from what it is given", async () => {
    await writeFile(join(directory, "map.xml"), sitemap("urlset", [page(21)]));
    expect(await json("warm", "map.xml", "--per-second", "50")).toMatchObject({ total: 1, filled: 1 });
    const child = spawn(process.execPath, [cli, "warm", "-", "--json"], {
      cwd: directory,
      env: { ...process.env, ...env },
    });
    child.stdin.end(`${page(22)}\n`);
    const [code] = await once(child, "close");
    expect(code).toBe(0);
    expect(await areCached([21, 22])).toBe(true);
  });

  it("warms what is asked for most, after a purge of everything", async () => {
    await coordinator.load([31, 32], 3);
    await until("they are counted by name", async () => {
      const { names } = await coordinator.api<{ names: readonly { name: string }[] }>("/top?of=keys&by=hits");
      return [31, 32].every((at) => names.some(({ name }) => name.startsWith(`${page(at)}?`)));
    });
    const { version } = await json<{ version: string }>("purge", "--all", "--yes");
    expect(await json("warm", "--top", "100", "--cache", "gateway", "--per-second", "100")).toMatchObject({
      failed: 0,
    });
    const headers = { "Larder-At-Least": version };
    const answers = await Promise.all([31, 32].map((at) => fetch(page(at), { headers })));
    for (const answer of answers) {
      await answer.arrayBuffer();
      expect(answer.headers.get("cache-status")).toMatch(/; hit\b/);
    }
  });

  it("ends with 1 where a page is not there, and says which", async () => {
    await writeFile(join(directory, "missing.txt"), `${coordinator.url}/missing\n`);
    const { code, stdout } = await larder("warm", "missing.txt", "--per-second", "50");
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Done [0-9a-f]{16}: 0 of 1 filled, 1 failed; the last: http\S+\/missing answered 404\n$/);
    const absent = await larder("warm", `${coordinator.url}/missing/sitemap.xml`, "--per-second", "50");
    expect(absent.code).toBe(1);
    coordinator.files.set("/wrong.xml", "<rss/>");
    const wrong = await larder("warm", `${coordinator.url}/wrong.xml`, "--per-second", "50");
    expect([wrong.code, wrong.stdout]).toEqual([1, expect.stringContaining("must be a <urlset> or a <sitemapindex>")]);
  });

  it.each([
    ["nothing", [], "give a sitemap, a file or -, or else --top"],
    ["two things", ["urls.txt", "--top", "3"], "give a sitemap, a file or -, or else --top"],
    ["a file that is not there", ["nowhere.txt"], "nowhere.txt cannot be read: ENOENT"],
    ["a line that is no URL", ["wrong.txt"], 'wrong.txt:2: must be an http or https URL (got "/p/1")'],
    ["a file of nothing", ["empty.txt"], "empty.txt names no URL"],
    ["an index in a file", ["index.xml"], "index.xml is an index of sitemaps: give it by its URL"],
    [
      "XML that is none",
      ["broken.xml"],
      "broken.xml: sitemap: must be a <urlset> or a <sitemapindex> (sitemaps.org/protocol.html); it is no XML",
    ],
    ["a pace of nothing", ["urls.txt", "--per-second", "0"], "It must be a number above 0."],
  ])("refuses %s", async (_, args, said) => {
    await writeFile(join(directory, "wrong.txt"), "https://a.example/\n/p/1\n");
    await writeFile(join(directory, "empty.txt"), "# nothing\n");
    await writeFile(join(directory, "index.xml"), sitemap("sitemapindex", ["https://a.example/a.xml"]));
    await writeFile(join(directory, "broken.xml"), "<urlset><url></urlset>");
    const { code, stdout, stderr } = await larder("warm", ...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(said);
  });

  it("leaves what is beyond the coordinator's limits to that, and says its words", async () => {
    const { code, stderr } = await larder("warm", "--top", "20000");
    expect([code, stderr]).toEqual([2, "larder: top: must be at most 10000 (got 20000)\n"]);
  });

  it("shows how far it has come, leaves it to itself at Ctrl-C, and stops it by another command", async () => {
    await writeFile(join(directory, "many.txt"), Array.from({ length: 50 }, (_, at) => page(100 + at)).join("\n"));
    const running = startCli(["warm", "many.txt", "--per-second", "1"], directory, { env });
    const id = await until("it has begun", async () => {
      const { refills } = await coordinator.api<{ refills: readonly Refill[] }>("/refills");
      return refills.find(({ state, total }) => state === "running" && total === 50)?.id;
    });
    await until("it watches", async () => running.said.stderr.includes(`watching refill ${id}`));
    running.child.kill("SIGINT");
    const { code, stderr } = await running.ended;
    expect([code, stderr]).toEqual([130, expect.stringContaining(`it goes on; larder refill stop ${id} ends it\n`)]);
    const listed = await larder("refill", "list");
    expect(listed.stdout).toMatch(new RegExp(`^${id}  running  all caches  token `, "m"));
    const watching = startCli(["refill", "watch", id], directory, { env });
    await until("it watches", async () => watching.said.stderr.includes(`watching refill ${id}`));
    expect(await json("refill", "stop", id)).toMatchObject({ id, state: "stopped", total: 50 });
    const watched = await watching.ended;
    expect([watched.code, watched.stdout]).toEqual([
      1,
      expect.stringMatching(/^Stopped [0-9a-f]{16}: \d+ of 50 filled\n$/),
    ]);
    expect((await larder("refill", "stop", "0123456789abcdef")).code).toBe(1);
  });
});

describe.each([
  [["warm", "--top", "3"]],
  [["refill", "list"]],
  [["refill", "watch", "0123456789abcdef"]],
  [["refill", "stop", "0123456789abcdef"]],
])("larder %j", (args) => {
  it("is refused to a token that is not the coordinator's, in its words", async () => {
    const { code, stdout, stderr } = await runCli(args, directory, { env: { ...env, LARDER_TOKEN: "another" } });
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toBe(
      "larder: The token is not the one the coordinator was given as LARDER_TOKEN; check it and send it again\n",
    );
  });

  it("ends well where nobody reads what it says", async () => {
    const { code, stderr } = await runCli(args, directory, { env, reads: "nothing" });
    expect(code).toBe(args[1] === "list" || args[0] === "warm" ? 0 : 1);
    expect(stderr).not.toMatch(/EPIPE|at .*\.mjs/);
  });
});

describe("larder purge --refill", () => {
  it("has what it hits fetched anew, and tells which refill that is", async () => {
    await coordinator.load([41, 46]);
    const { code, stdout } = await larder(
      "purge",
      "--tag",
      "product:1",
      "--soft",
      "--refill",
      "5",
      "--per-second",
      "50",
    );
    expect(code).toBe(0);
    const [, id = ""] = /; refill ([0-9a-f]{16}) has begun\n$/.exec(stdout) ?? [];
    const { refills } = await json<{ refills: readonly Refill[] }>("refill", "list");
    expect(refills[0]).toMatchObject({ id, kind: "purge", perSecond: 50 });
    const watched = await larder("refill", "watch", id);
    expect([watched.code, watched.stdout]).toEqual([0, expect.stringContaining("filled")]);
  });

  it.each([
    ["a pace without it", ["--tag", "a", "--per-second", "5"], "--per-second and --concurrency go with --refill"],
    ["erasing with it", ["--tag", "a", "--erase", "--yes", "--refill"], "cannot be used with option '--erase'"],
  ])("refuses %s", async (_, args, said) => {
    const { code, stderr } = await larder("purge", ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  });
});

describe("larder schedule add --warm", () => {
  it("has a sitemap fetched by the clock, and lists it", async () => {
    const url = `${coordinator.url}/sitemap.xml`;
    const added = await json<{ id: string }>(
      "schedule",
      "add",
      "0 5 * * *",
      "--warm",
      url,
      "--per-second",
      "5",
      "--reason",
      "mornings",
    );
    expect(added).toMatchObject({ warm: { sitemap: url, perSecond: 5, concurrency: 4, reason: "mornings" } });
    const { stdout } = await larder("schedule", "list");
    expect(stdout).toMatch(new RegExp(`^${added.id}  0 5 \\* \\* \\*  UTC +${url}  warm `, "m"));
    await larder("schedule", "remove", added.id);
  });

  it.each([
    ["two sources", ["--warm", "https://a.example/s.xml", "--warm-top", "5"], "give --warm or --warm-top, not both"],
    ["what is about purges", ["--warm-top", "5", "--tag", "a"], "--tag is about a purge, and this schedule warms"],
  ])("refuses %s", async (_, args, said) => {
    const { code, stderr } = await larder("schedule", "add", "0 5 * * *", ...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(said)]);
  });
});

describe("larder tail", () => {
  it("tells how refills get on", async () => {
    const tailing = startCli(["tail", "--kinds", "refills", "--json"], directory, { env });
    await until("it follows", async () => tailing.said.stderr.includes("following"));
    await writeFile(join(directory, "one.txt"), page(51));
    await larder("warm", "one.txt", "--per-second", "50");
    await until("it has told of the end", async () => tailing.said.stdout.includes('"state":"done"'));
    tailing.child.kill("SIGINT");
    const { code, stdout } = await tailing.ended;
    expect(code).toBe(0);
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { kind: string; filled: number; total: number });
    expect(events.every(({ kind }) => kind === "refill")).toBe(true);
    expect(events.at(-1)).toMatchObject({ filled: 1, total: 1 });
  });
});
