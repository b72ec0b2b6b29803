import type { ListedNamespace, NamespacesPage } from "../schema/listing.ts";
import type { Namespace } from "../schema/names.ts";

interface Row extends Record<string, SqlStorageValue> {
  name: string;
  since_ms: number;
}

/** The namespaces there are: kept by the object of the reserved namespace, since objects cannot be listed. */
export class Directory {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  enlist(name: Namespace, nowMs: number): void {
    this.#sql.exec("INSERT INTO namespaces (name, since_ms) VALUES (?, ?) ON CONFLICT DO NOTHING", name, nowMs);
  }

  page({ after, limit }: { readonly after: string; readonly limit: number }): NamespacesPage {
    const rows = this.#sql
      .exec<Row>("SELECT name, since_ms FROM namespaces WHERE name > ? ORDER BY name LIMIT ?", after, limit)
      .toArray();
    const namespaces = rows.map(
      ({ name, since_ms }): ListedNamespace => ({ name: name as Namespace, since: new Date(since_ms) }),
    );
    const last = namespaces.at(-1);
    return { namespaces, ...(last === undefined || rows.length < limit ? {} : { after: last.name }) };
  }
}
