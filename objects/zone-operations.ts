import type { CacheName, Tag } from "../schema/names.ts";
import type { Selector } from "../schema/purge.ts";
import type { ZoneOperation } from "../schema/zone.ts";
import { cacheTag, keyTag, namespaceTag, urlTag } from "../src/store/zone-tags.ts";

/** Separators in the longest prefix that is taken (developers.cloudflare.com/cache/how-to/purge-cache/purge_by_prefix, "Limitations"). */
const MOST_SEPARATORS = 31;

/** What it takes to say selectors in the zone's terms. */
export interface Namespace {
  readonly epoch: string;
  /** Of several tags, in one cache or in all, the one that the fewest entries carry. */
  rarest(tags: readonly Tag[], cache: CacheName | undefined): Tag;
}

/** The one operation that covers all entries of the namespace, and so every other. */
export function everythingOf({ epoch }: Pick<Namespace, "epoch">): ZoneOperation {
  return { kind: "tag", value: namespaceTag(epoch) };
}

/**
 * What the zone's cache has to forget so that nothing is left there of what the selectors hit, each once.
 *
 * The zone knows no conjunctions, so that of what holds together the narrowest is taken, and more is forgotten than the
 * selector hits. That is safe: it costs misses.
 */
export function zoneOperations(selectors: readonly Selector[], namespace: Namespace): ZoneOperation[] {
  const operations = new Map<string, ZoneOperation>();
  for (const selector of selectors) {
    for (const operation of operationsFor(selector, namespace)) {
      operations.set(`${operation.kind} ${operation.value}`, operation);
    }
  }
  const everything = everythingOf(namespace);
  return operations.has(`${everything.kind} ${everything.value}`) ? [everything] : [...operations.values()];
}

function operationsFor(selector: Selector, namespace: Namespace): ZoneOperation[] {
  const { cache, url, key, tags, allOf, prefix } = selector;
  const { epoch } = namespace;
  if (key !== undefined) return [tagged(keyTag(epoch, key))];
  if (url !== undefined) return [tagged(urlTag(epoch, url))];
  if (allOf !== undefined) return [tagged(namespace.rarest(allOf, cache))];
  if (tags !== undefined) return tags.map(tagged);
  const whole = cache === undefined ? everythingOf(namespace) : tagged(cacheTag(epoch, cache));
  return [prefix === undefined ? whole : (beginning(prefix) ?? whole)];
}

/** Tags are the same in whatever case (developers.cloudflare.com/cache/how-to/purge-cache/purge-by-tags, "A few things to remember"). */
function tagged(tag: string): ZoneOperation {
  return { kind: "tag", value: tag.toLowerCase() };
}

/**
 * What URLs with the prefix have in common in the zone's terms: their host and whole segments of their path. Undefined
 * where the prefix ends inside the host, or names a port, of which the zone's documentation says nothing.
 */
function beginning(prefix: string): ZoneOperation | undefined {
  const [, host, path = ""] = /^https?:\/\/([^/:]+)(\/.*)$/.exec(prefix) ?? [];
  if (host === undefined) return undefined;
  const queryAt = path.indexOf("?");
  // Before a query the last segment is whole; else it may be the beginning of others.
  const whole = queryAt === -1 ? path.slice(0, path.lastIndexOf("/")) : path.slice(0, queryAt);
  const segments = whole.split("/").slice(0, 1 + MOST_SEPARATORS);
  const directory = segments.join("/").replace(/\/+$/, "");
  return directory === "" ? { kind: "host", value: host } : { kind: "prefix", value: host + directory };
}
