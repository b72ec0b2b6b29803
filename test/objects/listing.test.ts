import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { EntriesRequest, TagsRequest } from "../../schema/listing.ts";
import type { NamespaceOperations } from "../../schema/rpc.ts";
import { fill, fillByRows, freshObject, pointOf, purge } from "../support/namespace-object.ts";
import { refusalOf } from "../support/refusal.ts";

const START = 1_800_000_000_000;

afterEach(() => {
  vi.useRealTimers();
});

function setUp() {
  vi.useFakeTimers({ now: START, toFake: ["Date"] });
  const { namespace, object, stub } = freshObject();
  return { namespace, object, stub, operations: stub as unknown as NamespaceOperations };
}

const url = (path: string) => `https://a.example/${path}`;

/** All pages of a list, one after the other. */
async function pages<Page extends { readonly after?: string }>(ask: (after: string) => Promise<Page>): Promise<Page[]> {
  const all: Page[] = [];
  for (let after: string | undefined = ""; after !== undefined; after = all.at(-1)?.after) all.push(await ask(after));
  return all;
}

describe("the list of entries", () => {
  it("tells of each what the index has, and what it is worth", async () => {
    const { object, operations } = setUp();
    const { epoch } = await pointOf(object);
    await fill(object, [
      { url: url("a"), tags: ["one", "two"], bytes: 7, freshSeconds: 60, lifetimeSeconds: 120 },
      { url: url("b"), permanent: true, cache: "api", status: 404 },
      { url: url("c"), tags: ["one"] },
      { url: url("d"), tags: ["soft"] },
    ]);
    await purge(object, { url: url("c") });
    await purge(object, { tags: ["soft"], soft: true });
    vi.setSystemTime(START + 60_000);
    const { entries, ...page } = await operations.entries({});
    expect(page).toEqual({});
    expect(entries.map(({ url: of, state }) => [of, state])).toEqual([
      [url("a"), "stale"],
      [url("b"), "stale"],
      [url("c"), "purged"],
      [url("d"), "stale"],
    ]);
    expect(entries[0]).toEqual({
      key: entries[0]?.key,
      url: url("a"),
      cache: "pages",
      status: 200,
      bytes: 7,
      tags: ["one", "two"],
      permanent: false,
      state: "stale",
      storedAt: new Date(START),
      freshUntil: new Date(START + 60_000),
      expiresAt: new Date(START + 120_000),
      asOf: `${epoch}-0`,
    });
    vi.setSystemTime(START + 120_000);
    expect((await operations.entries({ cache: "pages" })).entries).toHaveLength(2);
  });

  it("is of a cache, a tag, a prefix or a state, or of several of these together", async () => {
    const { object, operations } = setUp();
    await fill(object, [
      { url: url("p/1"), tags: ["t"] },
      { url: url("p/2"), tags: ["t"], cache: "api" },
      { url: url("p/3"), freshSeconds: 0 },
      { url: url("q"), tags: ["t"] },
    ]);
    await purge(object, { url: url("q") });
    const paths = async (request: EntriesRequest) =>
      (await operations.entries(request)).entries.map((entry) => new URL(entry.url).pathname);
    expect(await paths({ tag: "t" })).toEqual(["/p/1", "/p/2", "/q"]);
    expect(await paths({ tag: "t", cache: "api" })).toEqual(["/p/2"]);
    expect(await paths({ prefix: url("p/") })).toEqual(["/p/1", "/p/2", "/p/3"]);
    expect(await paths({ state: "purged" })).toEqual(["/q"]);
    expect(await paths({ state: "stale", prefix: url("") })).toEqual(["/p/3"]);
    expect(await paths({ tag: "none" })).toEqual([]);
  });

  it("comes in pages that hold everything once", async () => {
    const { stub, operations } = setUp();
    const keys = await fillByRows(stub, { many: 23, tag: "t" });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom({}, { state: "fresh" as const }),
        async (limit, more) => {
          const all = await pages((after) => operations.entries({ after, limit, ...more }));
          expect(all.flatMap(({ entries }) => entries.map(({ key }) => key as string))).toEqual(keys);
          for (const { entries } of all) expect(entries.length).toBeLessThanOrEqual(limit);
        },
      ),
      { numRuns: 15 },
    );
  });

  it("of a rare state comes in short pages rather than after a long search", async () => {
    const { object, stub, operations } = setUp();
    await fillByRows(stub, { many: 2_500, tag: "t" });
    await fill(object, [{ url: url("zzz"), freshSeconds: 0 }]);
    const all = await pages((after) => operations.entries({ after, state: "stale" }));
    expect(all.map(({ entries }) => entries.length)).toEqual([0, 0, 1]);
  });
});

describe("the list of tags", () => {
  it("tells of each in each cache how many entries carry it, by prefix and in pages", async () => {
    const { object, operations } = setUp();
    await fill(object, [
      { url: url("1"), tags: ["a:1", "b"] },
      { url: url("2"), tags: ["a:1", "a:2"] },
      { url: url("3"), tags: ["a:1"], cache: "api" },
    ]);
    const list = async (request: TagsRequest) =>
      (await pages((after) => operations.tags({ ...request, after }))).flatMap(({ tags }) =>
        tags.map(({ tag, cache, entries }) => `${tag} ${cache} ${entries}`),
      );
    const all = ["a:1 api 1", "a:1 pages 2", "a:2 pages 1", "b pages 1"];
    expect(await list({})).toEqual(all);
    expect(await list({ limit: 1 })).toEqual(all);
    expect(await list({ cache: "pages", limit: 2 })).toEqual(all.slice(1));
    expect(await list({ prefix: "a:" })).toEqual(all.slice(0, 3));
    expect(await list({ prefix: "a:2" })).toEqual(["a:2 pages 1"]);
  });

  it.each([
    [{ limit: 0 }, "limit", 1],
    [{ limit: 201 }, "limit", 200],
    [{ prefix: "a b" }, "prefix", undefined],
    [{ after: 1 }, "after", undefined],
    [{ tag: "a" }, "tag", undefined],
  ])("refuses %j", async (request, field, limit) => {
    const refusal = await refusalOf(setUp().operations.tags(request as TagsRequest));
    expect(refusal).toMatchObject({ code: "invalid-input", field, ...(limit === undefined ? {} : { limit }) });
  });
});

describe("the directory", () => {
  const directory = () => env.NAMESPACES.getByName("larder") as unknown as NamespaceOperations;
  const isListed = async (name: string) => {
    const all = await pages((after) => directory().namespaces({ after, limit: 200 }));
    return all.flatMap(({ namespaces }) => namespaces).find((listed) => listed.name === name);
  };

  it("has a namespace once something has been stored or purged in it, and not one that was only asked about", async () => {
    const { namespace, object, stub } = setUp();
    await object.stats({}, {});
    await object.sync({ since: null });
    expect(await isListed(namespace)).toBeUndefined();
    await fill(object, [{ url: url("1") }]);
    await expect.poll(() => isListed(namespace)).toEqual({ name: namespace, since: new Date(START) });
    await runInDurableObject(stub, (_, { storage: { sql } }) =>
      expect(sql.exec("SELECT value FROM meta WHERE name = 'enlisted'").toArray()).toEqual([{ value: "1" }]),
    );
  });

  it("refuses what can be no namespace", async () => {
    for (const name of ["larder", "a b", ""]) {
      expect(await refusalOf(directory().enlist(name))).toMatchObject({ code: "invalid-input", field: "namespace" });
    }
  });
});
