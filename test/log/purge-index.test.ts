import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalizeUrl } from "../../schema/key.ts";
import type { CacheName, Tag } from "../../schema/names.ts";
import type { Selector } from "../../schema/purge.ts";
import { type Purgeable, PurgeIndex } from "../../src/log/purge-index.ts";
import { newestHit, purgeable, wholeLog } from "../support/selectors.ts";

const entry: Purgeable = {
  key: "https://a.example/p/1?larder=n/pages/GET/" as Purgeable["key"],
  url: normalizeUrl("https://a.example/p/1"),
  cache: "pages" as CacheName,
  tags: ["t", "product:1"] as Tag[],
};

function indexOf(...selectors: Selector[]): PurgeIndex {
  const index = new PurgeIndex();
  for (const [at, selector] of selectors.entries()) index.add({ seq: at + 1, selector });
  return index;
}

describe("the index of the purge log", () => {
  test("finds the newest record that hits an entry, as a look at every record does", () => {
    fc.assert(
      fc.property(wholeLog, purgeable, (records, any) => {
        const index = new PurgeIndex();
        for (const record of records) index.add(record);
        expect(index.newestMatch(any)).toBe(newestHit(records, any));
      }),
      { numRuns: 1000 },
    );
  });

  test("does not care for the order in which records come, nor whether they come twice", () => {
    const shuffled = wholeLog.chain((records) =>
      fc.tuple(fc.constant(records), fc.shuffledSubarray([...records, ...records], { minLength: records.length * 2 })),
    );
    fc.assert(
      fc.property(shuffled, purgeable, ([records, shuffledTwice], any) => {
        const index = new PurgeIndex();
        for (const record of shuffledTwice) index.add(record);
        expect(index.newestMatch(any)).toBe(newestHit(records, any));
      }),
      { numRuns: 500 },
    );
  });

  test("hits nothing while it is empty", () => {
    expect(new PurgeIndex().newestMatch(entry)).toBe(0);
  });

  test.each<[string, Selector]>([
    ["everything", {}],
    ["its cache", { cache: entry.cache }],
    ["its URL", { url: entry.url }],
    ["its key", { key: entry.key }],
    ["one of its tags among others", { tags: ["other", "product:1"] as Tag[] }],
    ["the beginning of its host", { prefix: "https://a.ex" }],
    ["the whole of its URL", { prefix: entry.url }],
    ["its tag in its cache", { cache: entry.cache, tags: ["t"] as Tag[] }],
  ])("a purge of %s hits it", (_, selector) => {
    expect(indexOf({ tags: ["other"] as Tag[] }, selector).newestMatch(entry)).toBe(2);
  });

  test.each<[string, Selector]>([
    ["another cache", { cache: "api" as CacheName }],
    ["its URL in another cache", { cache: "api" as CacheName, url: entry.url }],
    ["a URL that goes on after its own", { url: normalizeUrl("https://a.example/p/12") }],
    ["another variant", { key: `${entry.key}a=b` as Purgeable["key"] }],
    ["a tag that begins with its own", { tags: ["product:12", "t1", "T"] as Tag[] }],
    ["a prefix longer than its URL", { prefix: `${entry.url}/` }],
    ["a prefix of another scheme", { prefix: "http://a.example/p" }],
    ["a prefix in another cache", { cache: "api" as CacheName, prefix: "https://" }],
  ])("a purge of %s does not", (_, selector) => {
    expect(indexOf(selector).newestMatch(entry)).toBe(0);
  });

  test("tags named like what every object has are tags like any other", () => {
    const odd = ["__proto__", "constructor", "toString"] as Tag[];
    expect(indexOf({ tags: ["a"] as Tag[] }).newestMatch({ ...entry, tags: odd })).toBe(0);
    expect(indexOf({ tags: ["__proto__"] as Tag[] }).newestMatch({ ...entry, tags: odd })).toBe(1);
    expect(indexOf({ cache: "__proto__" as CacheName }).newestMatch(entry)).toBe(0);
  });
});
