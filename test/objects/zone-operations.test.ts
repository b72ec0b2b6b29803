import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Namespace } from "../../objects/zone-operations.ts";
import { zoneOperations } from "../../objects/zone-operations.ts";
import type { StoredEntry } from "../../schema/entry.ts";
import type { Key, NormalUrl } from "../../schema/key.ts";
import { buildKey, normalizeUrl } from "../../schema/key.ts";
import type { CacheName, Namespace as NamespaceName, Tag } from "../../schema/names.ts";
import type { Selector } from "../../schema/purge.ts";
import type { ZoneOperation } from "../../schema/zone.ts";
import type { Purgeable } from "../../src/log/anchors.ts";
import { toStored } from "../../src/store/stored-form.ts";
import { hits, purgeable, selectors } from "../support/selectors.ts";
import { EPOCH, namespace } from "../support/zone.ts";

/** An entry as it lies in the zone's cache. */
interface InZone {
  readonly url: string;
  readonly tags: readonly string[];
}

function inZone(entry: Purgeable): InZone {
  const stored: StoredEntry = {
    ...entry,
    asOf: { epoch: EPOCH, seq: 1 },
    storedAtMs: 0,
    initialAgeSeconds: 0,
    ttlSeconds: 60,
    staleWhileRevalidateSeconds: 0,
    staleIfErrorSeconds: 0,
    keepSeconds: 0,
    status: 200,
    fillSeconds: 0,
    bytes: 1,
  };
  const { headers } = toStored(stored, new Headers(), "x", 0);
  return { url: entry.key, tags: (headers.get("cache-tag") ?? "").split(",") };
}

/** Whether the zone forgets it, by the narrowest reading of the documentation: prefixes end where segments do. */
function forgets({ kind, value }: ZoneOperation, { url, tags }: InZone): boolean {
  const { host, pathname } = new URL(url);
  if (kind === "tag") return tags.some((tag) => tag.toLowerCase() === value.toLowerCase());
  return kind === "host" ? host === value : `${host}${pathname}/`.startsWith(`${value}/`);
}

const urls = [
  "https://a.example/",
  "https://a.example/p",
  "https://a.example/p/",
  "https://a.example/p/1",
  "https://a.example/p/1/x",
  "https://a.example/p/10",
  "https://a.example/p//1",
  "https://a.example/p%2F1?a=/b/c&d=e",
  "https://a.example/p/1?a=b?c",
  "https://a.example/?a=b",
  "http://a.example/p/1",
  "https://a.example.org/p/1",
  "https://a.example:8443/p/1",
  "http://[::1]/p/1",
  `https://a.example${"/s".repeat(40)}/1`,
  `https://a.example${"/s".repeat(40)}/2?a`,
].map((url) => normalizeUrl(url));

const url = fc.constantFrom(...urls);

/** The beginnings of URLs, from the first letter of the host on. */
const prefix = fc
  .tuple(url, fc.nat({ max: 120 }))
  .map(([whole, more]) => whole.slice(0, whole.indexOf("//") + 3 + more));

const near: fc.Arbitrary<Purgeable> = fc.tuple(purgeable, url).map(([entry, own]) => {
  const key = buildKey({ namespace: "n" as NamespaceName, cache: entry.cache, method: "GET", url: own, vary: [] });
  return { ...entry, url: own, key };
});

/** Selectors by prefixes and URLs that are much alike, beside all the others there are. */
const selecting: fc.Arbitrary<readonly Selector[]> = fc.oneof(
  selectors,
  fc.array(fc.oneof(fc.record({ prefix }), fc.record({ url }), fc.record({ prefix, url })), {
    minLength: 1,
    maxLength: 3,
  }),
);

/** Whichever tag is the rarest. */
const anyRarest = fc.nat().map<Namespace>((at) => ({
  epoch: EPOCH,
  rarest: (tags) => tags[at % tags.length] as Tag,
}));

describe("what a purge means for the zone", () => {
  test("covers all that the purge hits", () => {
    fc.assert(
      fc.property(selecting, fc.oneof(purgeable, near), anyRarest, (chosen, entry, own) => {
        fc.pre(chosen.some((selector) => hits(selector, entry)));
        const operations = zoneOperations(chosen, own);
        expect(operations.filter((operation) => forgets(operation, inZone(entry)))).not.toEqual([]);
      }),
      { numRuns: 3000 },
    );
  });

  test("covers nothing else where a purge names a URL, a key, one tag, a cache or everything", () => {
    const exact = fc.oneof(
      fc.record({ url }),
      near.map(({ key }) => ({ key })),
      fc.constantFrom("t", "t1", "product:1").map((tag) => ({ tags: [tag as Tag] })),
      fc.constantFrom("pages", "api").map((cache) => ({ cache: cache as CacheName })),
      fc.constant({}),
    );
    fc.assert(
      fc.property(exact, fc.oneof(purgeable, near), (selector: Selector, entry) => {
        const [operation, ...others] = zoneOperations([selector], namespace);
        expect(others).toEqual([]);
        expect(operation !== undefined && forgets(operation, inZone(entry))).toBe(hits(selector, entry));
      }),
      { numRuns: 1000 },
    );
  });

  test("reaches no other namespace where it goes by tags of Larder's own", () => {
    const elsewhere = { ...namespace, epoch: "f".repeat(16) };
    fc.assert(
      fc.property(near, (entry) => {
        for (const selector of [{}, { cache: entry.cache }, { url: entry.url }, { key: entry.key }]) {
          for (const operation of zoneOperations([selector], elsewhere)) {
            expect(forgets(operation, inZone(entry))).toBe(false);
          }
        }
      }),
    );
  });

  test.each<[string, Selector, readonly string[]]>([
    ["everything", {}, ["tag larder:0123456789abcdef"]],
    ["one cache", { cache: "Pages" as CacheName }, ["tag larder:0123456789abcdef:c:pages"]],
    ["any of several tags", { tags: ["a", "B"] as Tag[] }, ["tag a", "tag b"]],
    ["every one of several tags", { allOf: ["a", "b"] as Tag[], tags: ["c"] as Tag[] }, ["tag a"]],
    ["tags in one cache", { cache: "pages" as CacheName, tags: ["a"] as Tag[] }, ["tag a"]],
    ["tags below a prefix", { prefix: "https://a.example/p/", tags: ["a"] as Tag[] }, ["tag a"]],
    ["a host", { prefix: "https://a.example/" }, ["host a.example"]],
    ["a directory", { prefix: "https://a.example/p/q/" }, ["prefix a.example/p/q"]],
    ["what begins like a directory", { prefix: "https://a.example/p/q" }, ["prefix a.example/p"]],
    ["what begins like the first segment", { prefix: "https://a.example/p" }, ["host a.example"]],
    ["queries of one path", { prefix: "https://a.example/p/q?a=" }, ["prefix a.example/p/q"]],
    ["hosts that begin alike", { prefix: "https://a.exam" }, ["tag larder:0123456789abcdef"]],
    ["a host that another may begin with", { prefix: "https://a.example" }, ["tag larder:0123456789abcdef"]],
    [
      "a host that another may begin with, in one cache",
      { prefix: "https://a.example", cache: "pages" as CacheName },
      ["tag larder:0123456789abcdef:c:pages"],
    ],
    ["a port", { prefix: "https://a.example:8443/p/" }, ["tag larder:0123456789abcdef"]],
    [
      "more segments than a prefix may have",
      { prefix: `https://a${"/s".repeat(40)}/` },
      [`prefix a${"/s".repeat(31)}`],
    ],
    // What lies in a zone has these tags already: another way to work them out would not reach it.
    [
      "a URL",
      { url: "https://a.example/" as NormalUrl, tags: ["a"] as Tag[] },
      ["tag larder:0123456789abcdef:u:689bde5d5a90e48a"],
    ],
    [
      "a key",
      { key: "https://a.example/?larder=n/pages/GET/" as Key, url: "https://a.example/" as NormalUrl },
      ["tag larder:0123456789abcdef:k:05f3bf9c368e654d"],
    ],
  ])("%s", (_, selector, expected) => {
    expect(zoneOperations([selector], namespace).map(({ kind, value }) => `${kind} ${value}`)).toEqual(expected);
  });

  test("names nothing twice, and nothing beside everything", () => {
    const tags = (...names: string[]) => ({ tags: names as Tag[] });
    const both = zoneOperations([tags("a", "b"), tags("B", "c")], namespace);
    expect(both.map(({ value }) => value)).toEqual(["a", "b", "c"]);
    expect(zoneOperations([tags("a"), {}, { cache: "pages" as CacheName }], namespace)).toHaveLength(1);
  });
});
