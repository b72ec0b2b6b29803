import type { Tally } from "./tally.ts";

/** Bytes of a reply of the object without any records, and of a record in it: as `npm run bench:purge` measures them. */
const REPLY_BYTES = 90;
const RECORD_BYTES = 52;

/** What one simulated setting comes to: a row of the table. */
export interface Figures {
  readonly lagSeconds: number;
  readonly isolates: number;
  /** Seconds after a purge was logged until nobody was served what it hit: of all purges, and of 99 in a hundred. */
  readonly worstSeconds: number;
  readonly p99Seconds: number;
  /** The share of hits that a purge logged before should have prevented. */
  readonly lateShare: number;
  readonly hitRate: number;
  /** The share of requests that waited for the object because their isolate's view was too old. */
  readonly waitShare: number;
  readonly syncsPerSecond: number;
  readonly objectRequestsPerSecond: number;
  readonly syncedBytesPerSecond: number;
}

export interface Counted {
  readonly lagSeconds: number;
  readonly isolates: number;
  readonly seconds: number;
  /** Purges whose lag is known: those that were logged late enough to be counted, and early enough to be over. */
  readonly purges: readonly number[];
}

export function figuresOf({ lagSeconds, isolates, seconds, purges }: Counted, tally: Tally): Figures {
  const lagsMs = purges.map((seq) => tally.lagsMs.get(seq) ?? 0).sort((a, b) => a - b);
  const requests = tally.hits + tally.misses.absent + tally.misses.purged + tally.misses.expired;
  const calls = tally.calls.sync + tally.calls.complete + tally.calls.purge;
  return {
    lagSeconds,
    isolates,
    worstSeconds: (lagsMs.at(-1) ?? 0) / 1000,
    p99Seconds: (lagsMs[Math.ceil(lagsMs.length * 0.99) - 1] ?? 0) / 1000,
    lateShare: share(tally.lateHits, tally.hits),
    hitRate: share(tally.hits, requests),
    waitShare: share(tally.waits, requests),
    syncsPerSecond: tally.calls.sync / seconds,
    objectRequestsPerSecond: calls / seconds,
    syncedBytesPerSecond: (calls * REPLY_BYTES + tally.records * RECORD_BYTES) / seconds,
  };
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
