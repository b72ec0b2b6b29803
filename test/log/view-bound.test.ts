import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../schema/limits.ts";
import type { CacheName, Tag } from "../../schema/names.ts";
import type { PurgeRecord } from "../../schema/purge.ts";
import type { Purgeable } from "../../src/log/anchors.ts";
import { logState } from "../../src/log/verdict.ts";
import { advance, type View } from "../../src/log/view.ts";
import { encodeRecords, plainState } from "../support/selectors.ts";

const EPOCH = "0123456789abcdef";

/** The tag that stands last in the record of that number. */
const lastTag = (seq: number) => `last:${seq}` as Tag;

/** A purge of so many tags that no other record names. */
function purgeOf(seq: number, tags: number): PurgeRecord {
  const others = Array.from({ length: tags - 1 }, (_, at) => `${seq}:${at}` as Tag);
  return { seq, mode: "hard", selectors: [{ tags: [...others, lastTag(seq)] }] };
}

function carrying(tag: Tag): Purgeable {
  const url = "https://a.example/" as Purgeable["url"];
  return { key: `${url}?larder` as Purgeable["key"], url, cache: "pages" as CacheName, tags: [tag], permanent: false };
}

/** The view after it was told what it lacks of the log, or the whole. */
function told(view: View | undefined, log: readonly PurgeRecord[], how: "the rest" | "the whole", most: number) {
  const head = log.at(-1)?.seq ?? 0;
  const from = how === "the rest" ? (view?.head ?? 0) : 0;
  const records = encodeRecords(log.filter(({ seq }) => seq > from));
  const whole = how === "the whole" || view === undefined;
  return advance(view, { epoch: EPOCH, head, from, whole, records }, most);
}

function expectSound(view: View, log: readonly PurgeRecord[], asOfs: readonly number[]): void {
  const known = log.filter(({ seq }) => seq <= view.head);
  for (const { seq: named } of known) {
    const entry = carrying(lastTag(named));
    for (const seq of asOfs) {
      const { state } = logState({ ...entry, asOf: { epoch: EPOCH, seq } }, view);
      if (state === "unknown") expect(seq).toBeLessThan(view.floor);
      else expect(state).toBe(plainState(known, entry, seq));
    }
  }
}

describe("a view of purges that name many things each", () => {
  test("takes up no more than its bound, however many tags a record has, and passes nothing that was purged", () => {
    let view: View | undefined;
    const log: PurgeRecord[] = [];
    for (let seq = 1; seq <= 40; seq += 1) {
      log.push(purgeOf(seq, limits.tagsPerEntry));
      view = told(view, log, "the rest", limits.viewRecords);
      expect(view?.index.size).toBeLessThanOrEqual(limits.viewRecords * 1.25);
    }
    if (view === undefined) throw new Error("no view");
    expect(view.floor).toBeGreaterThan(0);
    // It keeps as much as it may: ten records of a thousand at least.
    expect(view.index.size).toBeGreaterThanOrEqual(limits.viewRecords);
    expectSound(view, log, [0, 1, view.floor - 1, view.floor, 39, 40]);
  });

  test("that come all at once is bounded too", () => {
    const log = Array.from({ length: 40 }, (_, at) => purgeOf(at + 1, limits.tagsPerEntry));
    const view = told(undefined, log, "the whole", limits.viewRecords);
    if (view === undefined) throw new Error("no view");
    expect(view).toMatchObject({ head: 40, floor: 30, index: { size: limits.viewRecords } });
    expectSound(view, log, [0, 29, 30, 39, 40]);
  });

  test("of which one alone is more than it holds knows nothing from before it, and what comes after", () => {
    const log = [purgeOf(1, 10), purgeOf(2, 1000)];
    const view = told(told(undefined, log.slice(0, 1), "the rest", 100), log, "the rest", 100);
    if (view === undefined) throw new Error("no view");
    expect(view).toMatchObject({ head: 2, floor: 2, index: { size: 0 } });
    expectSound(view, log, [0, 1, 2]);
  });

  test("never passes what the whole log purges, whatever the sizes and however it is told", () => {
    const step = fc.oneof(
      {
        arbitrary: fc.record({
          type: fc.constant("purge" as const),
          tags: fc.constantFrom(1, 7, 90, 1000),
          how: fc.constantFrom("the rest" as const, "the whole" as const, "later" as const),
        }),
        weight: 5,
      },
      { arbitrary: fc.record({ type: fc.constant("revoke" as const), back: fc.nat({ max: 5 }) }), weight: 1 },
    );
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 14 }),
        fc.constantFrom(1, 100, 1000, 2500),
        (steps, most) => {
          let view: View | undefined;
          const log: PurgeRecord[] = [];
          for (const [at, each] of steps.entries()) {
            const seq = at + 1;
            log.push(each.type === "purge" ? purgeOf(seq, each.tags) : { seq, revokes: seq - 1 - each.back });
            if (each.type === "purge" && each.how === "later") continue;
            view = told(view, log, each.type === "purge" && each.how === "the whole" ? "the whole" : "the rest", most);
            expect(view?.head).toBe(seq);
            expect(view?.index.size).toBeLessThanOrEqual(most * 1.25);
            const asOfs = Array.from({ length: seq + 1 }, (_, asOf) => asOf);
            if (view !== undefined) expectSound(view, log, asOfs);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
