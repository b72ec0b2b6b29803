/** Who answers the callers of `npm run bench:fills`, by the names of their Workers in scripts/bench/workers. */
export const contestants = ["larder", "larder-over-rpc", "bare", "hono", "ocache", "uncached"] as const;

export type Contestant = (typeof contestants)[number];

/** Of each Worker: an isolate in each, with the data centre's own cache. */
export const DATA_CENTRES = 4;

/** What a driver leaves behind about 1,000 callers of one cold key. */
export interface Burst {
  readonly contestant: Contestant;
  readonly originRequests: number;
  /** How long each caller waited for the whole answer. */
  readonly waitsMs: readonly number[];
}
