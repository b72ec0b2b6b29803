import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { afterEach, expect, test, vi } from "vitest";
import type { Summaries } from "../../schema/rpc.ts";
import type { TopRequest } from "../../schema/stats.ts";
import { summaryOf } from "../../src/tally/frequent.ts";
import { freshUrl } from "../support/fresh.ts";
import { fill, freshObject } from "../support/namespace-object.ts";
import { Origin } from "../support/origin.ts";
import { World } from "../support/world.ts";

const HOUR = 3_600_000;
const START = 500_000 * HOUR;

afterEach(() => {
  vi.useRealTimers();
});

const none: Summaries = {
  hits: { names: [], error: 0 },
  misses: { names: [], error: 0 },
  bytes: { names: [], error: 0 },
};

function setUp() {
  vi.useFakeTimers({ now: START, toFake: ["Date"] });
  const { object, stub } = freshObject();
  let batch = 0;
  const report = async (cache: string, hits: Record<string, number>, room = 100) => {
    batch += 1;
    const keys = { ...none, hits: summaryOf(new Map(Object.entries(hits)), room) };
    const top = [{ cache, keys, tags: none }];
    await object.sync({ report: { reporter: "0123456789abcdef", batch, counts: [], top } });
  };
  const top = async (request: Partial<TopRequest> = {}) => (await object.top({}, { of: "keys", ...request })).top;
  return { object, stub, report, top };
}

test("names are added up over reports, and told with the highest first", async () => {
  const { stub, report, top } = setUp();
  await report("pages", { a: 3, b: 10 });
  await report("pages", { a: 4, c: 1 });
  await evictDurableObject(stub);
  await report("pages", { b: 1 });
  expect(await top()).toEqual({
    from: new Date(START - 24 * HOUR),
    error: 0,
    names: [
      { name: "b", atLeast: 11 },
      { name: "a", atLeast: 7 },
      { name: "c", atLeast: 1 },
    ],
  });
  expect((await top({ limit: 1 })).names).toEqual([{ name: "b", atLeast: 11 }]);
  expect((await top({ by: "misses" })).names).toEqual([]);
});

test("those of one cache alone, of an hour alone, and what reports may be off by", async () => {
  const { report, top } = setUp();
  await report("pages", { a: 3, b: 2, c: 2 }, 2);
  vi.setSystemTime(START + 3 * HOUR);
  await report("api", { d: 5 });
  // Of three with room for two, the least is taken from all.
  expect(await top({ cache: "pages" })).toMatchObject({ error: 2, names: [{ name: "a", atLeast: 1 }] });
  expect(await top({ windowSeconds: 3600 })).toMatchObject({ error: 0, names: [{ name: "d", atLeast: 5 }] });
  expect((await top({})).names).toHaveLength(2);
});

test("no more is kept than there is room for, nor for longer than two days", async () => {
  const { stub, report, top } = setUp();
  for (let at = 0; at < 6; at += 1) {
    await report("pages", Object.fromEntries(Array.from({ length: 90 }, (_, n) => [`${at}-${n}`, 1])));
    await report("pages", { heavy: 20 });
  }
  const rows = () =>
    runInDurableObject(stub, (_, { storage: { sql } }) =>
      sql.exec<{ summaries: string }>("SELECT * FROM top").toArray(),
    );
  const [row] = await rows();
  expect((JSON.parse(row?.summaries ?? "") as Summaries).hits.names.length).toBeLessThanOrEqual(200);
  const { names, error } = await top();
  expect(names[0]?.name).toBe("heavy");
  expect(error).toBeLessThanOrEqual((6 * 110) / 201);
  vi.setSystemTime(START + 50 * HOUR);
  await runInDurableObject(stub, (instance) => instance.alarm());
  expect(await rows()).toEqual([]);
});

test("a put counts as a miss of each of its tags, in the call that reports it", async () => {
  const { object, top } = setUp();
  await fill(object, [{ tags: ["a", "b"] }, { url: "https://a.example/2", tags: ["a"] }]);
  expect(await top({ of: "tags", by: "misses" })).toMatchObject({
    names: [
      { name: "a", atLeast: 2 },
      { name: "b", atLeast: 1 },
    ],
  });
});

test("isolates tell of what they have served: its keys, its tags and its bytes", async () => {
  const world = new World();
  const [config, here, origin] = [world.config(), await world.isolate(), new Origin()];
  origin.byItself = () => "four";
  const [often, once] = [freshUrl("/often"), freshUrl("/once")];
  const get = async (url: string) => {
    const source = { load: async () => new Response("four"), storeOptions: () => ({ tags: ["t" as never] }) };
    await (await here.readThrough.answer(config, new Request(url), source)).text();
    await world.surroundings.settle();
  };
  for (const url of [often, often, often, once, once]) await get(url);
  const top = (request: Omit<TopRequest, "cache">) => here.edge.top(config, request);
  const keys = (await top({ of: "keys" })).names.map(({ name, atLeast }) => [new URL(name).pathname, atLeast]);
  expect(keys).toEqual([
    ["/often", 2],
    ["/once", 1],
  ]);
  expect((await top({ of: "keys", by: "misses" })).names.map(({ atLeast }) => atLeast)).toEqual([1, 1]);
  expect(await top({ of: "tags", by: "bytes" })).toMatchObject({ error: 0, names: [{ name: "t", atLeast: 12 }] });
  expect(await top({ of: "tags", by: "misses" })).toMatchObject({ names: [{ name: "t", atLeast: 2 }] });
});
