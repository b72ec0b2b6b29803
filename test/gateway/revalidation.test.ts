import { afterEach, expect, it, vi } from "vitest";
import { freshUrl } from "../support/fresh.ts";
import { gatewayFor } from "../support/gateway.ts";
import { World } from "../support/world.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

const DATE = "Wed, 06 Jan 2027 10:00:00 GMT";

/** A gateway that has a page which became stale a second ago. */
async function setUp(whole: Record<string, string>) {
  const world = new World();
  const config = { ...world.config(), ttlSeconds: undefined };
  const isolate = await world.isolate();
  const asked: Request[] = [];
  let answer: (request: Request) => Response = () => new Response("page", { headers: whole });
  vi.stubGlobal("fetch", async (url: URL, init: RequestInit) => {
    const request = new Request(url, init);
    asked.push(request);
    return answer(request);
  });
  const gateway = gatewayFor({ origin: "https://origin.example", config, readThrough: isolate.readThrough });
  const url = freshUrl("/page");
  const get = async (headers: HeadersInit = {}) => {
    const response = await gateway(new Request(url, { headers }));
    const text = await response.text();
    await world.surroundings.settle();
    return { status: response.status, text, headers: response.headers };
  };
  await get();
  world.surroundings.advance(61);
  const answerBy = (next: typeof answer) => {
    answer = next;
  };
  const conditions = () => asked.map(({ headers }) => [headers.get("if-none-match"), headers.get("if-modified-since")]);
  return { world, config, isolate, get, answerBy, conditions, url };
}

const SWR = "max-age=60, stale-while-revalidate=600";
const notModified = (headers: HeadersInit = {}) => new Response(null, { status: 304, headers });

it("a refresh asks the origin by what is stored, and not by what the client has", async () => {
  const { get, answerBy, conditions } = await setUp({ "cache-control": SWR, etag: '"1"', "last-modified": DATE });
  answerBy(() => notModified({ etag: '"1"' }));
  const client = await get({ "if-none-match": '"1"', "if-modified-since": "Wed, 06 Jan 2021 10:00:00 GMT" });
  expect([client.status, client.text]).toEqual([304, ""]);
  expect(conditions()).toEqual([
    [null, null],
    ['"1"', DATE],
  ]);
  expect((await get()).headers.get("cache-status")).toBe("Larder; hit; ttl=60");
});

it("a 304 without Cache-Tag and Cache-Control leaves the page its tags and its lifetime", async () => {
  const { get, answerBy, isolate, config } = await setUp({ "cache-control": SWR, etag: '"1"', "cache-tag": "a,b" });
  answerBy(() => notModified());
  await get();
  const { headers } = await get();
  expect([headers.get("cache-status"), headers.get("cache-control")]).toEqual(["Larder; hit; ttl=60", SWR]);
  expect(await isolate.edge.purge(config, { allOf: ["a", "b"] })).toMatchObject({ purged: 1 });
  answerBy(() => new Response("new page"));
  expect((await get()).text).toBe("new page");
});

it("a 304 with a Cache-Tag and a Cache-Control of its own adds the one and follows the other", async () => {
  const { get, answerBy, isolate, config } = await setUp({ "cache-control": SWR, etag: '"1"', "cache-tag": "a,b" });
  answerBy(() => notModified({ "cache-tag": "c", "cache-control": "max-age=5" }));
  await get();
  const { headers } = await get();
  expect([headers.get("cache-status"), headers.has("cache-tag")]).toEqual(["Larder; hit; ttl=5", false]);
  expect(await isolate.edge.purge(config, { allOf: ["a", "b", "c"] })).toMatchObject({ purged: 1 });
});

it("a refresh keeps to what the page said of its own staleness: without a window it is waited for", async () => {
  const { get, answerBy, conditions } = await setUp({ "cache-control": "max-age=60", etag: '"1"' });
  answerBy(() => new Response("new page", { headers: { "cache-control": "max-age=60" } }));
  expect((await get()).text).toBe("new page");
  expect(conditions()[1]).toEqual([null, null]);
});

it("an origin that fails is stood in for inside stale-if-error, and is then a bad gateway", async () => {
  const { get, answerBy, world } = await setUp({ "cache-control": "max-age=60, stale-if-error=600", etag: '"1"' });
  answerBy(() => {
    throw new Error("connection refused");
  });
  expect(await get()).toMatchObject({ status: 200, text: "page" });
  world.surroundings.advance(600);
  expect((await get()).status).toBe(502);
});
