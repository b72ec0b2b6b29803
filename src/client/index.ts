/**
 * What an app Worker imports.
 *
 * ```ts
 * import { cache } from "larder";
 *
 * const pages = cache({ name: "pages", namespace: "storefront", ttlSeconds: 60, staleWhileRevalidateSeconds: 30 });
 * ```
 */

export type { ValueGroup, ValueGroups } from "../../schema/custom-cache-key.ts";
export { CustomCacheKey } from "../../schema/custom-cache-key.ts";
export type { ErrorCode } from "../../schema/errors.ts";
export { LarderError } from "../../schema/errors.ts";
export type { MissReason, RefusalReason } from "../../schema/events.ts";
export type { Explanation } from "../../schema/explain.ts";
export type { Figures, OriginFigures } from "../../schema/figures.ts";
export type { Key } from "../../schema/key.ts";
export type { KeyPolicy } from "../../schema/key-policy.ts";
export type { CacheOptions, KeyOptions, MatchOptions, PutOptions } from "../../schema/options.ts";
export type {
  DryRunResult,
  PurgeHistoryItem,
  PurgeHistoryPage,
  PurgeResult,
  RevokeResult,
} from "../../schema/purge.ts";
export type { HistoryRequest } from "../../schema/purge-request.ts";
export type { PutReceipt } from "../../schema/rpc.ts";
export type { CacheStats, StatsGroup, TopReply } from "../../schema/stats.ts";
export type { Version } from "../../schema/version.ts";
export type { Cache, Loader, RememberOptions, StatsOptions, TopOptions, WrapOptions } from "./cache.ts";
export { cache } from "./cache.ts";
export type { ExplainOptions } from "./explain-options.ts";
export { cached } from "./middleware.ts";
export type { DryRun, PurgeOptions, Selection } from "./purge-options.ts";
