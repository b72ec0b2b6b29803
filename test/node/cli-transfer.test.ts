import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EntriesPage } from "../../schema/listing.ts";
import { cli, runCli } from "./support/cli.ts";
import { Coordinator, TOKEN } from "./support/coordinator.ts";
import { freeBasePort } from "./support/ports.ts";
import { until } from "./support/until.ts";

/** Whether there is util-linux's `script`, which runs a command in a terminal. */
const hasTerminals = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

const PAGES = Array.from({ length: 10 }, (_, at) => at);

interface Line {
  readonly kind: string;
  readonly [name: string]: unknown;
}

let coordinator: Coordinator;
let directory: string;
let env: NodeJS.ProcessEnv;
/** Of the namespace that has something. */
let exported: readonly Line[];
let names = 0;

/** A namespace no other test uses. */
const fresh = () => `fresh-${++names}`;

const larder = (args: readonly string[], options: Omit<Parameters<typeof runCli>[2] & object, "env"> = {}) =>
  runCli(args, directory, { env, ...options });

async function json<Answer>(...args: readonly string[]): Promise<Answer> {
  const { code, stdout, stderr } = await larder([...args, "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  return JSON.parse(stdout) as Answer;
}

async function exportOf(namespace: string): Promise<Line[]> {
  const { code, stdout, stderr } = await larder(["export", "-n", namespace]);
  expect([code, stderr]).toEqual([0, ""]);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Line);
}

const textOf = (lines: readonly object[]) => lines.map((line) => `${JSON.stringify(line)}\n`).join("");

async function fileOf(text: string): Promise<string> {
  const file = join(directory, `${fresh()}.jsonl`);
  await writeFile(file, text);
  return file;
}

const ofKind = (lines: readonly Line[], kind: string) => lines.filter((line) => line.kind === kind);

beforeAll(async () => {
  coordinator = await Coordinator.start();
  directory = await mkdtemp(join(tmpdir(), "larder-cli-"));
  env = { LARDER_URL: coordinator.url, LARDER_TOKEN: TOKEN };
  await coordinator.load(PAGES);
  // More than a page of the log, of which the last but one is taken back.
  for (let at = 0; at < 1010; at += 10) {
    await Promise.all(
      PAGES.map((more) => coordinator.api("/purge", { tags: ["nothing"], reason: `number ${at + more}` })),
    );
  }
  await json("purge", "--tag", "product:1", "--soft");
  await json("revoke", "1009");
  await json("purge", "--tag", "product:2", "--reason", "new price");
  await json("schedule", "add", "0 6 * * 1-5", "--time-zone", "Europe/Berlin", "--tag", "prices", "--soft");
  await until("the index has them all", async () => {
    const { entries } = await coordinator.api<EntriesPage>("/entries?limit=200");
    return entries.length === PAGES.length;
  });
  exported = await exportOf("default");
}, 90_000);

afterAll(async () => {
  await coordinator?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

describe("larder export", () => {
  it("writes all there is in its order, more than a page of it, and says that it is whole", () => {
    const [first, ...further] = exported;
    expect(first).toMatchObject({ kind: "namespace", format: 2, namespace: "default", head: 1014, floor: 0 });
    const kinds = further.map(({ kind }) => kind).filter((kind, at, all) => kind !== all[at - 1]);
    expect(kinds).toEqual(["purge", "revocation", "purge", "deployment", "schedule", "entry", "end"]);
    const seqs = exported.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
    expect(seqs).toEqual(Array.from({ length: 1014 }, (_, at) => at + 1));
    expect(new Set(ofKind(exported, "entry").map(({ key }) => key)).size).toBe(PAGES.length);
    expect(exported.at(-1)).toEqual({ kind: "end", records: 1014, deployments: 1, schedules: 1, entries: 10 });
  });

  const automatic = (seq: number, url: string) => {
    const selectors = [{ cache: "pages", url }];
    return {
      kind: "purge",
      seq,
      at: "2026-11-30T22:15:00.000Z",
      by: "request",
      mode: "hard",
      selectors,
      purged: 0,
      automatic: true,
    };
  };

  it("leaves out what was replaced while the log was read", async () => {
    const log = [
      automatic(1, "https://a.example/"),
      automatic(2, "https://b.example/"),
      automatic(3, "https://a.example/"),
    ];
    const namespace = { ...exported[0], head: 3 };
    await using server = await answering({
      "/export": { epoch: "a", lines: log.slice(0, 2), after: 2 },
      "/export?after=2": { epoch: "a", lines: log.slice(2), namespace },
      "/entries?limit=200": { entries: [] },
    });
    const { code, stdout } = await larder(["export", "--server", server.url]);
    const end = { kind: "end", records: 2, deployments: 0, schedules: 0, entries: 0 };
    expect([code, stdout]).toEqual([0, textOf([namespace, ...log.slice(1), end])]);
  });

  it("writes nothing of a namespace that is emptied meanwhile", async () => {
    await using server = await answering({
      "/export": { epoch: "a", lines: [automatic(1, "https://a.example/")], after: 1 },
      "/export?after=1": { epoch: "b", lines: [], namespace: exported[0] },
    });
    const { code, stdout, stderr } = await larder(["export", "--server", server.url]);
    expect([code, stdout, stderr]).toEqual([1, "", expect.stringContaining("export it again")]);
  });

  it("does not mind when nobody reads to the end", async () => {
    const { code, stderr } = await larder(["export"], { reads: "nothing" });
    expect([code, stderr]).toEqual([0, ""]);
  });
});

describe("larder import", () => {
  it("makes an empty namespace what was exported, and goes on with its log", async () => {
    const to = fresh();
    const { code, stdout, stderr } = await larder(["import", "-n", to, await fileOf(textOf(exported))]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(
      /^Imported default, as of \S+Z, into fresh-\d+ at 127\.0\.0\.1:\d+: 1,014 records, 1 deployment, 1 schedule, 10 entries; the log is at [0-9a-f]{16}-1014\nEntries: 10 listed\nThe names differ/,
    );
    const [first, ...further] = await exportOf(to);
    const [original, ...others] = exported;
    expect(further).toEqual(others);
    expect(first).toMatchObject({ epoch: original?.["epoch"], head: 1014, floor: 0, namespace: to });
    expect((await json<{ schedules: object[] }>("schedule", "list", "-n", to)).schedules).toHaveLength(1);
    await until("it is noted", async () => (await larder(["namespaces", "--everything"])).stdout.includes(`${to} `));
    const { purged, version } = await json<{ purged: number; version: string }>(
      ...["purge", "-n", to, "--tag", "product:3"],
    );
    expect([purged, version]).toEqual([2, `${original?.["epoch"]}-1015`]);
  });

  it("takes what comes in, and tells as a document", async () => {
    const to = fresh();
    const { code, stdout, stderr } = await larder(["import", "-n", to, "--json"], { input: textOf(exported) });
    expect([code, stderr]).toEqual([0, ""]);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ namespace: to, from: "default", records: 1014, deployments: 1, schedules: 1, entries: 10, floor: 0 },
      imported: { added: 10, present: 0, expired: 0, foreign: 0 },
    });
  });

  it("changes nothing with --dry-run", async () => {
    const to = fresh();
    const file = await fileOf(textOf(exported));
    const { code, stdout } = await larder(["import", "-n", to, file, "--dry-run"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Would import default, .* 1,014 records/)]);
    expect(await json("import", "-n", to, file, "--dry-run")).toMatchObject({ dryRun: true, records: 1014 });
    expect((await exportOf(to))[0]).toMatchObject({ head: 0 });
    const full = await larder(["import", file, "--dry-run"]);
    expect([full.code, full.stderr]).toEqual([3, expect.stringContaining("has purges")]);
  });

  it.each([
    ["purges", ["purge", "--tag", "a"]],
    ["schedules", ["schedule", "add", "0 6 * * *", "--all"]],
  ])("refuses a namespace that has %s with 3, and leaves it as it is", async (what, args) => {
    const to = fresh();
    await json(...args, "-n", to);
    const before = await exportOf(to);
    const { code, stdout, stderr } = await larder(["import", "-n", to], { input: textOf(exported) });
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toBe(
      `larder: namespace: has ${what}, and an import needs one in which nothing has been stored, purged or scheduled; give another name\n`,
    );
    expect((await exportOf(to)).slice(1)).toEqual(before.slice(1));
  });

  it("refuses to import the same twice", async () => {
    const to = fresh();
    const file = await fileOf(textOf(exported));
    expect((await larder(["import", "-n", to, file])).code).toBe(0);
    const again = await larder(["import", "-n", to, file, "--json"]);
    expect([again.code, JSON.parse(again.stderr)]).toMatchObject([3, { error: { code: "not-empty" } }]);
    expect((await exportOf(to)).slice(1)).toEqual(exported.slice(1));
  });

  const changed = (at: number, change: object) =>
    textOf(exported.map((line, index) => (index === at ? { ...line, ...change } : line)));
  const lastRecord = () => exported.findLastIndex(({ seq }) => seq !== undefined);
  const firstOf = (kind: string) => exported.findIndex((line) => line.kind === kind);
  const cases: [string, () => string, RegExp, object?][] = [
    ["that is empty", () => "", /line 1: is missing: the export was cut off/],
    ["that is no export", () => "<html>\n", /line 1: is not JSON/],
    ["that is a list", () => "[1]\n", /line 1: must be a JSON object/],
    ["that begins in the middle", () => textOf(exported.slice(1)), /line 1: kind: must be "namespace"/],
    [
      "of the earlier format",
      () => changed(0, { format: 1 }),
      /line 1: format: must be 2: make the export anew/,
      { field: "format", line: 1 },
    ],
    ["that was cut off after a line", () => textOf(exported.slice(0, -1)), /line 1028: is missing: .* cut off/],
    ["that was cut off within a line", () => textOf(exported).slice(0, -5), /line 1028: is not JSON/],
    ["that goes on after its end", () => `${textOf(exported)}{}\n`, /line 1029: must not come after the end/],
    ["with an empty line", () => textOf(exported).replace("\n", "\n\n"), /line 2: is empty/],
    ["with a line of another kind", () => changed(5, { kind: "lease" }), /line 6: kind: must be "purge", "revocation"/],
    ["with a field that there is not", () => changed(5, { url: "x" }), /line 6: url: is not an option/],
    [
      "with records out of order",
      () => changed(5, { seq: 2 }),
      /line 6: seq: must be above that of the record before, 4 \(got 2\)/,
      { field: "seq", line: 6 },
    ],
    ["with a record twice", () => changed(5, { seq: 4 }), /line 6: seq: must be above/],
    [
      "with a record above its head",
      () => changed(lastRecord(), { seq: 1015 }),
      /line 1015: seq: must not be above the head/,
    ],
    [
      "whose last records are missing",
      () => textOf(exported.filter(({ seq }) => seq !== 1014)),
      /line 1027: head: is 1014/,
    ],
    [
      "with a record missing",
      () => textOf(exported.filter(({ seq }) => seq !== 7)),
      /line 1027: records: should be 1014/,
    ],
    [
      "with an entry missing",
      () => textOf(exported.filter((_, at) => at !== firstOf("entry"))),
      /entries: should be 10/,
    ],
    [
      "whose log comes late",
      () => textOf([...exported.slice(0, 3), ...exported.slice(1015, 1016), ...exported.slice(3)]),
      /line 5: kind: "purge" must not come any more/,
    ],
    [
      "with a selector that is refused",
      () => changed(5, { selectors: [{ tags: [] }] }),
      /line 6: selectors\[0\]\.tags: must name at least one tag/,
      { field: "selectors[0].tags", line: 6 },
    ],
    [
      "with a selector of an unknown kind",
      () => changed(5, { selectors: [{ tag: "a" }] }),
      /line 6: selectors\[0\]\.tag: is not an option/,
    ],
    [
      "with a purge of nothing",
      () => changed(5, { selectors: [] }),
      /line 6: selectors: must hold at least one selector/,
    ],
    [
      "with a date that is none",
      () => changed(5, { at: "2026-02-31T00:00:00.000Z" }),
      /line 6: at: must be a time as an export has it/,
    ],
    ["with an epoch that is none", () => changed(0, { epoch: "x" }), /line 1: epoch: must be 16 hexadecimal digits/],
    ["with a floor above its head", () => changed(0, { floor: 2000 }), /line 1: floor: must not be above the head/],
    [
      "with a schedule that is none",
      () => changed(firstOf("schedule"), { cron: "daily" }),
      /line 1017: cron: must have five fields/,
    ],
    [
      "with a tag that is none",
      () => changed(firstOf("entry"), { tags: ["a b"] }),
      /line 1018: tags\[0\]: must be printable ASCII/,
    ],
    [
      "with a line that is too long",
      () => changed(5, { reason: "x".repeat(1_000_000) }),
      /line 6: must be at most 1000000 bytes/,
      { limit: 1_000_000, line: 6 },
    ],
  ];

  it.each(cases)("refuses a file %s with 2, before anything is sent", async (_, text, message, details) => {
    const to = fresh();
    const { code, stdout, stderr } = await larder(["import", "-n", to, await fileOf(text())]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr.split("\n")).toHaveLength(2);
    if (details !== undefined) {
      const told = await larder(["import", "-n", to, "--json"], { input: text() });
      expect(JSON.parse(told.stderr)).toMatchObject({ error: { code: "invalid-input", ...details } });
    }
    // Not even begun: there is nothing to be forgotten.
    expect((await exportOf(to))[0]).toMatchObject({ head: 0, floor: 0 });
  });

  it("refuses what is no UTF-8, and a file that is not there", async () => {
    const file = join(directory, "latin1.jsonl");
    await writeFile(file, Buffer.from('{"kind":"\xe4"}\n', "latin1"));
    const { code, stderr } = await larder(["import", file]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("line 1: is not UTF-8")]);
    const none = await larder(["import", "nowhere.jsonl"]);
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining("nowhere.jsonl cannot be read")]);
    const folder = await larder(["import", directory]);
    expect([folder.code, folder.stderr]).toEqual([2, expect.stringContaining("cannot be read")]);
  });

  it("takes nothing over where the coordinator refuses what the file alone does not show", async () => {
    const to = fresh();
    const text = changed(firstOf("schedule"), { cron: "0 0 30 2 *" });
    const { code, stdout, stderr } = await larder(["import", "-n", to], { input: text });
    expect([code, stdout, stderr]).toEqual([2, "", 'larder: cron: never comes (got "0 0 30 2 *")\n']);
    expect(await exportOf(to)).toMatchObject([{ head: 0 }, { kind: "end", records: 0, schedules: 0 }]);
    expect((await larder(["import", "-n", to], { input: textOf(exported) })).code).toBe(0);
  });

  it("writes out control characters of the file's own", async () => {
    const input = `${JSON.stringify(exported[0])}\n${JSON.stringify({ ...exported[1], "\u001b[2J": 1 })}\n`;
    const { code, stderr } = await larder(["import", "-n", fresh()], { input });
    expect([code, stderr]).toEqual([2, expect.stringContaining("line 2: \\u001b[2J: is not an option")]);
  });

  it.runIf(hasTerminals)("tells on a terminal how far it is, and wipes that out", async () => {
    const file = await fileOf(textOf(exported));
    const command = `${process.execPath} ${cli} import -n ${fresh()} ${file}`;
    const child = spawn("script", ["--quiet", "--return", "--command", command, "/dev/null"], {
      env: { ...process.env, ...env, TERM: "xterm", NO_COLOR: "1" },
    });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.stdin.end();
    expect(await once(child, "close")).toEqual([0, null]);
    const shown = said.split("\r\u001b[K").map((text) => text.trimEnd());
    expect(shown.slice(1, -1)).toEqual([
      ...["Checking …", "Log: 1,000 of 1,016 lines", "Log: 1,016 of 1,016 lines", "Entries: 10 of 10"],
    ]);
    expect(shown.at(-1)).toMatch(/^Imported default/);
  });

  it("ends with 4 where nothing listens", async () => {
    const server = `http://127.0.0.1:${await freeBasePort()}`;
    const { code, stderr } = await larder(["import", "--server", server], { input: textOf(exported) });
    expect([code, stderr]).toEqual([4, expect.stringContaining("nothing listens there")]);
  });

  it.each([
    ["a part", 1],
    ["what takes over", 3],
    ["the entries", 4],
    ["the end", 5],
  ])("is gone on with when it was cut off before the answer to %s", async (_, at) => {
    const to = fresh();
    const file = await fileOf(textOf(exported));
    await using line = await cutOff(at);
    const cut = await larder(["import", "-n", to, file, "--server", line.url]);
    expect([cut.code, cut.stderr]).toEqual([4, expect.stringContaining("give the same command again, and it goes on")]);
    if (at < 3) expect((await exportOf(to))[0]).toMatchObject({ head: 0 });
    const again = await larder(["import", "-n", to, file]);
    // What was done with is not begun again.
    expect(again.code).toBe(at === 5 ? 3 : 0);
    expect((await exportOf(to)).slice(1)).toEqual(exported.slice(1));
  });
});

/** Answers by paths of a namespace what a coordinator would only by chance. */
function answering(answers: Readonly<Record<string, object>>) {
  return listening(({ url = "" }, response) => {
    const answer = answers[url.replace("/.larder/v1/caches/default", "")];
    response.writeHead(answer === undefined ? 404 : 200).end(JSON.stringify(answer ?? {}));
  });
}

/** A line to the coordinator that breaks when the answer to that request, from 0 on, has come. */
function cutOff(at: number) {
  let asked = 0;
  return listening(async (request: IncomingMessage, response) => {
    const number = asked;
    asked += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = "GET", url = "" } = request;
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const body = chunks.length === 0 ? {} : { body: Buffer.concat(chunks) };
    const answer = await fetch(`${coordinator.url}${url}`, { method, headers, ...body });
    const text = await answer.text();
    if (number >= at) response.destroy();
    else response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
  });
}

async function listening(answer: RequestListener): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("it has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
