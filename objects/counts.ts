import type { Counts } from "../schema/counters.ts";
import { addCounts } from "../schema/counters.ts";
import { keptBySeconds } from "../schema/stats.ts";
import type { Counted } from "../src/telemetry/data-point.ts";

/** By what counts are kept apart: the two partitions of the same events. */
export type Part = "dataCentre" | "rule";
/** Of how long a row is. */
type Span = "minute" | "hour" | "ever";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const spanMs = { minute: MINUTE_MS, hour: HOUR_MS } as const;
const keptMs = { minute: keptBySeconds.minute * 1000, hour: keptBySeconds.hour * 1000 } as const;
const prefixes: Readonly<Record<Part, string>> = { dataCentre: "d:", rule: "r:" };

/** A row of what is kept. */
export interface CountsRow {
  readonly startMs: number;
  readonly cache: string;
  /** Of the data centre or rule; null where there is none. */
  readonly name: string | null;
  readonly counts: Counts;
}

interface Row extends Record<string, SqlStorageValue> {
  start_ms: number;
  cache: string;
  part: string;
  counts: string;
}

/**
 * The counts of a namespace over time: by minute for two days, by hour for ninety, and since ever. What is counted goes
 * into its minute and into ever at once; hours are made of their minutes when they are over, so that a report writes few
 * rows.
 */
export class CountsOverTime {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(counted: readonly Counted[], nowMs: number): void {
    const minuteMs = floor(nowMs, "minute");
    for (const part of ["dataCentre", "rule"] as const) {
      for (const [cache, named] of summed(counted, part)) {
        for (const [name, counts] of named) {
          const key = prefixes[part] + name;
          this.#merge("minute", minuteMs, cache, key, counts);
          this.#merge("ever", 0, cache, key, counts);
        }
      }
    }
  }

  #merge(span: Span, startMs: number, cache: string, part: string, more: Counts): void {
    const [row] = this.#sql.exec<{ counts: string }>(
      "SELECT counts FROM counts WHERE span = ? AND start_ms = ? AND cache = ? AND part = ?",
      span,
      startMs,
      cache,
      part,
    );
    const sum = row === undefined ? {} : (JSON.parse(row.counts) as Counts);
    addCounts(sum, more);
    this.#sql.exec(
      `INSERT INTO counts (span, start_ms, cache, part, counts) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET counts = excluded.counts`,
      span,
      startMs,
      cache,
      part,
      JSON.stringify(sum),
    );
  }

  /** All that was ever counted, apart by this. */
  ever(part: Part, cache: string | undefined): CountsRow[] {
    return this.#rows("ever", part, cache, 0, 1);
  }

  /** What was counted from then on, by minute or hour, apart by this. `fromMs` begins one. */
  since(span: "minute" | "hour", part: Part, cache: string | undefined, fromMs: number): CountsRow[] {
    const untilMs = Number.MAX_SAFE_INTEGER;
    if (span === "minute") return this.#rows("minute", part, cache, fromMs, untilMs);
    // The hours that are not over yet are in their minutes still.
    const rolledMs = this.#rolledUntilMs();
    const hours = this.#rows("hour", part, cache, fromMs, untilMs);
    const minutes = this.#rows("minute", part, cache, Math.max(fromMs, rolledMs), untilMs);
    return [...hours, ...byHour(minutes)];
  }

  #rows(span: Span, part: Part, cache: string | undefined, fromMs: number, untilMs: number): CountsRow[] {
    const prefix = prefixes[part];
    const rows = this.#sql.exec<Row>(
      `SELECT start_ms, cache, part, counts FROM counts WHERE span = ?1 AND start_ms >= ?2 AND start_ms < ?3
       AND (?4 IS NULL OR cache = ?4) AND substr(part, 1, 2) = ?5 ORDER BY start_ms, cache, part`,
      span,
      fromMs,
      untilMs,
      cache ?? null,
      prefix,
    );
    return Array.from(rows, (row) => ({
      startMs: row.start_ms,
      cache: row.cache,
      name: row.part === prefix ? null : row.part.slice(prefix.length),
      counts: JSON.parse(row.counts) as Counts,
    }));
  }

  /** Up to when hours have been made of minutes: all that is counted by minute from then on is in no hour yet. */
  #rolledUntilMs(): number {
    const [row] = this.#sql.exec<{ at: number | null }>("SELECT MAX(start_ms) AS at FROM counts WHERE span = 'hour'");
    return row?.at == null ? 0 : row.at + HOUR_MS;
  }

  /** Makes an hour of the minutes of each hour that is over, and drops what is kept no longer. */
  tidy(nowMs: number): void {
    const rolledMs = this.#rolledUntilMs();
    // The object may wake on another machine, whose clock is a little behind.
    const overMs = floor(nowMs - MINUTE_MS, "hour");
    for (const part of ["dataCentre", "rule"] as const) {
      for (const { startMs, cache, name, counts } of byHour(this.#rows("minute", part, undefined, rolledMs, overMs))) {
        this.#merge("hour", startMs, cache, prefixes[part] + (name ?? ""), counts);
      }
    }
    for (const span of ["minute", "hour"] as const) {
      this.#sql.exec("DELETE FROM counts WHERE span = ? AND start_ms < ?", span, nowMs - keptMs[span]);
    }
  }

  /** When there is something to tidy next; undefined when there is nothing. */
  nextTidyMs(): number | undefined {
    const oldest = (span: "minute" | "hour", fromMs: number, dueMs: number) => {
      const [row] = this.#sql.exec<{ at: number | null }>(
        "SELECT MIN(start_ms) AS at FROM counts WHERE span = ? AND start_ms >= ?",
        span,
        fromMs,
      );
      return row?.at == null ? [] : [floor(row.at, "hour") + dueMs];
    };
    const due = [
      ...oldest("minute", this.#rolledUntilMs(), HOUR_MS + MINUTE_MS),
      ...oldest("minute", 0, keptMs.minute + HOUR_MS),
      ...oldest("hour", 0, keptMs.hour + HOUR_MS),
    ];
    return due.length === 0 ? undefined : Math.min(...due);
  }
}

/** The beginning of the minute or hour that a time is in. */
export function floor(ms: number, span: "minute" | "hour"): number {
  return ms - (ms % spanMs[span]);
}

/** By cache, and in each by the name of the part. */
function summed(counted: readonly Counted[], part: Part): Map<string, Map<string, Record<string, number>>> {
  const sums = new Map<string, Map<string, Record<string, number>>>();
  for (const { cache, counts, [part]: name } of counted) {
    const named = sums.get(cache) ?? new Map<string, Record<string, number>>();
    sums.set(cache, named);
    const sum = named.get(name) ?? {};
    named.set(name, sum);
    addCounts(sum, counts);
  }
  return sums;
}

function byHour(minutes: readonly CountsRow[]): CountsRow[] {
  const hours = new Map<string, CountsRow & { counts: Record<string, number> }>();
  for (const { startMs, cache, name, counts } of minutes) {
    const hourMs = floor(startMs, "hour");
    const key = JSON.stringify([hourMs, cache, name]);
    const hour = hours.get(key) ?? { startMs: hourMs, cache, name, counts: {} };
    hours.set(key, hour);
    addCounts(hour.counts, counts);
  }
  return [...hours.values()];
}
