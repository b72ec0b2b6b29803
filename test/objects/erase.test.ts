import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { decodeRecords } from "../../schema/records.ts";
import { fill, freshObject, pointOf, purge, report, type Sketch, statsOf } from "../support/namespace-object.ts";

const page = (at: number | string, sketch: Sketch = {}): Sketch => ({ url: `https://a.example/${at}`, ...sketch });
const keyOf = (sketch: Sketch) => report({ epoch: "", seq: 0 }, sketch).key;

const shop = [
  page(1, { tags: ["a", "b"] }),
  page(2, { tags: ["a"], permanent: true }),
  page(3, { tags: ["b"] }),
  page(1, { tags: ["a"], cache: "api" }),
];

function tagsIn(stub: ReturnType<typeof freshObject>["stub"]) {
  return runInDurableObject(stub, (_, { storage }) =>
    storage.sql.exec("SELECT tag, entries FROM tags ORDER BY tag").toArray(),
  );
}

describe("an erasing purge", () => {
  test("removes what it hits from the index, what is permanent too, and names the keys", async () => {
    const { object, stub } = freshObject();
    await fill(object, shop);
    const { erased, purged } = await purge(object, { tags: ["a"], erase: true });
    expect(purged).toBe(3);
    expect([...(erased ?? [])].sort()).toEqual([shop[0], shop[1], shop[3]].map((each) => keyOf(each ?? {})).sort());
    expect(await statsOf(object)).toMatchObject({ entries: 1, bytes: 100 });
    expect(await tagsIn(stub)).toEqual([{ tag: "b", entries: 1 }]);
  });

  test("removes what was purged before too, though it does not count it", async () => {
    const { object } = freshObject();
    await fill(object, shop);
    await purge(object, { tags: ["b"] });
    const { purged, erased } = await purge(object, { any: [{ tags: ["b"] }, { tags: ["a", "b"] }], erase: true });
    expect({ purged, erased: erased?.length }).toEqual({ purged: 2, erased: 4 });
    expect(await statsOf(object)).toMatchObject({ entries: 0 });
    expect(await purge(object, { everything: true, erase: true })).toMatchObject({ purged: 0, erased: [] });
  });

  test("in one cache leaves the others alone", async () => {
    const { object } = freshObject();
    await fill(object, shop);
    const { erased } = await purge(object, { tags: ["a"], cache: "api", erase: true });
    expect(erased).toEqual([keyOf(shop[3] ?? {})]);
    expect(await statsOf(object)).toMatchObject({ entries: 3 });
  });

  test("is in the log, and keeps out fills that were under way, permanent ones too", async () => {
    const { object } = freshObject();
    const before = await pointOf(object);
    await purge(object, { tags: ["a"], erase: true });
    const { outcome, log } = await object.complete({ since: before }, report(before, shop[1]));
    expect(outcome).toBe("purged-during-fill");
    expect(decodeRecords(log.records)).toEqual([{ seq: 1, mode: "erase", selectors: [{ tags: ["a"] }] }]);
    await fill(object, shop);
    expect(await statsOf(object)).toMatchObject({ entries: 4 });
  });

  test("no other purge names keys", async () => {
    const { object } = freshObject();
    await fill(object, shop);
    expect(await purge(object, { tags: ["a"] })).not.toHaveProperty("erased");
    expect(await purge(object, { tags: ["a"], soft: true })).not.toHaveProperty("erased");
    const tried = await object.purge({}, { everything: true, erase: true, dryRun: true }, "a test");
    expect(tried).not.toHaveProperty("erased");
    expect(await statsOf(object)).toMatchObject({ entries: 4 });
  });
});
