import type { EntryFacts } from "../../schema/entry.ts";
import type { PurgeRecord } from "../../schema/purge.ts";

/** What of an entry selectors look at. */
export type Purgeable = Pick<EntryFacts, "key" | "url" | "cache" | "tags">;

/**
 * The newest record for each thing a selector can name, for one cache or for all of a namespace. Only the newest
 * matters: an entry is invalid when any matching record is newer than its `asOf`, and the newest is.
 */
class Scope {
  everything = 0;
  readonly urls = new Map<string, number>();
  readonly keys = new Map<string, number>();
  readonly tags = new Map<string, number>();
  /** By length, so that looking a URL up costs one hash a distinct length rather than one comparison a prefix. */
  readonly prefixes = new Map<number, Map<string, number>>();

  add({ seq, selector }: PurgeRecord): void {
    const { url, key, tags, prefix } = selector;
    if (url !== undefined) raise(this.urls, url, seq);
    else if (key !== undefined) raise(this.keys, key, seq);
    else if (tags !== undefined) for (const tag of tags) raise(this.tags, tag, seq);
    else if (prefix !== undefined) {
      const ofLength = this.prefixes.get(prefix.length) ?? new Map<string, number>();
      this.prefixes.set(prefix.length, raise(ofLength, prefix, seq));
    } else this.everything = Math.max(this.everything, seq);
  }

  newestMatch(entry: Purgeable): number {
    let newest = Math.max(this.everything, this.urls.get(entry.url) ?? 0, this.keys.get(entry.key) ?? 0);
    if (this.tags.size > 0) {
      for (const tag of entry.tags) newest = Math.max(newest, this.tags.get(tag) ?? 0);
    }
    for (const [length, ofLength] of this.prefixes) {
      if (length <= entry.url.length) newest = Math.max(newest, ofLength.get(entry.url.slice(0, length)) ?? 0);
    }
    return newest;
  }
}

function raise(map: Map<string, number>, name: string, seq: number): Map<string, number> {
  return map.set(name, Math.max(seq, map.get(name) ?? 0));
}

/** Purge records in a form in which an entry is judged in a few look-ups, however many records there are. */
export class PurgeIndex {
  readonly #whole = new Scope();
  readonly #caches = new Map<string, Scope>();

  add(record: PurgeRecord): void {
    const { cache } = record.selector;
    if (cache === undefined) {
      this.#whole.add(record);
      return;
    }
    let scope = this.#caches.get(cache);
    if (scope === undefined) {
      scope = new Scope();
      this.#caches.set(cache, scope);
    }
    scope.add(record);
  }

  /** The sequence number of the newest record that hits the entry; 0 where none does. */
  newestMatch(entry: Purgeable): number {
    return Math.max(this.#whole.newestMatch(entry), this.#caches.get(entry.cache)?.newestMatch(entry) ?? 0);
  }
}
