import { afterEach, expect, it, vi } from "vitest";
import { Router } from "../../src/gateway/router.ts";
import { freshUrl } from "../support/fresh.ts";
import { gatewayFor } from "../support/gateway.ts";
import { World } from "../support/world.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

async function setUp({ explains = true } = {}) {
  const world = new World();
  const isolate = await world.isolate();
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (url: URL, init: RequestInit) => {
    asked.push(new Request(url, init));
    return new Response(`page ${asked.length}`);
  });
  const router = new Router().get("/p/:id", ({ cache, proxy }) => {
    cache({ edge: { maxAgeSeconds: 60, tags: ["product:{id}"] } });
    return proxy("origin");
  });
  const gateway = gatewayFor({
    origin: "https://origin.example",
    config: { ...world.config(), ttlSeconds: undefined },
    readThrough: isolate.readThrough,
    router,
    debugging: {
      isToken: async (token) => token === "secret",
      explain: async (config, request) => {
        if (!explains) throw new Error("the object refuses");
        return isolate.edge.explain(config, request, {});
      },
    },
  });
  const url = new URL("/p/1", freshUrl("/")).href;
  const get = async (headers: HeadersInit = {}) => {
    const response = await gateway(new Request(url, { headers }));
    const text = await response.text();
    await world.surroundings.settle();
    return { text, headers: response.headers };
  };
  return { get, asked, url };
}

const TELL = { "larder-debug": "1", "larder-token": "secret" };

it("an operator is told the key, the route, the tags, the version, the view's age and the times", async () => {
  const { get, url } = await setUp();
  const first = await get(TELL);
  expect(first.headers.get("larder-debug-outcome")).toBe("miss; absent");
  expect(first.headers.get("server-timing")).toMatch(/^larder;dur=\d+;desc="uri-miss", origin;dur=\d+$/);
  const { headers, text } = await get(TELL);
  expect(text).toBe("page 1");
  expect(Object.fromEntries([...headers].filter(([name]) => name.startsWith("larder-debug")))).toEqual({
    "larder-debug-outcome": "hit",
    "larder-debug-key": expect.stringContaining(`${url}?larder=`),
    "larder-debug-url": url,
    "larder-debug-routes": "GET /p/:id",
    "larder-debug-origin": "https://origin.example",
    "larder-debug-state": "fresh",
    "larder-debug-tags": "product:1",
    "larder-debug-version": expect.stringMatching(/^[0-9a-f]{16}-\d+$/),
    "larder-debug-view": expect.stringMatching(/^[0-9a-f]{16}-\d+; age=\d/),
  });
  expect(headers.get("server-timing")).toMatch(/^larder;dur=\d+;desc="hit"$/);
});

it("an operator may go past the cache, and changes nothing by it", async () => {
  const { get } = await setUp();
  await get();
  const past = await get({ ...TELL, "larder-debug": "bypass" });
  expect([past.text, past.headers.get("larder-caching-status")]).toEqual(["page 2", "debug"]);
  expect((await get()).text).toBe("page 1");
});

it.each<Record<string, string>>([
  { "larder-debug": "1" },
  { "larder-debug": "1", "larder-token": "wrong" },
  { "larder-debug": "bypass" },
  { "larder-token": "secret" },
])("nobody else is told anything: %j", async (headers) => {
  const { get } = await setUp();
  await get();
  const answer = await get(headers);
  expect([...answer.headers.keys()].filter((name) => name.startsWith("larder-debug"))).toEqual([]);
  expect([answer.text, answer.headers.has("server-timing")]).toEqual(["page 1", false]);
});

it("what cannot be explained is answered as a failure of the cache, and not thrown", async () => {
  const { get } = await setUp({ explains: false });
  expect((await get(TELL)).text).toBe("The cache has failed.\n");
  expect((await get()).text).toBe("page 1");
});

it("the origin never sees the token", async () => {
  const { get, asked } = await setUp();
  await get(TELL);
  expect(["larder-debug", "larder-token"].filter((name) => asked[0]?.headers.has(name))).toEqual([]);
});
