import { CacheNamespace } from "../../../objects/cache-namespace.ts";
import type { LogPoint } from "../../../schema/version.ts";

/** Rows in one transaction of `fill`. */
const BATCH = 50_000;
const DAY_MS = 86_400_000;

/** The tag every filled entry carries, in the one cache they are all in. */
export const CACHE = "pages";
export const TAG = "product";

/** The name under which the object keeps the reply that scripts/bench/purge.ts reads back from its database. */
export const SLICE = "slice";

/** The namespace object, and ways to bring it into the state that is measured faster than by a million puts. */
export class FilledNamespace extends CacheNamespace {
  /** Makes `count` entries in force, as as many puts would. */
  async fill(count: number): Promise<void> {
    const { sql } = this.ctx.storage;
    sql.exec("INSERT INTO tags (id, tag, cache, entries) VALUES (1, ?, ?, ?)", TAG, CACHE, count);
    for (let first = 1; first <= count; first += BATCH) {
      const last = Math.min(first + BATCH - 1, count);
      sql.exec(
        `WITH RECURSIVE ids (id) AS (SELECT ?1 UNION ALL SELECT id + 1 FROM ids WHERE id < ?2)
         INSERT INTO entries (id, key, url, cache, status, bytes, permanent, as_of, fresh_until_ms, expires_at_ms)
         SELECT id, url || '?larder=bench/' || ?3 || '/GET/', url, ?3, 200, 10240, 0, 0, ?4, ?4
         FROM (SELECT id, printf('https://shop.example/products/%07d', id) AS url FROM ids)`,
        first,
        last,
        CACHE,
        Date.now() + DAY_MS,
      );
      sql.exec(
        "INSERT INTO entry_tags (tag_id, entry_id) SELECT 1, id FROM entries WHERE id BETWEEN ? AND ?",
        first,
        last,
      );
      // What is written so far goes to the disk: one transaction of a million rows would be held in memory.
      await this.ctx.storage.sync();
    }
  }

  /** Brings all entries back into force, as refills would, so that the next purge finds as many as the first. */
  async renew(point: LogPoint): Promise<void> {
    this.ctx.storage.sql.exec("UPDATE entries SET as_of = ?", point.seq);
  }

  /** Purges `count` tags, one by one, and keeps the reply that a caller gets who knows nothing yet. */
  async keepSlice(count: number): Promise<void> {
    for (let at = 0; at < count; at += 1) {
      await this.purge({}, { cache: CACHE, tags: [`${TAG}:${10_000 + at}`] }, "bench");
    }
    const { log } = await this.sync({ since: null });
    await this.ctx.storage.put(SLICE, log);
  }
}
