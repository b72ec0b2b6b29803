import type { Place } from "../../schema/entry.ts";
import type { NormalUrl } from "../../schema/key.ts";
import { buildKey, normalizeUrl, varyValues } from "../../schema/key.ts";
import { limits } from "../../schema/limits.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { normalizedAcceptEncoding } from "../http/vary.ts";
import { Memo } from "../store/memo.ts";

/** Places of requests that no header field has a part in, by their URLs. */
const plainPlaces = new WeakMap<object, Memo<Place>>();

/**
 * The place of `request` among the variants by `vary`. HEAD has GET's: it is answered from the same entry. Undefined
 * when the URL, or the values it varies on, are too long to be kept.
 */
export function placeOf(
  config: Pick<CacheConfig, "namespace" | "name">,
  request: Request,
  vary: readonly string[],
  known?: NormalUrl,
): Place | undefined {
  if (vary.length > 0 || request.method !== "GET") return workOut(config, request, vary, known);
  let places = plainPlaces.get(config);
  if (places === undefined) {
    places = new Memo(1000);
    plainPlaces.set(config, places);
  }
  const { url } = request;
  const found = places.get(url);
  if (found !== undefined) return found;
  const place = workOut(config, request, vary, known);
  return place === undefined || url.length > LONG ? place : places.set(url, place);
}

/** URLs above this length are not worth their room. */
const LONG = 500;

function workOut(
  { namespace, name: cache }: Pick<CacheConfig, "namespace" | "name">,
  request: Request,
  vary: readonly string[],
  url: NormalUrl = normalizeUrl(request.url),
): Place | undefined {
  if (url.length > limits.urlCharacters) return undefined;
  const method = request.method === "HEAD" ? "GET" : request.method;
  const values = varyValues(vary, request.headers).map(([name, value]) =>
    // Clients spell what they accept in many ways that mean the same: one variant a meaning.
    name === "accept-encoding"
      ? ([name, normalizedAcceptEncoding(request.headers)] as const)
      : ([name, value] as const),
  );
  const key = buildKey({ namespace, cache, method, url, vary: values });
  return key.length > limits.keyCharacters ? undefined : { key, url, cache };
}
