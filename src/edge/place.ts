import type { Place } from "../../schema/entry.ts";
import type { AbsoluteUrl } from "../../schema/key.ts";
import { absoluteUrl, buildKey, isSearchRule, normalizeVary, sortedUrl } from "../../schema/key.ts";
import type { KeyPolicy } from "../../schema/key-policy.ts";
import { limits } from "../../schema/limits.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { KeyPart } from "../http/key-parts.ts";
import { keyParts } from "../http/key-parts.ts";
import { keyedUrl } from "../http/keyed-url.ts";
import { withoutIgnored } from "../http/no-vary-search.ts";
import { preferredLanguage } from "../http/preferred-language.ts";
import { normalizedValue } from "../http/vary-values.ts";
import { Memo } from "../store/memo.ts";

/** What a request's key is made of besides its method and its URL. */
export interface KeyedBy {
  /** Names as of `normalizeVary`. */
  readonly vary: readonly string[];
  readonly key?: KeyPolicy | undefined;
  /** Those that there are, of which the one the request prefers stands for its `Accept-Language`. */
  readonly languages?: readonly string[] | undefined;
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
  if (by.vary.length > 0 || by.key !== undefined || request.method !== "GET") return workOut(keyspace, request, by);
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

/** URLs and values above this length are not worth their room. */
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

function workOut({ namespace, name: cache, queryOrder }: Keyspace, request: Request, by: KeyedBy): Place | undefined {
  const own = keyedUrlOf(request, by);
  // What people ask for by URL, to purge it, is found in any order.
  const sorted = sortedUrl(own);
  if (own.length > limits.urlCharacters) return undefined;
  const values = partsOf(request, by);
  // Octets that are no UTF-8 all look like this: values that differ in them only would share a variant.
  if (values.some(([, value]) => value?.includes("\ufffd"))) return undefined;
  const url = queryOrder === "kept" ? own : sorted;
  const key = buildKey({ namespace, cache, method: methodOf(request), url, vary: values });
  return key.length > limits.keyCharacters ? undefined : { key, url: sorted, cache };
}

/** The request's URL without what of its query has no part in the key. */
export function keyedUrlOf({ url }: Pick<Request, "url">, { key, vary }: KeyedBy): AbsoluteUrl {
  const absolute = absoluteUrl(url);
  const kept = key?.query === undefined ? absolute : (keyedUrl(key, absolute) as AbsoluteUrl);
  return withoutIgnored(kept, vary);
}

/** What a request's key is made of besides its method and its URL, by name. */
export function partsOf({ headers, cf }: Request, { vary, key, languages, body }: KeyedBy): KeyPart[] {
  const parts: KeyPart[] = vary.map((name) => [name, keyedValue(name, headers, languages)]);
  if (key !== undefined) {
    const own = keyParts(key, { headers, country: key.country === true ? countryOf(headers, cf) : undefined });
    parts.push(...own.filter(([name]) => !vary.includes(name)));
  }
  if (body != null) parts.push(["body:", body]);
  return parts;
}

function keyedValue(name: string, headers: Headers, languages: readonly string[] | undefined): string | null {
  if (isSearchRule(name)) return null;
  if (name === "accept-language" && languages !== undefined) return preferredLanguage(headers, languages);
  const value = headers.get(name);
  // Clients send few different ones, and taking a list apart costs more than all else about a key.
  if (value === null || value.length > LONG) return normalizedValue(name, headers);
  const field = `${name}:${value}`;
  return values.get(field) ?? values.set(field, normalizedValue(name, headers) ?? "");
}

/** What the values of fields come to, by these. */
const values = new Memo<string>(500);

/** As Cloudflare tells it: of the request, or in the field that it adds for those who ask for it. */
function countryOf(headers: Headers, cf: Request["cf"]): string | undefined {
  const country: unknown = cf?.["country"];
  return typeof country === "string" ? country : (headers.get("cf-ipcountry") ?? undefined);
}

/** Whether what is asked for is in the request's body as much as in its URL. */
export function isKeyedByBody({ method }: Pick<Request, "method">): boolean {
  return method !== "GET" && method !== "HEAD";
}

function methodOf({ method }: Request): string {
  return method === "HEAD" ? "GET" : method;
}
