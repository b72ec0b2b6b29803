import { describe, expect, test, vi } from "vitest";
import type { Tag } from "../../schema/names.ts";
import { complete, fetched, fill, isInShield, offer } from "../support/filling.ts";
import { pointOf } from "../support/namespace-object.ts";
import { useObjectClock } from "../support/object-clock.ts";
import { AMS, GRU, inTransit, NRT, Site, until } from "../support/site.ts";

const { goTo } = useObjectClock();

describe("until the shield has the copy it wants", () => {
  test("the lease is kept, so that nobody elsewhere asks the origin", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const early = await site.waiting([GRU, NRT]);
    const { entry } = await complete(site, leader);
    const late = site.ask(GRU);
    await site.crowded(3);
    expect([...early, late].map(({ said }) => said)).toEqual(Array(3).fill("nothing yet"));
    await offer(site, leader, entry);
    await site.heard();
    expect([...early, late].map(({ said }) => said)).toEqual(["again", "again", "nothing yet"]);
    expect(await site.rows("leases")).toEqual([]);
    expect(await fetched(site, GRU)).toMatchObject({ body: "page" });
  });

  test("nobody waits in the data centre that has filled it", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const [here, there] = await site.waiting([AMS, GRU]);
    await complete(site, leader);
    await here?.answer("again");
    await site.heard();
    expect(there?.said).toBe("nothing yet");
  });

  test("nobody asks the origin for its variant either, if that is what was stored", async () => {
    const site = new Site();
    const german = site.place({ language: "de" });
    const leader = await site.lead(AMS);
    const entry = site.entry(leader.asOf, german);
    const varies = { key: site.place().key, names: ["accept-language"] };
    const reply = await site.complete(leader, { language: "de" }, { varies, shield: { storedAtMs: entry.storedAtMs } });
    expect(reply.wanted).toBe(true);
    await site.ask(GRU).answer("varies");
    const waiting = site.ask(GRU, { place: german });
    await until(async () => (await site.ask(NRT, { place: german, maxWaiters: 1 }).ended()).said === "busy");
    await site.object.offer({}, { place: german, dataCentre: AMS, lease: leader.lease }, inTransit(entry));
    await waiting.answer("again");
    await site.ask(GRU, { place: german }).answer("shield");
    expect(await site.rows("leases")).toEqual([]);
  });

  test("who fills that variant already is left alone", async () => {
    const site = new Site();
    const german = site.place({ language: "de" });
    const there = await site.lead(GRU, { place: german });
    const leader = await site.lead(AMS);
    const entry = site.entry(leader.asOf, german);
    const varies = { key: site.place().key, names: ["accept-language"] };
    await site.complete(leader, { language: "de" }, { varies, shield: { storedAtMs: entry.storedAtMs } });
    expect(await site.rows("leases")).toMatchObject([{ key: german.key, id: there.lease.id }]);
    await site.object.offer({}, { place: german, dataCentre: AMS, lease: leader.lease }, inTransit(entry));
    expect(await site.complete(there, { language: "de" })).toMatchObject({ outcome: "stored" });
  });

  test("five seconds pass at most: then the next data centre fills it for itself", async () => {
    const site = new Site();
    const leader = await site.lead(AMS, { leaseMs: 600_000 });
    const [waiting] = await site.waiting([GRU]);
    const { entry } = await complete(site, leader);
    goTo(4.999);
    const other = site.ask(NRT);
    await site.crowded(2);
    goTo(5);
    await waiting?.answer("again");
    await other.answer("again");
    await site.lead(GRU);
    // The copy comes too late now.
    await offer(site, leader, entry);
    expect(await isInShield(site)).toBe(false);
    await site.crowded(0);
    expect(await site.rows("leases")).toHaveLength(1);
  });

  test("a lease that was about to end is kept as long", async () => {
    const site = new Site();
    const leader = await site.lead(AMS, { leaseMs: 1000 });
    goTo(0.999);
    await complete(site, leader);
    goTo(4);
    const waiting = site.ask(GRU);
    await site.crowded(1);
    expect(waiting.said).toBe("nothing yet");
  });
});

describe("a copy that is offered", () => {
  test("by somebody who has put the page without a lease is kept too", async () => {
    const site = new Site();
    const asOf = await pointOf(site.object);
    const entry = site.entry(asOf);
    const { wanted } = await site.object.complete({}, site.report(asOf), { shield: { storedAtMs: entry.storedAtMs } });
    expect(wanted).toBe(true);
    await site.object.offer({}, { place: site.place(), dataCentre: AMS }, inTransit(entry, "put"));
    expect(await fetched(site, GRU)).toMatchObject({ body: "put" });
  });

  test("is not wanted of what was refused", async () => {
    const site = new Site();
    const overtaken = await site.lead(AMS, { leaseMs: 1000 });
    goTo(1);
    const leader = await site.lead(GRU);
    expect((await complete(site, overtaken)).reply).toMatchObject({ outcome: "lease-lost", wanted: false });
    await site.object.purge({}, { tags: ["a"] }, "a test");
    const { reply } = await complete(site, leader, { tags: ["a" as Tag] });
    expect(reply).toMatchObject({ outcome: "purged-during-fill", wanted: false });
  });

  test("by somebody who has lost the lease is not kept", async () => {
    const site = new Site();
    const late = await site.lead(AMS, { leaseMs: 1000 });
    goTo(1);
    await fill(site, GRU, { body: "new" });
    await offer(site, late, site.entry(late.asOf), { body: "old" });
    expect(await fetched(site, NRT)).toMatchObject({ body: "new" });
  });

  test("after a purge that hits it is not kept: what is to be erased does not come back", async () => {
    for (const erase of [true, false]) {
      const site = new Site();
      const leader = await site.lead(AMS);
      const { entry } = await complete(site, leader, { tags: ["a" as Tag] });
      await site.object.purge({}, erase ? { tags: ["a"], erase } : { tags: ["a"] }, "a test");
      const put = vi.spyOn(caches.default, "put");
      await offer(site, leader, entry);
      // Not even for a moment.
      expect(put).not.toHaveBeenCalled();
      put.mockRestore();
      expect(await isInShield(site)).toBe(false);
      expect(await site.rows("leases")).toEqual([]);
    }
  });

  test("while a purge is made that hits it is not kept either", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const { entry } = await complete(site, leader, { tags: ["a" as Tag] });
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const copy = inTransit(entry);
    const slow = new Response(readable, { headers: copy.headers });
    await copy.body?.cancel();
    const offered = site.object.offer({}, { place: site.place(), dataCentre: AMS, lease: leader.lease }, slow);
    await writer.write(new TextEncoder().encode("pa"));
    await site.heard();
    await site.object.purge({}, { tags: ["a"], erase: true }, "a test");
    await writer.write(new TextEncoder().encode("ge"));
    await writer.close();
    await offered;
    expect(await isInShield(site)).toBe(false);
  });

  test("and is no entry, or ends in an error, is not kept, and keeps nobody waiting", async () => {
    for (const fault of ["no entry", "fails"]) {
      const site = new Site();
      const leader = await site.lead(AMS);
      const [waiting] = await site.waiting([GRU]);
      const { entry } = await complete(site, leader);
      const failing = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.error(new Error("the data centre went away")),
      });
      const copy = fault === "no entry" ? new Response("page") : new Response(failing, inTransit(entry));
      const offered = site.object.offer({}, { place: site.place(), dataCentre: AMS, lease: leader.lease }, copy);
      await offered.catch(() => undefined);
      expect(await isInShield(site)).toBe(false);
      if (fault === "fails") goTo(5);
      await waiting?.answer("again");
      await site.lead(GRU);
    }
  });

  test("and is larger than a shield's copy may be is not kept", async () => {
    const site = new Site();
    const leader = await site.lead(AMS);
    const { entry } = await complete(site, leader);
    const chunk = new Uint8Array(1024 * 1024);
    let chunks = 0;
    const large = new ReadableStream<Uint8Array>({
      pull: (controller) => (chunks++ < 17 ? controller.enqueue(chunk) : controller.close()),
    });
    const copy = new Response(large, inTransit(entry));
    await site.object.offer({}, { place: site.place(), dataCentre: AMS, lease: leader.lease }, copy);
    expect(await isInShield(site)).toBe(false);
    await site.lead(GRU);
  });
});

describe("a later response that cannot be stored", () => {
  test("takes the copy out of the shield, so that it does not come back when nobody goes past any more", async () => {
    for (const passSeconds of [0, 10]) {
      const site = new Site();
      await fill(site, AMS);
      await site.abandon(await site.lead(AMS, { have: "stale", freshSeconds: 60 }), "uncacheable", passSeconds);
      expect(await isInShield(site)).toBe(false);
      expect((await site.object.stats({}, {})).stats).toMatchObject({ entries: 0 });
      goTo(passSeconds);
      expect(await site.ask(GRU).answer("lead")).not.toHaveProperty("known");
    }
  });

  test("takes nothing out when its lease was lost, and nor does one that failed", async () => {
    const site = new Site();
    await fill(site, AMS);
    const late = await site.lead(AMS, { have: "stale", freshSeconds: 60, leaseMs: 1000 });
    goTo(1);
    const leader = await site.lead(AMS, { have: "stale", freshSeconds: 60 });
    await site.abandon(late, "uncacheable", 10);
    await site.abandon(leader, "failed");
    expect(await fetched(site, GRU)).toMatchObject({ body: "page" });
  });
});
