import type { MissReason, RefusalReason } from "../../schema/events.ts";

/**
 * Why a response was not cached, in one word: the field `Larder-Caching-Status` of what the gateway sends.
 *
 * `ok`: it came from the cache, or is being stored. `pass`: the last response could not be stored, so this one went by
 * itself. `debug`: the request asked to go past the cache. All others are the reasons of a receipt.
 */
export type CachingStatus = "ok" | "pass" | "debug" | RefusalReason;

export const CACHING_STATUS = "larder-caching-status";

/** What a response that the origin has sent is called: by why the cache was not asked, else by what may be stored of it. */
export function cachingStatus(missed: MissReason, refusal: RefusalReason | undefined): CachingStatus {
  switch (missed) {
    case "disabled":
    case "bypass":
    case "method":
    case "body-too-big":
    case "too-long":
    case "unreachable":
      return missed;
    case "hit-for-miss":
      return refusal === undefined ? "ok" : "pass";
    case "absent":
    case "variant":
    case "expired":
    case "purged":
    case "unknown":
    case "request":
      return refusal ?? "ok";
  }
}
