import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { EntriesPage } from "../../schema/listing.ts";
import type { PurgeHistoryPage } from "../../schema/purge.ts";
import { cli, runCli, startCli } from "./support/cli.ts";
import { Coordinator, TOKEN } from "./support/coordinator.ts";
import { until } from "./support/until.ts";

/** Whether there is util-linux's `script`, which runs a command in a terminal. */
const hasTerminals = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

const PAGES = Array.from({ length: 10 }, (_, at) => at);

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

/** All pages are stored, fresh and in the index, whatever the test before has purged. */
beforeEach(async () => {
  await coordinator.load(PAGES, 1, await version());
  await until("the index has them all", async () => {
    const { entries } = await coordinator.api<EntriesPage>("/entries?state=fresh&limit=200");
    return entries.length === PAGES.length;
  });
});

async function version(): Promise<string | undefined> {
  const { purges } = await coordinator.api<PurgeHistoryPage>("/purges?limit=1");
  const [last] = purges;
  return last?.version;
}

const larder = (...args: readonly string[]) => runCli(args, directory, { env });

/** What a command says with `--json`, which it ends with 0. */
async function json<Answer>(...args: readonly string[]): Promise<Answer> {
  const { code, stdout, stderr } = await larder(...args, "--json");
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Answer;
}

interface Item {
  readonly seq: number;
  readonly reason?: string;
  readonly mode: string;
  readonly purged: number;
  readonly selectors: readonly object[];
  readonly revoked?: object;
}

const newest = async () => (await json<{ purges: readonly [Item] }>("history", "--limit", "1")).purges[0];

describe("larder purge", () => {
  it("purges by tag, and tells how many and up to which version", async () => {
    const { code, stdout, stderr } = await larder("purge", "--tag", "product:1", "--reason", "new price");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^Purged 2 entries of default at 127\.0\.0\.1:\d+; the log is at [0-9a-f]{16}-\d+\n$/);
    expect(await newest()).toMatchObject({
      mode: "hard",
      purged: 2,
      reason: "new price",
      selectors: [{ tags: ["product:1"] }],
    });
  });

  it.each([
    ["any of several tags", ["--tag", "product:1", "--tag", "product:2"], 4],
    ["all of several tags", ["--all-of", "product:1", "--all-of", "page"], 2],
    ["a path", ["--path", "/p/3"], 1],
    ["all below a path", ["--path", "/p/*"], 10],
    ["several paths, narrowed by a tag", ["--path", "/p/1", "--path", "/p/2", "--tag", "product:1"], 1],
    ["a cache that holds nothing", ["--tag", "page", "--cache", "other"], 0],
    ["everything", ["--all", "--yes"], 10],
  ])("purges %s", async (_, args, purged) => {
    expect(await json("purge", ...args)).toMatchObject({ purged });
  });

  it("purges by URL, by prefix and by key, softly or for good", async () => {
    const url = `${coordinator.url}/p/4`;
    expect(await json("purge", "--url", url, "--soft")).toMatchObject({ purged: 1 });
    expect(await newest()).toMatchObject({ mode: "soft" });
    expect(await json("purge", "--prefix", url, "--erase", "--yes")).toMatchObject({ purged: 1 });
    expect(await newest()).toMatchObject({ mode: "erase" });
    const { entries } = await json<{ entries: readonly { key: string }[] }>(
      "entries",
      "--prefix",
      `${coordinator.url}/p/5`,
    );
    expect(await json("purge", "--key", entries[0]?.key ?? "")).toMatchObject({ purged: 1 });
  });

  it("changes nothing with --dry-run, and shows what it would hit", async () => {
    const before = await newest();
    const { code, stdout } = await larder("purge", "--tag", "product:2", "--dry-run");
    expect(code).toBe(0);
    expect(stdout.split("\n")[0]).toMatch(/^Would purge 2 entries, \d+\.\d % of what is there$/);
    expect(stdout).toContain("/p/2?larder=");
    expect(await json("purge", "--tag", "product:2", "--dry-run")).toMatchObject({ dryRun: true, purged: 2 });
    expect(await newest()).toEqual(before);
  });

  it("refuses more than --max-entries with 3, and purges nothing", async () => {
    const before = await newest();
    const { code, stdout, stderr } = await larder("purge", "--tag", "page", "--max-entries", "3");
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toMatch(/^larder: .*10/);
    expect(await newest()).toEqual(before);
  });

  it.each([
    ["nothing", [], "what? Give --tag"],
    ["everything and a tag", ["--all", "--tag", "a"], "name nothing else beside it"],
    ["everything, where nobody can be asked", ["--all"], "add --yes"],
    ["erasing, where nobody can be asked", ["--tag", "a", "--erase"], "add --yes"],
    ["soft and erase", ["--tag", "a", "--erase", "--soft"], "cannot be used with"],
    ["a path that does not begin with a slash", ["--path", "p/1"], "must begin with a slash"],
    ["a path with a star inside", ["--path", "/p/*/x"], "at its end only"],
    ["an invalid number", ["--tag", "a", "--max-entries", "-1"], "whole number"],
    ["a URL that is none", ["--url", "about"], "url"],
    ["a tag that is too long", ["--tag", "a".repeat(5000)], "tags[0]"],
    ["an option that there is not", ["--tags", "a"], "Did you mean --tag?"],
  ])("ends with 2 for %s, and purges nothing", async (_, args, message) => {
    const before = await newest();
    const { code, stdout, stderr } = await larder("purge", ...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^larder: /);
    expect(stderr).toContain(message);
    expect(await newest()).toEqual(before);
  });

  it("tells of an error as a document with --json, on stderr", async () => {
    const { code, stdout, stderr } = await larder("purge", "--tag", "a".repeat(5000), "--json");
    expect([code, stdout]).toEqual([2, ""]);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: "invalid-input", field: "tags[0]" } });
  });

  it.runIf(hasTerminals)("tells first and asks, on a terminal, and purges only after yes", async () => {
    const before = await newest();
    const asked = await inTerminal("purge --tag product:3 --reason asked", "n\n");
    expect(asked.said).toMatch(/Would purge 2 entries.*\[y\/N\].*nothing was purged/s);
    expect(asked.code).toBe(1);
    expect(await newest()).toEqual(before);
    expect((await inTerminal("purge --tag product:3 --reason asked", "\u0003")).code).toBe(130);
    expect(await newest()).toEqual(before);
    const done = await inTerminal("purge --tag product:3 --reason asked", "y\n");
    expect([done.code, done.said]).toEqual([0, expect.stringContaining("Purged")]);
    expect(await newest()).toMatchObject({ reason: "asked", purged: 2 });
  });
});

/** Runs the CLI in a terminal, and types once it asks. */
async function inTerminal(args: string, typed: string): Promise<{ readonly code: number; readonly said: string }> {
  const command = `${process.execPath} ${cli} ${args}`;
  const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
    cwd: directory,
    env: { ...process.env, ...env, TERM: "xterm" },
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const ended = once(child, "close");
  await until("it asks", async () => said.includes("[y/N]"));
  child.stdin.write(typed);
  const [code] = (await ended) as [number];
  return { code, said };
}

describe("larder cache-clear", () => {
  it("clears as Layer0 has it", async () => {
    expect(await json("cache-clear", "--surrogate-key", "product:4", "--token", TOKEN)).toMatchObject({ purged: 2 });
    expect(await json("cache-clear", "--path", "/p/0")).toMatchObject({ purged: 1 });
    const { code, stderr } = await larder("cache-clear");
    expect([code, stderr]).toEqual([2, expect.stringContaining("add --yes")]);
    expect(await json("cache-clear", "--yes")).toMatchObject({ purged: 7 });
  });
});

describe("larder history and revoke", () => {
  it("shows who purged what and why, and takes it back once", async () => {
    await larder("purge", "--tag", "product:0", "--reason", "a mistake");
    const { seq } = await newest();
    const shown = await larder("history", "--limit", "2");
    expect(shown.stdout).toMatch(/^No\. +When +What +Mode +Entries +By +Why\n/);
    expect(shown.stdout).toMatch(/tag product:0, in all caches +hard +2 +token +a mistake\n/);
    expect(shown.stdout).toContain("More: --before");
    const taken = await larder("revoke", String(seq));
    expect([taken.code, taken.stdout]).toEqual([
      0,
      expect.stringMatching(/^Took purge \d+ back: 2 entries in force again/),
    ]);
    expect((await newest()).revoked).toBeDefined();
    const again = await larder("revoke", String(seq));
    expect([again.code, again.stderr]).toEqual([3, expect.stringMatching(/^larder: .*taken back/)]);
    expect((await larder("revoke", "99999")).code).toBe(1);
    expect((await larder("revoke", "soon")).code).toBe(2);
  });
});

describe("what looks things up", () => {
  it("lists entries, by tag and page by page", async () => {
    const { code, stdout } = await larder("entries", "--tag", "product:1");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^URL +Cache +State +Status +Size +Stored +Fresh until +Tags\n/);
    expect(stdout).toMatch(/\/p\/1 +gateway +fresh +200 +1\.0 KB .* page product:1\n/);
    const page = await json<{ entries: readonly { key: string }[]; after: string }>("entries", "--limit", "4");
    expect(page.entries).toHaveLength(4);
    const next = await json<{ entries: readonly { key: string }[] }>("entries", "--limit", "4", "--after", page.after);
    expect(next.entries[0]?.key).not.toBe(page.entries[0]?.key);
    const all = await larder("entries", "--everything", "--json");
    expect(
      all.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).cache),
    ).toEqual(PAGES.map(() => "gateway"));
    expect(all.stderr).toBe("");
    expect((await larder("entries", "--tag", "nobody")).stdout).toBe("There are no entries.\n");
    const wrong = await larder("entries", "--state", "rotten");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("state")]);
  });

  it("lists tags and namespaces", async () => {
    expect((await larder("tags", "--prefix", "product:")).stdout).toMatch(
      /^Tag +Cache +Entries\nproduct:0 +gateway +2\n/,
    );
    expect((await larder("namespaces")).stdout).toMatch(/^Namespace +Since\ndefault +\d/);
  });

  it("tells counts, and apart by cache", async () => {
    const counted = () => json<{ requests: number }>("stats");
    await until("what was asked for is counted", async () => (await counted()).requests >= PAGES.length, 20_000);
    const { code, stdout } = await larder("stats", "--window", "1h", "--by", "cache");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Counted since .*\nRequests +\d+\nHits +/);
    expect(stdout).toMatch(/\nCache +Requests +Hits +Hit rate +Waits +Misses +Past +Origin\n(?:.*\n)*gateway /);
    expect((await larder("stats", "--window", "soon")).code).toBe(2);
    expect((await larder("stats", "--window", "1s")).stderr).toContain("at least 60 seconds");
  });

  it("tells what is asked for most", async () => {
    await until(
      "it is counted",
      async () => (await json<{ names: readonly object[] }>("top", "tags", "--by", "misses")).names.length > 0,
      20_000,
    );
    expect((await larder("top", "keys", "--by", "misses", "--limit", "3")).stdout).toMatch(
      /^misses +keys\n +\d+ +http/,
    );
    expect((await larder("top", "people")).code).toBe(2);
  });

  it("explains a request", async () => {
    const url = `${coordinator.url}/p/1`;
    const hit = await larder("explain", url, "--cache", "gateway");
    expect([hit.code, hit.stdout]).toEqual([
      0,
      expect.stringMatching(/^hit\nCache +default\/gateway\n(?:.*\n)*Here +fresh; 200, 1\.0 KB/),
    ]);
    await larder("purge", "--url", url, "--reason", "old");
    // The page beside it is looked up by a log that has the purge, so that this isolate knows of it.
    await coordinator.load([2], 1, await version());
    const missed = await larder("explain", url, "--cache", "gateway");
    expect(missed.stdout).toMatch(/^miss: purged\n(?:.*\n)*.*by hard purge \d+ of URL .*\/p\/1.* token \(old\)\n/);
    expect((await larder("explain", url)).stderr).toContain("Give --cache");
    expect((await larder("explain", url, "--cache", "gateway", "--header", "no field")).code).toBe(2);
  });

  it("does not mind when nobody reads to the end", async () => {
    const { code, stderr } = await runCli(["entries", "--everything"], directory, { env, reads: "nothing" });
    expect([code, stderr]).toEqual([0, ""]);
  });

  it("watches counts until Ctrl-C", async () => {
    const { child, said, ended } = startCli(["stats", "--watch", "--interval", "1s", "--json"], directory, { env });
    await until("three looks", async () => said.stdout.trim().split("\n").length >= 3, 20_000);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await ended;
    expect([code, stderr]).toEqual([0, ""]);
    expect(
      stdout
        .trim()
        .split("\n")
        .every((line) => Number.isInteger(JSON.parse(line).requests)),
    ).toBe(true);
  });
});

describe("larder schedule", () => {
  it("adds, lists and removes", async () => {
    const { id } = await json<{ id: string }>(
      "schedule",
      "add",
      "0 6 * * 1-5",
      "--time-zone",
      "Europe/Berlin",
      "--tag",
      "prices",
      "--soft",
    );
    expect((await larder("schedule", "list")).stdout).toMatch(
      new RegExp(`${id} +0 6 \\* \\* 1-5 +Europe/Berlin +tag prices, in all caches +soft +\\S+ \\S+ +not yet\n`),
    );
    expect((await larder("schedule", "remove", id)).stdout).toBe(`Ended ${id}, 0 6 * * 1-5\n`);
    expect((await larder("schedule", "remove", id)).code).toBe(1);
    expect((await larder("schedule", "list")).stdout).toBe("There are no schedules.\n");
    const wrong = await larder("schedule", "add", "every day", "--all");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("five fields")]);
  });
});

describe("larder doctor", () => {
  it("finds nothing bad with a coordinator that works", async () => {
    const { code, stdout, stderr } = await larder("doctor");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/good +Data centre's cache: keeps, finds and deletes/);
    expect(stdout).toMatch(/good +Namespace's object: answers in \d/);
    expect(stdout).toMatch(/good +View of the log: at [0-9a-f]{16}-\d+, confirmed/);
    expect(stdout).toMatch(/good +Live feed: opens/);
    expect(stdout).not.toMatch(/^(?:unwise|bad)/m);
    const { findings } = await json<{ findings: readonly { state: string }[] }>("doctor");
    expect(findings.length).toBeGreaterThan(9);
    expect((await larder("doctor", "--token", "wrong")).code).toBe(3);
  });
});

describe("larder tail", () => {
  it("tells of purges as they come, from a version on, and ends with 0 at Ctrl-C", async () => {
    const { seq } = await json<{ version: string }>("purge", "--tag", "product:1", "--reason", "before").then(
      ({ version }) => ({
        seq: Number(version.split("-")[1]),
      }),
    );
    const { child, said, ended } = startCli(["tail", "--since", String(seq - 1), "--json"], directory, { env });
    await until("it follows", async () => said.stderr.includes("following"));
    await larder("purge", "--tag", "product:2", "--reason", "after\u001b[31m");
    await until("both are told", async () => said.stdout.trim().split("\n").length >= 2);
    child.kill("SIGINT");
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).reason),
    ).toEqual(["before", "after\u001b[31m"]);
    const text = startCli(["tail", "--since", String(seq - 1)], directory, { env });
    await until("both are told", async () => text.said.stdout.trim().split("\n").length >= 2);
    text.child.kill("SIGINT");
    expect((await text.ended).stdout).toMatch(
      /^\S+ \S+ purge \d+ hard tag product:1, in all caches: 2 entries, by token \(before\)\n.*\(after\\u001b\[31m\)\n$/,
    );
  });

  it("ends when nobody reads any more", async () => {
    const { child, said, ended } = startCli(["tail"], directory, { env });
    await until("it follows", async () => said.stderr.includes("following"));
    child.stdout.destroy();
    // What is written first may still find its way into the pipe.
    await until("it ends", async () => {
      await coordinator.api("/purge", { tags: ["nothing"] });
      return child.exitCode !== null;
    });
    expect((await ended).code).toBe(0);
  });

  it("tells of many things, and says nothing else", async () => {
    const { child, said, ended } = startCli(["tail", "--json"], directory, { env });
    await until("it follows", async () => said.stderr.includes("following"));
    for (let at = 0; at < 30; at += 1) await coordinator.api("/purge", { tags: ["nothing"], reason: `${at}` });
    await until("all are told", async () => said.stdout.trim().split("\n").length === 30);
    child.kill("SIGINT");
    const { stdout, stderr } = await ended;
    expect(
      stdout
        .trim()
        .split("\n")
        .map((line) => Number(JSON.parse(line).reason)),
    ).toEqual(Array.from({ length: 30 }, (_, at) => at));
    expect(stderr).toMatch(/^larder: following \S+\n$/);
  });

  it("connects again when the coordinator comes back, and has missed no purge", async () => {
    const { child, said, ended } = startCli(["tail", "--json"], directory, { env });
    await until("it follows", async () => said.stderr.includes("following"));
    await coordinator.stop();
    await until("it notices", async () => said.stderr.includes("connecting again"));
    await coordinator.start();
    await larder("purge", "--tag", "product:3", "--reason", "while away");
    await until("it is told", async () => said.stdout.includes("while away"), 40_000);
    child.kill("SIGINT");
    expect((await ended).code).toBe(0);
    expect(said.stdout.trim().split("\n")).toHaveLength(1);
  }, 120_000);

  it.each([
    ["a kind that there is not", ["--kinds", "weather"], 2, "kinds"],
    ["a token that is not the coordinator's", ["--token", "wrong"], 3, "LARDER_TOKEN"],
  ])("ends for %s", async (_, args, code, message) => {
    const ended = await larder("tail", ...args);
    expect([ended.code, ended.stdout, ended.stderr]).toEqual([code, "", expect.stringContaining(message)]);
  });
});
