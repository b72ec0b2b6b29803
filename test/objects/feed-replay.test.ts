import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { PurgeHistory } from "../../objects/purge-history.ts";
import { limits } from "../../schema/limits.ts";
import type { CacheName } from "../../schema/names.ts";
import type { Selector } from "../../schema/purge.ts";
import { listened } from "../support/listener.ts";
import { pointOf, purge } from "../support/namespace-object.ts";

type Stub = ReturnType<typeof listened>["stub"];

/** The log as so many purges would leave it, made at once; the object reads it as it starts again. */
async function log(stub: Stub, many: number, selector: Selector = {}): Promise<void> {
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    sql.exec(
      `WITH RECURSIVE n (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n WHERE at < ?)
       INSERT INTO purges (seq, at_ms, selectors, purged, by) SELECT at, 0, ?, 0, 'a test' FROM n`,
      many,
      JSON.stringify([selector]),
    );
  });
  await evictDurableObject(stub);
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, at) => at + 1);
}

describe("a replay", () => {
  it("that a connection does not live to see the end of goes on with the next, and nothing is missing", async () => {
    const { stub, listen } = listened();
    const many = limits.feedEvents + 5;
    await log(stub, many);
    const first = await listen({ since: "0" });
    first.socket.close(1000);
    const { seqs, version } = first;
    const second = await listen({ since: version });
    await second.until((so) => seqs.length + so.seqs.length >= many);
    expect([...seqs, ...second.seqs]).toEqual(upTo(many));
  });

  it("of one cache passes over whatever there is of others", async () => {
    const { object, stub, listen } = listened();
    const many = 2 * limits.feedEvents + 5;
    await log(stub, many, { cache: "pages" as CacheName });
    const listener = await listen({ since: "0", cache: "api", kinds: ["purges"] });
    await purge(object, { everything: true, cache: "api" });
    await listener.until(({ seqs }) => seqs.length === 1);
    const { epoch } = await pointOf(object);
    expect([listener.seqs, listener.version]).toEqual([[many + 1], `${epoch}-${many + 1}`]);
  });

  it("of purges that name very much comes in frames of a size that can be sent", async () => {
    const { object, listen } = listened();
    const prefix = (at: number, of: number) => ({ prefix: `https://a.example/${at}/${of}/${"x".repeat(8_000)}` });
    const many = 12;
    for (let at = 1; at <= many; at += 1) {
      await purge(object, { any: Array.from({ length: 25 }, (_, of) => prefix(at, of)) });
    }
    const listener = await listen({ since: "0" });
    await listener.until(({ seqs }) => seqs.length === many);
    expect(listener.seqs).toEqual(upTo(many));
    expect(Math.max(...listener.sizes)).toBeLessThan(1.5 * limits.feedCharacters);
    expect(Math.max(...listener.sizes)).toBeGreaterThan(0.5 * limits.feedCharacters);
  });
});

describe("what is logged after a number", () => {
  it("is found without reading what came before", async () => {
    const { stub } = listened();
    const many = 5_000;
    await log(stub, many);
    await runInDurableObject(stub, (_, { storage: { sql } }) => {
      let rowsRead = 0;
      const counting = {
        exec: (query: string, ...bindings: SqlStorageValue[]) => {
          const cursor = sql.exec(query, ...bindings);
          const rows = cursor.toArray();
          rowsRead += cursor.rowsRead;
          return rows;
        },
      } as unknown as SqlStorage;
      const most = { events: limits.feedEvents, characters: limits.feedCharacters };
      const history = new PurgeHistory(counting, "0123456789abcdef");
      // A point below the floor, so that it is looked up whether anything has been forgotten.
      const { events } = history.since(many - 3, most, { floor: many, head: many });
      expect(events.map(({ seq }) => seq)).toEqual([many - 2, many - 1, many]);
      expect(rowsRead).toBeLessThan(50);
    });
  });
});
