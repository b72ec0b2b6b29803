import fc from "fast-check";
import { buildKey, type NormalUrl } from "../../schema/key.ts";
import type { CacheName, Namespace, Tag } from "../../schema/names.ts";
import type { PurgeEntry, PurgeMode, PurgeRecord, Selector } from "../../schema/purge.ts";
import type { PurgeRequest } from "../../schema/purge-request.ts";
import type { EncodedRecords } from "../../schema/records.ts";
import { encodePurge, encodeRevocation } from "../../schema/records.ts";
import type { Purgeable } from "../../src/log/anchors.ts";

/** Few of each, so that selectors often hit, and some are beginnings of others. */
export const few = {
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

// RPC carries plain objects only.
const plain = { noNullPrototype: true } as const;

const cache = fc.constantFrom(...few.caches);
const url = fc.constantFrom(...few.urls);
const prefix = fc.constantFrom(...few.prefixes);
const tags = (minLength: number) => fc.uniqueArray(fc.constantFrom(...few.tags), { minLength });

function keyOf(inCache: CacheName, at: NormalUrl, language: string | null): Purgeable["key"] {
  const namespace = "n" as Namespace;
  return buildKey({ namespace, cache: inCache, method: "GET", url: at, vary: [["accept-language", language]] });
}

/** An entry, as far as selectors look at it. One in four is permanent. */
export const purgeable: fc.Arbitrary<Purgeable> = fc
  .record(
    {
      cache,
      url,
      variant: fc.constantFrom(...few.variants),
      tags: tags(0),
      permanent: fc.constantFrom(false, false, false, true),
    },
    plain,
  )
  .map(({ variant, ...entry }) => ({ ...entry, key: keyOf(entry.cache, entry.url, variant) }));

const key = purgeable.map((entry) => entry.key);

/** A selector of any kind, or of several at once, in one cache or in all. */
export const selector: fc.Arbitrary<Selector> = fc
  .tuple(
    fc.oneof(
      fc.constant({}),
      fc.record({ url }, plain),
      fc.record({ key }, plain),
      fc.record({ tags: tags(1) }, plain),
      fc.record({ allOf: tags(1) }, plain),
      fc.record({ prefix }, plain),
      fc.record({ tags: tags(1), prefix }, plain),
      fc.record({ url, key, tags: tags(1), allOf: tags(1), prefix }, { requiredKeys: [], ...plain }),
    ),
    fc.option(cache, { nil: undefined }),
  )
  .map(([what, where]) => (where === undefined ? what : { ...what, cache: where }));

export const selectors = fc.array(selector, { minLength: 1, maxLength: 3 });

export const mode = fc.constantFrom<PurgeMode>("hard", "hard", "soft", "erase");

/** A record of a log, and the one that took its place: an automatic invalidation does when it repeats another. */
interface Written {
  readonly record: PurgeRecord;
  readonly automatic: boolean;
  readonly replacedBy: number | undefined;
}

const automatic: readonly Selector[] = few.urls.slice(0, 2).map((at) => ({ cache: "pages" as CacheName, url: at }));

const step = fc.oneof(
  { arbitrary: fc.record({ type: fc.constant("purge" as const), mode, selectors }), weight: 6 },
  { arbitrary: fc.record({ type: fc.constant("revoke" as const), back: fc.nat({ max: 4 }) }), weight: 2 },
  {
    arbitrary: fc.record({ type: fc.constant("automatic" as const), selector: fc.constantFrom(...automatic) }),
    weight: 2,
  },
);

/** Everything ever written to a log, in order: purges, invalidations and revocations, not all of which have an effect. */
export const history: fc.Arbitrary<readonly Written[]> = fc.array(step, { maxLength: 14 }).map((steps) =>
  steps.map((each, at) => {
    const seq = at + 1;
    const written = (record: PurgeRecord, replacedBy?: number) => {
      return { record, automatic: each.type === "automatic", replacedBy };
    };
    if (each.type === "purge") return written({ seq, mode: each.mode, selectors: each.selectors });
    if (each.type === "automatic") {
      const again = steps.findIndex(
        (later, when) => when > at && later.type === "automatic" && later.selector === each.selector,
      );
      return written({ seq, mode: "hard", selectors: [each.selector] }, again === -1 ? undefined : again + 1);
    }
    // Nobody takes back what followed from a request: such a revocation names nothing.
    const target = Math.max(0, at - 1 - each.back);
    return written({ seq, revokes: steps[target]?.type === "purge" ? target + 1 : 0 });
  }),
);

/** The log as it was when `head` was its newest record: what had been replaced by then has left a gap. */
export function logAt(written: readonly Written[], head: number): PurgeRecord[] {
  return written
    .filter(({ record, replacedBy = Number.POSITIVE_INFINITY }) => record.seq <= head && replacedBy > head)
    .map(({ record }) => record);
}

/** A log from its first record on. */
export const wholeLog: fc.Arbitrary<PurgeRecord[]> = history.map((written) => logAt(written, written.length));

/** Records as a slice of the log carries them. */
export function encodeRecords(records: readonly PurgeRecord[]): EncodedRecords {
  return records
    .map((record) =>
      "revokes" in record
        ? encodeRevocation(record.seq, record.revokes)
        : encodePurge(record.seq, JSON.stringify(record.selectors), record.mode),
    )
    .join(",");
}

/** How many URLs, keys, tags and prefixes records name; one that names nothing, or everything, takes up one place. */
export function namedIn(records: readonly PurgeRecord[]): number {
  const named = ({ tags: some = [], allOf = [] }: Selector) => Math.max(1, some.length + allOf.length);
  return records
    .flatMap((record) => ("selectors" in record ? record.selectors.map(named) : []))
    .reduce((a, b) => a + b, 0);
}

/** The request that makes a purge with these selectors. */
export function requestFor(selectors: readonly Selector[], how: PurgeMode = "hard"): PurgeRequest {
  const named = selectors.map(({ tags: some, allOf, ...rest }) => {
    const { cache: _, ...what } = rest;
    const isEverything = some === undefined && allOf === undefined && Object.keys(what).length === 0;
    return {
      ...rest,
      ...(some === undefined ? {} : { tags: [...some] }),
      ...(allOf === undefined ? {} : { allOf: [...allOf] }),
      ...(isEverything ? { everything: true as const } : {}),
    };
  });
  const [only, ...others] = named;
  return {
    ...(only !== undefined && others.length === 0 ? only : { any: named }),
    ...(how === "hard" ? {} : { [how]: true }),
  };
}

/** What a selector means, said as plainly as can be. */
export function hits(selector: Selector, entry: Purgeable): boolean {
  return (
    (selector.cache === undefined || selector.cache === entry.cache) &&
    (selector.url === undefined || selector.url === entry.url) &&
    (selector.key === undefined || selector.key === entry.key) &&
    (selector.tags === undefined || selector.tags.some((tag) => entry.tags.includes(tag))) &&
    (selector.allOf === undefined || selector.allOf.every((tag) => entry.tags.includes(tag))) &&
    (selector.prefix === undefined || entry.url.startsWith(selector.prefix))
  );
}

/** The purges of a log that have not been taken back. */
export function inForce(records: readonly PurgeRecord[]): PurgeEntry[] {
  const revoked = new Set(records.map((record) => ("revokes" in record ? record.revokes : undefined)));
  return records.filter((record): record is PurgeEntry => "selectors" in record && !revoked.has(record.seq));
}

/** Whether a purge hits an entry: a permanent one only when it names it, or erases. */
export function purges(purge: Omit<PurgeEntry, "seq">, entry: Purgeable): boolean {
  return purge.selectors.some((selector) => {
    const reaches =
      !entry.permanent || purge.mode === "erase" || selector.url !== undefined || selector.key !== undefined;
    return reaches && hits(selector, entry);
  });
}

/** The newest purge of a log that ends the entry, or that makes it stale; 0 where none does. */
export function newestHit(records: readonly PurgeRecord[], entry: Purgeable, what: "gone" | "stale"): number {
  const hitting = inForce(records).filter(
    (record) => (record.mode === "soft") === (what === "stale") && purges(record, entry),
  );
  return Math.max(0, ...hitting.map(({ seq }) => seq));
}

/** What a whole log makes of an entry whose maker knew it up to `asOf`. */
export function plainState(records: readonly PurgeRecord[], entry: Purgeable, asOf: number) {
  if (newestHit(records, entry, "gone") > asOf) return "purged";
  return newestHit(records, entry, "stale") > asOf ? "soft-purged" : "in-force";
}
