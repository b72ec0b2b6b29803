import type { EntryFacts } from "../../schema/entry.ts";
import type { NormalUrl } from "../../schema/key.ts";
import { buildKey, normalizeUrl, varyValues } from "../../schema/key.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { normalizedAcceptEncoding } from "../http/vary.ts";

/** Where a request's entry lies. */
export type Place = Pick<EntryFacts, "key" | "url" | "cache">;

/** The place of `request` among the variants by `vary`. HEAD has GET's: it is answered from the same entry. */
export function placeOf(
  config: Pick<CacheConfig, "namespace" | "name">,
  request: Request,
  vary: readonly string[],
  url: NormalUrl = normalizeUrl(request.url),
): Place {
  const { namespace, name: cache } = config;
  const method = request.method === "HEAD" ? "GET" : request.method;
  const values = varyValues(vary, request.headers).map(([name, value]) =>
    // Clients spell what they accept in many ways that mean the same: one variant a meaning.
    name === "accept-encoding"
      ? ([name, normalizedAcceptEncoding(request.headers)] as const)
      : ([name, value] as const),
  );
  return { key: buildKey({ namespace, cache, method, url, vary: values }), url, cache };
}
