import type { Announcement, Deployment } from "../schema/deployment.ts";
import { isNewer } from "../schema/deployment.ts";

/** Versions that are kept of each cache: the newest counts, and those before it if its purge is taken back. */
const MOST_VERSIONS = 100;

interface DeploymentRow extends Record<string, SqlStorageValue> {
  cache: string;
  id: string;
  made_at_ms: number;
}

/** The newest version of each cache's Worker that has been heard of, and those before it. */
export class Deployments {
  readonly #sql: SqlStorage;
  /** Read again after every change, so that one that is rolled back leaves nothing behind. */
  #newest: ReadonlyMap<string, Deployment> | undefined;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The newest version of each cache that has one. */
  get newest(): ReadonlyMap<string, Deployment> {
    this.#newest ??= this.#read();
    return this.#newest;
  }

  /**
   * Whether the version is newer than all that were heard of. One that is not has nothing to purge: it runs beside the
   * newest in a gradual roll-out, or has been announced by another isolate.
   */
  isNew({ cache, id, madeAtMs }: Announcement): boolean {
    const newest = this.newest.get(cache);
    return newest === undefined || isNewer({ id, madeAtMs }, newest);
  }

  /** Notes that the version is the newest, since the purge of that sequence number. */
  note({ cache, id, madeAtMs }: Announcement, purgeSeq: number, nowMs: number): void {
    this.#newest = undefined;
    this.#sql.exec(
      `INSERT INTO deployments (cache, id, made_at_ms, seen_at_ms, purge_seq) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (cache, id) DO UPDATE SET made_at_ms = excluded.made_at_ms, seen_at_ms = excluded.seen_at_ms,
         purge_seq = excluded.purge_seq`,
      cache,
      id,
      madeAtMs,
      nowMs,
      purgeSeq,
    );
    this.#sql.exec(
      `DELETE FROM deployments WHERE cache = ?1 AND id NOT IN
         (SELECT id FROM deployments WHERE cache = ?1 ORDER BY made_at_ms DESC, id DESC LIMIT ?2)`,
      cache,
      MOST_VERSIONS,
    );
  }

  /** The purge of that sequence number has been taken back: the version it was made for no longer counts. */
  withdraw(purgeSeq: number): void {
    this.#newest = undefined;
    this.#sql.exec("DELETE FROM deployments WHERE purge_seq = ?", purgeSeq);
  }

  #read(): ReadonlyMap<string, Deployment> {
    const rows = this.#sql.exec<DeploymentRow>(
      "SELECT cache, id, made_at_ms FROM deployments ORDER BY cache, made_at_ms, id",
    );
    return new Map([...rows].map(({ cache, id, made_at_ms }) => [cache, { id, madeAtMs: made_at_ms }]));
  }
}
