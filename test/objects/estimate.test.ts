import { runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TagIndex } from "../../objects/tag-index.ts";
import { limits } from "../../schema/limits.ts";
import type { Selector } from "../../schema/purge.ts";
import type { Purgeable } from "../../src/log/anchors.ts";
import { freshObject, report } from "../support/namespace-object.ts";
import { purgeable, selector } from "../support/selectors.ts";

const NOW = 1_800_000_000_000;
const puts = fc.array(fc.record({ entry: purgeable, lifetimeSeconds: fc.constantFrom(0, 60) }), { maxLength: 20 });
/** What tags are on beside what is put: above the limit, other parts of a selector are looked at too. */
const beside = fc.constantFrom(0, 1, limits.countedEntries + 1);

interface Put {
  readonly entry: Purgeable;
  readonly lifetimeSeconds: number;
}

/** An index of these puts alone, each tag of which is on `beside` entries more that carry nothing else. */
function indexOf(sql: SqlStorage, some: readonly Put[], more: number): TagIndex {
  for (const table of ["entries", "tags", "entry_tags"]) sql.exec(`DELETE FROM ${table}`);
  const index = new TagIndex(sql);
  for (const { entry, lifetimeSeconds } of some) {
    index.put({ ...report({ epoch: "", seq: 0 }), ...entry, tags: [...entry.tags], lifetimeSeconds }, NOW);
  }
  sql.exec("UPDATE tags SET entries = entries + ?", more);
  return index;
}

async function inStorage(work: (sql: SqlStorage) => void): Promise<void> {
  await runInDurableObject(freshObject().stub, (_, { storage }) => work(storage.sql));
}

test("an estimate is never too few, whatever was put and however many carry the tags", () =>
  inStorage((sql) => {
    fc.assert(
      fc.property(puts, beside, fc.array(selector, { minLength: 1, maxLength: 6 }), (some, more, selectors) => {
        const index = indexOf(sql, some, more);
        for (const each of selectors) {
          // Also of those that have expired and are in the index yet.
          for (const nowMs of [NOW - 1, NOW]) {
            expect(index.estimate(each)).toBeGreaterThanOrEqual([...index.matching(each, nowMs)].length);
          }
        }
      }),
      { numRuns: 400 },
    );
  }));

test("an estimate of one thing in one cache, or of everything, is what the index holds", () =>
  inStorage((sql) => {
    const one = selector.map(({ url, key, tags, prefix, cache = "pages" as Purgeable["cache"] }): Selector => {
      if (url !== undefined) return { url };
      if (key !== undefined) return { key };
      if (tags?.[0] !== undefined) return { tags: [tags[0]], cache };
      return prefix === undefined ? {} : { prefix };
    });
    fc.assert(
      fc.property(puts, one, (some, each) => {
        const index = indexOf(sql, some, 0);
        expect(index.estimate(each)).toBe([...index.matching(each, NOW - 1)].length);
      }),
      { numRuns: 300 },
    );
  }));

test("an estimate of tags below a prefix is no more than there is below it, however huge the tags", () =>
  inStorage((sql) => {
    const entry = fc.sample(purgeable, { numRuns: 1, seed: 1 })[0];
    if (entry === undefined) throw new Error("no entry");
    const many = limits.countedEntries + 1;
    const tags = ["huge"] as unknown as Purgeable["tags"];
    const index = indexOf(sql, [{ entry: { ...entry, tags }, lifetimeSeconds: 60 }], many);
    expect(index.estimate({ tags })).toBe(many + 1);
    expect(index.estimate({ tags, prefix: entry.url })).toBe(1);
    expect(index.estimate({ allOf: tags, prefix: "https://nobody." })).toBe(0);
    expect(index.estimate({ tags, allOf: ["nothing"] as unknown as Purgeable["tags"] })).toBe(0);
  }));
