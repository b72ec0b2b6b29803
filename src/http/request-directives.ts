import { parseCacheControl } from "./cache-control.ts";

/** What the request-directives are weighed against. */
export interface Candidate {
  readonly ageSeconds: number;
  /** Seconds of age up to which it is fresh. */
  readonly ttlSeconds: number;
  /** Whether it counts as fresh: a soft purge may have made it stale before its time. */
  readonly isFresh: boolean;
  /** Whether the origin has been asked for the request, in vain. */
  readonly origin: "unasked" | "failed";
  /** Whether the response allows itself to be served stale (RFC 9111 section 4.2.4); asked only where that matters. */
  mayBeStale(): boolean;
}

/** What a client asks of a stored response. */
export type RequestWish =
  /** It says nothing, or is content with what there is. */
  | "content"
  /** It takes it though it is stale (`max-stale`; `stale-if-error`, where the origin has failed). */
  | "content-if-stale"
  /** The origin is to be asked whether it is valid still. */
  | "validate";

/** Whether a request has directives at all: most have none, and nothing need be parsed. */
export function hasDirectives(headers: Headers): boolean {
  return headers.has("cache-control");
}

/**
 * What the request-directives make of a stored response (RFC 9111 section 5.2.1). Pragma is not read (section 5.4). Where several are there the strictest
 * counts, but that `max-stale` extends `max-age` (section 5.2.1.1).
 */
export function requestWish(headers: Headers, candidate: Candidate): RequestWish {
  const directives = parseCacheControl(headers);
  const { ageSeconds, ttlSeconds, isFresh } = candidate;
  if (directives.noCache !== undefined) return "validate";
  const { maxAgeSeconds, minFreshSeconds } = directives;
  const { maxStaleSeconds = 0 } = directives;
  const toleratedSeconds = maxStaleSeconds > 0 && candidate.mayBeStale() ? maxStaleSeconds : 0;
  if (maxAgeSeconds !== undefined && ageSeconds > maxAgeSeconds + toleratedSeconds) return "validate";
  // Section 5.2.1.1: whoever names an age does not want what is stale, unless it says so.
  if (maxAgeSeconds !== undefined && !isFresh && ageSeconds - ttlSeconds > toleratedSeconds) return "validate";
  // A soft purge has ended its freshness before its time.
  const freshSeconds = isFresh ? ttlSeconds - ageSeconds : Math.min(0, ttlSeconds - ageSeconds);
  if (minFreshSeconds !== undefined && freshSeconds < minFreshSeconds) return "validate";
  if (isFresh) return "content";
  const staleSeconds = ageSeconds - ttlSeconds;
  if (toleratedSeconds > 0 && staleSeconds <= toleratedSeconds) return "content-if-stale";
  // RFC 5861 section 4: of a request it is for that request, whatever the response itself says of errors.
  const { staleIfErrorSeconds } = directives;
  if (candidate.origin === "unasked" || staleIfErrorSeconds === undefined) return "content";
  return staleSeconds <= staleIfErrorSeconds && candidate.mayBeStale() ? "content-if-stale" : "content";
}

/** `only-if-cached` (section 5.2.1.7): nothing is to be asked of the origin. For methods that are answered from a cache. */
export function isOnlyIfCached({ method, headers }: Pick<Request, "method" | "headers">): boolean {
  if (!headers.has("cache-control") || (method !== "GET" && method !== "HEAD")) return false;
  return parseCacheControl(headers).flags.has("only-if-cached");
}
