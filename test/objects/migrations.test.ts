import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { readMeta } from "../../objects/storage.ts";
import { migrations } from "../../schema/migrations.ts";
import { fill, freshObject, logOf, pointOf, purge, report, statsOf } from "../support/namespace-object.ts";

const EPOCH = "0123456789abcdef";
const HOUR = 3_600_000;

type Stub = ReturnType<typeof freshObject>["stub"];

function schemaOf(stub: Stub) {
  return runInDurableObject(stub, (_, { storage }) =>
    storage.sql
      .exec("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY name")
      .toArray(),
  );
}

/** An object whose storage is as the first release left it: three entries, of which the log has purged one. */
async function objectOfFirstStep(cacheOfLast = "pages", more = "") {
  const made = freshObject();
  await runInDurableObject(made.stub, async (_, { storage }) => {
    await storage.deleteAll();
    const { sql } = storage;
    sql.exec(migrations[0] ?? "");
    sql.exec("INSERT INTO meta (name, value) VALUES ('schema', '1'), ('epoch', ?), ('floor', '1')", EPOCH);
    const until = Date.now() + HOUR;
    for (const [id, name] of ["one", "two", "three"].entries()) {
      const { key, url } = report({ epoch: EPOCH, seq: 1 }, { url: `https://a.example/${name}` });
      sql.exec(
        `INSERT INTO entries (id, key, url, cache, status, bytes, as_of, fresh_until_ms, expires_at_ms)
         VALUES (?, ?, ?, ?, 200, 10, 1, ?, ?)`,
        id + 1,
        key,
        url,
        name === "three" ? cacheOfLast : "pages",
        until,
        until,
      );
    }
    sql.exec("INSERT INTO tags (id, tag) VALUES (1, 'a'), (2, 'b')");
    sql.exec("INSERT INTO entry_tags (tag_id, entry_id) VALUES (1, 1), (1, 2), (2, 3)");
    if (more !== "") sql.exec(more);
    sql.exec(
      `INSERT INTO purges (seq, at_ms, selector, reason, purged) VALUES
       (2, 1000, '{"tags":["b"]}', 'a new price', 1), (3, 2000, '{"cache":"api"}', NULL, 0)`,
    );
    sql.exec("INSERT INTO counters (cache, counter, count) VALUES ('pages', 'puts', 3), ('pages', 'purges', 1)");
  });
  await evictDurableObject(made.stub);
  return made;
}

test("a namespace of the first release becomes one as it is made now", async () => {
  const { object, stub } = await objectOfFirstStep();
  expect(await pointOf(object)).toEqual({ epoch: EPOCH, seq: 3 });
  expect(await schemaOf(stub)).toEqual(await schemaOf(freshObject().stub));
  expect(await runInDurableObject(stub, (_, { storage }) => readMeta(storage.sql, "schema"))).toBe(
    String(migrations.length),
  );
});

test("its log goes on, as hard purges of one selector, and is its history", async () => {
  const { object } = await objectOfFirstStep();
  expect(await logOf(object)).toEqual({
    epoch: EPOCH,
    head: 3,
    from: 1,
    whole: true,
    records: [
      { seq: 2, mode: "hard", selectors: [{ tags: ["b"] }] },
      { seq: 3, mode: "hard", selectors: [{ cache: "api" }] },
    ],
  });
  const { log: _, ...history } = await object.history({}, {});
  expect(history).toEqual({
    purges: [
      {
        seq: 3,
        version: `${EPOCH}-3`,
        at: new Date(2000),
        by: "unknown",
        mode: "hard",
        selectors: [{ cache: "api" }],
        purged: 0,
      },
      {
        seq: 2,
        version: `${EPOCH}-2`,
        at: new Date(1000),
        by: "unknown",
        reason: "a new price",
        mode: "hard",
        selectors: [{ tags: ["b"] }],
        purged: 1,
      },
    ],
  });
  expect(await purge(object, { everything: true })).toMatchObject({ version: `${EPOCH}-4`, purged: 2 });
  expect(await object.revoke({}, 2, "a test")).toMatchObject({ restored: 0 });
  expect(await object.revoke({}, 4, "a test")).toMatchObject({ restored: 3 });
});

test("its entries are there, none of them permanent, with a count of each tag", async () => {
  const { object, stub } = await objectOfFirstStep();
  expect(await statsOf(object)).toMatchObject({ entries: 3, bytes: 30, puts: 3, purges: 1, invalidations: 0 });
  const rows = () =>
    runInDurableObject(stub, (_, { storage }) => ({
      tags: storage.sql.exec("SELECT tag, entries FROM tags ORDER BY tag").toArray(),
      permanent: storage.sql.exec("SELECT DISTINCT permanent FROM entries").toArray(),
    }));
  expect(await rows()).toEqual({
    tags: [
      { tag: "a", entries: 2 },
      { tag: "b", entries: 1 },
    ],
    permanent: [{ permanent: 0 }],
  });
  await fill(object, [{ url: "https://a.example/two", tags: ["b"] }]);
  expect((await rows()).tags).toEqual([
    { tag: "a", entries: 1 },
    { tag: "b", entries: 2 },
  ]);
  expect(await purge(object, { tags: ["b"] })).toMatchObject({ purged: 1 });
});

test("its tags become those of each cache they are in", async () => {
  const { object, stub } = await objectOfFirstStep("api");
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    expect(sql.exec("SELECT tag, cache, entries FROM tags ORDER BY tag, cache").toArray()).toEqual([
      { tag: "a", cache: "pages", entries: 2 },
      { tag: "b", cache: "api", entries: 1 },
    ]);
    expect(
      sql
        .exec(
          `SELECT entry_id AS entry, tag, tags.cache FROM entry_tags JOIN tags ON tags.id = tag_id ORDER BY entry_id`,
        )
        .toArray(),
    ).toEqual([
      { entry: 1, tag: "a", cache: "pages" },
      { entry: 2, tag: "a", cache: "pages" },
      { entry: 3, tag: "b", cache: "api" },
    ]);
  });
  expect(await purge(object, { tags: ["a"], cache: "api" })).toMatchObject({ purged: 0 });
  // The log of the first release has purged what carries `b` already.
  expect(await purge(object, { tags: ["a", "b"] })).toMatchObject({ purged: 2 });
});

test("a tag that was in two caches becomes two", async () => {
  const { stub } = await objectOfFirstStep("api", "INSERT INTO entry_tags (tag_id, entry_id) VALUES (1, 3)");
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    expect(sql.exec("SELECT tag, cache, entries FROM tags ORDER BY tag, cache").toArray()).toEqual([
      { tag: "a", cache: "api", entries: 1 },
      { tag: "a", cache: "pages", entries: 2 },
      { tag: "b", cache: "api", entries: 1 },
    ]);
  });
});
