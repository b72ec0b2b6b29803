import type { EntryReport } from "../schema/entry.ts";
import type { Key, NormalUrl } from "../schema/key.ts";
import { limits } from "../schema/limits.ts";
import type { CacheName, Tag } from "../schema/names.ts";
import type { Selector } from "../schema/purge.ts";
import type { Purgeable } from "../src/log/anchors.ts";

interface EntryRow extends Record<string, SqlStorageValue> {
  id: number;
  key: string;
  url: string;
  cache: string;
  permanent: number;
  as_of: number;
  /** Comma-separated: a tag never holds a comma. */
  tags: string | null;
}

/** An entry as the index has it. */
export interface IndexedEntry extends Purgeable {
  readonly id: number;
  /** A sequence number of the current epoch. */
  readonly asOfSeq: number;
}

/** All that the index has of an entry. */
export interface IndexedRow {
  readonly entry: IndexedEntry;
  readonly storedAtMs: number;
  readonly status: number;
  readonly bytes: number;
  readonly freshUntilMs: number;
  readonly servableUntilMs: number;
}

export interface RestoredRow extends Omit<IndexedRow, "entry"> {
  readonly entry: Omit<IndexedEntry, "id">;
}

interface WholeRow extends EntryRow {
  stored_at_ms: number;
  status: number;
  bytes: number;
  fresh_until_ms: number;
  expires_at_ms: number;
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
      `INSERT INTO entries (key, url, cache, status, bytes, permanent, as_of, stored_at_ms, fresh_until_ms, expires_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET status = excluded.status, bytes = excluded.bytes,
         permanent = excluded.permanent, as_of = excluded.as_of, stored_at_ms = excluded.stored_at_ms,
         fresh_until_ms = excluded.fresh_until_ms, expires_at_ms = excluded.expires_at_ms
       RETURNING id`,
      entry.key,
      entry.url,
      entry.cache,
      entry.status,
      entry.bytes,
      entry.permanent ? 1 : 0,
      entry.asOf.seq,
      nowMs,
      nowMs + entry.freshSeconds * 1000,
      nowMs + entry.lifetimeSeconds * 1000,
    );
    if (row === undefined) throw new Error("INSERT … RETURNING gave no row");
    this.#setTags(row.id, entry.cache, [...new Set(entry.tags)].sort());
  }

  /** Puts a row back that another index had. Where there is one under its key, that stays, and the answer is no. */
  restore({ entry, status, bytes, storedAtMs, freshUntilMs, servableUntilMs }: RestoredRow): boolean {
    const [row] = this.#sql.exec<{ id: number }>(
      `INSERT INTO entries (key, url, cache, status, bytes, permanent, as_of, stored_at_ms, fresh_until_ms, expires_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING RETURNING id`,
      ...[entry.key, entry.url, entry.cache, status, bytes, entry.permanent ? 1 : 0, entry.asOfSeq],
      ...[storedAtMs, freshUntilMs, servableUntilMs],
    );
    if (row === undefined) return false;
    this.#setTags(row.id, entry.cache, [...new Set(entry.tags)].sort());
    return true;
  }

  /** Rows written are billed, so a refill with the same tags writes none. */
  #setTags(entryId: number, cache: string, tags: readonly string[]): void {
    const current = this.#sql
      .exec<{ tag: string }>(
        "SELECT tag FROM tags JOIN entry_tags ON tag_id = id WHERE entry_id = ? ORDER BY tag",
        entryId,
      )
      .toArray();
    if (current.length === tags.length && current.every(({ tag }, at) => tag === tags[at])) return;
    this.#dropTags([entryId]);
    // Lists go in as JSON: a statement takes at most 100 bound parameters (developers.cloudflare.com/durable-objects/platform/limits).
    const list = JSON.stringify(tags);
    this.#sql.exec(
      `INSERT INTO tags (tag, cache, entries) SELECT value, ?, 1 FROM json_each(?) WHERE TRUE
       ON CONFLICT (tag, cache) DO UPDATE SET entries = entries + 1`,
      cache,
      list,
    );
    this.#sql.exec(
      `INSERT INTO entry_tags (tag_id, entry_id)
       SELECT id, ? FROM tags WHERE cache = ? AND tag IN (SELECT value FROM json_each(?))`,
      entryId,
      cache,
      list,
    );
  }

  /** Takes the entries out of the tag index, and with them the tags nothing carries any more. */
  #dropTags(entryIds: readonly number[]): void {
    const list = JSON.stringify(entryIds);
    const counts = this.#sql
      .exec<{ id: number; carried: number }>(
        `SELECT tag_id AS id, COUNT(*) AS carried FROM entry_tags
         WHERE entry_id IN (SELECT value FROM json_each(?)) GROUP BY tag_id`,
        list,
      )
      .toArray();
    if (counts.length === 0) return;
    this.#sql.exec("DELETE FROM entry_tags WHERE entry_id IN (SELECT value FROM json_each(?))", list);
    this.#sql.exec(
      `UPDATE tags SET entries = entries - json_extract(change.value, '$.carried')
       FROM json_each(?) AS change WHERE tags.id = json_extract(change.value, '$.id')`,
      JSON.stringify(counts),
    );
    this.#sql.exec(
      "DELETE FROM tags WHERE entries <= 0 AND id IN (SELECT value FROM json_each(?))",
      JSON.stringify(counts.map(({ id }) => id)),
    );
  }

  /**
   * About how many entries the selector names, purged and expired ones among them, and never too few: from the counts
   * that tags keep, and where it names more than tags, from the rows of the rest.
   */
  estimate({ tags, allOf, ...rest }: Selector): number {
    const byTags = Math.min(this.#carryAny(tags, rest.cache), this.#carryEvery(allOf, rest.cache));
    const namesMore = rest.url !== undefined || rest.key !== undefined || rest.prefix !== undefined;
    if (byTags <= limits.countedEntries || (byTags < Number.POSITIVE_INFINITY && !namesMore)) return byTags;
    const { where, bindings } = condition(rest);
    return Math.min(byTags, this.#number(`SELECT COUNT(*) AS number FROM entries WHERE ${where}`, ...bindings));
  }

  #carryAny(tags: readonly string[] | undefined, cache: string | undefined): number {
    if (tags === undefined) return Number.POSITIVE_INFINITY;
    return this.#number(
      `SELECT COALESCE(SUM(entries), 0) AS number FROM tags
       WHERE tag IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR cache = ?2)`,
      JSON.stringify(tags),
      cache ?? null,
    );
  }

  /** Of each cache no more than its rarest tag, and none where it lacks one. */
  #carryEvery(tags: readonly string[] | undefined, cache: string | undefined): number {
    if (tags === undefined) return Number.POSITIVE_INFINITY;
    return this.#number(
      `SELECT COALESCE(SUM(rarest), 0) AS number FROM (
         SELECT MIN(entries) AS rarest FROM tags
         WHERE tag IN (SELECT value FROM json_each(?1)) AND (?2 IS NULL OR cache = ?2)
         GROUP BY cache HAVING COUNT(*) = json_array_length(?1))`,
      JSON.stringify([...new Set(tags)]),
      cache ?? null,
    );
  }

  /** Of several tags the one that the fewest entries carry, as far as the index knows; in one cache, or in all. */
  rarest(tags: readonly Tag[], cache: CacheName | undefined): Tag {
    const [row] = this.#sql.exec<{ tag: string }>(
      `SELECT value AS tag FROM json_each(?1) ORDER BY (
         SELECT COALESCE(SUM(entries), 0) FROM tags WHERE tag = value AND (?2 IS NULL OR cache = ?2)), key LIMIT 1`,
      JSON.stringify(tags),
      cache ?? null,
    );
    if (row === undefined) throw new Error("there is no rarest of no tags");
    return row.tag as Tag;
  }

  #number(query: string, ...bindings: (string | null)[]): number {
    const [row] = this.#sql.exec<{ number: number }>(query, ...bindings);
    return row?.number ?? 0;
  }

  /** The entries the selector names whose lifetime has not ended, purged ones among them. */
  *matching(selector: Selector, nowMs: number): Iterable<IndexedEntry> {
    const { where, bindings } = condition(selector);
    const rows = this.#sql.exec<EntryRow>(`${SELECT_ENTRIES} WHERE expires_at_ms > ? AND ${where}`, nowMs, ...bindings);
    for (const row of rows) yield entryOf(row);
  }

  /** The first `limit` of them whose keys come after `after`, in the order of their keys. */
  page(selector: Selector, after: string, limit: number, nowMs: number): IndexedEntry[] {
    return this.#page<EntryRow>(SELECT_ENTRIES, selector, after, limit, nowMs).map(entryOf);
  }

  /** The entry under a key whose lifetime has not ended, and how long it is fresh; purged or not. */
  entry(key: Key, nowMs: number): { readonly entry: IndexedEntry; readonly freshUntilMs: number } | undefined {
    const [row] = this.#sql.exec<EntryRow & { fresh_until_ms: number }>(
      `${SELECT_ENTRIES} WHERE key = ? AND expires_at_ms > ?`,
      key,
      nowMs,
    );
    return row === undefined ? undefined : { entry: entryOf(row), freshUntilMs: row.fresh_until_ms };
  }

  /** The row of a key, whatever has become of its lifetime. */
  row(key: Key): IndexedRow | undefined {
    const [row] = this.#sql.exec<WholeRow>(`${SELECT_WHOLE} WHERE key = ?`, key);
    return row === undefined ? undefined : rowOf(row);
  }

  /** As `page`, with all that the index has of each. */
  rows(selector: Selector, after: string, limit: number, nowMs: number): IndexedRow[] {
    return this.#page<WholeRow>(SELECT_WHOLE, selector, after, limit, nowMs).map(rowOf);
  }

  #page<Row extends EntryRow>(select: string, selector: Selector, after: string, limit: number, nowMs: number): Row[] {
    const { where, bindings } = condition(selector);
    return this.#sql
      .exec<Row>(
        `${select} WHERE key > ? AND expires_at_ms > ? AND ${where} ORDER BY key LIMIT ?`,
        after,
        nowMs,
        ...bindings,
        limit,
      )
      .toArray();
  }

  /** Tags that entries carry and that begin with `prefix`, each in each of its caches, those after `after` ("tag,cache"). */
  tags(cache: CacheName | undefined, prefix: Tag | undefined, after: string, limit: number) {
    const [afterTag = "", afterCache = ""] = after.split(",");
    return this.#sql
      .exec<{ tag: Tag; cache: CacheName; entries: number }>(
        `SELECT tag, cache, entries FROM tags
         WHERE (tag, cache) > (?1, ?2) AND (?3 IS NULL OR cache = ?3) AND (?4 IS NULL OR tag >= ?4 AND tag < ?4 || char(0x10FFFF))
         ORDER BY tag, cache LIMIT ?5`,
        afterTag,
        afterCache,
        cache ?? null,
        prefix ?? null,
        limit,
      )
      .toArray();
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
    this.remove(ids);
    return ids.length;
  }

  remove(ids: readonly number[]): void {
    if (ids.length === 0) return;
    this.#dropTags(ids);
    this.#sql.exec("DELETE FROM entries WHERE id IN (SELECT value FROM json_each(?))", JSON.stringify(ids));
  }

  /** When the next entry's lifetime ends; undefined when there is none. */
  nextExpiryMs(): number | undefined {
    const [row] = this.#sql.exec<{ at: number | null }>("SELECT MIN(expires_at_ms) AS at FROM entries");
    return row?.at ?? undefined;
  }
}

const TAGS_OF_ENTRY =
  "(SELECT group_concat(tag) FROM tags JOIN entry_tags ON tag_id = tags.id WHERE entry_id = entries.id)";
const SELECT_WHOLE = `SELECT *, ${TAGS_OF_ENTRY} AS tags FROM entries`;
const SELECT_ENTRIES = `SELECT id, key, url, cache, permanent, as_of, fresh_until_ms, ${TAGS_OF_ENTRY} AS tags
  FROM entries`;

function entryOf(row: EntryRow): IndexedEntry {
  return {
    id: row.id,
    key: row.key as Key,
    url: row.url as NormalUrl,
    cache: row.cache as CacheName,
    permanent: row.permanent === 1,
    tags: row.tags === null ? [] : (row.tags.split(",") as Tag[]),
    asOfSeq: row.as_of,
  };
}

function rowOf(row: WholeRow): IndexedRow {
  const { status, bytes, stored_at_ms: storedAtMs, fresh_until_ms: freshUntilMs, expires_at_ms: servableUntilMs } = row;
  return { entry: entryOf(row), status, bytes, storedAtMs, freshUntilMs, servableUntilMs };
}

function condition(selector: Selector): { where: string; bindings: string[] } {
  const { cache, url, key, tags, allOf, prefix } = selector;
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
  if (allOf !== undefined) {
    const list = JSON.stringify([...new Set(allOf)]);
    and(
      `id IN (SELECT entry_id FROM entry_tags JOIN tags ON tags.id = tag_id
              WHERE tag IN (SELECT value FROM json_each(?)) GROUP BY entry_id HAVING COUNT(*) = json_array_length(?))`,
      list,
      list,
    );
  }
  // A range, not LIKE or GLOB: their patterns end at 50 bytes (developers.cloudflare.com/durable-objects/platform/limits).
  if (prefix !== undefined) and("url >= ? AND url < ? || char(0x10FFFF)", prefix, prefix);
  return { where: parts.length === 0 ? "TRUE" : parts.join(" AND "), bindings };
}
