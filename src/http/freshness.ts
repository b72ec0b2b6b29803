import type { CacheControl } from "./cache-control.ts";
import { MOST_DELTA_SECONDS, parseDeltaSeconds } from "./delta-seconds.ts";
import { parseHttpDate } from "./http-date.ts";
import { splitList } from "./list.ts";
import { isHeuristicallyCacheable } from "./status.ts";
import type { ResponseControl } from "./targeted-control.ts";
import { responseControl } from "./targeted-control.ts";

/** No heuristic lifetime is longer than a day: the answer to a guess that was wrong. */
const MOST_HEURISTIC_SECONDS = 86_400;

/** RFC 9111 section 4.2.2: a typical setting of the fraction of the time since the last modification. */
const HEURISTIC_FRACTION = 0.1;

export interface StaleWindows {
  readonly staleWhileRevalidateSeconds: number;
  readonly staleIfErrorSeconds: number;
}

/**
 * Seconds a response says it is fresh in a shared cache (RFC 9111 section 4.2.1): `s-maxage`, else `max-age`, else
 * `Expires` minus `Date`. Undefined when it says nothing; 0 when what it says is invalid.
 *
 * `nowMs` stands in for a `Date` that is missing or invalid (RFC 9110 section 6.6.1).
 */
export function responseLifetimeSeconds(
  headers: Headers,
  nowMs: number,
  { sharedMaxAgeSeconds, maxAgeSeconds, target }: ResponseControl = responseControl(headers),
): number | undefined {
  if (sharedMaxAgeSeconds !== undefined) return sharedMaxAgeSeconds;
  if (maxAgeSeconds !== undefined) return maxAgeSeconds;
  if (target !== undefined) return undefined;
  const expires = headers.get("expires");
  if (expires === null) return undefined;
  // RFC 9111 section 5.3: an invalid date, "0" above all, means already expired. Several lines are one invalid date.
  const expiresMs = parseHttpDate(expires);
  if (expiresMs === undefined) return 0;
  return wholeSeconds(expiresMs - (dateOf(headers, "date") ?? nowMs));
}

/**
 * Seconds a response that says nothing of its freshness may be taken to be fresh (RFC 9111 section 4.2.2): a tenth of
 * the time from `Last-Modified` to `Date`, a day at most. Undefined where no heuristic is allowed: the status is not
 * heuristically cacheable, there is explicit freshness, or one of the two dates is missing or invalid.
 */
export function heuristicLifetimeSeconds(
  status: number,
  headers: Headers,
  control: ResponseControl = responseControl(headers),
): number | undefined {
  if (!isHeuristicallyCacheable(status) && !control.flags.has("public")) return undefined;
  const dateMs = dateOf(headers, "date");
  const lastModifiedMs = dateOf(headers, "last-modified");
  if (dateMs === undefined || lastModifiedMs === undefined) return undefined;
  if (responseLifetimeSeconds(headers, dateMs, control) !== undefined) return undefined;
  return Math.min(wholeSeconds((dateMs - lastModifiedMs) * HEURISTIC_FRACTION), MOST_HEURISTIC_SECONDS);
}

/**
 * How old a response is on arrival (RFC 9111 section 4.2.3): its `Age` and the time it took to come, or the time since
 * its `Date` where that is more.
 */
export function initialAgeSeconds(headers: Headers, nowMs: number, responseDelaySeconds = 0): number {
  const dateMs = dateOf(headers, "date");
  const apparentAgeSeconds = dateMs === undefined ? 0 : wholeSeconds(nowMs - dateMs);
  return Math.max(ageValueSeconds(headers) + Math.floor(responseDelaySeconds), apparentAgeSeconds);
}

/** RFC 9111 section 5.1: of several values the first counts; an invalid one is ignored. */
function ageValueSeconds(headers: Headers): number {
  const [first = ""] = splitList(headers.get("age") ?? "");
  return parseDeltaSeconds(first) ?? 0;
}

/**
 * How long after its lifetime the response allows itself to be served (RFC 5861 sections 3 and 4). None at all with
 * `must-revalidate`, `proxy-revalidate` or `s-maxage`, which forbid a shared cache to serve stale (RFC 9111 sections
 * 4.2.4 and 5.2.2.10).
 */
export function staleWindows(headers: Headers, control: ResponseControl = responseControl(headers)): StaleWindows {
  if (forbidsStale(control)) return { staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0 };
  const { staleWhileRevalidateSeconds, staleIfErrorSeconds } = control;
  return {
    staleWhileRevalidateSeconds: staleWhileRevalidateSeconds ?? 0,
    staleIfErrorSeconds: staleIfErrorSeconds ?? 0,
  };
}

/** Whether a shared cache must not serve the response stale (RFC 9111 sections 4.2.4, 5.2.2.2, 5.2.2.8 and 5.2.2.10). */
export function forbidsStale({ flags, sharedMaxAgeSeconds, noCache }: CacheControl): boolean {
  return (
    flags.has("must-revalidate") ||
    flags.has("proxy-revalidate") ||
    sharedMaxAgeSeconds !== undefined ||
    noCache !== undefined
  );
}

function dateOf(headers: Headers, name: string): number | undefined {
  const text = headers.get(name);
  return text === null ? undefined : parseHttpDate(text);
}

function wholeSeconds(durationMs: number): number {
  return Math.min(Math.max(0, Math.floor(durationMs / 1000)), MOST_DELTA_SECONDS);
}
