import type { DeploymentLine, ExportPage, LogLine, NamespaceLine, PurgeLine, ScheduleLine } from "../schema/export.ts";
import { EXPORT_FORMAT } from "../schema/export.ts";
import type { Namespace } from "../schema/names.ts";
import type { PurgeMode } from "../schema/purge.ts";
import type { PurgeLog } from "./purge-log.ts";
import { readMeta } from "./storage.ts";

/** Records on a page, and characters of what they name: one record comes in any case. */
const PAGE_RECORDS = 1000;
const PAGE_CHARACTERS = 1024 * 1024;

interface RecordRow extends Record<string, SqlStorageValue> {
  seq: number;
  at_ms: number;
  by: string;
  reason: string | null;
  mode: PurgeMode;
  selectors: string;
  purged: number;
  approximate: number;
  revokes: number | null;
  automatic: number;
}

/**
 * The log, deployments and schedules as lines, page by page. Between two pages an invalidation may have taken the place of
 * an earlier one of the same: it has a higher number, so it is on a page to come. That is why the log is told as of the
 * last page, and not of the first.
 */
export class NamespaceExport {
  readonly #sql: SqlStorage;
  readonly #log: PurgeLog;

  constructor(sql: SqlStorage, log: PurgeLog) {
    this.#sql = sql;
    this.#log = log;
  }

  page(after: number, namespace: Namespace, nowMs: number): ExportPage {
    const { epoch } = this.#log.view;
    const { lines, last } = this.#records(after);
    if (last !== undefined) return { epoch, lines, after: last };
    return {
      epoch,
      lines: [...lines, ...this.#deployments(), ...this.#schedules()],
      namespace: this.#standing(namespace, nowMs),
    };
  }

  #standing(namespace: Namespace, nowMs: number): NamespaceLine {
    const { epoch, head, floor } = this.#log.view;
    const longestLifetimeSeconds = Number(readMeta(this.#sql, "longest_lifetime_s") ?? 0);
    const at = isoTime(nowMs);
    return { kind: "namespace", format: EXPORT_FORMAT, namespace, epoch, head, floor, at, longestLifetimeSeconds };
  }

  /** Those after that number; `last` where there may be more. */
  #records(after: number): { readonly lines: LogLine[]; readonly last?: number } {
    const lines: LogLine[] = [];
    let characters = 0;
    for (const row of this.#sql.exec<RecordRow>("SELECT * FROM purges WHERE seq > ? ORDER BY seq", after)) {
      characters += row.selectors.length;
      const last = lines.at(-1);
      const isTooMuch = lines.length === PAGE_RECORDS || characters > PAGE_CHARACTERS;
      if (last !== undefined && "seq" in last && isTooMuch) return { lines, last: last.seq };
      lines.push(recordLine(row));
    }
    return { lines };
  }

  #deployments(): DeploymentLine[] {
    const rows = this.#sql.exec<{
      cache: DeploymentLine["cache"];
      id: string;
      made_at_ms: number;
      seen_at_ms: number;
      purge_seq: number;
    }>("SELECT * FROM deployments ORDER BY cache, made_at_ms, id");
    return [...rows].map(({ cache, id, made_at_ms, seen_at_ms, purge_seq }) => ({
      kind: "deployment",
      ...{ cache, id, madeAt: isoTime(made_at_ms), seenAt: isoTime(seen_at_ms), purgeSeq: purge_seq },
    }));
  }

  #schedules(): ScheduleLine[] {
    const rows = this.#sql.exec<{
      id: string;
      cron: string;
      time_zone: string;
      action: string;
      by: string;
      created_at_ms: number;
    }>("SELECT * FROM schedules ORDER BY id");
    return [...rows].map(({ id, cron, time_zone, action, by, created_at_ms }) => ({
      kind: "schedule",
      ...{ id, cron, timeZone: time_zone, ...(JSON.parse(action) as Pick<ScheduleLine, "purge" | "warm">) },
      ...{ by, createdAt: isoTime(created_at_ms) },
    }));
  }
}

function recordLine(row: RecordRow): LogLine {
  const { seq, by, revokes, mode, purged } = row;
  const at = isoTime(row.at_ms);
  const approximate = row.approximate === 1 ? { approximate: true as const } : {};
  if (revokes !== null) return { kind: "revocation", seq, at, by, revokes, restored: purged, ...approximate };
  return {
    ...{ kind: "purge", seq, at, by },
    ...(row.reason === null ? {} : { reason: row.reason }),
    ...{ mode, selectors: JSON.parse(row.selectors) as PurgeLine["selectors"], purged, ...approximate },
    ...(row.automatic === 1 ? { automatic: true } : {}),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
