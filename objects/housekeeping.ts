import type { Alarm, Timed } from "./alarm.ts";
import type { Fills } from "./fills.ts";
import type { PurgeLog } from "./purge-log.ts";
import type { Stats } from "./stats.ts";
import { readMeta, writeMeta } from "./storage.ts";
import type { TagIndex } from "./tag-index.ts";
import type { Top } from "./top.ts";

/** Entries removed by one run of the alarm: a run stays short, and the next follows at once while there is more. */
const BATCH = 500;
/** Purges stay in the history this long after they have gone out of force. */
const HISTORY_MS = 90 * 24 * 60 * 60 * 1000;
const HOUR_MS = 60 * 60 * 1000;
/** Leases, and the notes that come of them, may lie this long before they are looked at. */
const LEASES_MS = HOUR_MS;
/** What is due waits at least this long, so that one alarm serves many. */
const SLACK_MS = 60_000;

/** What is kept in order. */
export interface Kept {
  readonly index: TagIndex;
  readonly log: PurgeLog;
  readonly stats: Stats;
  readonly top: Top;
  readonly fills: Fills;
}

/** Removes what has expired, by alarm and in bounded batches. */
export class Housekeeping implements Timed {
  readonly slackMs = SLACK_MS;
  readonly #storage: DurableObjectStorage;
  readonly #alarm: Alarm;
  readonly #kept: Kept;

  constructor(storage: DurableObjectStorage, alarm: Alarm, kept: Kept) {
    this.#storage = storage;
    this.#alarm = alarm;
    this.#kept = kept;
  }

  /** An entry was stored: it is removed once its lifetime has ended. */
  async entryStored(nowMs: number, lifetimeSeconds: number): Promise<void> {
    await this.#arm(nowMs + lifetimeSeconds * 1000);
  }

  /** A purge was logged: the log is trimmed once nothing from before it can be alive. */
  async purgeLogged(nowMs: number): Promise<void> {
    await this.#arm(nowMs + this.#longestLifetimeMs() + SLACK_MS);
  }

  /** A lease was given: if nobody ends it, or with a note alone, that is removed once it says nothing any more. */
  async leaseGiven(nowMs: number): Promise<void> {
    await this.#arm(nowMs + LEASES_MS);
  }

  /** Something was counted: its hour is made of minutes when it is over. */
  async counted(nowMs: number): Promise<void> {
    await this.#arm(nowMs + HOUR_MS);
  }

  async #arm(dueMs: number): Promise<void> {
    await this.#alarm.by(dueMs, this.slackMs);
  }

  /** Notes how long the entry may live: the log has to outlast it. */
  noteLifetime(lifetimeSeconds: number): void {
    if (lifetimeSeconds > this.#longestLifetimeMs() / 1000) {
      writeMeta(this.#storage.sql, "longest_lifetime_s", String(lifetimeSeconds));
    }
  }

  nextDueMs(): number | undefined {
    const { index, log, stats, top, fills } = this.#kept;
    const due = [
      index.nextExpiryMs(),
      later(log.oldestAtMs("in-force"), this.#longestLifetimeMs() + SLACK_MS),
      later(log.oldestAtMs("all"), HISTORY_MS),
      stats.nextTidyMs(),
      top.nextRemovalMs(),
      fills.nextEndMs(),
    ].filter((ms) => ms !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  run(nowMs: number): "again" | undefined {
    const { index, log, stats, top, fills } = this.#kept;
    const removed = this.#storage.transactionSync(() => {
      log.trim(nowMs - this.#longestLifetimeMs() - SLACK_MS);
      log.forget(nowMs - HISTORY_MS);
      stats.tidy(nowMs);
      top.removeOld(nowMs);
      return Math.max(index.removeExpired(nowMs, BATCH), fills.removeEnded(nowMs, BATCH));
    });
    return removed >= BATCH ? "again" : undefined;
  }

  #longestLifetimeMs(): number {
    return Number(readMeta(this.#storage.sql, "longest_lifetime_s") ?? 0) * 1000;
  }
}

function later(atMs: number | undefined, byMs: number): number | undefined {
  return atMs === undefined ? undefined : atMs + byMs;
}
