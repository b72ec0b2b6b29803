import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import type { PurgeRequest } from "../../schema/purge-request.ts";
import type { CheckedRefill, Refill } from "../../schema/refill.ts";
import { debounceOf } from "../../schema/refill.ts";
import type { NamespaceOperations, NamespaceRpc } from "../../schema/rpc.ts";
import { fill, freshObject, pointOf, purge, report, stubOf } from "../support/namespace-object.ts";
import { refusalOf } from "../support/refusal.ts";

/** An origin that nobody can reach: refills of it fail, which is all that is wanted of them here. */
const NOWHERE = "http://127.0.0.1:9";

function setUp(stub = freshObject().stub) {
  const object = stub as unknown as NamespaceRpc;
  const operations = stub as unknown as NamespaceOperations;
  const one = async (): Promise<Refill> => {
    const { refills } = await operations.refills();
    const [only, ...more] = refills;
    if (only === undefined || more.length > 0) throw new Error(`there are ${refills.length} refills`);
    return only;
  };
  return { object, stub, operations, one };
}

const slow: CheckedRefill = { top: 100, concurrency: 1, perSecond: 0.01 };

describe("a refill after a purge", () => {
  it("is of what the purge hits, in the order of its keys where nobody has asked for any", async () => {
    const { object, stub, one } = setUp();
    await fill(object, [
      { url: "https://a.example/2", tags: ["t"] },
      { url: "https://a.example/1", tags: ["t"] },
      { url: "https://a.example/3" },
    ]);
    const purged = await purge(object, { tags: ["t"], soft: true, refill: slow });
    const begun = await one();
    expect(purged.refill).toBe(begun.id);
    expect(begun).toMatchObject({ kind: "purge", total: 2, by: "a test", after: purged.version, perSecond: 0.01 });
    const items = await runInDurableObject(stub, (_, { storage: { sql } }) =>
      sql.exec<{ items: string }>("SELECT items FROM refill_items").one(),
    );
    expect((JSON.parse(items.items) as { key: string }[]).map(({ key }) => new URL(key).pathname)).toEqual([
      "/1",
      "/2",
    ]);
  });

  it("takes what is asked for most first, and no more than it is told", async () => {
    const { object, stub, one } = setUp();
    await fill(object, [
      { url: "https://a.example/1" },
      { url: "https://a.example/2" },
      { url: "https://a.example/3" },
    ]);
    const { key } = report(await pointOf(object), { url: "https://a.example/3" });
    const nothing = { names: [], error: 0 };
    const hits = { names: [[key, 5]] as [string, number][], error: 0 };
    await object.sync({
      report: {
        reporter: "0123456789abcdef",
        batch: 1,
        counts: [],
        top: [
          {
            cache: "pages",
            keys: { hits, misses: nothing, bytes: nothing },
            tags: { hits: nothing, misses: nothing, bytes: nothing },
          },
        ],
      },
    });
    await purge(object, { everything: true, refill: { ...slow, top: 2 } });
    expect(await one()).toMatchObject({ total: 2 });
    const items = await runInDurableObject(stub, (_, { storage: { sql } }) =>
      sql.exec<{ items: string }>("SELECT items FROM refill_items").one(),
    );
    expect((JSON.parse(items.items) as { key: string }[]).map(({ key: each }) => new URL(each).pathname)).toEqual([
      "/3",
      "/1",
    ]);
  });

  it("is none where nothing that is hit can be fetched", async () => {
    const { object, operations } = setUp();
    await fill(object, [{ url: "https://values.larder.invalid/rates" }]);
    expect(await purge(object, { everything: true, refill: slow })).not.toHaveProperty("refill");
    expect((await operations.refills()).refills).toEqual([]);
  });

  it("passes over what has been stored since", async () => {
    const { object, stub, one } = setUp();
    await fill(object, [{ url: `${NOWHERE}/1` }, { url: `${NOWHERE}/2` }]);
    await purge(object, { everything: true, soft: true, refill: { ...slow, perSecond: 1000 } });
    await fill(object, [{ url: `${NOWHERE}/1` }, { url: `${NOWHERE}/2` }]);
    await runDurableObjectAlarm(stub);
    await expect.poll(one).toMatchObject({ state: "done", skipped: 2, filled: 0 });
  });

  it("that could not be written with its purge leaves neither", async () => {
    const { object, operations } = setUp();
    await fill(object, [{ url: "https://a.example/1" }]);
    for (let many = 0; many < 100; many += 1) {
      await operations.warm({ urls: [`${NOWHERE}/`], perSecond: 0.01 }, "a test");
    }
    const before = await pointOf(object);
    const refusal = await refusalOf(purge(object, { everything: true, refill: slow }));
    expect(refusal).toMatchObject({ code: "invalid-input", field: "refill", limit: 100 });
    expect(await pointOf(object)).toEqual(before);
  });
});

describe("while a refill runs, what is stale", () => {
  it("is refreshed at its pace, whoever asks, and by nobody's leave after it", async () => {
    const { object, stub, one, operations } = setUp();
    await fill(
      object,
      [1, 2, 3].map((at) => ({ url: `${NOWHERE}/${at}` })),
    );
    await purge(object, { everything: true, soft: true, refill: { ...slow, perSecond: 0.5 } });
    await runDurableObjectAlarm(stub);
    await expect.poll(one).toMatchObject({ state: "running" });
    const ask = async (at: number) => {
      const { key, url, cache } = report(await pointOf(object), { url: `${NOWHERE}/${at}` });
      const place = { key, url, cache } as Parameters<typeof object.acquire>[1]["place"];
      const common = { place, dataCentre: "0123456789abcdef", waitMs: 0, leaseMs: 1000, maxWaiters: 10 };
      return (await object.acquire({}, { ...common, have: "stale", freshSeconds: -1 })).kind;
    };
    expect(await ask(3)).toBe("later");
    // Nobody who has nothing is kept waiting.
    const place = report(await pointOf(object), { url: `${NOWHERE}/new` });
    const missed = { key: place.key, url: place.url, cache: place.cache } as never;
    const turn = await object.acquire(
      {},
      { place: missed, dataCentre: "0123456789abcdef", have: "nothing", waitMs: 0, leaseMs: 1000, maxWaiters: 10 },
    );
    expect(turn.kind).toBe("lead");
    await operations.stopRefill((await one()).id);
    await expect.poll(() => ask(3)).toBe("lead");
  });

  it("still is after the object's instance has ended, and the refill goes on from where it had come to", async () => {
    const { object, stub, one } = setUp();
    await fill(
      object,
      [1, 2, 3, 4].map((at) => ({ url: `${NOWHERE}/${at}` })),
    );
    await purge(object, { everything: true, soft: true, refill: { ...slow, perSecond: 1 } });
    await runDurableObjectAlarm(stub);
    await expect.poll(async () => (await one()).failed, { timeout: 10_000 }).toBeGreaterThan(0);
    const before = await one();
    await runInDurableObject(stub, (_, ctx) => ctx.abort("a test ends it")).catch(() => undefined);
    // What has ended takes the stubs along.
    const after = setUp(stubOf(stub.name ?? ""));
    expect(await after.one()).toMatchObject({ state: "running", failed: before.failed });
    const { key, url, cache } = report(await pointOf(after.object), { url: `${NOWHERE}/new` });
    const place = { key, url, cache } as Parameters<typeof object.acquire>[1]["place"];
    const common = { place, dataCentre: "0123456789abcdef", waitMs: 0, leaseMs: 0, maxWaiters: 10 };
    const ask = () => after.object.acquire({}, { ...common, have: "stale" as const, freshSeconds: -1 });
    const kinds = [(await ask()).kind, (await ask()).kind];
    expect(kinds).toContain("later");
    await expect.poll(after.one, { timeout: 20_000 }).toMatchObject({ state: "done", total: 4, failed: 4 });
  }, 30_000);
});

describe("warming", () => {
  it("tells of what goes wrong, and gives up an origin that does not answer", async () => {
    const { stub, operations, one } = setUp();
    await operations.warm({ urls: [`${NOWHERE}/1`], perSecond: 100 }, "a test");
    await runDurableObjectAlarm(stub);
    await expect.poll(one).toMatchObject({
      kind: "warm",
      state: "done",
      failed: 1,
      lastError: { url: `${NOWHERE}/1`, message: expect.stringMatching(/^no answer: /) },
    });
  });

  it("is stopped, whether it waits or runs, and stays so", async () => {
    const { stub, operations, one } = setUp();
    const begun = await operations.warm({ urls: [`${NOWHERE}/1`, `${NOWHERE}/2`], perSecond: 0.01 }, "a test");
    expect(await operations.stopRefill(begun.id)).toMatchObject({ state: "stopped", total: 2, filled: 0 });
    await runDurableObjectAlarm(stub);
    expect(await one()).toMatchObject({ state: "stopped", filled: 0, failed: 0 });
    expect(await operations.stopRefill(begun.id)).toEqual(await one());
    expect(await refusalOf(operations.stopRefill("0123456789abcdef"))).toMatchObject({
      code: "not-found",
      field: "id",
    });
  });

  it.each([
    [{}, "input: must name one of urls, sitemap, top (got an object)"],
    [{ urls: [] }, "urls: must hold at least one URL (got an array of 0)"],
    [{ urls: ["/p/1"] }, 'urls[0]: must be an absolute http or https URL without a user name (got "/p/1")'],
    [
      { urls: ["https://a.example/"], sitemap: "https://a.example/s.xml" },
      "input: must name one of urls, sitemap, top (got an object)",
    ],
    [{ top: 0 }, "top: must be at least 1 (got 0)"],
    [{ top: 10_001 }, "top: must be at most 10000 (got 10001)"],
    [{ top: 5, perSecond: 0 }, "perSecond: must be at least 0.01 (got 0)"],
    [{ top: 5, concurrency: 51 }, "concurrency: must be at most 50 (got 51)"],
    [{ top: 5, every: 1 }, "every: is not an option of Larder; check its spelling"],
  ])("refuses %j, and begins nothing", async (request, message) => {
    const { operations } = setUp();
    expect(await refusalOf(operations.warm(request as never, "a test"))).toMatchObject({
      code: "invalid-input",
      message,
    });
    expect((await operations.refills()).refills).toEqual([]);
  });

  it("lists what has ended for a week, and no more than a hundred of it", async () => {
    const { stub, operations } = setUp();
    for (let many = 0; many < 105; many += 1) {
      const { id } = await operations.warm({ urls: [`${NOWHERE}/`], perSecond: 0.01 }, "a test");
      await operations.stopRefill(id);
    }
    await operations.warm({ urls: [`${NOWHERE}/`], perSecond: 0.01 }, "a test");
    expect((await operations.refills()).refills).toHaveLength(101);
    await runInDurableObject(stub, (_, { storage: { sql } }) => {
      sql.exec("UPDATE refills SET ended_at_ms = ended_at_ms - 8 * 86400000");
    });
    const last = await operations.warm({ urls: [`${NOWHERE}/`], perSecond: 0.01 }, "a test");
    const { refills } = await operations.refills();
    expect(refills.map(({ state }) => state)).toEqual(["waiting", "waiting"]);
    for (const { id } of [...refills, last]) await operations.stopRefill(id);
  });
});

describe("a cache that gathers purges", () => {
  const debounce = debounceOf({ debounceSeconds: 5, refill: { ...slow, perSecond: 100 } });

  async function gathering() {
    const parts = setUp();
    const asOf = await pointOf(parts.object);
    for (const at of [1, 2, 3]) {
      await parts.object.complete({}, report(asOf, { url: `${NOWHERE}/${at}`, tags: [`p:${at}`] }), {
        ...(debounce && { debounce }),
      });
    }
    return parts;
  }

  /** As if the time had come. */
  async function endBurst(stub: ReturnType<typeof setUp>["stub"]) {
    await runInDurableObject(stub, async (instance, { storage }) => {
      storage.sql.exec("UPDATE gathered SET due_at_ms = 0");
      const left = () => storage.sql.exec("SELECT 1 FROM gathered").toArray().length;
      for (let turn = 0; turn < 20 && left() > 0; turn += 1) await instance.alarm();
    });
  }

  it("makes one soft purge of a burst, and one refill", async () => {
    const { object, stub, one } = await gathering();
    const first = await purge(object, { cache: "pages", tags: ["p:1"], reason: "a new price" });
    expect(first).toMatchObject({ purged: 1, gatheredUntil: expect.any(Date) });
    const second = await purge(object, { cache: "pages", tags: ["p:2"] });
    expect(second.gatheredUntil).toEqual(first.gatheredUntil);
    await purge(object, { cache: "pages", tags: ["p:1"] });
    expect((await object.history({}, {})).purges).toEqual([]);
    await endBurst(stub);
    const { purges } = await object.history({}, {});
    expect(purges).toMatchObject([
      {
        mode: "soft",
        by: "a test",
        purged: 2,
        selectors: [{ cache: "pages", tags: ["p:1", "p:2"] }],
        reason: expect.stringMatching(/^3 purges gathered in \d+ s: a new price$/),
      },
    ]);
    expect(await one()).toMatchObject({ kind: "purge", total: 2, cache: "pages" });
  });

  it("holds none that erases, that is immediate, of another cache, of all, or of one key", async () => {
    const { object } = await gathering();
    const { key } = report(await pointOf(object), { url: `${NOWHERE}/3` });
    const requests: PurgeRequest[] = [
      { cache: "pages", tags: ["p:1"], immediate: true },
      { cache: "images", tags: ["p:1"] },
      { tags: ["p:1"] },
      { cache: "pages", tags: ["p:2"], erase: true },
    ];
    for (const request of requests) {
      expect(await purge(object, request)).not.toHaveProperty("gatheredUntil");
    }
    await object.remove({}, "pages", key, "a test");
    expect((await object.history({}, {})).purges).toHaveLength(5);
  });

  it("refuses what would hit too much at once, rather than when nobody hears of it", async () => {
    const { object, stub } = await gathering();
    const refusal = await refusalOf(purge(object, { cache: "pages", everything: true, maxEntries: 2 }));
    expect(refusal).toMatchObject({ code: "too-many-entries", limit: 2 });
    await endBurst(stub);
    expect((await object.history({}, {})).purges).toEqual([]);
  });

  it("keeps a burst, and that it gathers, over an eviction", async () => {
    const { object, stub } = await gathering();
    await purge(object, { cache: "pages", tags: ["p:1"] });
    await evictDurableObject(stub);
    expect(await purge(object, { cache: "pages", tags: ["p:2"] })).toHaveProperty("gatheredUntil");
    expect(await runInDurableObject(stub, (_, { storage }) => storage.getAlarm())).not.toBeNull();
    await endBurst(stub);
    expect((await object.history({}, {})).purges).toMatchObject([{ purged: 2 }]);
  });

  it("purges all the same where too many refills wait already", async () => {
    const { object, stub, operations } = await gathering();
    for (let many = 0; many < 100; many += 1) {
      await operations.warm({ urls: [`${NOWHERE}/`], perSecond: 0.01 }, "a test");
    }
    await purge(object, { cache: "pages", tags: ["p:1"] });
    await endBurst(stub);
    expect((await object.history({}, {})).purges).toMatchObject([{ mode: "soft", purged: 1 }]);
    expect((await operations.refills()).refills).toHaveLength(100);
  });

  it("gathers no more once what is put into it says so", async () => {
    const { object } = await gathering();
    await fill(object, [{ url: `${NOWHERE}/4` }]);
    expect(await purge(object, { cache: "pages", tags: ["p:1"] })).not.toHaveProperty("gatheredUntil");
  });

  it("makes more than one purge of what is too much for one, and loses nothing", async () => {
    const { object, stub } = await gathering();
    const urls = Array.from({ length: 2500 }, (_, at) => `https://a.example/${at}`);
    for (let at = 0; at < urls.length; at += 500) {
      await purge(object, { cache: "pages", any: urls.slice(at, at + 500).map((url) => ({ url })) });
    }
    await endBurst(stub);
    const { purges } = await object.history({}, {});
    expect(purges.length).toBeGreaterThan(1);
    const named = purges.flatMap(({ selectors }) => selectors.map(({ url }) => url));
    expect(new Set(named)).toEqual(new Set(urls));
  });
});
