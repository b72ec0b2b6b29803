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
  `
  -- 1 for an entry that only an exact or an erasing purge hits.
  ALTER TABLE entries ADD COLUMN permanent INTEGER NOT NULL DEFAULT 0;

  -- Tags are of a cache, and know how many entries carry them, so that a purge of a huge one need not count them.
  ALTER TABLE tags RENAME TO old_tags;
  ALTER TABLE entry_tags RENAME TO old_entry_tags;
  DROP INDEX entry_tags_by_entry;
  CREATE TABLE tags (
    id INTEGER PRIMARY KEY,
    tag TEXT NOT NULL,
    cache TEXT NOT NULL,
    entries INTEGER NOT NULL,
    UNIQUE (tag, cache)
  );
  INSERT INTO tags (tag, cache, entries)
    SELECT old_tags.tag, entries.cache, COUNT(*) FROM old_entry_tags
    JOIN old_tags ON old_tags.id = tag_id JOIN entries ON entries.id = entry_id
    GROUP BY old_tags.tag, entries.cache;
  CREATE TABLE entry_tags (
    tag_id INTEGER NOT NULL,
    entry_id INTEGER NOT NULL,
    PRIMARY KEY (tag_id, entry_id)
  ) WITHOUT ROWID;
  INSERT INTO entry_tags (tag_id, entry_id)
    SELECT tags.id, entries.id FROM old_entry_tags
    JOIN old_tags ON old_tags.id = tag_id JOIN entries ON entries.id = entry_id
    JOIN tags ON tags.tag = old_tags.tag AND tags.cache = entries.cache;
  CREATE INDEX entry_tags_by_entry ON entry_tags (entry_id, tag_id);
  DROP TABLE old_entry_tags;
  DROP TABLE old_tags;

  -- The log, as a purge may now have several selectors, a mode, and be taken back; and the history beside it.
  ALTER TABLE purges RENAME COLUMN selector TO selectors;
  UPDATE purges SET selectors = '[' || selectors || ']';
  ALTER TABLE purges ADD COLUMN mode TEXT NOT NULL DEFAULT 'hard';
  ALTER TABLE purges ADD COLUMN by TEXT NOT NULL DEFAULT 'unknown';
  ALTER TABLE purges ADD COLUMN approximate INTEGER NOT NULL DEFAULT 0;
  -- Of a revocation: the purge it takes back. Its selectors are empty, and purged counts what it brought back.
  ALTER TABLE purges ADD COLUMN revokes INTEGER;
  -- 1 for an invalidation that followed from a request (RFC 9111 section 4.4): a newer one of the same takes its place.
  ALTER TABLE purges ADD COLUMN automatic INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX purges_by_revoked ON purges (revokes) WHERE revokes IS NOT NULL;
  CREATE INDEX purges_automatic ON purges (selectors) WHERE automatic = 1;
  CREATE INDEX purges_by_time ON purges (at_ms);
  `,
  `
  -- Who fills which key. Few rows at any time: one is written with the lease and goes with it.
  CREATE TABLE leases (
    key TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    as_of INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
  ) WITHOUT ROWID;

  -- What is known of the responses to a key beyond its entry.
  CREATE TABLE notes (
    key TEXT PRIMARY KEY,
    -- Hit-for-miss.
    pass_until_ms INTEGER NOT NULL DEFAULT 0,
    -- Request headers they vary on, as JSON.
    varies TEXT NOT NULL DEFAULT '[]',
    varies_until_ms INTEGER NOT NULL DEFAULT 0,
    -- Fills that have failed in a row, and when the next may be tried by someone who can do without.
    failures INTEGER NOT NULL DEFAULT 0,
    retry_at_ms INTEGER NOT NULL DEFAULT 0,
    ends_at_ms INTEGER GENERATED ALWAYS AS (MAX(pass_until_ms, varies_until_ms, retry_at_ms)) STORED
  ) WITHOUT ROWID;
  CREATE INDEX notes_by_end ON notes (ends_at_ms);
  `,
  `
  -- Versions of the Worker that declares a cache, each the newest when it was first heard of; its purge is of that number.
  CREATE TABLE deployments (
    cache TEXT NOT NULL,
    id TEXT NOT NULL,
    made_at_ms INTEGER NOT NULL,
    seen_at_ms INTEGER NOT NULL,
    purge_seq INTEGER NOT NULL,
    PRIMARY KEY (cache, id)
  ) WITHOUT ROWID;
  `,
  `
  -- Counts by minute, by hour and since ever, each apart by data centre and apart by rule; a total is the sum over data
  -- centres. A row holds all counters that are not zero, as JSON: rows written are billed, and most reports move many.
  -- Hits, misses and refusals have been counted without their kinds until now, and begin anew.
  CREATE TABLE counts (
    span TEXT NOT NULL,
    -- Of the minute or hour; 0 for ever.
    start_ms INTEGER NOT NULL,
    cache TEXT NOT NULL,
    -- 'd:AMS' of a data centre, 'r:products' of a rule; the name is empty where there is none.
    part TEXT NOT NULL,
    counts TEXT NOT NULL,
    PRIMARY KEY (span, start_ms, cache, part)
  ) WITHOUT ROWID;
  INSERT INTO counts (span, start_ms, cache, part, counts)
    SELECT 'ever', 0, cache, part, json_group_object(counter, count)
    FROM counters, (SELECT 'd:' AS part UNION SELECT 'r:')
    WHERE counter IN ('puts', 'deletes', 'purges', 'invalidations') GROUP BY cache, part;
  DROP TABLE counters;

  -- What is asked for most, by hour: summaries of keys and of tags, as JSON.
  CREATE TABLE top (
    hour_ms INTEGER NOT NULL,
    cache TEXT NOT NULL,
    kind TEXT NOT NULL,
    summaries TEXT NOT NULL,
    PRIMARY KEY (hour_ms, cache, kind)
  ) WITHOUT ROWID;

  -- What opens one live feed; digests, so that nobody who reads the storage can use them.
  CREATE TABLE tickets (digest TEXT PRIMARY KEY, until_ms INTEGER NOT NULL) WITHOUT ROWID;

  ALTER TABLE entries ADD COLUMN stored_at_ms INTEGER NOT NULL DEFAULT 0;

  -- Of the reserved namespace: the namespaces in which something has been stored or purged.
  CREATE TABLE namespaces (name TEXT PRIMARY KEY, since_ms INTEGER NOT NULL) WITHOUT ROWID;
  `,
  `
  -- Operations for the zone's purge API that it has not yet confirmed, in the order they were asked for. No number is ever
  -- given twice: one that is asked for again while it is under way has another.
  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    -- Operations it may be sent with at most, itself among them: fewer after a request with it was refused.
    most INTEGER NOT NULL,
    UNIQUE (kind, value)
  );
  `,
  `
  -- Purges that are made again and again.
  CREATE TABLE schedules (
    id TEXT PRIMARY KEY,
    cron TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    purge TEXT NOT NULL,
    "by" TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    next_at_ms INTEGER NOT NULL,
    -- How it went the last time, as JSON.
    last TEXT
  ) WITHOUT ROWID;
  CREATE INDEX schedules_by_next ON schedules (next_at_ms);
  `,
  `
  -- URLs that are fetched at a pace, so that what they answer is cached; and how far that has come.
  CREATE TABLE refills (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    cache TEXT,
    "by" TEXT NOT NULL,
    reason TEXT,
    -- Of a refill after a purge: the number of that in the log.
    after_seq INTEGER,
    concurrency INTEGER NOT NULL,
    per_second REAL NOT NULL,
    created_at_ms INTEGER NOT NULL,
    started_at_ms INTEGER,
    ended_at_ms INTEGER,
    total INTEGER NOT NULL,
    filled INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    skipped INTEGER NOT NULL DEFAULT 0,
    -- As JSON.
    last_error TEXT
  ) WITHOUT ROWID;

  -- What they fetch, as JSON lists, each with the place of its first in the whole. Gone when a refill has ended.
  CREATE TABLE refill_items (
    refill TEXT NOT NULL,
    start INTEGER NOT NULL,
    items TEXT NOT NULL,
    PRIMARY KEY (refill, start)
  ) WITHOUT ROWID;

  -- Caches that gather purges, as what is put into them says; and purges that wait.
  CREATE TABLE debounces (cache TEXT PRIMARY KEY, debounce TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE gathered (
    id INTEGER PRIMARY KEY,
    cache TEXT NOT NULL,
    selectors TEXT NOT NULL,
    "by" TEXT NOT NULL,
    reason TEXT,
    at_ms INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL
  );
  CREATE INDEX gathered_by_cache ON gathered (cache);

  -- A schedule may warm as well as purge.
  ALTER TABLE schedules RENAME COLUMN purge TO action;
  UPDATE schedules SET action = json_object('purge', json(action));
  `,
  `
  -- What has been handed over of an import and is not taken over yet: lines of the log, deployments and schedules, as JSON.
  CREATE TABLE import_parts (part INTEGER PRIMARY KEY, lines TEXT NOT NULL);
  `,
  `
  -- Of the reserved namespace: tokens that are valid no longer, though they have not ended.
  CREATE TABLE revoked_tokens (
    id TEXT PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    until_ms INTEGER NOT NULL
  ) WITHOUT ROWID;

  -- What a ticket opens, as JSON; null is all of its namespace.
  ALTER TABLE tickets ADD COLUMN terms TEXT;
  `,
];
