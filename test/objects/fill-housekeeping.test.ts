import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, test, vi } from "vitest";
import { START, useObjectClock } from "../support/object-clock.ts";
import { AMS, GRU, Site } from "../support/site.ts";

const HOUR = 3600;
const { goTo } = useObjectClock();

function alarmOf({ stub }: Site): Promise<number | null> {
  return runInDurableObject(stub, (_, { storage }) => storage.getAlarm());
}

/** Lets alarms come when they are due until none is set; the seconds after the start at which they did. */
async function runAlarms(site: Site): Promise<number[]> {
  const runs: number[] = [];
  for (let due = await alarmOf(site); due !== null && runs.length < 20; due = await alarmOf(site)) {
    vi.setSystemTime(due);
    runs.push((due - START) / 1000);
    await runDurableObjectAlarm(site.stub);
  }
  return runs;
}

const variant = (site: Site, language: string) => ({ place: site.place({ language }) });

test.each<[string, (site: Site) => Promise<unknown>]>([
  ["a lease that nobody has ended", (site) => site.lead(AMS)],
  ["a note of a failed fill", async (site) => site.abandon(await site.lead(AMS))],
  ["a note of a response that cannot be stored", async (site) => site.abandon(await site.lead(AMS), "uncacheable", 60)],
])("%s is all there is, and an alarm removes it", async (_, leave) => {
  const site = new Site();
  await leave(site);
  const rows = async () => [...(await site.rows("leases")), ...(await site.rows("notes"))];
  expect(await rows()).toHaveLength(1);
  const runs = await runAlarms(site);
  expect(await rows()).toEqual([]);
  expect(runs.length).toBeLessThanOrEqual(2);
  expect(Math.max(...runs)).toBeLessThan(2 * HOUR);
});

test("what is noted of what responses vary on goes with the lifetime of the last that did", async () => {
  const site = new Site();
  const varies = { key: site.place().key, names: ["accept-language"] };
  await site.complete(await site.lead(AMS), { language: "de", lifetimeSeconds: 100 }, { varies });
  goTo(99);
  await runInDurableObject(site.stub, (instance) => instance.alarm());
  expect(await site.rows("notes")).toHaveLength(1);
  goTo(100);
  await runInDurableObject(site.stub, (instance) => instance.alarm());
  expect(await site.rows("notes")).toEqual([]);
});

test("a run of the alarm leaves what is in force, and sets the next for when that has ended", async () => {
  const site = new Site();
  await site.abandon(await site.lead(AMS), "uncacheable", 10 * HOUR);
  await site.abandon(await site.lead(AMS, variant(site, "de")), "uncacheable", HOUR);
  const leader = await site.lead(AMS, { ...variant(site, "fr"), leaseMs: 600_000 });
  goTo(HOUR);
  await runInDurableObject(site.stub, (instance) => instance.alarm());
  await site.ask(GRU).answer("pass");
  expect(await site.rows("notes")).toHaveLength(1);
  expect(await site.rows("leases")).toHaveLength(1);
  // Nobody has come after it, so that it is its holder's still.
  expect(await site.complete(leader, { language: "fr", lifetimeSeconds: 1 })).toMatchObject({ outcome: "stored" });
  const runs = await runAlarms(site);
  expect(runs.filter((at) => at < 11 * HOUR).at(-1)).toBeGreaterThanOrEqual(10 * HOUR);
  expect(await site.rows("notes")).toEqual([]);
});

test("a lease is forgotten an hour after its end, and refused then", async () => {
  const site = new Site();
  const leader = await site.lead(AMS, { leaseMs: 10_000 });
  goTo(HOUR + 10);
  await runInDurableObject(site.stub, (instance) => instance.alarm());
  expect(await site.rows("leases")).toHaveLength(1);
  goTo(HOUR + 10.001);
  await runInDurableObject(site.stub, (instance) => instance.alarm());
  expect(await site.rows("leases")).toEqual([]);
  expect(await site.complete(leader)).toMatchObject({ outcome: "lease-lost" });
});

test("more notes than one run removes go in several, one after the other", async () => {
  const site = new Site();
  await site.abandon(await site.lead(AMS), "uncacheable", 60);
  await runInDurableObject(site.stub, (_, { storage }) => {
    storage.sql.exec(
      `WITH RECURSIVE n (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n WHERE at < 1200)
       INSERT INTO notes (key, pass_until_ms) SELECT at, ? FROM n`,
      START,
    );
  });
  const runs = await runAlarms(site);
  expect(await site.rows("notes")).toEqual([]);
  const [first = 0] = runs;
  expect(runs.length).toBeGreaterThanOrEqual(3);
  expect(Math.max(...runs)).toBeLessThan(first + 10 * 60);
});
