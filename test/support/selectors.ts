import fc from "fast-check";
import type { EntryFacts } from "../../schema/entry.ts";
import { buildKey, type NormalUrl } from "../../schema/key.ts";
import type { CacheName, Namespace, Tag } from "../../schema/names.ts";
import type { PurgeRecord, PurgeRequest, Selector } from "../../schema/purge.ts";

type Purgeable = Pick<EntryFacts, "key" | "url" | "cache" | "tags">;

/** Few of each, so that selectors often hit, and some are beginnings of others. */
const few = {
  caches: ["pages", "api"] as CacheName[],
  urls: [
    "https://a.example/",
    "https://a.example/p",
    "https://a.example/p/1",
    "https://a.example/p/1?x=1",
    "https://b.example/p/1",
  ] as NormalUrl[],
  tags: ["t", "t1", "product:1", "product:2"] as Tag[],
  prefixes: ["https://a", "https://b.e", "https://a.example/p", "https://a.example/p/1", "https://b.example/p/1?"],
  variants: [null, "en", "de"],
};

const cache = fc.constantFrom(...few.caches);
const url = fc.constantFrom(...few.urls);
const tags = (minLength: number) => fc.uniqueArray(fc.constantFrom(...few.tags), { minLength });

function keyOf(inCache: CacheName, at: NormalUrl, language: string | null): Purgeable["key"] {
  const namespace = "n" as Namespace;
  return buildKey({ namespace, cache: inCache, method: "GET", url: at, vary: [["accept-language", language]] });
}

/** An entry, as far as selectors look at it. */
export const purgeable: fc.Arbitrary<Purgeable> = fc
  .record({ cache, url, variant: fc.constantFrom(...few.variants), tags: tags(0) })
  .map(({ variant, ...entry }) => ({ ...entry, key: keyOf(entry.cache, entry.url, variant) }));

/** A selector of any kind, in one cache or in all. */
export const selector: fc.Arbitrary<Selector> = fc
  .tuple(
    fc.oneof(
      fc.constant({}),
      fc.record({ url }),
      purgeable.map(({ key }) => ({ key })),
      fc.record({ tags: tags(1) }),
      fc.record({ prefix: fc.constantFrom(...few.prefixes) }),
    ),
    fc.option(cache, { nil: undefined }),
  )
  .map(([what, where]) => (where === undefined ? what : { ...what, cache: where }));

/** A log from its first record on. */
export const wholeLog: fc.Arbitrary<PurgeRecord[]> = fc
  .array(selector, { maxLength: 12 })
  .map((selectors) => selectors.map((each, at) => ({ seq: at + 1, selector: each })));

/** The request that makes a purge with this selector. */
export function requestFor({ tags: some, ...rest }: Selector): PurgeRequest {
  const { cache: _, ...what } = rest;
  if (some !== undefined) return { ...rest, tags: [...some] };
  return Object.keys(what).length === 0 ? { ...rest, everything: true } : rest;
}

/** What a selector means, said as plainly as can be. */
export function hits(selector: Selector, entry: Purgeable): boolean {
  return (
    (selector.cache === undefined || selector.cache === entry.cache) &&
    (selector.url === undefined || selector.url === entry.url) &&
    (selector.key === undefined || selector.key === entry.key) &&
    (selector.tags === undefined || selector.tags.some((tag) => entry.tags.includes(tag))) &&
    (selector.prefix === undefined || entry.url.startsWith(selector.prefix))
  );
}

/** The newest of `records` that hits the entry; 0 where none does. */
export function newestHit(records: readonly PurgeRecord[], entry: Purgeable): number {
  return Math.max(0, ...records.filter((record) => hits(record.selector, entry)).map(({ seq }) => seq));
}
