import type { Happening } from "./events.ts";
import { bypassReasons, lookedUpReasons, refusalReasons } from "./events.ts";

/** The counters of the origin's answers by time, and up to how many milliseconds each goes from where the one before ends. */
export const originBuckets = [
  ["origin.le.10", 10],
  ["origin.le.25", 25],
  ["origin.le.50", 50],
  ["origin.le.100", 100],
  ["origin.le.250", 250],
  ["origin.le.500", 500],
  ["origin.le.1000", 1000],
  ["origin.le.2500", 2500],
  ["origin.le.5000", 5000],
  ["origin.le.10000", 10_000],
  ["origin.le.inf", Number.POSITIVE_INFINITY],
] as const;

/**
 * Names of the counters. What each counts is told once, in docs/observability.md. All are numbers of events, but for
 * those in `ms` or `bytes`.
 */
export const counterNames = [
  ...(["hits.fresh", "hits.stale", "hits.shield", "waits"] as const),
  ...lookedUpReasons.map((reason) => `misses.${reason}` as const),
  ...bypassReasons.map((reason) => `bypasses.${reason}` as const),
  ...(["stand-ins", "origin.requests", "origin.errors", "origin.ms"] as const),
  ...originBuckets.map(([name]) => name),
  ...(["puts", "bytes.served", "bytes.stored"] as const),
  ...refusalReasons.map((reason) => `refusals.${reason}` as const),
  ...(["deletes", "purges", "purged", "revocations", "restored", "invalidations"] as const),
  ...(["errors.object", "errors.cache"] as const),
] as const;

export type CounterName = (typeof counterNames)[number];

/** Those of the counters that are not zero. */
export type Counts = Readonly<Partial<Record<CounterName, number>>>;

/** The counters that an event moves, and by how much. */
export function countersOf(event: Happening): readonly (readonly [CounterName, number])[] {
  switch (event.type) {
    case "hit":
      return [
        [`hits.${event.state}`, 1],
        ["bytes.served", event.entry.bytes],
      ];
    case "wait":
      return [
        ["waits", 1],
        ["bytes.served", event.entry.bytes],
      ];
    case "miss":
      return [[`misses.${event.reason}`, 1]];
    case "bypass":
      return [[`bypasses.${event.reason}`, 1]];
    case "stand-in":
      return [["stand-ins", 1]];
    case "origin":
      return [
        ["origin.requests", 1],
        ["origin.ms", event.tookMs],
        [bucketOf(event.tookMs), 1],
        ["origin.errors", event.outcome === "answered" ? 0 : 1],
      ];
    case "put":
      return [
        ["puts", 1],
        ["bytes.stored", event.entry.bytes],
      ];
    case "put-refused":
      return [[`refusals.${event.reason}`, 1]];
    case "delete":
      return [["deletes", 1]];
    case "purge":
      return [
        ["purges", 1],
        ["purged", event.purged],
      ];
    case "revoke":
      return [
        ["revocations", 1],
        ["restored", event.restored],
      ];
    case "invalidation":
      return [["invalidations", 1]];
    case "error":
      return [[`errors.${event.what}`, 1]];
    // For the live feed and the log: what follows from them is counted as it happens.
    case "fill-failed":
    case "marker":
    case "refill":
      return [];
  }
}

function bucketOf(ms: number): CounterName {
  return originBuckets.find(([, end]) => ms <= end)?.[0] ?? "origin.le.inf";
}

/** `more` added to `sum`, in place. */
export function addCounts(sum: Partial<Record<CounterName, number>>, more: Counts): void {
  for (const name in more) {
    const counter = name as CounterName;
    const by = more[counter] ?? 0;
    if (by !== 0) sum[counter] = (sum[counter] ?? 0) + by;
  }
}
