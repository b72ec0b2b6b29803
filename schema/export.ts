import * as v from "valibot";
import { DeploymentSchema } from "./deployment.ts";
import { entryStates } from "./entry-states.ts";
import { ReasonSchema, wholeNumber } from "./fields.ts";
import { KeySchema } from "./key.ts";
import { limits } from "./limits.ts";
import { CacheNameSchema, NamespaceSchema, TagsSchema } from "./names.ts";
import { BySchema, LoggedSelectorsSchema } from "./purge-request.ts";
import { RequestUrl } from "./request-url.ts";
import { ScheduleIdSchema, ScheduleRequestSchema } from "./schedule.ts";
import { VERSION_FORM } from "./version.ts";

/**
 * A namespace as lines of JSON: first where its log stands, then the log, deployments, schedules and entries, and at the
 * end how many of each. Of format 1, which lacked what an import needs, were the exports of earlier versions.
 */
export const EXPORT_FORMAT = 2;

/** The highest that a version can hold. */
const MOST_SEQ = 999_999_999_999_999;

/** Text, not dates: what is checked once may be sent on, and is checked again where it arrives. */
const time = v.pipe(
  v.string("must be a string"),
  v.check(isTime, 'must be a time as an export has it, such as "2026-11-30T22:15:00.000Z"'),
);

/** As `toISOString` writes it: `Date.parse` takes the 31st of February for a day in March. */
function isTime(text: string): boolean {
  const ms = Date.parse(text);
  return ms >= 0 && new Date(ms).toISOString() === text;
}

const seqOrNone = wholeNumber(MOST_SEQ);
const seq = v.pipe(seqOrNone, v.minValue(1, "must be a sequence number"));
const count = wholeNumber(Number.MAX_SAFE_INTEGER);
const only = v.literal(true, "must be true, or left out");

/** The first line: what makes the log that follows the log of this namespace. */
export const NamespaceLineSchema = v.strictObject({
  kind: v.literal("namespace", 'must be "namespace": an export begins with that line'),
  format: v.literal(
    EXPORT_FORMAT,
    `must be ${EXPORT_FORMAT}: make the export anew, by a coordinator and a CLI that are of the version of this one`,
  ),
  namespace: NamespaceSchema,
  epoch: v.pipe(v.string("must be a string"), v.regex(/^[0-9a-f]{16}$/, "must be 16 hexadecimal digits")),
  /** The sequence number of the newest record. */
  head: seqOrNone,
  /** Entries that know less of the log than this cannot be in force. */
  floor: seqOrNone,
  at: time,
  /** Of all entries there have been: the log is kept for that long. */
  longestLifetimeSeconds: wholeNumber(2 * limits.ttlSeconds),
});

export type NamespaceLine = v.InferOutput<typeof NamespaceLineSchema>;

/** A purge, also one that a request has made (`automatic`) or that is out of force already. */
const PurgeLineSchema = v.strictObject({
  kind: v.literal("purge"),
  seq,
  at: time,
  by: BySchema,
  reason: v.optional(ReasonSchema),
  mode: v.picklist(["hard", "soft", "erase"], 'must be "hard", "soft" or "erase"'),
  selectors: LoggedSelectorsSchema,
  purged: count,
  approximate: v.optional(only),
  automatic: v.optional(only),
});

/** That an earlier purge was taken back. */
const RevocationLineSchema = v.strictObject({
  kind: v.literal("revocation"),
  seq,
  at: time,
  by: BySchema,
  revokes: seq,
  restored: count,
  approximate: v.optional(only),
});

/** A version of the Worker that declares a cache, and the purge that was made for it. */
const DeploymentLineSchema = v.strictObject({
  kind: v.literal("deployment"),
  cache: CacheNameSchema,
  id: DeploymentSchema.entries.id,
  madeAt: time,
  seenAt: time,
  purgeSeq: seq,
});

const ScheduleLineSchema = v.strictObject({
  kind: v.literal("schedule"),
  id: ScheduleIdSchema,
  ...ScheduleRequestSchema.entries,
  by: BySchema,
  createdAt: time,
});

const wrongKind = 'must be "purge", "revocation", "deployment", "schedule", "entry" or "end" here';

/** A line of what decides: it is taken over whole, or not at all. */
export const LogLineSchema = v.variant(
  "kind",
  [PurgeLineSchema, RevocationLineSchema, DeploymentLineSchema, ScheduleLineSchema],
  wrongKind,
);

export type PurgeLine = v.InferOutput<typeof PurgeLineSchema>;
export type RevocationLine = v.InferOutput<typeof RevocationLineSchema>;
export type DeploymentLine = v.InferOutput<typeof DeploymentLineSchema>;
export type ScheduleLine = v.InferOutput<typeof ScheduleLineSchema>;
export type LogLine = v.InferOutput<typeof LogLineSchema>;

/** A row of the index. */
export const EntryLineSchema = v.strictObject({
  kind: v.literal("entry"),
  key: KeySchema,
  url: RequestUrl,
  cache: CacheNameSchema,
  status: v.pipe(wholeNumber(599), v.minValue(200, "must be at least 200")),
  bytes: count,
  tags: TagsSchema,
  permanent: v.boolean("must be true or false"),
  /** For people: what it is worth follows from the log and the times. */
  state: v.picklist(entryStates, 'must be "fresh", "stale" or "purged"'),
  storedAt: time,
  freshUntil: time,
  expiresAt: time,
  asOf: v.pipe(v.string("must be a string"), v.regex(VERSION_FORM, 'must be a version, "<epoch>-<seq>"')),
});

export type EntryLine = v.InferOutput<typeof EntryLineSchema>;

/** The last line: without it the export was cut off. */
export const EndLineSchema = v.strictObject({
  kind: v.literal("end"),
  /** Purges and revocations. */
  records: count,
  deployments: count,
  schedules: count,
  entries: count,
});

export type EndLine = v.InferOutput<typeof EndLineSchema>;

/** Any line but the first. */
export const FurtherLineSchema = v.variant(
  "kind",
  [...LogLineSchema.options, EntryLineSchema, EndLineSchema],
  wrongKind,
);

/** Where an export is read on. */
export const ExportRequestSchema = v.strictObject({
  /** The records after this sequence number. */
  after: v.optional(seqOrNone, 0),
});

export type ExportRequest = v.InferInput<typeof ExportRequestSchema>;

/**
 * A part of the log, oldest records first. The last page says where the log stands, and has deployments and schedules, all
 * of the very moment in which that page's records were read. What came while earlier pages were read is on later ones, so
 * that the pages together are the log as of the last.
 */
export interface ExportPage {
  /** Whose log it is: another than the last page's means that the namespace was emptied meanwhile. */
  readonly epoch: string;
  readonly lines: readonly LogLine[];
  /** Hand it to `after` for the next page; absent on the last. */
  readonly after?: number;
  readonly namespace?: NamespaceLine;
}
