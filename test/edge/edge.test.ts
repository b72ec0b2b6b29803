import { describe, expect, it } from "vitest";
import type { Tag } from "../../schema/names.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { Lookup } from "../../schema/rpc.ts";
import { freshUrl } from "../support/fresh.ts";
import type { Isolate } from "../support/world.ts";
import { versionOf, World } from "../support/world.ts";

/** Looks up, reads the body, and tells what came of it in one word or two. */
async function seen(isolate: Isolate, config: CacheConfig, request: Request, demand = {}): Promise<string> {
  const found = await isolate.edge.lookup(config, request, demand);
  return found.outcome === "hit" ? `${found.state}: ${await found.response.text()}` : found.reason;
}

async function missOf(isolate: Isolate, config: CacheConfig, request: Request) {
  const found: Lookup = await isolate.edge.lookup(config, request);
  if (found.outcome !== "miss") throw new Error("expected a miss");
  return found;
}

const tag = (name: string) => name as Tag;

describe("purges", () => {
  it("hold in another data centre within the bound, though nothing is deleted there", async () => {
    const world = new World();
    const config = world.config();
    const [here, there] = [await world.isolate("here"), await world.isolate("there")];
    const request = new Request(freshUrl());
    await there.edge.store(config, request, new Response("old"), { tags: [tag("t")] });
    expect(await seen(there, config, request)).toBe("fresh: old");
    await here.edge.purge(config, { tags: ["t"] });
    world.surroundings.advance(config.purgeLagSeconds);
    expect(await seen(there, config, request)).toBe("fresh: old");
    world.surroundings.advance(0.001);
    expect(await seen(there, config, request)).toBe("purged");
  });

  it("are seen at once by whoever holds their version", async () => {
    const world = new World();
    const config = world.config();
    const [here, there] = [await world.isolate("here"), await world.isolate("there")];
    const request = new Request(freshUrl());
    await there.edge.store(config, request, new Response("old"), { tags: [tag("t")] });
    const version = await versionOf(here.edge.purge(config, { tags: ["t"] }));
    expect(await seen(there, config, request)).toBe("fresh: old");
    expect(await seen(there, config, request, { atLeast: version })).toBe("purged");
  });

  it("are seen at once by whoever asks strongly", async () => {
    const world = new World();
    const config = world.config();
    const [here, there] = [await world.isolate("here"), await world.isolate("there")];
    const request = new Request(freshUrl());
    await there.edge.store(config, request, new Response("old"), { tags: [] });
    await here.edge.purge(config, { everything: true });
    expect(await seen(there, config, request, { consistency: "strong" })).toBe("purged");
  });

  it("keep what was filled afterwards", async () => {
    const world = new World();
    const config = world.config();
    const here = await world.isolate();
    const request = new Request(freshUrl());
    await here.edge.purge(config, { url: request.url });
    const { asOf } = await missOf(here, config, request);
    await here.edge.store(config, request, new Response("new"), { tags: [], asOf });
    expect(await seen(here, config, request)).toBe("fresh: new");
  });

  it("reach a request by a prefix that ends in the middle of its path", async () => {
    const world = new World();
    const config = world.config();
    const here = await world.isolate();
    const url = freshUrl("/products/123");
    await here.edge.store(config, new Request(url), new Response("x"), { tags: [] });
    expect(await here.edge.purge(config, { prefix: url.slice(0, -2) })).toMatchObject({ purged: 1 });
    expect(await seen(here, config, new Request(url))).toBe("purged");
  });
});

describe("the fence", () => {
  it("refuses a fill that a purge has overtaken", async () => {
    const world = new World();
    const config = world.config();
    const [here, there] = [await world.isolate("here"), await world.isolate("there")];
    const request = new Request(freshUrl());
    const { asOf } = await missOf(there, config, request);
    await here.edge.purge(config, { tags: ["t"] });
    const receipt = await there.edge.store(config, request, new Response("old"), { tags: [tag("t")], asOf });
    expect(receipt).toEqual({ stored: false, reason: "purged-during-fill" });
    expect(await seen(there, config, request)).toBe("purged");
  });

  it("holds for the copy in the data centre even when the object could not be told of it", async () => {
    const world = new World();
    const config = world.config();
    const [here, there] = [await world.isolate("here"), await world.isolate("there")];
    const request = new Request(freshUrl());
    const { asOf } = await missOf(there, config, request);
    await here.edge.purge(config, { tags: ["t"] });
    there.link.state = "down";
    await there.edge.store(config, request, new Response("old"), { tags: [tag("t")], asOf });
    there.link.state = "up";
    expect(await seen(there, config, request, { consistency: "strong" })).toBe("purged");
  });

  it("lets a fill pass that no purge hits", async () => {
    const world = new World();
    const config = world.config();
    const here = await world.isolate();
    const request = new Request(freshUrl());
    const { asOf } = await missOf(here, config, request);
    await here.edge.purge(config, { tags: ["other"] });
    const receipt = await here.edge.store(config, request, new Response("x"), { tags: [tag("t")], asOf });
    expect(receipt).toMatchObject({ stored: true });
  });
});

describe("time", () => {
  it("takes an entry from fresh over stale and error-only to expired", async () => {
    const world = new World();
    const config = world.config({ ttlSeconds: 10, staleWhileRevalidateSeconds: 5, staleIfErrorSeconds: 20 });
    const here = await world.isolate();
    const request = new Request(freshUrl());
    await here.edge.store(config, request, new Response("x"), { tags: [] });
    world.surroundings.advance(9.999);
    expect(await seen(here, config, request)).toBe("fresh: x");
    world.surroundings.advance(0.001);
    expect(await seen(here, config, request)).toBe("stale: x");
    world.surroundings.advance(5);
    const miss = await missOf(here, config, request);
    expect(miss.fallback).toBeDefined();
    const standIn = await here.edge.lookup(config, request, { standIn: "failed" });
    expect(standIn.outcome === "hit" && (await standIn.response.text())).toBe("x");
    world.surroundings.advance(15);
    expect((await missOf(here, config, request)).fallback).toBeUndefined();
  });

  it("is told in Age, on top of the age the response came with", async () => {
    const world = new World();
    const config = parseWithoutTtl(world);
    const here = await world.isolate();
    const request = new Request(freshUrl());
    const response = new Response("x", { headers: { "cache-control": "max-age=100", age: "30" } });
    await here.edge.store(config, request, response, { tags: [] });
    world.surroundings.advance(7);
    const found = await here.edge.lookup(config, request);
    if (found.outcome !== "hit") throw new Error("expected a hit");
    expect(found.response.headers.get("age")).toBe("37");
    expect(found.response.headers.get("cache-status")).toBe("Larder; hit; ttl=63");
  });
});

function parseWithoutTtl(world: World): CacheConfig {
  const { ttlSeconds: _, ...rest } = world.config();
  return rest as CacheConfig;
}

describe("variants", () => {
  it("are kept apart by the headers the cache varies on", async () => {
    const world = new World();
    const config = world.config({ vary: ["Accept-Language"] });
    const here = await world.isolate();
    const url = freshUrl();
    const [english, french] = ["en", "fr"].map(
      (language) => new Request(url, { headers: { "accept-language": language } }),
    );
    if (english === undefined || french === undefined) throw new Error("unreachable");
    await here.edge.store(config, english, new Response("hello"), { tags: [] });
    expect(await seen(here, config, french)).toBe("absent");
    await here.edge.store(config, french, new Response("bonjour"), { tags: [] });
    expect(await seen(here, config, english)).toBe("fresh: hello");
    expect(await seen(here, config, french)).toBe("fresh: bonjour");
    expect(await here.edge.purge(config, { url })).toMatchObject({ purged: 2 });
  });

  it("are kept apart by what a response says it varies on", async () => {
    const world = new World();
    const config = world.config();
    const here = await world.isolate();
    const url = freshUrl();
    const asked = (theme: string) => new Request(url, { headers: { "x-theme": theme } });
    const made = (body: string) => new Response(body, { headers: { vary: "X-Theme" } });
    await here.edge.store(config, asked("dark"), made("dark page"), { tags: [] });
    expect(await seen(here, config, asked("light"))).toBe("variant");
    await here.edge.store(config, asked("light"), made("light page"), { tags: [] });
    expect(await seen(here, config, asked("dark"))).toBe("fresh: dark page");
    expect(await seen(here, config, asked("light"))).toBe("fresh: light page");
  });
});

describe("the object unreachable", () => {
  it("leaves hits served inside the grace, and says so", async () => {
    const world = new World();
    const config = world.config({ unreachableGraceSeconds: 30 });
    const here = await world.isolate();
    const request = new Request(freshUrl());
    await here.edge.store(config, request, new Response("x"), { tags: [] });
    here.link.state = "down";
    world.surroundings.advance(config.purgeLagSeconds + 30);
    const found = await here.edge.lookup(config, request);
    if (found.outcome !== "hit") throw new Error("expected a hit");
    expect(found.response.headers.get("cache-status")).toContain("detail=unconfirmed");
    world.surroundings.advance(0.001);
    expect(await seen(here, config, request)).toBe("unreachable");
  });

  it("makes every hit past the bound a miss where the cache says bypass", async () => {
    const world = new World();
    const config = world.config({ whenUnreachable: "bypass" });
    const here = await world.isolate();
    const request = new Request(freshUrl());
    await here.edge.store(config, request, new Response("x"), { tags: [] });
    here.link.state = "down";
    world.surroundings.advance(config.purgeLagSeconds + 0.001);
    expect(await seen(here, config, request)).toBe("unreachable");
  });

  it("is never taken for an answer to a caller who holds a version", async () => {
    const world = new World();
    const config = world.config();
    const [here, there] = [await world.isolate("here"), await world.isolate("there")];
    const request = new Request(freshUrl());
    await there.edge.store(config, request, new Response("x"), { tags: [] });
    const version = await versionOf(here.edge.purge(config, { everything: true }));
    there.link.state = "down";
    expect(await seen(there, config, request, { atLeast: version })).toBe("unreachable");
  });

  it("stores what was loaded by the version known before, and nothing where none was known", async () => {
    const world = new World();
    const config = world.config();
    const here = await world.isolate();
    here.link.state = "down";
    const request = new Request(freshUrl());
    const { asOf } = await missOf(here, config, request);
    expect(asOf).toBeNull();
    expect(await here.edge.store(config, request, new Response("x"), { tags: [], asOf })).toEqual({
      stored: false,
      reason: "unreachable",
    });
  });
});

it("ages from when it came, also while the object lets its answer wait", async () => {
  const world = new World();
  const config = world.config({ ttlSeconds: 20 });
  const isolate = await world.isolate();
  const request = new Request(freshUrl());
  // The log is read, and the reply is on its way for so long.
  isolate.link.after = (method) => {
    if (method === "sync") world.surroundings.advance(2);
  };
  await isolate.edge.store(config, request, new Response("page"), { tags: [] });
  isolate.link.after = undefined;
  world.surroundings.advance(17);
  expect(await seen(isolate, config, request)).toBe("fresh: page");
  world.surroundings.advance(2);
  expect(await seen(isolate, config, request)).toBe("expired");
});
