import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import type { Key } from "../../schema/key.ts";
import { buildKey, normalizeUrl } from "../../schema/key.ts";
import { limits } from "../../schema/limits.ts";
import type { CacheName, Namespace } from "../../schema/names.ts";
import { Listener, listened } from "../support/listener.ts";
import type { freshObject } from "../support/namespace-object.ts";
import { pointOf, purge, statsOf } from "../support/namespace-object.ts";

/** Gives a lease on a page's key back. */
async function abandon(object: ReturnType<typeof freshObject>["object"], why: "failed" | "uncacheable") {
  const url = normalizeUrl(`https://a.example/${why}`);
  const [namespace, cache] = ["n" as Namespace, "pages" as CacheName];
  const place = { key: buildKey({ namespace, cache, method: "GET", url, vary: [] }), url, cache };
  const ask = {
    place,
    dataCentre: "0123456789abcdef",
    have: "nothing",
    waitMs: 0,
    leaseMs: 1000,
    maxWaiters: 1,
  } as const;
  const turn = await object.acquire({}, ask);
  if (turn.kind !== "lead") throw new Error(`${turn.kind} instead of a lease`);
  await object.abandon({}, { lease: { ...turn.lease }, why, passSeconds: 60 });
  return place.key as Key;
}

describe("the live feed", () => {
  it("begins with all there is, and goes on with what changes", async () => {
    const { object, count, listen } = listened();
    await count(3);
    await purge(object, { everything: true });
    const listener = await listen();
    const { epoch } = await pointOf(object);
    expect(listener.frames[0]).toMatchObject({
      type: "snapshot",
      at: expect.any(Date),
      version: `${epoch}-1`,
      caches: { pages: { hits: 3, entries: 0 } },
      events: [],
    });
    await count(4);
    await purge(object, { tags: ["a"], cache: "pages", reason: "a new price" });
    await listener.until(({ events }) => events.length === 1);
    expect(listener.events[0]).toEqual({
      kind: "purge",
      seq: 2,
      version: `${epoch}-2`,
      at: expect.any(Date),
      by: "a test",
      reason: "a new price",
      mode: "hard",
      selectors: [{ cache: "pages", tags: ["a"] }],
      caches: ["pages"],
      purged: 0,
    });
    await listener.until((so) => so.figures("pages").hits === 7);
    await object.revoke({}, 2, "somebody");
    await listener.until(({ events }) => events.length === 2);
    expect(listener.events[1]).toMatchObject({ kind: "revoke", seq: 3, revokes: 2, by: "somebody", caches: ["pages"] });
    expect(listener.numbers).toEqual(listener.numbers.map((_, at) => at + 1));
  });

  it("tells of fills that failed and of responses that could not be stored", async () => {
    const { object, listen } = listened();
    const listener = await listen({ kinds: ["fills"] });
    const failed = await abandon(object, "failed");
    const uncacheable = await abandon(object, "uncacheable");
    await listener.until(({ events }) => events.length === 2);
    expect(listener.events).toEqual([
      {
        kind: "fill-failed",
        at: expect.any(Date),
        cache: "pages",
        key: failed,
        failures: 1,
        retryAt: expect.any(Date),
      },
      { kind: "marker", at: expect.any(Date), cache: "pages", key: uncacheable, until: expect.any(Date) },
    ]);
  });

  it("sends at most one frame a second, however much happens", async () => {
    const { count, listen } = listened();
    const listener = await listen();
    for (let at = 1; at <= 200; at += 1) await count(1);
    await listener.until((so) => so.figures("pages").hits === 200);
    const times = listener.frames.map(({ at }) => at.getTime());
    expect(times.length).toBeGreaterThan(1);
    const apart = times.slice(1).map((time, at) => time - (times[at] ?? 0));
    // The clock has whole milliseconds, and so have timers.
    expect(Math.min(...apart)).toBeGreaterThanOrEqual(999);
  });

  it("is of one cache, or of some kinds of things, for those who ask for that", async () => {
    const { object, count, listen } = listened();
    const [api, purges, counts] = [
      await listen({ cache: "api" }),
      await listen({ kinds: ["purges"] }),
      await listen({ kinds: ["counts"] }),
    ];
    await count(1, "pages");
    await purge(object, { everything: true, cache: "pages" });
    await purge(object, { everything: true });
    await count(2, "api");
    await api.until((so) => so.figures("api").hits === 2 && so.events.length === 1);
    await purges.until(({ events }) => events.length === 2);
    await counts.until((so) => so.figures("pages").purges === 1 && so.figures("api").hits === 2);
    expect(api.events).toMatchObject([{ seq: 2, caches: "all" }]);
    expect(api.frames.slice(1).flatMap((frame) => (frame.type === "change" ? Object.keys(frame.counts) : []))).toEqual([
      "api",
    ]);
    expect(purges.frames.every((frame) => frame.type === "snapshot" || Object.keys(frame.counts).length === 0)).toBe(
      true,
    );
    expect(counts.events).toEqual([]);
  });

  it("replays what has been purged since a version, or a number, and says when it does not know", async () => {
    const { object, listen } = listened();
    for (const tag of ["a", "b", "c"]) await purge(object, { tags: [tag] });
    await object.invalidate({}, { cache: "pages", urls: ["https://a.example/"], tags: [] });
    await object.revoke({}, 2, "somebody");
    const { epoch } = await pointOf(object);
    const replay = async (since: string) => {
      const [first] = (await listen({ since })).frames;
      return [
        first?.events.map((event) => [event.kind, "seq" in event ? event.seq : 0]),
        first !== undefined && "gap" in first,
      ];
    };
    const [third, back] = [
      ["purge", 3],
      ["revoke", 5],
    ];
    expect(await replay(`${epoch}-2`)).toEqual([[third, back], false]);
    expect(await replay("2")).toEqual([[third, back], false]);
    expect(await replay(`${epoch}-5`)).toEqual([[], false]);
    expect(await replay("99")).toEqual([[["purge", 1], ["purge", 2], third, back], true]);
    expect(await replay("fedcba9876543210-3")).toEqual([[["purge", 1], ["purge", 2], third, back], true]);
  });

  it("replays more than a frame holds in several, in order and without a gap", async () => {
    const { stub, listen, object } = listened();
    const many = limits.feedEvents + 5;
    await purge(object, { tags: ["first"] });
    await runInDurableObject(stub, (_, { storage: { sql } }) => {
      sql.exec(
        `WITH RECURSIVE n (at) AS (SELECT 2 UNION ALL SELECT at + 1 FROM n WHERE at < ?)
         INSERT INTO purges (seq, at_ms, selectors, purged, by) SELECT at, 0, '[{}]', 0, 'a test' FROM n`,
        many,
      );
    });
    await evictDurableObject(stub);
    const listener = await listen({ since: "0" });
    await listener.until(({ events }) => events.length >= many);
    expect(listener.events.map((event) => ("seq" in event ? event.seq : 0))).toEqual(
      Array.from({ length: many }, (_, at) => at + 1),
    );
    expect(listener.frames.some((frame) => "gap" in frame)).toBe(false);
  });
});

describe("what connections survive", () => {
  it("an object with 100 listeners and no traffic hibernates, answers pings asleep, and wakes for all of them", async () => {
    const { object, stub, listen } = listened();
    const listeners = await Promise.all(Array.from({ length: 100 }, () => listen()));
    const stamp = () => runInDurableObject(stub, (instance) => (instance as unknown as { stamp?: number }).stamp);
    await runInDurableObject(stub, (instance) => Object.assign(instance, { stamp: 1 }));
    await evictDurableObject(stub);
    for (const { socket } of listeners) socket.send("ping");
    await Promise.all(listeners.map((listener) => listener.until(({ texts }) => texts.length === 1)));
    expect(new Set(listeners.flatMap(({ texts }) => texts))).toEqual(new Set(["pong"]));
    // It has not been woken by them: there is nothing there to be evicted.
    await expect(evictDurableObject(stub)).rejects.toThrow();
    await purge(object, { tags: ["a"] });
    expect(await stamp()).toBeUndefined();
    await Promise.all(listeners.map((listener) => listener.until(({ events }) => events.length === 1)));
    for (const { numbers, frames } of listeners) {
      expect(numbers).toEqual([1, 2]);
      expect(frames[0]?.type).toBe("snapshot");
    }
  });

  it("one that has gone, or that talks, does not disturb the others", { timeout: 20_000 }, async () => {
    const { object, stub, count, listen } = listened();
    const [gone, talking, quiet] = [await listen(), await listen(), await listen()];
    gone.socket.close(1000);
    talking.socket.send("hello");
    await talking.until(({ closed }) => closed !== undefined);
    expect(talking.closed).toEqual({ code: 1008, reason: 'This feed takes no messages but "ping"' });
    const dead = await listen({ kinds: ["fills", "counts"] });
    // From inside: what is sent to it throws.
    await runInDurableObject(stub, (_, ctx) => {
      const isOfDead = (each: WebSocket) => (each.deserializeAttachment() as { kinds: string[] }).kinds.length === 2;
      const socket = ctx.getWebSockets().find(isOfDead);
      socket?.close(1000);
      expect(() => socket?.send("x")).toThrow();
    });
    await count(1);
    await purge(object, { everything: true });
    await quiet.until((so) => so.figures("pages").hits === 1 && so.events.length === 1);
    await dead.until(({ closed }) => closed !== undefined);
    expect(await statsOf(object)).toMatchObject({ hits: 1, purges: 1 });
  });

  it("there are no more than the limit", async () => {
    const { stub } = listened();
    const status = await runInDurableObject(stub, async (instance, ctx) => {
      vi.spyOn(ctx, "getWebSockets").mockReturnValue(Array(limits.feedSubscribers));
      return (await instance.fetch(new Request("https://larder.example/"))).status;
    });
    expect(status).toBe(503);
  });

  it("1,000 listeners hear of a purge within a second of it, each once", { timeout: 60_000 }, async () => {
    const { object, stub, listen } = listened();
    const listeners: Listener[] = [];
    while (listeners.length < 1000) {
      listeners.push(...(await Promise.all(Array.from({ length: 100 }, () => Listener.open(stub)))));
    }
    await Promise.all(listeners.map((listener) => listener.until(({ frames }) => frames.length > 0)));
    const last = await listen();
    const startedMs = performance.now();
    await purge(object, { tags: ["a"] });
    await Promise.all([...listeners, last].map((listener) => listener.until(({ events }) => events.length === 1)));
    const tookMs = Math.round(performance.now() - startedMs);
    const madeMs = listeners[0]?.frames.at(-1)?.at.getTime() ?? 0;
    console.log(
      `1,001 listeners were told ${tookMs} ms after the purge, ${Date.now() - madeMs} ms after the frame was made`,
    );
    const first = listeners[0]?.frames.at(-1)?.at.getTime();
    for (const { frames, events } of listeners) {
      expect(events).toHaveLength(1);
      expect(frames.at(-1)?.at.getTime()).toBe(first);
    }
  });
});
