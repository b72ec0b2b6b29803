import { describe, expect, it } from "vitest";
import type { Tag } from "../../schema/names.ts";
import { freshUrl } from "../support/fresh.ts";
import { Origin } from "../support/origin.ts";
import type { Isolate } from "../support/world.ts";
import { World } from "../support/world.ts";

const MODIFIED = "Wed, 06 Jan 2027 10:00:00 GMT";
const VALIDATORS = { etag: '"1"', "last-modified": MODIFIED };

/**
 * A data centre that has stored the answer to GET, "whole", with a lifetime of a minute. It is that of the shield: what is
 * made stale elsewhere may be filled from there.
 */
async function setUp(options: Parameters<World["config"]>[0] = {}, fields: Record<string, string> = VALIDATORS) {
  const world = new World();
  const config = world.config({ staleIfErrorSeconds: 600, ...options });
  const isolate = await world.isolate("here", { cache: caches.default });
  const [origin, request] = [new Origin(), new Request(freshUrl())];
  origin.byItself = () => new Response("whole", { headers: { ...fields, "x-kept": "first", "x-new": "first" } });
  const send = async (by: Isolate, asked: Request) => {
    const answer = await origin.get(by, config, asked, { store: { tags: ["t" as Tag] } });
    const text = await answer.text();
    await world.surroundings.settle();
    return { answer, text };
  };
  await send(isolate, request);
  const head = (headers: Record<string, string> = {}) =>
    send(isolate, new Request(request.url, { method: "HEAD", headers }));
  const state = async () => {
    const found = await isolate.edge.lookup(config, request);
    if (found.outcome === "hit") await found.response.body?.cancel();
    return found.outcome === "hit" ? found.state : found.reason;
  };
  return { world, config, isolate, origin, request, send, head, state };
}

/** What an origin says to HEAD. */
const headed = (fields: Record<string, string>) => () => new Response(null, { headers: fields });

describe("a 200 in answer to HEAD", () => {
  it("that has the validators of what is stored makes that fresh again, with its fields updated", async () => {
    const { world, config, isolate, origin, request, head } = await setUp();
    world.surroundings.advance(70);
    origin.byItself = headed({ ...VALIDATORS, "x-new": "second", "content-length": "5" });
    expect((await head()).answer.headers.get("cache-status")).toBe("Larder; fwd=stale; fwd-status=200");
    const found = await isolate.edge.lookup(config, request);
    if (found.outcome !== "hit") throw new Error(`expected a hit, not ${found.reason}`);
    const { headers } = found.response;
    expect([found.state, headers.get("age"), headers.get("x-kept"), headers.get("x-new")]).toEqual([
      "fresh",
      "0",
      "first",
      "second",
    ]);
    expect(await found.response.text()).toBe("whole");
  });

  it("keeps the tags of what it renews, so that a purge by one still reaches it", async () => {
    const { world, config, isolate, origin, head, state } = await setUp();
    world.surroundings.advance(70);
    origin.byItself = headed(VALIDATORS);
    await head();
    expect(await state()).toBe("fresh");
    await isolate.edge.purge(config, { tags: ["t"] });
    expect(await state()).toBe("purged");
  });

  it.each(["before", "while"])("renews nothing that a purge has hit %s the origin was asked", async (when) => {
    const { world, config, isolate, origin, head, state } = await setUp();
    const elsewhere = await world.isolate("elsewhere");
    const purge = () => elsewhere.edge.purge(config, { tags: ["t"] });
    world.surroundings.advance(70);
    if (when === "before") await purge();
    origin.byItself = async () => {
      if (when === "while") await purge();
      return headed(VALIDATORS)();
    };
    await head();
    // Whether the isolate has heard of it or not.
    await isolate.edge.stats(config);
    expect(await state()).toBe("purged");
  });

  const outdated: [string, Record<string, string>][] = [
    ["another ETag", { etag: '"2"' }],
    ["another date", { "last-modified": "Wed, 06 Jan 2027 11:00:00 GMT" }],
    ["another length", { ...VALIDATORS, "content-length": "6" }],
  ];

  it.each(outdated)("that has %s renews nothing", async (_, fields) => {
    const { world, origin, head, state } = await setUp();
    world.surroundings.advance(70);
    origin.byItself = headed(fields);
    await head();
    expect(await state()).toBe("expired");
  });

  it.each(outdated)("that has %s makes what was fresh stale, and it still stands in", async (_, fields) => {
    const { world, isolate, origin, request, send, head, state } = await setUp();
    world.surroundings.advance(20);
    origin.byItself = headed(fields);
    await head({ "cache-control": "no-cache" });
    expect(await state()).toBe("expired");
    origin.byItself = () => new Response("down", { status: 503 });
    const { answer, text } = await send(isolate, request);
    expect([text, answer.headers.get("cache-status")]).toEqual(["whole", "Larder; fwd=stale; fwd-status=503; ttl=0"]);
  });

  it.each([
    ["has no validators", {}, { "content-length": "5" }],
    ["is about credentials", { authorization: "Basic YTph" }, { etag: '"2"' }],
  ])("that %s tells nothing", async (_, asked: Record<string, string>, fields: Record<string, string>) => {
    const { world, origin, head, state } = await setUp();
    world.surroundings.advance(20);
    origin.byItself = headed(fields);
    await head({ "cache-control": "no-cache", ...asked });
    expect(await state()).toBe("fresh");
    world.surroundings.advance(40);
    await head(asked);
    expect(await state()).toBe("expired");
  });

  it("stores nothing where nothing is stored", async () => {
    const { isolate, config, origin, send } = await setUp();
    const url = freshUrl();
    origin.byItself = headed(VALIDATORS);
    await send(isolate, new Request(url, { method: "HEAD" }));
    expect(await isolate.edge.lookup(config, new Request(url))).toMatchObject({ outcome: "miss", reason: "absent" });
  });
});

describe("another answer to HEAD", () => {
  it.each([404, 410, 503])("of status %i leaves what is stored as it is", async (status) => {
    const { world, origin, head, state } = await setUp();
    world.surroundings.advance(20);
    origin.byItself = () => new Response(null, { status, headers: { etag: '"2"' } });
    await head({ "cache-control": "no-cache" });
    expect(await state()).toBe("fresh");
  });

  it("that is a 304 to our own conditions renews what is stored, and it answers", async () => {
    const { world, origin, head, state } = await setUp();
    world.surroundings.advance(70);
    origin.byItself = (asked) =>
      asked.conditions === undefined ? "asked in vain" : new Response(null, { status: 304, headers: { etag: '"1"' } });
    const { answer } = await head();
    expect([answer.status, answer.headers.get("x-kept"), answer.headers.get("content-length")]).toEqual([
      200,
      "first",
      "5",
    ]);
    expect(answer.headers.get("cache-status")).toBe("Larder; fwd=stale; fwd-status=304; stored; ttl=60");
    expect([await state(), origin.asked.length]).toEqual(["fresh", 2]);
  });
});
