import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test, vi } from "vitest";
import type { Tag } from "../../schema/names.ts";
import { complete, fetched, fill, isInShield, offer, shield } from "../support/filling.ts";
import { START, useObjectClock } from "../support/object-clock.ts";
import { AMS, GRU, inTransit, NRT, Site, until } from "../support/site.ts";

const TEN_YEARS = 10 * 365 * 24 * 3600;
const { goTo } = useObjectClock();

describe("what one data centre has filled", () => {
  test("is given to the others by the shield, which takes a copy", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const { reply, entry } = await complete(site, leader, { body: "page", tags: ["a" as Tag], status: 404 });
    expect(reply).toMatchObject({ outcome: "stored", wanted: true });
    await offer(site, leader, entry);
    const got = await fetched(site, GRU);
    const { storedAtMs: _, ...same } = entry;
    expect(got).toMatchObject({ entry: same, body: "page" });
    expect(got.headers.get("content-type")).toBe("text/plain");
  });

  test("is not wanted when it lies in the shield already, for the two caches are one", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const waiting = await site.waiting([AMS, GRU]);
    const { bytes: __, ...entry } = site.entry(leader.asOf);
    await shield.put(entry, new Response("page"), 1000);
    const { reply } = await complete(site, leader);
    expect(reply).toMatchObject({
      outcome: "stored",
      wanted: false,
      sharedWith: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    for (const caller of waiting) await caller.answer("again");
    expect(await fetched(site, GRU)).toMatchObject({ body: "page" });
    // It need not be looked for again, as long as the object stays where it is.
    const next = await site.lead(AMS, { freshSeconds: 60 });
    const { sharedWith = "" } = reply;
    const told = { shield: { storedAtMs: START + 1, sharedWith } };
    expect(await site.complete(next, {}, told)).toMatchObject({ outcome: "stored", wanted: false });
    await evictDurableObject(site.stub);
    const later = await site.lead(AMS, { freshSeconds: 60 });
    expect(await site.complete(later, {}, told)).toMatchObject({ outcome: "stored", wanted: true });
  });

  test("is wanted when the shield holds another of its key", async () => {
    const site = new Site();
    await fill(site, AMS, { body: "old" });
    const leader = await site.lead(AMS, { freshSeconds: 60 });
    const { reply, entry } = await complete(site, leader);
    expect(reply.wanted).toBe(true);
    await offer(site, leader, entry, { body: "new" });
    expect(await fetched(site, GRU)).toMatchObject({ body: "new" });
  });

  test("is given as long as it may be served, and not after", async () => {
    const site = new Site();
    await fill(site, AMS);
    goTo(119.9);
    expect((await fetched(site, GRU)).entry.initialAgeSeconds).toBeCloseTo(119.9);
    goTo(120);
    await site.lead(NRT);
  });

  test("is not given when a purge has hit it, by whatever it names", async () => {
    for (const name of ["tag", "url", "key"]) {
      const site = new Site();
      await fill(site, AMS, { tags: ["a" as Tag] });
      const request = name === "tag" ? { tags: ["a"] } : name === "url" ? { url: site.url } : { key: site.place().key };
      await site.object.purge({}, request, "a test");
      expect((await site.lead(GRU)).asOf.seq).toBe(1);
    }
  });

  test("is not given when the shield's copy is purged, though a newer one lies elsewhere", async () => {
    const site = new Site();
    await fill(site, AMS, { tags: ["a" as Tag] });
    await site.object.purge({}, { tags: ["a"] }, "a test");
    // The newer one is too large for the shield.
    await site.complete(await site.lead(AMS), { tags: ["a"] });
    const next = await site.lead(GRU);
    expect(next.asOf.seq).toBe(1);
  });

  test("is given again once the purge is taken back", async () => {
    const site = new Site();
    await fill(site, AMS);
    await site.object.purge({}, { everything: true }, "a test");
    await site.object.revoke({}, 1, "a test");
    expect(await fetched(site, GRU)).toMatchObject({ body: "page" });
  });

  test("is given after a soft purge, to be served while it is refreshed", async () => {
    const site = new Site();
    await fill(site, AMS);
    await site.object.purge({}, { everything: true, soft: true }, "a test");
    expect(await fetched(site, GRU)).toMatchObject({ body: "page", entry: { asOf: { seq: 0 } } });
    // To refresh with it is of no use.
    await site.lead(NRT, { have: "stale", freshSeconds: -100 });
  });

  test("is not given after a soft purge if it may not be served stale", async () => {
    const site = new Site();
    await fill(site, AMS, { staleWhileRevalidateSeconds: 0 });
    await site.object.purge({}, { everything: true, soft: true }, "a test");
    await site.lead(GRU);
  });

  test("is taken out of the shield by an erasing purge, and not by others", async () => {
    const site = new Site();
    await fill(site, AMS);
    await site.object.purge({}, { everything: true }, "a test");
    expect(await isInShield(site)).toBe(true);
    await site.object.purge({}, { everything: true, erase: true }, "a test");
    await until(async () => !(await isInShield(site)));
  });
});

describe("a copy no fresher than what the caller has", () => {
  test("is not given", async () => {
    const site = new Site();
    await fill(site, AMS);
    goTo(10);
    for (const freshSeconds of [60, 50, 48]) {
      const leader = await site.lead(GRU, { have: "stale", freshSeconds });
      await site.abandon(leader, "not-needed", 0);
    }
    expect(await fetched(site, GRU, { have: "stale", freshSeconds: 47.9 })).toMatchObject({ body: "page" });
    expect(await fetched(site, NRT, { have: "stale", freshSeconds: -30 })).toMatchObject({ body: "page" });
  });

  test("nor is one when a fresher has been stored that the shield has not got", async () => {
    const site = new Site();
    await fill(site, AMS);
    goTo(30);
    await site.complete(await site.lead(AMS, { have: "stale", freshSeconds: 30 }));
    expect(await site.ask(GRU, { have: "stale", freshSeconds: 29 }).answer("lead")).toMatchObject({ known: true });
    expect(await fetched(site, NRT)).toMatchObject({ entry: { initialAgeSeconds: 30 } });
  });

  test("nor is one that is stale itself", async () => {
    const site = new Site();
    await fill(site, AMS);
    goTo(61);
    await site.lead(GRU, { have: "stale", freshSeconds: -60 });
  });
});

describe("an error", () => {
  test("is not given to who has something to stand in, and to nobody else in its place", async () => {
    const site = new Site();
    await fill(site, AMS, { status: 503, staleIfErrorSeconds: 600 });
    await site.lead(GRU, { have: "fallback" });
    expect(await fetched(site, NRT)).toMatchObject({ entry: { status: 503 } });
  });

  test.each([
    ["which may stand in still", 100, 200],
    ["which may not any more", 700, 503],
  ])("takes no place of an entry in the shield %s", async (_, afterSeconds, status) => {
    const site = new Site();
    await fill(site, AMS, { staleIfErrorSeconds: 600 });
    goTo(afterSeconds);
    const leader = await site.lead(AMS, { have: "fallback", freshSeconds: 60 });
    const { entry } = await complete(site, leader, { status: 503 });
    await offer(site, leader, entry);
    const there = await shield.match(site.place());
    await there?.body?.cancel();
    expect(there?.found).toMatchObject({ kind: "entry", entry: { status } });
  });
});

describe("clocks are not compared", () => {
  test.each([
    ["ahead of the object's", TEN_YEARS],
    ["behind it", -TEN_YEARS],
  ])("an entry keeps its age when the storing clock is years %s", async (_, aheadSeconds) => {
    const site = new Site();
    await fill(site, AMS, { aheadSeconds, lyingSeconds: 10, initialAgeSeconds: 5 });
    const fresh = await fetched(site, GRU);
    expect(fresh.entry).toMatchObject({ initialAgeSeconds: 15, ttlSeconds: 60, storedAtMs: 0 });
    goTo(40);
    expect((await fetched(site, NRT)).entry.initialAgeSeconds).toBe(55);
    goTo(104.9);
    expect((await fetched(site, GRU)).entry.initialAgeSeconds).toBeCloseTo(119.9);
    goTo(105);
    await site.lead(AMS);
  });
});

describe("one transfer a data centre at a time", () => {
  test("the others there wait until it has landed, and find it then", async () => {
    const site = new Site();
    await fill(site, AMS);
    await fetched(site, GRU);
    const there = await site.waiting([GRU, GRU]);
    await fetched(site, NRT);
    const [elsewhere] = await site.waiting([NRT]);
    await site.object.landed({}, { key: site.place().key, dataCentre: GRU });
    await site.heard();
    expect([...there, elsewhere].map((caller) => caller?.said)).toEqual(["again", "again", "nothing yet"]);
    // Whoever does not find it, as it could not be kept there, is given another.
    await fetched(site, GRU);
  });

  test("nobody there is woken before it has landed", async () => {
    const site = new Site();
    await fill(site, AMS);
    await fetched(site, GRU);
    const timers = ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;
    vi.useFakeTimers({ toFake: [...timers], now: START });
    const [waiting] = await site.waiting([GRU]);
    await runInDurableObject(site.stub, () => {
      vi.advanceTimersByTime(4999);
    });
    await site.heard();
    expect(waiting?.said).toBe("nothing yet");
  });

  test("is all there is of many who ask at once", async () => {
    const site = new Site();
    await fill(site, AMS);
    const callers = Array.from({ length: 5 }, () => site.ask(GRU));
    await site.crowded(4, GRU);
    expect(callers.map(({ said }) => said).sort()).toEqual([...Array(4).fill("nothing yet"), "shield"]);
    await site.object.landed({}, { key: site.place().key, dataCentre: GRU });
    for (const caller of callers) await caller.ended();
    expect(callers.map(({ said }) => said).sort()).toEqual([...Array(4).fill("again"), "shield"]);
  });

  test("no more than may wait do", async () => {
    const site = new Site();
    await fill(site, AMS);
    await fetched(site, GRU);
    await site.waiting([GRU], { maxWaiters: 1 });
    await site.ask(GRU, { maxWaiters: 1 }).answer("busy");
  });

  test("after five seconds it counts as lost, and one of those who wait gets another", async () => {
    const site = new Site();
    await fill(site, AMS);
    await fetched(site, GRU);
    const [next, last] = await site.waiting([GRU, GRU]);
    goTo(4.999);
    await site.waiting([GRU], { waitMs: 1 });
    goTo(5);
    await next?.answer("again");
    await fetched(site, GRU);
    await site.heard();
    expect(last?.said).toBe("nothing yet");
  });

  test("a lost one keeps nobody waiting while somebody refreshes the page", async () => {
    const site = new Site();
    await fill(site, AMS);
    await site.lead(AMS, { have: "stale", freshSeconds: 60, leaseMs: 600_000 });
    await fetched(site, GRU);
    const refreshing = await site.waiting([GRU], { have: "stale", freshSeconds: 60 });
    const [next] = await site.waiting([GRU]);
    goTo(5);
    await next?.answer("again");
    await fetched(site, GRU);
    expect(refreshing[0]?.said).toBe("nothing yet");
  });

  test("is of one page: another is sent meanwhile", async () => {
    const site = new Site();
    await fill(site, AMS);
    await fetched(site, GRU);
    const german = { place: site.place({ language: "de" }) };
    const { lease, asOf, dataCentre } = await site.lead(AMS, german);
    const entry = site.entry(asOf, german.place);
    await site.complete({ lease, asOf, dataCentre }, { language: "de" }, { shield: { storedAtMs: entry.storedAtMs } });
    await site.object.offer({}, { place: german.place, dataCentre, lease }, inTransit(entry));
    await site.ask(GRU, german).answer("shield");
  });
});
