import * as v from "valibot";
import type { Key, NormalUrl } from "./key.ts";
import { normalizeUrl, sortQuery } from "./key.ts";
import { limits } from "./limits.ts";
import type { CacheName, Tag } from "./names.ts";
import { CacheNameSchema, TagsSchema } from "./names.ts";
import type { Version } from "./version.ts";

/**
 * What one purge record hits: the entries for which every field that is present holds. With none but `cache`, or none
 * at all, that is everything in the cache or in the namespace.
 */
export interface Selector {
  readonly cache?: CacheName;
  /** All variants and methods of one request URL. */
  readonly url?: NormalUrl;
  /** One variant. */
  readonly key?: Key;
  /** Entries that carry any of these. */
  readonly tags?: readonly Tag[];
  /** Entries whose request URL begins with this, on any character. */
  readonly prefix?: string;
}

/** One row of a namespace's append-only purge log, as it travels. */
export interface PurgeRecord {
  readonly seq: number;
  readonly selector: Selector;
}

const UrlText = v.pipe(
  v.string("must be a string"),
  v.minLength(1, "must not be empty"),
  v.maxLength(limits.urlCharacters, `must be at most ${limits.urlCharacters} characters`),
);

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

const fields = {
  cache: v.optional(CacheNameSchema),
  tags: v.optional(v.pipe(TagsSchema, v.minLength(1, "must name at least one tag"))),
  prefix: v.optional(
    v.pipe(
      UrlText,
      v.regex(/^https?:\/\/[^/?#\\@\s]+(?:\/|$)/i, "must begin with http:// or https:// and a host, and no user name"),
      v.check((text) => !text.includes("#"), "must not hold a fragment: no key has one"),
      v.check(isNormalizable, "must begin like a URL, its host in ASCII where it ends in the host"),
      v.check(hasSortedQuery, "must name query parameters in the order of their names, as keys do"),
      v.transform(normalizePrefix),
    ),
  ),
  url: v.optional(
    v.pipe(
      UrlText,
      v.check((text) => URL.canParse(text), "must be an absolute URL"),
      v.transform((text) => normalizeUrl(text, "url")),
    ),
  ),
  key: v.optional(
    v.pipe(
      v.string("must be a string"),
      v.minLength(1, "must not be empty"),
      v.maxLength(limits.keyCharacters, `must be at most ${limits.keyCharacters} characters`),
      v.transform((text) => text as Key),
    ),
  ),
  everything: v.optional(v.literal(true, "must be true, or left out")),
  reason: v.optional(
    v.pipe(
      v.string("must be a string"),
      v.maxLength(limits.reasonCharacters, `must be at most ${limits.reasonCharacters} characters`),
    ),
  ),
};

const kinds = ["tags", "prefix", "url", "key", "everything"] as const;

/**
 * A purge as it crosses RPC and REST: exactly one of `tags`, `prefix`, `url`, `key` and `everything`, in the one cache
 * named or in the whole namespace.
 */
export const PurgeRequestSchema = v.pipe(
  v.strictObject(fields),
  v.check(
    (input) => kinds.filter((kind) => input[kind] !== undefined).length === 1,
    `must name exactly one of ${kinds.join(", ")}`,
  ),
);

export type PurgeRequest = v.InferInput<typeof PurgeRequestSchema>;

/** The selector that a checked purge request asks for. */
export function selectorOf(request: v.InferOutput<typeof PurgeRequestSchema>): Selector {
  const { cache, tags, prefix, url, key } = request;
  return {
    ...(cache === undefined ? {} : { cache }),
    ...(tags === undefined ? {} : { tags }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(url === undefined ? {} : { url }),
    ...(key === undefined ? {} : { key }),
  };
}

export interface PurgeResult {
  /** Entries in the index that were valid before this purge and are not after it. */
  readonly purged: number;
  /** The log with this purge in it: hand it to `atLeast` to be sure never to see what was purged. */
  readonly version: Version;
}
