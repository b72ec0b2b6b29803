import type { Place } from "../../schema/entry.ts";
import type { AbsoluteUrl } from "../../schema/key.ts";
import { absoluteUrl, buildKey, isSearchRule, normalizeVary, sortedUrl } from "../../schema/key.ts";
import { limits } from "../../schema/limits.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { withoutIgnored } from "../http/no-vary-search.ts";
import { normalizedAcceptEncoding } from "../http/vary.ts";
import { Memo } from "../store/memo.ts";

/** What a request's key is made of besides its method and its URL. */
export interface KeyedBy {
  /** Names as of `normalizeVary`. */
  readonly vary: readonly string[];
  /** What its body comes to, of a request whose answer depends on that. */
  readonly body?: string | null | undefined;
}

export type Keyspace = Pick<CacheConfig, "namespace" | "name" | "queryOrder">;

/** Places of requests that nothing but their URLs has a part in, by these. */
const plainPlaces = new WeakMap<object, Memo<Place>>();

/**
 * The place of `request` among the variants. HEAD has GET's: it is answered from the same entry. Undefined when the URL,
 * or the values it varies on, are too long to be kept.
 */
export function placeOf(keyspace: Keyspace, request: Request, by: KeyedBy): Place | undefined {
  if (by.vary.length > 0 || request.method !== "GET") return workOut(keyspace, request, by);
  let places = plainPlaces.get(keyspace);
  if (places === undefined) {
    places = new Memo(1000);
    plainPlaces.set(keyspace, places);
  }
  const { url } = request;
  const found = places.get(url);
  if (found !== undefined) return found;
  const place = workOut(keyspace, request, by);
  return place === undefined || url.length > LONG ? place : places.set(url, place);
}

/** URLs above this length are not worth their room. */
const LONG = 500;

/** The place of `request` where its responses vary on these names besides what the cache declares. */
export function variantOf(
  keyspace: Keyspace,
  request: Request,
  by: KeyedBy,
  names: readonly string[],
): Place | undefined {
  return placeOf(keyspace, request, { ...by, vary: normalizeVary([...by.vary, ...names]) });
}

/**
 * Where a note lies that tells what all queries of one path have in common, by the `No-Vary-Search` of a response to one
 * of them. Undefined for a request without a query.
 */
export function searchPlaceOf(keyspace: Keyspace, request: Request): Place | undefined {
  const url = absoluteUrl(request.url);
  const queryAt = url.indexOf("?");
  if (queryAt === -1 || url.length > limits.urlCharacters) return undefined;
  const path = url.slice(0, queryAt) as AbsoluteUrl;
  const { namespace, name: cache } = keyspace;
  // No header has this name, so no request's own key is this one.
  const key = buildKey({ namespace, cache, method: methodOf(request), url: path, vary: [["?", null]] });
  return { key, url: sortedUrl(path), cache };
}

function workOut(
  { namespace, name: cache, queryOrder }: Keyspace,
  request: Request,
  { vary, body }: KeyedBy,
): Place | undefined {
  const own = withoutIgnored(absoluteUrl(request.url), vary);
  // What people ask for by URL, to purge it, is found in any order.
  const sorted = sortedUrl(own);
  if (own.length > limits.urlCharacters) return undefined;
  const values = vary.map((name) => [name, keyedValue(name, request.headers)] as const);
  // Octets that are no UTF-8 all look like this: values that differ in them only would share a variant.
  if (values.some(([, value]) => value?.includes("\ufffd"))) return undefined;
  const key = buildKey({
    namespace,
    cache,
    method: methodOf(request),
    url: queryOrder === "kept" ? own : sorted,
    vary: body == null ? values : [...values, ["body:", body]],
  });
  return key.length > limits.keyCharacters ? undefined : { key, url: sorted, cache };
}

/** Whether what is asked for is in the request's body as much as in its URL. */
export function isKeyedByBody({ method }: Pick<Request, "method">): boolean {
  return method !== "GET" && method !== "HEAD";
}

function methodOf({ method }: Request): string {
  return method === "HEAD" ? "GET" : method;
}

function keyedValue(name: string, headers: Headers): string | null {
  if (isSearchRule(name)) return null;
  // Clients spell what they accept in many ways that mean the same: one variant a meaning.
  return name === "accept-encoding" ? normalizedAcceptEncoding(headers) : headers.get(name);
}
