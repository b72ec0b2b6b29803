import { describe, expect, it } from "vitest";
import type { CacheConfig } from "../../schema/options.ts";
import { freshUrl } from "../support/fresh.ts";
import { bodies, callsOf, Origin } from "../support/origin.ts";
import type { Isolate } from "../support/world.ts";
import { World } from "../support/world.ts";

async function setUp(options: Parameters<World["config"]>[0] = {}) {
  const world = new World();
  const config = world.config(options);
  const [here, there] = [await world.isolate("here"), await world.isolate("there")];
  const [origin, request] = [new Origin(), new Request(freshUrl())];
  const read = (isolate: Isolate) => origin.get(isolate, config, request);
  const text = async (isolate: Isolate) => {
    const body = await (await read(isolate)).text();
    await world.surroundings.settle();
    return body;
  };
  return { world, config, here, there, origin, request, read, text };
}

describe("early refresh", () => {
  /** An entry with a ttl of 60 seconds whose origin took 2 to answer. */
  async function slow(options: Parameters<World["config"]>[0]) {
    const all = await setUp(options);
    const { world, origin, here, read } = all;
    const first = read(here);
    const asked = await origin.nth(1);
    world.surroundings.advance(2);
    asked.answer("old");
    await bodies([first]);
    await world.surroundings.settle();
    origin.byItself = () => "new";
    return all;
  }

  it("happens once near the end, behind a fresh answer", async () => {
    const { world, origin, here, there, read, text } = await slow({ earlyRefresh: 1 });
    await text(there);
    world.surroundings.advance(57);
    // -2 ln(0.5) = 1.4 seconds ahead of its time, but there are 3 to go.
    expect(await text(here)).toBe("old");
    expect(origin.asked.length).toBe(1);
    // -2 ln(0.1) = 4.6 seconds.
    world.surroundings.chance = 0.9;
    const answers = await Promise.all([here, here, there].map(read));
    expect(answers.map(({ headers }) => headers.get("cache-status"))).toEqual(Array(3).fill("Larder; hit; ttl=3"));
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(["old", "old", "old"]);
    await world.surroundings.settle();
    expect([await text(here), await text(there)]).toEqual(["new", "new"]);
    expect(origin.asked.length).toBe(2);
  });

  it("is off unless it is asked for", async () => {
    const { world, origin, here, text } = await slow({});
    world.surroundings.chance = 0.999_999;
    world.surroundings.advance(59);
    expect(await text(here)).toBe("old");
    expect(origin.asked.length).toBe(1);
  });

  it("never happens where the origin took no time", async () => {
    const { world, origin, here, text } = await setUp({ earlyRefresh: 10 });
    origin.byItself = () => "instant";
    world.surroundings.chance = 0.999_999;
    await text(here);
    world.surroundings.advance(59.9);
    await text(here);
    expect(origin.asked.length).toBe(1);
  });

  it("that fails leaves what is fresh, and the origin alone", async () => {
    const { world, origin, here, there, text } = await slow({ earlyRefresh: 1 });
    await text(there);
    origin.byItself = () => new Response("down", { status: 503 });
    world.surroundings.chance = 0.999_999;
    world.surroundings.advance(50);
    for (let tenths = 0; tenths < 50; tenths += 1) {
      expect([await text(here), await text(there)]).toEqual(["old", "old"]);
      world.surroundings.advance(0.1);
    }
    // After 0, 1 and 3 seconds.
    expect(origin.asked.length).toBe(4);
  });

  it("takes what another data centre has refreshed since rather than asking again", async () => {
    const { world, origin, here, there, text } = await slow({ earlyRefresh: 1 });
    await text(there);
    world.surroundings.advance(57);
    world.surroundings.chance = 0.9;
    await text(here);
    expect(origin.asked.length).toBe(2);
    expect([await text(there), await text(there)]).toEqual(["old", "new"]);
    expect(origin.asked.length).toBe(2);
  });
});

describe("jitter", () => {
  it("spreads a thousand entries of one second over its share of their lifetime, and never past it", async () => {
    const { world, config, here } = await setUp({ ttlSeconds: 1000, ttlJitter: 0.2 });
    const random = randomFrom(7);
    const ends: number[] = [];
    for (let entry = 0; entry < 1000; entry += 1) {
      world.surroundings.chance = random();
      const receipt = await here.edge.store(config, new Request(freshUrl()), new Response("x"), { tags: [] });
      if (!receipt.stored) throw new Error(receipt.reason);
      ends.push((receipt.expiresAt.getTime() - world.surroundings.nowMs()) / 1000);
    }
    expect(Math.max(...ends)).toBeLessThanOrEqual(1000);
    expect(Math.min(...ends)).toBeGreaterThanOrEqual(800);
    const fifths = [0, 1, 2, 3, 4].map((at) => ends.filter((end) => Math.floor((end - 800) / 40.2) === at).length);
    // 200 each, and a standard deviation of 13.
    for (const entries of fifths) expect(Math.abs(entries - 200)).toBeLessThan(60);
    await world.surroundings.settle();
  }, 30_000);

  it("holds for what is served: fresh up to its own end, then stale", async () => {
    const { world, config, here, request } = await setUp({
      ttlSeconds: 100,
      ttlJitter: 0.5,
      staleWhileRevalidateSeconds: 10,
    });
    world.surroundings.chance = 0.999;
    await here.edge.store(config, request, new Response("x"), { tags: [] });
    world.surroundings.advance(49.9);
    expect(await here.edge.lookup(config, request)).toMatchObject({ outcome: "hit", state: "fresh" });
    world.surroundings.advance(0.1);
    expect(await here.edge.lookup(config, request)).toMatchObject({ outcome: "hit", state: "stale" });
    world.surroundings.advance(10);
    expect(await here.edge.lookup(config, request)).toMatchObject({ outcome: "miss", reason: "expired" });
  });

  it("shortens only what is left of a response that came with an age", async () => {
    const { world, here, request, config } = await setUp({ ttlJitter: 0.9 });
    const open = { ...config, ttlSeconds: undefined };
    world.surroundings.chance = 0.999;
    const old = new Response("x", { headers: { "cache-control": "max-age=100", age: "90" } });
    await here.edge.store(open, request, old, { tags: [] });
    expect(await here.edge.lookup(open, request)).toMatchObject({ outcome: "hit", state: "fresh" });
    world.surroundings.advance(1);
    expect(await here.edge.lookup(open, request)).toMatchObject({ outcome: "miss", reason: "expired" });
  });

  it("is off unless it is asked for", async () => {
    const { world, here, request, config } = await setUp();
    world.surroundings.chance = 0.999;
    await here.edge.store(config, request, new Response("x"), { tags: [] });
    world.surroundings.advance(59.9);
    expect(await here.edge.lookup(config, request)).toMatchObject({ outcome: "hit", state: "fresh" });
  });
});

describe("a lifetime by status", () => {
  const ttlByStatus = { "404": 60, "5xx": 0, "503": 10 };
  const stateAfter = async (world: World, isolate: Isolate, config: CacheConfig, request: Request, seconds: number) => {
    world.surroundings.advance(seconds);
    const found = await isolate.edge.lookup(config, request);
    return found.outcome === "hit" ? found.state : found.reason;
  };

  it.each([
    [200, 299.9, 0.1],
    [404, 59.9, 0.1],
    [503, 9.9, 0.1],
  ])("keeps a %i for its time, whether it is put or read through", async (status, most, more) => {
    for (const way of ["put", "read"]) {
      const { world, config, here, origin, request, text } = await setUp({ ttlSeconds: 300, ttlByStatus });
      const response = new Response("x", { status });
      origin.byItself = () => response;
      if (way === "put") await here.edge.store(config, request, response, { tags: [] });
      else await text(here);
      expect(await stateAfter(world, here, config, request, most)).toBe("fresh");
      expect(await stateAfter(world, here, config, request, more)).toBe("expired");
    }
  });

  it("of 0 keeps nothing", async () => {
    const { config, here, request } = await setUp({ ttlByStatus });
    const receipt = await here.edge.store(config, request, new Response("x", { status: 500 }), { tags: [] });
    expect(receipt).toEqual({ stored: false, reason: "no-max-age" });
  });

  it("of a rule counts instead of the cache's own", async () => {
    const { config, here, world } = await setUp({
      ttlByStatus: { "404": 5 },
      rules: [{ path: "/api/*", ttlByStatus: { "403": 20 } }],
    });
    const [api, page] = [new Request(freshUrl("/api/x")), new Request(freshUrl("/x"))];
    const put = (request: Request, status: number) =>
      here.edge.store(config, request, new Response("x", { status }), { tags: [] });
    expect(await put(api, 403)).toMatchObject({ stored: true });
    expect(await put(page, 403)).toEqual({ stored: false, reason: "code" });
    expect(await stateAfter(world, here, config, api, 19.9)).toBe("fresh");
    // The rule says nothing of 404, so what is declared for all holds.
    expect(await put(api, 404)).toMatchObject({ stored: true });
    expect(await stateAfter(world, here, config, api, 59.9)).toBe("fresh");
  });

  it("makes a failure one that is shared by those who wait, and spares the origin", async () => {
    const { world, here, there, origin, read, text } = await setUp({ ttlByStatus });
    const answers = [here, here, there, there].map(read);
    const leader = await origin.nth(1);
    await expect.poll(() => callsOf([here, there], "acquire")).toBe(4);
    leader.answer(new Response("down", { status: 503 }));
    expect(await bodies(answers)).toEqual(Array(4).fill("down"));
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(4).fill(503));
    await world.surroundings.settle();
    world.surroundings.advance(9);
    expect([await text(here), await text(there)]).toEqual(["down", "down"]);
    expect(origin.asked.length).toBe(1);
    origin.byItself = () => "up";
    world.surroundings.advance(1.1);
    expect(await text(here)).toBe("up");
  });

  it.each([{ staleWhileRevalidateSeconds: 600 }, { staleIfErrorSeconds: 600 }])(
    "of a failure does not put it in the place of what may stand in: %o",
    async (windows) => {
      const { world, here, origin, text } = await setUp({ ttlByStatus, ...windows });
      origin.byItself = () => "old";
      await text(here);
      world.surroundings.advance(61);
      origin.byItself = () => new Response("down", { status: 503 });
      for (let second = 0; second < 20; second += 1) {
        expect(await text(here)).toBe("old");
        world.surroundings.advance(1);
      }
    },
  );

  it.each([{ staleWhileRevalidateSeconds: 600 }, { staleIfErrorSeconds: 600 }])(
    "of a failure that a data centre had nothing to stand in for does not reach those that have: %o",
    async (windows) => {
      // What is too large for the shield is in one data centre only.
      const { world, here, there, origin, text } = await setUp({ ttlByStatus, shieldMaxBytes: 5, ...windows });
      origin.byItself = () => "too large";
      await text(here);
      world.surroundings.advance(61);
      origin.byItself = () => new Response("down", { status: 503 });
      expect(await text(there)).toBe("down");
      for (let second = 0; second < 20; second += 1) {
        expect(await text(here)).toBe("too large");
        world.surroundings.advance(1);
      }
    },
  );
});

it("a failure offered to the shield does not take the place of what may stand in, where that is the shield's own", async () => {
  const { world, config, there, origin, request, read, text } = await setUp({
    ttlByStatus: { "503": 10 },
    staleIfErrorSeconds: 600,
  });
  const home = await world.isolate("home", { cache: caches.default });
  origin.byItself = () => "old";
  expect(await bodies([read(home)])).toEqual(["old"]);
  await world.surroundings.settle();
  world.surroundings.advance(61);
  origin.byItself = () => new Response("down", { status: 503 });
  expect(await text(there)).toBe("down");
  const found = await home.edge.lookup(config, request, { standIn: "failed" });
  expect(found.outcome === "hit" && (await found.response.text())).toBe("old");
});

/** A generator of random numbers that gives the same ones each time (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
