import type { PurgeRecord, Selector } from "../schema/purge.ts";
import type { LogSlice } from "../schema/rpc.ts";
import type { LogPoint, Version } from "../schema/version.ts";
import { formatVersion } from "../schema/version.ts";
import { PurgeIndex } from "../src/log/purge-index.ts";
import { View } from "../src/log/view.ts";
import { readMeta, writeMeta } from "./storage.ts";

interface PurgeRow extends Record<string, SqlStorageValue> {
  seq: number;
  selector: string;
}

/**
 * The namespace's purge log. A purge is one row, whatever it hits; validity follows from the log (see `verdict`), so
 * nothing else has to be changed for a purge to hold.
 */
export class PurgeLog {
  readonly #sql: SqlStorage;
  #view: View;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#view = this.#read();
  }

  /** The object's own view, always current: it judges what the edge offers and counts what a purge hits. */
  get view(): View {
    return this.#view;
  }

  get version(): Version {
    return formatVersion(this.view.point);
  }

  /**
   * Writes a purge, inside the caller's transaction. It counts from {@link publish} on, which the caller calls once
   * the transaction has ended: a purge that is rolled back is never seen.
   */
  append(selector: Selector, details: { purged: number; reason: string | undefined; atMs: number }): PurgeRecord {
    const record: PurgeRecord = { seq: this.view.head + 1, selector };
    this.#sql.exec(
      "INSERT INTO purges (seq, at_ms, selector, reason, purged) VALUES (?, ?, ?, ?, ?)",
      record.seq,
      details.atMs,
      JSON.stringify(selector),
      details.reason ?? null,
      details.purged,
    );
    return record;
  }

  publish(record: PurgeRecord): void {
    this.view.index.add(record);
    this.view.head = record.seq;
  }

  /**
   * Drops the records made before `beforeMs`, the time before which nothing was stored that can still be served.
   * The floor rises with them, so that an entry from before it can never pass for valid.
   */
  trim(beforeMs: number): void {
    const [last] = this.#sql.exec<{ seq: number | null }>(
      "SELECT MAX(seq) AS seq FROM purges WHERE at_ms < ?",
      beforeMs,
    );
    if (last?.seq == null) return;
    this.#sql.exec("DELETE FROM purges WHERE seq <= ?", last.seq);
    writeMeta(this.#sql, "floor", String(last.seq));
    this.#view = this.#read();
  }

  /** When the oldest record was made; undefined when there is none. */
  oldestAtMs(): number | undefined {
    const [row] = this.#sql.exec<{ at: number | null }>("SELECT MIN(at_ms) AS at FROM purges");
    return row?.at ?? undefined;
  }

  /** What a caller at `since` lacks; the whole log when it cannot be told as a continuation. */
  slice(since: LogPoint | null | undefined): LogSlice {
    const { epoch, head, floor } = this.view;
    if (since === undefined) return { epoch, head, floor, whole: false, records: [] };
    const continues = since !== null && since.epoch === epoch && since.seq >= floor && since.seq <= head;
    const from = continues ? since.seq : floor;
    return { epoch, head, floor, whole: !continues, records: from === head ? [] : this.#recordsAfter(from) };
  }

  #read(): View {
    const epoch = readMeta(this.#sql, "epoch");
    if (epoch === undefined) throw new Error("the namespace has no epoch: migrate() has not run");
    const floor = Number(readMeta(this.#sql, "floor") ?? 0);
    const index = new PurgeIndex();
    let head = floor;
    for (const record of this.#recordsAfter(floor)) {
      index.add(record);
      head = record.seq;
    }
    return new View({ epoch, head, floor }, index);
  }

  #recordsAfter(seq: number): PurgeRecord[] {
    return [...this.#sql.exec<PurgeRow>("SELECT seq, selector FROM purges WHERE seq > ? ORDER BY seq", seq)].map(
      (row) => ({ seq: row.seq, selector: JSON.parse(row.selector) as Selector }),
    );
  }
}
