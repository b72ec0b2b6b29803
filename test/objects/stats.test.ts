import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { CounterName, Counts } from "../../schema/counters.ts";
import { addCounts, counterNames } from "../../schema/counters.ts";
import { figuresOf } from "../../schema/figures.ts";
import type { CounterReport, NamespaceRpc } from "../../schema/rpc.ts";
import type { StatsRequest } from "../../schema/stats.ts";
import { freshObject, purge, statsOf } from "../support/namespace-object.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The beginning of an hour, far enough ahead that no alarm falls due by the real clock. */
const START = 500_000 * HOUR;

afterEach(() => {
  vi.useRealTimers();
});

const some = fc.dictionary(fc.constantFrom(...counterNames), fc.nat({ max: 1000 }), {
  maxKeys: 5,
  // RPC carries plain objects only.
  noNullPrototype: true,
}) as fc.Arbitrary<Counts>;

const counts = fc.array(
  fc.record(
    { cache: fc.constantFrom("pages", "api"), rule: fc.constantFrom("", "products", "rule 2"), counts: some },
    { noNullPrototype: true },
  ),
  { maxLength: 4 },
);

/** What becomes of the sending of one report: it is sent again until an answer to it has come. */
const fate = fc.constantFrom("lost", "answer lost", "answered", "answered, and comes again later");

interface Sending {
  readonly report: CounterReport;
  readonly fates: readonly string[];
}

function reporterName(at: number): string {
  return at.toString(16).padStart(16, "0");
}

function sumOf(many: readonly Counts[]): Counts {
  const sum: Partial<Record<CounterName, number>> = {};
  for (const each of many) addCounts(sum, each);
  return sum;
}

async function groupsOf(object: NamespaceRpc, request: StatsRequest) {
  const { groups = [] } = (await object.stats({}, request)).stats;
  return Object.fromEntries(groups.map(({ name, ...figures }) => [name ?? "", figures]));
}

/** Sends each reporter's reports one after the other, those of several reporters interleaved. */
async function send(object: NamespaceRpc, queues: Sending[][], late: CounterReport[]): Promise<void> {
  const nextOf = async (queue: Sending[]) => {
    const sending = queue.shift();
    if (sending === undefined) return;
    const { report, fates } = sending;
    for (const each of [...fates, "answered"]) {
      if (each !== "lost") await object.sync({ report });
      if (each === "answered, and comes again later") late.push(report);
      if (each.startsWith("answered")) return;
    }
  };
  while (queues.some((queue) => queue.length > 0)) await Promise.all(queues.map(nextOf));
}

test("reports that are lost, repeated or late never count twice, and none that was answered is lost", async () => {
  const reporter = fc.record({
    dataCentre: fc.constantFrom("", "AMS", "LHR"),
    reports: fc.array(fc.record({ counts, fates: fc.array(fate, { maxLength: 3 }) }), { maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(reporter, { maxLength: 3 }), fc.boolean(), async (reporters, evicted) => {
      const { object, stub } = freshObject();
      const queues = reporters.map(({ dataCentre, reports }, of) =>
        reports.map(({ counts: each, fates }, at) => ({
          report: { reporter: reporterName(of), batch: at + 1, dataCentre, counts: each },
          fates,
        })),
      );
      const sent = queues
        .flat()
        .flatMap(({ report: { dataCentre = "", counts: each } }) =>
          each.map((one) => ({ ...one, dataCentre, counts: one.counts })),
        );
      const late: CounterReport[] = [];
      await send(object, queues, late);
      await object.sync({});
      if (evicted) await evictDurableObject(stub);
      for (const report of late) await object.sync({ report });
      const figures = (which: (one: (typeof sent)[number]) => boolean) =>
        figuresOf(sumOf(sent.filter(which).map((one) => one.counts)));
      for (const cache of ["pages", "api", undefined]) {
        const isOf = (one: { cache: string }) => cache === undefined || one.cache === cache;
        const of = cache === undefined ? {} : { cache };
        expect(await statsOf(object, cache ?? null)).toMatchObject(figures(isOf));
        const window = { ...of, windowSeconds: 3600 };
        expect((await object.stats({}, window)).stats).toMatchObject(figures(isOf));
        for (const by of ["rule", "dataCentre", "cache"] as const) {
          const told = await groupsOf(object, { ...window, by });
          expect(await groupsOf(object, { ...of, by })).toEqual(told);
          for (const name of new Set(sent.filter(isOf).map((one) => one[by]))) {
            const own = figures((one) => isOf(one) && one[by] === name);
            // A report in which nothing is counted leaves no trace.
            if (told[name] !== undefined || own.requests > 0) expect(told[name]).toMatchObject(own);
          }
        }
      }
    }),
    { numRuns: 40 },
  );
});

test("a report counts whichever call carries it, together with what the call itself counts", async () => {
  const { object } = freshObject();
  const context = (batch: number) => ({
    report: { reporter: reporterName(1), batch, counts: [{ cache: "pages", rule: "", counts: { "hits.fresh": 2 } }] },
  });
  await object.sync(context(1));
  await purge(object, { everything: true, cache: "pages" }, context(2));
  await object.remove(context(3), "pages", "https://a.example/?larder=n/pages/GET/", "a test");
  const { stats } = await object.stats(context(4), { cache: "pages" });
  expect(stats).toMatchObject({ hits: 8, purges: 1, deletes: 1 });
  await Promise.all([5, 5, 5].map((batch) => object.sync(context(batch))));
  expect(await statsOf(object, "pages")).toMatchObject({ hits: 10 });
});

test("what is of all caches counts in the namespace, and in none of them", async () => {
  const { object } = freshObject();
  await purge(object, { everything: true });
  await object.sync({
    report: { reporter: reporterName(1), batch: 1, counts: [{ cache: "*", rule: "", counts: { "errors.object": 2 } }] },
  });
  expect(await statsOf(object)).toMatchObject({ purges: 1, errors: 2 });
  expect(await statsOf(object, "pages")).toMatchObject({ purges: 0, errors: 0 });
  expect(await groupsOf(object, { by: "cache" })).toMatchObject({ "": { purges: 1, errors: 2 } });
});

describe("counts over time", () => {
  /** An object, and a clock that is moved. */
  function setUp() {
    vi.useFakeTimers({ now: START, toFake: ["Date"] });
    const { object, stub } = freshObject();
    let batch = 0;
    const goTo = (ms: number) => vi.setSystemTime(START + ms);
    const count = async (hits: number) => {
      batch += 1;
      const of = [{ cache: "pages", rule: "", counts: { "hits.fresh": hits } }];
      await object.sync({ report: { reporter: reporterName(1), batch, counts: of } });
    };
    const stats = async (request: StatsRequest) => (await object.stats({}, request)).stats;
    const rows = (span: string) =>
      runInDurableObject(stub, (_, { storage: { sql } }) =>
        sql.exec("SELECT DISTINCT start_ms FROM counts WHERE span = ?", span).toArray(),
      );
    return { stub, goTo, count, stats, rows };
  }

  test("are told by minute, and those of a window alone", async () => {
    const { goTo, count, stats } = setUp();
    await count(1);
    goTo(59_999);
    await count(2);
    goTo(MINUTE);
    await count(4);
    goTo(10 * MINUTE + 30_000);
    await count(8);
    const { series, from, hits } = await stats({ windowSeconds: 1200, series: "minute" });
    expect(series).toEqual([
      { at: new Date(START), counts: { "hits.fresh": 3 } },
      { at: new Date(START + MINUTE), counts: { "hits.fresh": 4 } },
      { at: new Date(START + 10 * MINUTE), counts: { "hits.fresh": 8 } },
    ]);
    expect({ from, hits }).toEqual({ from: new Date(START - 10 * MINUTE), hits: 15 });
    // To the minute: the window begins with the minute that it begins in.
    expect(await stats({ windowSeconds: 600 })).toMatchObject({ from: new Date(START), hits: 15 });
    expect(await stats({ windowSeconds: 540 })).toMatchObject({ from: new Date(START + MINUTE), hits: 12 });
    expect(await stats({})).toMatchObject({ hits: 15 });
  });

  test("are the same by hour before and after the minutes have become hours, and are kept for their time", async () => {
    const { stub, goTo, count, stats, rows } = setUp();
    for (const [ms, hits] of [
      [0, 1],
      [59 * MINUTE, 2],
      [HOUR, 4],
      [3 * HOUR + 5, 8],
    ] as const) {
      goTo(ms);
      await count(hits);
    }
    const hours = async () =>
      ((await stats({ windowSeconds: 5 * 86_400, series: "hour" })).series ?? []).map(({ at, counts: each }) => [
        (at.getTime() - START) / HOUR,
        each["hits.fresh"],
      ]);
    const all = [
      [0, 3],
      [1, 4],
      [3, 8],
    ];
    expect(await hours()).toEqual(all);
    // By its own alarm.
    goTo(3 * HOUR + 10 * MINUTE);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await hours()).toEqual(all);
    expect(await rows("hour")).toHaveLength(2);
    goTo(3 * HOUR + 20 * MINUTE);
    await count(16);
    expect(await hours()).toEqual([...all.slice(0, 2), [3, 24]]);
    goTo(2 * DAY + 5 * HOUR);
    await runDurableObjectAlarm(stub);
    expect(await hours()).toEqual([...all.slice(0, 2), [3, 24]]);
    expect(await rows("minute")).toHaveLength(0);
    goTo(91 * DAY);
    await runDurableObjectAlarm(stub);
    expect(await rows("hour")).toHaveLength(0);
    expect(await stats({})).toMatchObject({ hits: 31 });
  });

  test("leave no alarm behind when there is nothing left of them to tidy", async () => {
    const { stub, goTo, count } = setUp();
    await count(1);
    const due = () => runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
    const seen: number[] = [];
    for (let at = await due(); at !== null && seen.length < 10; at = await due()) {
      seen.push((at - START) / HOUR);
      goTo(at - START);
      await runDurableObjectAlarm(stub);
    }
    expect(await due()).toBeNull();
    expect(seen.length).toBeLessThanOrEqual(5);
    expect(seen.at(-1)).toBeGreaterThan(90 * 24);
  });
});
