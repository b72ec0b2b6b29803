import * as v from "valibot";
import type { PurgeMode } from "./purge.ts";
import type { CheckedPurgeRequest } from "./purge-request.ts";
import { PurgeRequestSchema } from "./purge-request.ts";
import type { CheckedWarmRequest } from "./refill.ts";
import { WarmRequestSchema } from "./refill.ts";
import type { Version } from "./version.ts";

/** Five fields: minute, hour, day of the month, month, day of the week. What they mean is for the cron library to say. */
const CronSchema = v.pipe(
  v.string("must be a string"),
  v.maxLength(200, "must be at most 200 characters"),
  v.regex(
    /^\s*(?:\S+\s+){4}\S+\s*$/,
    'must have five fields: minute, hour, day of the month, month, day of the week, as in "0 6 * * 1-5"',
  ),
);

const TimeZoneSchema = v.pipe(
  v.string("must be a string"),
  v.check(isTimeZone, 'must be a time zone of the IANA database, such as "Europe/Berlin"'),
);

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return name !== "";
  } catch {
    return false;
  }
}

/** A purge or a refill to be made again and again. */
export const ScheduleRequestSchema = v.pipe(
  v.strictObject({
    cron: CronSchema,
    timeZone: v.optional(TimeZoneSchema, "UTC"),
    purge: v.optional(
      v.pipe(
        PurgeRequestSchema,
        v.check(({ dryRun }) => dryRun === undefined, "dryRun: makes no sense on a schedule; leave it out"),
      ),
    ),
    warm: v.optional(WarmRequestSchema),
  }),
  v.check(({ purge, warm }) => (purge === undefined) !== (warm === undefined), "must have one of purge and warm"),
);

export type ScheduleRequest = v.InferInput<typeof ScheduleRequestSchema>;
export type CheckedScheduleRequest = v.InferOutput<typeof ScheduleRequestSchema>;

export const ScheduleIdSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/, "must be the id of a schedule"));

export interface Schedule {
  readonly id: string;
  readonly cron: string;
  readonly timeZone: string;
  /** What it does: one of the two. */
  readonly purge?: CheckedPurgeRequest;
  readonly warm?: CheckedWarmRequest;
  /** Who made it. */
  readonly by: string;
  readonly createdAt: Date;
  readonly nextAt: Date;
  /** How it went the last time; left out before the first. */
  readonly last?: { readonly at: Date } & (
    | { readonly purged: number; readonly version: Version; readonly mode: PurgeMode }
    | { readonly refill: string }
    | { readonly error: string }
  );
}
