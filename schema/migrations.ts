/**
 * The storage of a namespace object, as numbered steps. A step that has been released is never changed: what comes
 * later is a new step at the end. The number of steps taken is kept in `meta` under `schema`.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

  -- One row a key. Times are the object's own clock; as_of is a sequence number of the current epoch.
  CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    cache TEXT NOT NULL,
    status INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    as_of INTEGER NOT NULL,
    fresh_until_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
  );
  CREATE INDEX entries_by_url ON entries (url);
  CREATE INDEX entries_by_expiry ON entries (expires_at_ms);

  CREATE TABLE tags (id INTEGER PRIMARY KEY, tag TEXT NOT NULL UNIQUE);

  -- The tag index, both ways.
  CREATE TABLE entry_tags (
    tag_id INTEGER NOT NULL,
    entry_id INTEGER NOT NULL,
    PRIMARY KEY (tag_id, entry_id)
  ) WITHOUT ROWID;
  CREATE INDEX entry_tags_by_entry ON entry_tags (entry_id, tag_id);

  -- The purge log: append-only until no entry can be older than a record.
  CREATE TABLE purges (
    seq INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    selector TEXT NOT NULL,
    reason TEXT,
    purged INTEGER NOT NULL
  );

  CREATE TABLE counters (
    cache TEXT NOT NULL,
    counter TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (cache, counter)
  ) WITHOUT ROWID;

  -- The last report counted from each isolate, so that one sent twice counts once.
  CREATE TABLE reporters (
    reporter TEXT PRIMARY KEY,
    batch INTEGER NOT NULL,
    at_ms INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
];
