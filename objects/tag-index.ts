import type { EntryReport } from "../schema/entry.ts";
import type { Key, NormalUrl } from "../schema/key.ts";
import type { CacheName, Tag } from "../schema/names.ts";
import type { Selector } from "../schema/purge.ts";
import { purgeVerdict } from "../src/log/verdict.ts";
import type { View } from "../src/log/view.ts";

interface EntryRow extends Record<string, SqlStorageValue> {
  key: string;
  url: string;
  cache: string;
  as_of: number;
  /** Comma-separated: a tag never holds a comma. */
  tags: string | null;
}

/**
 * What is cached, under which tags. For people: it is counted and listed from, and no correctness hangs on it. A row
 * that is missing here makes a count too small, never a purge too weak.
 */
export class TagIndex {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  put(entry: EntryReport, nowMs: number): void {
    const [row] = this.#sql.exec<{ id: number }>(
      `INSERT INTO entries (key, url, cache, status, bytes, as_of, fresh_until_ms, expires_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET status = excluded.status, bytes = excluded.bytes, as_of = excluded.as_of,
         fresh_until_ms = excluded.fresh_until_ms, expires_at_ms = excluded.expires_at_ms
       RETURNING id`,
      entry.key,
      entry.url,
      entry.cache,
      entry.status,
      entry.bytes,
      entry.asOf.seq,
      nowMs + entry.freshSeconds * 1000,
      nowMs + entry.lifetimeSeconds * 1000,
    );
    if (row === undefined) throw new Error("INSERT … RETURNING gave no row");
    this.#setTags(row.id, [...new Set(entry.tags)].sort());
  }

  /** Rows written are billed, so a refill with the same tags writes none. */
  #setTags(entryId: number, tags: readonly string[]): void {
    const current = this.#sql
      .exec<{ tag: string }>(
        "SELECT tag FROM tags JOIN entry_tags ON tag_id = id WHERE entry_id = ? ORDER BY tag",
        entryId,
      )
      .toArray();
    if (current.length === tags.length && current.every(({ tag }, at) => tag === tags[at])) return;
    // Lists go in as JSON: a statement takes at most 100 bound parameters (developers.cloudflare.com/durable-objects/platform/limits).
    const list = JSON.stringify(tags);
    this.#sql.exec("DELETE FROM entry_tags WHERE entry_id = ?", entryId);
    this.#sql.exec("INSERT OR IGNORE INTO tags (tag) SELECT value FROM json_each(?)", list);
    this.#sql.exec(
      "INSERT INTO entry_tags (tag_id, entry_id) SELECT id, ? FROM tags WHERE tag IN (SELECT value FROM json_each(?))",
      entryId,
      list,
    );
  }

  /** How many entries the selector would take that are in force now. */
  countValid(selector: Selector, view: View, nowMs: number): number {
    let valid = 0;
    for (const row of this.#matching(selector, nowMs)) {
      const entry = {
        key: row.key as Key,
        url: row.url as NormalUrl,
        cache: row.cache as CacheName,
        tags: row.tags === null ? [] : (row.tags.split(",") as Tag[]),
        asOf: { epoch: view.epoch, seq: row.as_of },
      };
      if (purgeVerdict(entry, view) === undefined) valid += 1;
    }
    return valid;
  }

  #matching(selector: Selector, nowMs: number): Iterable<EntryRow> {
    const { where, bindings } = condition(selector);
    return this.#sql.exec<EntryRow>(
      `SELECT key, url, cache, as_of,
         (SELECT group_concat(tag) FROM tags JOIN entry_tags ON tag_id = tags.id WHERE entry_id = entries.id) AS tags
       FROM entries WHERE expires_at_ms > ? AND ${where}`,
      nowMs,
      ...bindings,
    );
  }

  totals(cache: string | null, nowMs: number): { entries: number; bytes: number } {
    const [row] = this.#sql.exec<{ entries: number; bytes: number }>(
      `SELECT COUNT(*) AS entries, COALESCE(SUM(bytes), 0) AS bytes FROM entries
       WHERE expires_at_ms > ? AND (?2 IS NULL OR cache = ?2)`,
      nowMs,
      cache,
    );
    return row ?? { entries: 0, bytes: 0 };
  }

  /** Removes at most `limit` entries whose lifetime has ended, with the tags nothing carries any more. */
  removeExpired(nowMs: number, limit: number): number {
    const ids = this.#sql
      .exec<{ id: number }>(
        "SELECT id FROM entries WHERE expires_at_ms <= ? ORDER BY expires_at_ms LIMIT ?",
        nowMs,
        limit,
      )
      .toArray()
      .map(({ id }) => id);
    if (ids.length === 0) return 0;
    const list = JSON.stringify(ids);
    const tagIds = this.#sql
      .exec<{ id: number }>(
        "SELECT DISTINCT tag_id AS id FROM entry_tags WHERE entry_id IN (SELECT value FROM json_each(?))",
        list,
      )
      .toArray()
      .map(({ id }) => id);
    this.#sql.exec("DELETE FROM entry_tags WHERE entry_id IN (SELECT value FROM json_each(?))", list);
    this.#sql.exec("DELETE FROM entries WHERE id IN (SELECT value FROM json_each(?))", list);
    this.#sql.exec(
      `DELETE FROM tags WHERE id IN (SELECT value FROM json_each(?))
         AND NOT EXISTS (SELECT 1 FROM entry_tags WHERE tag_id = tags.id)`,
      JSON.stringify(tagIds),
    );
    return ids.length;
  }

  /** When the next entry's lifetime ends; undefined when there is none. */
  nextExpiryMs(): number | undefined {
    const [row] = this.#sql.exec<{ at: number | null }>("SELECT MIN(expires_at_ms) AS at FROM entries");
    return row?.at ?? undefined;
  }
}

function condition(selector: Selector): { where: string; bindings: string[] } {
  const { cache, url, key, tags, prefix } = selector;
  const parts: string[] = [];
  const bindings: string[] = [];
  const and = (part: string, ...values: string[]) => {
    parts.push(part);
    bindings.push(...values);
  };
  if (cache !== undefined) and("cache = ?", cache);
  if (url !== undefined) and("url = ?", url);
  if (key !== undefined) and("key = ?", key);
  if (tags !== undefined) {
    and(
      `id IN (SELECT entry_id FROM entry_tags JOIN tags ON tags.id = tag_id
              WHERE tag IN (SELECT value FROM json_each(?)))`,
      JSON.stringify(tags),
    );
  }
  // A range, not LIKE or GLOB: their patterns end at 50 bytes (developers.cloudflare.com/durable-objects/platform/limits).
  if (prefix !== undefined) and("url >= ? AND url < ? || char(0x10FFFF)", prefix, prefix);
  return { where: parts.length === 0 ? "TRUE" : parts.join(" AND "), bindings };
}
