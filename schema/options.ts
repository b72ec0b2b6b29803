import * as v from "valibot";
import { normalizeVary } from "./key.ts";
import { limits } from "./limits.ts";
import type { Namespace } from "./names.ts";
import { CacheNameSchema, NamespaceSchema, TagsSchema } from "./names.ts";
import type { Version } from "./version.ts";
import { VERSION_FORM } from "./version.ts";

const wholeSeconds = v.pipe(v.number("must be a number of seconds"), v.integer("must be a whole number of seconds"));

const seconds = v.pipe(
  wholeSeconds,
  v.minValue(0, "must not be negative"),
  v.maxValue(limits.ttlSeconds, `must be at most ${limits.ttlSeconds} seconds, a year`),
);

/** A field name as of RFC 9110 section 5.1. */
const headerName = v.pipe(
  v.string("must be a string"),
  v.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, "must be a header name (RFC 9110 section 5.1)"),
);

const headerNames = v.pipe(
  v.array(headerName, "must be an array of header names"),
  v.maxLength(limits.varyHeaders, `must hold at most ${limits.varyHeaders} header names`),
);

const vary = v.pipe(
  headerNames,
  v.transform((list) => normalizeVary(list)),
);

const names = v.pipe(v.array(v.string("must be a string"), "must be an array of names"), v.maxLength(100));

const RuleSchema = v.strictObject({
  /** For people; `rule 3` when left out. */
  name: v.optional(v.string("must be a string")),
  /** A URLPattern pathname (developer.mozilla.org/docs/Web/API/URL_Pattern_API); every path when left out. */
  path: v.optional(
    v.pipe(v.string("must be a string"), v.check(isPathPattern, "must be a URLPattern pathname, such as /p/:id")),
  ),
  /** Default GET and HEAD. */
  methods: v.optional(
    v.pipe(
      v.array(
        v.picklist(["GET", "HEAD"], "must be GET or HEAD: no other method is cached"),
        "must be an array of methods",
      ),
      v.minLength(1, "must name at least one method"),
    ),
  ),
  ttlSeconds: v.optional(seconds),
  staleWhileRevalidateSeconds: v.optional(seconds),
  staleIfErrorSeconds: v.optional(seconds),
  vary: v.optional(vary),
  tags: v.optional(TagsSchema),
  /** A request that has any of these is neither answered from the cache nor stored. */
  bypass: v.optional(
    v.strictObject({ headers: v.optional(headerNames), cookies: v.optional(names), query: v.optional(names) }),
  ),
});

function isPathPattern(pathname: string): boolean {
  try {
    new URLPattern({ pathname });
    return true;
  } catch {
    return false;
  }
}

/** The options of `cache()`. All durations are whole seconds. */
export const CacheOptionsSchema = v.strictObject({
  /** The cache's name inside its namespace. */
  name: CacheNameSchema,
  /** The unit of isolation and of scale. Default `default`. */
  namespace: v.optional(NamespaceSchema, "default" as Namespace),
  /** How long a response is fresh. Without it, what the response itself says decides. */
  ttlSeconds: v.optional(seconds),
  /** How long after that it may be served while somebody refreshes it. */
  staleWhileRevalidateSeconds: v.optional(seconds),
  /** How long after `ttlSeconds` it may be served because the origin fails. */
  staleIfErrorSeconds: v.optional(seconds),
  /** Request headers whose values choose between variants. */
  vary: v.optional(vary, []),
  /** Tags on every entry of this cache. */
  tags: v.optional(TagsSchema, []),
  /** Policy by route: the first rule that fits a request overrides the fields it names. */
  rules: v.optional(
    v.pipe(
      v.array(RuleSchema, "must be an array of rules"),
      v.maxLength(limits.rules, `must hold at most ${limits.rules} rules`),
    ),
    [],
  ),
  /** Where the cache is read: in this Worker's own isolate, or by the coordinator over RPC. */
  mode: v.optional(v.picklist(["isolate", "remote"], 'must be "isolate" or "remote"'), "isolate"),
  /** The name of the service binding to the coordinator. */
  binding: v.optional(v.pipe(v.string("must be a string"), v.minLength(1, "must not be empty")), "LARDER"),
  /** No hit is served on a view of the purge log confirmed longer ago than this. At least 2. */
  purgeLagSeconds: v.optional(
    v.pipe(wholeSeconds, v.minValue(2, "must be at least 2"), v.maxValue(3600, "must be at most 3600")),
    5,
  ),
  /** What a hit on a view older than that does: waits for one sync, or is served at once while one goes on behind it. */
  whenViewExpired: v.optional(v.picklist(["wait", "serve"], 'must be "wait" or "serve"'), "wait"),
  /** What to do when the view is too old and the coordinator cannot be reached. */
  whenUnreachable: v.optional(v.picklist(["serve", "bypass"], 'must be "serve" or "bypass"'), "serve"),
  /** For how long after `purgeLagSeconds` `whenUnreachable: "serve"` goes on. */
  unreachableGraceSeconds: v.optional(seconds, 60),
  /** Refuses purges by this declaration that would hit more entries than this, unless they name a `maxEntries`. */
  maxEntriesPerPurge: v.optional(
    v.pipe(v.number("must be a number"), v.integer("must be a whole number"), v.minValue(0, "must not be negative")),
  ),
  /** Bytes above which a body is not stored. */
  maxBodyBytes: v.optional(
    v.pipe(
      v.number("must be a number of bytes"),
      v.integer("must be a whole number of bytes"),
      v.minValue(0, "must not be negative"),
      v.maxValue(limits.bodyBytes, `must be at most ${limits.bodyBytes} bytes`),
    ),
    limits.bodyBytes,
  ),
});

export type CacheOptions = v.InferInput<typeof CacheOptionsSchema>;
/** Cache options once checked, with every default filled in. */
export type CacheConfig = v.InferOutput<typeof CacheOptionsSchema>;
export type CacheRule = CacheConfig["rules"][number];

const version = v.pipe(
  v.string("must be a version"),
  v.regex(VERSION_FORM, "must be a version as a purge returned it"),
  v.transform((text) => text as Version),
);

/** The options of `match`. */
export const MatchOptionsSchema = v.strictObject({
  /** Instead of the cache's own. */
  vary: v.optional(vary),
  /** Serve nothing that a purge up to this version has hit, wherever that purge was made. */
  atLeast: v.optional(version),
  /** `strong` confirms the view with the coordinator first; `bounded`, the default, within `purgeLagSeconds`. */
  consistency: v.optional(v.picklist(["bounded", "strong"], 'must be "bounded" or "strong"'), "bounded"),
});

export type MatchOptions = v.InferInput<typeof MatchOptionsSchema>;

/** The options of `put`. */
export const PutOptionsSchema = v.strictObject({
  /** Added to the cache's own. */
  tags: v.optional(TagsSchema, []),
  ttlSeconds: v.optional(seconds),
  staleWhileRevalidateSeconds: v.optional(seconds),
  staleIfErrorSeconds: v.optional(seconds),
  /** Instead of the cache's own. */
  vary: v.optional(vary),
  /** Survives every purge but one of exactly this request, and an erasing one. */
  permanent: v.optional(v.literal(true, "must be true, or left out")),
  /** The version known before the origin was asked; `match` remembers it for the request object it was given. */
  asOf: v.optional(version),
});

export type PutOptions = v.InferInput<typeof PutOptionsSchema>;

/** What goes with a response to be stored, inside Larder: the options of `put`, and what its callers know besides. */
export const StoreOptionsSchema = v.strictObject({
  ...PutOptionsSchema.entries,
  /** As the look-up gave it; null means it could not be learnt, and nothing is stored. Left out: the log as known now. */
  asOf: v.optional(v.nullable(version)),
  /** Whether a lifetime may be guessed from `Last-Modified` (RFC 9111 section 4.2.2). */
  heuristics: v.optional(v.picklist(["on", "off"])),
});

export type StoreOptions = v.InferOutput<typeof StoreOptionsSchema>;

/** The options of `delete` and `key`. */
export const KeyOptionsSchema = v.strictObject({ vary: v.optional(vary) });

export type KeyOptions = v.InferInput<typeof KeyOptionsSchema>;
