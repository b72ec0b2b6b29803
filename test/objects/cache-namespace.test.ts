import { evictDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { figuresOf } from "../../schema/figures.ts";
import { decodeRecords } from "../../schema/records.ts";
import { fill, freshObject, pointOf, purge, report, statsOf } from "../support/namespace-object.ts";

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
    expect(await statsOf(object, "empty")).toEqual({ ...figuresOf({}), entries: 0, bytes: 0 });
  });

  test("replaces an entry of the same key, its tags with it", async () => {
    const { object } = freshObject();
    await fill(object, [{ tags: ["old", "both"], bytes: 10 }]);
    await fill(object, [{ tags: ["both", "new", "new"], bytes: 20 }]);
    expect(await statsOf(object)).toMatchObject({ entries: 1, bytes: 20, puts: 2 });
    expect(await purge(object, { tags: ["old"] })).toMatchObject({ purged: 0 });
    expect(await purge(object, { tags: ["new"] })).toMatchObject({ purged: 1 });
  });

  test("takes an entry with a thousand tags, and a purge of any of them", async () => {
    const { object } = freshObject();
    const tags = Array.from({ length: 1000 }, (_, at) => `t${at}`);
    await fill(object, [{ tags }]);
    expect(await purge(object, { tags: tags.slice(999) })).toMatchObject({ purged: 1 });
    await fill(object, [{ tags }]);
    expect(await purge(object, { tags })).toMatchObject({ purged: 1 });
  });

  test("refuses what a purge has overtaken, and indexes nothing of it", async () => {
    const { object } = freshObject();
    const before = await pointOf(object);
    await purge(object, { tags: ["product:1"] });
    const { outcome, log } = await object.complete({ since: before }, report(before, { tags: ["product:1"] }));
    expect(outcome).toBe("purged-during-fill");
    expect(decodeRecords(log.records)).toEqual([{ seq: 1, mode: "hard", selectors: [{ tags: ["product:1"] }] }]);
    expect(await statsOf(object)).toMatchObject({ entries: 0, puts: 0 });
  });

  test("leaves the entry it has when it refuses its refill", async () => {
    const { object } = freshObject();
    await fill(object, [{ bytes: 10 }]);
    const before = await pointOf(object);
    await purge(object, { tags: ["product:1"] });
    await object.complete({}, report(before, { tags: ["product:1"], bytes: 20 }));
    expect(await statsOf(object)).toMatchObject({ entries: 1, bytes: 10, puts: 1 });
  });

  test("takes what was made after the purge, and what the purge does not hit", async () => {
    const { object } = freshObject();
    const before = await pointOf(object);
    await purge(object, { tags: ["product:1"] });
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

describe("remove", () => {
  test("deletes one variant, says whether it was there, and is counted as a delete", async () => {
    const { object } = freshObject();
    await fill(object, [{}, { language: "en" }]);
    const { key } = report({ epoch: "", seq: 0 }, { language: "en" });
    expect(await object.remove({}, "pages", key, "a test")).toMatchObject({ deleted: true, log: { head: 1 } });
    expect(await object.remove({}, "pages", key, "a test")).toMatchObject({ deleted: false, log: { head: 2 } });
    expect(await object.remove({}, "api", report({ epoch: "", seq: 0 }).key, "a test")).toMatchObject({
      deleted: false,
    });
    expect(await purge(object, { everything: true })).toMatchObject({ purged: 1 });
    expect(await statsOf(object, "pages")).toMatchObject({ deletes: 2, purges: 0 });
  });

  test("keeps out a fill that was under way", async () => {
    const { object } = freshObject();
    const entry = report(await pointOf(object));
    await object.remove({}, "pages", entry.key, "a test");
    expect(await object.complete({}, entry)).toMatchObject({ outcome: "purged-during-fill" });
  });
});

describe("the log a reply carries", () => {
  test("is what its caller lacks, and the whole where that cannot be told", async () => {
    const { object } = freshObject();
    const { epoch } = await pointOf(object);
    for (const tag of ["a", "b", "c"]) await purge(object, { tags: [tag] });
    const sliceFor = async (since?: { epoch: string; seq: number } | null) => {
      const { log } = await object.sync(since === undefined ? {} : { since });
      expect(log).toMatchObject({ epoch, head: 3 });
      return { whole: log.whole, from: log.from, seqs: decodeRecords(log.records).map(({ seq }) => seq) };
    };
    expect(await sliceFor(null)).toEqual({ whole: true, from: 0, seqs: [1, 2, 3] });
    expect(await sliceFor(undefined)).toEqual({ whole: false, from: 3, seqs: [] });
    expect(await sliceFor({ epoch, seq: 3 })).toEqual({ whole: false, from: 3, seqs: [] });
    expect(await sliceFor({ epoch, seq: 1 })).toEqual({ whole: false, from: 1, seqs: [2, 3] });
    expect(await sliceFor({ epoch, seq: 0 })).toEqual({ whole: false, from: 0, seqs: [1, 2, 3] });
    expect(await sliceFor({ epoch, seq: 4 })).toEqual({ whole: true, from: 0, seqs: [1, 2, 3] });
    expect(await sliceFor({ epoch: OTHER_EPOCH, seq: 2 })).toEqual({ whole: true, from: 0, seqs: [1, 2, 3] });
  });
});

describe("the object as a whole", () => {
  test("keeps log, index, counters and epoch when it is evicted", async () => {
    const { object, stub } = freshObject();
    await fill(object, [{ tags: ["a"] }, { url: "https://a.example/2", tags: ["b"] }]);
    await purge(object, { tags: ["a"] });
    const before = { stats: await statsOf(object), sync: await object.sync({ since: null }) };
    await evictDurableObject(stub);
    expect({ stats: await statsOf(object), sync: await object.sync({ since: null }) }).toEqual(before);
    const stale = report({ epoch: before.sync.log.epoch, seq: 0 }, { tags: ["a"] });
    expect(await object.complete({}, stale)).toMatchObject({ outcome: "purged-during-fill" });
    expect(await purge(object, { tags: ["a", "b"] })).toMatchObject({ purged: 1, log: { head: 2 } });
  });

  test("shares nothing with another namespace", async () => {
    const [one, other] = [freshObject(), freshObject()];
    for (const { object } of [one, other]) await fill(object, [{ tags: ["a"] }]);
    expect((await pointOf(one.object)).epoch).not.toBe((await pointOf(other.object)).epoch);
    expect(await purge(one.object, { everything: true })).toMatchObject({ purged: 1 });
    expect(await pointOf(other.object)).toMatchObject({ seq: 0 });
    expect(await statsOf(other.object)).toMatchObject({ entries: 1, puts: 1, purges: 0 });
    const foreign = report(await pointOf(one.object));
    expect(await other.object.complete({}, foreign)).toMatchObject({ outcome: "purged-during-fill" });
  });
});
