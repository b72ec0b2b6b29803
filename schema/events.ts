/**
 * The one union of what happens in a cache. Counters, logs, the live feed and explanations read it; nothing counts on
 * its own.
 */
export type CacheEvent = Happening & { readonly cache: string };

/** A {@link CacheEvent} before it is told of which cache it is. */
export type Happening =
  | { readonly type: "hit"; readonly state: "fresh" | "stale" }
  | { readonly type: "miss"; readonly reason: MissReason }
  | { readonly type: "put" }
  | { readonly type: "put-refused"; readonly reason: RefusalReason }
  | { readonly type: "delete" }
  | { readonly type: "purge"; readonly purged: number }
  /** A request by an unsafe method made what is stored under its URL, or in a group, invalid. */
  | { readonly type: "invalidation" };

/** Why a lookup found nothing to serve. */
export type MissReason =
  /** Nothing is stored under the key in this data centre. */
  | "absent"
  /** What is stored varies on header fields, or parameters of the query, and none of it is for those of this request. */
  | "variant"
  /** What is stored has outlived every window in which it could be served. */
  | "expired"
  /** A purge hit what is stored. */
  | "purged"
  /** What is stored is older than the log this isolate knows, so it cannot be judged. */
  | "unknown"
  /** The client's own Cache-Control asks for what the origin has confirmed. */
  | "request"
  /** The request's method is one that is never answered from this cache. */
  | "method"
  /** The request is told apart by its body, which is larger than a key is made of. */
  | "body-too-big"
  /** The cache, or the rule that fits, keeps nothing. */
  | "disabled"
  /** A rule says that this request goes past the cache. */
  | "bypass"
  /** The URL, or what the request varies on, is too long for a key. */
  | "too-long"
  /** The last response could not be stored, so this request goes to the origin by itself. */
  | "hit-for-miss"
  /** The namespace object did not answer for longer than the cache's grace allows. */
  | "unreachable";

/** Why a response was not stored. */
export type RefusalReason =
  /** Answers to the request's method are not stored. */
  | "method"
  /** The request is told apart by its body, which is larger than a key is made of. */
  | "body-too-big"
  /** The cache, or the rule that fits, keeps nothing. */
  | "disabled"
  /** A rule says that this request goes past the cache. */
  | "bypass"
  /** The URL, or what the request varies on, is too long for a key. */
  | "too-long"
  /** The status is never stored (1xx, 206, 304), or only with explicit freshness, which it lacks. */
  | "code"
  /** `Cache-Control: no-store`. */
  | "no-store"
  /** `Cache-Control: private`. */
  | "private"
  /** `Cache-Control: no-cache`. */
  | "no-cache"
  /** The response sets a cookie. */
  | "set-cookie"
  /** The request carried credentials and the response does not allow sharing (RFC 9111 section 3.5). */
  | "authorization"
  /** It says it is something else than its path looks like (web cache deception). */
  | "content-type"
  /** `Vary: *`, or a `Vary` on more headers than a key may hold. */
  | "vary"
  /** No lifetime: neither declared nor in the response, or one of zero seconds. */
  | "no-max-age"
  /** The body is larger than the cache's `maxBodyBytes`. */
  | "too-large"
  /** The body ended in an error before it was whole. */
  | "incomplete"
  /** A purge that hits this entry came after its maker asked the origin. */
  | "purged-during-fill"
  /** The version of the Worker that made it has been superseded by one that has purged the cache. */
  | "deployment"
  /** The fill took longer than its lease, and another has taken its place. */
  | "lease-lost"
  /** The platform's cache does nothing here (behind Access, in Workers for Platforms, in previews). */
  | "cache-unavailable"
  /** The namespace object did not answer. */
  | "unreachable";

/** Names of the counters; every one counts one kind of event. */
export const counterNames = ["hits", "misses", "puts", "refusals", "deletes", "purges", "invalidations"] as const;
export type CounterName = (typeof counterNames)[number];

/** The counter an event adds one to. */
export function counterOf(event: Happening): CounterName {
  switch (event.type) {
    case "hit":
      return "hits";
    case "miss":
      return "misses";
    case "put":
      return "puts";
    case "put-refused":
      return "refusals";
    case "delete":
      return "deletes";
    case "purge":
      return "purges";
    case "invalidation":
      return "invalidations";
  }
}
