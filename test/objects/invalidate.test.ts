import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { EntryReport } from "../../schema/entry.ts";
import type { NamespaceRpc } from "../../schema/rpc.ts";
import {
  decoded,
  fill,
  freshObject,
  logOf,
  pointOf,
  purge,
  report,
  type Sketch,
  statsOf,
} from "../support/namespace-object.ts";
import { refusalOf } from "../support/refusal.ts";

const page = (at: number | string, sketch: Sketch = {}): Sketch => ({ url: `https://a.example/${at}`, ...sketch });
const url = (at: number | string) => `https://a.example/${at}`;

function isAccepted(object: NamespaceRpc, entry: EntryReport): Promise<boolean> {
  return object.complete({}, entry).then(({ outcome }) => outcome === "stored");
}

function rowsIn(stub: ReturnType<typeof freshObject>["stub"]): Promise<unknown[]> {
  return runInDurableObject(stub, (_, { storage }) =>
    storage.sql
      .exec("SELECT seq FROM purges ORDER BY seq")
      .toArray()
      .map(({ seq }) => seq),
  );
}

describe("an invalidation", () => {
  test("makes what lies under its URLs and tags invalid, in its cache", async () => {
    const { object } = freshObject();
    const before = await pointOf(object);
    const sketches = [page(1), page(2), page(3, { tags: ["a"] }), page(4, { tags: ["b"] }), page(1, { cache: "api" })];
    await fill(object, sketches);
    const request = { cache: "pages", urls: [url(1), url(2)], tags: ["a", "c"] };
    const { log } = await object.invalidate({ since: before }, request);
    const selectors = [{ url: url(1) }, { url: url(2) }, { tags: ["a", "c"] }];
    expect(decoded(log)).toEqual({
      epoch: before.epoch,
      head: 1,
      from: 0,
      whole: false,
      records: [
        { seq: 1, mode: "hard", automatic: true, selectors: selectors.map((each) => ({ cache: "pages", ...each })) },
      ],
    });
    const accepted = await Promise.all(sketches.map((sketch) => isAccepted(object, report(before, sketch))));
    expect(accepted).toEqual([false, false, false, true, true]);
    expect(await purge(object, { everything: true })).toMatchObject({ purged: 2 });
  });

  test("is counted once, however many URLs and tags it names", async () => {
    const { object } = freshObject();
    await object.invalidate({}, { cache: "pages", urls: [url(1), url(2)], tags: ["a"] });
    await object.invalidate({}, { cache: "api", urls: [url(1)], tags: [] });
    expect(await statsOf(object, "pages")).toMatchObject({ invalidations: 1, purges: 0, deletes: 0 });
    expect(await statsOf(object)).toMatchObject({ invalidations: 2 });
  });

  test("of nothing writes nothing, and yet counts the report, brings the log and checks who asks", async () => {
    const { object, stub } = freshObject();
    const before = await pointOf(object);
    await purge(object, { tags: ["a"] });
    const nothing = { cache: "pages", urls: [], tags: [] };
    const counts = [{ cache: "pages", rule: "", counts: { "hits.fresh": 3 } }];
    const reply = await object.invalidate(
      { since: before, report: { reporter: "0123456789abcdef", batch: 1, counts } },
      nothing,
    );
    expect(decoded(reply.log)).toEqual({
      epoch: before.epoch,
      head: 1,
      from: 0,
      whole: false,
      records: [{ seq: 1, mode: "hard", selectors: [{ tags: ["a"] }] }],
    });
    expect(await statsOf(object, "pages")).toMatchObject({ hits: 3, invalidations: 0 });
    expect(await rowsIn(stub)).toEqual([1]);
    expect(await refusalOf(object.invalidate({ sinse: null } as never, nothing))).toMatchObject({
      code: "invalid-input",
      field: "context.sinse",
    });
  });

  test("is not in the history, and fills no page of it", async () => {
    const { object } = freshObject();
    await purge(object, { tags: ["a"] });
    for (let at = 0; at < 5; at += 1) await object.invalidate({}, { cache: "pages", urls: [url(at)], tags: ["a"] });
    await purge(object, { tags: ["b"] });
    const { purges, before } = await object.history({}, { limit: 2 });
    expect(purges.map(({ seq }) => seq)).toEqual([7, 1]);
    expect(before).toBeUndefined();
    expect((await object.history({}, { before: 7 })).purges.map(({ seq }) => seq)).toEqual([1]);
  });

  test("changes nothing when it is refused, and is refused with the path of what is wrong", async () => {
    const { object, stub } = freshObject();
    const bad: [object, string][] = [
      [{ cache: "pages", urls: [url(1), "/p/1"], tags: [] }, "urls[1]"],
      [{ cache: "pages", urls: [url(1)], tags: ["a", "b c"] }, "tags[1]"],
    ];
    for (const [request, field] of bad) {
      expect(await refusalOf(object.invalidate({}, request as never))).toMatchObject({ code: "invalid-input", field });
    }
    expect(await rowsIn(stub)).toEqual([]);
    expect(await statsOf(object)).toMatchObject({ invalidations: 0 });
  });

  test("takes the place of an earlier one of the same, so that the log does not grow", async () => {
    const { object, stub } = freshObject();
    const before = await pointOf(object);
    for (let at = 0; at < 5; at += 1) {
      await object.invalidate({}, { cache: "pages", urls: [url(1)], tags: ["a"] });
      await object.invalidate({}, { cache: "api", urls: [url(1)], tags: [] });
    }
    expect(await rowsIn(stub)).toEqual([9, 10]);
    expect(await logOf(object)).toMatchObject({ head: 10, from: 0, whole: true });
    for (const seq of [0, 8]) expect(await isAccepted(object, report({ ...before, seq }, page(1)))).toBe(false);
    expect(await isAccepted(object, report({ ...before, seq: 9 }, page(1)))).toBe(true);
    await evictDurableObject(stub);
    expect(await pointOf(object)).toMatchObject({ seq: 10 });
    for (const seq of [0, 8]) expect(await isAccepted(object, report({ ...before, seq }, page(1)))).toBe(false);
  });

  test("never takes the place of a purge of the same, which may be taken back", async () => {
    const { object, stub } = freshObject();
    const before = await pointOf(object);
    await purge(object, { url: url(1), cache: "pages" });
    await object.invalidate({}, { cache: "pages", urls: [url(1)], tags: [] });
    await purge(object, { url: url(1), cache: "pages" });
    await object.invalidate({}, { cache: "pages", urls: [url(1)], tags: [] });
    expect(await rowsIn(stub)).toEqual([1, 3, 4]);
    for (const seq of [1, 3]) await object.revoke({}, seq, "a test");
    expect(await isAccepted(object, report(before, page(1)))).toBe(false);
  });

  test("carries a caller over the numbers it has left", async () => {
    const { object } = freshObject();
    const { epoch } = await pointOf(object);
    for (let at = 0; at < 3; at += 1) await object.invalidate({}, { cache: "pages", urls: [url(1)], tags: [] });
    expect(await logOf(object, { epoch, seq: 1 })).toMatchObject({
      head: 3,
      from: 1,
      whole: false,
      records: [{ seq: 3 }],
    });
    expect(await logOf(object, { epoch, seq: 3 })).toMatchObject({ head: 3, whole: false, records: [] });
  });

  test("hits what is permanent by its URL, not by its tags", async () => {
    const { object } = freshObject();
    const before = await pointOf(object);
    await object.invalidate({}, { cache: "pages", urls: [], tags: ["a"] });
    const permanent = report(before, page(1, { tags: ["a"], permanent: true }));
    expect(await isAccepted(object, permanent)).toBe(true);
    await object.invalidate({}, { cache: "pages", urls: [url(1)], tags: [] });
    expect(await isAccepted(object, permanent)).toBe(false);
  });
});
