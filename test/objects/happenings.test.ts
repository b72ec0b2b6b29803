import { evictDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { PurgeEntry, PurgeRecord } from "../../schema/purge.ts";
import type { Purgeable } from "../../src/log/anchors.ts";
import { freshObject, logOf, pointOf, purge, report, statsOf } from "../support/namespace-object.ts";
import { inForce, mode, plainState, purgeable, purges, requestFor, selectors } from "../support/selectors.ts";

const put = fc.record({ type: fc.constant("put" as const), entry: purgeable, lag: fc.nat({ max: 3 }) });
const purging = fc.record({ type: fc.constant("purge" as const), mode, selectors });
const revocation = fc.record({ type: fc.constant("revoke" as const), back: fc.nat({ max: 3 }) });
const eviction = fc.record({ type: fc.constant("evict" as const) });

const happenings = fc.array(
  fc.oneof(
    { arbitrary: put, weight: 7 },
    { arbitrary: purging, weight: 4 },
    { arbitrary: revocation, weight: 2 },
    { arbitrary: eviction, weight: 1 },
  ),
  { maxLength: 18 },
);

const worth = { "in-force": 2, "soft-purged": 1, purged: 0 };

/** A namespace as plainly as can be: everything that was written, and everything that is stored. */
class Model {
  readonly log: PurgeRecord[] = [];
  readonly kept = new Map<string, { readonly entry: Purgeable; readonly asOf: number }>();

  get head(): number {
    return this.log.length;
  }

  put(entry: Purgeable, asOf: number): "stored" | "purged-during-fill" {
    if (plainState(this.log, entry, asOf) === "purged") return "purged-during-fill";
    this.kept.set(entry.key, { entry, asOf });
    return "stored";
  }

  /** Entries that the record makes worse off. */
  purge({ mode: how, selectors: some }: Omit<PurgeEntry, "seq">): number {
    const before = this.#worths();
    const record = { seq: this.head + 1, mode: how, selectors: some };
    this.log.push(record);
    const after = this.#worths();
    if (how === "erase") {
      for (const [key, { entry }] of this.kept) if (purges(record, entry)) this.kept.delete(key);
    }
    return before.filter((each, at) => each > (after[at] ?? 0)).length;
  }

  /** Entries that are better off without the purge. */
  revoke(seq: number): number {
    const before = this.#worths();
    this.log.push({ seq: this.head + 1, revokes: seq });
    return this.#worths().filter((each, at) => each > (before[at] ?? 0)).length;
  }

  #worths(): number[] {
    return [...this.kept.values()].map(({ entry, asOf }) => worth[plainState(this.log, entry, asOf)]);
  }
}

test("counts, refuses, brings back and removes exactly what a list of everything that happened says", async () => {
  await fc.assert(
    fc.asyncProperty(happenings, async (list) => {
      const { object, stub } = freshObject();
      const { epoch } = await pointOf(object);
      const model = new Model();
      for (const each of list) {
        if (each.type === "evict") {
          await object.sync({});
          await evictDurableObject(stub);
        } else if (each.type === "put") {
          const seq = Math.max(0, model.head - each.lag);
          const entry = { ...report({ epoch, seq }), ...each.entry, tags: [...each.entry.tags] };
          expect(await object.complete({}, entry)).toMatchObject({ outcome: model.put(each.entry, seq) });
        } else if (each.type === "purge") {
          const purged = model.purge(each);
          expect(await purge(object, requestFor(each.selectors, each.mode))).toMatchObject({ purged });
        } else {
          const revocable = inForce(model.log).filter((record) => record.mode !== "erase");
          const seq = revocable.at(-1 - each.back)?.seq;
          if (seq === undefined) continue;
          const restored = model.revoke(seq);
          expect(await object.revoke({}, seq, "a test")).toMatchObject({ restored });
        }
      }
      expect((await logOf(object)).records).toEqual(model.log);
      expect(await statsOf(object)).toMatchObject({ entries: model.kept.size });
      for (const { entry, asOf } of model.kept.values()) {
        const { verdict } = await object.judge({}, { ...entry, tags: [...entry.tags], asOf: { epoch, seq: asOf } });
        expect(verdict).toBe(plainState(model.log, entry, asOf));
      }
    }),
    { numRuns: 80 },
  );
}, 30_000);
