import type { Key, NormalUrl } from "./key.ts";
import type { CacheName, Tag } from "./names.ts";
import type { Version } from "./version.ts";

/**
 * What a purge hits: the entries for which every field that is present holds. With none but `cache`, or none at all,
 * that is everything in the cache or in the namespace.
 */
export interface Selector {
  readonly cache?: CacheName;
  /** All variants and methods of one request URL. */
  readonly url?: NormalUrl;
  /** One variant. */
  readonly key?: Key;
  /** Entries that carry any of these. */
  readonly tags?: readonly Tag[];
  /** Entries that carry every one of these. */
  readonly allOf?: readonly Tag[];
  /** Entries whose request URL begins with this, on any character. */
  readonly prefix?: string;
}

/**
 * What a purge makes of what it hits.
 *
 * - `hard`: gone. Nothing is removed, so it can be taken back.
 * - `soft`: stale from now on, within the windows the entry has.
 * - `erase`: gone, and removed from wherever Larder can remove it; it cannot be taken back.
 */
export type PurgeMode = "hard" | "soft" | "erase";

/** One row of a namespace's append-only purge log, as it travels. */
export type PurgeRecord = PurgeEntry | Revocation;

/** A purge: an entry is hit when any of the selectors hits it. */
export interface PurgeEntry {
  readonly seq: number;
  readonly mode: PurgeMode;
  readonly selectors: readonly Selector[];
  /** It followed from a request, nobody can take it back, and it takes the place of an earlier one of just the same. */
  readonly automatic?: true;
}

/** Takes an earlier purge back. */
export interface Revocation {
  readonly seq: number;
  readonly revokes: number;
}

export interface PurgeResult {
  /**
   * Entries in the index that were in force before this purge and are not after it (a soft purge: that were fresh as
   * far as the log goes, and are stale).
   */
  readonly purged: number;
  /** True when there were too many to judge one by one, and `purged` is what the index holds of them. */
  readonly approximate?: true;
  /** The log with this purge in it: hand it to `atLeast` to be sure never to see what was purged. */
  readonly version: Version;
  /** The refill it has begun. */
  readonly refill?: string;
  /**
   * Its cache gathers purges: it comes into force then, together with the others until then, as one soft purge. `purged` is
   * what it would have hit by itself, and `version` does not have it.
   */
  readonly gatheredUntil?: Date;
}

/** What a purge would do. */
export interface DryRunResult extends Pick<PurgeResult, "purged" | "approximate"> {
  readonly dryRun: true;
  /** Of the entries the cache holds, or the namespace; 0 to 1. */
  readonly share: number;
  /** A page of the keys it would hit, in order. */
  readonly keys: readonly Key[];
  /** Hand it to `after` for the next page; absent on the last. */
  readonly after?: Key;
}

/** A purge as the history keeps it. */
export interface PurgeHistoryItem {
  readonly seq: number;
  readonly version: Version;
  readonly at: Date;
  /** The token or the binding it came by. */
  readonly by: string;
  readonly reason?: string;
  readonly mode: PurgeMode;
  readonly selectors: readonly Selector[];
  readonly purged: number;
  readonly approximate?: true;
  /** Present when it was taken back: when, by whom, and how many entries came back into force. */
  readonly revoked?: { readonly seq: number; readonly at: Date; readonly by: string; readonly restored: number };
}

export interface PurgeHistoryPage {
  /** Newest first. */
  readonly purges: readonly PurgeHistoryItem[];
  /** Hand it to `before` for the next page; absent on the last. */
  readonly before?: number;
}

export interface RevokeResult {
  /** Entries that are in force again. */
  readonly restored: number;
  readonly approximate?: true;
  readonly version: Version;
}
