import { LarderError } from "../schema/errors.ts";
import { limits } from "../schema/limits.ts";
import type { Refill, RefillProgress, RefillState } from "../schema/refill.ts";
import type { Version } from "../schema/version.ts";
import { newEpoch } from "../schema/version.ts";
import type { RefillItem } from "./refill-items.ts";
import { urlOf } from "./refill-items.ts";
import type { Failure } from "./refill-run.ts";

/** Items in one row. */
const CHUNK = 200;
/** What has ended is listed for so long, and so many of it. */
const ENDED_MS = 7 * 86_400_000;
const MOST_ENDED = 100;

interface Row extends Record<string, SqlStorageValue> {
  id: string;
  kind: Refill["kind"];
  state: RefillState;
  cache: string | null;
  by: string;
  reason: string | null;
  after_seq: number | null;
  concurrency: number;
  per_second: number;
  created_at_ms: number;
  started_at_ms: number | null;
  ended_at_ms: number | null;
  total: number;
  filled: number;
  failed: number;
  skipped: number;
  last_error: string | null;
}

/** What a refill is made of. */
export interface NewRefill {
  readonly kind: Refill["kind"];
  readonly cache: string | undefined;
  readonly by: string;
  readonly reason: string | undefined;
  /** Of a refill after a purge: its number in the log. */
  readonly afterSeq: number | undefined;
  readonly concurrency: number;
  readonly perSecond: number;
  readonly items: readonly RefillItem[];
}

/** Refills in storage: what they are to fetch, and how far they have come. */
export class RefillStore {
  readonly #sql: SqlStorage;
  readonly #versionAt: (seq: number) => Version;

  constructor(sql: SqlStorage, versionAt: (seq: number) => Version) {
    this.#sql = sql;
    this.#versionAt = versionAt;
  }

  get isFull(): boolean {
    return this.#number("state IN ('waiting', 'running')") >= limits.refills;
  }

  /** @throws LarderError `invalid-input` where too many wait already */
  add(refill: NewRefill, nowMs: number): Refill {
    if (this.isFull) {
      const message = `refill: ${limits.refills} refills of the namespace wait already; let them end, or stop one`;
      throw new LarderError("invalid-input", message, { field: "refill", limit: limits.refills });
    }
    this.#forget(nowMs);
    const id = newEpoch();
    const { kind, cache, by, reason, afterSeq, concurrency, perSecond, items } = refill;
    this.#sql.exec(
      `INSERT INTO refills (id, kind, state, cache, "by", reason, after_seq, concurrency, per_second, created_at_ms, total)
       VALUES (?, ?, 'waiting', ?, ?, ?, ?, ?, ?, ?, 0)`,
      ...[id, kind, cache ?? null, by, reason ?? null, afterSeq ?? null, concurrency, perSecond, nowMs],
    );
    this.append(id, items);
    return this.one(id);
  }

  /** Adds items, as many as there is room for; how many these were. */
  append(id: string, items: readonly RefillItem[]): number {
    const { total } = this.one(id);
    const added = items.slice(0, Math.max(0, limits.refillUrls - total));
    for (let at = 0; at < added.length; at += CHUNK) {
      const chunk = JSON.stringify(added.slice(at, at + CHUNK));
      this.#sql.exec("INSERT INTO refill_items (refill, start, items) VALUES (?, ?, ?)", id, total + at, chunk);
    }
    this.#sql.exec("UPDATE refills SET total = total + ? WHERE id = ?", added.length, id);
    return added.length;
  }

  /** The items in the row that has the one at that place, and the place of its first; undefined where there is none. */
  chunk(id: string, at: number): { readonly start: number; readonly items: readonly RefillItem[] } | undefined {
    const [row] = this.#sql.exec<{ start: number; items: string }>(
      "SELECT start, items FROM refill_items WHERE refill = ? AND start <= ? ORDER BY start DESC LIMIT 1",
      id,
      at,
    );
    if (row === undefined) return undefined;
    const items = JSON.parse(row.items) as RefillItem[];
    return at < row.start + items.length ? { start: row.start, items } : undefined;
  }

  /** The one whose turn it is: that which runs, or else the oldest that waits. */
  next(): (Refill & { readonly afterSeq: number | undefined }) | undefined {
    const [row] = this.#sql.exec<Row>(
      `SELECT * FROM refills WHERE state IN ('running', 'waiting') ORDER BY state = 'waiting', created_at_ms, id LIMIT 1`,
    );
    return row === undefined ? undefined : { ...this.#refillOf(row), afterSeq: row.after_seq ?? undefined };
  }

  /** Whose refills run or wait, and the pace of the one whose turn it is. */
  pace(): { readonly caches: readonly (string | undefined)[]; readonly perSecond: number } {
    const rows = this.#sql
      .exec<{ cache: string | null; per_second: number }>(
        `SELECT cache, per_second FROM refills WHERE state IN ('running', 'waiting')
         ORDER BY state = 'waiting', created_at_ms, id`,
      )
      .toArray();
    return { caches: rows.map(({ cache }) => cache ?? undefined), perSecond: rows[0]?.per_second ?? 1 };
  }

  /** The newest first. */
  list(): Refill[] {
    const rows = this.#sql.exec<Row>("SELECT * FROM refills ORDER BY created_at_ms DESC, id DESC");
    return rows.toArray().map((row) => this.#refillOf(row));
  }

  /** @throws LarderError `not-found` */
  one(id: string): Refill {
    const [row] = this.#sql.exec<Row>("SELECT * FROM refills WHERE id = ?", id);
    if (row === undefined) throw new LarderError("not-found", `id: there is no refill ${id}`, { field: "id" });
    return this.#refillOf(row);
  }

  started(id: string, nowMs: number): void {
    this.#sql.exec(
      "UPDATE refills SET state = 'running', started_at_ms = COALESCE(started_at_ms, ?) WHERE id = ?",
      nowMs,
      id,
    );
  }

  came(
    id: string,
    { filled, failed, skipped }: Omit<RefillProgress, "total">,
    failure: Failure | undefined,
    nowMs: number,
  ): void {
    const lastError =
      failure === undefined
        ? null
        : JSON.stringify({ atMs: nowMs, url: urlOf(failure.item), message: failure.message });
    this.#sql.exec(
      "UPDATE refills SET filled = ?, failed = ?, skipped = ?, last_error = COALESCE(?, last_error) WHERE id = ?",
      ...[filled, failed, skipped, lastError, id],
    );
  }

  /** One that has ended already stays as it is. */
  ended(id: string, state: Extract<RefillState, "done" | "stopped" | "failed">, nowMs: number): void {
    this.#sql.exec(
      "UPDATE refills SET state = ?, ended_at_ms = ? WHERE id = ? AND state IN ('waiting', 'running')",
      ...[state, nowMs, id],
    );
    this.#sql.exec("DELETE FROM refill_items WHERE refill = ?", id);
  }

  #forget(nowMs: number): void {
    this.#sql.exec(
      `DELETE FROM refills WHERE ended_at_ms < ? OR id IN (
         SELECT id FROM refills WHERE ended_at_ms IS NOT NULL ORDER BY ended_at_ms DESC LIMIT -1 OFFSET ?)`,
      nowMs - ENDED_MS,
      MOST_ENDED,
    );
  }

  #number(where: string): number {
    return this.#sql.exec<{ number: number }>(`SELECT COUNT(*) AS number FROM refills WHERE ${where}`).one().number;
  }

  #refillOf(row: Row): Refill {
    const { id, kind, state, cache, by, reason, after_seq: afterSeq, concurrency, per_second: perSecond } = row;
    const { total, filled, failed, skipped, started_at_ms: startedAtMs, ended_at_ms: endedAtMs } = row;
    const error = row.last_error === null ? undefined : (JSON.parse(row.last_error) as LastError);
    return {
      ...{ id, kind, state },
      ...(cache === null ? {} : { cache }),
      by,
      ...(reason === null ? {} : { reason }),
      ...(afterSeq === null ? {} : { after: this.#versionAt(afterSeq) }),
      ...{ concurrency, perSecond, total, filled, failed, skipped },
      createdAt: new Date(row.created_at_ms),
      ...(startedAtMs === null ? {} : { startedAt: new Date(startedAtMs) }),
      ...(endedAtMs === null ? {} : { endedAt: new Date(endedAtMs) }),
      ...(error === undefined
        ? {}
        : { lastError: { at: new Date(error.atMs), url: error.url, message: error.message } }),
    };
  }
}

interface LastError {
  readonly atMs: number;
  readonly url: string;
  readonly message: string;
}
