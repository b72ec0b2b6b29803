import type { EntryFacts } from "../../schema/entry.ts";
import type { CacheName } from "../../schema/names.ts";

/**
 * Tags of Larder's own, on every entry beside its maker's, by which the zone's purge API reaches just what a purge names.
 * That API finds what Workers have put by tag, prefix, host or all at once, and never by URL
 * (developers.cloudflare.com/workers/reference/how-the-cache-works, "Purge assets stored with the Cache API"); a prefix
 * of a front page is the whole site.
 *
 * They begin with the namespace's epoch rather than its name, which an entry does not know. All that a namespace has in
 * force has one epoch. With the longest name of a cache they take 256 bytes: with `limits.tagsTotalCharacters` of its
 * maker's still within the 16 KB of a `Cache-Tag` field.
 */
export function zoneTagsOf({ asOf: { epoch }, cache, url, key }: Tagged): string[] {
  return [namespaceTag(epoch), cacheTag(epoch, cache), urlTag(epoch, url), keyTag(epoch, key)];
}

type Tagged = Pick<EntryFacts, "asOf" | "cache" | "url" | "key">;

/** On everything of the namespace. */
export function namespaceTag(epoch: string): string {
  return `larder:${epoch}`;
}

/** On everything of one cache; of two, where their names differ in case only. */
export function cacheTag(epoch: string, cache: CacheName): string {
  return `${namespaceTag(epoch)}:c:${cache.toLowerCase()}`;
}

/** On all variants of one URL, in all caches of the namespace. */
export function urlTag(epoch: string, url: string): string {
  return `${namespaceTag(epoch)}:u:${fingerprint(url)}`;
}

/** On what is stored under one key. */
export function keyTag(epoch: string, key: string): string {
  return `${namespaceTag(epoch)}:k:${fingerprint(key)}`;
}

/**
 * 64 bits of a text, as two hashes in the manner of FNV-1a (RFC 9923) with multipliers of their own. Two texts of one
 * fingerprint are purged together, which costs one of them a miss; so it need not withstand anybody, and `crypto.subtle`
 * would make a promise of what every put needs at once.
 */
function fingerprint(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x6c62272e;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x85ebca6b);
    b ^= b >>> 13;
  }
  return hex(a ^ (a >>> 16)) + hex(b ^ (b >>> 16));
}

function hex(bits: number): string {
  return (bits >>> 0).toString(16).padStart(8, "0");
}
