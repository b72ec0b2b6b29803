import { migrations } from "../schema/migrations.ts";
import { newEpoch } from "../schema/version.ts";

/** Brings the schema up to date, and gives a new namespace its epoch. Run once, when the object starts. */
export function migrate(storage: DurableObjectStorage): void {
  storage.transactionSync(() => {
    const { sql } = storage;
    const done = stepsTaken(sql);
    for (const step of migrations.slice(done)) sql.exec(step);
    if (done === migrations.length) return;
    writeMeta(sql, "schema", String(migrations.length));
    if (readMeta(sql, "epoch") === undefined) writeMeta(sql, "epoch", newEpoch());
  });
}

function stepsTaken(sql: SqlStorage): number {
  const [table] = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'");
  return table === undefined ? 0 : Number(readMeta(sql, "schema") ?? 0);
}

export function readMeta(sql: SqlStorage, name: string): string | undefined {
  const [row] = sql.exec<{ value: string }>("SELECT value FROM meta WHERE name = ?", name);
  return row?.value;
}

export function writeMeta(sql: SqlStorage, name: string, value: string): void {
  sql.exec(
    "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    name,
    value,
  );
}
