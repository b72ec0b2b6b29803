import * as v from "valibot";
import type { EntryReport } from "./entry.ts";
import type { MissReason, RefusalReason } from "./events.ts";
import { counterNames } from "./events.ts";
import type { Key } from "./key.ts";
import { CacheNameSchema } from "./names.ts";
import type { CacheConfig, CheckedMatchOptions, StoreOptions } from "./options.ts";
import type { PurgeRecord, PurgeRequest, PurgeResult } from "./purge.ts";
import type { LogPoint, Version } from "./version.ts";

/** The part of the purge log a caller lacks. Every reply of the object carries one. */
export interface LogSlice {
  readonly epoch: string;
  /** The newest sequence number. */
  readonly head: number;
  /** Records up to this one are gone from the log: no entry from before it can be of use any more. */
  readonly floor: number;
  /** True when `records` is the whole log rather than what follows the caller's point. */
  readonly whole: boolean;
  /** In the order of their sequence numbers. */
  readonly records: readonly PurgeRecord[];
}

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Counts an isolate has gathered since its last report was acknowledged. */
const CounterReportSchema = v.strictObject({
  /** Random, one an isolate. */
  reporter: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
  /** 1, 2, 3 …: a report that is sent again keeps its number, so it never counts twice. */
  batch: v.pipe(count, v.minValue(1)),
  counts: v.pipe(
    v.array(v.strictObject({ cache: CacheNameSchema, counter: v.picklist(counterNames), count })),
    v.maxLength(10_000),
  ),
});

export type CounterReport = v.InferInput<typeof CounterReportSchema>;

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

export type CompleteOutcome = "stored" | "purged-during-fill";

/** Counts and sizes of one cache, or of a whole namespace. */
export interface CacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly puts: number;
  /** Responses that were offered and not stored. */
  readonly refusals: number;
  readonly deletes: number;
  readonly purges: number;
  /** Entries in the index whose lifetime has not ended; those that were purged and not refilled among them. */
  readonly entries: number;
  /** Bytes of their bodies. */
  readonly bytes: number;
}

/** The RPC surface of the namespace object. Replies carry the log since `context.since`. */
export interface NamespaceRpc {
  /** The log, and nothing else. */
  sync(context: CallContext): Promise<{ log: LogSlice }>;
  /** Puts an entry that has been stored into the index, or says that a purge overtook it. */
  complete(context: CallContext, entry: EntryReport): Promise<{ outcome: CompleteOutcome; log: LogSlice }>;
  /** Appends a purge to the log and counts what it hit. */
  purge(context: CallContext, request: PurgeRequest): Promise<PurgeResult & { log: LogSlice }>;
  /** A purge of one key, counted as a delete. `deleted` tells whether a valid entry was there. */
  remove(context: CallContext, cache: string, key: string): Promise<{ deleted: boolean; log: LogSlice }>;
  /** Counts of one cache, or of the namespace when `cache` is null. */
  stats(context: CallContext, cache: string | null): Promise<{ stats: CacheStats; log: LogSlice }>;
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
  | { readonly outcome: "hit"; readonly state: "fresh"; readonly response: Response }
  | {
      readonly outcome: "hit";
      /** Somebody should refresh it; `asOf` is what the refreshed response is stored with. */
      readonly state: "stale";
      readonly key: Key;
      readonly asOf: Version;
      readonly response: Response;
    }
  | {
      readonly outcome: "miss";
      readonly reason: MissReason;
      /** The log as it was known before the origin is asked: hand it to `store`. Null when it could not be learnt. */
      readonly asOf: Version | null;
      /** What may be served if the origin fails. */
      readonly fallback?: Response;
    };

/** What a look-up may ask beyond the cache's own bounds. */
export type Demand = Partial<CheckedMatchOptions>;

/**
 * A cache as those who answer requests use it: read in this isolate (`Edge`), or by the coordinator over RPC.
 */
export interface CacheEngine {
  lookup(config: CacheConfig, request: Request, demand?: Demand): Promise<Lookup>;
  store(config: CacheConfig, request: Request, response: Response, options: StoreOptions): Promise<PutReceipt>;
  remove(config: CacheConfig, request: Request, vary?: readonly string[]): Promise<boolean>;
  purge(config: CacheConfig, request: PurgeRequest): Promise<PurgeResult>;
  stats(config: CacheConfig): Promise<CacheStats>;
}

/** The RPC surface of the coordinator's Worker, as app Workers see it through their service binding. */
export interface CoordinatorRpc {
  sync(namespace: string, ...rest: Parameters<NamespaceRpc["sync"]>): ReturnType<NamespaceRpc["sync"]>;
  complete(namespace: string, ...rest: Parameters<NamespaceRpc["complete"]>): ReturnType<NamespaceRpc["complete"]>;
  purge(namespace: string, ...rest: Parameters<NamespaceRpc["purge"]>): ReturnType<NamespaceRpc["purge"]>;
  remove(namespace: string, ...rest: Parameters<NamespaceRpc["remove"]>): ReturnType<NamespaceRpc["remove"]>;
  stats(namespace: string, ...rest: Parameters<NamespaceRpc["stats"]>): ReturnType<NamespaceRpc["stats"]>;
  /** The same for `mode: "remote"`. `options` is the cache's declaration as JSON. */
  cacheLookup(options: string, request: Request, demand?: Demand): Promise<Lookup>;
  cacheStore(options: string, request: Request, response: Response, store: StoreOptions): Promise<PutReceipt>;
  cacheRemove(options: string, request: Request, vary?: readonly string[]): Promise<boolean>;
  cachePurge(options: string, request: PurgeRequest): Promise<PurgeResult>;
  cacheStats(options: string): Promise<CacheStats>;
}
