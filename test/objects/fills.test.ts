import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import type { Acquire } from "../../schema/fills.ts";
import { decoded, pointOf } from "../support/namespace-object.ts";
import { START, useObjectClock } from "../support/object-clock.ts";
import type { Caller } from "../support/site.ts";
import { AMS, GRU, NRT, Site } from "../support/site.ts";

const { goTo } = useObjectClock();

const said = (callers: readonly Caller[]) => callers.map((caller) => caller.said);

describe("of many who ask for a page that is not stored", () => {
  test("one leads and the others wait, wherever they are", async () => {
    const site = new Site();
    const callers = [AMS, AMS, GRU, NRT, AMS, GRU].map((dataCentre) => site.ask(dataCentre));
    await site.heard();
    expect(said(callers).sort()).toEqual(["lead", ...Array(5).fill("nothing yet")]);
  });

  test("nobody waits for another page, or for a variant of the same", async () => {
    const site = new Site();
    await site.lead(AMS);
    await site.lead(AMS, { place: site.place({ language: "de" }) });
    await site.lead(AMS, { place: site.place({ cache: "api" }) });
  });

  test("the leader is told the log as it is before the origin is asked", async () => {
    const site = new Site();
    const { log: before } = await site.object.sync({ since: null });
    await site.object.purge({}, { tags: ["a"] }, "a test");
    const since = { epoch: before.epoch, seq: before.head };
    const turn = await site.object.acquire({ since }, site.wish(AMS));
    expect(turn).toMatchObject({ kind: "lead", lease: { key: site.place().key } });
    expect(decoded(turn.log)).toMatchObject({ head: 1, from: 0, whole: false, records: [{ seq: 1 }] });
  });

  test("so many may wait, and who comes after them is told so", async () => {
    const site = new Site();
    await site.lead(AMS);
    await site.waiting([AMS, GRU], { maxWaiters: 2 });
    await site.ask(NRT, { maxWaiters: 2 }).answer("busy");
    await site.ask(NRT, { maxWaiters: 0 }).answer("busy");
    await site.waiting([NRT], { maxWaiters: 3 });
  });

  test("those who wait longer than they want to hear nothing in are told that it goes on", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const [patient] = await site.waiting([GRU]);
    await site.ask(GRU, { waitMs: 5 }).answer("waiting");
    await site.ask(GRU, { waitMs: 0 }).answer("waiting");
    expect(patient?.said).toBe("nothing yet");
    // They have left no trace: room is there for as many again.
    await site.waiting([GRU], { maxWaiters: 2 });
    expect(await site.complete(leader)).toMatchObject({ outcome: "stored" });
    await patient?.answer("again");
  });
});

describe("a fill that is completed", () => {
  test("wakes all in the leader's data centre, where it lies, and one of each other", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const callers = await site.waiting([AMS, GRU, AMS, NRT, GRU, NRT, GRU]);
    expect(await site.complete(leader)).toMatchObject({ outcome: "stored", wanted: false });
    await site.heard();
    expect(said(callers)).toEqual(["again", "again", "again", "again", "nothing yet", "nothing yet", "nothing yet"]);
  });

  test("tells who is woken alone in its data centre, so that it says when the others may look too", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const [here, scout, other, elsewhere] = await site.waiting([AMS, GRU, GRU, NRT]);
    await site.complete(leader);
    expect(await here?.answer("again")).not.toHaveProperty("scout");
    for (const alone of [scout, elsewhere]) expect(await alone?.answer("again")).toMatchObject({ scout: true });
    await site.object.landed({}, { key: site.place().key, dataCentre: GRU });
    expect(await other?.answer("again")).not.toHaveProperty("scout");
  });

  test("wakes one of each data centre, whoever its leader was, when that does not say where it is", async () => {
    const site = new Site();
    const { lease, asOf } = await site.lead(AMS);
    const callers = await site.waiting([AMS, AMS, GRU]);
    await site.object.complete({}, site.report(asOf), { lease });
    await site.heard();
    expect(said(callers)).toEqual(["again", "nothing yet", "again"]);
  });

  test("without a copy for the shield is followed by one in each other data centre, one after the other", async () => {
    const site = new Site();
    const first = await site.lead(AMS);
    const waiting = await site.waiting([GRU, GRU, NRT, NRT]);
    await site.complete(first);
    await site.heard();
    expect(said(waiting)).toEqual(["again", "nothing yet", "again", "nothing yet"]);
    // Those who were woken ask again.
    const second = await site.lead(GRU);
    const late = site.ask(NRT);
    await site.crowded(3);
    await site.complete(second);
    await site.heard();
    expect(said([...waiting, late])).toEqual(["again", "again", "again", "again", "nothing yet"]);
    await site.complete(await site.lead(NRT));
    await late.answer("again");
  });

  test("is in the index, and counted as a put", async () => {
    const site = new Site();
    await site.complete(await site.lead(AMS), { bytes: 7 });
    const { stats } = await site.object.stats({}, { cache: "pages" });
    expect(stats).toMatchObject({ puts: 1, entries: 1, bytes: 7 });
    expect(await site.rows("leases")).toEqual([]);
  });
});

describe("a fill that has failed", () => {
  test("wakes exactly one to lead the next, the one who has waited longest", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const callers = await site.waiting([GRU, AMS, NRT]);
    await site.abandon(leader);
    await site.heard();
    expect(said(callers)).toEqual(["again", "nothing yet", "nothing yet"]);
    await site.lead(GRU);
    await site.heard();
    expect(said(callers)).toEqual(["again", "nothing yet", "nothing yet"]);
  });

  test("tells those who have something to do with that, and wakes one of those who have nothing", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const stale = await site.waiting([AMS, GRU], { have: "stale" });
    const fallback = await site.waiting([NRT], { have: "fallback" });
    const nothing = await site.waiting([GRU, NRT]);
    await site.abandon(leader);
    await site.heard();
    expect(said([...stale, ...fallback])).toEqual(["later", "later", "later"]);
    expect(said(nothing)).toEqual(["again", "nothing yet"]);
  });

  test("wakes nobody when all have something", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const callers = await site.waiting([AMS, GRU], { have: "stale" });
    await site.abandon(leader);
    await site.heard();
    expect(said(callers)).toEqual(["later", "later"]);
  });

  test("is left alone for 1 second, then 2, 4 and so on up to a minute, by those who have something", async () => {
    const site = new Site();
    const pauses: number[] = [];
    let now = 0;
    for (let failures = 1; failures <= 14; failures += 1) {
      await site.abandon(await site.lead(AMS, { have: "stale" }));
      const { seconds } = await site.ask(GRU, { have: "fallback" }).answer("later");
      pauses.push(seconds);
      goTo(now + seconds - 0.001);
      await site.ask(GRU, { have: "stale" }).answer("later");
      now += seconds;
      goTo(now);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60, 60]);
  });

  test("is tried again at once by who has nothing", async () => {
    const site = new Site();
    await site.abandon(await site.lead(AMS));
    await site.lead(GRU);
    // Nor is anybody told "later" while somebody fills it.
    await site.waiting([GRU], { have: "stale" });
  });

  test("is forgotten once one succeeds", async () => {
    const site = new Site();
    for (const _ of [1, 2, 3]) await site.abandon(await site.lead(AMS));
    await site.complete(await site.lead(AMS));
    expect(await site.rows("notes")).toEqual([]);
    const next = await site.lead(AMS, { have: "stale", freshSeconds: 60 });
    await site.abandon(next);
    expect(await site.ask(AMS, { have: "stale", freshSeconds: 60 }).answer("later")).toMatchObject({ seconds: 1 });
  });

  test("whose lease was lost already changes nothing", async () => {
    const site = new Site();
    const late = await site.lead(AMS, { leaseMs: 1000 });
    goTo(1);
    const leader = await site.lead(GRU);
    const callers = await site.waiting([AMS], { have: "stale" });
    for (const why of ["failed", "uncacheable"] as const) await site.abandon(late, why);
    await site.heard();
    expect(said(callers)).toEqual(["nothing yet"]);
    expect(await site.rows("notes")).toEqual([]);
    expect(await site.complete(leader)).toMatchObject({ outcome: "stored" });
  });
});

describe("a leader who finds that the page lies there already", () => {
  test("is told when it may: an entry that would do is known, and the shield lacks it", async () => {
    const site = new Site();
    expect(await site.ask(AMS).answer("lead")).not.toHaveProperty("known");
    await site.object.purge({}, { everything: true }, "a test");
    await site.complete(await site.lead(AMS));
    expect(await site.ask(GRU).answer("lead")).toMatchObject({ known: true });
    await site.object.purge({}, { everything: true }, "a test");
    expect(await site.ask(GRU).answer("lead")).not.toHaveProperty("known");
  });

  test("gives the lease back, and all who waited look again", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const callers = [...(await site.waiting([AMS, GRU, GRU])), ...(await site.waiting([AMS], { have: "stale" }))];
    await site.abandon(leader, "not-needed");
    await site.heard();
    expect(said(callers)).toEqual(Array(4).fill("again"));
    expect(await site.rows("notes")).toEqual([]);
    await site.lead(GRU);
  });
});

describe("while a leader asks the origin", () => {
  test("nobody is woken, however long that takes", async () => {
    const site = new Site();
    await site.lead(AMS);
    const timers = ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;
    vi.useFakeTimers({ toFake: [...timers], now: START });
    const callers = await site.waiting([AMS, GRU, GRU]);
    await runInDurableObject(site.stub, () => {
      vi.advanceTimersByTime(29_000);
    });
    await site.heard();
    expect(said(callers)).toEqual(Array(3).fill("nothing yet"));
  });
});

describe("a response that cannot be stored", () => {
  test("lets all who waited and all who come go past, for so long", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const callers = [...(await site.waiting([AMS, GRU])), ...(await site.waiting([NRT], { have: "stale" }))];
    await site.abandon(leader, "uncacheable", 10);
    for (const caller of callers) expect(await caller.answer("pass")).toMatchObject({ seconds: 10 });
    goTo(4);
    expect(await site.ask(GRU).answer("pass")).toMatchObject({ seconds: 6 });
    goTo(9.999);
    expect(await site.ask(GRU).answer("pass")).toMatchObject({ seconds: 1 });
    goTo(10);
    await site.lead(GRU);
  });

  test("lets nobody past when the cache waits all the same, and wakes one to lead", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const callers = await site.waiting([GRU, NRT]);
    await site.abandon(leader, "uncacheable", 0);
    await site.heard();
    expect(said(callers)).toEqual(["again", "nothing yet"]);
    await site.lead(GRU);
  });

  test.each<[string, (site: Site) => Promise<unknown>]>([
    ["a put that went past", async (site) => site.object.complete({}, site.report(await pointOf(site.object)))],
    ["a fill that was under way", async (site) => site.complete(await other(site))],
  ])("is forgotten with the first that is stored: %s", async (_, store) => {
    const site = new Site();
    await site.abandon(await site.lead(AMS), "uncacheable", 120);
    await site.ask(AMS).answer("pass");
    expect(await store(site)).toMatchObject({ outcome: "stored" });
    expect(await site.rows("notes")).toEqual([]);
    // Nothing lies in the shield, so that the next one leads.
    await site.lead(GRU);
  });

  test("says nothing of its variants", async () => {
    const site = new Site();
    await site.abandon(await site.lead(AMS), "uncacheable", 120);
    await site.lead(AMS, { place: site.place({ language: "de" }) });
  });
});

/** A leader under another key whose response turns out to belong to the page. */
async function other(site: Site) {
  return site.lead(NRT, { place: site.place({ language: "de" }) });
}

describe("responses that vary on more than the key holds", () => {
  const names = ["Accept-Language", "accept"];
  const [german, french] = [{ language: "de" }, { language: "fr" }];
  const under = (site: Site, sketch: object): Partial<Acquire> => ({ place: site.place(sketch) });

  test("send everybody who comes to the key that holds it, for as long as the entry lives", async () => {
    const site = new Site();
    const varies = { key: site.place().key, names };
    await site.complete(await site.lead(AMS), { ...german, lifetimeSeconds: 100 }, { varies });
    const told = await site.ask(GRU).answer("varies");
    expect(told).toMatchObject({ names: ["accept", "accept-language"], seconds: 100 });
    await site.lead(GRU, under(site, french));
    goTo(99);
    await site.ask(NRT).answer("varies");
    goTo(100);
    await site.lead(NRT);
  });

  test("send everybody who waited there too, wherever they are", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const callers = await site.waiting([AMS, GRU, GRU, NRT, NRT]);
    await site.complete(leader, german, { varies: { key: site.place().key, names } });
    await site.heard();
    expect(said(callers)).toEqual(Array(5).fill("varies"));
    expect(await callers[3]?.answer("varies")).toMatchObject({ names: ["accept", "accept-language"], seconds: 3600 });
  });

  test("keep nobody waiting for a variant that nobody fills", async () => {
    const site = new Site();
    await site.complete(await site.lead(AMS), german, { varies: { key: site.place().key, names } });
    expect(await site.rows("leases")).toEqual([]);
    await site.lead(GRU, under(site, french));
  });

  test("are noted anew when they vary on something else", async () => {
    const site = new Site();
    const { key } = site.place();
    await site.complete(await site.lead(AMS), german, { varies: { key, names } });
    await site.complete(await site.lead(AMS, under(site, french)), french, { varies: { key, names: ["accept"] } });
    expect(await site.ask(GRU).answer("varies")).toMatchObject({ names: ["accept"] });
  });

  test("are noted for longer as soon as half of that has passed, and written no more often", async () => {
    const site = new Site();
    const varies = { key: site.place().key, names };
    const stored = async () => site.complete(await site.lead(NRT, under(site, french)), french, { varies });
    await site.complete(await site.lead(AMS), { ...german, lifetimeSeconds: 3600 }, { varies });
    goTo(1800);
    await stored();
    expect(await site.ask(GRU).answer("varies")).toMatchObject({ seconds: 1800 });
    goTo(1801);
    await stored();
    expect(await site.ask(GRU).answer("varies")).toMatchObject({ seconds: 3600 });
  });

  test("that vary no longer are asked for by the plain key again", async () => {
    const site = new Site();
    await site.complete(await site.lead(AMS), german, { varies: { key: site.place().key, names } });
    await site.complete(await site.lead(GRU, under(site, french)));
    expect(await site.rows("notes")).toEqual([]);
    await site.lead(NRT);
  });

  test("end what was noted of the plain key when its responses could not be stored", async () => {
    const site = new Site();
    await site.abandon(await site.lead(AMS), "uncacheable", 120);
    const point = await pointOf(site.object);
    await site.object.complete({}, site.report(point, german), { varies: { key: site.place().key, names } });
    await site.ask(AMS).answer("varies");
  });
});
