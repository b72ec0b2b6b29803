import { describe, expect, test } from "vitest";
import type { PurgeRequest } from "../../schema/purge-request.ts";
import { decodeRecords } from "../../schema/records.ts";
import { parseVersion } from "../../schema/version.ts";
import {
  decoded,
  fill,
  freshObject,
  pointOf,
  purge,
  report,
  type Sketch,
  statsOf,
} from "../support/namespace-object.ts";

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
    ["all of two tags", { allOf: ["listing", "product:1"] }, 1],
    ["all of one tag", { allOf: ["product:1"] }, 3],
    ["all of two tags, one of them twice", { allOf: ["product:1", "listing", "listing"] }, 1],
    ["all of two tags no entry has together", { allOf: ["product:1", "product:2"] }, 0],
    ["all of two tags, one of which nothing carries", { allOf: ["listing", "product:"] }, 0],
    ["all of two tags in one cache", { allOf: ["listing", "product:1"], cache: "api" }, 0],
    ["any of some tags where there are all of others", { tags: ["product:1", "product:2"], allOf: ["listing"] }, 2],
    ["a tag below a prefix", { tags: ["listing"], prefix: "https://a.example/p/2" }, 1],
    ["a tag below a prefix in one cache", { tags: ["product:1"], prefix: "https://a.example/", cache: "api" }, 1],
    ["a tag below a prefix of nothing with it", { tags: ["product:1"], prefix: "https://a.example/p/2" }, 0],
    ["a URL where it has a tag", { url: "https://a.example/p/1", tags: ["listing"] }, 1],
    ["a URL below a prefix that is not its own", { url: "https://a.example/p/1", prefix: "https://a.example/q" }, 0],
    ["several things", { any: [{ url: "https://a.example/about" }, { tags: ["product:2"] }] }, 2],
    [
      "several things that overlap",
      { any: [{ tags: ["listing"] }, { allOf: ["product:1"] }, { tags: ["listing"] }] },
      4,
    ],
    ["several things in one cache", { any: [{ tags: ["product:1"] }, { tags: ["product:2"] }], cache: "pages" }, 3],
    ["things each in its cache", { any: [{ everything: true, cache: "api" }, { tags: ["product:2"] }] }, 2],
    ["several things, everything among them", { any: [{ tags: ["product:1"] }, { everything: true }] }, 6],
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
    expect(await purge(object, request)).toMatchObject({ purged });
    expect(await purge(object, request)).toMatchObject({ purged: 0 });
    expect(await purge(object, { everything: true })).toMatchObject({ purged: shop.length - purged });
    await fill(object, shop);
    expect(await purge(object, request)).toMatchObject({ purged });
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
      expect(await purge(object, { prefix: `https://a.example/${odd}` })).toMatchObject({ purged: 2 });
    },
  );

  test("returns the version it made, and the log with it", async () => {
    const { object } = freshObject();
    const { epoch } = await pointOf(object);
    const first = await purge(object, { everything: true, reason: "a new design" }, { since: null });
    expect(first.version).toBe(`${epoch}-1`);
    expect(decoded(first.log)).toEqual({
      epoch,
      head: 1,
      from: 0,
      whole: true,
      records: [{ seq: 1, mode: "hard", selectors: [{}] }],
    });
    const second = await purge(object, { tags: ["a"], cache: "pages" }, { since: { epoch, seq: 1 } });
    expect(second.version).toBe(`${epoch}-2`);
    expect(decodeRecords(second.log.records)).toEqual([
      { seq: 2, mode: "hard", selectors: [{ tags: ["a"], cache: "pages" }] },
    ]);
  });

  test("is counted for its cache, or for the namespace", async () => {
    const { object } = freshObject();
    await purge(object, { everything: true, cache: "pages" });
    await purge(object, { everything: true });
    expect(await statsOf(object, "pages")).toMatchObject({ purges: 1, deletes: 0 });
    expect(await statsOf(object)).toMatchObject({ purges: 2, deletes: 0 });
  });

  test("purges made at once each get a version of their own, and count no entry twice", async () => {
    const { object } = freshObject();
    await fill(object, shop);
    const results = await Promise.all(shop.map(() => purge(object, { everything: true }, { since: null })));
    expect(results.reduce((sum, { purged }) => sum + purged, 0)).toBe(shop.length);
    expect((await pointOf(object)).seq).toBe(shop.length);
    const seqs = results.map(({ version }) => parseVersion(version, "version").seq);
    expect(seqs.sort((a, b) => a - b)).toEqual(shop.map((_, at) => at + 1));
    for (const { version, log } of results) {
      expect(decodeRecords(log.records).map(({ seq }) => seq)).toEqual(
        Array.from({ length: log.head }, (_, at) => at + 1),
      );
      expect(parseVersion(version, "version").epoch).toBe(log.epoch);
      // Its own record is in it, and perhaps those of others that came before the reply was on its way.
      expect(parseVersion(version, "version").seq).toBeLessThanOrEqual(log.head);
    }
  });
});

describe("a soft purge", () => {
  const pages: Sketch[] = [
    { url: "https://a.example/1", tags: ["a", "b"] },
    { url: "https://a.example/2", tags: ["b"] },
  ];

  test("counts what it makes stale, which is not what was stale or gone already", async () => {
    const { object } = freshObject();
    await fill(object, pages);
    expect(await purge(object, { tags: ["a"], soft: true })).toMatchObject({ purged: 1 });
    expect(await purge(object, { tags: ["a"], soft: true })).toMatchObject({ purged: 0 });
    expect(await purge(object, { tags: ["b"], soft: true })).toMatchObject({ purged: 1 });
    expect(await purge(object, { tags: ["a"] })).toMatchObject({ purged: 1 });
    expect(await purge(object, { everything: true, soft: true })).toMatchObject({ purged: 0 });
    expect(await purge(object, { everything: true })).toMatchObject({ purged: 1 });
    await fill(object, pages);
    expect(await purge(object, { everything: true, soft: true })).toMatchObject({ purged: 2 });
  });

  test("goes into the log as one, and lets a fill in that was under way", async () => {
    const { object } = freshObject();
    const before = await pointOf(object);
    const { log } = await purge(object, { tags: ["a"], soft: true }, { since: before });
    expect(decodeRecords(log.records)).toEqual([{ seq: 1, mode: "soft", selectors: [{ tags: ["a"] }] }]);
    expect(await object.complete({}, report(before, pages[0]))).toMatchObject({ outcome: "stored" });
    // It is stale already, and a second purge makes no difference to it.
    expect(await purge(object, { tags: ["a"], soft: true })).toMatchObject({ purged: 0 });
  });
});

describe("permanent entries", () => {
  const url = "https://a.example/logo";
  const { key } = report({ epoch: "", seq: 0 }, { url });

  test.each<[string, PurgeRequest, number]>([
    ["everything", { everything: true }, 1],
    ["their tag", { tags: ["a"] }, 1],
    ["all of their tags", { allOf: ["a", "b"] }, 1],
    ["a prefix", { prefix: "https://a.example/" }, 1],
    ["their tag below a prefix", { tags: ["a"], prefix: "https://a.example/" }, 1],
    ["their URL", { url }, 1],
    ["their URL where it has their tag", { url, tags: ["a"] }, 1],
    ["their key", { key }, 1],
    ["several things, their URL among them", { any: [{ tags: ["a"] }, { url }] }, 2],
  ])("a purge of %s counts only what it hits", async (_, request, purged) => {
    const { object } = freshObject();
    await fill(object, [
      { url, tags: ["a", "b"], permanent: true },
      { url: "https://a.example/page", tags: ["a", "b"] },
    ]);
    expect(await purge(object, request)).toMatchObject({ purged });
    expect(await purge(object, { everything: true, erase: true })).toMatchObject({ purged: 2 - purged });
  });

  test("go by a delete, and keep being permanent only while they are filled as such", async () => {
    const { object } = freshObject();
    await fill(object, [{ url, permanent: true }]);
    expect(await object.remove({}, "pages", key, "a test")).toMatchObject({ deleted: true });
    await fill(object, [{ url, permanent: true }]);
    expect(await purge(object, { everything: true })).toMatchObject({ purged: 0 });
    await fill(object, [{ url }]);
    expect(await purge(object, { everything: true })).toMatchObject({ purged: 1 });
  });

  test("that were under way are let in over a purge that does not hit them", async () => {
    const { object } = freshObject();
    const entry = report(await pointOf(object), { url, permanent: true });
    await purge(object, { everything: true });
    expect(await object.complete({}, entry)).toMatchObject({ outcome: "stored" });
    await purge(object, { url });
    expect(await object.complete({}, entry)).toMatchObject({ outcome: "purged-during-fill" });
  });
});
