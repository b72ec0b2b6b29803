import { runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TagIndex } from "../../objects/tag-index.ts";
import type { Purgeable } from "../../src/log/anchors.ts";
import { freshObject, report } from "../support/namespace-object.ts";
import { hits, purgeable, selector } from "../support/selectors.ts";

const ASOF = { epoch: "0123456789abcdef", seq: 7 };

const step = fc.oneof(
  {
    arbitrary: fc.record({ type: fc.constant("put" as const), entry: purgeable, lifetimeSeconds: fc.nat({ max: 9 }) }),
    weight: 6,
  },
  { arbitrary: fc.record({ type: fc.constant("expire" as const), limit: fc.integer({ min: 1, max: 4 }) }), weight: 1 },
  { arbitrary: fc.record({ type: fc.constant("remove" as const), selector }), weight: 1 },
  { arbitrary: fc.record({ type: fc.constant("wait" as const), seconds: fc.nat({ max: 3 }) }), weight: 2 },
);

interface Kept {
  readonly entry: Purgeable;
  readonly expiresAtMs: number;
}

/** What each tag of each cache is on, by the rows that say so, and by the count that is kept. */
function countsIn(sql: SqlStorage) {
  return sql
    .exec(
      `SELECT tag, cache, entries, (SELECT COUNT(*) FROM entry_tags JOIN entries ON entries.id = entry_id
         WHERE tag_id = tags.id AND entries.cache = tags.cache) AS carried FROM tags ORDER BY tag, cache`,
    )
    .toArray();
}

function plainCounts(kept: Iterable<Kept>) {
  const counts = new Map<string, { tag: string; cache: string; entries: number; carried: number }>();
  for (const { entry } of kept) {
    for (const tag of entry.tags) {
      const at = `${tag} ${entry.cache}`;
      const carried = (counts.get(at)?.carried ?? 0) + 1;
      counts.set(at, { tag, cache: entry.cache, entries: carried, carried });
    }
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count);
}

test("what is kept of each tag is how many entries carry it, whatever is put, expires and is removed", async () => {
  const { stub } = freshObject();
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), fc.array(selector, { maxLength: 4 }), (steps, selectors) => {
        for (const table of ["entries", "tags", "entry_tags"]) sql.exec(`DELETE FROM ${table}`);
        const index = new TagIndex(sql);
        const kept = new Map<string, Kept>();
        let nowMs = 1_800_000_000_000;
        for (const each of steps) {
          if (each.type === "put") {
            const { entry, lifetimeSeconds } = each;
            index.put({ ...report(ASOF), ...entry, tags: [...entry.tags], lifetimeSeconds }, nowMs);
            kept.set(entry.key, { entry, expiresAtMs: nowMs + lifetimeSeconds * 1000 });
          } else if (each.type === "expire") {
            const due = [...kept.values()].filter(({ expiresAtMs }) => expiresAtMs <= nowMs);
            // Of those that end together any may go first, so that all are let go.
            let removed = 0;
            for (let some = each.limit; some === each.limit; removed += some) {
              some = index.removeExpired(nowMs, each.limit);
            }
            expect(removed).toBe(due.length);
            for (const { entry } of due) kept.delete(entry.key);
          } else if (each.type === "remove") {
            const found = [...index.matching(each.selector, nowMs)];
            index.remove(found.map(({ id }) => id));
            for (const { key } of found) kept.delete(key);
          } else {
            nowMs += each.seconds * 1000;
          }
          expect(countsIn(sql)).toEqual(plainCounts(kept.values()));
        }
        for (const each of selectors) {
          const alive = [...kept.values()].filter(({ expiresAtMs }) => expiresAtMs > nowMs);
          const plain = alive.filter(({ entry }) => hits(each, entry)).map(({ entry }) => entry);
          const found = [...index.matching(each, nowMs)].map(({ id: _id, asOfSeq, tags, ...entry }) => {
            expect(asOfSeq).toBe(ASOF.seq);
            return { ...entry, tags: [...tags].sort() };
          });
          const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);
          expect(found.sort(byKey)).toEqual(
            plain.map((entry) => ({ ...entry, tags: [...entry.tags].sort() })).sort(byKey),
          );
          expect(index.estimate(each)).toBeGreaterThanOrEqual(found.length);
        }
      }),
      { numRuns: 200 },
    );
  });
});
