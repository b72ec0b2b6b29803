import type { AbsoluteUrl, Key } from "../schema/key.ts";
import { readKey } from "../schema/key.ts";
import type { Selector } from "../schema/purge.ts";
import type { TagIndex } from "./tag-index.ts";

/** One thing to be fetched. */
export type RefillItem =
  | { readonly kind: "url"; readonly url: AbsoluteUrl }
  /** An entry: the request that it answers. */
  | { readonly kind: "entry"; readonly key: Key }
  /** What it names is fetched, too. */
  | { readonly kind: "sitemap"; readonly url: AbsoluteUrl };

/** Entries that are looked at to find those a purge has hit. */
const MOST_LOOKED_AT = 50_000;

/** Asks for what is fresh; RFC 9111 section 5.2.1.3. What is fresh already is answered from the cache. */
const FRESH = { "cache-control": "min-fresh=1" };

/** The request that an item is; undefined where none can be made of it. */
export function requestFor(item: RefillItem): Request | undefined {
  if (item.kind !== "entry") return new Request(item.url, { headers: item.kind === "url" ? FRESH : {} });
  const parts = readKey(item.key);
  return parts === undefined || !isFetched(parts) ? undefined : new Request(parts.url, { headers: headersOf(parts) });
}

export function urlOf(item: RefillItem): AbsoluteUrl {
  if (item.kind !== "entry") return item.url;
  return readKey(item.key)?.url ?? (item.key as string as AbsoluteUrl);
}

type Parts = NonNullable<ReturnType<typeof readKey>>;

/** What is told apart by a body cannot be asked for without it, and a value's key is the URL of nothing. */
function isFetched({ method, url }: Parts): boolean {
  return method === "GET" && !new URL(url).hostname.endsWith(".invalid");
}

/** The header fields that tell the variant from others; what else it is told apart by, a cookie or a country, is not sent. */
function headersOf({ vary }: Parts): Headers {
  const headers = new Headers(FRESH);
  for (const [name, value] of vary) {
    if (value !== null && /^[a-z0-9-]+$/.test(name)) headers.set(name, value);
  }
  return headers;
}

/**
 * The entries that the selectors name and that can be fetched, at most so many: those that are asked for most first, then
 * the rest in the order of their keys.
 */
export function entriesHit(
  index: TagIndex,
  selectors: readonly Selector[],
  { limit, asked, nowMs }: { readonly limit: number; readonly asked: readonly string[]; readonly nowMs: number },
): RefillItem[] {
  const hit = new Set<Key>();
  let looked = 0;
  for (const selector of selectors) {
    for (const { key } of index.matching(selector, nowMs)) {
      looked += 1;
      if (looked > MOST_LOOKED_AT) break;
      hit.add(key);
    }
  }
  const wanted = asked.filter((key) => hit.has(key as Key)) as Key[];
  const items: RefillItem[] = [];
  for (const key of new Set([...wanted, ...[...hit].sort()])) {
    if (items.length === limit) break;
    const parts = readKey(key);
    if (parts !== undefined && isFetched(parts)) items.push({ kind: "entry", key });
  }
  return items;
}
