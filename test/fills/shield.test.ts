import { describe, expect, it } from "vitest";
import type { Tag } from "../../schema/names.ts";
import type { CacheConfig, StoreOptions } from "../../schema/options.ts";
import { freshUrl } from "../support/fresh.ts";
import { attached, Origin } from "../support/origin.ts";
import type { Isolate } from "../support/world.ts";
import { World } from "../support/world.ts";

const YEAR_SECONDS = 365 * 86_400;

/** Two data centres whose clocks agree with each other's as little as with the object's. */
async function setUp(options: Parameters<World["config"]>[0] = {}) {
  const world = new World();
  const [a, b] = [
    await world.isolate("a", { clockAheadSeconds: YEAR_SECONDS }),
    await world.isolate("b", { clockAheadSeconds: -3 * YEAR_SECONDS }),
  ];
  const [origin, request] = [new Origin(), new Request(freshUrl())];
  origin.byItself = (_, before) => `body ${before + 1}`;
  const config = world.config(options);
  const read = (isolate: Isolate, tags: readonly string[] = []) =>
    origin.get(isolate, config, request, { store: { tags: tags as Tag[] } });
  const text = async (...reading: Parameters<typeof read>) => {
    const body = await (await read(...reading)).text();
    await world.surroundings.settle();
    return body;
  };
  return { world, a, b, origin, request, config, read, text };
}

/** A lookup that may be answered from another data centre; it gives back any lease it is given. */
async function lookUp(isolate: Isolate, config: CacheConfig, request: Request): Promise<Response | undefined> {
  const found = await isolate.edge.lookup(config, request, { coalesce: true });
  if (found.outcome === "hit") return found.response;
  if (found.lease !== undefined) await isolate.edge.abandon(config, found.lease);
  return undefined;
}

async function put(
  isolate: Isolate,
  config: CacheConfig,
  request: Request,
  response: Response,
  options?: StoreOptions,
) {
  const receipt = await isolate.edge.store(config, request, response, options ?? { tags: [] });
  await isolate.surroundings.settle();
  return receipt;
}

describe("what one data centre has filled", () => {
  it("is served in another without the origin, and from then on out of its own cache", async () => {
    const { world, a, b, origin, read, text } = await setUp();
    expect(await text(a)).toBe("body 1");
    const there = await read(b);
    expect(there.headers.get("cache-status")).toBe("Larder-Shield; hit; ttl=60, Larder; fwd=uri-miss; stored; ttl=60");
    expect(await there.text()).toBe("body 1");
    await world.surroundings.settle();
    const { length } = b.link.calls;
    const again = await read(b);
    expect(again.headers.get("cache-status")).toBe("Larder; hit; ttl=60");
    expect(await again.text()).toBe("body 1");
    expect(b.link.calls.slice(length)).toEqual([]);
    expect(origin.asked.length).toBe(1);
  });

  it("arrives with its age, whatever the clocks say", async () => {
    const { world, a, b, origin, config, request, read, text } = await setUp({ staleWhileRevalidateSeconds: 10 });
    const [c] = [await world.isolate("c", { clockAheadSeconds: 12_345.678 })];
    await text(a);
    world.surroundings.advance(20);
    expect(served(await read(b))).toEqual(["20", "Larder-Shield; hit; ttl=40, Larder; fwd=uri-miss; stored; ttl=40"]);
    await world.surroundings.settle();
    world.surroundings.advance(20);
    expect(served(await read(b))).toEqual(["40", "Larder; hit; ttl=20"]);
    expect(served(await read(c))[0]).toBe("40");
    await world.surroundings.settle();
    world.surroundings.advance(19);
    for (const isolate of [a, b, c]) expect(served(await read(isolate))).toEqual(["59", "Larder; hit; ttl=1"]);
    expect(origin.asked.length).toBe(1);
    world.surroundings.advance(2);
    const states = await Promise.all([a, b, c].map((isolate) => isolate.edge.lookup(config, request)));
    expect(states.map((found) => found.outcome === "hit" && found.state)).toEqual(["stale", "stale", "stale"]);
  });

  it("keeps the age it came from its origin with", async () => {
    const { a, b, world, config, request } = await setUp();
    const { ttlSeconds: _, ...open } = config;
    const old = new Response("x", { headers: { "cache-control": "max-age=100", age: "30" } });
    await put(a, open as CacheConfig, request, old);
    world.surroundings.advance(5);
    const there = await lookUp(b, open as CacheConfig, request);
    expect([there?.headers.get("age"), there?.headers.get("cache-control")]).toEqual(["35", "max-age=100"]);
    await there?.text();
  });

  it("is gone from the shield with a hard purge by a tag it has", async () => {
    const { world, a, b, origin, config, text } = await setUp();
    await text(a, ["product:1"]);
    await a.edge.purge(config, { tags: ["product:1"] });
    expect(await text(b)).toBe("body 2");
    expect(origin.asked.length).toBe(2);
    // And what has come since is shared again.
    expect(await text(await world.isolate("c"))).toBe("body 2");
  });

  it("keeps its tags on its way, so that a purge made later reaches it where it went", async () => {
    const { a, b, config, text } = await setUp();
    await text(a, ["product:1"]);
    await text(b);
    await a.edge.purge(config, { tags: ["product:1"] });
    expect((await b.edge.lookup(config, new Request(freshUrl()), { consistency: "strong" })).outcome).toBe("miss");
    expect(await text(b)).toBe("body 2");
  });

  it("is stale at the shield after a soft purge: it answers at once and is refreshed", async () => {
    const { world, a, b, origin, config, read, text } = await setUp({ staleWhileRevalidateSeconds: 30 });
    await text(a);
    await a.edge.purge(config, { everything: true, soft: true });
    const there = await read(b);
    expect(await there.text()).toBe("body 1");
    await world.surroundings.settle();
    expect(origin.asked.length).toBe(2);
    expect(await text(b)).toBe("body 2");
    expect(await text(a)).toBe("body 1");
    expect(await text(a)).toBe("body 2");
    expect(origin.asked.length).toBe(2);
  });

  it.each([
    ["a 404", 404, {}, {}],
    ["a redirect with a lifetime of its own", 301, { location: "/there", "cache-control": "max-age=50" }, {}],
    ["an answer without content", 204, {}, {}],
    [
      "fields the platform would act on",
      200,
      {
        vary: "accept-language",
        date: "Fri, 15 Jan 2027 08:00:00 GMT",
        "cache-control": "max-age=5, stale-while-revalidate=7",
        expires: "0",
        pragma: "x",
        etag: '"1"',
      },
      { vary: ["accept-language"] },
    ],
  ])("arrives as it was: %s", async (_, status, headers, more) => {
    const { a, b, config, request } = await setUp();
    const response = new Response(status === 204 ? null : "text", { status, headers: headers as HeadersInit });
    const vary = { ...config, ...more };
    expect(await put(a, vary, request, response)).toMatchObject({ stored: true });
    const there = await lookUp(b, vary, request);
    expect(there?.status).toBe(status);
    expect(Object.fromEntries(there?.headers ?? [])).toMatchObject(headers);
    expect(await there?.text()).toBe(status === 204 ? "" : "text");
    await b.surroundings.settle();
    const own = await b.edge.lookup(vary, request);
    if (own.outcome !== "hit") throw new Error("expected a hit");
    expect(own.response.status).toBe(status);
    expect(Object.fromEntries(own.response.headers)).toMatchObject(headers);
    expect(own.response.headers.has("set-cookie")).toBe(false);
    expect(await own.response.text()).toBe(status === 204 ? "" : "text");
  });

  it("never carries a cookie: what sets one is not stored anywhere", async () => {
    const { a, b, origin, read, world } = await setUp();
    origin.byItself = (_, before) => (before === 0 ? new Response("1", { headers: { "set-cookie": "id=1" } }) : "2");
    expect((await read(a)).headers.has("set-cookie")).toBe(true);
    await world.surroundings.settle();
    const there = await read(b);
    expect([there.headers.has("set-cookie"), await there.text()]).toEqual([false, "2"]);
  });

  it("stays encoded as it was, once", async () => {
    const { a, b, config, request: plain } = await setUp();
    const request = new Request(plain, { headers: { "accept-encoding": "gzip" } });
    const text = "compressible ".repeat(100);
    // As `fetch` gives it: read here it is plain, and it is sent encoded.
    await put(a, config, request, new Response(text, { headers: { "content-encoding": "gzip" } }));
    for (const isolate of [a, b, b]) {
      const found = await lookUp(isolate, config, request);
      expect(found?.headers.get("content-encoding")).toBe("gzip");
      expect(await found?.text()).toBe(text);
      await isolate.surroundings.settle();
    }
  });

  it("survives a purge of everything where it is permanent, in every data centre", async () => {
    const { a, b, config, request } = await setUp();
    await put(a, config, request, new Response("for ever"), { tags: [], permanent: true });
    expect(await (await lookUp(b, config, request))?.text()).toBe("for ever");
    await b.surroundings.settle();
    await a.edge.purge(config, { everything: true });
    const found = await b.edge.lookup(config, request, { consistency: "strong" });
    expect(found.outcome === "hit" && (await found.response.text())).toBe("for ever");
    await b.edge.purge(config, { url: request.url });
    expect((await a.edge.lookup(config, request, { consistency: "strong" })).outcome).toBe("miss");
  });
});

describe("a body on its way through the shield", () => {
  it.each([
    ["of no bytes", 0],
    ["of one byte", 1],
    ["of 1 MiB", 1024 * 1024],
    ["that lies apart from its entry", 1.5 * 1024 * 1024],
  ])("arrives whole: one %s", async (_, bytes) => {
    const { a, b, config, request, world } = await setUp();
    const body = new Uint8Array(bytes).map((_byte, at) => (at * 31) % 251);
    await put(a, config, request, new Response(body));
    for (const isolate of [b, b, await world.isolate("c")]) {
      const found = await lookUp(isolate, config, request);
      expect(found).toBeDefined();
      expect(sameBytes(new Uint8Array((await found?.arrayBuffer()) as ArrayBuffer), body)).toBe(true);
      await isolate.surroundings.settle();
    }
  });

  it("is not taken by the shield when it is larger than the cache says, and then each data centre asks", async () => {
    const { a, b, origin, text } = await setUp({ shieldMaxBytes: 5 });
    expect(await text(a)).toBe("body 1");
    expect(a.link.calls).not.toContain("offer");
    expect(await text(b)).toBe("body 2");
    expect(await text(a)).toBe("body 1");
    expect(origin.asked.length).toBe(2);
  });

  it("is taken when it is just as large as the cache says", async () => {
    const { a, b, text } = await setUp({ shieldMaxBytes: 6 });
    expect(await text(a)).toBe("body 1");
    expect(a.link.calls).toContain("offer");
    expect(await text(b)).toBe("body 1");
  });

  it.each(["", "body"])("is not taken where the shield is turned off, be it empty or not", async (body) => {
    const { a, b, origin, text } = await setUp({ shieldMaxBytes: 0 });
    origin.byItself = () => new Response(body);
    expect([await text(a), await text(b)]).toEqual([body, body]);
    expect(a.link.calls).not.toContain("offer");
    expect(origin.asked.length).toBe(2);
  });
});

describe("who waits for it", () => {
  it("is told that the request was collapsed, and one in each data centre fetches it for the others", async () => {
    const { world, a, b, origin, read } = await setUp();
    origin.byItself = undefined;
    const leading = read(a);
    const asked = await origin.nth(1);
    const here = read(a);
    const there = [read(b), read(b), read(b)];
    await attached(world, [a, b], 5);
    asked.answer("one for all");
    const fields = async (response: Promise<Response>) => {
      const { headers } = await response;
      return headers.get("cache-status");
    };
    expect(await (await leading).text()).toBe("one for all");
    expect(await fields(here)).toBe("Larder; fwd=uri-miss; collapsed; ttl=60");
    expect((await Promise.all(there.map(fields))).sort()).toEqual([
      "Larder-Shield; hit; ttl=60, Larder; fwd=uri-miss; stored; ttl=60",
      "Larder; fwd=uri-miss; collapsed; ttl=60",
      "Larder; fwd=uri-miss; collapsed; ttl=60",
    ]);
    for (const response of [here, ...there]) expect(await (await response).text()).toBe("one for all");
    await world.surroundings.settle();
    expect(origin.asked.length).toBe(1);
    expect(b.link.calls.filter((call) => call === "landed").length).toBe(1);
  });

  it("finds elsewhere what was put", async () => {
    const { a, b, config, request } = await setUp();
    await put(a, config, request, new Response("put"));
    const found = await b.edge.lookup(config, request, { coalesce: true });
    expect(found.outcome === "hit" && (await found.response.text())).toBe("put");
    expect((await b.edge.lookup(config, new Request(freshUrl()))).outcome).toBe("miss");
  });
});

function served(response: Response): (string | null)[] {
  response.body?.cancel();
  return [response.headers.get("age"), response.headers.get("cache-status")];
}

function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.byteLength === other.byteLength && one.every((byte, at) => byte === other[at]);
}
