import { describe, expect, it, vi } from "vitest";
import { freshUrl } from "../support/fresh.ts";
import { gatewayFor } from "../support/gateway.ts";
import { attached, bodies, callsOf, Origin } from "../support/origin.ts";
import type { Isolate } from "../support/world.ts";
import { World } from "../support/world.ts";

const DATA_CENTRES = ["west", "east", "north", "south"];

/** Four data centres with so many isolates each. */
async function setUp(isolatesEach = 2) {
  const world = new World();
  const names = Array.from({ length: isolatesEach }, () => DATA_CENTRES).flat();
  const isolates = await Promise.all(names.map((name) => world.isolate(name)));
  return { world, isolates, origin: new Origin() };
}

/** Asks `callers` times, by each isolate as often. */
function callers(isolates: readonly Isolate[], count: number, get: (isolate: Isolate) => Promise<Response>) {
  return Array.from({ length: count }, (_, at) => get(isolates[at % isolates.length] as Isolate));
}

/** How often each body came. */
async function tally(answers: readonly Promise<Response>[]): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const body of await bodies(answers)) counts[body] = (counts[body] ?? 0) + 1;
  return counts;
}

describe("a cold key", () => {
  it("that 1,000 callers in 4 data centres ask for at once costs 1 origin request", { timeout: 30_000 }, async () => {
    const { world, isolates, origin } = await setUp();
    const [config, url] = [world.config(), freshUrl()];
    const answers = callers(isolates, 1000, (isolate) => origin.get(isolate, config, url));
    const first = await origin.nth(1);
    await attached(world, isolates, 1000);
    first.answer("the whole body");
    expect(await tally(answers)).toEqual({ "the whole body": 1000 });
    await world.surroundings.settle();
    expect(origin.asked).toHaveLength(1);
    // One transfer from the shield to each data centre but the leader's: whose isolates started together may do one more.
    expect(callsOf(isolates, "landed")).toBeLessThanOrEqual(8);
  });

  it("costs 1 origin request also when that answers at once", { timeout: 30_000 }, async () => {
    const { world, isolates, origin } = await setUp();
    const [config, url] = [world.config(), freshUrl()];
    origin.byItself = () => "at once";
    expect(await tally(callers(isolates, 160, (isolate) => origin.get(isolate, config, url)))).toEqual({
      "at once": 160,
    });
    expect(origin.asked).toHaveLength(1);
  });

  it("that 80 clients ask the gateway for at once in 4 data centres costs 1 origin request", async () => {
    const { world, isolates } = await setUp();
    const config = { ...world.config(), ttlSeconds: undefined };
    let fetched = 0;
    vi.stubGlobal("fetch", async () => {
      fetched += 1;
      return new Response("page", { headers: { "cache-control": "max-age=60", vary: "accept-encoding" } });
    });
    const gateways = new Map(
      isolates.map((isolate) => [
        isolate,
        gatewayFor({ origin: "https://origin.example", config, readThrough: isolate.readThrough }),
      ]),
    );
    const url = freshUrl("/page");
    const answers = callers(
      isolates,
      80,
      async (isolate) => gateways.get(isolate)?.(new Request(url)) as Promise<Response>,
    );
    expect(await tally(answers)).toEqual({ page: 80 });
    vi.unstubAllGlobals();
    expect(fetched).toBe(1);
  });

  it("is 100 origin requests for 100 keys that 8 callers each ask for at once", { timeout: 60_000 }, async () => {
    const { world, isolates, origin } = await setUp();
    const [config, url] = [world.config(), freshUrl()];
    origin.byItself = ({ request }) => `body of ${request.url.slice(url.length)}`;
    const keys = Array.from({ length: 100 }, (_, key) => String(key));
    const answers = keys.map((key) => callers(isolates, 8, (isolate) => origin.get(isolate, config, url + key)));
    for (const [key, own] of answers.entries()) expect(await tally(own)).toEqual({ [`body of ${key}`]: 8 });
    expect(origin.asked).toHaveLength(100);
    expect(new Set(origin.asked.map(({ request }) => request.url)).size).toBe(100);
  });
});

describe("a stale key", () => {
  it("is served stale to all at once, refreshed once, and then fresh everywhere", { timeout: 30_000 }, async () => {
    const { world, isolates, origin } = await setUp();
    const config = world.config({ ttlSeconds: 10, staleWhileRevalidateSeconds: 50 });
    const url = freshUrl();
    origin.byItself = () => "old";
    // Into every data centre.
    for (const isolate of isolates) expect(await tally([origin.get(isolate, config, url)])).toEqual({ old: 1 });
    await world.surroundings.settle();
    expect(origin.asked).toHaveLength(1);
    world.surroundings.advance(20);
    origin.byItself = undefined;
    const answers = callers(isolates, 160, (isolate) => origin.get(isolate, config, url));
    // Nobody waits for the refresh, which has not been answered.
    expect(await tally(answers)).toEqual({ old: 160 });
    const refresh = await origin.nth(2);
    await attached(world, isolates, isolates.length);
    refresh.answer("new");
    await world.surroundings.settle();
    const after = callers(isolates, 80, (isolate) => origin.get(isolate, config, url));
    expect(await tally(after)).toEqual({ new: 80 });
    expect(origin.asked).toHaveLength(2);
  });

  it("is refreshed without the origin in a data centre that nobody asked in meanwhile", async () => {
    const { world, isolates, origin } = await setUp(1);
    const config = world.config({ ttlSeconds: 10, staleWhileRevalidateSeconds: 50 });
    const [url, [west, east]] = [freshUrl(), isolates as [Isolate, Isolate]];
    origin.byItself = (_, before) => `body ${before + 1}`;
    const get = (isolate: Isolate) => bodies([origin.get(isolate, config, url)]);
    await get(west);
    await world.surroundings.settle();
    await get(east);
    await world.surroundings.settle();
    world.surroundings.advance(20);
    expect(await get(west)).toEqual(["body 1"]);
    await world.surroundings.settle();
    expect(await get(west)).toEqual(["body 2"]);
    // It serves what it has, and fetches what the other made.
    expect(await get(east)).toEqual(["body 1"]);
    await world.surroundings.settle();
    expect(await get(east)).toEqual(["body 2"]);
    expect(origin.asked).toHaveLength(2);
  });

  it("whose refresh fails is asked for once until its pause is over", async () => {
    const { world, isolates, origin } = await setUp();
    const config = world.config({ ttlSeconds: 10, staleWhileRevalidateSeconds: 50 });
    const url = freshUrl();
    origin.byItself = () => "old";
    for (const isolate of isolates) await bodies([origin.get(isolate, config, url)]);
    await world.surroundings.settle();
    world.surroundings.advance(20);
    origin.byItself = () => new Response("sorry", { status: 503 });
    for (let round = 0; round < 2; round += 1) {
      expect(await tally(callers(isolates, 40, (isolate) => origin.get(isolate, config, url)))).toEqual({ old: 40 });
      await world.surroundings.settle();
    }
    expect(origin.asked).toHaveLength(2);
    world.surroundings.advance(2);
    origin.byItself = () => "new";
    await tally(callers(isolates, 40, (isolate) => origin.get(isolate, config, url)));
    await world.surroundings.settle();
    expect(origin.asked).toHaveLength(3);
    expect(await tally(callers(isolates, 40, (isolate) => origin.get(isolate, config, url)))).toEqual({ new: 40 });
  });
});

describe("where the shield cannot help", () => {
  it("a large body costs one origin request a data centre, one after the other", { timeout: 30_000 }, async () => {
    const { world, isolates, origin } = await setUp();
    const config = world.config({ shieldMaxBytes: 1000, fillTimeoutSeconds: 30 });
    const url = freshUrl();
    const large = "x".repeat(1001);
    let [atOnce, most] = [0, 0];
    origin.byItself = async () => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await new Promise((resolve) => setTimeout(resolve, 20));
      atOnce -= 1;
      return large;
    };
    expect(await tally(callers(isolates, 160, (isolate) => origin.get(isolate, config, url)))).toEqual({
      [large]: 160,
    });
    await world.surroundings.settle();
    expect(origin.asked.length).toBeLessThanOrEqual(DATA_CENTRES.length);
    expect(most).toBe(1);
    expect(await tally(callers(isolates, 40, (isolate) => origin.get(isolate, config, url)))).toEqual({ [large]: 40 });
    expect(origin.asked.length).toBeLessThanOrEqual(DATA_CENTRES.length);
  });

  it("a large body that is stale is refreshed at most once a data centre", { timeout: 30_000 }, async () => {
    const { world, isolates, origin } = await setUp();
    const config = world.config({ shieldMaxBytes: 0, ttlSeconds: 10, staleWhileRevalidateSeconds: 50 });
    const url = freshUrl();
    origin.byItself = () => "old";
    for (const isolate of isolates) await bodies([origin.get(isolate, config, url)]);
    await world.surroundings.settle();
    expect(origin.asked).toHaveLength(4);
    world.surroundings.advance(20);
    origin.byItself = () => "new";
    expect(await tally(callers(isolates, 80, (isolate) => origin.get(isolate, config, url)))).toEqual({ old: 80 });
    await world.surroundings.settle();
    expect(await tally(callers(isolates, 80, (isolate) => origin.get(isolate, config, url)))).toEqual({ new: 80 });
    expect(origin.asked.length).toBeLessThanOrEqual(8);
  });
});

describe("responses that vary on more than the cache declares", () => {
  it.each([
    ["held back until all callers wait", 1],
    ["given at once", 0],
  ])("cost one origin request a variant, and one more for each race, when %s", { timeout: 30_000 }, async (_, held) => {
    const { world, isolates, origin } = await setUp();
    const [config, url] = [world.config(), freshUrl()];
    const vary = { vary: "accept-language" };
    const page = (request: Request) => new Response(`in ${request.headers.get("accept-language")}`, { headers: vary });
    if (held === 0) origin.byItself = ({ request }) => page(request);
    let nth = 0;
    const answers = callers(isolates, 160, (isolate) => {
      nth += 1;
      const headers = { "accept-language": Math.ceil(nth / isolates.length) % 2 === 0 ? "en" : "fr" };
      return origin.get(isolate, config, new Request(url, { headers }));
    });
    if (held === 1) {
      const first = await origin.nth(1);
      await attached(world, isolates, 160);
      origin.byItself = ({ request }) => page(request);
      first.answer(page(first.request));
    }
    expect(await tally(answers)).toEqual({ "in en": 80, "in fr": 80 });
    await world.surroundings.settle();
    // The first fill is led under the key that knows no variant. Who learns of the variants while the shield has not got
    // its copy yet, or has learnt of them from its data centre, asks under a key of its own, where nobody leads yet.
    expect(origin.asked.length).toBeGreaterThanOrEqual(2);
    expect(origin.asked.length).toBeLessThanOrEqual(held === 1 ? 2 : 4);
  });
});
