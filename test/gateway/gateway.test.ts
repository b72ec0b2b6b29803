import { afterEach, expect, it, vi } from "vitest";
import type { CacheOptions } from "../../schema/options.ts";
import type { ReadThrough } from "../../src/edge/read-through.ts";
import { freshUrl } from "../support/fresh.ts";
import { gatewayFor } from "../support/gateway.ts";
import { versionOf, World } from "../support/world.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A gateway in one data centre, and someone who purges in another. */
async function setUp(origin: (request: Request) => Response, options: Partial<CacheOptions> = {}) {
  const world = new World();
  const config = { ...world.config(options), ttlSeconds: undefined };
  const [here, there] = [await world.isolate("here"), await world.isolate("there")];
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (url: URL, init: RequestInit) => {
    asked.push(new Request(url, init));
    return origin(new Request(url, init));
  });
  const gateway = gatewayFor({ origin: "https://origin.example", config, readThrough: here.readThrough });
  const get = async (url: string, init: RequestInit = {}) => {
    const response = await gateway(new Request(url, init));
    const text = await response.text();
    await world.surroundings.settle();
    return { status: response.status, text, headers: response.headers };
  };
  const purge = () => versionOf(there.edge.purge(config, { everything: true }));
  return { get, purge, asked, world, here, config };
}

it.each([
  ["header", (version: string) => ({ "larder-at-least": version })],
  ["cookie", (version: string) => ({ cookie: `session=1; Larder-At-Least=${version}` })],
])("an editor who holds a purge's version in a %s never sees the page before it", async (_, headers) => {
  let edits = 0;
  const page = () => new Response(`edit ${edits}`, { headers: { "cache-control": "max-age=60" } });
  const { get, purge, asked } = await setUp(page);
  const url = freshUrl("/page");
  await get(url);
  edits = 1;
  const version = await purge();
  expect((await get(url)).text).toBe("edit 0");
  expect((await get(url, { headers: headers(version) })).text).toBe("edit 1");
  expect((await get(url)).text).toBe("edit 1");
  expect(asked.every((request) => !request.headers.has("larder-at-least"))).toBe(true);
});

it("a version that is none is refused in the header and ignored in a cookie, which may be another's", async () => {
  const { get } = await setUp(() => new Response("page"));
  const refused = await get(freshUrl(), { headers: { "larder-at-least": "soon" } });
  expect([refused.status, refused.text]).toEqual([400, "Larder-At-Least: must be a version as a purge returned it.\n"]);
  expect(refused.headers.has("cache-status")).toBe(false);
  expect((await get(freshUrl(), { headers: { cookie: "larder-at-least=soon" } })).status).toBe(200);
});

it("a form that is sent makes its page new for the next reader", async () => {
  let saved = "old";
  const { get } = await setUp((request) => {
    if (request.method !== "POST") return new Response(saved, { headers: { "cache-control": "max-age=60" } });
    saved = "new";
    return new Response(null, { status: 303, headers: { location: "/list" } });
  });
  const [page, list] = ["/page", "/list"].map((path) => new URL(path, "https://site.example").href);
  if (page === undefined || list === undefined) throw new Error("unreachable");
  expect([(await get(page)).text, (await get(list)).text]).toEqual(["old", "old"]);
  expect((await get(page, { method: "POST", body: "name=new" })).status).toBe(303);
  expect([(await get(page)).text, (await get(list)).text]).toEqual(["new", "new"]);
});

it("an origin that cannot be reached is a bad gateway", async () => {
  const { get } = await setUp(() => {
    throw new Error("connection refused");
  });
  const answer = await get(freshUrl());
  expect(answer).toMatchObject({ status: 502, text: "Bad gateway: the origin could not be reached.\n" });
  expect(answer.headers.has("cache-status")).toBe(false);
  expect((await get(freshUrl(), { method: "POST", body: "x" })).status).toBe(502);
});

it("a cache that fails is not called the origin's fault", async () => {
  const config = new World().config();
  const readThrough = { answer: () => Promise.reject(new Error("no cache")) } as unknown as ReadThrough;
  const gateway = gatewayFor({ origin: "https://origin.example", config, readThrough });
  const answer = await gateway(new Request(freshUrl()));
  expect([answer.status, answer.headers.has("cache-status")]).toEqual([500, false]);
});

it("targeted fields are kept from clients where the cache is declared so, on a miss and on a hit", async () => {
  const page = () => new Response("x", { headers: { "cdn-cache-control": "max-age=60", "cache-control": "no-cache" } });
  const { get, here, config } = await setUp(page, { targetedControlToClient: "remove" });
  const url = freshUrl();
  const answers = [await get(url), await get(url)];
  expect(answers.map(({ headers }) => headers.get("cache-status"))).toEqual([
    "Larder; fwd=uri-miss; fwd-status=200",
    "Larder; hit; ttl=60",
  ]);
  for (const { headers } of answers) {
    expect([headers.get("cdn-cache-control"), headers.get("cache-control")]).toEqual([null, "no-cache"]);
  }
  const stored = await here.edge.lookup({ ...config, targetedControlToClient: "forward" }, new Request(url));
  if (stored.outcome === "miss") throw new Error("it is stored");
  expect([stored.response.headers.get("cdn-cache-control"), await stored.response.text()]).toEqual(["max-age=60", "x"]);
});

it("Surrogate-Control is obeyed where it is a target, with its own way to say how long it may be stale", async () => {
  let nth = 0;
  const fields = { "surrogate-control": 'max-age=60+30, content="ESI/1.0"', "cache-control": "no-store" };
  const { get, world } = await setUp(() => new Response(`${++nth}`, { headers: fields }), {
    targetedControl: ["Surrogate-Control"],
  });
  const url = freshUrl();
  const told = async () => {
    const { text, headers } = await get(url);
    return [text, headers.get("cache-status")];
  };
  await told();
  expect(await told()).toEqual(["1", "Larder; hit; ttl=60"]);
  world.surroundings.advance(70);
  expect(await told()).toEqual(["1", "Larder; hit; ttl=-10"]);
  expect(await told()).toEqual(["2", "Larder; hit; ttl=60"]);
});

it("tags come from the origin's Cache-Tag field, which goes no further", async () => {
  const tagged = () => new Response("x", { headers: { "cache-control": "max-age=60", "cache-tag": "a, b c,d" } });
  const { get } = await setUp(tagged);
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const url = freshUrl();
  expect((await get(url)).headers.has("cache-tag")).toBe(false);
  expect((await get(url)).headers.get("cache-status")).toContain("hit");
  expect(warn).toHaveBeenCalledWith(expect.stringContaining('"sent":3,"valid":2'));
  warn.mockRestore();
});
