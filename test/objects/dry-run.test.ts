import { describe, expect, test } from "vitest";
import { limits } from "../../schema/limits.ts";
import type { DryRunResult } from "../../schema/purge.ts";
import type { PurgeRequest } from "../../schema/purge-request.ts";
import type { NamespaceRpc } from "../../schema/rpc.ts";
import { fill, fillByRows, freshObject, purge, report, type Sketch, statsOf } from "../support/namespace-object.ts";
import { refusalOf } from "../support/refusal.ts";

const page = (at: number | string, sketch: Sketch = {}): Sketch => ({ url: `https://a.example/${at}`, ...sketch });
const keyOf = (sketch: Sketch) => report({ epoch: "", seq: 0 }, sketch).key;

async function tryOut(object: NamespaceRpc, request: PurgeRequest): Promise<DryRunResult> {
  const reply = await object.purge({}, { ...request, dryRun: true }, "a test");
  if (!("dryRun" in reply)) throw new Error("that was no dry run");
  const { log: _, ...result } = reply;
  return result;
}

/** All the pages of a dry run. */
async function pageThrough(object: NamespaceRpc, request: PurgeRequest) {
  const results: DryRunResult[] = [];
  for (let after: string | undefined = ""; after !== undefined && results.length < 100; ) {
    const result: DryRunResult = await tryOut(object, { ...request, after });
    results.push(result);
    after = result.after;
  }
  return { results, seen: results.flatMap(({ keys }) => keys), lengths: results.map(({ keys }) => keys.length) };
}

/** All that a purge could change. */
async function stateOf(object: NamespaceRpc) {
  return {
    stats: await statsOf(object),
    log: (await object.sync({ since: null })).log,
    purges: (await object.history({}, {})).purges,
  };
}

const shop: Sketch[] = [
  page("p/1", { tags: ["product:1", "listing"] }),
  page("p/2", { tags: ["product:2", "listing"] }),
  page("p/1", { tags: ["product:1"], cache: "api" }),
  page("about", { permanent: true }),
];

describe("a dry run", () => {
  test.each<[string, PurgeRequest, number[], number]>([
    ["a tag", { tags: ["listing"] }, [0, 1], 0.5],
    ["all of two tags", { allOf: ["listing", "product:1"] }, [0], 0.25],
    ["a tag in one cache, of which it is a share", { tags: ["product:1"], cache: "api" }, [2], 1],
    ["things that overlap", { any: [{ tags: ["product:1"] }, { tags: ["listing"] }] }, [0, 1, 2], 0.75],
    ["everything, which leaves what is permanent", { everything: true }, [0, 1, 2], 0.75],
    ["everything, to be erased", { everything: true, erase: true }, [0, 1, 2, 3], 1],
    ["everything, softly", { everything: true, soft: true }, [0, 1, 2], 0.75],
    ["what is permanent, by its URL", { url: "https://a.example/about" }, [3], 0.25],
    ["nothing there is", { tags: ["product:3"] }, [], 0],
  ])("of %s tells what the purge then does, and does nothing", async (_, request, hit, share) => {
    const { object } = freshObject();
    await fill(object, shop);
    const before = await stateOf(object);
    const keys = hit.map((at) => keyOf(shop[at] ?? {})).sort();
    expect(await tryOut(object, request)).toEqual({ dryRun: true, purged: hit.length, share, keys });
    expect(await stateOf(object)).toEqual(before);
    expect(await purge(object, request)).toMatchObject({ purged: hit.length });
    expect(await tryOut(object, request)).toMatchObject({ purged: 0, share: 0, keys: [] });
  });

  test("of a soft purge leaves out what is stale already, and that of a hard one does not", async () => {
    const { object } = freshObject();
    await fill(object, shop);
    await purge(object, { tags: ["listing"], soft: true });
    const soft = await tryOut(object, { everything: true, soft: true });
    expect(soft).toMatchObject({ purged: 1, keys: [keyOf(shop[2] ?? {})] });
    expect(await tryOut(object, { everything: true })).toMatchObject({ purged: 3 });
  });

  test("of an empty namespace takes no share of it", async () => {
    const { object } = freshObject();
    expect(await tryOut(object, { everything: true })).toEqual({ dryRun: true, purged: 0, share: 0, keys: [] });
  });

  test("is not refused for what the purge would be refused", async () => {
    const { object } = freshObject();
    await fill(object, shop);
    expect(await tryOut(object, { everything: true, maxEntries: 0 })).toMatchObject({ purged: 3 });
  });

  test.each([99, 100, 101, 250])("gives %d keys in pages of a hundred, each once and in order", async (many) => {
    const { object } = freshObject();
    const pages = Array.from({ length: many }, (_, at) => page(at, { tags: [`t${at % 2}`] }));
    await fill(object, pages);
    const { results, seen, lengths } = await pageThrough(object, { any: [{ tags: ["t0"] }, { tags: ["t1", "t0"] }] });
    for (const result of results) expect(result).toMatchObject({ purged: many, share: 1 });
    expect(seen).toEqual(pages.map(keyOf).sort());
    // A page that is just full cannot know that it is the last.
    expect(lengths).toEqual({ 99: [99], 100: [100, 0], 101: [100, 1], 250: [100, 100, 50] }[many]);
  });

  test.each<[string, PurgeRequest]>([
    ["a tag", { tags: ["huge"] }],
    ["everything, to be erased", { everything: true, erase: true }],
    ["a prefix", { prefix: "https://a.example/", cache: "pages" }],
    ["things that overlap", { any: [{ tags: ["huge"] }, { prefix: "https://a.example/row/1" }, { allOf: ["huge"] }] }],
  ])("of more than are counted one by one pages through %s, each key once", async (_, request) => {
    const { object, stub } = freshObject();
    const keys = await fillByRows(stub, { many: 1_500, tag: "huge" });
    const { seen, lengths, results } = await pageThrough(object, request);
    expect(results.every(({ approximate, share }) => approximate === true && share === 1)).toBe(true);
    expect(seen).toEqual(keys);
    expect(Math.max(...lengths)).toBe(limits.dryRunPage);
  });

  test("has short pages where some of what is named is purged already, and goes on after them", async () => {
    const { object, stub } = freshObject();
    const keys = await fillByRows(stub, { many: 1_500, tag: "huge" });
    await purge(object, { prefix: "https://a.example/row/1" });
    const left = keys.filter((key) => !key.startsWith("https://a.example/row/1"));
    const { seen, lengths } = await pageThrough(object, { tags: ["huge"] });
    expect(seen).toEqual(left);
    expect(lengths.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("goes on after a key that is there no more", async () => {
    const { object } = freshObject();
    await fill(object, [page("a"), page("c")]);
    expect((await tryOut(object, { everything: true, after: keyOf(page("b")) })).keys).toEqual([keyOf(page("c"))]);
    expect((await tryOut(object, { everything: true, after: keyOf(page("c")) })).keys).toEqual([]);
  });
});

describe("a purge with a guard", () => {
  test.each<[string, PurgeRequest, number]>([
    ["a tag", { tags: ["listing"] }, 2],
    ["everything", { everything: true }, 3],
    ["everything, to be erased", { everything: true, erase: true }, 4],
    ["things that overlap", { any: [{ tags: ["product:1"] }, { tags: ["listing"] }] }, 3],
    ["things to be made stale", { tags: ["product:1"], soft: true }, 2],
  ])("of %s is refused when it would hit more, with the count, and nothing changes", async (_, request, count) => {
    const { object } = freshObject();
    await fill(object, shop);
    const before = await stateOf(object);
    for (const maxEntries of [0, count - 1]) {
      expect(await refusalOf(purge(object, { ...request, maxEntries }))).toEqual({
        code: "too-many-entries",
        field: "maxEntries",
        limit: maxEntries,
        message: `maxEntries: the purge would hit ${count} entries, and at most ${maxEntries} are allowed; narrow it, or raise maxEntries`,
      });
      expect(await stateOf(object)).toEqual(before);
    }
    expect(await purge(object, { ...request, maxEntries: count })).toMatchObject({ purged: count });
  });

  test("of nothing passes though it may hit nothing, and counts what is in force only", async () => {
    const { object } = freshObject();
    await fill(object, shop);
    expect(await purge(object, { tags: ["product:3"], maxEntries: 0 })).toMatchObject({ purged: 0 });
    await purge(object, { tags: ["product:1"] });
    expect(await purge(object, { everything: true, maxEntries: 1 })).toMatchObject({ purged: 1 });
  });
});
