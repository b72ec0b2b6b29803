import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, test } from "vitest";
import { PurgeLog } from "../../objects/purge-log.ts";
import { writeMeta } from "../../objects/storage.ts";
import type { EntryToJudge } from "../../schema/entry.ts";
import type { LogPoint } from "../../schema/version.ts";
import type { Purgeable } from "../../src/log/anchors.ts";
import { decoded, freshObject, pointOf, purge, report } from "../support/namespace-object.ts";
import { mode, plainState, purgeable, requestFor, selectors, wholeLog } from "../support/selectors.ts";

function entryOf(asOf: LogPoint, some: Partial<Purgeable> = {}): EntryToJudge {
  const entry = { key: "k", url: "https://a.example/", cache: "pages", tags: ["a"], permanent: false };
  return { ...entry, ...some, asOf } as EntryToJudge;
}

async function judged(object: ReturnType<typeof freshObject>["object"], entry: EntryToJudge) {
  return (await object.judge({}, entry)).verdict;
}

test("an entry of any age is judged as the whole log says", async () => {
  const steps = fc.array(fc.record({ mode, selectors }), { maxLength: 8 });
  const entries = fc.array(purgeable, { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(steps, entries, async (list, some) => {
      const { object } = freshObject();
      const { epoch } = await pointOf(object);
      for (const each of list) await purge(object, requestFor(each.selectors, each.mode));
      const records = list.map((each, at) => ({ seq: at + 1, ...each }));
      for (const entry of some) {
        const asOfs = Array.from({ length: list.length + 1 }, (_, seq) => seq);
        const verdicts = await Promise.all(asOfs.map((seq) => judged(object, entryOf({ epoch, seq }, entry))));
        expect(verdicts).toEqual(asOfs.map((seq) => plainState(records, entry, seq)));
      }
    }),
    { numRuns: 40 },
  );
});

test("an entry from before the log began is purged, for nothing so old can be in force", async () => {
  const { object, stub } = freshObject();
  const { epoch } = await pointOf(object);
  for (const tag of ["x", "y", "z"]) await purge(object, { tags: [tag] });
  await runInDurableObject(stub, (instance, { storage }) => {
    storage.sql.exec("UPDATE purges SET at_ms = 0 WHERE seq <= 2");
    return instance.alarm();
  });
  expect((await object.sync({ since: null })).log).toMatchObject({ from: 2, head: 3 });
  const verdicts = [0, 1, 2, 3].map((seq) => judged(object, entryOf({ epoch, seq })));
  expect(await Promise.all(verdicts)).toEqual(["purged", "purged", "in-force", "in-force"]);
});

test("an entry of another epoch is purged", async () => {
  const { object } = freshObject();
  expect(await judged(object, entryOf({ epoch: "fedcba9876543210", seq: 0 }))).toBe("purged");
});

test("an entry from above the head of the log is purged: nobody was ever told that version", async () => {
  const { object, stub } = freshObject();
  const { epoch } = await pointOf(object);
  await purge(object, { tags: ["x"] });
  const future = { epoch, seq: 2 };
  expect(await judged(object, entryOf({ epoch, seq: 1 }))).toBe("in-force");
  expect(await judged(object, entryOf(future))).toBe("purged");
  expect(await object.complete({}, report(future))).toMatchObject({ outcome: "purged-during-fill" });
  // The purge to come is the one it would have outlived.
  await purge(object, { everything: true });
  await evictDurableObject(stub);
  expect(await judged(object, entryOf({ epoch, seq: 3 }))).toBe("purged");
});

test("the judgement brings the log its caller lacks", async () => {
  const { object } = freshObject();
  const before = await pointOf(object);
  await purge(object, { tags: ["a"], soft: true });
  const { verdict, log } = await object.judge({ since: before }, entryOf(before));
  expect(verdict).toBe("soft-purged");
  expect(decoded(log)).toEqual({
    epoch: before.epoch,
    head: 1,
    from: 0,
    whole: false,
    records: [{ seq: 1, mode: "soft", selectors: [{ tags: ["a"] }] }],
  });
});

test("the log read back from its rows judges as the one that wrote them", async () => {
  const { stub } = freshObject();
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    fc.assert(
      fc.property(wholeLog, purgeable, fc.nat({ max: 14 }), (records, entry, floor) => {
        sql.exec("DELETE FROM purges");
        writeMeta(sql, "floor", "0");
        const log = new PurgeLog(sql);
        const details = { by: "a test", atMs: 0, reason: undefined, count: 0, approximate: false };
        for (const record of records) {
          const written =
            "revokes" in record
              ? log.appendRevocation(record.revokes, details)
              : log.append(record.mode, record.selectors, details);
          log.publish(written);
        }
        const indexes = [log.view.index, new PurgeLog(sql).view.index];
        const [written, read] = indexes.map((index) => [index.newestHard(entry), index.newestSoft(entry)]);
        expect(read).toEqual(written);
        // Below the floor nothing is read back, and above it everything.
        writeMeta(sql, "floor", String(floor));
        const { view } = new PurgeLog(sql);
        expect(view.floor).toBe(floor);
        for (const [at, newest] of [view.index.newestHard(entry), view.index.newestSoft(entry)].entries()) {
          const whole = written?.[at] ?? 0;
          expect(newest).toBe(whole > floor ? whole : 0);
        }
      }),
      { numRuns: 100 },
    );
  });
});
