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

/** Removes what has expired, by alarm and in bounded batches. */
export class Housekeeping {
  readonly #storage: DurableObjectStorage;
  /** When the alarm is set for, so that a put costs no look-up; undefined until it has been looked up once. */
  #alarmAtMs: number | null | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
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

  /** Sees to it that the alarm comes soon after `dueMs`, and sooner if something else is due before. */
  async #arm(dueMs: number): Promise<void> {
    this.#alarmAtMs ??= await this.#storage.getAlarm();
    const atMs = dueMs + SLACK_MS;
    // Setting an alarm is billed as a row written: one that is early enough stays.
    if (this.#alarmAtMs !== null && this.#alarmAtMs <= atMs + SLACK_MS) return;
    this.#alarmAtMs = atMs;
    await this.#storage.setAlarm(atMs);
  }

  /** Notes how long the entry may live: the log has to outlast it. */
  noteLifetime(lifetimeSeconds: number): void {
    if (lifetimeSeconds > this.#longestLifetimeMs() / 1000) {
      writeMeta(this.#storage.sql, "longest_lifetime_s", String(lifetimeSeconds));
    }
  }

  /** One run of the alarm. Sets the next while anything is left. */
  async run(
    parts: { index: TagIndex; log: PurgeLog; stats: Stats; top: Top; fills: Fills },
    nowMs: number,
  ): Promise<void> {
    const { index, log, stats, top, fills } = parts;
    const removed = this.#storage.transactionSync(() => {
      log.trim(nowMs - this.#longestLifetimeMs() - SLACK_MS);
      log.forget(nowMs - HISTORY_MS);
      stats.tidy(nowMs);
      top.removeOld(nowMs);
      return Math.max(index.removeExpired(nowMs, BATCH), fills.removeEnded(nowMs, BATCH));
    });
    this.#alarmAtMs = null;
    if (removed >= BATCH) return this.#arm(nowMs - SLACK_MS);
    const due = [
      index.nextExpiryMs(),
      later(log.oldestAtMs("in-force"), this.#longestLifetimeMs() + SLACK_MS),
      later(log.oldestAtMs("all"), HISTORY_MS),
      stats.nextTidyMs(),
      top.nextRemovalMs(),
      fills.nextEndMs(),
    ].filter((ms) => ms !== undefined);
    if (due.length > 0) await this.#arm(Math.max(nowMs, Math.min(...due)));
  }

  #longestLifetimeMs(): number {
    return Number(readMeta(this.#storage.sql, "longest_lifetime_s") ?? 0) * 1000;
  }
}

function later(atMs: number | undefined, byMs: number): number | undefined {
  return atMs === undefined ? undefined : atMs + byMs;
}
