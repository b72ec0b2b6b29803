import type { Key } from "./key.ts";
import type { CacheName, Tag } from "./names.ts";
import type { RefillProgress, RefillState } from "./refill.ts";

/**
 * The one union of what happens in a cache. Counters, the live feed, logs and explanations read it; nothing counts on
 * its own. `schema/counters.ts` says which counters an event adds to.
 */
export type CacheEvent = Happening & {
  /** Undefined for what is of all caches of a namespace. */
  readonly cache: CacheName | undefined;
  /** The rule of the cache, or the routes of the gateway, that decided; undefined where none did. */
  readonly rule: string | undefined;
};

/** A {@link CacheEvent} before it is told of which cache and rule it is. */
export type Happening = Answered | Asked | Written | Invalidated | Troubled | Refilled;

/** How a look-up came out: each that is counted is one of these. */
export type Answered =
  /** Something that is stored answers. `shield`: it came from the namespace's own data centre for this. */
  | { readonly type: "hit"; readonly state: "fresh" | "stale" | "shield"; readonly entry: Told }
  /** Somebody else was filling the key, and what they stored answers. */
  | { readonly type: "wait"; readonly entry: Told }
  /** Nothing that is stored answers; what does is for the origin to say. `key` is left out where there is none. */
  | { readonly type: "miss"; readonly reason: LookedUpReason; readonly key?: Key }
  /** The request went past the cache. */
  | { readonly type: "bypass"; readonly reason: BypassReason };

/** What is told of an entry that answers, or has been stored. */
export interface Told {
  readonly key: Key;
  readonly tags: readonly Tag[];
  /** Of the body, decoded, as far as it is sent or stored. */
  readonly bytes: number;
}

/** What was asked of the origin. */
export type Asked =
  /** `failed`: it answered 500 or more, or could not be reached, or took too long. */
  | { readonly type: "origin"; readonly outcome: "answered" | "failed"; readonly tookMs: number }
  /** The origin failed, and what is stored stood in. */
  | { readonly type: "stand-in" };

/** What was to be stored, or removed. */
export type Written =
  | { readonly type: "put"; readonly entry: Told }
  | { readonly type: "put-refused"; readonly reason: RefusalReason }
  /** `seq` is that of the record in the log by which it is gone. */
  | { readonly type: "delete"; readonly seq: number };

/** What was made invalid, or valid again. */
export type Invalidated =
  | { readonly type: "purge"; readonly seq: number; readonly purged: number }
  | { readonly type: "revoke"; readonly seq: number; readonly revokes: number; readonly restored: number }
  /** A request by an unsafe method made what is stored under its URL, or in a group, invalid. */
  | { readonly type: "invalidation" };

/** What went wrong, or is being held off. */
export type Troubled =
  /** Larder itself could not do something: reach the namespace's object, or use the data centre's cache. */
  | { readonly type: "error"; readonly what: "object" | "cache" }
  /** A fill came to nothing; the origin is left alone until `retryAtMs` by whoever can do without. */
  | { readonly type: "fill-failed"; readonly key: Key; readonly failures: number; readonly retryAtMs: number }
  /** A response could not be stored, and until then nobody waits for the next under its key (hit-for-miss). */
  | { readonly type: "marker"; readonly key: Key; readonly untilMs: number };

/** A refill has begun, has come so far, or has ended. */
export type Refilled = { readonly type: "refill"; readonly id: string; readonly state: RefillState } & RefillProgress;

/** Why a look-up found nothing to serve. */
export const lookedUpReasons = [
  /** Nothing is stored under the key in this data centre. */
  "absent",
  /** What is stored varies on header fields, or parameters of the query, and none of it is for those of this request. */
  "variant",
  /** What is stored has outlived every window in which it could be served. */
  "expired",
  /** A purge hit what is stored. */
  "purged",
  /** What is stored is older than the log this isolate knows, so it cannot be judged. */
  "unknown",
  /** The client's own Cache-Control asks for what the origin has confirmed. */
  "request",
] as const;
export type LookedUpReason = (typeof lookedUpReasons)[number];

/** Why a request went past the cache, whatever is stored. */
export const bypassReasons = [
  /** The request's method is one that is never answered from this cache. */
  "method",
  /** The request is told apart by its body, which is larger than a key is made of. */
  "body-too-big",
  /** The cache, or the rule that fits, keeps nothing. */
  "disabled",
  /** A rule says that this request goes past the cache. */
  "bypass",
  /** The URL, or what the request varies on, is too long for a key. */
  "too-long",
  /** The last response could not be stored, so this request goes to the origin by itself. */
  "hit-for-miss",
  /** The namespace object did not answer for longer than the cache's grace allows. */
  "unreachable",
] as const;
export type BypassReason = (typeof bypassReasons)[number];

/** Why a request was not answered from what is stored. */
export type MissReason = LookedUpReason | BypassReason;

export function isBypass(reason: MissReason): reason is BypassReason {
  return (bypassReasons as readonly MissReason[]).includes(reason);
}

/** Why a response was not stored. */
export const refusalReasons = [
  /** Answers to the request's method are not stored. */
  "method",
  /** The request is told apart by its body, which is larger than a key is made of. */
  "body-too-big",
  /** The cache, or the rule that fits, keeps nothing. */
  "disabled",
  /** A rule says that this request goes past the cache. */
  "bypass",
  /** The URL, or what the request varies on, is too long for a key. */
  "too-long",
  /** The status is never stored (1xx, 206, 304), or only with explicit freshness, which it lacks. */
  "code",
  /** `Cache-Control: no-store`. */
  "no-store",
  /** `Cache-Control: private`. */
  "private",
  /** `Cache-Control: no-cache`. */
  "no-cache",
  /** The response sets a cookie. */
  "set-cookie",
  /** The request carried credentials and the response does not allow sharing (RFC 9111 section 3.5). */
  "authorization",
  /** It says it is something else than its path looks like (web cache deception). */
  "content-type",
  /** `Vary: *`, or a `Vary` on more headers than a key may hold. */
  "vary",
  /** No lifetime: neither declared nor in the response, or one of zero seconds. */
  "no-max-age",
  /** The body is larger than the cache's `maxBodyBytes`. */
  "too-large",
  /** The body ended in an error before it was whole. */
  "incomplete",
  /** A purge that hits this entry came after its maker asked the origin. */
  "purged-during-fill",
  /** The version of the Worker that made it has been superseded by one that has purged the cache. */
  "deployment",
  /** The fill took longer than its lease, and another has taken its place. */
  "lease-lost",
  /** The platform's cache does nothing here (behind Access, in Workers for Platforms, in previews). */
  "cache-unavailable",
  /** The namespace object did not answer. */
  "unreachable",
] as const;
export type RefusalReason = (typeof refusalReasons)[number];
