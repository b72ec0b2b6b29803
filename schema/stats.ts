import * as v from "valibot";
import type { Counts } from "./counters.ts";
import { wholeNumber } from "./fields.ts";
import type { Figures } from "./figures.ts";
import type { Key } from "./key.ts";
import { limits } from "./limits.ts";
import type { Tag } from "./names.ts";
import { CacheNameSchema } from "./names.ts";
import type { ZoneStatus } from "./zone.ts";

/** Counts and sizes of one cache, or of a whole namespace. */
export interface CacheStats extends Figures {
  /** Entries in the index whose lifetime has not ended; those that were purged and not refilled among them. */
  readonly entries: number;
  /** Bytes of their bodies. */
  readonly bytes: number;
  /** From when the counts are: to the minute, or to the hour where the window is longer than two days. Left out without a window. */
  readonly from?: Date;
  /** By what was asked for, in the order of their names. */
  readonly groups?: readonly StatsGroup[];
  /** One point for each minute or hour in which something was counted. */
  readonly series?: readonly { readonly at: Date; readonly counts: Counts }[];
  /** How purges of the zone's cache are getting on; left out where there are none, and for one cache. */
  readonly zone?: ZoneStatus;
}

/** The counts of a cache, a rule or a data centre. */
export interface StatsGroup extends Figures {
  /** Null where there is none: of requests that no rule fits, of what is of all caches, or where it is not known. */
  readonly name: string | null;
  /** Of a cache: the same as those of `CacheStats`. */
  readonly entries?: number;
  readonly bytes?: number;
}

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** For how long counts are kept by minute, and by hour; in seconds. */
export const keptBySeconds = { minute: 2 * DAY, hour: 90 * DAY } as const;

export const StatsRequestSchema = v.pipe(
  v.strictObject({
    /** All caches of the namespace when left out. */
    cache: v.optional(CacheNameSchema),
    /** Only what was counted in the last so many seconds; since the namespace was made when left out. */
    windowSeconds: v.optional(
      v.pipe(
        v.number("must be a number of seconds"),
        v.integer("must be a whole number of seconds"),
        v.minValue(MINUTE, "must be at least 60 seconds"),
        v.maxValue(keptBySeconds.hour, `must be at most ${keptBySeconds.hour} seconds, 90 days`),
      ),
    ),
    /** Also tells the counts apart by this. */
    by: v.optional(v.picklist(["cache", "rule", "dataCentre"], 'must be "cache", "rule" or "dataCentre"')),
    /** Also tells the counts of each minute or hour of the window. */
    series: v.optional(v.picklist(["minute", "hour"], 'must be "minute" or "hour"')),
  }),
  v.forward(
    v.check(
      ({ series, windowSeconds }) => series === undefined || windowSeconds !== undefined,
      "needs windowSeconds: say of which time",
    ),
    ["series"],
  ),
  v.forward(
    v.check(
      ({ series, windowSeconds = 0 }) => series !== "minute" || windowSeconds <= keptBySeconds.minute,
      `must be "hour" for more than ${keptBySeconds.minute} seconds: minutes are kept for two days`,
    ),
    ["series"],
  ),
);

export type StatsRequest = v.InferInput<typeof StatsRequestSchema>;

/** What is asked for most. */
export const TopRequestSchema = v.strictObject({
  cache: v.optional(CacheNameSchema),
  of: v.picklist(["keys", "tags"], 'must be "keys" or "tags"'),
  by: v.optional(v.picklist(["hits", "misses", "bytes"], 'must be "hits", "misses" or "bytes"'), "hits"),
  windowSeconds: v.optional(
    v.pipe(
      v.number("must be a number of seconds"),
      v.integer("must be a whole number of seconds"),
      v.minValue(HOUR, "must be at least 3600 seconds: these are kept by the hour"),
      v.maxValue(keptBySeconds.minute, `must be at most ${keptBySeconds.minute} seconds, two days`),
    ),
    DAY,
  ),
  limit: v.optional(v.pipe(wholeNumber(limits.topNames), v.minValue(1, "must be at least 1")), 20),
});

export type TopRequest = v.InferInput<typeof TopRequestSchema>;

/**
 * The names with the highest counts, from a Misra-Gries summary: a true count is at least `atLeast` and at most `error`
 * more, and so is that of a name which is not in the list at all, from 0 (Agarwal et al., "Mergeable Summaries", 2012).
 */
export interface TopReply {
  /** To the hour. */
  readonly from: Date;
  readonly error: number;
  readonly names: readonly { readonly name: Key | Tag | string; readonly atLeast: number }[];
}
