import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalizeUrl } from "../../schema/key.ts";
import type { CacheName, Tag } from "../../schema/names.ts";
import type { PurgeMode, PurgeRecord, Selector } from "../../schema/purge.ts";
import type { Purgeable } from "../../src/log/anchors.ts";
import { PurgeIndex } from "../../src/log/purge-index.ts";
import { inForce, namedIn, newestHit, purgeable, wholeLog } from "../support/selectors.ts";

const entry: Purgeable = {
  key: "https://a.example/p/1?larder=n/pages/GET/" as Purgeable["key"],
  url: normalizeUrl("https://a.example/p/1"),
  cache: "pages" as CacheName,
  tags: ["t", "product:1"] as Tag[],
  permanent: false,
};

const tags = (...names: string[]) => names as Tag[];

/** An index of one purge a selector. */
function indexOf(...selectors: Selector[]): PurgeIndex {
  return new PurgeIndex(selectors.map((selector, at) => ({ seq: at + 1, mode: "hard", selectors: [selector] })));
}

function newestIn(index: PurgeIndex, any: Purgeable) {
  return { hard: index.newestHard(any), soft: index.newestSoft(any) };
}

/** The same by a look at every record. */
function newestOf(records: readonly PurgeRecord[], any: Purgeable) {
  return { hard: newestHit(records, any, "gone"), soft: newestHit(records, any, "stale") };
}

describe("the index of the purge log", () => {
  test("finds the newest record that hits an entry, as a look at every record does", () => {
    fc.assert(
      fc.property(wholeLog, purgeable, (records, any) => {
        expect(newestIn(new PurgeIndex(records), any)).toEqual(newestOf(records, any));
      }),
      { numRuns: 2000 },
    );
  });

  test("finds it at every moment, whatever has been asked of it before", () => {
    fc.assert(
      fc.property(wholeLog, purgeable, fc.array(fc.boolean()), (records, any, asked) => {
        const index = new PurgeIndex();
        for (const [at, record] of records.entries()) {
          index.add(record);
          const known = records.slice(0, at + 1);
          expect(index.size).toBe(namedIn(inForce(known)));
          if (asked[at] !== false) expect(newestIn(index, any)).toEqual(newestOf(known, any));
        }
      }),
      { numRuns: 500 },
    );
  });

  test("does not care for the order in which purges come, nor whether they come twice", () => {
    const shuffled = wholeLog.chain((records) => {
      const purges = records.filter((record) => "selectors" in record);
      const twice = [...purges, ...purges];
      return fc.record({
        records: fc.constant(records),
        purges: fc.shuffledSubarray(twice, { minLength: twice.length }),
      });
    });
    fc.assert(
      fc.property(shuffled, purgeable, ({ records, purges }, any) => {
        const revocations = records.filter((record) => "revokes" in record);
        const index = new PurgeIndex([...purges, ...revocations, ...revocations]);
        expect(newestIn(index, any)).toEqual(newestOf(records, any));
      }),
      { numRuns: 500 },
    );
  });

  test("without a record is the index of all others, and leaves the one it was made from as it is", () => {
    fc.assert(
      fc.property(wholeLog, fc.nat({ max: 14 }), purgeable, (records, seq, any) => {
        const index = new PurgeIndex(records);
        const others = inForce(records).filter((record) => record.seq !== seq);
        expect(newestIn(index.without(seq), any)).toEqual(newestOf(others, any));
        expect(newestIn(index, any)).toEqual(newestOf(records, any));
      }),
      { numRuns: 500 },
    );
  });

  test("of the newest records knows nothing of the others, and tells where they ended", () => {
    fc.assert(
      fc.property(wholeLog, fc.nat({ max: 14 }), wholeLog, purgeable, (records, most, more, any) => {
        const index = new PurgeIndex(records);
        const all = inForce(records);
        // As many of the newest as fit, and not one record more is dropped than has to be.
        const dropped = all.findIndex((_, at) => namedIn(all.slice(at)) <= most);
        const kept = dropped === -1 ? [] : all.slice(dropped);
        expect(index.keepNewest(most)).toBe(all[all.length - kept.length - 1]?.seq ?? 0);
        expect(index.size).toBe(namedIn(kept));
        expect(newestIn(index, any)).toEqual(newestOf(kept, any));
        const later = more.map((record): PurgeRecord => {
          const seq = record.seq + records.length + 20;
          return "revokes" in record ? { seq, revokes: record.revokes } : { ...record, seq };
        });
        for (const record of later) index.add(record);
        expect(newestIn(index, any)).toEqual(newestOf([...kept, ...later], any));
      }),
      { numRuns: 500 },
    );
  });

  test("hits nothing while it is empty", () => {
    expect(newestIn(new PurgeIndex(), entry)).toEqual({ hard: 0, soft: 0 });
  });

  test.each<[string, Selector]>([
    ["everything", {}],
    ["its cache", { cache: entry.cache }],
    ["its URL", { url: entry.url }],
    ["its key", { key: entry.key }],
    ["one of its tags among others", { tags: tags("other", "product:1") }],
    ["all of its tags", { allOf: tags("product:1", "t") }],
    ["one of its tags by name of all", { allOf: tags("t") }],
    ["one of its tags twice", { allOf: tags("t", "t") }],
    ["one of some tags and all of others", { tags: tags("other", "t"), allOf: tags("product:1") }],
    ["the beginning of its host", { prefix: "https://a.ex" }],
    ["the whole of its URL", { prefix: entry.url }],
    ["its tag in its cache", { cache: entry.cache, tags: tags("t") }],
    ["its tag below a prefix", { tags: tags("t"), prefix: "https://a.example/p" }],
    ["its URL where it has a tag", { url: entry.url, tags: tags("t") }],
    ["all there is to it", { ...entry, allOf: entry.tags, prefix: "https://a" }],
  ])("a purge of %s hits it", (_, selector) => {
    expect(indexOf({ tags: tags("other") }, selector).newestHard(entry)).toBe(2);
  });

  test.each<[string, Selector]>([
    ["another cache", { cache: "api" as CacheName }],
    ["its URL in another cache", { cache: "api" as CacheName, url: entry.url }],
    ["a URL that goes on after its own", { url: normalizeUrl("https://a.example/p/12") }],
    ["another variant", { key: `${entry.key}a=b` as Purgeable["key"] }],
    ["a tag that begins with its own", { tags: tags("product:12", "t1", "T") }],
    ["all of its tags and one more", { allOf: tags("t", "product:1", "more") }],
    ["all of its tags, the missing one first", { allOf: tags("more", "t") }],
    ["a prefix longer than its URL", { prefix: `${entry.url}/` }],
    ["a prefix of another scheme", { prefix: "http://a.example/p" }],
    ["a prefix in another cache", { cache: "api" as CacheName, prefix: "https://" }],
    ["its tag below another prefix", { tags: tags("t"), prefix: "https://a.example/q" }],
    ["another tag below its prefix", { tags: tags("other"), prefix: "https://a.example/p" }],
    ["its tag below its prefix in another cache", { cache: "api" as CacheName, tags: tags("t"), prefix: "https://" }],
    ["its URL where it has another tag", { url: entry.url, tags: tags("other") }],
    ["its key under another URL", { key: entry.key, url: normalizeUrl("https://a.example/p") }],
  ])("a purge of %s does not", (_, selector) => {
    expect(indexOf(selector).newestHard(entry)).toBe(0);
  });

  test("tags named like what every object has are tags like any other", () => {
    const odd = { ...entry, tags: tags("__proto__", "constructor", "toString") };
    expect(indexOf({ tags: tags("a") }).newestHard(odd)).toBe(0);
    expect(indexOf({ tags: tags("__proto__") }).newestHard(odd)).toBe(1);
    expect(indexOf({ allOf: tags("__proto__", "constructor") }).newestHard(odd)).toBe(1);
    expect(indexOf({ cache: "__proto__" as CacheName }).newestHard(entry)).toBe(0);
  });
});

describe("the modes of a purge", () => {
  test.each<[PurgeMode, { hard: number; soft: number }]>([
    ["hard", { hard: 1, soft: 0 }],
    ["erase", { hard: 1, soft: 0 }],
    ["soft", { hard: 0, soft: 1 }],
  ])("one that is %s is found where it belongs", (mode, found) => {
    expect(newestIn(new PurgeIndex([{ seq: 1, mode, selectors: [{}] }]), entry)).toEqual(found);
  });

  test("a purge of several selectors hits what any of them hits", () => {
    const selectors = [{ tags: tags("other") }, { allOf: tags("t", "more") }, { url: entry.url }, {}];
    const newest = (some: readonly Selector[]) =>
      new PurgeIndex([{ seq: 7, mode: "hard", selectors: some }]).newestHard(entry);
    expect(selectors.map((_, at) => newest(selectors.slice(0, at + 1)))).toEqual([0, 0, 7, 7]);
  });
});

describe("a permanent entry", () => {
  const permanent = { ...entry, permanent: true };
  const hit = (mode: PurgeMode, selector: Selector) => {
    const { hard, soft } = newestIn(new PurgeIndex([{ seq: 1, mode, selectors: [selector] }]), permanent);
    return Math.max(hard, soft) === 1;
  };

  test.each<[string, Selector]>([
    ["everything", {}],
    ["its cache", { cache: entry.cache }],
    ["its tags", { tags: entry.tags }],
    ["all of its tags", { allOf: entry.tags }],
    ["a prefix", { prefix: entry.url }],
    ["its tag below a prefix", { tags: tags("t"), prefix: "https://" }],
  ])("survives a purge of %s, unless it erases", (_, selector) => {
    expect({
      hard: hit("hard", selector),
      soft: hit("soft", selector),
      erase: hit("erase", selector),
    }).toEqual({ hard: false, soft: false, erase: true });
  });

  test.each<[string, Selector]>([
    ["its URL", { url: entry.url }],
    ["its URL in its cache", { cache: entry.cache, url: entry.url }],
    ["its key", { key: entry.key }],
    ["its URL where it has a tag", { url: entry.url, tags: tags("t") }],
  ])("does not survive a purge of %s", (_, selector) => {
    expect([hit("hard", selector), hit("soft", selector), hit("erase", selector)]).toEqual([true, true, true]);
  });
});

describe("a purge that was taken back", () => {
  const purge = (seq: number, selector: Selector = {}, mode: PurgeMode = "hard"): PurgeRecord => ({
    seq,
    mode,
    selectors: [selector],
  });

  test("hits nothing any more, and others do as before", () => {
    const index = new PurgeIndex([purge(1), purge(2, { tags: tags("t") }), purge(3)]);
    index.add({ seq: 4, revokes: 3 });
    expect(index.newestHard(entry)).toBe(2);
    index.add({ seq: 5, revokes: 2 });
    expect(index.newestHard(entry)).toBe(1);
    index.add(purge(6, {}, "soft"));
    expect(newestIn(index, entry)).toEqual({ hard: 1, soft: 6 });
    index.add({ seq: 7, revokes: 6 });
    expect(newestIn(index, entry)).toEqual({ hard: 1, soft: 0 });
  });

  test("and was never there makes no difference", () => {
    const index = new PurgeIndex([purge(5), { seq: 6, revokes: 2 }, { seq: 7, revokes: 6 }]);
    expect(index.newestHard(entry)).toBe(5);
  });
});
