import type { EntryFacts } from "../../schema/entry.ts";
import type { NormalUrl } from "../../schema/key.ts";
import { buildKey, normalizeUrl, varyValues } from "../../schema/key.ts";
import { limits } from "../../schema/limits.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { normalizedAcceptEncoding } from "../http/vary.ts";

/** Where a request's entry lies. */
export type Place = Pick<EntryFacts, "key" | "url" | "cache">;

/**
 * The place of `request` among the variants by `vary`. HEAD has GET's: it is answered from the same entry. Undefined
 * when the URL, or the values it varies on, are too long to be kept.
 */
export function placeOf(
  config: Pick<CacheConfig, "namespace" | "name">,
  request: Request,
  vary: readonly string[],
  url: NormalUrl = normalizeUrl(request.url),
): Place | undefined {
  if (url.length > limits.urlCharacters) return undefined;
  const { namespace, name: cache } = config;
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
