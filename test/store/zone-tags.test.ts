import { expect, test } from "vitest";
import type { Key, NormalUrl } from "../../schema/key.ts";
import { limits } from "../../schema/limits.ts";
import type { CacheName } from "../../schema/names.ts";
import { DataCentreCache } from "../../src/store/data-centre-cache.ts";
import { fromTransit, giveOut, toTransit } from "../../src/store/stored-form.ts";
import { urlTag, zoneTagsOf } from "../../src/store/zone-tags.ts";
import { freshUrl } from "../support/fresh.ts";

const EPOCH = "0123456789abcdef";

function place(url = freshUrl()) {
  return { key: `${url}?larder=n/pages/GET/` as Key, url: url as NormalUrl, cache: "pages" as CacheName };
}

const facts = {
  tags: [],
  permanent: false,
  asOf: { epoch: EPOCH, seq: 3 },
  storedAtMs: Date.now(),
  initialAgeSeconds: 0,
  ttlSeconds: 60,
  staleWhileRevalidateSeconds: 0,
  staleIfErrorSeconds: 0,
  keepSeconds: 0,
  status: 200,
  fillSeconds: 0,
};

test("what lies in the cache carries them, its body that lies apart too, on its way to another data centre too", async () => {
  const cache = await caches.open("zone-tags");
  const l1 = new DataCentreCache(() => cache);
  const at = place();
  const entry = { ...facts, ...at, tags: ["a"] as never[] };
  await l1.put(entry, new Response(new Uint8Array(2 * 1024 * 1024)), limits.bodyBytes);
  const tags = `${zoneTagsOf(entry).join(",")},a`;
  const whole = await cache.match(at.key);
  expect(whole?.headers.get("cache-tag")).toBe(tags);
  await whole?.body?.cancel();
  const found = await l1.match(at);
  if (found?.found.kind !== "entry" || found.found.bodyKey === undefined)
    throw new Error("its body does not lie apart");
  const apart = await cache.match(found.found.bodyKey);
  expect(apart?.headers.get("cache-tag")).toBe(tags);
  await apart?.body?.cancel();
  const transit = toTransit(found.stored, found.found, null, Date.now());
  expect(transit.headers.get("cache-tag")).toBe(tags);
  expect(fromTransit(transit, at, Date.now())?.response.headers.has("cache-tag")).toBe(false);
  expect(giveOut(found.stored, found.found, found.body).headers.has("cache-tag")).toBe(false);
  await found.body?.cancel();
});

test("with the longest name of a cache, and as many tags as there may be, fit into one field", () => {
  const cache = "c".repeat(limits.nameCharacters) as CacheName;
  const own = zoneTagsOf({ asOf: { epoch: EPOCH, seq: 0 }, ...place(), cache });
  expect(own.join(",").length + 1 + limits.tagsTotalCharacters).toBeLessThanOrEqual(16 * 1024);
});

test("tell URLs apart that are much alike", () => {
  const tags = new Set<string>();
  for (let page = 0; page < 100_000; page += 1) tags.add(urlTag(EPOCH, `https://shop.example/p/${page}`));
  for (let page = 0; page < 100_000; page += 1) tags.add(urlTag(EPOCH, `https://shop.example/?page=${page}&size=l`));
  expect(tags.size).toBe(200_000);
});

test("are the same whatever the case of a cache's name, as the zone takes tags", () => {
  const of = (cache: string) =>
    zoneTagsOf({ asOf: { epoch: EPOCH, seq: 0 }, ...place("https://a/"), cache: cache as CacheName });
  expect(of("Pages")).toEqual(of("pages"));
  expect(of("pages").join()).toBe(of("pages").join().toLowerCase());
});
