import type { Deployment } from "../schema/deployment.ts";
import { limits } from "../schema/limits.ts";
import type { PurgeMode, PurgeRecord, Selector } from "../schema/purge.ts";
import type { EncodedRecords } from "../schema/records.ts";
import { encodePurge, encodeRevocation } from "../schema/records.ts";
import type { LogSlice } from "../schema/rpc.ts";
import type { LogPoint, Version } from "../schema/version.ts";
import { formatVersion } from "../schema/version.ts";
import { PurgeIndex } from "../src/log/purge-index.ts";
import { View } from "../src/log/view.ts";
import { readMeta, writeMeta } from "./storage.ts";

interface PurgeRow extends Record<string, SqlStorageValue> {
  seq: number;
  selectors: string;
  mode: PurgeMode;
  revokes: number | null;
  automatic: 0 | 1;
}

const COLUMNS = "seq, mode, selectors, revokes, automatic";

/** What goes into the log with a record, for the history. */
export interface RecordDetails {
  readonly by: string;
  readonly atMs: number;
  readonly reason: string | undefined;
  /** Entries hit, or brought back. */
  readonly count: number;
  readonly approximate: boolean;
}

/**
 * The namespace's purge log. A purge is one row, whatever it hits; validity follows from the log (see `verdict`), so
 * nothing else has to be changed for a purge to hold.
 *
 * A record takes effect in two steps: `append…` writes it, inside the caller's transaction, and `publish`, once the
 * transaction has ended, puts it in force. So a purge that is rolled back is never seen.
 */
export class PurgeLog {
  readonly #sql: SqlStorage;
  readonly #deployments: { readonly newest: ReadonlyMap<string, Deployment> };
  readonly #window: { readonly records: number; readonly characters: number };
  #view: View;

  /**
   * @param windowRecords how many of the newest records callers are sent at most
   * @param deployments what goes with them: it may change only together with a record
   */
  constructor(
    sql: SqlStorage,
    windowRecords: number = limits.viewRecords,
    deployments: { readonly newest: ReadonlyMap<string, Deployment> } = { newest: new Map() },
  ) {
    this.#sql = sql;
    this.#deployments = deployments;
    this.#window = { records: windowRecords, characters: limits.viewCharacters };
    this.#view = this.#read();
  }

  /** The object's own view, always current and of all records: it judges, counts, and answers for older entries. */
  get view(): View {
    return this.#view;
  }

  versionAt(seq: number): Version {
    return formatVersion({ epoch: this.view.epoch, seq });
  }

  append(mode: PurgeMode, selectors: readonly Selector[], details: RecordDetails): PurgeRecord {
    const record: PurgeRecord = { seq: this.view.head + 1, mode, selectors };
    this.#insert(record.seq, { mode, selectors, revokes: null, automatic: 0 }, details);
    return record;
  }

  /**
   * Writes an invalidation that follows from a request. Nobody takes one back, so an earlier one of the same entries
   * makes no difference any more and is dropped: the log does not grow with every POST to a page.
   */
  appendAutomatic(selectors: readonly Selector[], details: RecordDetails): PurgeRecord {
    const record: PurgeRecord = { seq: this.view.head + 1, mode: "hard", selectors, automatic: true };
    this.#sql.exec("DELETE FROM purges WHERE automatic = 1 AND selectors = ?", JSON.stringify(selectors));
    this.#insert(record.seq, { mode: "hard", selectors, revokes: null, automatic: 1 }, details);
    return record;
  }

  appendRevocation(revokes: number, details: RecordDetails): PurgeRecord {
    const record: PurgeRecord = { seq: this.view.head + 1, revokes };
    this.#insert(record.seq, { mode: "hard", selectors: [], revokes, automatic: 0 }, details);
    return record;
  }

  #insert(
    seq: number,
    what: { mode: PurgeMode; selectors: readonly Selector[]; revokes: number | null; automatic: 0 | 1 },
    { by, atMs, reason, count, approximate }: RecordDetails,
  ): void {
    this.#sql.exec(
      `INSERT INTO purges (seq, at_ms, mode, selectors, revokes, automatic, by, reason, purged, approximate)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      seq,
      atMs,
      what.mode,
      JSON.stringify(what.selectors),
      what.revokes,
      what.automatic,
      by,
      reason ?? null,
      count,
      approximate ? 1 : 0,
    );
  }

  publish(record: PurgeRecord): void {
    this.view.index.add(record);
    this.view.head = record.seq;
  }

  /**
   * Takes the records made before `beforeMs` out of force: nothing that was stored before can still be served. The
   * floor rises with them, so that an entry from before it can never pass for valid.
   */
  trim(beforeMs: number): void {
    const [last] = this.#sql.exec<{ seq: number | null }>(
      "SELECT MAX(seq) AS seq FROM purges WHERE at_ms < ?",
      beforeMs,
    );
    if (last?.seq == null || last.seq <= this.view.floor) return;
    writeMeta(this.#sql, "floor", String(last.seq));
    this.#view = this.#read();
  }

  /** Drops what is no longer in force from the history, when it was made before `beforeMs`. */
  forget(beforeMs: number): void {
    this.#sql.exec("DELETE FROM purges WHERE seq <= ? AND at_ms < ?", this.view.floor, beforeMs);
  }

  /** When the oldest record was made, of those in force and of all; undefined when there is none. */
  oldestAtMs(reach: "in-force" | "all"): number | undefined {
    const after = reach === "all" ? 0 : this.view.floor;
    const [row] = this.#sql.exec<{ at: number | null }>("SELECT MIN(at_ms) AS at FROM purges WHERE seq > ?", after);
    return row?.at ?? undefined;
  }

  /** What a caller at `since` lacks; the newest part of the log when that is too much, or does not follow on. */
  slice(since: LogPoint | null | undefined): LogSlice {
    const { epoch, head, floor } = this.view;
    if (since === undefined) return { epoch, head, from: head, whole: false, records: "" };
    const continues = since !== null && since.epoch === epoch && since.seq >= floor && since.seq <= head;
    if (continues && since.seq === head) return { epoch, head, from: head, whole: false, records: "" };
    const { records, from } = this.#newest(continues ? since.seq : floor);
    const { newest } = this.#deployments;
    const deployed = newest.size === 0 ? {} : { deployed: newest };
    return { epoch, head, from, whole: !continues || from > since.seq, records, ...deployed };
  }

  /** The records after `after`, from the newest back until the window is full; `from` is where they begin. */
  #newest(after: number): { records: EncodedRecords; from: number } {
    const records: string[] = [];
    let characters = 0;
    let from = after;
    const rows = this.#sql.exec<PurgeRow>(`SELECT ${COLUMNS} FROM purges WHERE seq > ? ORDER BY seq DESC`, after);
    for (const { seq, mode, selectors, revokes, automatic } of rows) {
      const kind = automatic === 1 ? "automatic" : mode;
      const record = revokes === null ? encodePurge(seq, selectors, kind) : encodeRevocation(seq, revokes);
      characters += record.length;
      if (records.length === this.#window.records || characters > this.#window.characters) {
        from = seq;
        break;
      }
      records.push(record);
    }
    return { records: records.reverse().join(","), from };
  }

  #read(): View {
    const epoch = readMeta(this.#sql, "epoch");
    if (epoch === undefined) throw new Error("the namespace has no epoch: migrate() has not run");
    const floor = Number(readMeta(this.#sql, "floor") ?? 0);
    const index = new PurgeIndex();
    let head = floor;
    const rows = this.#sql.exec<PurgeRow>(`SELECT ${COLUMNS} FROM purges WHERE seq > ? ORDER BY seq`, floor);
    for (const row of rows) {
      index.add(recordOf(row));
      head = row.seq;
    }
    return new View({ epoch, head, floor }, index);
  }
}

function recordOf({ seq, mode, selectors, revokes, automatic }: PurgeRow): PurgeRecord {
  if (revokes !== null) return { seq, revokes };
  const record = { seq, mode, selectors: JSON.parse(selectors) as Selector[] };
  return automatic === 1 ? { ...record, automatic: true } : record;
}
