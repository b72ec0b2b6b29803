import { runInDurableObject } from "cloudflare:test";
import { expect, it } from "vitest";
import type { CounterReport, NamespaceRpc } from "../../schema/rpc.ts";
import { summaryOf } from "../../src/tally/frequent.ts";
import { fill, freshObject, pointOf, purge, report } from "../support/namespace-object.ts";

/** Rows that `work` has written: what the platform bills (developers.cloudflare.com/durable-objects/platform/pricing). */
async function rowsWritten(
  stub: ReturnType<typeof freshObject>["stub"],
  work: () => Promise<unknown>,
): Promise<number> {
  let cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    const exec = sql.exec.bind(sql);
    sql.exec = ((...rest: Parameters<typeof exec>) => {
      const cursor = exec(...rest);
      cursors.push(cursor);
      return cursor;
    }) as typeof sql.exec;
  });
  cursors = [];
  await work();
  return runInDurableObject(stub, () => cursors.reduce((sum, { rowsWritten: rows }) => sum + rows, 0));
}

let batch = 0;

/** A report of an isolate that has served hits by one rule, from one data centre. */
function hits(): CounterReport {
  batch += 1;
  const none = { names: [], error: 0 };
  const most = { hits: summaryOf(new Map([["a", 3]]), 10), misses: none, bytes: none };
  return {
    ...{ reporter: "0123456789abcdef", batch, dataCentre: "AMS" },
    counts: [{ cache: "pages", rule: "products", counts: { "hits.fresh": 900, "bytes.served": 12 } }],
    top: [{ cache: "pages", keys: most, tags: most }],
  };
}

/** A namespace that has been at work for a while, so that what is measured is what goes on. */
async function setUp() {
  const { object, stub } = freshObject();
  await fill(object, [{ tags: ["a", "b"] }]);
  await object.sync({ report: hits() });
  return { object: object as NamespaceRpc, stub };
}

it("a report of hits, however many, is seven rows", async () => {
  const { object, stub } = await setUp();
  expect(await rowsWritten(stub, () => object.sync({ report: hits() }))).toBe(7);
});

it("what is stored costs the same few rows whatever it carries: its counts are in the rows of the report", async () => {
  const { object, stub } = await setUp();
  const asOf = await pointOf(object);
  const counted = { rule: "products", dataCentre: "AMS" };
  const entry = (path: string) => report(asOf, { url: `https://a.example/${path}`, tags: ["a", "b"] });
  const anew = await rowsWritten(stub, () => object.complete({}, entry("1"), { counted }));
  const anewCarrying = await rowsWritten(stub, () => object.complete({ report: hits() }, entry("2"), { counted }));
  const refilled = await rowsWritten(stub, () => object.complete({}, entry("1"), { counted }));
  expect({ anew, anewCarrying, refilled }).toEqual({ anew: 15, anewCarrying: 17, refilled: 7 });
});

it("a purge is few rows, whatever it hits", async () => {
  const { object, stub } = await setUp();
  await purge(object, { tags: ["warm"] });
  const few = await rowsWritten(stub, () => purge(object, { tags: ["a"] }));
  const all = await rowsWritten(stub, () => purge(object, { everything: true, cache: "pages" }));
  expect({ few, all }).toEqual({ few: 6, all: 6 });
});
