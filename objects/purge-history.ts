import { LarderError } from "../schema/errors.ts";
import type { LogEvent } from "../schema/feed.ts";
import type { PurgeHistoryItem, PurgeHistoryPage, PurgeMode, Selector } from "../schema/purge.ts";
import { formatVersion } from "../schema/version.ts";

interface HistoryRow extends Record<string, SqlStorageValue> {
  seq: number;
  at_ms: number;
  by: string;
  reason: string | null;
  mode: PurgeMode;
  selectors: string;
  purged: number;
  approximate: number;
  revoked_seq: number | null;
  revoked_at_ms: number | null;
  revoked_by: string | null;
  restored: number | null;
}

interface SinceRow extends HistoryRow {
  revokes: number | null;
  taken_back: string | null;
}

/** What has been logged after some point. */
export interface LoggedSince {
  readonly events: readonly LogEvent[];
  /** How far that goes: there is more where the log stands further. */
  readonly seq: number;
  /** That what came right after that point is not kept any more. */
  readonly isGap: boolean;
}

/** A purge as the log has it, those included that followed from a request. */
export interface LoggedPurge extends PurgeHistoryItem {
  readonly automatic: boolean;
}

const COLUMNS = `p.seq, p.at_ms, p.by, p.reason, p.mode, p.selectors, p.purged, p.approximate,
  r.seq AS revoked_seq, r.at_ms AS revoked_at_ms, r.by AS revoked_by, r.purged AS restored`;
const PURGES = "purges AS p LEFT JOIN purges AS r ON r.revokes = p.seq";

/** Who purged what, and why: the rows of the log, read for people. Revocations show on the purges they took back. */
export class PurgeHistory {
  readonly #sql: SqlStorage;
  readonly #epoch: string;

  constructor(sql: SqlStorage, epoch: string) {
    this.#sql = sql;
    this.#epoch = epoch;
  }

  page(before: number, limit: number): PurgeHistoryPage {
    const rows = this.#sql
      .exec<HistoryRow>(
        `SELECT ${COLUMNS} FROM ${PURGES} WHERE p.revokes IS NULL AND p.automatic = 0 AND p.seq < ? ORDER BY p.seq DESC LIMIT ?`,
        before,
        limit + 1,
      )
      .toArray();
    const purges = rows.slice(0, limit).map((row) => this.#itemOf(row));
    const last = rows.length > limit ? purges.at(-1) : undefined;
    return { purges, ...(last === undefined ? {} : { before: last.seq }) };
  }

  /**
   * Purges and what takes them back, after that number, oldest first; what followed from requests is left out.
   *
   * @param most events, and characters of what they name: one event comes in any case
   * @param log where it begins to be in force, before which it may have been forgotten, and where it stands
   */
  since(
    seq: number,
    most: { readonly events: number; readonly characters: number },
    log: { readonly floor: number; readonly head: number },
  ): LoggedSince {
    const rows = this.#sql.exec<SinceRow>(
      `SELECT ${COLUMNS}, p.revokes, o.selectors AS taken_back FROM ${PURGES} LEFT JOIN purges AS o ON o.seq = p.revokes
       WHERE p.automatic = 0 AND p.seq > ? ORDER BY p.seq LIMIT ?`,
      seq,
      most.events + 1,
    );
    const isGap = seq < log.floor && seq < (this.#oldest() ?? log.floor + 1) - 1;
    const events: LogEvent[] = [];
    let characters = 0;
    for (const row of rows) {
      characters += row.selectors.length;
      const last = events.at(-1);
      const isTooMuch = events.length === most.events || characters > most.characters;
      if (last !== undefined && isTooMuch) return { events, isGap, seq: last.seq };
      events.push(this.#eventOf(row));
    }
    return { events, isGap, seq: Math.max(seq, log.head) };
  }

  #oldest(): number | undefined {
    const [row] = this.#sql.exec<{ seq: number | null }>("SELECT MIN(seq) AS seq FROM purges");
    return row?.seq ?? undefined;
  }

  #eventOf(row: SinceRow): LogEvent {
    const { revokes, taken_back: selectors, ...rest } = row;
    if (revokes === null) {
      const item = this.#itemOf(rest);
      return { kind: "purge", ...item, caches: cachesOf(item.selectors) };
    }
    const version = formatVersion({ epoch: this.#epoch, seq: row.seq });
    const caches = selectors === null ? ("all" as const) : cachesOf(JSON.parse(selectors) as Selector[]);
    const { seq, by, purged: restored } = row;
    return { kind: "revoke", seq, version, at: new Date(row.at_ms), by, revokes, restored, caches };
  }

  /** One record of the log, whoever has called for it; undefined where it is kept no longer, or is no purge. */
  logged(seq: number): LoggedPurge | undefined {
    const row = this.#row(seq);
    return row === undefined ? undefined : { ...this.#itemOf(row), automatic: row.automatic === 1 };
  }

  #row(seq: number): (HistoryRow & { automatic: number }) | undefined {
    const [row] = this.#sql.exec<HistoryRow & { automatic: number }>(
      `SELECT ${COLUMNS}, p.automatic FROM ${PURGES} WHERE p.revokes IS NULL AND p.seq = ?`,
      seq,
    );
    return row;
  }

  /**
   * A purge that may be taken back.
   *
   * @throws LarderError `not-found` when there is none of that number, `not-revocable` when it cannot be taken back
   */
  revocable(seq: number, floor: number): PurgeHistoryItem {
    const row = this.#row(seq);
    if (row === undefined) throw new LarderError("not-found", `seq: there is no purge ${seq}`, { field: "seq" });
    const refuse = (why: string) => new LarderError("not-revocable", `seq: purge ${seq} ${why}`, { field: "seq" });
    if (row.revoked_seq !== null) throw refuse("has been taken back already");
    if (row.mode === "erase") throw refuse("erased what it hit, which cannot be taken back");
    if (row.automatic === 1) throw refuse("followed from a request that changed what it hit, and cannot be taken back");
    if (seq <= floor) throw refuse("is so old that nothing it hit can still be served");
    return this.#itemOf(row);
  }

  #itemOf(row: HistoryRow): PurgeHistoryItem {
    const { revoked_seq, revoked_at_ms, revoked_by, restored } = row;
    return {
      seq: row.seq,
      version: formatVersion({ epoch: this.#epoch, seq: row.seq }),
      at: new Date(row.at_ms),
      by: row.by,
      ...(row.reason === null ? {} : { reason: row.reason }),
      mode: row.mode,
      selectors: JSON.parse(row.selectors) as Selector[],
      purged: row.purged,
      ...(row.approximate === 1 ? { approximate: true } : {}),
      ...(revoked_seq === null || revoked_at_ms === null || revoked_by === null || restored === null
        ? {}
        : { revoked: { seq: revoked_seq, at: new Date(revoked_at_ms), by: revoked_by, restored } }),
    };
  }
}

function cachesOf(selectors: readonly Selector[]): LogEvent["caches"] {
  const named = selectors.map(({ cache }) => cache);
  return named.includes(undefined) ? "all" : [...new Set(named)].filter((cache) => cache !== undefined);
}
