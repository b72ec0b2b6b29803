import { describe, expect, it } from "vitest";
import type { Tag } from "../../schema/names.ts";
import { freshUrl } from "../support/fresh.ts";
import { Origin } from "../support/origin.ts";
import type { Isolate } from "../support/world.ts";
import { versionOf, World } from "../support/world.ts";

const MODIFIED = "Wed, 06 Jan 2027 10:00:00 GMT";
const VALIDATORS = { etag: '"1"', "last-modified": MODIFIED };

/** A data centre with an entry that was stored a minute ago, when its ttl of 60 seconds began. */
async function setUp(options: Parameters<World["config"]>[0] = { staleWhileRevalidateSeconds: 600 }, body = "whole") {
  const world = new World();
  const config = world.config(options);
  const isolate = await world.isolate();
  const [origin, request] = [new Origin(), new Request(freshUrl())];
  const first = { ...VALIDATORS, "x-kept": "first", "x-new": "first", "cache-control": "max-age=1" };
  origin.byItself = () => new Response(body, { headers: first });
  const read = (asked = request, by = isolate) => origin.get(by, config, asked, { store: { tags: ["t" as Tag] } });
  const text = async (...reading: Parameters<typeof read>) => {
    const answer = await (await read(...reading)).text();
    await world.surroundings.settle();
    return answer;
  };
  expect(await text()).toBe(body);
  world.surroundings.advance(60);
  const conditions = () => origin.asked.map((asked) => asked.conditions && Object.fromEntries(asked.conditions));
  return { world, config, isolate, origin, request, read, text, conditions };
}

function notModified(headers: HeadersInit = { etag: '"1"' }): Response {
  return new Response(null, { status: 304, headers });
}

async function hit(
  isolate: Isolate,
  ...rest: Parameters<Isolate["edge"]["lookup"]> extends [infer C, infer R, ...infer _] ? [C, R] : never
) {
  const found = await isolate.edge.lookup(...rest);
  if (found.outcome !== "hit") throw new Error(`expected a hit, not ${found.reason}`);
  return found;
}

describe("a refresh", () => {
  it("asks by the validators of what is stored, and a 304 renews it without a body", async () => {
    const { world, config, isolate, origin, request, text, conditions } = await setUp();
    const date = "Thu, 21 Jan 2027 10:00:00 GMT";
    origin.byItself = () => notModified({ etag: '"1"', date, "x-new": "second", "cache-control": "max-age=2" });
    expect(await text()).toBe("whole");
    expect(conditions()).toEqual([undefined, { "if-none-match": '"1"', "if-modified-since": MODIFIED }]);
    const { state, response } = await hit(isolate, config, request);
    expect([state, await response.text()]).toEqual(["fresh", "whole"]);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...VALIDATORS,
      age: "0",
      date,
      "x-kept": "first",
      "x-new": "second",
      "cache-control": "max-age=2",
      "cache-status": "Larder; hit; ttl=60",
    });
    world.surroundings.advance(59.9);
    expect((await hit(isolate, config, request)).state).toBe("fresh");
  });

  it("asks without conditions where nothing is stored to ask by", async () => {
    const world = new World();
    const config = world.config({ staleWhileRevalidateSeconds: 10 });
    const [isolate, origin, url] = [await world.isolate(), new Origin(), freshUrl()];
    origin.byItself = () => "plain";
    for (const seconds of [60, 0]) {
      await (await origin.get(isolate, config, url)).text();
      await world.surroundings.settle();
      world.surroundings.advance(seconds);
    }
    expect(origin.asked.map((asked) => asked.conditions)).toEqual([undefined, undefined]);
  });

  it("keeps the tags of what it renews, so that a purge by one still reaches it", async () => {
    const { config, isolate, origin, request, world } = await setUp();
    origin.byItself = () => notModified();
    await (await origin.get(isolate, config, request, { store: { tags: ["added" as Tag] } })).text();
    await world.surroundings.settle();
    expect((await hit(isolate, config, request)).state).toBe("fresh");
    expect(await isolate.edge.purge(config, { allOf: ["t", "added"], dryRun: true })).toMatchObject({ purged: 1 });
    await isolate.edge.purge(config, { tags: ["t"] });
    expect((await isolate.edge.lookup(config, request)).outcome).toBe("miss");
  });

  it("leaves permanent what was put so", async () => {
    const { config, isolate, origin, request, text } = await setUp();
    const put = new Response("put", { headers: VALIDATORS });
    await isolate.edge.store(config, request, put, { tags: [], permanent: true });
    await isolate.edge.purge(config, { url: request.url, soft: true });
    origin.byItself = () => notModified();
    expect(await text()).toBe("put");
    expect((await hit(isolate, config, request)).state).toBe("fresh");
    await isolate.edge.purge(config, { everything: true });
    expect((await hit(isolate, config, request)).state).toBe("fresh");
  });

  it("carries the log as it was before the origin was asked: an older soft purge no longer makes it stale", async () => {
    const { config, isolate, origin, request, text } = await setUp();
    await isolate.edge.purge(config, { tags: ["t"], soft: true });
    origin.byItself = () => notModified();
    await text();
    expect((await hit(isolate, config, request)).state).toBe("fresh");
    await isolate.edge.purge(config, { tags: ["t"], soft: true });
    expect((await hit(isolate, config, request)).state).toBe("stale");
  });

  it("renews a body that lies apart", async () => {
    const body = "0123456789".repeat(150_000);
    const { config, isolate, origin, request, text } = await setUp(undefined, body);
    origin.byItself = () => notModified();
    expect(await text()).toBe(body);
    const { state, response } = await hit(isolate, config, request);
    expect([state, (await response.text()) === body]).toEqual(["fresh", true]);
    expect(origin.asked.length).toBe(2);
  });

  it("that is answered by a 304 reaches the other data centres too", async () => {
    const { world, origin, read, text } = await setUp();
    const there = await world.isolate("there");
    expect(await text(undefined, there)).toBe("whole");
    world.surroundings.advance(60);
    origin.byItself = () => notModified({ etag: '"1"', "x-new": "second" });
    await text();
    const asked = origin.asked.length;
    await text(undefined, there);
    const renewed = await read(undefined, there);
    expect([renewed.headers.get("age"), renewed.headers.get("x-new"), await renewed.text()]).toEqual([
      "0",
      "second",
      "whole",
    ]);
    expect(origin.asked.length).toBe(asked);
  });

  it.each([
    ["another ETag", { etag: '"2"' }],
    ["another date", { "last-modified": "Wed, 06 Jan 2027 11:00:00 GMT" }],
  ])("whose 304 has %s asks once more, without conditions, and stores the whole", async (_, headers) => {
    const { config, isolate, origin, request, text, conditions } = await setUp();
    origin.byItself = (asked) => (asked.conditions === undefined ? "new whole" : notModified(headers));
    expect(await text()).toBe("whole");
    expect(conditions().slice(1)).toEqual([expect.anything(), undefined]);
    const { state, response } = await hit(isolate, config, request);
    expect([state, await response.text()]).toEqual(["fresh", "new whole"]);
  });

  it.each([
    ["answers 503", () => new Response("down", { status: 503 })],
    ["fails", () => Promise.reject(new Error("refused"))],
  ])("whose 304 is about something else leaves the stale copy when the origin then %s", async (_, failure) => {
    const { world, config, origin, text } = await setUp({
      staleWhileRevalidateSeconds: 600,
      ttlByStatus: { "503": 10 },
    });
    origin.byItself = (asked) => (asked.conditions === undefined ? failure() : notModified({ etag: '"2"' }));
    for (let tenths = 0; tenths < 20; tenths += 1) {
      expect(await text()).toBe("whole");
      world.surroundings.advance(0.1);
    }
    // After 0 and 1 seconds, twice each.
    expect(origin.asked.length).toBe(5);
    void config;
  });

  it.each(["before", "while"])("of what a purge has hit %s the origin is asked stores the whole", async (when) => {
    const { world, config, isolate, origin, request, text } = await setUp();
    const elsewhere = await world.isolate("elsewhere");
    const purge = () => elsewhere.edge.purge(config, { tags: ["t"] });
    await isolate.edge.stats(config);
    if (when === "before") await purge();
    origin.byItself = async (asked) => {
      if (asked.conditions === undefined) return new Response("new whole", { headers: VALIDATORS });
      if (when === "while") await purge();
      // By now the isolate has heard of it.
      await isolate.edge.stats(config);
      return notModified();
    };
    // The view that served this is within its bound.
    expect(await text()).toBe("whole");
    const { response } = await hit(isolate, config, request);
    expect(await response.text()).toBe("new whole");
    expect(origin.asked.length).toBe(3);
  });

  it("whose 304 may not be stored ends the stale copy", async () => {
    const { origin, text, isolate, config, request } = await setUp();
    origin.byItself = () => notModified({ etag: '"1"', "cache-control": "no-store" });
    expect(await text()).toBe("whole");
    expect(await isolate.edge.lookup(config, request)).toMatchObject({ outcome: "miss", reason: "hit-for-miss" });
  });
});

describe("a client's own condition", () => {
  it("at a stale entry is answered by the cache, and the refresh asks by the entry's validators", async () => {
    const { origin, request, text, read, world, conditions } = await setUp();
    origin.byItself = () => notModified();
    const own = new Request(request.url, { headers: { "if-none-match": '"0", "1"' } });
    const answer = await read(own);
    expect([answer.status, answer.body]).toEqual([304, null]);
    await world.surroundings.settle();
    expect(conditions()[1]).toEqual({ "if-none-match": '"1"', "if-modified-since": MODIFIED });
    expect(await text()).toBe("whole");
    expect(origin.asked.length).toBe(2);
  });

  it("that does not hold is answered with the whole", async () => {
    const { origin, request, text } = await setUp();
    origin.byItself = () => notModified();
    expect(await text(new Request(request.url, { headers: { "if-none-match": '"0"' } }))).toBe("whole");
  });

  it("is not confirmed by the origin for others: a 304 to it leaves nobody waiting", async () => {
    const world = new World();
    const config = world.config();
    const [isolate, origin, url] = [await world.isolate(), new Origin(), freshUrl()];
    // A loader that passes the client's request on as it is.
    origin.byItself = ({ request }) => (request.headers.has("if-none-match") ? notModified() : "whole");
    const conditional = new Request(url, { headers: { "if-none-match": '"1"' } });
    expect((await origin.get(isolate, config, conditional)).status).toBe(304);
    await world.surroundings.settle();
    expect(await (await origin.get(isolate, config, url)).text()).toBe("whole");
    await world.surroundings.settle();
    expect(await (await origin.get(isolate, config, url)).text()).toBe("whole");
    expect(origin.asked.length).toBe(2);
  });
});

describe("a caller who waits, with a copy kept for errors only", () => {
  const forErrors = { staleIfErrorSeconds: 600 };

  it("is answered from the copy by a 304", async () => {
    const { config, isolate, origin, request, read, world, conditions } = await setUp(forErrors);
    origin.byItself = () => notModified({ etag: '"1"', "x-new": "second" });
    const answer = await read();
    expect([answer.status, answer.headers.get("x-new"), answer.headers.get("age")]).toEqual([200, "second", "0"]);
    expect(await answer.text()).toBe("whole");
    await world.surroundings.settle();
    expect(conditions()[1]).toEqual({ "if-none-match": '"1"', "if-modified-since": MODIFIED });
    expect((await hit(isolate, config, request)).state).toBe("fresh");
    expect(origin.asked.length).toBe(2);
  });

  it("is answered from the copy by a 304 whose body lies apart, as are those who wait with it", async () => {
    const body = "0123456789".repeat(150_000);
    const { origin, read } = await setUp(forErrors, body);
    origin.byItself = undefined;
    const answers = [read(), read(), read()];
    (await origin.nth(2)).answer(notModified());
    const got = await Promise.all(answers.map(async (answer) => (await (await answer).text()) === body));
    expect(got).toEqual([true, true, true]);
    expect(origin.asked.length).toBe(2);
  });

  it("and a condition of its own is answered by a 304 of ours", async () => {
    const { origin, request, read } = await setUp(forErrors);
    origin.byItself = () => notModified();
    const answer = await read(new Request(request.url, { headers: { "if-none-match": '"1"' } }));
    expect([answer.status, answer.body]).toEqual([304, null]);
  });

  it.each([
    ["has another ETag", notModified({ etag: '"2"' }), async () => {}],
    ["comes after a purge", notModified(), async (purge: () => Promise<unknown>) => void (await purge())],
  ])("is answered with the new whole when the 304 %s, and that is stored", async (_, answer, meanwhile) => {
    const { config, isolate, origin, request, text } = await setUp(forErrors);
    origin.byItself = async (asked) => {
      if (asked.conditions === undefined) return new Response("new whole");
      await meanwhile(() => isolate.edge.purge(config, { tags: ["t"] }));
      return answer;
    };
    expect(await text()).toBe("new whole");
    const { state, response } = await hit(isolate, config, request);
    expect([state, await response.text()]).toEqual(["fresh", "new whole"]);
    expect(origin.asked.length).toBe(3);
  });

  it("is answered from the copy when a 304 is about something else and the origin then fails", async () => {
    const { origin, text } = await setUp(forErrors);
    origin.byItself = (asked) =>
      asked.conditions === undefined ? new Response("down", { status: 503 }) : notModified({ etag: '"2"' });
    expect(await text()).toBe("whole");
  });

  it("and reaches the cache by an isolate that has not heard of the purge it comes after brings nothing back", async () => {
    const { world, config, isolate, request } = await setUp(forErrors);
    // Over RPC one isolate may look up and another store.
    const behind = await world.isolate();
    await behind.edge.lookup(config, request);
    const version = await versionOf(isolate.edge.purge(config, { tags: ["t"] }));
    const receipt = await behind.edge.store(config, request, notModified(), { tags: [], asOf: version, renews: true });
    expect(receipt).toEqual({ stored: false, reason: "code" });
    expect(await isolate.edge.lookup(config, request)).toMatchObject({ outcome: "miss", reason: "purged" });
  });
});
