import type { Place } from "../../schema/entry.ts";
import { isSearchRule } from "../../schema/key.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { DataCentreCache, InCache } from "../store/data-centre-cache.ts";
import type { KeyedBy } from "./place.ts";
import { placeOf, searchPlaceOf, variantOf } from "./place.ts";

/** Where a request's entry lies, and what lies there. */
export interface FoundAt {
  readonly place: Place;
  readonly stored: InCache | undefined;
  readonly steps: 1 | 2;
  /** What its responses were noted to vary on besides what the key of the request holds. */
  readonly names: readonly string[];
}

/**
 * Looks a request up, in two steps where its responses vary on more than the cache declares (RFC 9111 section 4.1), or on
 * less than the whole of its query (`No-Vary-Search`). Undefined when no key can hold it.
 */
export async function findEntry(
  cache: DataCentreCache,
  config: CacheConfig,
  request: Request,
  by: KeyedBy,
): Promise<FoundAt | undefined> {
  const own = placeOf(config, request, by);
  if (own === undefined) return undefined;
  const stored = await cache.match(own);
  const names = stored === undefined ? await searchNames(cache, config, request) : namesIn(stored);
  if (names.length === 0) return { place: own, stored, steps: 1, names };
  const place = variantOf(config, request, by, names);
  return place === undefined ? undefined : { place, stored: await cache.match(place), steps: 2, names };
}

/** What the responses under `place` were found to vary on besides what the key holds. */
export async function notedNames(cache: DataCentreCache, place: Place): Promise<readonly string[]> {
  const stored = await cache.match(place);
  await stored?.body?.cancel();
  return stored === undefined ? [] : namesIn(stored);
}

/** The same as it was found of another query of the same path. */
async function searchNames(cache: DataCentreCache, config: CacheConfig, request: Request): Promise<readonly string[]> {
  const place = searchPlaceOf(config, request);
  const names = place === undefined ? [] : await notedNames(cache, place);
  return names.some(isSearchRule) ? names : [];
}

function namesIn({ found }: InCache): readonly string[] {
  return found.kind === "varies" ? found.names : [];
}

/** Notes what the responses under `own` vary on besides what the key holds, where look-ups will find it. */
export async function noteNames(
  cache: DataCentreCache,
  config: CacheConfig,
  request: Request,
  own: Place,
  names: readonly string[],
  seconds: number,
): Promise<void> {
  await cache.putNote(own.key, { kind: "varies", names }, seconds);
  const path = names.some(isSearchRule) ? searchPlaceOf(config, request) : undefined;
  if (path !== undefined) await cache.putNote(path.key, { kind: "varies", names }, seconds);
}
