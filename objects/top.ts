import type * as v from "valibot";
import type { CacheEvent } from "../schema/events.ts";
import { limits } from "../schema/limits.ts";
import type { CounterReport, Summaries } from "../schema/rpc.ts";
import type { TopReply, TopRequestSchema } from "../schema/stats.ts";
import { keptBySeconds } from "../schema/stats.ts";
import { merged, nothingCounted, summaryOf } from "../src/tally/frequent.ts";
import { floor } from "./counts.ts";

/** Names that a summary has room for: its error is at most what was counted, divided by one more. */
const ROOM = 200;
const KEPT_MS = keptBySeconds.minute * 1000;
const HOUR_MS = 3_600_000;

type Kind = v.InferOutput<typeof TopRequestSchema>["of"];

/** What was asked for in one cache. */
export interface AskedFor {
  readonly cache: string;
  readonly keys?: Summaries;
  readonly tags?: Summaries;
}

/** What is asked for most: for each hour a summary of each cache's keys and one of its tags. */
export class Top {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(asked: readonly AskedFor[], nowMs: number): void {
    const hourMs = floor(nowMs, "hour");
    for (const kind of ["keys", "tags"] as const) {
      for (const [cache, of] of Map.groupBy(asked, ({ cache: name }) => name)) {
        const more = of.flatMap((each) => each[kind] ?? []).filter(hasNames);
        if (more.length > 0) this.#merge(hourMs, cache, kind, more);
      }
    }
  }

  #merge(hourMs: number, cache: string, kind: Kind, more: readonly Summaries[]): void {
    const [row] = this.#sql.exec<{ summaries: string }>(
      "SELECT summaries FROM top WHERE hour_ms = ? AND cache = ? AND kind = ?",
      hourMs,
      cache,
      kind,
    );
    const before = row === undefined ? [] : [JSON.parse(row.summaries) as Summaries];
    this.#sql.exec(
      `INSERT INTO top (hour_ms, cache, kind, summaries) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET summaries = excluded.summaries`,
      hourMs,
      cache,
      kind,
      JSON.stringify([...before, ...more].reduce(together)),
    );
  }

  of({ cache, of, by, windowSeconds, limit }: v.InferOutput<typeof TopRequestSchema>, nowMs: number): TopReply {
    const fromMs = floor(nowMs - windowSeconds * 1000, "hour");
    const rows = this.#sql.exec<{ summaries: string }>(
      "SELECT summaries FROM top WHERE hour_ms >= ? AND kind = ? AND (?3 IS NULL OR cache = ?3)",
      fromMs,
      of,
      cache ?? null,
    );
    let sum = nothingCounted;
    for (const { summaries } of rows) sum = merged(sum, (JSON.parse(summaries) as Summaries)[by], ROOM);
    const names = sum.names.slice(0, limit).map(([name, atLeast]) => ({ name, atLeast }));
    return { from: new Date(fromMs), error: sum.error, names };
  }

  removeOld(nowMs: number): void {
    this.#sql.exec("DELETE FROM top WHERE hour_ms < ?", nowMs - KEPT_MS - HOUR_MS);
  }

  /** When there is something to remove next; undefined when there is nothing. */
  nextRemovalMs(): number | undefined {
    const [row] = this.#sql.exec<{ at: number | null }>("SELECT MIN(hour_ms) AS at FROM top");
    return row?.at == null ? undefined : row.at + KEPT_MS + HOUR_MS + 1;
  }
}

/** What an isolate says is asked for most there. */
export function askedInReport({ top = [] }: CounterReport): readonly AskedFor[] {
  return top;
}

/** What is stored was missed: of its tags that was not known before. */
export function askedByPut(event: CacheEvent): readonly AskedFor[] {
  if (event.type !== "put" || event.cache === undefined || event.entry.tags.length === 0) return [];
  const names = event.entry.tags.map((tag): [string, number] => [tag.slice(0, limits.countedNameCharacters), 1]);
  const misses = summaryOf(new Map(names), limits.topNames);
  return [{ cache: event.cache, tags: { hits: nothingCounted, misses, bytes: nothingCounted } }];
}

function hasNames({ hits, misses, bytes }: Summaries): boolean {
  return [hits, misses, bytes].some(({ names, error }) => names.length > 0 || error > 0);
}

function together(a: Summaries, b: Summaries): Summaries {
  const of = (metric: keyof Summaries) => merged(a[metric], b[metric], ROOM);
  return { hits: of("hits"), misses: of("misses"), bytes: of("bytes") };
}
