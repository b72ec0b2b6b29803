import { waitUntil } from "cloudflare:workers";

/** What the edge needs of the platform beyond the cache and the object: the one seam for clocks and background work. */
export interface Surroundings {
  nowMs(): number;
  /** At least 0 and below 1. */
  random(): number;
  /** Resolves after `ms`. */
  wait(ms: number): Promise<unknown>;
  /** Calls `ring` after `ms`, unless what it returns is called first. */
  timer(ms: number, ring: () => void): () => void;
  /** Keeps the present request's isolate alive until `work` has ended. */
  waitUntil(work: Promise<unknown>): void;
}

/** The Worker's own. */
export const platform: Surroundings = {
  nowMs: () => Date.now(),
  random: () => Math.random(),
  wait: (ms) => scheduler.wait(ms),
  // Not `scheduler.wait` with a signal: an abort makes an error with its stack, a fiftieth of what a miss costs.
  timer: (ms, ring) => {
    const timer = setTimeout(ring, ms);
    return () => clearTimeout(timer);
  },
  waitUntil,
};

/** That something took too long. */
export class Overdue extends Error {}

/**
 * What `work` comes to, or an `Overdue` once it takes longer than `ms`.
 *
 * @param what did not come in time, for the error's message
 */
export function inTime<T>(
  surroundings: Pick<Surroundings, "timer">,
  work: Promise<T>,
  ms: number,
  what: string,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const callOff = surroundings.timer(ms, () => reject(new Overdue(`${what} did not answer in time`)));
    work.then(resolve, reject).finally(callOff);
  });
}
