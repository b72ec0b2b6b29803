import * as v from "valibot";
import type { Counts } from "./counters.ts";
import { counterNames } from "./counters.ts";
import type { Announcement, Deployment } from "./deployment.ts";
import type { EntryReport, EntryToExplain, EntryToJudge, Place } from "./entry.ts";
import type { MissReason, RefusalReason } from "./events.ts";
import type { ExplainWish, Explanation, ObjectReply } from "./explain.ts";
import type { ExportPage, ExportRequest } from "./export.ts";
import type { Ticket } from "./feed.ts";
import type { Abandon, Acquire, Completion, Landed, Lease, Offer, Turn } from "./fills.ts";
import type { ObjectHealth } from "./health.ts";
import type { ImportCounts, ImportEntries, ImportedEntries, ImportPart, ImportRequest, ImportState } from "./import.ts";
import type { Key } from "./key.ts";
import { KeySchema } from "./key.ts";
import { EVERY_CACHE, limits } from "./limits.ts";
import type {
  EntriesPage,
  EntriesRequest,
  NamespacesPage,
  NamespacesRequest,
  TagsPage,
  TagsRequest,
} from "./listing.ts";
import { CacheNameSchema } from "./names.ts";
import type { CacheConfig, Keying, StoreOptions } from "./options.ts";
import { KeyingSchema, MatchOptionsSchema } from "./options.ts";
import type { DryRunResult, PurgeHistoryPage, PurgeResult, RevokeResult } from "./purge.ts";
import type { HistoryRequest, InvalidationRequest, PurgeRequest } from "./purge-request.ts";
import type { EncodedRecords } from "./records.ts";
import type { Refill, WarmRequest } from "./refill.ts";
import type { Schedule, ScheduleRequest } from "./schedule.ts";
import type { CacheStats, StatsRequest, TopReply, TopRequest } from "./stats.ts";
import type { Revocations, RevokedToken, RevokeTokenRequest, TicketTerms } from "./token.ts";
import type { LogPoint, Version } from "./version.ts";

/** The part of the purge log a caller lacks. Every reply of the object carries one. */
export interface LogSlice {
  readonly epoch: string;
  /** The newest sequence number. */
  readonly head: number;
  /** The slice follows on this sequence number: it joins on to a view that has reached it. */
  readonly from: number;
  /**
   * True when the slice stands for itself rather than for what follows the caller's point: it is the newest part of
   * the log, and entries from before `from` cannot be judged by it.
   */
  readonly whole: boolean;
  readonly records: EncodedRecords;
  /**
   * By cache, the newest version of the Worker that declares it. Like the records it is part of the log: each comes with
   * a purge. Left out where there is none, and where nothing has come since the caller's point.
   */
  readonly deployed?: ReadonlyMap<string, Deployment>;
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const countedName = v.pipe(v.string(), v.minLength(1), v.maxLength(limits.countedNameCharacters));

/** A Misra-Gries summary (`src/tally/frequent.ts`): a name has been counted at least so often, and at most `error` more. */
const SummarySchema = v.strictObject({
  names: v.pipe(v.array(v.strictTuple([countedName, count])), v.maxLength(limits.topNames)),
  error: count,
});

export type Summary = v.InferOutput<typeof SummarySchema>;

/** What is asked for most, by each of what `TopRequest` may ask for. */
const SummariesSchema = v.strictObject({ hits: SummarySchema, misses: SummarySchema, bytes: SummarySchema });

export type Summaries = v.InferOutput<typeof SummariesSchema>;

/** Counts an isolate has gathered since its last report was acknowledged. */
const CounterReportSchema = v.strictObject({
  /** Random, one an isolate. */
  reporter: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
  /** 1, 2, 3 …: a report that is sent again keeps its number, so it never counts twice. */
  batch: v.pipe(count, v.minValue(1)),
  /** Where the isolate runs, by the code of Cloudflare's data centre, such as `AMS`; empty where it does not know. */
  dataCentre: v.optional(v.pipe(v.string(), v.maxLength(16)), ""),
  counts: v.pipe(
    v.array(
      v.strictObject({
        cache: v.union([CacheNameSchema, v.literal(EVERY_CACHE)]),
        /** The rule's name; empty where none decided. */
        rule: v.pipe(v.string(), v.maxLength(limits.ruleCharacters)),
        counts: v.record(v.picklist(counterNames), count),
      }),
    ),
    v.maxLength(10_000),
  ),
  top: v.optional(
    v.pipe(
      v.array(v.strictObject({ cache: CacheNameSchema, keys: SummariesSchema, tags: SummariesSchema })),
      v.maxLength(1000),
    ),
    [],
  ),
});

export interface CounterReport extends Omit<v.InferInput<typeof CounterReportSchema>, "counts"> {
  readonly counts: readonly { readonly cache: string; readonly rule: string; readonly counts: Counts }[];
}

/** What every call to the object may carry: where its caller's view stands, and what its isolate has counted. */
export interface CallContext {
  /** Null when the caller knows nothing of the log yet; left out when it keeps no view of it. */
  readonly since?: LogPoint | null;
  readonly report?: CounterReport;
}

export const CallContextSchema = v.strictObject({
  since: v.optional(v.nullable(v.strictObject({ epoch: v.string(), seq: count }))),
  report: v.optional(CounterReportSchema),
});

export type CompleteOutcome = "stored" | "purged-during-fill" | "lease-lost";

export interface CompleteReply {
  readonly outcome: CompleteOutcome;
  /** Whether the shield lacks the entry and wants a copy. */
  readonly wanted: boolean;
  /** The instance of the object that found its own cache to hold the very entry: the two caches are one. */
  readonly sharedWith?: string;
}

/** What the log makes of an entry, whatever its age. */
export type LogVerdict = "in-force" | "soft-purged" | "purged";

export type PurgeReply = (PurgeResult | DryRunResult) & {
  readonly log: LogSlice;
  /** The keys an erasing purge has removed from the index, for its caller to remove from the caches in its reach. */
  readonly erased?: readonly Key[];
};

/** The RPC surface of the namespace object. Replies carry the log since `context.since`. */
export interface NamespaceRpc {
  /** The log, and nothing else. */
  sync(context: CallContext): Promise<{ log: LogSlice }>;
  /** Asks for the right to fill a key; answers when it is this caller's turn, or nothing is left to be filled. */
  acquire(context: CallContext, ask: Acquire): Promise<Turn & { log: LogSlice }>;
  /**
   * Puts an entry that has been stored into the index, or says that a purge, or another fill, overtook it. It ends the
   * lease, once the shield has what it wants, and with it everybody's waiting.
   */
  complete(
    context: CallContext,
    entry: EntryReport,
    completion?: Completion,
  ): Promise<CompleteReply & { log: LogSlice }>;
  /** Gives a lease back: the next in turn may lead. A lease that is lost already is no error. */
  abandon(context: CallContext, request: Abandon): Promise<{ log: LogSlice }>;
  /** Takes the copy of an entry that `complete` wanted; `response` is the entry in transit. */
  offer(context: CallContext, offer: Offer, response: Response): Promise<{ log: LogSlice }>;
  /** Says that what the shield gave lies in its data centre now, so that those who wait there can be served. */
  landed(context: CallContext, landed: Landed): Promise<{ log: LogSlice }>;
  /**
   * Appends a purge to the log and counts what it hit; or, for a dry run, only counts. `by` is who asks.
   *
   * @throws LarderError `too-many-entries` when it would hit more than the request's `maxEntries`
   */
  purge(context: CallContext, request: PurgeRequest, by: string): Promise<PurgeReply>;
  /** Takes a purge back. */
  revoke(context: CallContext, seq: number, by: string): Promise<RevokeResult & { log: LogSlice }>;
  /** Who purged what, and why. */
  history(context: CallContext, request: HistoryRequest): Promise<PurgeHistoryPage & { log: LogSlice }>;
  /** Judges an entry that is older than its caller's view. */
  judge(context: CallContext, entry: EntryToJudge): Promise<{ verdict: LogVerdict; log: LogSlice }>;
  /** A purge of one key, counted as a delete. `deleted` tells whether a valid entry was there. */
  remove(context: CallContext, cache: string, key: string, by: string): Promise<{ deleted: boolean; log: LogSlice }>;
  /** Makes URLs and tags of a cache invalid because a request changed what they stand for. Not for the history. */
  invalidate(context: CallContext, request: InvalidationRequest): Promise<{ log: LogSlice }>;
  /** Tells what is known of a key, and of the entry that its caller has there. It changes nothing. */
  explain(context: CallContext, place: Place, entry: EntryToExplain | null): Promise<ObjectReply & { log: LogSlice }>;
  /** Says that a version of a cache's Worker runs: one newer than all before purges the cache, by "deployment". */
  deployed(context: CallContext, announcement: Announcement): Promise<{ log: LogSlice }>;
  /** Counts of one cache, or of the namespace. */
  stats(context: CallContext, request: StatsRequest): Promise<{ stats: CacheStats; log: LogSlice }>;
  /** What is asked for most. */
  top(context: CallContext, request: TopRequest): Promise<{ top: TopReply; log: LogSlice }>;
}

/** What the namespace object also answers, to the coordinator's own surfaces alone. */
export interface NamespaceOperations {
  /** Entries in the index, a page at a time. */
  entries(request: EntriesRequest): Promise<EntriesPage>;
  /** Tags in the index, a page at a time. */
  tags(request: TagsRequest): Promise<TagsPage>;
  /** The purges that are made again and again, the next to come first. */
  schedules(): Promise<{ schedules: readonly Schedule[] }>;
  /** @throws LarderError `invalid-input` */
  addSchedule(request: ScheduleRequest, by: string): Promise<Schedule>;
  /** @throws LarderError `not-found` */
  removeSchedule(id: string): Promise<Schedule>;
  /** What is being, or has been, fetched at a pace; the newest first. */
  refills(): Promise<{ refills: readonly Refill[] }>;
  /** @throws LarderError `not-found` */
  refill(id: string): Promise<Refill>;
  /** Fetches URLs at a pace, so that what they answer is cached. @throws LarderError `invalid-input` */
  warm(request: WarmRequest, by: string): Promise<Refill>;
  /** Ends a refill; one that has ended stays as it is. @throws LarderError `not-found` */
  stopRefill(id: string): Promise<Refill>;
  /** The log, deployments and schedules, a page at a time. */
  exportLog(request: ExportRequest): Promise<ExportPage>;
  /**
   * Begins to make this namespace another, which was exported.
   *
   * @throws LarderError `not-empty`
   */
  beginImport(request: ImportRequest): Promise<ImportState>;
  /** @throws LarderError `not-found` where that import has not begun, or is done with; all that follow do */
  putImportPart(id: string, part: ImportPart): Promise<ImportState>;
  /**
   * Takes over what was handed over, all of it or nothing. The first time it then ends the object's instance, and its
   * callers hear that from the platform: who asks again gets the answer.
   *
   * @throws LarderError `not-empty`; `invalid-input` where it is not whole, or does not fit together
   */
  applyImport(id: string, counts: ImportCounts): Promise<ImportState>;
  /** Adds rows to the index; those that are there already stay. */
  importEntries(id: string, entries: ImportEntries): Promise<ImportedEntries>;
  /** Is done with an import, or gives it up. */
  endImport(id: string): Promise<ImportState>;
  /** How near the namespace is to its limits, and what is wrong with its settings. */
  health(): Promise<ObjectHealth>;
  /** Gives out a ticket that opens one live feed, of what the terms say. */
  ticket(terms?: TicketTerms): Promise<Ticket>;
  /** The terms it was given on. @throws LarderError `unauthorized` where it has been used, has run out, or was never given */
  redeem(ticket: string): Promise<TicketTerms>;
  /** Of the reserved namespace alone: notes that there is another. */
  enlist(name: string): Promise<void>;
  /** Of the reserved namespace alone: the namespaces there are. */
  namespaces(request: NamespacesRequest): Promise<NamespacesPage>;
  /** Of the reserved namespace alone: makes a token invalid until it ends by itself. Doing it again changes its end only. */
  revokeToken(id: string, request: RevokeTokenRequest, by: string): Promise<RevokedToken>;
  /** Of the reserved namespace alone: the tokens that are revoked, the last to be revoked first. */
  revokedTokens(): Promise<{ tokens: readonly RevokedToken[] }>;
  /** Of the reserved namespace alone: their ids, unless that is what the caller knows. */
  revocations(known: string | null): Promise<Revocations>;
  /**
   * The live feed: a request to upgrade to a WebSocket, whose caller has been checked, and whose `FeedRequest` has too: it
   * is JSON, in the query as `feed`. From `until` on, in milliseconds since 1970, nothing more is told.
   */
  fetch(request: Request): Promise<Response>;
}

/** What became of a `put`. */
export type PutReceipt =
  | {
      readonly stored: true;
      readonly key: Key;
      /** When its last window ends. */
      readonly expiresAt: Date;
      /** The log in which it was found valid. */
      readonly version: Version;
    }
  | { readonly stored: false; readonly reason: RefusalReason };

/** What a look-up found. */
export type Lookup =
  | {
      readonly outcome: "hit";
      readonly state: "fresh" | "stale";
      readonly response: Response;
      /** That somebody should refresh it: because it is stale, or soon will be. */
      readonly refresh?: RefreshWish;
    }
  | {
      readonly outcome: "miss";
      readonly reason: MissReason;
      /** The log as it was known before the origin is asked: hand it to `store`. Null when it could not be learnt. */
      readonly asOf: Version | null;
      /** The right to fill it, where that was asked for and given: it goes with `store`, or is given back. */
      readonly lease?: Lease;
      /** That there is an entry to stand in if the origin fails, and how to ask the origin whether it is valid still. */
      readonly fallback?: { readonly conditions?: Headers };
    };

/** What it takes to refresh an entry. */
export const RefreshWishSchema = v.strictObject({
  key: KeySchema,
  /** Seconds for which it is fresh still; 0 or below when it is stale. */
  freshSeconds: v.number(),
  /** The conditions by which to ask the origin whether it is valid still (RFC 9110 section 13.1). */
  conditions: v.optional(v.instance(Headers)),
});

export type RefreshWish = v.InferOutput<typeof RefreshWishSchema>;

/** What became of the wish to refresh an entry. */
export type RefreshTurn =
  /** Ask the origin; what it answers is stored with these. */
  | { readonly kind: "lead"; readonly lease?: Lease; readonly asOf: Version | null }
  /** It has been refreshed. */
  | { readonly kind: "done" }
  /** Not now: the last attempt failed, or a refill is under way. */
  | { readonly kind: "later"; readonly seconds: number };

/** What a look-up may ask beyond the cache's own bounds. */
export type Demand = Partial<v.InferOutput<typeof DemandSchema>>;

export const DemandSchema = v.strictObject({
  ...MatchOptionsSchema.entries,
  ...KeyingSchema.entries,
  /**
   * The request has been looked up before, and nothing is counted again. The origin has answered with an error
   * (`failed`), not in time, or not at all: an entry that is kept for that is a hit. Or it has confirmed what is stored.
   */
  standIn: v.optional(v.picklist(["failed", "timeout", "unreachable", "confirmed"])),
  /** The status of the error it has `failed` with. */
  originStatus: v.optional(v.pipe(count, v.maxValue(999))),
});

/**
 * A cache as those who answer requests use it: read in this isolate (`Edge`), or by the coordinator over RPC.
 */
export interface CacheEngine {
  lookup(config: CacheConfig, request: Request, demand?: Demand): Promise<Lookup>;
  /** Asks for the right to refresh what a look-up has found; answers when another has done so. */
  refresh(config: CacheConfig, request: Request, wish: RefreshWish, keying?: Keying): Promise<RefreshTurn>;
  /** Gives a lease back without an entry: the origin has failed. */
  abandon(config: CacheConfig, lease: Lease): Promise<void>;
  /** Stores a response. A 304, or a 200 to HEAD, that `renews` what is stored updates it (RFC 9111 sections 4.3.4 and 4.3.5). */
  store(config: CacheConfig, request: Request, response: Response, options: StoreOptions): Promise<PutReceipt>;
  remove(config: CacheConfig, request: Request, keying?: Keying): Promise<boolean>;
  purge(config: CacheConfig, request: PurgeRequest): Promise<PurgeResult | DryRunResult>;
  revoke(config: CacheConfig, seq: number): Promise<RevokeResult>;
  invalidate(config: CacheConfig, request: Omit<InvalidationRequest, "cache">): Promise<void>;
  history(config: CacheConfig, request: HistoryRequest): Promise<PurgeHistoryPage>;
  stats(config: CacheConfig, request: Omit<StatsRequest, "cache">): Promise<CacheStats>;
  top(config: CacheConfig, request: Omit<TopRequest, "cache">): Promise<TopReply>;
  /** Notes that an origin was asked and nothing came that could be handed to `store`, which counts the rest itself. */
  failed(config: CacheConfig, request: Request, tookMs: number): void;
  /** Tells why a request, which has no body any more, is or is not answered from the cache. */
  explain(config: CacheConfig, request: Request, wish: ExplainWish): Promise<Explanation>;
}

/** The RPC surface of the coordinator's Worker, as app Workers see it through their service binding. */
export interface CoordinatorRpc {
  sync(namespace: string, ...rest: Parameters<NamespaceRpc["sync"]>): ReturnType<NamespaceRpc["sync"]>;
  acquire(namespace: string, ...rest: Parameters<NamespaceRpc["acquire"]>): ReturnType<NamespaceRpc["acquire"]>;
  complete(namespace: string, ...rest: Parameters<NamespaceRpc["complete"]>): ReturnType<NamespaceRpc["complete"]>;
  abandon(namespace: string, ...rest: Parameters<NamespaceRpc["abandon"]>): ReturnType<NamespaceRpc["abandon"]>;
  offer(namespace: string, ...rest: Parameters<NamespaceRpc["offer"]>): ReturnType<NamespaceRpc["offer"]>;
  landed(namespace: string, ...rest: Parameters<NamespaceRpc["landed"]>): ReturnType<NamespaceRpc["landed"]>;
  /** Without `by`, which the coordinator knows better than its caller; the same for `revoke`. */
  purge(namespace: string, context: CallContext, request: PurgeRequest): ReturnType<NamespaceRpc["purge"]>;
  revoke(namespace: string, context: CallContext, seq: number): ReturnType<NamespaceRpc["revoke"]>;
  history(namespace: string, ...rest: Parameters<NamespaceRpc["history"]>): ReturnType<NamespaceRpc["history"]>;
  judge(namespace: string, ...rest: Parameters<NamespaceRpc["judge"]>): ReturnType<NamespaceRpc["judge"]>;
  remove(namespace: string, context: CallContext, cache: string, key: string): ReturnType<NamespaceRpc["remove"]>;
  invalidate(
    namespace: string,
    ...rest: Parameters<NamespaceRpc["invalidate"]>
  ): ReturnType<NamespaceRpc["invalidate"]>;
  deployed(namespace: string, ...rest: Parameters<NamespaceRpc["deployed"]>): ReturnType<NamespaceRpc["deployed"]>;
  stats(namespace: string, ...rest: Parameters<NamespaceRpc["stats"]>): ReturnType<NamespaceRpc["stats"]>;
  top(namespace: string, ...rest: Parameters<NamespaceRpc["top"]>): ReturnType<NamespaceRpc["top"]>;
  explain(namespace: string, ...rest: Parameters<NamespaceRpc["explain"]>): ReturnType<NamespaceRpc["explain"]>;
  /** The same for `mode: "remote"`. `options` is the cache's declaration as JSON. */
  cacheLookup(options: string, request: Request, demand?: Demand): Promise<Lookup>;
  /**
   * The same for a GET of which only the URL matters, at a fraction of the cost: a Request is dear to send, and so is a
   * Response inside an object. A fresh hit comes back bare; null says that `cacheLookup` is to be asked, as the
   * response varies on header fields.
   */
  cacheLookupUrl(options: string, url: string, demand?: Pick<Demand, "coalesce">): Promise<Response | Lookup | null>;
  cacheStore(options: string, request: Request, response: Response, store: StoreOptions): Promise<PutReceipt>;
  cacheRefresh(options: string, request: Request, wish: RefreshWish, keying?: Keying): Promise<RefreshTurn>;
  cacheAbandon(options: string, lease: Lease): Promise<void>;
  cacheRemove(options: string, request: Request, keying?: Keying): Promise<boolean>;
  cachePurge(options: string, request: PurgeRequest): Promise<PurgeResult | DryRunResult>;
  cacheRevoke(options: string, seq: number): Promise<RevokeResult>;
  cacheInvalidate(options: string, request: Omit<InvalidationRequest, "cache">): Promise<void>;
  cacheHistory(options: string, request: HistoryRequest): Promise<PurgeHistoryPage>;
  cacheStats(options: string, request: Omit<StatsRequest, "cache">): Promise<CacheStats>;
  cacheTop(options: string, request: Omit<TopRequest, "cache">): Promise<TopReply>;
  cacheFailed(options: string, request: Request, tookMs: number): Promise<void>;
  cacheExplain(options: string, request: Request, wish: ExplainWish): Promise<Explanation>;
}
