import type { CacheEvent, CounterName } from "../schema/events.ts";
import { counterNames, counterOf } from "../schema/events.ts";
import type { CounterReport } from "../schema/rpc.ts";

/** A report that comes again after this long counts again: by then no isolate is still retrying it. */
const REPORTER_MEMORY_MS = 24 * 60 * 60 * 1000;

/** The counters of a namespace: what the object sees itself, and what isolates report. */
export class Stats {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  count(event: CacheEvent): void {
    this.#add(event.cache, counterOf(event), 1);
  }

  /**
   * Adds what an isolate has counted. Reports are numbered and an isolate sends the next only when the last was
   * acknowledged, so a number not above the last one counted is a repeat.
   */
  addReport({ reporter, batch, counts }: CounterReport, nowMs: number): void {
    const [last] = this.#sql.exec<{ batch: number }>("SELECT batch FROM reporters WHERE reporter = ?", reporter);
    if (last !== undefined && batch <= last.batch) return;
    this.#sql.exec(
      `INSERT INTO reporters (reporter, batch, at_ms) VALUES (?, ?, ?)
       ON CONFLICT (reporter) DO UPDATE SET batch = excluded.batch, at_ms = excluded.at_ms`,
      reporter,
      batch,
      nowMs,
    );
    for (const { cache, counter, count } of counts) this.#add(cache, counter, count);
  }

  #add(cache: string, counter: CounterName, count: number): void {
    this.#sql.exec(
      `INSERT INTO counters (cache, counter, count) VALUES (?, ?, ?)
       ON CONFLICT (cache, counter) DO UPDATE SET count = count + excluded.count`,
      cache,
      counter,
      count,
    );
  }

  totals(cache: string | null): Record<CounterName, number> {
    const totals = Object.fromEntries(counterNames.map((name) => [name, 0])) as Record<CounterName, number>;
    const rows = this.#sql.exec<{ counter: string; count: number }>(
      "SELECT counter, SUM(count) AS count FROM counters WHERE (?1 IS NULL OR cache = ?1) GROUP BY counter",
      cache,
    );
    for (const { counter, count } of rows) {
      const name = counterNames.find((known) => known === counter);
      if (name !== undefined) totals[name] = count;
    }
    return totals;
  }

  /** When the first reporter may be forgotten; undefined when there is none. */
  nextReporterToForgetMs(): number | undefined {
    const [row] = this.#sql.exec<{ at: number | null }>("SELECT MIN(at_ms) AS at FROM reporters");
    return row?.at == null ? undefined : row.at + REPORTER_MEMORY_MS;
  }

  forgetOldReporters(nowMs: number): void {
    this.#sql.exec("DELETE FROM reporters WHERE at_ms < ?", nowMs - REPORTER_MEMORY_MS);
  }
}
