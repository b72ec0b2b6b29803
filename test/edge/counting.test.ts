import { expect, it } from "vitest";
import type { Counts } from "../../schema/counters.ts";
import type { CacheOptions } from "../../schema/options.ts";
import type { Source } from "../../src/edge/read-through.ts";
import { freshUrl } from "../support/fresh.ts";
import { attached, bodies, Origin } from "../support/origin.ts";
import type { Isolate } from "../support/world.ts";
import { World } from "../support/world.ts";

/** A cache of two rules in one world, and what of it is counted. */
async function setUp(options: Partial<CacheOptions> = {}) {
  const world = new World();
  const rules = [
    { path: "/never/*", caching: "off" as const },
    { name: "pages", path: "/p/*" },
  ];
  const config = world.config({ rules, staleWhileRevalidateSeconds: 30, staleIfErrorSeconds: 600, ...options });
  const here = await world.isolate("here");
  const origin = new Origin();
  /** What was counted since ever, once everybody has handed it over. */
  const stats = async (...isolates: Isolate[]) => {
    await world.surroundings.settle();
    for (const { edge } of [here, ...isolates]) await edge.stats(config);
    return here.edge.stats(config, { by: "rule", windowSeconds: 3600, series: "minute" });
  };
  const get = (isolate: Isolate, url: string, init: RequestInit = {}) =>
    bodies([origin.get(isolate, config, new Request(url, init))]);
  return { world, config, here, origin, stats, get };
}

function answering(response: () => Response | Promise<Response>): Source {
  return { load: async () => response(), storeOptions: () => ({ tags: [] }) };
}

it("counts each look-up once, in whatever way it is answered", async () => {
  const { world, here, origin, stats, get } = await setUp();
  const url = freshUrl("/p/1");
  origin.byItself = () => "twelve bytes";
  await get(here, url);
  await world.surroundings.settle();
  await get(here, url);
  world.surroundings.advance(70);
  await get(here, url);
  await world.surroundings.settle();
  await get(here, freshUrl("/never/1"));
  await get(here, url, { headers: { "cache-control": "no-cache" } });
  await get(here, url, { headers: { "if-none-match": "*" } });
  const counted = await stats();
  expect(counted).toMatchObject({
    requests: 6,
    hits: 3,
    hitsByState: { fresh: 2, stale: 1, shield: 0 },
    misses: 2,
    missesByReason: { absent: 1, request: 1 },
    bypasses: 1,
    bypassesByReason: { disabled: 1 },
    waits: 0,
    // The miss, the refresh, what is never kept, and what the client asked for.
    origin: { requests: 4, errors: 0 },
    puts: 3,
    bytesStored: 36,
    // Of two, as a 304 has no body.
    bytesServed: 24,
    refusalsByReason: { disabled: 1 },
  });
  expect(counted.groups?.map(({ name, requests }) => [name, requests])).toEqual([
    ["pages", 5],
    ["rule 1", 1],
  ]);
});

it("tells those who waited for a fill from those who missed, and the shield's copies from hits", async () => {
  const { world, config, here, origin, stats } = await setUp();
  const [near, far] = [await world.isolate("here"), await world.isolate("far")];
  const url = freshUrl("/p/1");
  const answers = [here, near, near, far].map((isolate) => origin.get(isolate, config, url));
  const first = await origin.nth(1);
  await attached(world, [here, near, far], 4);
  first.answer("body");
  expect(await bodies(answers)).toEqual(["body", "body", "body", "body"]);
  expect(await stats(near, far)).toMatchObject({
    requests: 4,
    misses: 1,
    waits: 2,
    hits: 1,
    hitsByState: { fresh: 0, stale: 0, shield: 1 },
    puts: 1,
    origin: { requests: 1 },
    bytesServed: 12,
  });
});

it("counts an origin that throws, answers an error or takes too long once, and what stood in for it", async () => {
  const { world, config, here, stats } = await setUp({ fillTimeoutSeconds: 1, revalidateSeconds: 0, coalesce: false });
  const url = freshUrl("/p/1");
  const ask = (source: Source) => here.readThrough.answer(config, new Request(url), source);
  await (await ask(answering(() => new Response("kept")))).text();
  await world.surroundings.settle();
  world.surroundings.advance(120);
  const failing = [
    answering(() => Promise.reject(new Error("refused"))),
    answering(() => new Response("sorry", { status: 503 })),
  ];
  for (const source of failing) expect(await (await ask(source)).text()).toBe("kept");
  const late = Promise.withResolvers<Response>();
  const waiting = ask(answering(() => late.promise));
  await new Promise((resolve) => setTimeout(resolve, 5));
  world.surroundings.advance(2);
  expect(await (await waiting).text()).toBe("kept");
  late.reject(new Error("refused, and late"));
  const counted = await stats();
  expect(counted).toMatchObject({
    requests: 4,
    misses: 4,
    missesByReason: { absent: 1, expired: 3 },
    standIns: 3,
    origin: { requests: 4, errors: 3 },
  });
  expect(counted.origin.byTime.filter(({ requests }) => requests > 0)).toEqual([
    { upToMs: 10, requests: 3 },
    { upToMs: 2500, requests: 1 },
  ]);
  expect(counted.origin.ms).toBe(2000);
});

it("counts what the object could not be asked, and hands it over when it can again", async () => {
  const { world, config, here, stats, get, origin } = await setUp();
  const url = freshUrl("/p/1");
  origin.byItself = () => "page";
  await get(here, url);
  await world.surroundings.settle();
  here.link.state = "down";
  world.surroundings.advance(10);
  await get(here, url);
  here.link.state = "up";
  world.surroundings.advance(10);
  await stats();
  const { errors } = (await here.edge.stats({ ...config, name: "pages" as never })) as { errors: number };
  // It is of the namespace and of no cache.
  expect(errors).toBe(0);
  const ofAll = await world.stats();
  expect(ofAll.errors).toBeGreaterThan(0);
});

it("counts by the data centre that requests from outside tell of", async () => {
  const { world, config, here } = await setUp();
  const there = await world.isolate("there");
  const ask = async ({ edge }: Isolate, cf: object) => {
    await edge.lookup(config, new Request(freshUrl("/p/1"), { cf } as RequestInit));
    await edge.stats(config);
  };
  await ask(here, { colo: "AMS" });
  await ask(there, { colo: "LHR" });
  await ask(there, { colo: "SIN" });
  const unknown = await world.isolate("elsewhere");
  await ask(unknown, { colo: "<script>" });
  const { groups = [] } = await here.edge.stats(config, { by: "dataCentre" });
  expect(groups.map(({ name, misses }) => [name, misses])).toEqual([
    [null, 1],
    ["AMS", 1],
    ["LHR", 2],
  ]);
});

it("makes a series that adds up to the whole", async () => {
  const { here, origin, stats, get, world } = await setUp();
  origin.byItself = () => "page";
  for (let at = 0; at < 5; at += 1) {
    await get(here, freshUrl(`/p/${at}`));
    await stats();
    world.surroundings.advance(11);
  }
  const { misses, series = [] } = await here.edge.stats(world.config({}), { windowSeconds: 600, series: "minute" });
  const missed = series.map(({ counts }: { counts: Counts }) => counts["misses.absent"] ?? 0);
  expect(misses).toBe(5);
  expect(missed.reduce((sum, each) => sum + each, 0)).toBe(5);
});
