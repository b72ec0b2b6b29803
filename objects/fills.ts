import type { Place } from "../schema/entry.ts";
import type { Lease } from "../schema/fills.ts";
import type { Key } from "../schema/key.ts";
import { newEpoch } from "../schema/version.ts";
import { logState } from "../src/log/verdict.ts";
import type { PurgeLog } from "./purge-log.ts";

/** After this long a lease that nobody has ended is forgotten: its holder would be refused even if nobody came after. */
const LEASE_MEMORY_MS = 60 * 60 * 1000;
/** The longest pause after fills that failed. */
const LONGEST_PAUSE_MS = 60_000;

/** What is known of the responses to a key beyond its entry. */
export interface KeyNote {
  readonly passUntilMs: number;
  readonly varies: readonly string[];
  readonly variesUntilMs: number;
  readonly retryAtMs: number;
}

interface NoteRow extends Record<string, SqlStorageValue> {
  pass_until_ms: number;
  varies: string;
  varies_until_ms: number;
  retry_at_ms: number;
}

/** Who fills which key, and what has come of it: in storage, so that a lease outlives the object's instance. */
export class Fills {
  readonly #sql: SqlStorage;
  readonly #log: PurgeLog;

  constructor(sql: SqlStorage, log: PurgeLog) {
    this.#sql = sql;
    this.#log = log;
  }

  /**
   * When the lease on a key ends; undefined when nobody holds one, or when a purge has already overtaken its fill, which
   * nobody need wait for. A purge by tag is not known to hit before the response has come; a fill from before the log
   * begins is refused like one that was purged.
   */
  heldUntilMs(place: Place, nowMs: number): number | undefined {
    const [lease] = this.#sql.exec<{ as_of: number; until_ms: number }>(
      "SELECT as_of, until_ms FROM leases WHERE key = ?",
      place.key,
    );
    if (lease === undefined || lease.until_ms <= nowMs) return undefined;
    const { view } = this.#log;
    const asOf = { epoch: view.epoch, seq: lease.as_of };
    const { state } = logState({ ...place, tags: [], permanent: false, asOf }, view);
    return state === "purged" || state === "unknown" ? undefined : lease.until_ms;
  }

  /** Whether anybody holds a lease on the key, overtaken or not. */
  isHeld(key: Key, nowMs: number): boolean {
    const [lease] = this.#sql.exec("SELECT 1 FROM leases WHERE key = ? AND until_ms > ?", key, nowMs);
    return lease !== undefined;
  }

  /** Gives a new lease, in the place of any other. */
  lead(key: Key, untilMs: number): Lease {
    const lease = { key, id: newEpoch() };
    this.#sql.exec(
      `INSERT INTO leases (key, id, as_of, until_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET id = excluded.id, as_of = excluded.as_of, until_ms = excluded.until_ms`,
      key,
      lease.id,
      this.#log.view.head,
      untilMs,
    );
    return lease;
  }

  /** Whether the lease is its holder's still: one that has run out is, until somebody else is given one. */
  isIntact({ key, id }: Lease): boolean {
    const [lease] = this.#sql.exec("SELECT 1 FROM leases WHERE key = ? AND id = ?", key, id);
    return lease !== undefined;
  }

  /**
   * Keeps the lease until then, on the key its entry was stored under. Where that is another key, and somebody has been
   * given a lease on it, this one ends.
   */
  keep({ key, id }: Lease, entryKey: Key, untilMs: number): void {
    const kept = this.#sql.exec(
      "UPDATE OR IGNORE leases SET key = ?, until_ms = ? WHERE key = ? AND id = ?",
      entryKey,
      untilMs,
      key,
      id,
    );
    if (kept.rowsWritten === 0) this.end({ key, id });
  }

  /** Ends the lease; false when it was lost already. */
  end({ key, id }: Lease): boolean {
    return this.#sql.exec("DELETE FROM leases WHERE key = ? AND id = ?", key, id).rowsWritten > 0;
  }

  note(key: Key): KeyNote | undefined {
    const [row] = this.#sql.exec<NoteRow>(
      "SELECT pass_until_ms, varies, varies_until_ms, retry_at_ms FROM notes WHERE key = ?",
      key,
    );
    return row === undefined
      ? undefined
      : {
          passUntilMs: row.pass_until_ms,
          varies: JSON.parse(row.varies) as string[],
          variesUntilMs: row.varies_until_ms,
          retryAtMs: row.retry_at_ms,
        };
  }

  /** The response could not be stored: until then nobody waits for the next. */
  pass(key: Key, untilMs: number): void {
    this.#sql.exec(
      `INSERT INTO notes (key, pass_until_ms) VALUES (?, ?)
       ON CONFLICT (key) DO UPDATE SET pass_until_ms = excluded.pass_until_ms`,
      key,
      untilMs,
    );
  }

  /** The fill failed: who can do without tries again after 1 second, then 2, 4 and so on up to a minute. */
  failed(key: Key, nowMs: number): { readonly failures: number; readonly retryAtMs: number } {
    const [row] = this.#sql.exec<{ failures: number; retry_at_ms: number }>(
      `INSERT INTO notes (key, failures, retry_at_ms) VALUES (?1, 1, ?2 + 1000)
       ON CONFLICT (key) DO UPDATE SET failures = failures + 1, retry_at_ms = ?2 + MIN(1000 << MIN(failures, 10), ?3)
       RETURNING failures, retry_at_ms`,
      key,
      nowMs,
      LONGEST_PAUSE_MS,
    );
    if (row === undefined) throw new Error("INSERT … RETURNING gave no row");
    return { failures: row.failures, retryAtMs: row.retry_at_ms };
  }

  /** An entry was stored under the key: what was noted of the responses before is over. */
  succeeded(key: Key): void {
    this.#sql.exec("DELETE FROM notes WHERE key = ?", key);
  }

  /**
   * An entry was stored under another key, as the responses to this one vary on these headers; what else was noted of
   * them is over. Rows written are billed, so a note that will do stays as it is.
   */
  varies(key: Key, names: readonly string[], nowMs: number, lifetimeMs: number): void {
    this.#sql.exec(
      `INSERT INTO notes (key, varies, varies_until_ms) VALUES (?1, ?2, ?3)
       ON CONFLICT (key) DO UPDATE SET varies = excluded.varies, varies_until_ms = excluded.varies_until_ms,
         pass_until_ms = 0, failures = 0, retry_at_ms = 0
       WHERE varies <> excluded.varies OR varies_until_ms < ?4 OR pass_until_ms > 0 OR failures > 0`,
      key,
      JSON.stringify(names),
      nowMs + lifetimeMs,
      nowMs + lifetimeMs / 2,
    );
  }

  /** Removes at most `limit` notes that say nothing any more, and the leases nobody has ended. */
  removeEnded(nowMs: number, limit: number): number {
    this.#sql.exec("DELETE FROM leases WHERE until_ms < ?", nowMs - LEASE_MEMORY_MS);
    return this.#sql.exec(
      "DELETE FROM notes WHERE key IN (SELECT key FROM notes WHERE ends_at_ms <= ? ORDER BY ends_at_ms LIMIT ?)",
      nowMs,
      limit,
    ).rowsWritten;
  }

  /** When the next note, or a lease nobody has ended, is to be removed. */
  nextEndMs(): number | undefined {
    const [row] = this.#sql.exec<{ at: number | null }>(
      `SELECT MIN(at) AS at FROM (
         SELECT MIN(ends_at_ms) AS at FROM notes UNION ALL SELECT MIN(until_ms) + ? FROM leases)`,
      LEASE_MEMORY_MS,
    );
    return row?.at ?? undefined;
  }
}
