import type { Place } from "../../schema/entry.ts";
import { normalizeVary } from "../../schema/key.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { DataCentreCache, InCache } from "../store/data-centre-cache.ts";
import { placeOf } from "./place.ts";

/** Where a request's entry lies, and what lies there. */
export interface FoundAt {
  readonly place: Place;
  readonly stored: InCache | undefined;
  readonly steps: 1 | 2;
}

/**
 * Looks a request up, in two steps where its responses vary on more than the cache declares (RFC 9111 section 4.1).
 * Undefined when no key can hold it.
 */
export async function findEntry(
  cache: DataCentreCache,
  config: CacheConfig,
  request: Request,
  vary: readonly string[],
): Promise<FoundAt | undefined> {
  const own = placeOf(config, request, vary);
  if (own === undefined) return undefined;
  const stored = await cache.match(own);
  if (stored?.found.kind !== "varies") return { place: own, stored, steps: 1 };
  const place = placeOf(config, request, normalizeVary([...vary, ...stored.found.names]), own.url);
  return place === undefined ? undefined : { place, stored: await cache.match(place), steps: 2 };
}
