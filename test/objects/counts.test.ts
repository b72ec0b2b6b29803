import { runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import { limits } from "../../schema/limits.ts";
import type { PurgeRequest } from "../../schema/purge-request.ts";
import { fill, fillByRows, freshObject, pointOf, purge, report, statsOf } from "../support/namespace-object.ts";
import { refusalOf } from "../support/refusal.ts";

const MOST = limits.countedEntries;
const ERASED = limits.erasedEntries;

/** A namespace with so many entries tagged `huge`, three of which are tagged `small` too, in the cache `pages`. */
async function hugeObject(entries: number) {
  const made = freshObject();
  await fill(
    made.object,
    [1, 2, 3].map((at) => ({ url: `https://a.example/small/${at}`, tags: ["huge", "small"] })),
  );
  await fillByRows(made.stub, { many: entries - 3, tag: "huge" });
  return made;
}

describe("the count of a purge", () => {
  test("is exact up to a thousand entries", async () => {
    const { object } = await hugeObject(MOST);
    expect(await statsOf(object)).toMatchObject({ entries: MOST });
    const softly = await purge(object, { tags: ["huge"], soft: true });
    expect(softly.purged).toBe(MOST);
    expect(softly).not.toHaveProperty("approximate");
    expect(await purge(object, { tags: ["small"] })).toMatchObject({ purged: 3 });
    const rest = await purge(object, { tags: ["huge"] });
    expect(rest.purged).toBe(MOST - 3);
    expect(rest).not.toHaveProperty("approximate");
    const { restored, ...back } = await object.revoke({}, 3, "a test");
    expect(restored).toBe(MOST - 3);
    expect(back).not.toHaveProperty("approximate");
  });

  test("of more is what the index holds, and says so, in the reply and in the history", async () => {
    const { object } = await hugeObject(MOST + 1);
    const requests: PurgeRequest[] = [
      { tags: ["huge"] },
      { everything: true },
      { everything: true, cache: "pages" },
      { prefix: "https://a.example/" },
      { tags: ["huge"], soft: true },
      { any: [{ tags: ["huge"] }, { tags: ["nothing"] }] },
    ];
    for (const request of requests) {
      expect(await purge(object, request)).toMatchObject({ purged: MOST + 1, approximate: true });
    }
    const { purges } = await object.history({}, {});
    expect(purges.map(({ purged, approximate }) => ({ purged, approximate }))).toEqual(
      requests.map(() => ({ purged: MOST + 1, approximate: true })),
    );
    expect(await object.revoke({}, 1, "a test")).toMatchObject({ restored: MOST + 1, approximate: true });
  });

  test("of few among many is exact", async () => {
    const { object } = await hugeObject(MOST + 1);
    const requests: PurgeRequest[] = [
      { tags: ["small"] },
      { allOf: ["huge", "small"] },
      { prefix: "https://a.example/small" },
      { url: "https://a.example/small/1" },
    ];
    for (const request of requests) {
      const tried = await object.purge({}, { ...request, dryRun: true }, "a test");
      expect(tried.purged).toBe("url" in request ? 1 : 3);
      expect(tried).not.toHaveProperty("approximate");
    }
  });

  test("that is not exact is that of the dry run and of the guard too", async () => {
    const { object } = await hugeObject(MOST + 1);
    const before = await pointOf(object);
    expect(await object.purge({}, { tags: ["huge"], dryRun: true }, "a test")).toMatchObject({
      purged: MOST + 1,
      approximate: true,
      share: 1,
    });
    expect(await refusalOf(purge(object, { tags: ["huge"], maxEntries: MOST }))).toEqual({
      code: "too-many-entries",
      field: "maxEntries",
      limit: MOST,
      message: `maxEntries: the purge would hit ${MOST + 1} entries, and at most ${MOST} are allowed; narrow it, or raise maxEntries`,
    });
    expect(await pointOf(object)).toEqual(before);
    expect(await purge(object, { tags: ["huge"], maxEntries: MOST + 1 })).toMatchObject({ purged: MOST + 1 });
  });

  test("in one cache is exact, however many another has of the same tag", async () => {
    const { object, stub } = await hugeObject(MOST + 1);
    await fill(
      object,
      [1, 2].map((at) => ({ url: `https://a.example/${at}`, tags: ["huge"], cache: "api" })),
    );
    const requests: PurgeRequest[] = [
      { tags: ["huge"], cache: "api" },
      { allOf: ["huge"], cache: "api" },
      { any: [{ tags: ["huge"] }], cache: "api" },
      { any: [{ tags: ["huge"], cache: "api" }] },
    ];
    for (const request of requests) {
      const tried = await object.purge({}, { ...request, dryRun: true }, "a test");
      expect(tried).toMatchObject({ purged: 2 });
      expect(tried).not.toHaveProperty("approximate");
    }
    expect(await purge(object, { tags: ["huge"], cache: "api", maxEntries: 2 })).toMatchObject({ purged: 2 });
    expect(await purge(object, { tags: ["huge"] })).toMatchObject({ purged: MOST + 3, approximate: true });
    await fillByRows(stub, { many: MOST, tag: "huge", cache: "api" });
    const both = await purge(object, { tags: ["huge"], cache: "api" });
    expect(both).toMatchObject({ purged: MOST + 2, approximate: true });
  });

  test("of all of several tags is nothing where one of them is on nothing, or only on another cache", async () => {
    const { object } = await hugeObject(MOST + 1);
    await fill(object, [{ url: "https://a.example/elsewhere", tags: ["elsewhere"], cache: "api" }]);
    for (const allOf of [
      ["huge", "nothing"],
      ["nothing", "huge"],
      ["huge", "elsewhere"],
    ]) {
      for (const request of [{ allOf }, { allOf, cache: "pages" }, { allOf, tags: ["huge"] }]) {
        const result = await purge(object, { ...request, maxEntries: 0 });
        expect(result).toMatchObject({ purged: 0 });
        expect(result).not.toHaveProperty("approximate");
      }
    }
  });

  test("keeps what is erased exact far beyond, and more than that is refused", async () => {
    const { object, stub } = await hugeObject(ERASED);
    await fillByRows(stub, { many: 1, tag: "huge", path: "one-more" });
    const before = { point: await pointOf(object), stats: await statsOf(object) };
    expect(await refusalOf(purge(object, { tags: ["huge"], erase: true }))).toEqual({
      code: "too-many-entries",
      field: "erase",
      limit: ERASED,
      message: `erase: one purge removes at most ${ERASED} entries, and this one names more; narrow it, and make several`,
    });
    expect({ point: await pointOf(object), stats: await statsOf(object) }).toEqual(before);
    const { erased } = await purge(object, { allOf: ["small", "huge"], erase: true });
    expect([...(erased ?? [])].sort()).toEqual(
      [1, 2, 3].map((at) => report({ epoch: "", seq: 0 }, { url: `https://a.example/small/${at}` }).key),
    );
    await fillByRows(stub, { many: 2, tag: "huge", path: "two-more" });
    const rest = await purge(object, { tags: ["huge"], erase: true });
    expect(rest).toMatchObject({ purged: ERASED });
    expect(new Set(rest.erased).size).toBe(ERASED);
    expect(await statsOf(object)).toMatchObject({ entries: 0 });
    const rows = (table: string) =>
      runInDurableObject(stub, (_, { storage: { sql } }) => sql.exec(`SELECT * FROM ${table}`).toArray().length);
    expect([await rows("tags"), await rows("entry_tags")]).toEqual([0, 0]);
  });
});
