import { waitUntil } from "cloudflare:workers";

/** What the edge needs of the platform beyond the cache and the object: the one seam for clocks and background work. */
export interface Surroundings {
  nowMs(): number;
  /** Resolves after `ms`; rejects when `signal` is aborted first. */
  wait(ms: number, signal?: AbortSignal): Promise<unknown>;
  /** Keeps the present request's isolate alive until `work` has ended. */
  waitUntil(work: Promise<unknown>): void;
}

/** The Worker's own. */
export const platform: Surroundings = {
  nowMs: () => Date.now(),
  wait: (ms, signal) => scheduler.wait(ms, signal === undefined ? {} : { signal }),
  waitUntil,
};
