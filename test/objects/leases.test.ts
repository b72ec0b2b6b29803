import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { PurgeRequest } from "../../schema/purge-request.ts";
import { START, useObjectClock } from "../support/object-clock.ts";
import { AMS, GRU, NRT, Site, until } from "../support/site.ts";

const { goTo } = useObjectClock();

describe("a lease that runs out", () => {
  test("passes on to one of those who wait, and the others wait on", async () => {
    const site = new Site();
    await site.lead(AMS, { leaseMs: 5000 });
    const callers = await site.waiting([GRU, GRU, GRU]);
    goTo(4.999);
    await site.waiting([NRT], { waitMs: 1 });
    goTo(5);
    await callers[0]?.answer("again");
    await site.lead(GRU);
    await site.heard();
    expect(callers.slice(1).map(({ said }) => said)).toEqual(["nothing yet", "nothing yet"]);
  });

  test("is somebody else's as soon as they ask, and its old holder's entry is refused from then on", async () => {
    const site = new Site();
    const late = await site.lead(AMS, { leaseMs: 5000 });
    goTo(5);
    const leader = await site.lead(GRU);
    const [waiting] = await site.waiting([NRT]);
    expect(await site.complete(late, { bytes: 1 })).toMatchObject({ outcome: "lease-lost", wanted: false });
    await site.heard();
    expect(waiting?.said).toBe("nothing yet");
    expect((await site.object.stats({}, {})).stats).toMatchObject({ puts: 0, entries: 0 });
    expect(await site.complete(leader, { bytes: 2 })).toMatchObject({ outcome: "stored" });
    await waiting?.answer("again");
    expect(await site.complete(late, { bytes: 1 })).toMatchObject({ outcome: "lease-lost" });
    expect((await site.object.stats({}, {})).stats).toMatchObject({ puts: 1, bytes: 2 });
  });

  test("is lost too when the one who came after has given it back", async () => {
    const site = new Site();
    const late = await site.lead(AMS, { leaseMs: 5000 });
    goTo(5);
    await site.abandon(await site.lead(GRU));
    expect(await site.complete(late)).toMatchObject({ outcome: "lease-lost" });
  });

  test("is its holder's still while nobody has come after", async () => {
    const site = new Site();
    const late = await site.lead(AMS, { leaseMs: 5000 });
    goTo(600);
    expect(await site.complete(late)).toMatchObject({ outcome: "stored" });
    expect(await site.rows("leases")).toEqual([]);
  });

  test("is given once, to whichever of many asks first", async () => {
    const site = new Site();
    await site.lead(AMS, { leaseMs: 5000 });
    goTo(5);
    const callers = [AMS, GRU, NRT, GRU].map((dataCentre) => site.ask(dataCentre));
    await site.heard();
    expect(callers.filter(({ said }) => said === "lead")).toHaveLength(1);
  });

  test("says nothing against the origin", async () => {
    const site = new Site();
    await site.lead(AMS, { leaseMs: 5000 });
    goTo(5);
    await site.lead(AMS, { have: "stale" });
  });
});

describe("a caller that has gone away", () => {
  test("does not keep the others from going on after a failed fill", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const [gone, next] = await site.waiting([GRU, GRU]);
    await site.abandon(leader);
    // It was woken, and does not ask again.
    await gone?.answer("again");
    await next?.answer("again");
    await site.lead(GRU);
  });

  test("does not keep the others in its data centre from fetching what was filled elsewhere", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const [gone, next, last] = await site.waiting([GRU, GRU, GRU]);
    await site.complete(leader);
    await gone?.answer("again");
    await next?.answer("again");
    await last?.answer("again");
  });

  test("is woken like the others when its call was cancelled, and never leads", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const call = site.object.acquire({}, site.wish(GRU)) as Promise<unknown> & Disposable;
    call.catch(() => undefined);
    await site.heard();
    call[Symbol.dispose]();
    const [waiting] = await site.waiting([GRU]);
    await site.abandon(leader);
    await waiting?.answer("again");
    await site.lead(GRU);
  });
});

describe("a lease outlives the object's instance", () => {
  test("so that what its holder completes afterwards is stored", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    await evictDurableObject(site.stub);
    const [waiting] = await site.waiting([GRU]);
    expect(await site.complete(leader)).toMatchObject({ outcome: "stored" });
    await waiting?.answer("again");
  });

  test("so that those whose calls are lost with it ask again, and wait on", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const callers = await site.waiting([AMS, GRU]);
    await site.reset();
    for (const caller of callers) expect((await caller.ended()).said).toBe("lost");
    const again = await site.waiting([AMS, GRU]);
    expect(await site.complete(leader)).toMatchObject({ outcome: "stored" });
    for (const caller of again) await caller.answer("again");
  });

  test("and ends in time, though nobody was there to see it", async () => {
    const site = new Site();
    await site.lead(AMS, { leaseMs: 5000 });
    await evictDurableObject(site.stub);
    const [waiting] = await site.waiting([GRU]);
    goTo(5);
    await waiting?.answer("again");
    await site.lead(GRU);
  });

  test("as do the notes of failed and uncacheable responses", async () => {
    const site = new Site();
    const german = { place: site.place({ language: "de" }) };
    await site.abandon(await site.lead(AMS));
    await site.abandon(await site.lead(AMS, german), "uncacheable", 60);
    await evictDurableObject(site.stub);
    await site.ask(AMS, { have: "stale" }).answer("later");
    await site.ask(AMS, german).answer("pass");
  });
});

describe("a purge during the fill", () => {
  const tagged = { tags: ["a"] };

  test("keeps it out, and the next who waited leads", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const callers = await site.waiting([GRU, AMS]);
    await site.object.purge({}, { tags: ["a"] }, "a test");
    expect(await site.complete(leader, tagged)).toMatchObject({ outcome: "purged-during-fill", wanted: false });
    await site.heard();
    expect(callers.map(({ said }) => said)).toEqual(["again", "nothing yet"]);
    const next = await site.lead(GRU);
    expect(next.asOf.seq).toBe(1);
    expect(await site.complete(next, tagged)).toMatchObject({ outcome: "stored" });
  });

  test("lets one lead next who has nothing, whoever else has waited longer", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const [stale] = await site.waiting([GRU], { have: "stale" });
    const [nothing] = await site.waiting([AMS]);
    await site.object.purge({}, { tags: ["a"] }, "a test");
    await site.complete(leader, tagged);
    await site.heard();
    expect([stale?.said, nothing?.said]).toEqual(["nothing yet", "again"]);
  });

  test.each<[string, (site: Site) => PurgeRequest]>([
    ["its URL", ({ url }) => ({ url })],
    ["its key", (site) => ({ key: site.place().key })],
    ["a prefix of its URL", ({ url }) => ({ prefix: url.slice(0, -1) })],
    ["everything", () => ({ everything: true })],
    ["everything in its cache", () => ({ everything: true, cache: "pages" })],
    ["everything, to be erased", () => ({ everything: true, erase: true })],
  ])("by %s: who comes after it does not wait for what the purge keeps out", async (_, request) => {
    const site = new Site();
    const doomed = await site.lead(AMS);
    const [waiting] = await site.waiting([NRT]);
    await site.object.purge({}, request(site), "a test");
    const leader = await site.lead(GRU);
    expect(leader.asOf.seq).toBe(1);
    const callers = await site.waiting([GRU, AMS]);
    expect(await site.complete(doomed)).toMatchObject({ outcome: "lease-lost" });
    await site.heard();
    expect([waiting, ...callers].map((caller) => caller?.said)).toEqual(Array(3).fill("nothing yet"));
    expect(await site.complete(leader)).toMatchObject({ outcome: "stored" });
    await waiting?.answer("again");
  });

  test.each<[string, (site: Site) => PurgeRequest]>([
    ["a tag, which it may not carry", () => ({ tags: ["a"] })],
    ["everything in another cache", () => ({ everything: true, cache: "api" })],
    ["everything, softly", () => ({ everything: true, soft: true })],
  ])("by %s: who comes after it waits for the fill", async (_, request) => {
    const site = new Site();
    const leader = await site.lead(AMS);
    await site.object.purge({}, request(site), "a test");
    const [waiting] = await site.waiting([GRU]);
    expect(await site.complete(leader)).toMatchObject({ outcome: "stored" });
    await waiting?.answer("again");
  });

  test("that is taken back keeps nobody from waiting", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    await site.object.purge({}, { everything: true }, "a test");
    await site.object.revoke({}, 1, "a test");
    await site.waiting([GRU]);
    expect(await site.complete(leader)).toMatchObject({ outcome: "stored" });
  });

  test("so long ago that the log begins after it: nobody waits for what will be refused", async () => {
    const site = new Site();
    const doomed = await site.lead(AMS, { leaseMs: 600_000 });
    await site.object.purge({}, { url: site.url }, "a test");
    goTo(300);
    await runInDurableObject(site.stub, (instance) => instance.alarm());
    expect((await site.object.sync({ since: null })).log).toMatchObject({ from: 1, head: 1 });
    await site.lead(GRU);
    expect(await site.complete(doomed)).toMatchObject({ outcome: "lease-lost" });
  });
});

describe("two who lead by mistake", () => {
  test("have one lease between them: the later is stored and the earlier refused, in either order", async () => {
    for (const order of ["earlier first", "later first"]) {
      const site = new Site();
      const earlier = await site.lead(AMS);
      // As when the object is restored from a backup: it knows nothing of the lease it has given.
      await runInDurableObject(site.stub, (_, { storage }) => {
        storage.sql.exec("DELETE FROM leases");
      });
      const later = await site.lead(GRU);
      const both = order === "earlier first" ? [earlier, later] : [later, earlier];
      const outcomes = [];
      for (const leader of both) outcomes.push({ leader, outcome: (await site.complete(leader)).outcome });
      expect(outcomes.find(({ leader }) => leader === earlier)?.outcome).toBe("lease-lost");
      expect(outcomes.find(({ leader }) => leader === later)?.outcome).toBe("stored");
    }
  });

  test("of another key or another namespace end nothing here", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const german = await site.lead(AMS, { place: site.place({ language: "de" }) });
    const mixed = { ...leader, lease: { key: leader.lease.key, id: german.lease.id } };
    expect(await site.complete(mixed)).toMatchObject({ outcome: "lease-lost" });
    await site.abandon(mixed);
    expect(await site.rows("leases")).toHaveLength(2);
    await site.waiting([GRU]);
  });
});

test("the rows of leases come and go with them", async () => {
  const site = new Site();
  const leader = await site.lead(AMS, { leaseMs: 7000 });
  const row = { key: site.place().key, id: leader.lease.id, as_of: 0, until_ms: START + 7000 };
  expect(await site.rows("leases")).toEqual([row]);
  await site.abandon(leader);
  await until(async () => (await site.rows("leases")).length === 0);
});
