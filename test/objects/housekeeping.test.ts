import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fill, freshObject, logOf, pointOf, purge, report, type Sketch, statsOf } from "../support/namespace-object.ts";

type Stub = ReturnType<typeof freshObject>["stub"];

const HOUR = 3_600_000;
/** A day from now, so that no alarm set by this clock ever falls due by the real one. */
const START = Date.now() + 24 * HOUR;

beforeEach(() => {
  // The objects run in the isolate of the tests, so that this is their clock too.
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

function goTo(msAfterStart: number): void {
  vi.setSystemTime(START + msAfterStart);
}

function alarmOf(stub: Stub): Promise<number | null> {
  return runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
}

/** Runs the alarm's work, whether one is set or not. */
function runAlarm(stub: Stub): Promise<void> {
  return runInDurableObject(stub, (instance) => instance.alarm());
}

function countRows(stub: Stub, table: "entries" | "tags" | "entry_tags" | "purges" | "reporters"): Promise<number> {
  return runInDurableObject(stub, (_, { storage }) =>
    Number(storage.sql.exec(`SELECT COUNT(*) AS count FROM ${table}`).one()["count"]),
  );
}

function tagsOf(stub: Stub): Promise<unknown[]> {
  return runInDurableObject(stub, (_, { storage }) =>
    storage.sql
      .exec("SELECT tag FROM tags ORDER BY tag")
      .toArray()
      .map(({ tag }) => tag),
  );
}

/** Counts are kept for ninety days, and so keep an alarm: they are none of what is told of here. */
function forgetCounts(stub: Stub): Promise<unknown> {
  return runInDurableObject(stub, (_, { storage }) => storage.sql.exec("DELETE FROM counts; DELETE FROM top"));
}

const page = (at: number | string, sketch: Sketch = {}): Sketch => ({ url: `https://a.example/${at}`, ...sketch });

describe("the alarm", () => {
  test("is not set while there is nothing to remove", async () => {
    const { object, stub } = freshObject();
    await object.sync({ since: null });
    await statsOf(object);
    expect(await alarmOf(stub)).toBeNull();
  });

  test("is set by the first put, and left alone by the next", async () => {
    const { object, stub } = freshObject();
    await fill(object, [page(1)]);
    const set = await alarmOf(stub);
    expect(set).toBeGreaterThan(START);
    goTo(1000);
    await fill(object, [page(2)]);
    await purge(object, { everything: true });
    expect(await alarmOf(stub)).toBe(set);
  });

  test("is still known to be set after an eviction", async () => {
    const { object, stub } = freshObject();
    await fill(object, [page(1)]);
    const set = await alarmOf(stub);
    await evictDurableObject(stub);
    goTo(1000);
    await fill(object, [page(2)]);
    expect(await alarmOf(stub)).toBe(set);
  });

  test("is set by a purge, and by a delete, for the log has to be trimmed one day", async () => {
    for (const call of ["purge", "remove"] as const) {
      const { object, stub } = freshObject();
      if (call === "purge") await purge(object, { everything: true });
      else await object.remove({}, "pages", "https://a.example/?larder=n/pages/GET/", "a test");
      expect(await alarmOf(stub)).toBeGreaterThan(START);
    }
  });
});

describe("expired entries", () => {
  test("are removed with the tags only they carried", async () => {
    const { object, stub } = freshObject();
    await fill(object, [
      page("short", { tags: ["both", "short"], lifetimeSeconds: 10 }),
      page("untagged", { lifetimeSeconds: 10 }),
      page("long", { tags: ["both", "long"], lifetimeSeconds: 3600 }),
    ]);
    goTo(10_000);
    expect(await statsOf(object)).toMatchObject({ entries: 1 });
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await countRows(stub, "entries")).toBe(1);
    expect(await countRows(stub, "entry_tags")).toBe(2);
    expect(await tagsOf(stub)).toEqual(["both", "long"]);
    expect(await purge(object, { tags: ["both"] })).toMatchObject({ purged: 1 });
  });

  test("are not counted by a purge before they are removed", async () => {
    const { object } = freshObject();
    await fill(object, [page(1, { lifetimeSeconds: 10 }), page(2, { lifetimeSeconds: 11 })]);
    goTo(10_000);
    expect(await purge(object, { everything: true })).toMatchObject({ purged: 1 });
  });

  test("are kept to the last millisecond of their life", async () => {
    const { object, stub } = freshObject();
    await fill(object, [page(1, { lifetimeSeconds: 10 })]);
    goTo(9_999);
    await runAlarm(stub);
    expect(await countRows(stub, "entries")).toBe(1);
    goTo(10_000);
    await runAlarm(stub);
    expect(await countRows(stub, "entries")).toBe(0);
  });

  test("that were refilled live on", async () => {
    const { object, stub } = freshObject();
    await fill(object, [page(1, { lifetimeSeconds: 10 })]);
    goTo(9_000);
    await fill(object, [page(1, { lifetimeSeconds: 10 })]);
    goTo(15_000);
    await runDurableObjectAlarm(stub);
    expect(await statsOf(object)).toMatchObject({ entries: 1 });
  });

  test("go in batches, the next at once while more is left, and then no more", async () => {
    const { object, stub } = freshObject();
    const pages = Array.from({ length: 1001 }, (_, at) => page(at, { tags: ["all", `t${at}`], lifetimeSeconds: 10 }));
    await fill(object, pages);
    await forgetCounts(stub);
    goTo(10_000);
    const left = [await countRows(stub, "entries")];
    while (await runDurableObjectAlarm(stub)) {
      left.push(await countRows(stub, "entries"));
      expect(await countRows(stub, "entry_tags")).toBe(2 * (left.at(-1) ?? Number.NaN));
      if (left.length > 10) break;
      const next = await alarmOf(stub);
      if (left.at(-1) === 0) expect(next).toBeNull();
      else expect(next).toBeLessThanOrEqual(Date.now());
    }
    expect(left).toEqual([1001, 501, 1, 0]);
    expect(await tagsOf(stub)).toEqual([]);
  });

  test("of the number of one batch leave no alarm for ever", async () => {
    const { object, stub } = freshObject();
    await fill(
      object,
      Array.from({ length: 500 }, (_, at) => page(at, { lifetimeSeconds: 10 })),
    );
    await forgetCounts(stub);
    goTo(10_000);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await countRows(stub, "entries")).toBe(0);
    await runDurableObjectAlarm(stub);
    expect(await alarmOf(stub)).toBeNull();
  });
});

describe("a run of the alarm", () => {
  test("sets the next for when there will be something to remove", async () => {
    const { object, stub } = freshObject();
    await fill(object, [page(1, { lifetimeSeconds: 3600 })]);
    await forgetCounts(stub);
    goTo(60_000);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    goTo(Number(await alarmOf(stub)) - START);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await countRows(stub, "entries")).toBe(0);
    expect(await alarmOf(stub)).toBeNull();
  });

  test("that leaves nothing leaves no alarm, and the next put sets one again", async () => {
    const { object, stub } = freshObject();
    await fill(object, [page(1, { lifetimeSeconds: 10 })]);
    await forgetCounts(stub);
    goTo(70_000);
    await runDurableObjectAlarm(stub);
    expect(await alarmOf(stub)).toBeNull();
    await fill(object, [page(2)]);
    expect(await alarmOf(stub)).toBeGreaterThan(START + 70_000);
  });

  test("forgets reporters it has not heard of for a day, and no others", async () => {
    const { object, stub } = freshObject();
    const from = (reporter: string) => ({ report: { reporter: reporter.repeat(16), batch: 1, counts: [] } });
    await object.sync(from("a"));
    goTo(12 * HOUR);
    await object.sync(from("b"));
    goTo(24 * HOUR);
    await runAlarm(stub);
    expect(await countRows(stub, "reporters")).toBe(2);
    goTo(24 * HOUR + 1);
    await runAlarm(stub);
    expect(await countRows(stub, "reporters")).toBe(1);
  });
});

describe("the log", () => {
  test("is kept while anything stored before its records may be alive", async () => {
    const { object, stub } = freshObject();
    await fill(object, [page(1, { tags: ["a"], lifetimeSeconds: 3600 })]);
    await purge(object, { tags: ["a"] });
    for (const ms of [60_000, HOUR - 1, HOUR]) {
      goTo(ms);
      await runAlarm(stub);
      expect(await logOf(object)).toMatchObject({ head: 1, from: 0, whole: true });
      expect(await countRows(stub, "purges")).toBe(1);
    }
  });

  test("is trimmed once nothing can be, and begins later from then on", async () => {
    const { object, stub } = freshObject();
    await fill(object, [page(1, { tags: ["a"], lifetimeSeconds: 3600 })]);
    const before = await pointOf(object);
    await purge(object, { tags: ["a"] });
    goTo(2 * HOUR);
    await purge(object, { tags: ["b"] });
    await runAlarm(stub);
    expect(await logOf(object, before)).toMatchObject({ head: 2, from: 1, whole: true, records: [{ seq: 2 }] });
    // Whatever record might have hit it is gone, so that it cannot be let in.
    const untouched = report(before, { tags: ["c"] });
    expect(await object.complete({}, untouched)).toMatchObject({ outcome: "purged-during-fill" });
    const fromFloor = report({ ...before, seq: 1 }, { tags: ["c"] });
    expect(await object.complete({}, fromFloor)).toMatchObject({ outcome: "stored" });
  });

  test("goes on where it was, though it was trimmed to nothing", async () => {
    const { object, stub } = freshObject();
    const { epoch } = await pointOf(object);
    await purge(object, { everything: true });
    await purge(object, { everything: true });
    goTo(HOUR);
    await runAlarm(stub);
    expect((await logOf(object)).records).toEqual([]);
    await evictDurableObject(stub);
    expect(await logOf(object, { epoch, seq: 2 })).toEqual({
      epoch,
      head: 2,
      from: 2,
      whole: false,
      records: [],
    });
    expect(await logOf(object, { epoch, seq: 1 })).toMatchObject({ whole: true, records: [] });
    expect((await purge(object, { everything: true })).version).toBe(`${epoch}-3`);
    expect((await logOf(object, { epoch, seq: 2 })).records).toEqual([{ seq: 3, mode: "hard", selectors: [{}] }]);
  });

  test("outlasts the longest-lived entry there ever was, though it was replaced by a shorter-lived one", async () => {
    const { object, stub } = freshObject();
    await fill(object, [page(1, { lifetimeSeconds: 7200 })]);
    await fill(object, [page(1, { lifetimeSeconds: 10 })]);
    await purge(object, { everything: true });
    await evictDurableObject(stub);
    goTo(2 * HOUR);
    await runAlarm(stub);
    expect(await logOf(object)).toMatchObject({ from: 0, records: [{ seq: 1 }] });
  });

  test("stays in the history for 90 days after that, and goes then", async () => {
    const { object, stub } = freshObject();
    await purge(object, { everything: true });
    await purge(object, { everything: true });
    goTo(HOUR);
    await purge(object, { everything: true });
    for (const [ms, kept] of [
      [2 * HOUR, 3],
      [90 * 24 * HOUR, 3],
      [90 * 24 * HOUR + 1, 1],
      [90 * 24 * HOUR + HOUR + 1, 0],
    ] as const) {
      goTo(ms);
      await runAlarm(stub);
      expect(await logOf(object)).toMatchObject({ head: 3, from: 3, records: [] });
      expect((await object.history({}, {})).purges).toHaveLength(kept);
      expect(await countRows(stub, "purges")).toBe(kept);
    }
    await evictDurableObject(stub);
    expect(await pointOf(object)).toMatchObject({ seq: 3 });
  });

  test("keeps its alarm until the history has gone too", async () => {
    const { object, stub } = freshObject();
    await purge(object, { everything: true });
    await forgetCounts(stub);
    const runs: number[] = [];
    for (let due = await alarmOf(stub); due !== null && runs.length < 5; due = await alarmOf(stub)) {
      vi.setSystemTime(due);
      runs.push(Math.floor((due - START) / (24 * HOUR)));
      await runDurableObjectAlarm(stub);
    }
    expect(runs).toEqual([0, 90]);
    expect(await countRows(stub, "purges")).toBe(0);
  });
});
