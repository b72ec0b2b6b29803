import { describe, expect, it } from "vitest";
import { freshUrl } from "../support/fresh.ts";
import { bodies, callsOf, Origin } from "../support/origin.ts";
import type { Isolate } from "../support/world.ts";
import { World } from "../support/world.ts";

const mine = () => new Response("mine", { headers: { "set-cookie": "id=1" } });

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
  /** Whether two readers are at the origin at the same time; otherwise one of them would wait for the other. */
  const overlap = async (one: Isolate, other: Isolate, answer: () => Response) => {
    origin.byItself = undefined;
    const before = origin.asked.length;
    const answers = [read(one), read(other)];
    await origin.nth(before + 2);
    for (const open of origin.asked.slice(before)) open.answer(answer());
    const got = await bodies(answers);
    await world.surroundings.settle();
    return got;
  };
  return { world, config, here, there, origin, request, read, text, overlap };
}

describe("a response that may not be stored", () => {
  it("leaves a note by which the next requests do not wait for each other, in any data centre", async () => {
    const { here, there, origin, text, overlap, config } = await setUp();
    origin.byItself = mine;
    await text(here);
    expect(await overlap(here, here, mine)).toEqual(["mine", "mine"]);
    expect(await overlap(there, there, mine)).toEqual(["mine", "mine"]);
    // Once it has been told, a data centre need not ask the object.
    const calls = callsOf([here, there], "acquire");
    expect(await overlap(here, there, mine)).toEqual(["mine", "mine"]);
    expect(callsOf([here, there], "acquire")).toBe(calls);
    expect(await here.edge.stats(config)).toMatchObject({ hits: 0 });
    await there.edge.stats(config);
    expect(await here.edge.stats(config)).toMatchObject({ hits: 0, misses: 1, bypasses: 6, refusals: 7, puts: 0 });
  });

  it("lets go all who wait for it, at once, and gives its answer to none of them", async () => {
    const { here, there, origin, read, world, config } = await setUp();
    const leading = read(here);
    const first = await origin.nth(1);
    const waiting = [here, here, there, there].map(read);
    await expect.poll(() => callsOf([here, there], "acquire")).toBe(5);
    await here.edge.stats(config);
    first.answer(mine());
    await origin.nth(5);
    for (const [at, open] of origin.asked.entries()) if (at > 0) open.answer(`own ${at}`);
    expect((await leading).headers.get("set-cookie")).toBe("id=1");
    const answers = await Promise.all(waiting);
    expect(answers.map(({ headers }) => headers.get("cache-status"))).toEqual(
      Array(4).fill("Larder; fwd=bypass; fwd-status=200"),
    );
    expect(answers.every(({ headers }) => !headers.has("set-cookie"))).toBe(true);
    expect((await Promise.all(answers.map((answer) => answer.text()))).sort()).toEqual([
      "own 1",
      "own 2",
      "own 3",
      "own 4",
    ]);
    await world.surroundings.settle();
  });

  it("is counted once, and so is each request it lets pass, with its reason", async () => {
    const { here, origin, text, config, request } = await setUp();
    origin.byItself = mine;
    await text(here);
    expect(await here.edge.lookup(config, request)).toMatchObject({ outcome: "miss", reason: "hit-for-miss" });
    await text(here);
    expect(await here.edge.stats(config)).toMatchObject({ hits: 0, misses: 1, bypasses: 2, refusals: 2 });
  });

  it("is forgotten with the first that may be stored: at once in its own data centre", async () => {
    const { here, there, origin, text, read, config } = await setUp();
    origin.byItself = mine;
    await text(here);
    await text(there);
    origin.byItself = () => "ours";
    expect(await text(here)).toBe("ours");
    expect((await read(here)).headers.get("cache-status")).toBe("Larder; hit; ttl=60");
    // Another that has the note still is passed by it once, and has then one of its own.
    expect((await there.edge.lookup(config, new Request(freshUrl()))).outcome).toBe("miss");
    expect(await text(there)).toBe("ours");
    expect((await read(there)).headers.get("cache-status")).toBe("Larder; hit; ttl=60");
    expect(origin.asked.length).toBe(4);
  });

  it("is forgotten by the object too, so that a data centre without a note gets the shield's copy", async () => {
    const { world, here, origin, text } = await setUp();
    origin.byItself = mine;
    await text(here);
    origin.byItself = () => "ours";
    await text(here);
    expect(await text(await world.isolate("third"))).toBe("ours");
    expect(origin.asked.length).toBe(2);
  });

  it("is forgotten after hitForMissSeconds: then the next lead, and the others wait", async () => {
    const { world, here, there, origin, text, read } = await setUp({ hitForMissSeconds: 10 });
    origin.byItself = mine;
    await text(here);
    world.surroundings.advance(10.1);
    // The cache goes by the real clock, so it is a data centre without a note that shows it.
    origin.byItself = undefined;
    const answers = [read(there), read(there)];
    const leader = await origin.nth(2);
    await expect.poll(() => callsOf([there], "acquire")).toBe(2);
    await there.edge.stats(world.config());
    expect(origin.asked.length).toBe(2);
    leader.answer("ours");
    expect(await bodies(answers)).toEqual(["ours", "ours"]);
    await world.surroundings.settle();
  });

  it("leaves no note where hitForMissSeconds is 0: one after another leads", async () => {
    const { here, there, origin, read, world, text } = await setUp({ hitForMissSeconds: 0 });
    const answers = [read(here), read(here), read(there)];
    for (const nth of [1, 2, 3]) {
      const asked = await origin.nth(nth);
      await expect.poll(() => callsOf([here, there], "acquire")).toBeGreaterThanOrEqual(2 + nth);
      await here.edge.stats(world.config());
      expect(origin.asked.length).toBe(nth);
      asked.answer(mine());
    }
    expect(await bodies(answers)).toEqual(["mine", "mine", "mine"]);
    await world.surroundings.settle();
    origin.byItself = () => "ours";
    expect((await read(here)).headers.get("cache-status")).toBe("Larder; fwd=uri-miss; fwd-status=200");
    await world.surroundings.settle();
    expect(await text(there)).toBe("ours");
    expect(origin.asked.length).toBe(4);
  });

  it("by its server's failure leaves no note: the next may do better", async () => {
    const { here, origin, text, read } = await setUp();
    origin.byItself = () => new Response("down", { status: 500 });
    await text(here);
    origin.byItself = () => "ours";
    expect(await text(here)).toBe("ours");
    expect((await read(here)).headers.get("cache-status")).toBe("Larder; hit; ttl=60");
  });
});

describe("a request that is known to bring nothing for others", () => {
  const url = freshUrl("/private");

  it.each([
    ["a POST", { method: "POST", body: "x" }],
    ["one for a part", { headers: { range: "bytes=0-1" } }],
    ["one with credentials", { headers: { authorization: "Bearer x" } }],
    ["one that says no-store", { headers: { "cache-control": "no-store" } }],
    ["one that a rule sends past", { headers: { "x-preview": "1" } }],
    ["a HEAD", { method: "HEAD" }],
    ["one that switches protocols", { headers: { upgrade: "websocket" } }],
  ])("waits for nobody and holds no lease: %s", async (_, init: RequestInit) => {
    const world = new World();
    const config = world.config({ rules: [{ bypass: { headers: ["x-preview"] } }] });
    const [isolate, origin] = [await world.isolate(), new Origin()];
    const asked = () => new Request(url, init);
    // Somebody fills the key meanwhile.
    const leading = origin.get(isolate, config, url);
    const leader = await origin.nth(1);
    const calls = callsOf([isolate], "acquire");
    const answers = [origin.get(isolate, config, asked()), origin.get(isolate, config, asked())];
    const own = [await origin.nth(2), await origin.nth(3)];
    for (const open of own) open.answer(new Response(init.method === "HEAD" ? null : "own"));
    await bodies(answers);
    expect(callsOf([isolate], "acquire")).toBe(calls);
    leader.answer("ours");
    expect(await bodies([leading])).toEqual(["ours"]);
    await world.surroundings.settle();
  });

  it("is answered all the same from what is stored, where that is allowed", async () => {
    const world = new World();
    const config = world.config();
    const [isolate, origin, own] = [await world.isolate(), new Origin(), freshUrl()];
    origin.byItself = () => "0123456789";
    await bodies([origin.get(isolate, config, own)]);
    await world.surroundings.settle();
    const part = await origin.get(isolate, config, new Request(own, { headers: { range: "bytes=2-3" } }));
    expect([part.status, await part.text()]).toEqual([206, "23"]);
    expect(origin.asked.length).toBe(1);
  });

  it("leaves no note behind for others when its answer may not be stored", async () => {
    const world = new World();
    const config = world.config();
    const [isolate, origin, own] = [await world.isolate(), new Origin(), freshUrl()];
    origin.byItself = mine;
    await bodies([origin.get(isolate, config, new Request(own, { headers: { authorization: "Bearer x" } }))]);
    await world.surroundings.settle();
    const answer = await origin.get(isolate, config, own);
    expect(answer.headers.get("cache-status")).toBe("Larder; fwd=uri-miss; fwd-status=200");
    await world.surroundings.settle();
  });
});
