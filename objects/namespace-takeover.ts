import type {
  DeploymentLine,
  LogLine,
  NamespaceLine,
  PurgeLine,
  RevocationLine,
  ScheduleLine,
} from "../schema/export.ts";
import { nextMs } from "./schedules.ts";
import { writeMeta } from "./storage.ts";

/**
 * Writes the log, deployments and schedules of another namespace into this one, which is empty, inside a transaction. Epoch,
 * head and floor come with the log: so versions that were handed out, and entries that lie in data centres' caches, are
 * judged here as they were there.
 */
export function takeOver(sql: SqlStorage, namespace: NamespaceLine, lines: Iterable<LogLine>, nowMs: number): void {
  writeMeta(sql, "epoch", namespace.epoch);
  writeMeta(sql, "floor", String(namespace.floor));
  writeMeta(sql, "longest_lifetime_s", String(namespace.longestLifetimeSeconds));
  // Their numbers are of the log that goes; who holds such a lease is refused by its entry's epoch.
  sql.exec("DELETE FROM leases");
  for (const line of lines) {
    switch (line.kind) {
      case "purge":
      case "revocation":
        writeRecord(sql, line);
        break;
      case "deployment":
        writeDeployment(sql, line);
        break;
      case "schedule":
        writeSchedule(sql, line, nowMs);
        break;
    }
  }
}

function writeRecord(sql: SqlStorage, line: PurgeLine | RevocationLine): void {
  const { seq, by, approximate } = line;
  const what =
    line.kind === "purge"
      ? [line.mode, JSON.stringify(line.selectors), null, line.automatic ? 1 : 0, line.reason ?? null, line.purged]
      : ["hard", "[]", line.revokes, 0, null, line.restored];
  sql.exec(
    `INSERT INTO purges (seq, at_ms, by, approximate, mode, selectors, revokes, automatic, reason, purged)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[seq, Date.parse(line.at), by, approximate ? 1 : 0, ...what],
  );
}

function writeDeployment(sql: SqlStorage, { cache, id, madeAt, seenAt, purgeSeq }: DeploymentLine): void {
  sql.exec(
    "INSERT INTO deployments (cache, id, made_at_ms, seen_at_ms, purge_seq) VALUES (?, ?, ?, ?, ?)",
    ...[cache, id, Date.parse(madeAt), Date.parse(seenAt), purgeSeq],
  );
}

/** What was missed meanwhile is not made up for. */
function writeSchedule(sql: SqlStorage, line: ScheduleLine, nowMs: number): void {
  const { id, cron, timeZone, purge, warm, by, createdAt } = line;
  sql.exec(
    `INSERT INTO schedules (id, cron, time_zone, action, "by", created_at_ms, next_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ...[id, cron, timeZone, JSON.stringify({ purge, warm }), by, Date.parse(createdAt), nextMs(cron, timeZone, nowMs)],
  );
}
