import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { LogLine } from "../../schema/export.ts";
import { limits } from "../../schema/limits.ts";
import { objectNamed } from "../support/api.ts";
import { freshNamespace } from "../support/fresh.ts";
import { Listener } from "../support/listener.ts";
import { fill, logOf, pointOf, purge, report, stubOf, toJudge } from "../support/namespace-object.ts";
import { START, useObjectClock } from "../support/object-clock.ts";
import { AMS, GRU, Site } from "../support/site.ts";
import type { Exported } from "../support/transfer.ts";
import { addEntries, asked, countsOf, exportOf, handOver, ID, importInto, takeOver } from "../support/transfer.ts";

const DAY = 86_400;
const clock = useObjectClock();

/** A namespace with a little of everything, and what is exported of it. */
async function furnished() {
  const name = freshNamespace();
  const object = objectNamed(name);
  await fill(object, [
    { url: "https://a.example/1", tags: ["a"], lifetimeSeconds: 10 * DAY },
    { url: "https://a.example/2", tags: ["a", "b"] },
  ]);
  await purge(object, { tags: ["b"] });
  await object.deployed({}, { cache: "api", id: "v1", madeAtMs: 1000 });
  await object.revoke({}, 1, "a test");
  await object.addSchedule({ cron: "0 6 * * *", purge: { tags: ["a"], soft: true } }, "a test");
  return { name, object, exported: await exportOf(name) };
}

/** Every row of every table, but for the note that the namespace is in the directory, which comes in its own time. */
function everythingIn(name: string): Promise<unknown> {
  return runInDurableObject(stubOf(name), (_, { storage: { sql } }) => {
    const tables = sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY name",
    );
    sql.exec("DELETE FROM meta WHERE name = 'enlisted'");
    return [...tables].map(({ name: table }) => [table, sql.exec(`SELECT * FROM ${table}`).toArray()]);
  });
}

const alarmOf = (name: string) => runInDurableObject(stubOf(name), (_, { storage }) => storage.getAlarm());

describe("an import", () => {
  test("is refused where something was stored, purged or scheduled, and leaves everything as it is", async () => {
    const { exported } = await furnished();
    const cases: [string, (name: string) => Promise<unknown>][] = [
      ["has entries", (name) => fill(objectNamed(name), [{}])],
      ["has purges", (name) => purge(objectNamed(name), { tags: ["x"] })],
      ["has purges", (name) => objectNamed(name).invalidate({}, { cache: "pages", urls: [], tags: ["x"] })],
      ["has schedules", (name) => objectNamed(name).addSchedule({ cron: "0 6 * * *", purge: { tags: ["x"] } }, "me")],
      // Its purges were forgotten, but versions of its log are out there.
      [
        "has purges",
        async (name) => {
          await purge(objectNamed(name), { tags: ["x"] });
          await runInDurableObject(stubOf(name), (instance, { storage }) => {
            storage.sql.exec("UPDATE purges SET at_ms = 0");
            return instance.alarm();
          });
        },
      ],
    ];
    for (const [what, prepare] of cases) {
      const name = freshNamespace();
      await prepare(name);
      const before = await everythingIn(name);
      for (const dryRun of [{}, { dryRun: true }]) {
        const answer = await asked(name, "POST", "/imports", { id: ID, namespace: exported.namespace, ...dryRun });
        expect(answer).toMatchObject({ status: 409, body: { code: "not-empty", field: "namespace" } });
        expect(answer.body["detail"]).toContain(what);
      }
      expect(await everythingIn(name)).toEqual(before);
    }
  });

  test("is refused at its end where something has come in between", async () => {
    const { exported } = await furnished();
    const name = freshNamespace();
    await handOver(name, exported);
    await purge(objectNamed(name), { tags: ["x"] });
    const before = await pointOf(objectNamed(name));
    expect(await asked(name, "POST", `/imports/${ID}/apply`, countsOf(exported.lines))).toMatchObject({
      status: 409,
      body: { code: "not-empty" },
    });
    expect(await pointOf(objectNamed(name))).toEqual(before);
  });

  test("tries out, and changes nothing", async () => {
    const { exported } = await furnished();
    const name = freshNamespace();
    const before = await everythingIn(name);
    const answer = await asked(name, "POST", "/imports", { id: ID, namespace: exported.namespace, dryRun: true });
    expect(answer).toEqual({ status: 201, body: { id: ID, state: "begun" } });
    expect(await everythingIn(name)).toEqual(before);
    expect(await asked(name, "POST", `/imports/${ID}/parts`, { part: 0, lines: [] })).toMatchObject({ status: 404 });
  });

  const broken: [string, string, (exported: Exported) => Exported][] = [
    ["that ends below its head", "head", (all) => ({ ...all, lines: all.lines.filter(without(3)) })],
    ["that lacks a record", "records", (all) => ({ ...all, lines: all.lines.filter(without(2)) })],
    ["with a record twice", "seq", (all) => ({ ...all, lines: [...all.lines.slice(0, 1), ...all.lines] })],
    [
      "that is not in order",
      "seq",
      (all) => ({ ...all, lines: [1, 0, 2, 3, 4].map((at) => all.lines[at] as LogLine) }),
    ],
    ["with a deployment twice", "id", (all) => ({ ...all, lines: all.lines.toSpliced(3, 0, all.lines[3] as LogLine) })],
    [
      "with a schedule that never comes",
      "cron",
      (all) => ({
        ...all,
        lines: all.lines.map((line) => (line.kind === "schedule" ? { ...line, cron: "0 0 30 2 *" } : line)),
      }),
    ],
    [
      "with too many schedules",
      "kind",
      (all) => ({
        ...all,
        lines: all.lines.flatMap((line): LogLine[] =>
          line.kind === "schedule"
            ? Array.from({ length: limits.schedules + 1 }, (_, at) => ({ ...line, id: String(at).padStart(16, "0") }))
            : [line],
        ),
      }),
    ],
  ];

  test.each(broken)("takes nothing over of a log %s", async (_, field, breakIt) => {
    const { exported } = await furnished();
    const name = freshNamespace();
    await handOver(name, breakIt(exported), 2);
    const before = await everythingIn(name);
    const refused = await asked(name, "POST", `/imports/${ID}/apply`, countsOf(exported.lines));
    expect(refused).toMatchObject({ status: 400, body: { code: "invalid-input", field } });
    expect(await everythingIn(name)).toEqual(before);
    expect((await asked(name, "DELETE", `/imports/${ID}`)).body).toEqual({ id: ID, state: "begun" });
    expect(await exportOf(name)).toMatchObject({ namespace: { head: 0, floor: 0 }, lines: [], entries: [] });
    // It is as empty as it was.
    await importInto(name, exported);
    expect((await exportOf(name)).lines).toEqual(exported.lines);
  });

  test.each([
    [
      "lines[0].selectors[0].tags",
      {
        kind: "purge",
        seq: 1,
        at: new Date(0).toISOString(),
        by: "x",
        mode: "hard",
        selectors: [{ tags: [] }],
        purged: 0,
      },
    ],
    ["lines[0].at", { kind: "revocation", seq: 1, at: "soon", by: "x", revokes: 1, restored: 0 }],
    ["lines[0].kind", { kind: "entry" }],
    [
      "lines[0].cron",
      {
        kind: "schedule",
        id: ID,
        cron: "daily",
        purge: { tags: ["a"] },
        by: "x",
        createdAt: new Date(0).toISOString(),
      },
    ],
  ])("refuses a part for its %s, in the words of every other surface", async (field, line) => {
    const { exported } = await furnished();
    const name = freshNamespace();
    await handOver(name, { ...exported, lines: [] });
    const refused = await asked(name, "POST", `/imports/${ID}/parts`, { part: 0, lines: [line] });
    expect(refused).toMatchObject({ status: 400, body: { code: "invalid-input", field } });
  });

  test("may send a part again, or parts in any order", async () => {
    const { exported } = await furnished();
    const name = freshNamespace();
    await handOver(name, { ...exported, lines: [] });
    for (const [at, line] of [...exported.lines.entries(), ...exported.lines.entries()].reverse()) {
      await asked(name, "POST", `/imports/${ID}/parts`, { part: at, lines: [line] });
    }
    await takeOver(name, exported);
    expect((await exportOf(name)).lines).toEqual(exported.lines);
  });

  test("outlives the object's instance at every step, and is told of again when it is asked for twice", async () => {
    const { exported } = await furnished();
    const name = freshNamespace();
    await handOver(name, exported, 2);
    await evictDurableObject(stubOf(name));
    expect(await takeOver(name, exported)).toEqual({ id: ID, state: "applied" });
    expect(await takeOver(name, exported)).toEqual({ id: ID, state: "applied" });
    await evictDurableObject(stubOf(name));
    // Begun again it goes on with entries, and a part that comes late does no harm.
    await handOver(name, exported, 2);
    expect(await takeOver(name, exported)).toEqual({ id: ID, state: "applied" });
    expect((await exportOf(name)).lines).toEqual(exported.lines);
    await asked(name, "DELETE", `/imports/${ID}`);
    const again = await asked(name, "POST", "/imports", { id: ID, namespace: exported.namespace });
    expect(again).toMatchObject({ status: 409, body: { code: "not-empty" } });
  });

  test("that was taken over is done with after a day, though nobody has said so", async () => {
    const { exported } = await furnished();
    const name = freshNamespace();
    await handOver(name, exported);
    await takeOver(name, exported);
    clock.goTo(DAY + 120);
    await runDurableObjectAlarm(stubOf(name));
    expect(await asked(name, "DELETE", `/imports/${ID}`)).toMatchObject({ status: 404 });
    expect((await exportOf(name)).lines.length).toBeGreaterThanOrEqual(exported.lines.length);
  });

  test("that another begins after is forgotten, and so is one that nobody goes on with for a day", async () => {
    const { exported } = await furnished();
    const name = freshNamespace();
    await handOver(name, exported, 2);
    const other = "f".repeat(16);
    await handOver(name, { ...exported, lines: [] }, 2, other);
    expect(await asked(name, "POST", `/imports/${ID}/apply`, countsOf(exported.lines))).toMatchObject({ status: 404 });
    // What the first had handed over is not the second's.
    expect(await asked(name, "POST", `/imports/${other}/apply`, countsOf(exported.lines))).toMatchObject({
      status: 400,
    });
    await handOver(name, exported, 2, other);
    clock.goTo(DAY - 1);
    await runDurableObjectAlarm(stubOf(name));
    expect(await everythingIn(name)).toContainEqual(["import_parts", expect.arrayContaining([expect.anything()])]);
    clock.goTo(DAY + 120);
    await runDurableObjectAlarm(stubOf(name));
    expect(await everythingIn(name)).toContainEqual(["import_parts", []]);
    expect(await asked(name, "DELETE", `/imports/${other}`)).toMatchObject({ status: 404 });
    await importInto(name, exported);
  });
});

function without(seq: number): (line: LogLine) => boolean {
  return (line) => !("seq" in line) || line.seq !== seq;
}

describe("a namespace that takes a log over", () => {
  test("gives all of it to whoever knows the log it had before", async () => {
    const { exported } = await furnished();
    const name = freshNamespace();
    const before = await pointOf(objectNamed(name));
    await importInto(name, exported);
    const log = await logOf(objectNamed(name), before);
    expect(log).toMatchObject({ epoch: exported.namespace.epoch, head: 3, from: 0, whole: true });
    expect(log.records.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(log.deployed).toEqual(new Map([["api", { id: "v1", madeAtMs: 1000 }]]));
  });

  test("answers nobody by the log it had before, once it has answered that it is done", async () => {
    const { exported } = await furnished();
    const name = freshNamespace();
    await handOver(name, exported);
    const { epoch: old } = await pointOf(objectNamed(name));
    const answered: { epoch: string; done: boolean }[] = [];
    let done = false;
    const asking = Array.from({ length: 30 }, async () => {
      for (let at = 0; at < 10; at += 1) {
        const since = done;
        // The platform's word, to all who are waiting as the instance ends.
        const point = await pointOf(objectNamed(name)).catch((error: Error) => {
          expect(error).toMatchObject({ durableObjectReset: true });
          return undefined;
        });
        if (point !== undefined) answered.push({ epoch: point.epoch, done: since });
      }
    });
    await takeOver(name, exported);
    done = true;
    await Promise.all(asking);
    expect(answered.some(({ epoch }) => epoch === old)).toBe(true);
    expect(answered.some((answer) => answer.done)).toBe(true);
    expect(answered.filter((answer) => answer.done && answer.epoch === old)).toEqual([]);
  });

  test("takes the floor over, below which nothing is in force though the records are gone", async () => {
    const { name: from } = await furnished();
    const object = objectNamed(from);
    await runInDurableObject(stubOf(from), (instance, { storage }) => {
      storage.sql.exec("UPDATE purges SET at_ms = 0 WHERE seq <= 2");
      return instance.alarm();
    });
    const exported = await exportOf(from);
    expect([exported.namespace.floor, exported.lines.filter(({ kind }) => kind === "purge")]).toEqual([2, []]);
    const name = freshNamespace();
    await importInto(name, exported);
    expect(await logOf(objectNamed(name))).toEqual(await logOf(object));
    const { epoch } = exported.namespace;
    expect((await objectNamed(name).judge({}, toJudge({ epoch, seq: 1 }))).verdict).toBe("purged");
  });

  test("lets no purge come in between, which would be of the log that goes", async () => {
    const { exported } = await furnished();
    const { epoch } = exported.namespace;
    for (let round = 0; round < 10; round += 1) {
      const name = freshNamespace();
      await handOver(name, exported);
      const object = objectNamed(name);
      const applying = object.applyImport(ID, countsOf(exported.lines)).catch((error: Error) => error);
      const made = Array.from({ length: 20 }, () =>
        purge(object, { tags: ["x"] }).then(
          ({ version }) => version.split("-")[0],
          (error: Error) => "durableObjectReset" in error,
        ),
      );
      expect(await applying).toMatchObject({ durableObjectReset: true });
      expect(new Set([...(await Promise.all(made)), epoch, true])).toEqual(new Set([epoch, true]));
      const { seq } = await pointOf(objectNamed(name));
      expect(seq).toBe(3 + (await Promise.all(made)).filter((version) => version === epoch).length);
    }
  });

  test("refuses what was purged while it lay in the file's log, and what was stored under the log before", async () => {
    const { exported } = await furnished();
    const name = freshNamespace();
    const before = await pointOf(objectNamed(name));
    await importInto(name, exported);
    const object = objectNamed(name);
    const outcomes = [before, { epoch: exported.namespace.epoch, seq: 1 }].map(async (asOf) => {
      return (await object.complete({}, report(asOf, { cache: "api" }))).outcome;
    });
    expect(await Promise.all(outcomes)).toEqual(["purged-during-fill", "purged-during-fill"]);
    expect(await object.complete({}, report(await pointOf(object), { cache: "api" }))).toMatchObject({
      outcome: "stored",
    });
  });

  test("sends those who wait for a fill away, and gives the lease anew", async () => {
    const { exported } = await furnished();
    const site = new Site();
    const leader = await site.lead(AMS);
    const [waiting] = await site.waiting([GRU]);
    await handOver(site.namespace, exported);
    await takeOver(site.namespace, exported);
    expect((await waiting?.ended())?.said).toBe("lost");
    // For a stub that works again.
    await site.reset();
    expect(await site.rows("leases")).toEqual([]);
    expect((await site.lead(GRU)).asOf).toEqual({ epoch: exported.namespace.epoch, seq: 3 });
    expect(await site.complete(leader)).toMatchObject({ outcome: "lease-lost" });
  });

  test("ends the connections to its live feed, so that all begin anew", async () => {
    const { exported } = await furnished();
    const name = freshNamespace();
    const listener = await Listener.open(stubOf(name));
    await listener.until(({ frames }) => frames.length > 0);
    await handOver(name, exported);
    await takeOver(name, exported);
    await listener.until(({ closed }) => closed !== undefined);
    const another = await Listener.open(stubOf(name));
    await another.until(({ frames }) => frames.length > 0);
    expect(another.frames[0]).toMatchObject({ type: "snapshot", version: `${exported.namespace.epoch}-3` });
  });

  test("makes its scheduled purges from now on, and none that was missed", async () => {
    const { exported, object } = await furnished();
    const [schedule] = (await object.schedules()).schedules;
    clock.goTo(3 * DAY);
    const name = freshNamespace();
    await importInto(name, exported);
    const [moved] = (await objectNamed(name).schedules()).schedules;
    const next = new Date(START + 3 * DAY * 1000);
    next.setUTCHours(next.getUTCHours() < 6 ? 6 : 30, 0, 0, 0);
    expect(moved).toEqual({ ...schedule, nextAt: next });
    expect(await alarmOf(name)).toBeLessThanOrEqual(next.getTime());
    await runDurableObjectAlarm(stubOf(name));
    expect((await objectNamed(name).history({}, {})).purges.map(({ by }) => by)).toEqual(["deployment", "a test"]);
    clock.goTo((next.getTime() - START) / 1000);
    await runDurableObjectAlarm(stubOf(name));
    expect((await objectNamed(name).history({}, {})).purges[0]).toMatchObject({ by: `schedule:${schedule?.id}` });
  });

  test("keeps its log as long as the longest-lived entry there was may live", async () => {
    const { exported } = await furnished();
    const name = freshNamespace();
    const lines = exported.lines.filter(({ kind }) => kind !== "schedule");
    await importInto(name, { ...exported, lines, entries: [] });
    clock.goTo(9 * DAY);
    await runDurableObjectAlarm(stubOf(name));
    expect(await logOf(objectNamed(name))).toMatchObject({ from: 0, head: 3 });
    clock.goTo(10 * DAY + 120);
    await runDurableObjectAlarm(stubOf(name));
    expect(await logOf(objectNamed(name))).toMatchObject({ from: 3, head: 3 });
  });
});

describe("entries that are imported", () => {
  test("are added once, and never in the place of what has been stored since", async () => {
    const { exported } = await furnished();
    const name = freshNamespace();
    await handOver(name, exported);
    expect(await asked(name, "POST", `/imports/${ID}/entries`, { lines: [] })).toMatchObject({
      status: 400,
      body: { field: "lines" },
    });
    await takeOver(name, exported);
    const [first, second] = exported.entries;
    if (first === undefined || second === undefined) throw new Error("there are two");
    await fill(objectNamed(name), [{ url: "https://a.example/1", tags: ["c"], bytes: 777 }]);
    const expected = { added: 1, present: 1, expired: 0, foreign: 0 };
    expect(await addEntries(name, exported.entries)).toEqual(expected);
    expect(await addEntries(name, exported.entries)).toEqual({ ...expected, added: 0, present: 2 });
    const { entries } = await objectNamed(name).entries({});
    expect(entries.map(({ bytes }) => bytes)).toEqual([777, 100]);
    expect((await objectNamed(name).tags({})).tags).toEqual([
      { tag: "a", cache: "pages", entries: 1 },
      { tag: "b", cache: "pages", entries: 1 },
      { tag: "c", cache: "pages", entries: 1 },
    ]);
  });

  test("are left out where they have expired, or are of more of the log than was exported", async () => {
    const { name: from, exported } = await furnished();
    const { epoch } = exported.namespace;
    await purge(objectNamed(from), { tags: ["x"] });
    await fill(objectNamed(from), [{ url: "https://a.example/3" }]);
    const { entries } = await exportOf(from);
    const [one] = entries;
    const name = freshNamespace();
    await handOver(name, exported);
    await takeOver(name, exported);
    clock.goTo(DAY);
    const other = { ...one, asOf: "0123456789abcdef-1" } as (typeof entries)[number];
    expect(await addEntries(name, [...entries, other])).toEqual({ added: 1, present: 0, expired: 1, foreign: 2 });
    expect((await objectNamed(name).entries({})).entries.map(({ asOf }) => asOf)).toEqual([`${epoch}-0`]);
    expect((await objectNamed(name).stats({}, {})).stats).toMatchObject({ entries: 1 });
    // And go when their time has come.
    clock.goTo(10 * DAY + 120);
    await runDurableObjectAlarm(stubOf(name));
    expect((await objectNamed(name).tags({})).tags).toEqual([]);
  });
});
