import type { ObjectHealth } from "../schema/health.ts";
import type { Parts } from "./parts.ts";
import type { ZoneEnvironment } from "./zone-settings.ts";
import { zoneSettings } from "./zone-settings.ts";

/** What tells how near a namespace is to its limits. */
export function objectHealth(
  sql: SqlStorage,
  { log, index, feed }: Pick<Parts, "log" | "index" | "feed">,
  env: ZoneEnvironment,
  nowMs: number,
): ObjectHealth {
  const rows = (table: "purges" | "schedules") =>
    sql.exec<{ number: number }>(`SELECT COUNT(*) AS number FROM ${table}`).one().number;
  return {
    at: new Date(nowMs),
    version: log.versionAt(log.view.head),
    storageBytes: sql.databaseSize,
    purges: rows("purges"),
    recordsNamed: log.view.index.size,
    entries: index.totals(null, nowMs).entries,
    schedules: rows("schedules"),
    listeners: feed.listeners,
    problems: zoneSettings(env).problems,
  };
}
