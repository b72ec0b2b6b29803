import { describe, expect, it } from "vitest";
import type { Deployment } from "../../schema/deployment.ts";
import type { Tag } from "../../schema/names.ts";
import type { CacheConfig, CacheOptions } from "../../schema/options.ts";
import type { Lookup } from "../../schema/rpc.ts";
import { deploymentOf } from "../../src/edge/version-metadata.ts";
import { freshUrl } from "../support/fresh.ts";
import type { Isolate } from "../support/world.ts";
import { World } from "../support/world.ts";

const OLD: Deployment = { id: "old", madeAtMs: 1000 };
const NEW: Deployment = { id: "new", madeAtMs: 2000 };

const NO_TAGS: { tags: Tag[] } = { tags: [] };

function versions(world: World, options: Partial<CacheOptions> = {}) {
  const shape = { onDeploy: "purge" as const, ...options };
  return {
    before: world.config({ ...shape, deployment: OLD }),
    after: world.config({ ...shape, deployment: NEW }),
  };
}

async function seen(isolate: Isolate, config: CacheConfig, request: Request): Promise<string> {
  const found = await isolate.edge.lookup(config, request);
  return found.outcome === "hit" ? `${found.state}: ${await found.response.text()}` : found.reason;
}

async function missOf(isolate: Isolate, config: CacheConfig, request: Request, coalesce?: true) {
  const found: Lookup = await isolate.edge.lookup(config, request, coalesce === true ? { coalesce } : {});
  if (found.outcome !== "miss") throw new Error("expected a miss");
  const { asOf, lease } = found;
  return { ...NO_TAGS, asOf, ...(lease === undefined ? {} : { lease }) };
}

describe("a new version", () => {
  it("serves nothing that the old one has made, from its first request on, and what is permanent all the same", async () => {
    const world = new World();
    const { before, after } = versions(world);
    const [old, young] = [await world.isolate(), await world.isolate()];
    const [request, lasting] = [new Request(freshUrl("/1")), new Request(freshUrl("/2"))];
    await old.edge.store(before, request, new Response("old"), NO_TAGS);
    await old.edge.store(before, lasting, new Response("lasting"), { ...NO_TAGS, permanent: true });
    expect(await seen(old, before, request)).toBe("fresh: old");
    expect(await seen(young, after, request)).toBe("purged");
    expect(await seen(young, after, lasting)).toBe("fresh: lasting");
    expect(young.link.calls).toEqual(["deployed"]);
  });

  it("keeps everything where deployments are to keep", async () => {
    const world = new World();
    const { before, after } = versions(world, { onDeploy: "keep" });
    const [old, young] = [await world.isolate(), await world.isolate()];
    const request = new Request(freshUrl());
    await old.edge.store(before, request, new Response("old"), NO_TAGS);
    expect(await seen(young, after, request)).toBe("fresh: old");
    expect([...old.link.calls, ...young.link.calls]).not.toContain("deployed");
  });

  it("announces itself once an isolate, and not where the view has told of it", async () => {
    const world = new World();
    const { after } = versions(world);
    const [one, two] = [await world.isolate(), await world.isolate()];
    const request = new Request(freshUrl());
    for (let time = 0; time < 3; time += 1) await seen(one, after, request);
    await one.edge.store(after, request, new Response("x"), NO_TAGS);
    expect(one.link.calls).toEqual(["deployed", "complete"]);
    await seen(two, { ...after, onDeploy: "keep" }, request);
    await seen(two, after, request);
    expect(two.link.calls).toEqual(["sync"]);
  });

  it("is announced by each request that comes before the answer, as none may wait for another's call", async () => {
    const world = new World();
    const { after } = versions(world);
    const young = await world.isolate();
    const request = new Request(freshUrl());
    await Promise.all([seen(young, after, request), seen(young, after, request)]);
    expect(young.link.calls).toEqual(["deployed", "deployed"]);
    expect((await young.edge.history(after, {})).purges).toHaveLength(1);
  });

  it("announces itself before what it stores, where nothing was looked up", async () => {
    const world = new World();
    const { before, after } = versions(world);
    const [old, young] = [await world.isolate(), await world.isolate()];
    await old.edge.store(before, new Request(freshUrl()), new Response("old"), NO_TAGS);
    const request = new Request(freshUrl());
    await young.edge.store(after, request, new Response("new"), NO_TAGS);
    expect(young.link.calls).toEqual(["deployed", "complete"]);
    expect(await seen(young, after, request)).toBe("fresh: new");
  });

  it("announces itself again when the namespace has been emptied", async () => {
    const world = new World();
    const { after } = versions(world);
    const young = await world.isolate();
    await seen(young, after, new Request(freshUrl()));
    await world.emptyObject();
    await young.edge.stats(after);
    await seen(young, after, new Request(freshUrl()));
    expect(young.link.calls).toEqual(["deployed", "stats", "deployed"]);
  });
});

describe("an object that does not answer", () => {
  it("is told later, not more often than once a second, and the site is answered meanwhile", async () => {
    const world = new World();
    const { after } = versions(world);
    const young = await world.isolate();
    const request = new Request(freshUrl());
    young.link.state = "down";
    expect(await seen(young, after, request)).toBe("unreachable");
    expect(await seen(young, after, request)).toBe("unreachable");
    expect(young.link.calls).toEqual(["deployed"]);
    world.surroundings.advance(1);
    young.link.state = "up";
    expect(await seen(young, after, request)).toBe("absent");
    expect(young.link.calls).toEqual(["deployed", "deployed"]);
  });

  it("keeps no request waiting for longer than a sync would when it hangs", async () => {
    const world = new World();
    const { after } = versions(world);
    const young = await world.isolate();
    young.link.state = "hanging";
    const asking = seen(young, after, new Request(freshUrl()));
    await expect.poll(() => young.link.calls).toEqual(["deployed"]);
    world.surroundings.advance(3);
    expect(await asking).toBe("unreachable");
  });

  it("leaves hits to be served on the view there is, as long as the cache allows", async () => {
    const world = new World();
    const { before, after } = versions(world, { unreachableGraceSeconds: 30 });
    const isolate = await world.isolate();
    const request = new Request(freshUrl());
    await isolate.edge.store(before, request, new Response("x"), NO_TAGS);
    isolate.link.state = "down";
    world.surroundings.advance(10);
    expect(await seen(isolate, after, request)).toBe("fresh: x");
    world.surroundings.advance(26);
    expect(await seen(isolate, after, request)).toBe("unreachable");
  });
});

describe("an old version beside the new one", () => {
  /** Both have a view, and the old version's knows of the new one. */
  async function beside(options: Partial<CacheOptions> = {}) {
    const world = new World();
    const { before, after } = versions(world, options);
    const [old, young] = [await world.isolate("a"), await world.isolate("a")];
    const request = new Request(freshUrl());
    await seen(old, before, request);
    await seen(young, after, request);
    await old.edge.lookup(before, request, { consistency: "strong" });
    return { world, before, after, old, young, request };
  }

  it("stores nothing, and says why", async () => {
    const { before, after, old, young, request } = await beside();
    const stored = old.edge.store(before, request, new Response("old"), await missOf(old, before, request));
    expect(await stored).toEqual({ stored: false, reason: "deployment" });
    expect(await seen(old, before, request)).toBe("absent");
    expect(await seen(young, after, request)).toBe("absent");
  });

  it("serves what the new one stores", async () => {
    const { before, after, old, young, request } = await beside();
    await young.edge.store(after, request, new Response("new"), NO_TAGS);
    expect(await seen(old, before, request)).toBe("fresh: new");
  });

  it("neither waits for a fill nor leads one, nor refreshes what is stale", async () => {
    const { world, before, after, old, young, request } = await beside({ staleWhileRevalidateSeconds: 600 });
    expect((await missOf(young, after, request, true)).lease).toBeDefined();
    old.link.calls.length = 0;
    expect((await missOf(old, before, request, true)).lease).toBeUndefined();
    await young.edge.store(after, request, new Response("new"), NO_TAGS);
    world.surroundings.advance(61);
    const found = await old.edge.lookup(before, request);
    if (found.outcome !== "hit" || found.refresh === undefined) throw new Error("expected a stale hit");
    await found.response.body?.cancel();
    expect(await old.edge.refresh(before, request, found.refresh)).toEqual({ kind: "later", seconds: 60 });
    expect(old.link.calls).not.toContain("acquire");
  });

  it("that learns of the new one during a fill gives its lease back, and the next leads without a pause", async () => {
    const world = new World();
    const { before, after } = versions(world);
    const [old, young] = [await world.isolate("a"), await world.isolate("b")];
    const request = new Request(freshUrl());
    const leading = await missOf(old, before, request, true);
    expect(leading.lease).toBeDefined();
    const abandoned: unknown[] = [];
    old.link.before = (method, [, details]) => method === "abandon" && abandoned.push(details);
    const waiting = missOf(young, { ...after, onDeploy: "keep" }, request, true);
    await expect.poll(() => young.link.calls).toContain("acquire");
    await (await world.isolate("c")).edge.lookup(after, request);
    await old.edge.lookup(before, request, { consistency: "strong" });
    const receipt = await old.edge.store(before, request, new Response("old"), leading);
    expect(receipt).toEqual({ stored: false, reason: "deployment" });
    expect(abandoned).toMatchObject([{ lease: leading.lease, why: "superseded" }]);
    expect((await waiting).lease).toBeDefined();
  });

  it("that has not learnt of the new one makes what is as of before its purge", async () => {
    const world = new World();
    const { before, after } = versions(world);
    const [old, young] = [await world.isolate(), await world.isolate()];
    const request = new Request(freshUrl());
    const miss = await missOf(old, before, request);
    await seen(young, after, request);
    const receipt = await old.edge.store(before, request, new Response("old"), miss);
    expect(receipt).toEqual({ stored: false, reason: "purged-during-fill" });
    expect(await seen(young, after, request)).toBe("purged");
  });

  it("stores nothing that an isolate of its own with a newer view has looked up, even if it cannot learn of it", async () => {
    const world = new World();
    const { before, after } = versions(world);
    const [behind, ahead, young] = [await world.isolate(), await world.isolate(), await world.isolate()];
    const request = new Request(freshUrl());
    await seen(behind, before, request);
    await seen(young, after, request);
    const miss = await missOf(ahead, before, request);
    behind.link.state = "down";
    expect(await behind.edge.store(before, request, new Response("old"), miss)).toMatchObject({ stored: true });
    expect(await seen(young, after, request)).toBe("purged");
    world.surroundings.advance(1);
    behind.link.state = "up";
    const again = behind.edge.store(before, request, new Response("old"), miss);
    expect(await again).toEqual({ stored: false, reason: "deployment" });
  });

  it("has what it made renewed by nobody, not even by a new one whose announcement has not arrived", async () => {
    const world = new World();
    const { before, after } = versions(world);
    const [old, ahead, behind] = [await world.isolate(), await world.isolate(), await world.isolate()];
    const request = new Request(freshUrl());
    const headers = { etag: '"x"' };
    await old.edge.store(before, request, new Response("old", { headers }), NO_TAGS);
    await behind.edge.stats(after);
    const miss = await missOf(ahead, after, request);
    behind.link.before = (method) => {
      if (method === "deployed") throw new Error("Network connection lost.");
    };
    const renewing = { ...miss, renews: true as const };
    const receipt = behind.edge.store(after, request, new Response(null, { status: 304, headers }), renewing);
    expect(await receipt).toEqual({ stored: false, reason: "code" });
    expect(await seen(ahead, after, request)).toBe("purged");
  });

  it("stores again once the purge of the new one has been taken back", async () => {
    const { before, old, young, request } = await beside();
    await young.edge.revoke(before, 2);
    await old.edge.lookup(before, request, { consistency: "strong" });
    const receipt = await old.edge.store(before, request, new Response("old"), NO_TAGS);
    expect(receipt).toMatchObject({ stored: true });
    expect(await seen(old, before, request)).toBe("fresh: old");
  });
});

describe("the version metadata binding", () => {
  const binding = (metadata: unknown) => deploymentOf({ CF_VERSION_METADATA: metadata });

  it("names the version that runs", () => {
    const metadata = { id: "8f0c2d0e-4c5e-4f51-9b1e-2f3c4d5e6f70", tag: "", timestamp: "2026-11-22T01:02:03.456789Z" };
    expect(binding(metadata)).toEqual({ id: metadata.id, madeAtMs: Date.UTC(2026, 10, 22, 1, 2, 3, 456) });
  });

  it.each([
    undefined,
    null,
    "v1",
    {},
    { id: "a" },
    { id: "a", timestamp: "" },
    { id: "a", timestamp: "yesterday" },
    { id: "a", timestamp: 1000 },
    { id: "", timestamp: "2026-11-22T00:00:00Z" },
    { id: 7, timestamp: "2026-11-22T00:00:00Z" },
  ])("names none where it is %j", (metadata) => {
    expect(binding(metadata)).toBeUndefined();
  });
});
