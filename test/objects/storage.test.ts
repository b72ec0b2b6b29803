import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect, test } from "vitest";
import { migrate, readMeta, writeMeta } from "../../objects/storage.ts";
import { migrations } from "../../schema/migrations.ts";
import { fill, freshObject, pointOf, purge, statsOf } from "../support/namespace-object.ts";

type Stub = ReturnType<typeof freshObject>["stub"];

/** Everything in the storage: the statements that make it, and the rows of every table. */
function everythingIn({ sql }: DurableObjectStorage) {
  const schema = sql
    .exec<{ name: string; sql: string | null; type: string }>(
      "SELECT name, type, sql FROM sqlite_master WHERE name NOT LIKE '\\_cf\\_%' ESCAPE '\\' ORDER BY name",
    )
    .toArray();
  const tables = schema.filter(({ type }) => type === "table");
  return { schema, rows: tables.map(({ name }) => [name, sql.exec(`SELECT * FROM ${name}`).toArray()]) };
}

function inStorage<Result>(stub: Stub, work: (storage: DurableObjectStorage) => Result): Promise<Result> {
  return runInDurableObject(stub, (_, { storage }) => work(storage));
}

test("migrating again changes nothing", async () => {
  const { object, stub } = freshObject();
  await fill(object, [{ tags: ["a"] }]);
  await purge(object, { tags: ["a"] });
  await inStorage(stub, (storage) => {
    const before = everythingIn(storage);
    expect(before.rows.map(([name]) => name)).toContain("entries");
    migrate(storage);
    migrate(storage);
    expect(everythingIn(storage)).toEqual(before);
  });
});

test("the number of steps taken is kept", async () => {
  const { stub } = freshObject();
  expect(await inStorage(stub, ({ sql }) => readMeta(sql, "schema"))).toBe(String(migrations.length));
});

test("the epoch is made once and stays", async () => {
  const { object, stub } = freshObject();
  const { epoch } = await pointOf(object);
  expect(epoch).toMatch(/^[0-9a-f]{16}$/);
  await inStorage(stub, migrate);
  expect(await inStorage(stub, ({ sql }) => readMeta(sql, "epoch"))).toBe(epoch);
  await evictDurableObject(stub);
  expect((await pointOf(object)).epoch).toBe(epoch);
});

test("a namespace that was emptied has another epoch, so that nothing from before comes back", async () => {
  const { object, stub } = freshObject();
  const { epoch } = await pointOf(object);
  await inStorage(stub, (storage) => storage.deleteAll());
  await evictDurableObject(stub);
  expect((await pointOf(object)).epoch).not.toBe(epoch);
  expect(await statsOf(object)).toMatchObject({ entries: 0 });
});

test("a step that fails leaves the storage as it was", async () => {
  const { stub } = freshObject();
  await inStorage(stub, (storage) => {
    writeMeta(storage.sql, "schema", "0");
    const before = everythingIn(storage);
    expect(() => migrate(storage)).toThrow(/already exists/);
    expect(everythingIn(storage)).toEqual(before);
    writeMeta(storage.sql, "schema", String(migrations.length));
  });
});

test("a note in meta is read as it was last written, and is not there before", async () => {
  const { stub } = freshObject();
  await inStorage(stub, ({ sql }) => {
    expect(readMeta(sql, "note")).toBeUndefined();
    writeMeta(sql, "note", "one");
    writeMeta(sql, "note", "");
    expect(readMeta(sql, "note")).toBe("");
  });
});

test("tags, URLs, expiries, times of purges and what took them back are found by an index, never by a scan", async () => {
  const { stub } = freshObject();
  await inStorage(stub, ({ sql }) => {
    const plan = (query: string) =>
      sql
        .exec<{ detail: string }>(`EXPLAIN QUERY PLAN ${query}`)
        .toArray()
        .map(({ detail }) => detail)
        .join("; ");
    expect(plan("SELECT entry_id FROM entry_tags WHERE tag_id = 1")).toMatch(/^SEARCH/);
    expect(plan("SELECT tag_id FROM entry_tags WHERE entry_id = 1")).toMatch(/^SEARCH .* COVERING INDEX/);
    expect(plan("SELECT id FROM entries WHERE url >= 'a' AND url < 'b'")).toMatch(/^SEARCH/);
    expect(plan("SELECT MIN(expires_at_ms) FROM entries")).toMatch(/^SEARCH/);
    expect(plan("SELECT seq FROM purges WHERE revokes = 1")).toMatch(/^SEARCH/);
    expect(plan("SELECT seq FROM purges WHERE at_ms < 1")).toMatch(/^SEARCH/);
    expect(plan("DELETE FROM purges WHERE automatic = 1 AND selectors = '[]'")).toMatch(/^SEARCH/);
  });
});
