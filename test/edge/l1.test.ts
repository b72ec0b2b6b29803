import { expect, it, vi } from "vitest";
import type { StoredEntry } from "../../schema/entry.ts";
import { limits } from "../../schema/limits.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { L1 } from "../../src/edge/l1.ts";
import { placeOf } from "../../src/edge/place.ts";
import { freshUrl } from "../support/fresh.ts";
import { World } from "../support/world.ts";

const MIB = 1024 * 1024;

function entryFor(config: CacheConfig): StoredEntry {
  return {
    ...placeOf(config, new Request(freshUrl()), []),
    tags: [],
    asOf: { epoch: "0".repeat(16), seq: 0 },
    storedAtMs: Date.now(),
    initialAgeSeconds: 0,
    ttlSeconds: 60,
    staleWhileRevalidateSeconds: 0,
    staleIfErrorSeconds: 0,
    status: 200,
    headers: [["content-type", "text/plain"]],
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

async function storage(): Promise<{ l1: L1; config: CacheConfig; cache: Cache }> {
  const world = new World();
  const cache = await caches.open(world.namespace);
  return { l1: new L1(cache), config: world.config(), cache };
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
  expect(await l1.put(entry, bodyOf(chunks), limits.bodyBytes)).toEqual({ stored: true, bytes: chunks * 65_536 });
  const hit = await l1.match(entry);
  expect(hit?.found).toMatchObject({ kind: "entry", entry: { status: 200, headers: entry.headers } });
  expect(await bytesOf(hit?.body)).toEqual(await bytesOf(bodyOf(chunks)));
});

it.each([
  ["early", 2],
  ["late", 40],
])("keeps nothing of a body that fails %s", async (_, chunks) => {
  const { l1, config } = await storage();
  const entry = entryFor(config);
  expect(await l1.put(entry, bodyOf(chunks, "fail"), limits.bodyBytes)).toEqual({
    stored: false,
    reason: "incomplete",
  });
  expect(await l1.match(entry)).toBeUndefined();
});

it("leaves the entry that was there when a new body fails", async () => {
  const { l1, config } = await storage();
  const entry = entryFor(config);
  await l1.put(entry, bodyOf(1), limits.bodyBytes);
  await l1.put(entry, bodyOf(40, "fail"), limits.bodyBytes);
  expect((await bytesOf((await l1.match(entry))?.body)).byteLength).toBe(65_536);
});

it.each([
  ["read first", 2, 65_536],
  ["stored as it comes", 80, 3 * MIB],
])("keeps nothing of a body %s that is larger than the limit", async (_, chunks, limit) => {
  const { l1, config } = await storage();
  const entry = entryFor(config);
  expect(await l1.put(entry, bodyOf(chunks), limit)).toEqual({ stored: false, reason: "too-large" });
  expect(await l1.match(entry)).toBeUndefined();
});

it("keeps a body of exactly the limit", async () => {
  const { l1, config } = await storage();
  expect(await l1.put(entryFor(config), bodyOf(32), 2 * MIB)).toEqual({ stored: true, bytes: 2 * MIB });
});

it("gives header values back that are not ASCII", async () => {
  const { l1, config } = await storage();
  const entry = { ...entryFor(config), headers: [["x-city", "Zürich"]] as const };
  await l1.put(entry, bodyOf(0), limits.bodyBytes);
  expect((await l1.match(entry))?.found).toMatchObject({ entry: { headers: [["x-city", "Zürich"]] } });
});

it("takes no notice of what others have put under the same URL", async () => {
  const { l1, config, cache } = await storage();
  const entry = entryFor(config);
  await cache.put(entry.key, new Response("foreign", { headers: { "cache-control": "max-age=60" } }));
  expect(await l1.match(entry)).toBeUndefined();
});

it("says so when the platform's cache keeps nothing", async () => {
  vi.resetModules();
  const { L1: NewL1 } = await import("../../src/edge/l1.ts");
  const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  const nothing = { put: async () => undefined, match: async () => undefined, delete: async () => false };
  const l1 = new NewL1(nothing as unknown as Cache);
  const entry = entryFor(new World().config());
  expect(await l1.put(entry, bodyOf(1), limits.bodyBytes)).toEqual({ stored: false, reason: "cache-unavailable" });
  expect(await l1.put(entry, bodyOf(1), limits.bodyBytes)).toEqual({ stored: false, reason: "cache-unavailable" });
  expect(warn).toHaveBeenCalledTimes(1);
  warn.mockRestore();
});
