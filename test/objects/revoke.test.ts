import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { NamespaceRpc } from "../../schema/rpc.ts";
import {
  fill,
  freshObject,
  logOf,
  pointOf,
  purge,
  report,
  type Sketch,
  statsOf,
  toJudge,
} from "../support/namespace-object.ts";
import { refusalOf } from "../support/refusal.ts";

/** A day from now, so that no alarm set by this clock ever falls due by the real one. */
const START = Date.now() + 24 * 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const page = (at: number | string, sketch: Sketch = {}): Sketch => ({ url: `https://a.example/${at}`, ...sketch });
const pages = [page(1, { tags: ["a"] }), page(2, { tags: ["a", "b"] }), page(3, { tags: ["b"] }), page(4)];

const revoke = (object: NamespaceRpc, seq: number) => object.revoke({}, seq, "a test");

describe("taking a purge back", () => {
  test("brings back what it hit, and says how many and by which version", async () => {
    const { object } = freshObject();
    const before = await pointOf(object);
    await fill(object, pages);
    await purge(object, { tags: ["a"] });
    expect(await object.revoke({ since: { ...before, seq: 1 } }, 1, "a test")).toEqual({
      restored: 2,
      version: `${before.epoch}-2`,
      log: { epoch: before.epoch, head: 2, from: 1, whole: false, records: "[2,1]" },
    });
    expect(await purge(object, { everything: true })).toMatchObject({ purged: 4 });
  });

  test("lets a fill in that was under way", async () => {
    const { object } = freshObject();
    const entry = report(await pointOf(object), pages[0]);
    await purge(object, { tags: ["a"] });
    expect(await object.complete({}, entry)).toMatchObject({ outcome: "purged-during-fill" });
    await revoke(object, 1);
    expect(await object.complete({}, entry)).toMatchObject({ outcome: "stored" });
  });

  test("leaves out what has been refilled, and what has expired", async () => {
    const { object } = freshObject();
    await fill(object, [...pages.slice(0, 2), page(5, { tags: ["a"], lifetimeSeconds: 10 })]);
    await purge(object, { tags: ["a"] });
    await fill(object, pages.slice(0, 1));
    vi.setSystemTime(START + 10_000);
    expect(await revoke(object, 1)).toMatchObject({ restored: 1 });
  });

  test("leaves out what another purge hits too, earlier or later, until that is taken back as well", async () => {
    for (const first of [1, 2]) {
      const { object } = freshObject();
      await fill(object, pages);
      await purge(object, { tags: ["a"] });
      await purge(object, { tags: ["b"] });
      expect(await revoke(object, first)).toMatchObject({ restored: 1 });
      expect(await revoke(object, 3 - first)).toMatchObject({ restored: 2 });
    }
  });

  test("of several selectors brings each entry back once", async () => {
    const { object } = freshObject();
    await fill(object, pages);
    await purge(object, { any: [{ tags: ["a"] }, { tags: ["b"] }, { allOf: ["a", "b"] }] });
    expect(await revoke(object, 1)).toMatchObject({ restored: 3 });
  });

  test("of a soft one makes what it hit fresh again, and not what was hit harder", async () => {
    const { object } = freshObject();
    await fill(object, pages);
    await purge(object, { everything: true, soft: true });
    await purge(object, { tags: ["b"] });
    expect(await revoke(object, 1)).toMatchObject({ restored: 2 });
    expect(await purge(object, { everything: true, soft: true })).toMatchObject({ purged: 2 });
  });

  test("of a hard one over a soft one leaves what it brings back stale", async () => {
    const { object } = freshObject();
    const { epoch } = await pointOf(object);
    await fill(object, pages);
    await purge(object, { tags: ["a"], soft: true });
    await purge(object, { everything: true });
    expect(await revoke(object, 2)).toMatchObject({ restored: 4 });
    expect(await object.judge({}, toJudge({ epoch, seq: 0 }, pages[0]))).toMatchObject({ verdict: "soft-purged" });
    expect(await purge(object, { everything: true, soft: true })).toMatchObject({ purged: 2 });
  });

  test("does not bring back what was permanent, for it was never gone", async () => {
    const { object } = freshObject();
    await fill(object, [page(1, { permanent: true }), page(2)]);
    await purge(object, { everything: true });
    expect(await revoke(object, 1)).toMatchObject({ restored: 1 });
  });

  test("does not bring back what an erasing purge has removed since", async () => {
    const { object } = freshObject();
    await fill(object, pages);
    await purge(object, { tags: ["a"] });
    await purge(object, { tags: ["b"], erase: true });
    expect(await revoke(object, 1)).toMatchObject({ restored: 1 });
  });

  test("of a delete brings its entry back", async () => {
    const { object } = freshObject();
    await fill(object, pages);
    await object.remove({}, "pages", report({ epoch: "", seq: 0 }, pages[3]).key, "a test");
    expect(await revoke(object, 1)).toMatchObject({ restored: 1 });
  });

  test("holds when the object is evicted", async () => {
    const { object, stub } = freshObject();
    await fill(object, pages);
    await purge(object, { tags: ["a"] });
    await purge(object, { tags: ["b"] });
    await revoke(object, 1);
    await evictDurableObject(stub);
    expect((await logOf(object)).records).toEqual([
      { seq: 1, mode: "hard", selectors: [{ tags: ["a"] }] },
      { seq: 2, mode: "hard", selectors: [{ tags: ["b"] }] },
      { seq: 3, revokes: 1 },
    ]);
    expect(await purge(object, { tags: ["a"] })).toMatchObject({ purged: 1 });
  });

  test("twice at once happens once", async () => {
    const { object } = freshObject();
    await fill(object, pages);
    await purge(object, { tags: ["a"] });
    const both = await Promise.allSettled([revoke(object, 1), revoke(object, 1)]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await pointOf(object)).toMatchObject({ seq: 2 });
  });

  test("counts as no purge", async () => {
    const { object } = freshObject();
    await purge(object, { tags: ["a"] });
    await revoke(object, 1);
    expect(await statsOf(object)).toMatchObject({ purges: 1, deletes: 0, invalidations: 0 });
  });
});

describe("what cannot be taken back", () => {
  type Making = (object: NamespaceRpc) => Promise<unknown>;
  const made = (...steps: Making[]): Making => {
    return async (object) => {
      for (const step of steps) await step(object);
    };
  };
  const hard: Making = (object) => purge(object, { tags: ["a"] });

  test.each<[string, Making, number, string, string]>([
    ["a purge there never was", made(hard), 2, "not-found", "seq: there is no purge 2"],
    ["a revocation", made(hard, (object) => revoke(object, 1)), 2, "not-found", "seq: there is no purge 2"],
    [
      "a purge a second time",
      made(hard, (object) => revoke(object, 1)),
      1,
      "not-revocable",
      "seq: purge 1 has been taken back already",
    ],
    [
      "a purge that erased",
      (object) => purge(object, { tags: ["a"], erase: true }),
      1,
      "not-revocable",
      "seq: purge 1 erased what it hit, which cannot be taken back",
    ],
    [
      "an invalidation",
      (object) => object.invalidate({}, { cache: "pages", urls: ["https://a.example/1"], tags: [] }),
      1,
      "not-revocable",
      "seq: purge 1 followed from a request that changed what it hit, and cannot be taken back",
    ],
    [
      "an invalidation that was repeated",
      made(
        (object) => object.invalidate({}, { cache: "pages", urls: ["https://a.example/1"], tags: [] }),
        (object) => object.invalidate({}, { cache: "pages", urls: ["https://a.example/1"], tags: [] }),
      ),
      1,
      "not-found",
      "seq: there is no purge 1",
    ],
  ])("is %s, and nothing changes", async (_, make, seq, code, message) => {
    const { object } = freshObject();
    await fill(object, pages);
    await make(object);
    const state = async () => ({
      log: await object.sync({ since: null }),
      history: await object.history({}, {}),
      stats: await statsOf(object),
    });
    const before = await state();
    expect(await refusalOf(revoke(object, seq))).toEqual({ code, field: "seq", message });
    expect(await state()).toEqual(before);
  });

  test("is a purge nothing can be left of, though the history has it", async () => {
    const { object, stub } = freshObject();
    await fill(object, [page(1, { tags: ["a"], lifetimeSeconds: 10 })]);
    await purge(object, { tags: ["a"] });
    vi.setSystemTime(START + 3_600_000);
    await runInDurableObject(stub, (instance) => instance.alarm());
    expect((await object.history({}, {})).purges).toMatchObject([{ seq: 1 }]);
    expect(await refusalOf(revoke(object, 1))).toEqual({
      code: "not-revocable",
      field: "seq",
      message: "seq: purge 1 is so old that nothing it hit can still be served",
    });
  });
});
