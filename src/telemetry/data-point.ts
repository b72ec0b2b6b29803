import type { CounterName, Counts } from "../../schema/counters.ts";
import { figuresOf } from "../../schema/figures.ts";

/** What is counted in one cache by one rule, somewhere. */
export interface Counted {
  readonly cache: string;
  readonly dataCentre: string;
  readonly rule: string;
  readonly counts: Counts;
}

/**
 * The columns of a data point: a point has at most 20 of each kind and one index of 96 bytes
 * (developers.cloudflare.com/analytics/analytics-engine/limits). Their order never changes; what is new comes at the end.
 */
const doubles: readonly ((counts: Counts) => number)[] = [
  of("hits.fresh"),
  of("hits.stale"),
  of("hits.shield"),
  of("waits"),
  (counts) => figuresOf(counts).misses,
  (counts) => figuresOf(counts).bypasses,
  of("stand-ins"),
  of("origin.requests"),
  of("origin.errors"),
  of("origin.ms"),
  of("puts"),
  (counts) => figuresOf(counts).refusals,
  of("bytes.served"),
  of("bytes.stored"),
  of("purges"),
  of("purged"),
  of("invalidations"),
  (counts) => figuresOf(counts).errors,
];

function of(name: CounterName): (counts: Counts) => number {
  return (counts) => counts[name] ?? 0;
}

/** What Workers Analytics Engine is given for it. */
export function dataPointOf(namespace: string, { cache, rule, dataCentre, counts }: Counted) {
  return {
    indexes: [namespace.slice(0, 96)],
    blobs: [namespace, cache, rule, dataCentre],
    doubles: doubles.map((column) => column(counts)),
  };
}
