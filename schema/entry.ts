import * as v from "valibot";
import type { Key, NormalUrl } from "./key.ts";
import { KeySchema } from "./key.ts";
import { limits } from "./limits.ts";
import type { CacheName, Tag } from "./names.ts";
import { CacheNameSchema, TagsSchema } from "./names.ts";
import type { LogPoint } from "./version.ts";

/** What the verdict on an entry needs to know of it. */
export interface EntryFacts {
  readonly key: Key;
  readonly url: NormalUrl;
  readonly cache: CacheName;
  readonly tags: readonly Tag[];
  /** Survives every purge but one of exactly this entry, or an erasing one. */
  readonly permanent: boolean;
  /** The log as its maker knew it before the origin was asked. */
  readonly asOf: LogPoint;
  /** When it was stored, by the clock of the data centre that keeps it. */
  readonly storedAtMs: number;
  /** How old the response was already when it was stored (RFC 9111 section 4.2.3, `corrected_initial_age`). */
  readonly initialAgeSeconds: number;
  /** Seconds of age up to which it is fresh. */
  readonly ttlSeconds: number;
  /** Seconds after that in which it may be served while somebody refreshes it (RFC 5861 section 3). */
  readonly staleWhileRevalidateSeconds: number;
  /** Seconds after `ttlSeconds` in which it may be served because the origin fails (RFC 5861 section 4). */
  readonly staleIfErrorSeconds: number;
  /** Seconds after `ttlSeconds` for which it is kept so that the origin may confirm it (RFC 9111 section 4.3). */
  readonly keepSeconds: number;
}

/** Where an entry lies: the same in every data centre. */
export type Place = Pick<EntryFacts, "key" | "url" | "cache">;

/** An entry as it lies in a data centre's cache; its header fields lie beside it. */
export interface StoredEntry extends EntryFacts {
  readonly status: number;
  /** How long its maker took to answer; 0 where that is not known. */
  readonly fillSeconds: number;
  /** Bytes of the body, decoded. */
  readonly bytes: number;
}

/** Seconds of age up to which an entry may be served without the origin's confirmation. */
export function servableSeconds(
  entry: Pick<EntryFacts, "ttlSeconds" | "staleWhileRevalidateSeconds" | "staleIfErrorSeconds">,
): number {
  return entry.ttlSeconds + Math.max(entry.staleWhileRevalidateSeconds, entry.staleIfErrorSeconds);
}

/** Seconds of age after which an entry is of no use to anyone. */
export function lifetimeSeconds(
  entry: Pick<EntryFacts, "ttlSeconds" | "staleWhileRevalidateSeconds" | "staleIfErrorSeconds" | "keepSeconds">,
): number {
  return Math.max(servableSeconds(entry), entry.ttlSeconds + entry.keepSeconds);
}

const seconds = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(2 * limits.ttlSeconds));

const place = {
  key: KeySchema,
  url: v.pipe(
    v.string(),
    v.maxLength(limits.urlCharacters),
    v.transform((text) => text as NormalUrl),
  ),
  cache: CacheNameSchema,
};

export const PlaceSchema = v.strictObject(place);

const judged = {
  ...place,
  tags: TagsSchema,
  permanent: v.boolean(),
  asOf: v.strictObject({ epoch: v.string(), seq: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
};

/** An entry as far as the log judges it. */
export const EntryToJudgeSchema = v.strictObject(judged);

export type EntryToJudge = Pick<EntryFacts, "key" | "url" | "cache" | "tags" | "permanent" | "asOf">;

/** An entry that its caller has, to be told about; `purgedBy`: the record that hits it by the caller's view. */
export const EntryToExplainSchema = v.strictObject({
  ...judged,
  purgedBy: v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
});

export type EntryToExplain = EntryToJudge & { readonly purgedBy?: number | undefined };

/** A copy of what the log judges an entry by, as RPC wants it. */
export function toJudge({ key, url, cache, tags, permanent, asOf }: EntryToJudge) {
  return { key, url, cache, tags: [...tags], permanent, asOf: { ...asOf } };
}

/** What the namespace object is told of an entry that has just been stored. */
export const EntryReportSchema = v.strictObject({
  ...judged,
  /** Seconds from now until it is no longer fresh, and until it may no longer be served. 0: it is not indexed. */
  freshSeconds: seconds,
  lifetimeSeconds: seconds,
  /** Seconds from now until it is not even kept to be confirmed. */
  keptSeconds: v.optional(seconds, 0),
  bytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
  status: v.pipe(v.number(), v.integer(), v.minValue(200), v.maxValue(599)),
});

export type EntryReport = v.InferInput<typeof EntryReportSchema>;
