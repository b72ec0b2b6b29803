import type { PurgeLog } from "./purge-log.ts";
import type { Stats } from "./stats.ts";
import { readMeta, writeMeta } from "./storage.ts";
import type { TagIndex } from "./tag-index.ts";

/** Entries removed by one run of the alarm: a run stays short, and the next follows at once while there is more. */
const BATCH = 500;
/** Rows wait at least this long after their entry has expired, so that one alarm serves many of them. */
const INTERVAL_MS = 60_000;

/** Removes what has expired, by alarm and in bounded batches. */
export class Housekeeping {
  readonly #storage: DurableObjectStorage;
  /** Whether an alarm is set, so that a put costs no look-up; undefined until it has been looked up once. */
  #armed: boolean | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Sees to it that an alarm is set while there is something to remove. */
  async arm(nowMs: number): Promise<void> {
    this.#armed ??= (await this.#storage.getAlarm()) !== null;
    if (this.#armed) return;
    this.#armed = true;
    await this.#storage.setAlarm(nowMs + INTERVAL_MS);
  }

  /** Notes how long the entry may live: the log has to outlast it. */
  noteLifetime(lifetimeSeconds: number): void {
    const { sql } = this.#storage;
    const longest = Number(readMeta(sql, "longest_lifetime_s") ?? 0);
    if (lifetimeSeconds > longest) writeMeta(sql, "longest_lifetime_s", String(lifetimeSeconds));
  }

  /** One run of the alarm. Sets the next while anything is left. */
  async run(parts: { index: TagIndex; log: PurgeLog; stats: Stats }, nowMs: number): Promise<void> {
    const { sql } = this.#storage;
    const removed = this.#storage.transactionSync(() => {
      const longestMs = Number(readMeta(sql, "longest_lifetime_s") ?? 0) * 1000;
      parts.log.trim(nowMs - longestMs - INTERVAL_MS);
      parts.stats.forgetOldReporters(nowMs);
      return parts.index.removeExpired(nowMs, BATCH);
    });
    const next = removed === BATCH ? nowMs : parts.index.nextExpiryMs();
    this.#armed = next !== undefined;
    if (next !== undefined) await this.#storage.setAlarm(Math.max(next, nowMs) + (removed === BATCH ? 0 : INTERVAL_MS));
  }
}
