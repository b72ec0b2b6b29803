import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { limits } from "../../schema/limits.ts";
import type { NamespaceOperations } from "../../schema/rpc.ts";
import type { ScheduleRequest } from "../../schema/schedule.ts";
import { fill, freshObject, statsOf } from "../support/namespace-object.ts";
import { refusalOf } from "../support/refusal.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Monday, far enough ahead that no alarm falls due by the real clock. */
const START = Date.UTC(2027, 0, 4, 12, 0, 0);

beforeEach(() => {
  vi.useFakeTimers({ now: START, toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  const { object, stub } = freshObject();
  const operations = stub as unknown as NamespaceOperations;
  const add = (request: Partial<ScheduleRequest> = {}) =>
    operations.addSchedule({ cron: "0 6 * * *", purge: { tags: ["t"] }, ...request }, "a test");
  const alarm = () => runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
  /** Goes to that time, and lets the alarm come if it is due then. */
  const goTo = async (atMs: number) => {
    vi.setSystemTime(atMs);
    for (let due = await alarm(); due !== null && due <= atMs; due = await alarm()) await runDurableObjectAlarm(stub);
  };
  const history = async () => (await object.history({}, {})).purges;
  return { object, stub, operations, add, alarm, goTo, history };
}

describe("a schedule", () => {
  it("makes its purge at its time, in its time zone, and shows in the history", async () => {
    const { object, operations, add, alarm, goTo, history } = setUp();
    const schedule = await add({ timeZone: "Europe/Berlin", purge: { tags: ["t"], reason: "every morning" } });
    const first = Date.UTC(2027, 0, 5, 5, 0, 0);
    expect(schedule).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      cron: "0 6 * * *",
      timeZone: "Europe/Berlin",
      purge: { tags: ["t"], reason: "every morning" },
      by: "a test",
      createdAt: new Date(START),
      nextAt: new Date(first),
    });
    expect(await alarm()).toBe(first);
    await fill(object, [{ tags: ["t"], lifetimeSeconds: 7 * 86_400, freshSeconds: 7 * 86_400 }]);
    await goTo(first - 1);
    expect(await history()).toEqual([]);
    await goTo(first);
    expect(await history()).toMatchObject([{ by: `schedule:${schedule.id}`, reason: "every morning", purged: 1 }]);
    const [listed] = (await operations.schedules()).schedules;
    expect(listed).toMatchObject({
      nextAt: new Date(first + DAY),
      last: { at: new Date(first), purged: 1, mode: "hard" },
    });
    expect(listed?.last).toHaveProperty("version", (await history())[0]?.version);
  });

  it("that was missed is made up for once, and goes on as before", async () => {
    const { stub, operations, add, goTo, history } = setUp();
    await add({ cron: "*/10 * * * *" });
    await evictDurableObject(stub);
    await goTo(START + 5 * HOUR + 1);
    expect(await history()).toHaveLength(1);
    expect((await operations.schedules()).schedules[0]?.nextAt).toEqual(new Date(START + 5 * HOUR + 600_000));
    await goTo(START + 5 * HOUR + 600_000);
    expect(await history()).toHaveLength(2);
  });

  it("follows the clocks of its time zone over a change of them", async () => {
    const { operations, add, goTo } = setUp();
    await add({ cron: "0 6 * * *", timeZone: "Europe/Berlin" });
    const at = async (dayMs: number) => {
      await goTo(dayMs);
      return (await operations.schedules()).schedules[0]?.nextAt.toISOString();
    };
    // The clocks go forward on 28 March 2027.
    expect(await at(Date.UTC(2027, 2, 26, 12))).toBe("2027-03-27T05:00:00.000Z");
    expect(await at(Date.UTC(2027, 2, 27, 12))).toBe("2027-03-28T04:00:00.000Z");
  });

  it("that its guard refuses says so, and is tried again the next time", async () => {
    const { object, operations, add, goTo, history } = setUp();
    await fill(
      object,
      [1, 2].map((at) => ({ url: `https://a.example/${at}`, tags: ["t"], lifetimeSeconds: 86_400 * 9 })),
    );
    const warned = vi.spyOn(console, "warn").mockReturnValue(undefined);
    await add({ purge: { tags: ["t"], maxEntries: 1 } });
    await goTo(START + DAY);
    const [listed] = (await operations.schedules()).schedules;
    expect(listed?.last).toMatchObject({ error: expect.stringContaining("maxEntries: the purge would hit 2 entries") });
    expect(listed?.nextAt.getTime()).toBeGreaterThan(START + DAY);
    expect(await history()).toEqual([]);
    expect(warned).toHaveBeenCalledTimes(1);
    warned.mockRestore();
    expect(await statsOf(object)).toMatchObject({ entries: 2 });
  });

  it("that is removed comes no more", async () => {
    const { operations, add, goTo, history } = setUp();
    const kept = await add({ purge: { tags: ["kept"] } });
    const removed = await add();
    expect(await operations.removeSchedule(removed.id)).toEqual(removed);
    await goTo(START + DAY);
    expect((await history()).map(({ by }) => by)).toEqual([`schedule:${kept.id}`]);
    const gone = await refusalOf(operations.removeSchedule(removed.id));
    expect(gone).toMatchObject({ code: "not-found", field: "id" });
  });

  it("may be soft, or erase, or be of a cache", async () => {
    const { add, goTo, history } = setUp();
    await add({ purge: { everything: true, cache: "pages", soft: true } });
    await add({ purge: { prefix: "https://a.example/p/", erase: true } });
    await goTo(START + DAY);
    const made = (await history()).map(({ mode, selectors }) => [mode, selectors]);
    expect(made).toHaveLength(2);
    expect(made).toContainEqual(["soft", [{ cache: "pages" }]]);
    expect(made).toContainEqual(["erase", [{ prefix: "https://a.example/p/" }]]);
  });
});

it("many schedules are each made as often as their fields say, whenever the alarm comes", async () => {
  const minutes = fc.integer({ min: 1, max: 59 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(minutes, { minLength: 1, maxLength: 14 }),
      fc.array(fc.integer({ min: 1, max: 180 }), { maxLength: 5 }),
      async (each, steps) => {
        vi.setSystemTime(START);
        const { stub, operations, add, goTo } = setUp();
        const schedules = await Promise.all(each.map((minute) => add({ cron: `${minute} * * * *` })));
        let nowMs = START;
        const expected = new Map(schedules.map(({ id }) => [id, 0]));
        for (const step of steps) {
          const beforeMs = nowMs;
          nowMs += step * 60_000;
          await goTo(nowMs);
          // However often it has come due since, it is made once.
          for (const [at, { id }] of schedules.entries()) {
            const wasDue = Array.from({ length: step }, (_, n) =>
              new Date(beforeMs + (n + 1) * 60_000).getUTCMinutes(),
            );
            if (wasDue.includes(each[at] ?? -1)) expected.set(id, (expected.get(id) ?? 0) + 1);
          }
        }
        const made = await runInDurableObject(stub, (_, { storage: { sql } }) =>
          sql.exec<{ by: string; times: number }>(`SELECT "by", COUNT(*) AS times FROM purges GROUP BY "by"`).toArray(),
        );
        const times = new Map(made.map(({ by, times: own }) => [by.replace("schedule:", ""), own]));
        for (const { id } of schedules) expect(times.get(id) ?? 0).toBe(expected.get(id));
        for (const { nextAt } of (await operations.schedules()).schedules)
          expect(nextAt.getTime()).toBeGreaterThan(nowMs);
      },
    ),
    { numRuns: 15 },
  );
}, 30_000);

describe("what is refused", () => {
  it.each([
    [{ cron: "* * * *" }, "cron"],
    [{ cron: "* * * * * *" }, "cron"],
    [{ cron: "61 * * * *" }, "cron"],
    [{ cron: "0 0 30 2 *" }, "cron"],
    [{ cron: "" }, "cron"],
    [{ cron: "x".repeat(201) }, "cron"],
    [{ timeZone: "Mars/Olympus" }, "timeZone"],
    [{ timeZone: "" }, "timeZone"],
    [{ purge: {} }, "purge"],
    [{ purge: { tags: ["a b"] } }, "purge.tags[0]"],
    [{ purge: { tags: ["a"], dryRun: true } }, "purge"],
    [{ every: "day" }, "every"],
  ])("%j", async (request, field) => {
    const { operations, add, alarm } = setUp();
    expect(await refusalOf(add(request as never))).toMatchObject({ code: "invalid-input", field });
    expect((await operations.schedules()).schedules).toEqual([]);
    expect(await alarm()).toBeNull();
  });

  it("more than there may be", async () => {
    const { add } = setUp();
    for (let at = 0; at < limits.schedules; at += 1) await add();
    expect(await refusalOf(add())).toMatchObject({ code: "invalid-input", field: "schedule", limit: limits.schedules });
  });
});
