import * as v from "valibot";
import type { Counts } from "./counters.ts";
import type { Key } from "./key.ts";
import type { CacheName } from "./names.ts";
import { CacheNameSchema } from "./names.ts";
import type { PurgeHistoryItem } from "./purge.ts";
import type { RefillProgress, RefillState } from "./refill.ts";
import type { CacheStats } from "./stats.ts";
import type { Version } from "./version.ts";

/** What a feed may be of: counts, purges with what takes them back, trouble with fills, and how refills get on. */
const feedKinds = ["counts", "purges", "fills", "refills"] as const;
export type FeedKind = (typeof feedKinds)[number];

/** What is asked of a feed, in the query of its URL. */
export const FeedRequestSchema = v.strictObject({
  /** One cache of the namespace; all when left out. */
  cache: v.optional(CacheNameSchema),
  /** All when left out. */
  kinds: v.optional(
    v.pipe(
      v.array(v.picklist(feedKinds, 'must be "counts", "purges", "fills" or "refills"'), "must be a list of kinds"),
      v.minLength(1, "must name at least one kind"),
    ),
    [...feedKinds],
  ),
  /** Tells of the purges after this version, or sequence number, first. */
  since: v.optional(
    v.pipe(v.string(), v.regex(/^(?:[0-9a-f]{16}-)?[0-9]{1,15}$/, "must be a version or a sequence number")),
  ),
});

export type FeedRequest = v.InferInput<typeof FeedRequestSchema>;

/**
 * One message of the feed, as JSON. `frame` is what superjson makes of a {@link Frame}, so that its dates are dates;
 * `n` counts up by one from 1 in each connection.
 */
export interface FeedMessage {
  readonly v: 1;
  readonly n: number;
  readonly frame: { readonly json: unknown; readonly meta?: unknown };
}

export type Frame =
  /** The first of a connection. */
  | {
      readonly type: "snapshot";
      readonly at: Date;
      /** The log as far as it has been told of; hand it to `since` to go on from here. */
      readonly version: Version;
      /** Counts since the namespace was made, by cache; `*` is what is of all caches. */
      readonly caches: Readonly<Record<string, CacheStats>>;
      /** With `since`: what has come after it, oldest first; without, nothing. */
      readonly events: readonly LogEvent[];
      /** With `since`: that it is of another log, or that not all of what came after it is known any more. */
      readonly gap?: true;
    }
  /** What has changed since the frame before: at most one a second. */
  | {
      readonly type: "change";
      readonly at: Date;
      readonly version: Version;
      /** What has been counted, by cache; `*` is what is of all caches. */
      readonly counts: Readonly<Record<string, Counts>>;
      readonly events: readonly FeedEvent[];
      /** Failed fills and markers that were left out, as there were too many for one frame. Purges never are. */
      readonly dropped?: number;
    };

/** What is in the log. `caches`: those it is about. */
export type LogEvent =
  | ({ readonly kind: "purge"; readonly caches: "all" | readonly CacheName[] } & PurgeHistoryItem)
  | {
      readonly kind: "revoke";
      readonly caches: "all" | readonly CacheName[];
      readonly seq: number;
      readonly version: Version;
      readonly at: Date;
      readonly by: string;
      /** The purge it takes back. */
      readonly revokes: number;
      readonly restored: number;
    };

export type FeedEvent =
  | LogEvent
  /** A fill came to nothing. */
  | {
      readonly kind: "fill-failed";
      readonly at: Date;
      readonly cache: CacheName;
      readonly key: Key;
      /** In a row. */
      readonly failures: number;
      /** Until then the origin is left alone by whoever can do without. */
      readonly retryAt: Date;
    }
  /** A response could not be stored: until then nobody waits for the next (hit-for-miss). */
  | {
      readonly kind: "marker";
      readonly at: Date;
      readonly cache: CacheName;
      readonly key: Key;
      readonly until: Date;
    }
  /** A refill has begun, has come so far, or has ended; the newest of each in a frame. */
  | ({
      readonly kind: "refill";
      readonly at: Date;
      /** Left out where it is of several. */
      readonly cache?: CacheName;
      readonly id: string;
      readonly state: RefillState;
    } & RefillProgress);

export const TicketSchema = v.pipe(v.string("must be a string"), v.maxLength(100, "must be at most 100 characters"));

/** What opens one feed, once, within a minute of having been given. */
export interface Ticket {
  readonly ticket: string;
  readonly expiresAt: Date;
}
