import * as v from "valibot";
import { ReasonSchema } from "./fields.ts";
import { KeySchema, sortQuery } from "./key.ts";
import { limits } from "./limits.ts";
import type { CacheName } from "./names.ts";
import { CacheNameSchema, TagsSchema } from "./names.ts";
import type { PurgeMode, Selector } from "./purge.ts";
import { RefillSchema } from "./refill.ts";
import { RequestUrl, UrlText } from "./request-url.ts";
import { atMost } from "./validate.ts";

/**
 * A URL prefix as normal URLs spell it. It may end anywhere, in the middle of a host, a segment or an escape, so that
 * what it ends in must not be taken for a whole: one more letter keeps the parser from doing so.
 */
function normalizePrefix(prefix: string): string {
  const pathAt = prefix.indexOf("/", prefix.indexOf("//") + 2);
  if (pathAt === -1) return prefix.toLowerCase();
  return new URL(`${prefix}x`).href.slice(0, -1);
}

/** Whether a prefix can be the beginning of a normal URL at all. */
function isNormalizable(prefix: string): boolean {
  const pathAt = prefix.indexOf("/", prefix.indexOf("//") + 2);
  return pathAt === -1 ? /^[\x21-\x7e]+$/.test(prefix) : URL.canParse(`${prefix}x`);
}

/**
 * Normal URLs have their parameters in the order of their names, so a prefix out of that order would hit nothing. Its
 * last parameter may be unfinished, and then its name is too.
 */
function hasSortedQuery(prefix: string): boolean {
  const queryAt = prefix.indexOf("?");
  const parameters = queryAt === -1 ? [] : prefix.slice(queryAt + 1).split("&");
  if (parameters.at(-1)?.includes("=") === false) parameters.pop();
  const query = parameters.join("&");
  return sortQuery(query) === query;
}

/** What URLs begin with. */
export const PrefixSchema = v.pipe(
  UrlText,
  v.regex(/^https?:\/\/[^/?#\\@\s]+(?:\/|$)/i, "must begin with http:// or https:// and a host, and no user name"),
  v.check((text) => !text.includes("#"), "must not hold a fragment: no key has one"),
  v.check(isNormalizable, "must begin like a URL, its host in ASCII where it ends in the host"),
  v.check(hasSortedQuery, "must name query parameters in the order of their names, as keys do"),
  v.transform(normalizePrefix),
);

const fields = {
  cache: v.optional(CacheNameSchema),
  tags: v.optional(v.pipe(TagsSchema, v.minLength(1, "must name at least one tag"))),
  allOf: v.optional(v.pipe(TagsSchema, v.minLength(1, "must name at least one tag"))),
  prefix: v.optional(PrefixSchema),
  url: v.optional(RequestUrl),
  key: v.optional(KeySchema),
  everything: v.optional(v.literal(true, "must be true, or left out")),
};

const { cache, ...kinds } = fields;

const SelectorSchema = v.pipe(
  v.strictObject({ cache, ...kinds }),
  v.check(
    ({ cache: _, everything, ...rest }) =>
      (everything === true) !== Object.values(rest).some((kind) => kind !== undefined),
    `must name at least one of ${Object.keys(kinds).join(", ")}; everything stands alone`,
  ),
);

/** As a purge's record has it: what is everything names nothing but its cache, or not even that. */
const LoggedSelectorSchema = v.strictObject({
  cache,
  url: kinds.url,
  key: kinds.key,
  tags: kinds.tags,
  allOf: kinds.allOf,
  prefix: kinds.prefix,
});

function selectorList<Each extends v.GenericSchema>(each: Each) {
  return v.pipe(
    v.array(each, "must be an array of selectors"),
    v.minLength(1, "must hold at least one selector"),
    v.maxLength(limits.selectorsPerPurge, `must hold at most ${limits.selectorsPerPurge} selectors`),
    atMost(
      limits.selectorsCharacters,
      (selectors: v.InferOutput<Each>[]) => JSON.stringify(selectors).length,
      `must be at most ${limits.selectorsCharacters} characters as JSON`,
    ),
  );
}

/** The selectors of a record, always spelt in one order: two of the same are the same as JSON. */
export const LoggedSelectorsSchema = v.pipe(
  selectorList(LoggedSelectorSchema),
  v.transform((selectors) => selectors.map((selector) => selectorOf(selector, undefined) as typeof selector)),
);

/** As a call of the client, of RPC and of REST spells it. */
const purgeOptions = {
  /** What to purge is the union of these; instead of naming one thing directly. At most 1,000. */
  any: v.optional(selectorList(SelectorSchema)),
  /** Makes what it hits stale instead of gone. */
  soft: v.optional(v.literal(true, "must be true, or left out")),
  /** Also removes what it hits; cannot be taken back. */
  erase: v.optional(v.literal(true, "must be true, or left out")),
  /** Changes nothing, and tells what the purge would hit. */
  dryRun: v.optional(v.literal(true, "must be true, or left out")),
  /** Refuses the purge if it would hit more entries than this. */
  maxEntries: v.optional(
    v.pipe(v.number("must be a number"), v.integer("must be a whole number"), v.minValue(0, "must not be negative")),
  ),
  /** Fetches what it hits anew, at a pace. */
  refill: v.optional(RefillSchema),
  /** Comes into force at once, though its cache gathers purges. */
  immediate: v.optional(v.literal(true, "must be true, or left out")),
  /** Of a dry run: the keys after this one. */
  after: v.optional(v.string("must be a key, as the last page ended with")),
  /** For the history: why. */
  reason: v.optional(ReasonSchema),
};

/**
 * A purge as it crosses RPC and REST: what to hit, named directly (fields together mean entries for which all hold) or
 * by `any`; in the one cache named or in the whole namespace; and how.
 */
export const PurgeRequestSchema = v.pipe(
  v.strictObject({ cache, ...kinds, ...purgeOptions }),
  v.check(
    ({ any, ...rest }) => (any !== undefined) !== kindNames.some((name) => rest[name] !== undefined),
    `must name at least one of ${Object.keys(kinds).join(", ")}, or any`,
  ),
  v.check(
    ({ everything, ...rest }) =>
      everything === undefined ||
      !kindNames.some((name) => name !== "everything" && rest[name as Exclude<KindName, "everything">] !== undefined),
    "must not name anything beside everything",
  ),
  v.check(
    ({ cache: outer, any }) =>
      outer === undefined || !any?.some((selector) => selector.cache !== undefined && selector.cache !== outer),
    "must not name one cache for the whole purge and another in any",
  ),
  v.check(({ soft, erase }) => soft === undefined || erase === undefined, "must not be soft and erase at once"),
  v.check(
    ({ refill, erase, dryRun }) => refill === undefined || (erase === undefined && dryRun === undefined),
    "refill: does not go with erase or dryRun",
  ),
  v.check(({ after, dryRun }) => after === undefined || dryRun === true, "after: goes with dryRun only"),
);

type KindName = keyof typeof kinds;
const kindNames = Object.keys(kinds) as KindName[];

export type PurgeRequest = v.InferInput<typeof PurgeRequestSchema>;
export type CheckedPurgeRequest = v.InferOutput<typeof PurgeRequestSchema>;

/** The selectors a checked request asks for; `cache` narrows each. */
export function selectorsOf(request: CheckedPurgeRequest): Selector[] {
  const { cache: inCache, any } = request;
  return (any ?? [request]).map((selector) => selectorOf(selector, inCache));
}

type SelectorInput = Pick<CheckedPurgeRequest, "cache" | "url" | "key" | "tags" | "allOf" | "prefix">;

function selectorOf(
  { cache: own, url, key, tags, allOf, prefix }: SelectorInput,
  inCache: CacheName | undefined,
): Selector {
  const narrowed = inCache ?? own;
  return {
    ...(narrowed === undefined ? {} : { cache: narrowed }),
    ...(url === undefined ? {} : { url }),
    ...(key === undefined ? {} : { key }),
    ...(tags === undefined ? {} : { tags }),
    ...(allOf === undefined ? {} : { allOf }),
    ...(prefix === undefined ? {} : { prefix }),
  };
}

export function modeOf({ soft, erase }: CheckedPurgeRequest): PurgeMode {
  if (erase === true) return "erase";
  return soft === true ? "soft" : "hard";
}

/** The options of `history`. */
export const HistoryRequestSchema = v.strictObject({
  /** Only purges older than this sequence number. */
  before: v.optional(
    v.pipe(
      v.number("must be a sequence number"),
      v.integer("must be a whole number"),
      v.minValue(1, "must be a sequence number"),
    ),
  ),
  limit: v.optional(
    v.pipe(
      v.number("must be a number"),
      v.integer("must be a whole number"),
      v.minValue(1, "must be at least 1"),
      v.maxValue(limits.historyPage, `must be at most ${limits.historyPage}`),
    ),
    50,
  ),
});

export type HistoryRequest = v.InferInput<typeof HistoryRequestSchema>;

/** The purge to take back: its sequence number. */
export const SeqSchema = v.pipe(
  v.number("must be a sequence number"),
  v.integer("must be a sequence number"),
  v.minValue(1, "must be a sequence number"),
);

/** Who asks, as the history keeps it. */
export const BySchema = v.pipe(
  v.string("must be a string"),
  v.minLength(1, "must not be empty"),
  v.maxLength(200, "must be at most 200 characters"),
);

/** What a request by an unsafe method makes invalid, in one cache. */
export const InvalidationSchema = v.strictObject({
  cache: CacheNameSchema,
  urls: v.pipe(v.array(RequestUrl, "must be an array of URLs"), v.maxLength(3, "must hold at most 3 URLs")),
  tags: v.pipe(TagsSchema, v.maxLength(limits.groups, `must hold at most ${limits.groups} tags`)),
});

export type InvalidationRequest = v.InferInput<typeof InvalidationSchema>;
export type CheckedInvalidation = v.InferOutput<typeof InvalidationSchema>;
