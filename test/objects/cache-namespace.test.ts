import { evictDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PurgeRecord, PurgeRequest } from "../../schema/purge.ts";
import { fill, freshObject, pointOf, report, type Sketch, statsOf } from "../support/namespace-object.ts";
import { hits, newestHit, purgeable, requestFor, selector } from "../support/selectors.ts";

const OTHER_EPOCH = "fedcba9876543210";

describe("complete", () => {
  test("puts an entry into the index of its cache, and counts it", async () => {
    const { object } = freshObject();
    await fill(object, [
      { url: "https://a.example/1", bytes: 10 },
      { url: "https://a.example/2", bytes: 20 },
    ]);
    await fill(object, [{ cache: "api", bytes: 5 }]);
    expect(await statsOf(object, "pages")).toMatchObject({ entries: 2, bytes: 30, puts: 2 });
    expect(await statsOf(object, "api")).toMatchObject({ entries: 1, bytes: 5, puts: 1 });
    expect(await statsOf(object)).toMatchObject({ entries: 3, bytes: 35, puts: 3 });
    expect(await statsOf(object, "empty")).toEqual({
      hits: 0,
      misses: 0,
      puts: 0,
      refusals: 0,
      deletes: 0,
      purges: 0,
      entries: 0,
      bytes: 0,
    });
  });

  test("replaces an entry of the same key, its tags with it", async () => {
    const { object } = freshObject();
    await fill(object, [{ tags: ["old", "both"], bytes: 10 }]);
    await fill(object, [{ tags: ["both", "new", "new"], bytes: 20 }]);
    expect(await statsOf(object)).toMatchObject({ entries: 1, bytes: 20, puts: 2 });
    expect(await object.purge({}, { tags: ["old"] })).toMatchObject({ purged: 0 });
    expect(await object.purge({}, { tags: ["new"] })).toMatchObject({ purged: 1 });
  });

  test("takes an entry with a thousand tags, and a purge of any of them", async () => {
    const { object } = freshObject();
    const tags = Array.from({ length: 1000 }, (_, at) => `t${at}`);
    await fill(object, [{ tags }]);
    expect(await object.purge({}, { tags: tags.slice(999) })).toMatchObject({ purged: 1 });
    await fill(object, [{ tags }]);
    expect(await object.purge({}, { tags })).toMatchObject({ purged: 1 });
  });

  test("refuses what a purge has overtaken, and indexes nothing of it", async () => {
    const { object } = freshObject();
    const before = await pointOf(object);
    await object.purge({}, { tags: ["product:1"] });
    const { outcome, log } = await object.complete({ since: before }, report(before, { tags: ["product:1"] }));
    expect(outcome).toBe("purged-during-fill");
    expect(log.records).toEqual([{ seq: 1, selector: { tags: ["product:1"] } }]);
    expect(await statsOf(object)).toMatchObject({ entries: 0, puts: 0 });
  });

  test("leaves the entry it has when it refuses its refill", async () => {
    const { object } = freshObject();
    await fill(object, [{ bytes: 10 }]);
    const before = await pointOf(object);
    await object.purge({}, { tags: ["product:1"] });
    await object.complete({}, report(before, { tags: ["product:1"], bytes: 20 }));
    expect(await statsOf(object)).toMatchObject({ entries: 1, bytes: 10, puts: 1 });
  });

  test("takes what was made after the purge, and what the purge does not hit", async () => {
    const { object } = freshObject();
    const before = await pointOf(object);
    await object.purge({}, { tags: ["product:1"] });
    const other = await object.complete({}, report(before, { tags: ["product:2"], url: "https://a.example/2" }));
    const later = await object.complete({}, report(await pointOf(object), { tags: ["product:1"] }));
    expect([other.outcome, later.outcome]).toEqual(["stored", "stored"]);
  });

  test("refuses an entry of an epoch it does not know", async () => {
    const { object } = freshObject();
    const { outcome } = await object.complete({}, report({ epoch: OTHER_EPOCH, seq: 0 }));
    expect(outcome).toBe("purged-during-fill");
    expect(await statsOf(object)).toMatchObject({ entries: 0, puts: 0 });
  });
});

describe("purge", () => {
  const shop: Sketch[] = [
    { url: "https://a.example/p/1", tags: ["product:1", "listing"] },
    { url: "https://a.example/p/1", tags: ["product:1"], language: "en" },
    { url: "https://a.example/p/1", tags: ["product:1"], cache: "api" },
    { url: "https://a.example/p/2", tags: ["product:2", "listing"] },
    { url: "https://a.example/about" },
    { url: "https://a.example.org/p/1" },
  ];

  test.each<[string, PurgeRequest, number]>([
    ["a tag, in every cache", { tags: ["product:1"] }, 3],
    ["a tag in one cache", { tags: ["product:1"], cache: "pages" }, 2],
    ["any of several tags, each entry once", { tags: ["product:1", "product:2", "listing", "listing"] }, 4],
    ["a tag nothing carries", { tags: ["product:"] }, 0],
    ["a tag of another case", { tags: ["Listing"] }, 0],
    ["all variants of a URL", { url: "https://a.example/p/1#top" }, 3],
    ["all variants of a URL in one cache", { url: "https://a.example/p/1", cache: "pages" }, 2],
    ["one variant", { key: report({ epoch: "", seq: 0 }, { url: "https://a.example/p/1", language: "en" }).key }, 1],
    ["a key in a cache that is not its own", { key: report({ epoch: "", seq: 0 }, shop[0]).key, cache: "api" }, 0],
    ["a prefix", { prefix: "https://a.example/p/" }, 4],
    ["a prefix in one cache", { prefix: "https://a.example/p/", cache: "api" }, 1],
    ["a prefix that ends inside the host", { prefix: "https://a.exam" }, 6],
    ["a prefix that ends with the host", { prefix: "HTTPS://A.example.o" }, 1],
    ["a prefix that is a whole URL", { prefix: "https://a.example/p/1" }, 3],
    ["a prefix longer than the URL", { prefix: "https://a.example/p/1/" }, 0],
    ["everything", { everything: true }, 6],
    ["everything in one cache", { everything: true, cache: "api" }, 1],
    ["everything in a cache there is none of", { everything: true, cache: "other" }, 0],
  ])("counts what it hit when it is of %s, and hits nothing twice", async (_, request, purged) => {
    const { object } = freshObject();
    await fill(object, shop);
    expect(await object.purge({}, request)).toMatchObject({ purged });
    expect(await object.purge({}, request)).toMatchObject({ purged: 0 });
    expect(await object.purge({}, { everything: true })).toMatchObject({ purged: shop.length - purged });
    await fill(object, shop);
    expect(await object.purge({}, request)).toMatchObject({ purged });
  });

  test.each(["%", "_", "*", "[", "100%25_*[?a=", "é", "p".repeat(60), "'"])(
    "takes a prefix with %s in it for what it says",
    async (odd) => {
      const { object } = freshObject();
      await fill(object, [
        { url: `https://a.example/${odd}/1` },
        { url: `https://a.example/${odd}` },
        { url: "https://a.example/x/1" },
        { url: `https://a.example/${"p".repeat(59)}/` },
      ]);
      expect(await object.purge({}, { prefix: `https://a.example/${odd}` })).toMatchObject({ purged: 2 });
    },
  );

  test("returns the version it made, and the log with it", async () => {
    const { object } = freshObject();
    const { epoch } = await pointOf(object);
    const first = await object.purge({ since: null }, { everything: true, reason: "a new design" });
    expect(first.version).toBe(`${epoch}-1`);
    expect(first.log).toEqual({ epoch, head: 1, floor: 0, whole: true, records: [{ seq: 1, selector: {} }] });
    const second = await object.purge({ since: { epoch, seq: 1 } }, { tags: ["a"], cache: "pages" });
    expect(second.version).toBe(`${epoch}-2`);
    expect(second.log.records).toEqual([{ seq: 2, selector: { tags: ["a"], cache: "pages" } }]);
  });

  test("is counted for its cache, or for the namespace", async () => {
    const { object } = freshObject();
    await object.purge({}, { everything: true, cache: "pages" });
    await object.purge({}, { everything: true });
    expect(await statsOf(object, "pages")).toMatchObject({ purges: 1, deletes: 0 });
    expect(await statsOf(object)).toMatchObject({ purges: 2, deletes: 0 });
  });

  test("purges made at once each get a version of their own, and count no entry twice", async () => {
    const { object } = freshObject();
    await fill(object, shop);
    const results = await Promise.all(shop.map(() => object.purge({ since: null }, { everything: true })));
    expect(results.reduce((sum, { purged }) => sum + purged, 0)).toBe(shop.length);
    expect((await pointOf(object)).seq).toBe(shop.length);
    for (const { version, log } of results) {
      expect(log.records.map(({ seq }) => seq)).toEqual(Array.from({ length: log.head }, (_, at) => at + 1));
      expect(version).toBe(`${log.epoch}-${log.head}`);
    }
  });
});

describe("remove", () => {
  test("deletes one variant, says whether it was there, and is counted as a delete", async () => {
    const { object } = freshObject();
    await fill(object, [{}, { language: "en" }]);
    const { key } = report({ epoch: "", seq: 0 }, { language: "en" });
    expect(await object.remove({}, "pages", key)).toMatchObject({ deleted: true, log: { head: 1 } });
    expect(await object.remove({}, "pages", key)).toMatchObject({ deleted: false, log: { head: 2 } });
    expect(await object.remove({}, "api", report({ epoch: "", seq: 0 }).key)).toMatchObject({ deleted: false });
    expect(await object.purge({}, { everything: true })).toMatchObject({ purged: 1 });
    expect(await statsOf(object, "pages")).toMatchObject({ deletes: 2, purges: 0 });
  });

  test("keeps out a fill that was under way", async () => {
    const { object } = freshObject();
    const entry = report(await pointOf(object));
    await object.remove({}, "pages", entry.key);
    expect(await object.complete({}, entry)).toMatchObject({ outcome: "purged-during-fill" });
  });
});

describe("the log a reply carries", () => {
  test("is what its caller lacks, and the whole where that cannot be told", async () => {
    const { object } = freshObject();
    const { epoch } = await pointOf(object);
    for (const tag of ["a", "b", "c"]) await object.purge({}, { tags: [tag] });
    const sliceFor = async (since?: { epoch: string; seq: number } | null) => {
      const { log } = await object.sync(since === undefined ? {} : { since });
      expect(log).toMatchObject({ epoch, head: 3, floor: 0 });
      return { whole: log.whole, seqs: log.records.map(({ seq }) => seq) };
    };
    expect(await sliceFor(null)).toEqual({ whole: true, seqs: [1, 2, 3] });
    expect(await sliceFor(undefined)).toEqual({ whole: false, seqs: [] });
    expect(await sliceFor({ epoch, seq: 3 })).toEqual({ whole: false, seqs: [] });
    expect(await sliceFor({ epoch, seq: 1 })).toEqual({ whole: false, seqs: [2, 3] });
    expect(await sliceFor({ epoch, seq: 0 })).toEqual({ whole: false, seqs: [1, 2, 3] });
    expect(await sliceFor({ epoch, seq: 4 })).toEqual({ whole: true, seqs: [1, 2, 3] });
    expect(await sliceFor({ epoch: OTHER_EPOCH, seq: 2 })).toEqual({ whole: true, seqs: [1, 2, 3] });
  });
});

describe("the object as a whole", () => {
  test("keeps log, index, counters and epoch when it is evicted", async () => {
    const { object, stub } = freshObject();
    await fill(object, [{ tags: ["a"] }, { url: "https://a.example/2", tags: ["b"] }]);
    await object.purge({}, { tags: ["a"] });
    const before = { stats: await statsOf(object), sync: await object.sync({ since: null }) };
    await evictDurableObject(stub);
    expect({ stats: await statsOf(object), sync: await object.sync({ since: null }) }).toEqual(before);
    const stale = report({ epoch: before.sync.log.epoch, seq: 0 }, { tags: ["a"] });
    expect(await object.complete({}, stale)).toMatchObject({ outcome: "purged-during-fill" });
    expect(await object.purge({}, { tags: ["a", "b"] })).toMatchObject({ purged: 1, log: { head: 2 } });
  });

  test("shares nothing with another namespace", async () => {
    const [one, other] = [freshObject(), freshObject()];
    for (const { object } of [one, other]) await fill(object, [{ tags: ["a"] }]);
    expect((await pointOf(one.object)).epoch).not.toBe((await pointOf(other.object)).epoch);
    expect(await one.object.purge({}, { everything: true })).toMatchObject({ purged: 1 });
    expect(await pointOf(other.object)).toMatchObject({ seq: 0 });
    expect(await statsOf(other.object)).toMatchObject({ entries: 1, puts: 1, purges: 0 });
    const foreign = report(await pointOf(one.object));
    expect(await other.object.complete({}, foreign)).toMatchObject({ outcome: "purged-during-fill" });
  });

  test("counts and refuses exactly as a list of everything that happened says", async () => {
    const put = fc.record({ type: fc.constant("put" as const), entry: purgeable, lag: fc.nat({ max: 3 }) });
    const purge = fc.record({ type: fc.constant("purge" as const), selector });
    const evict = fc.record({ type: fc.constant("evict" as const) });
    const happenings = fc.array(
      fc.oneof({ arbitrary: put, weight: 6 }, { arbitrary: purge, weight: 3 }, { arbitrary: evict, weight: 1 }),
      { maxLength: 15 },
    );
    await fc.assert(
      fc.asyncProperty(happenings, async (list) => {
        const { object, stub } = freshObject();
        const { epoch } = await pointOf(object);
        const log: PurgeRecord[] = [];
        const kept = new Map<string, { entry: Parameters<typeof hits>[1]; seq: number }>();
        for (const each of list) {
          if (each.type === "evict") {
            await object.sync({});
            await evictDurableObject(stub);
          } else if (each.type === "put") {
            const seq = Math.max(0, log.length - each.lag);
            const entry = { ...report({ epoch, seq }), ...each.entry, tags: [...each.entry.tags] };
            const expected = newestHit(log, each.entry) > seq ? "purged-during-fill" : "stored";
            expect(await object.complete({}, entry)).toMatchObject({ outcome: expected });
            if (expected === "stored") kept.set(each.entry.key, { entry: each.entry, seq });
          } else {
            const valid = [...kept.values()].filter(({ entry, seq }) => newestHit(log, entry) <= seq);
            const purged = valid.filter(({ entry }) => hits(each.selector, entry)).length;
            expect(await object.purge({}, requestFor(each.selector))).toMatchObject({ purged });
            log.push({ seq: log.length + 1, selector: each.selector });
          }
        }
        const { records } = (await object.sync({ since: null })).log;
        expect(records).toEqual(log.map((record) => ({ ...record, selector: { ...record.selector } })));
        expect(await statsOf(object)).toMatchObject({ entries: kept.size });
      }),
      { numRuns: 60 },
    );
  });
});
