import * as v from "valibot";
import { DeploymentSchema } from "./deployment.ts";
import {
  ArmorSchema,
  CachingSchema,
  ForcePrivateSchema,
  fractionUpTo,
  GraphqlSchema,
  HeaderNamesSchema,
  KeySchema,
  SecondsSchema,
  TtlByStatusSchema,
  VarySchema,
  WholeSecondsSchema,
  wholeNumber,
} from "./fields.ts";
import { LeaseSchema } from "./fills.ts";
import { limits } from "./limits.ts";
import type { Namespace } from "./names.ts";
import { CacheNameSchema, NamespaceSchema, TagsSchema } from "./names.ts";
import { RefillSchema } from "./refill.ts";
import { RuleSchema } from "./rule.ts";
import type { Version } from "./version.ts";
import { VERSION_FORM } from "./version.ts";

/** The options of `cache()`. All durations are whole seconds. */
export const CacheOptionsSchema = v.strictObject({
  /** The cache's name inside its namespace. */
  name: CacheNameSchema,
  /** The unit of isolation and of scale. Default `default`. */
  namespace: v.optional(NamespaceSchema, "default" as Namespace),
  /**
   * How long a response is fresh, whatever lifetime it gives itself. Without it, that decides; a value of `remember`
   * says nothing of its own, and needs one. Never stored in any case: what says `no-store`, `private` or `no-cache`,
   * and what sets a cookie.
   */
  ttlSeconds: v.optional(SecondsSchema),
  /**
   * How long a response is fresh by its status; it goes before `ttlSeconds`: `{ "404": 60, "5xx": 0, "500-504": 10 }`.
   * A status goes before a range, a narrow range before a wide one, and any range before a class. 0 is not stored, and
   * what is stored of 500 or more is never served stale.
   */
  ttlByStatus: v.optional(TtlByStatusSchema),
  /**
   * The share of its lifetime, chosen at random up to this, by which what is stored expires earlier: with 0.1, what would
   * be fresh for 100 seconds is for 90 to 100.
   */
  ttlJitter: v.optional(fractionUpTo(0.9), 0),
  /**
   * Refreshes what is still fresh, the likelier the nearer its end and the longer its maker took: the beta of XFetch. 1 is
   * usual, 0 never does. Of what was stored by `put` it is not known how long that took, so it is never refreshed early.
   */
  earlyRefresh: v.optional(fractionUpTo(10), 0),
  /** How long after its lifetime it is still served at once, while `wrap`, `remember` or the gateway refreshes it. */
  staleWhileRevalidateSeconds: v.optional(SecondsSchema),
  /**
   * How long after its lifetime it may stand in for an origin that fails: that throws, takes longer than
   * `fillTimeoutSeconds`, or answers 500, 502, 503 or 504. Until the origin has failed, the caller waits.
   */
  staleIfErrorSeconds: v.optional(SecondsSchema),
  /** Request headers whose values choose between variants. */
  vary: v.optional(VarySchema, []),
  /**
   * Whether two URLs whose query parameters differ in their order only are the same. `kept` is the letter of RFC 9111
   * section 4, under which an origin may tell them apart.
   */
  queryOrder: v.optional(v.picklist(["sorted", "kept"], 'must be "sorted" or "kept"'), "sorted"),
  /** What of a request its key is made of, besides its URL and `vary`. */
  key: v.optional(KeySchema),
  /**
   * The languages that there are, of which a request gets the one it prefers: requests that differ in their
   * `Accept-Language` and get the same one have one key, where that field is in `vary` or in the response's `Vary`. The
   * gateway asks the origin for that one.
   */
  languages: v.optional(
    v.pipe(
      v.array(
        v.pipe(
          v.string("must be a string"),
          v.regex(/^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/, "must be a language such as en or pt-BR"),
        ),
        "must be an array of languages",
      ),
      v.minLength(1, "must name at least one language"),
      v.maxLength(limits.languages, `must hold at most ${limits.languages} languages`),
    ),
  ),
  /**
   * `on`: what looks like a static file by its path, `.css` for one, and says by its Content-Type that it is none is not
   * kept: somebody may have been led to a page of theirs by a path that is kept for all (web cache deception).
   */
  cacheDeceptionArmor: v.optional(ArmorSchema, "off"),
  /** `off`: nothing is kept, every request goes past the cache, and nobody waits for anybody. */
  caching: v.optional(CachingSchema, "on"),
  /**
   * Keeps what says `Cache-Control: private` as well: for pages that are the same for everybody, whatever they say. What
   * sets a cookie is not kept in any case.
   */
  forcePrivateCaching: v.optional(ForcePrivateSchema, false),
  /** Bodies are GraphQL: those that mean the same have one key, and no answer to a mutation is kept. */
  graphql: v.optional(GraphqlSchema),
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
    v.pipe(WholeSecondsSchema, v.minValue(2, "must be at least 2"), v.maxValue(3600, "must be at most 3600")),
    5,
  ),
  /** What a hit on a view older than that does: waits for one sync, or is served at once while one goes on behind it. */
  whenViewExpired: v.optional(v.picklist(["wait", "serve"], 'must be "wait" or "serve"'), "wait"),
  /** What to do when the view is too old and the coordinator cannot be reached. */
  whenUnreachable: v.optional(v.picklist(["serve", "bypass"], 'must be "serve" or "bypass"'), "serve"),
  /** For how long after `purgeLagSeconds` `whenUnreachable: "serve"` goes on. */
  unreachableGraceSeconds: v.optional(SecondsSchema, 60),
  /**
   * What the first request of a new version of the Worker does: `purge` invalidates everything in the cache but what is
   * `permanent`, once, and keeps nothing that an older version makes after that. So one Worker only may declare the cache.
   */
  onDeploy: v.optional(v.picklist(["keep", "purge"], 'must be "keep" or "purge"'), "keep"),
  /** The version that runs. Left out it is what the version metadata binding says, `CF_VERSION_METADATA`. */
  deployment: v.optional(DeploymentSchema),
  /**
   * Gathers purges of this cache, from the first for so long, and then makes one soft purge and one refill of them: an
   * origin that a burst of purges would overwhelm sees no more than the pace of `refill`. What it holds is stale for up to
   * so much longer. A purge that erases, or says `immediate`, is not held.
   */
  debounceSeconds: v.optional(
    v.pipe(
      WholeSecondsSchema,
      v.minValue(1, "must be at least 1"),
      v.maxValue(limits.debounceSeconds, `must be at most ${limits.debounceSeconds}`),
    ),
  ),
  /** How what `debounceSeconds` has gathered is refilled. */
  refill: v.optional(
    v.strictObject({ ...RefillSchema.entries, top: v.optional(RefillSchema.entries.top, limits.refillUrls) }),
  ),
  /** Refuses purges by this declaration that would hit more entries than this, unless they name a `maxEntries`. */
  maxEntriesPerPurge: v.optional(
    v.pipe(v.number("must be a number"), v.integer("must be a whole number"), v.minValue(0, "must not be negative")),
  ),
  /**
   * Whether callers that miss the same key wait for one of them to fill it, in all data centres, or each fill it; and
   * likewise whether one or each refreshes what is stale. Nobody waits for answers that are not for others: to requests
   * with credentials, for a part, with `no-store`.
   */
  coalesce: v.optional(v.boolean("must be true or false"), true),
  /**
   * How long one fill may keep the others waiting, before one of them leads the next. Where something stored may stand
   * in, and behind a stale answer, the origin is not waited for any longer either.
   */
  fillTimeoutSeconds: v.optional(
    v.pipe(
      WholeSecondsSchema,
      v.minValue(1, "must be at least 1"),
      v.maxValue(limits.fillTimeoutSeconds, `must be at most ${limits.fillTimeoutSeconds}`),
    ),
    30,
  ),
  /** Callers that may wait for one key, in all data centres together; those beyond go to the origin. */
  maxWaiters: v.optional(wholeNumber(limits.waiters), 1000),
  /**
   * For how long, after a response that could not be stored, callers of its key do not wait for each other; the first that
   * can be stored ends it. With 0 they wait all the same, and go to the origin one after the other.
   */
  hitForMissSeconds: v.optional(
    v.pipe(
      WholeSecondsSchema,
      v.minValue(0, "must not be negative"),
      v.maxValue(limits.hitForMissSeconds, `must be at most ${limits.hitForMissSeconds}`),
    ),
    120,
  ),
  /**
   * Bytes of a body up to which the shield, the namespace's own data centre, keeps a copy for the others. 0 turns it off:
   * each data centre then asks the origin.
   */
  shieldMaxBytes: v.optional(wholeNumber(limits.shieldBytes), 2 * 1024 * 1024),
  /** For how long after its windows a response with an ETag or a Last-Modified is kept for the origin to confirm it. */
  revalidateSeconds: v.optional(SecondsSchema, 0),
  /** Whether the client's own Cache-Control counts (RFC 9111 section 5.2.1): anyone can send it. */
  requestDirectives: v.optional(v.picklist(["honor", "ignore"], 'must be "honor" or "ignore"'), "honor"),
  /**
   * Response fields that go before Cache-Control, the most specific first (RFC 9213). `surrogate-control` is read by its
   * own grammar (W3C Edge Architecture), in which `max-age=600+30` is fresh for 600 seconds and stale for 30 more.
   */
  targetedControl: v.optional(
    v.pipe(
      HeaderNamesSchema,
      v.transform((list) => list.map((name) => name.toLowerCase())),
    ),
    ["cdn-cache-control"],
  ),
  /**
   * Whether the fields of `targetedControl` go on to clients, where a cache further out may obey them, or are taken out of
   * all that is answered. Either way they are kept with what is stored.
   */
  targetedControlToClient: v.optional(v.picklist(["forward", "remove"], 'must be "forward" or "remove"'), "forward"),
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
  vary: v.optional(VarySchema),
  /** Serve nothing that a purge up to this version has hit, wherever that purge was made. */
  atLeast: v.optional(version),
  /** `strong` confirms the view with the coordinator first; `bounded`, the default, within `purgeLagSeconds`. */
  consistency: v.optional(v.picklist(["bounded", "strong"], 'must be "bounded" or "strong"'), "bounded"),
  /**
   * If nothing is stored, wait for whoever fills it already. A `match` that still finds nothing then holds the lease, and
   * the `put` for the same request object ends it, whether its response is stored or not. Without a `put` the others wait
   * for `fillTimeoutSeconds`, so where the origin may fail, `wrap` is the better choice.
   */
  coalesce: v.optional(v.literal(true, "must be true, or left out")),
});

export type MatchOptions = v.InferInput<typeof MatchOptionsSchema>;

/** The options of `put`. */
export const PutOptionsSchema = v.strictObject({
  /** Added to the cache's own. */
  tags: v.optional(TagsSchema, []),
  ttlSeconds: v.optional(SecondsSchema),
  staleWhileRevalidateSeconds: v.optional(SecondsSchema),
  staleIfErrorSeconds: v.optional(SecondsSchema),
  /** Instead of the cache's own. */
  vary: v.optional(VarySchema),
  /** Survives every purge but one of exactly this request, and an erasing one. */
  permanent: v.optional(v.literal(true, "must be true, or left out")),
  /** The version known before the origin was asked; `match` remembers it for the request object it was given. */
  asOf: v.optional(version),
});

export type PutOptions = v.InferInput<typeof PutOptionsSchema>;

/** What the body of a request comes to whose answer depends on it; null when it is too large for that. */
const bodyKey = v.nullable(v.pipe(v.string(), v.maxLength(100, "must be a key as of a body")));

/** What goes with a response to be stored, inside Larder: the options of `put`, and what its callers know besides. */
export const StoreOptionsSchema = v.strictObject({
  ...PutOptionsSchema.entries,
  body: v.optional(bodyKey),
  /** As the look-up gave it; null means it could not be learnt, and nothing is stored. Left out: the log as known now. */
  asOf: v.optional(v.nullable(version)),
  /** The right to fill the key, as the look-up gave it. */
  lease: v.optional(LeaseSchema),
  /** The origin was asked by the conditions of what is stored, or by HEAD: what confirms it renews it. */
  renews: v.optional(v.literal(true)),
  /** How long its maker took to answer. */
  fillSeconds: v.optional(v.pipe(v.number(), v.minValue(0))),
  /** Whether a lifetime may be guessed from `Last-Modified` (RFC 9111 section 4.2.2). */
  heuristics: v.optional(v.picklist(["on", "off"])),
});

export type StoreOptions = v.InferOutput<typeof StoreOptionsSchema>;

/** The options of `delete` and `key`. */
export const KeyOptionsSchema = v.strictObject({ vary: v.optional(VarySchema) });

export type KeyOptions = v.InferInput<typeof KeyOptionsSchema>;

/** What the key of a request is made of besides the request and the cache's declaration. */
export const KeyingSchema = v.strictObject({
  ...KeyOptionsSchema.entries,
  body: v.optional(bodyKey),
});

export type Keying = v.InferOutput<typeof KeyingSchema>;
