import type { Call } from "./namespace.ts";

/** What has happened in a simulation. */
export class Tally {
  readonly calls: Record<Call, number> = { sync: 0, complete: 0, purge: 0 };
  readonly misses = { absent: 0, purged: 0, expired: 0 };
  hits = 0;
  /** Hits on an entry that had been purged already, though this isolate did not know. */
  lateHits = 0;
  /** Requests that waited for the object because their isolate's view was too old. */
  waits = 0;
  /** Fills that a purge overtook. */
  refusals = 0;
  /** Records of the log in all replies. */
  records = 0;
  /** By sequence number, how long after it was logged each purge was last overlooked. */
  readonly lagsMs = new Map<number, number>();

  hit(overlooked: number | undefined, lagMs: number): void {
    this.hits += 1;
    if (overlooked === undefined) return;
    this.lateHits += 1;
    this.lagsMs.set(overlooked, Math.max(this.lagsMs.get(overlooked) ?? 0, lagMs));
  }

  miss(reason: keyof Tally["misses"]): void {
    this.misses[reason] += 1;
  }

  waited(): void {
    this.waits += 1;
  }

  refused(): void {
    this.refusals += 1;
  }

  called(call: Call, records: number): void {
    this.calls[call] += 1;
    this.records += records;
  }
}
