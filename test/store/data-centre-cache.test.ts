import { expect, it, vi } from "vitest";
import { limits } from "../../schema/limits.ts";
import type { Tag } from "../../schema/names.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { placeOf } from "../../src/edge/place.ts";
import type { Unmeasured } from "../../src/store/data-centre-cache.ts";
import { DataCentreCache } from "../../src/store/data-centre-cache.ts";
import { giveOut } from "../../src/store/stored-form.ts";
import { freshUrl } from "../support/fresh.ts";
import { World } from "../support/world.ts";

const MIB = 1024 * 1024;

function entryFor(config: CacheConfig): Unmeasured {
  const place = placeOf(config, new Request(freshUrl()), { vary: [] });
  if (place === undefined) throw new Error("a short URL has a place");
  return {
    ...place,
    tags: [],
    permanent: false,
    asOf: { epoch: "0".repeat(16), seq: 0 },
    storedAtMs: Date.now(),
    initialAgeSeconds: 0,
    ttlSeconds: 60,
    staleWhileRevalidateSeconds: 0,
    staleIfErrorSeconds: 0,
    keepSeconds: 0,
    status: 200,
    fillSeconds: 0,
  };
}

/** A body of `chunks` pieces of 64 KiB, each filled with its number, which then ends or fails. */
function bodyOf(chunks: number, end: "close" | "fail" = "close"): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      if (sent < chunks) controller.enqueue(new Uint8Array(65_536).fill(sent++ % 251));
      else if (end === "close") controller.close();
      else controller.error(new Error("the origin went away"));
    },
  });
}

async function storage(): Promise<{ l1: DataCentreCache; config: CacheConfig; cache: Cache }> {
  const world = new World();
  const cache = await caches.open(world.namespace);
  return { l1: new DataCentreCache(() => cache), config: world.config(), cache };
}

async function bytesOf(body: ReadableStream<Uint8Array> | null | undefined): Promise<Uint8Array> {
  return new Uint8Array(await new Response(body ?? null).arrayBuffer());
}

it.each([
  ["an empty body", 0],
  ["a body read before it is stored", 3],
  ["a body of just the size that is read first", 16],
  ["a body stored as it comes", 80],
])("gives %s back as it was", async (_, chunks) => {
  const { l1, config } = await storage();
  const entry = entryFor(config);
  expect(await l1.put(entry, new Response(bodyOf(chunks)), limits.bodyBytes)).toEqual({
    stored: true,
    bytes: chunks * 65_536,
  });
  const hit = await l1.match(entry);
  expect(hit?.found).toMatchObject({ kind: "entry", entry: { ...entry, bytes: chunks * 65_536 } });
  expect(await bytesOf(hit?.body)).toEqual(await bytesOf(bodyOf(chunks)));
});

it.each([
  ["early", 2],
  ["late", 40],
])("keeps nothing of a body that fails %s", async (_, chunks) => {
  const { l1, config } = await storage();
  const entry = entryFor(config);
  expect(await l1.put(entry, new Response(bodyOf(chunks, "fail")), limits.bodyBytes)).toEqual({
    stored: false,
    reason: "incomplete",
  });
  expect(await l1.match(entry)).toBeUndefined();
});

it("leaves the entry that was there when a new body fails", async () => {
  const { l1, config } = await storage();
  const entry = entryFor(config);
  await l1.put(entry, new Response(bodyOf(1)), limits.bodyBytes);
  await l1.put(entry, new Response(bodyOf(40, "fail")), limits.bodyBytes);
  expect((await bytesOf((await l1.match(entry))?.body)).byteLength).toBe(65_536);
});

it.each([
  ["read first", 2, 65_536],
  ["stored as it comes", 80, 3 * MIB],
])("keeps nothing of a body %s that is larger than the limit", async (_, chunks, limit) => {
  const { l1, config } = await storage();
  const entry = entryFor(config);
  expect(await l1.put(entry, new Response(bodyOf(chunks)), limit)).toEqual({ stored: false, reason: "too-large" });
  expect(await l1.match(entry)).toBeUndefined();
});

it("keeps a body of exactly the limit", async () => {
  const { l1, config } = await storage();
  expect(await l1.put(entryFor(config), new Response(bodyOf(32)), 2 * MIB)).toEqual({ stored: true, bytes: 2 * MIB });
});

it("gives every field back as it was, those the platform acts on too", async () => {
  const { l1, config } = await storage();
  const entry = { ...entryFor(config), status: 404, tags: ["a" as Tag] };
  const fields = {
    "cache-control": "max-age=10, stale-while-revalidate=20",
    "cdn-cache-control": "max-age=5",
    date: "Wed, 21 Oct 2026 07:28:00 GMT",
    etag: '"1"',
    expires: "0",
    vary: "accept, x-y",
    "x-own": "yes",
  };
  const response = new Response("x", { headers: { ...fields, age: "3", "cache-tag": "a,b" } });
  await l1.put(entry, response, limits.bodyBytes);
  const hit = await l1.match(entry);
  if (hit?.found.kind !== "entry") throw new Error("expected an entry");
  const given = giveOut(hit.stored, hit.found, hit.body);
  expect(given.status).toBe(404);
  // The platform's own reckoning of Age and Content-Length stands until the edge puts its own in their place.
  const { age, "content-length": length, ...others } = Object.fromEntries(given.headers);
  expect([age, length]).toEqual(["0", "1"]);
  expect(others).toEqual({ ...fields, "content-type": "text/plain;charset=UTF-8" });
});

it("gives a response without Date that of its arrival, and no directives it did not have", async () => {
  const { l1, config } = await storage();
  const entry = entryFor(config);
  await l1.put(entry, new Response("x"), limits.bodyBytes);
  const hit = await l1.match(entry);
  if (hit?.found.kind !== "entry") throw new Error("expected an entry");
  const { headers } = giveOut(hit.stored, hit.found, hit.body);
  expect(headers.get("date")).toBe(new Date(entry.storedAtMs).toUTCString());
  expect(headers.has("cache-control")).toBe(false);
});

it("gives the new entry after another has taken a key's place", async () => {
  const { l1, config } = await storage();
  const entry = entryFor(config);
  for (const status of [200, 404]) {
    await l1.put({ ...entry, status }, new Response("x", { headers: { "cache-control": `max-age=${status}` } }), 10);
    const hit = await l1.match(entry);
    if (hit?.found.kind !== "entry") throw new Error("expected an entry");
    const { headers } = giveOut(hit.stored, hit.found, hit.body);
    expect([hit.found.entry.status, headers.get("cache-control")]).toEqual([status, `max-age=${status}`]);
  }
});

it("takes no notice of what others have put under the same URL", async () => {
  const { l1, config, cache } = await storage();
  const entry = entryFor(config);
  await cache.put(entry.key, new Response("foreign", { headers: { "cache-control": "max-age=60" } }));
  expect(await l1.match(entry)).toBeUndefined();
});

it("says so when the platform's cache keeps nothing", async () => {
  vi.resetModules();
  const { DataCentreCache: Fresh } = await import("../../src/store/data-centre-cache.ts");
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const nothing = { put: async () => undefined, match: async () => undefined, delete: async () => false };
  const l1 = new Fresh(() => nothing as unknown as Cache);
  const entry = entryFor(new World().config());
  expect(await l1.put(entry, new Response(bodyOf(1)), limits.bodyBytes)).toEqual({
    stored: false,
    reason: "cache-unavailable",
  });
  expect(await l1.put(entry, new Response(bodyOf(1)), limits.bodyBytes)).toEqual({
    stored: false,
    reason: "cache-unavailable",
  });
  expect(warn).toHaveBeenCalledTimes(1);
  warn.mockRestore();
});
