import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { NamespaceRpc } from "../../schema/rpc.ts";
import { fill, freshObject, pointOf, purge, type Sketch } from "../support/namespace-object.ts";

/** A day from now, so that no alarm set by this clock ever falls due by the real one. */
const START = Date.now() + 24 * 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const page = (at: number | string, sketch: Sketch = {}): Sketch => ({ url: `https://a.example/${at}`, ...sketch });

async function pageOf(object: NamespaceRpc, request = {}) {
  const { log: _, ...history } = await object.history({}, request);
  return history;
}

describe("the history", () => {
  test("is empty before the first purge", async () => {
    expect(await pageOf(freshObject().object)).toEqual({ purges: [] });
  });

  test("tells of every purge who, why, when, of what and how many, the newest first", async () => {
    const { object } = freshObject();
    const { epoch } = await pointOf(object);
    await fill(object, [page(1, { tags: ["a"] }), page(2, { tags: ["a", "b"] }), page(3)]);
    await object.purge({}, { tags: ["a"], cache: "pages", reason: "a new price" }, "token:shop");
    vi.setSystemTime(START + 1000);
    await object.purge({}, { everything: true, soft: true }, "binding:cms");
    vi.setSystemTime(START + 2000);
    await object.purge({}, { any: [{ allOf: ["a", "b"] }, { prefix: "https://A.example/3" }], erase: true }, "admin");
    await object.remove({}, "pages", "k", "binding:cms");
    expect(await pageOf(object)).toEqual({
      purges: [
        {
          seq: 4,
          version: `${epoch}-4`,
          at: new Date(START + 2000),
          by: "binding:cms",
          mode: "hard",
          selectors: [{ cache: "pages", key: "k" }],
          purged: 0,
        },
        {
          seq: 3,
          version: `${epoch}-3`,
          at: new Date(START + 2000),
          by: "admin",
          mode: "erase",
          selectors: [{ allOf: ["a", "b"] }, { prefix: "https://a.example/3" }],
          purged: 1,
        },
        {
          seq: 2,
          version: `${epoch}-2`,
          at: new Date(START + 1000),
          by: "binding:cms",
          mode: "soft",
          selectors: [{}],
          purged: 1,
        },
        {
          seq: 1,
          version: `${epoch}-1`,
          at: new Date(START),
          by: "token:shop",
          reason: "a new price",
          mode: "hard",
          selectors: [{ cache: "pages", tags: ["a"] }],
          purged: 2,
        },
      ],
    });
  });

  test("keeps a purge that was taken back, and tells by whom, when, and what came back", async () => {
    const { object } = freshObject();
    await fill(object, [page(1, { tags: ["a"] }), page(2, { tags: ["a"] })]);
    await object.purge({}, { tags: ["a"], reason: "by mistake" }, "token:shop");
    vi.setSystemTime(START + 5000);
    await object.revoke({}, 1, "admin");
    await object.purge({}, { tags: ["b"] }, "token:shop");
    const { purges } = await pageOf(object);
    expect(purges.map(({ seq }) => seq)).toEqual([3, 1]);
    expect(purges[0]).not.toHaveProperty("revoked");
    expect(purges[1]).toMatchObject({
      by: "token:shop",
      reason: "by mistake",
      purged: 2,
      revoked: { seq: 2, at: new Date(START + 5000), by: "admin", restored: 2 },
    });
  });

  test("comes in pages, each purge once, and what happens meanwhile moves none", async () => {
    const { object } = freshObject();
    for (let at = 1; at <= 7; at += 1) await purge(object, { tags: [`t${at}`] });
    await object.revoke({}, 5, "a test");
    const seqs: number[][] = [];
    let before: number | undefined;
    do {
      const history = await pageOf(object, { limit: 3, ...(before === undefined ? {} : { before }) });
      seqs.push(history.purges.map(({ seq }) => seq));
      before = history.before;
      await purge(object, { tags: ["meanwhile"] });
    } while (before !== undefined && seqs.length < 10);
    expect(seqs).toEqual([[7, 6, 5], [4, 3, 2], [1]]);
  });

  test("has no further page where the last is just full", async () => {
    const { object } = freshObject();
    for (let at = 1; at <= 4; at += 1) await purge(object, { tags: [`t${at}`] });
    expect(await pageOf(object, { limit: 4 })).not.toHaveProperty("before");
    expect(await pageOf(object, { limit: 3 })).toMatchObject({ before: 2 });
    expect(await pageOf(object, { limit: 3, before: 2 })).toMatchObject({ purges: [{ seq: 1 }] });
    expect(await pageOf(object, { before: 1 })).toEqual({ purges: [] });
  });

  test("has fifty on a page unless it is asked for more", async () => {
    const { object } = freshObject();
    for (let at = 1; at <= 51; at += 1) await purge(object, { tags: ["a"] });
    expect((await pageOf(object)).purges).toHaveLength(50);
    expect((await pageOf(object, { limit: 200 })).purges).toHaveLength(51);
  });

  test("holds no purge that was refused or only tried", async () => {
    const { object } = freshObject();
    await fill(object, [page(1)]);
    await object.purge({}, { everything: true, maxEntries: 0 }, "a test").catch(() => undefined);
    await object.purge({}, { everything: true, dryRun: true }, "a test");
    expect(await pageOf(object)).toEqual({ purges: [] });
  });
});
