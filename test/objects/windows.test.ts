import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PurgeLog } from "../../objects/purge-log.ts";
import { limits } from "../../schema/limits.ts";
import type { PurgeRecord, Selector } from "../../schema/purge.ts";
import { decodeRecords, encodePurge } from "../../schema/records.ts";
import { logState } from "../../src/log/verdict.ts";
import { advance, type View } from "../../src/log/view.ts";
import { decoded, freshObject, pointOf, toJudge } from "../support/namespace-object.ts";
import { history, purgeable } from "../support/selectors.ts";

const DETAILS = { by: "a test", atMs: 0, reason: undefined, count: 0, approximate: false };

/** Runs `work` with the storage of a fresh object. */
async function inStorage(work: (sql: SqlStorage) => void): Promise<void> {
  const { stub } = freshObject();
  await runInDurableObject(stub, (_, { storage }) => work(storage.sql));
}

function write(log: PurgeLog, record: PurgeRecord, kind: "automatic" | "asked for"): void {
  if ("revokes" in record) log.publish(log.appendRevocation(record.revokes, DETAILS));
  else if (kind === "automatic") log.publish(log.appendAutomatic(record.selectors, DETAILS));
  else log.publish(log.append(record.mode, record.selectors, DETAILS));
}

function writeTags(log: PurgeLog, many: number): void {
  for (let at = 1; at <= many; at += 1) {
    write(log, { seq: at, mode: "hard", selectors: [{ tags: [`t${at}`] } as unknown as Selector] }, "asked for");
  }
}

describe("a window of the log", () => {
  test("has its newest records, whole where they are not all that was asked for", () =>
    inStorage((sql) => {
      const log = new PurgeLog(sql, 3);
      const { epoch } = log.view;
      const asked = (seq: number | null | undefined) => {
        const slice = log.slice(typeof seq === "number" ? { epoch, seq } : seq);
        return { from: slice.from, whole: slice.whole, seqs: decodeRecords(slice.records).map((record) => record.seq) };
      };
      expect(asked(null)).toEqual({ from: 0, whole: true, seqs: [] });
      writeTags(log, 3);
      expect(asked(null)).toEqual({ from: 0, whole: true, seqs: [1, 2, 3] });
      expect(asked(0)).toEqual({ from: 0, whole: false, seqs: [1, 2, 3] });
      writeTags(log, 2);
      expect(asked(null)).toEqual({ from: 2, whole: true, seqs: [3, 4, 5] });
      expect(asked(0)).toEqual({ from: 2, whole: true, seqs: [3, 4, 5] });
      expect(asked(1)).toEqual({ from: 2, whole: true, seqs: [3, 4, 5] });
      expect(asked(2)).toEqual({ from: 2, whole: false, seqs: [3, 4, 5] });
      expect(asked(4)).toEqual({ from: 4, whole: false, seqs: [5] });
      expect(asked(5)).toEqual({ from: 5, whole: false, seqs: [] });
      expect(asked(6)).toEqual({ from: 2, whole: true, seqs: [3, 4, 5] });
      expect(asked(undefined)).toEqual({ from: 5, whole: false, seqs: [] });
    }));

  test("counts what is there, not numbers that were replaced", () =>
    inStorage((sql) => {
      const log = new PurgeLog(sql, 2);
      for (const url of ["a", "b", "a", "b", "a"]) {
        write(log, { seq: 0, mode: "hard", selectors: [{ url } as Selector] }, "automatic");
      }
      const { epoch } = log.view;
      const newest = [4, 5].map((seq) => ({ seq }));
      expect(decoded(log.slice(null))).toMatchObject({ head: 5, from: 0, whole: true, records: newest });
      expect(decoded(log.slice({ epoch, seq: 1 }))).toMatchObject({ head: 5, from: 1, whole: false, records: newest });
      writeTags(log, 1);
      expect(log.slice({ epoch, seq: 1 })).toMatchObject({ head: 6, from: 4, whole: true });
      expect(log.slice({ epoch, seq: 4 })).toMatchObject({ head: 6, from: 4, whole: false });
    }));

  test("holds 8 Mi characters at most, however few records those are", () =>
    inStorage((sql) => {
      const log = new PurgeLog(sql);
      const selectors = [{ prefix: "p".repeat(250_000) }];
      for (let at = 1; at <= 40; at += 1) write(log, { seq: at, mode: "hard", selectors }, "asked for");
      const { from, whole, records } = decoded(log.slice(null));
      const held = Math.floor(limits.viewCharacters / encodePurge(10, JSON.stringify(selectors), "hard").length);
      expect({ from, whole, held: records.length }).toEqual({ from: 40 - held, whole: true, held });
      expect(decoded(log.slice({ epoch: log.view.epoch, seq: 38 })).records).toHaveLength(2);
    }));

  test("of ten thousand records is what the object sends, and it judges what is older by all of them", async () => {
    const { object, stub } = freshObject();
    const { epoch } = await pointOf(object);
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec(
        `WITH RECURSIVE n (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n WHERE at < 10005)
         INSERT INTO purges (seq, at_ms, selectors, purged) SELECT at, ?, '[{"tags":["t' || at || '"]}]', 0 FROM n`,
        Date.now(),
      );
    });
    await evictDurableObject(stub);
    const { log } = await object.sync({ since: { epoch, seq: 4 } });
    expect({ ...log, records: decodeRecords(log.records).length }).toEqual({
      epoch,
      head: 10_005,
      from: 5,
      whole: true,
      records: 10_000,
    });
    expect((await object.sync({ since: { epoch, seq: 5 } })).log).toMatchObject({ from: 5, whole: false });
    const view = advance(undefined, log);
    const verdicts = async (tag: string, seq: number) => {
      const entry = toJudge({ epoch, seq }, { tags: [tag] });
      const here = view && logState(entry, view).state;
      return [here, (await object.judge({}, entry)).verdict];
    };
    expect(await verdicts("t5", 4)).toEqual(["unknown", "purged"]);
    expect(await verdicts("t4", 4)).toEqual(["unknown", "in-force"]);
    expect(await verdicts("t6", 4)).toEqual(["purged", "purged"]);
    expect(await verdicts("t5", 5)).toEqual(["in-force", "in-force"]);
  });
});

describe("callers of a log with a small window", () => {
  /** Views that are brought up to date now and then, by the log and windows of a few records. */
  const program = fc.record({
    written: history,
    windows: fc.record({ object: fc.integer({ min: 1, max: 5 }), view: fc.integer({ min: 1, max: 5 }) }),
    syncs: fc.array(fc.nat({ max: 3 }), { minLength: 14, maxLength: 14 }),
    entries: fc.array(fc.record({ entry: purgeable, asOf: fc.nat({ max: 14 }) }), { minLength: 1, maxLength: 5 }),
  });

  test("judge nothing otherwise than the whole log, and admit what they cannot judge", () =>
    inStorage((sql) => {
      fc.assert(
        fc.property(program, ({ written, windows, syncs, entries }) => {
          sql.exec("DELETE FROM purges");
          const log = new PurgeLog(sql, windows.object);
          const { epoch } = log.view;
          const views = new Map<number, View>();
          for (const [at, { record, automatic }] of written.entries()) {
            write(log, record, automatic ? "automatic" : "asked for");
            const caller = syncs[at] ?? 0;
            const slice = log.slice(views.get(caller)?.point ?? null);
            expect(decodeRecords(slice.records).length).toBeLessThanOrEqual(windows.object);
            const view = advance(views.get(caller), slice, windows.view);
            if (view === undefined) throw new Error("no view");
            views.set(caller, view);
            expect(view.point).toEqual(log.view.point);
            for (const { entry, asOf: seq } of entries) {
              const aged = { ...entry, asOf: { epoch, seq } };
              const judged = logState(aged, view);
              if (judged.state === "unknown") expect(seq).toBeLessThan(view.floor);
              else expect(judged).toEqual(logState(aged, log.view));
            }
          }
        }),
        { numRuns: 150 },
      );
    }));
});
