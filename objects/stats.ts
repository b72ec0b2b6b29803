import type * as v from "valibot";
import type { CounterName, Counts } from "../schema/counters.ts";
import { addCounts } from "../schema/counters.ts";
import { figuresOf } from "../schema/figures.ts";
import { EVERY_CACHE } from "../schema/limits.ts";
import type { CacheName } from "../schema/names.ts";
import type { CounterReport } from "../schema/rpc.ts";
import type { CacheStats, StatsRequestSchema } from "../schema/stats.ts";
import { keptBySeconds } from "../schema/stats.ts";
import type { Counted } from "../src/telemetry/data-point.ts";
import type { CountsRow, Part } from "./counts.ts";
import { CountsOverTime, floor } from "./counts.ts";

/** A report that comes again after this long counts again: by then no isolate is still retrying it. */
const REPORTER_MEMORY_MS = 24 * 60 * 60 * 1000;

/** The counters of a namespace: what the object sees itself, and what isolates report. */
export class Stats {
  readonly #sql: SqlStorage;
  readonly #overTime: CountsOverTime;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#overTime = new CountsOverTime(sql);
  }

  /** Adds what was counted in a transaction: all at once, since rows written are billed. */
  add(counted: readonly Counted[], nowMs: number): void {
    this.#overTime.add(counted, nowMs);
  }

  /**
   * Whether what an isolate reports is to be counted: false for a repeat. Reports are numbered and an isolate sends the
   * next only when the last was acknowledged, so a number not above the last one taken in is a repeat.
   */
  takeIn({ reporter, batch }: CounterReport, nowMs: number): boolean {
    const [last] = this.#sql.exec<{ batch: number }>("SELECT batch FROM reporters WHERE reporter = ?", reporter);
    if (last !== undefined && batch <= last.batch) return false;
    this.#sql.exec(
      `INSERT INTO reporters (reporter, batch, at_ms) VALUES (?, ?, ?)
       ON CONFLICT (reporter) DO UPDATE SET batch = excluded.batch, at_ms = excluded.at_ms`,
      reporter,
      batch,
      nowMs,
    );
    return true;
  }

  /** What was counted, by what the request asks; without what the index has. */
  of(
    { cache, windowSeconds, by, series }: v.InferOutput<typeof StatsRequestSchema>,
    nowMs: number,
  ): Omit<CacheStats, "entries" | "bytes"> {
    const span = windowSeconds !== undefined && windowSeconds > keptBySeconds.minute ? "hour" : (series ?? "minute");
    const fromMs = windowSeconds === undefined ? undefined : floor(nowMs - windowSeconds * 1000, span);
    const rows = (part: Part) =>
      fromMs === undefined ? this.#overTime.ever(part, cache) : this.#overTime.since(span, part, cache, fromMs);
    const own = rows("dataCentre");
    return {
      ...figuresOf(sum(own)),
      ...(fromMs === undefined ? {} : { from: new Date(fromMs) }),
      ...(by === undefined ? {} : { groups: groupsOf(by === "rule" ? rows("rule") : own, by) }),
      ...(series === undefined ? {} : { series: seriesOf(own) }),
    };
  }

  /** The caches in which anything has ever been counted. */
  caches(): CacheName[] {
    const caches = new Set(this.#overTime.ever("dataCentre", undefined).map(({ cache }) => cache));
    caches.delete(EVERY_CACHE);
    return [...caches] as CacheName[];
  }

  /** Makes hours of minutes, and drops what is kept no longer. */
  tidy(nowMs: number): void {
    this.#overTime.tidy(nowMs);
    this.#sql.exec("DELETE FROM reporters WHERE at_ms < ?", nowMs - REPORTER_MEMORY_MS);
  }

  /** When there is something to tidy next; undefined when there is nothing. */
  nextTidyMs(): number | undefined {
    const [row] = this.#sql.exec<{ at: number | null }>("SELECT MIN(at_ms) AS at FROM reporters");
    const due = [row?.at == null ? undefined : row.at + REPORTER_MEMORY_MS, this.#overTime.nextTidyMs()];
    const known = due.filter((ms) => ms !== undefined);
    return known.length === 0 ? undefined : Math.min(...known);
  }
}

export function countedInReport({ dataCentre = "", counts }: CounterReport): readonly Counted[] {
  return counts.map((of) => ({ ...of, dataCentre }));
}

function sum(rows: readonly CountsRow[]): Counts {
  const total: Partial<Record<CounterName, number>> = {};
  for (const { counts } of rows) addCounts(total, counts);
  return total;
}

function groupsOf(rows: readonly CountsRow[], by: "cache" | Part): NonNullable<CacheStats["groups"]> {
  // What is of all caches has the name of none.
  const nameOf = ({ cache, name }: CountsRow) => (by !== "cache" ? name : cache === EVERY_CACHE ? null : cache);
  const groups = Map.groupBy(rows, nameOf);
  const names = [...groups.keys()].sort((a, b) => ((a ?? "") < (b ?? "") ? -1 : 1));
  return names.map((name) => ({ name, ...figuresOf(sum(groups.get(name) ?? [])) }));
}

function seriesOf(rows: readonly CountsRow[]): NonNullable<CacheStats["series"]> {
  const points = Map.groupBy(rows, ({ startMs }) => startMs);
  return [...points].sort(([a], [b]) => a - b).map(([startMs, of]) => ({ at: new Date(startMs), counts: sum(of) }));
}
