import { describe, expect, it } from "vitest";
import type { CacheOptions } from "../../src/client/index.ts";
import { cache } from "../../src/client/index.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";
import { refusalOf } from "../support/refusal.ts";

describe.each(["isolate", "remote"] as const)("an explanation by a cache read in mode %s", (mode) => {
  const declare = (options: Partial<CacheOptions> = {}) =>
    cache({ name: "pages", namespace: freshNamespace(), ttlSeconds: 60, mode, ...options });

  it("tells of a miss, a hit and a purge, with the key that the cache itself gives", async () => {
    const namespace = freshNamespace();
    const pages = declare({ namespace, rules: [{ name: "product", path: "/p/:id" }] });
    const url = freshUrl("/p/1?b=2&a=1");
    expect(await pages.explain(url)).toMatchObject({
      outcome: "miss",
      reason: "absent",
      namespace,
      cache: "pages",
      key: pages.key(url),
      url,
      parts: [],
      rule: { index: 0, name: "product" },
      past: null,
      here: { state: "absent" },
      object: { index: null, lease: null, notes: {} },
    });
    await pages.put(url, new Response("one"), { tags: ["product:1"] });
    const hit = await pages.explain(new Request(url));
    expect(hit).toMatchObject({
      outcome: "hit",
      view: { withinBound: true },
      here: { state: "fresh", copy: { status: 200, bytes: 3, tags: ["product:1"] } },
      object: { index: { state: "fresh", tags: ["product:1"] } },
    });
    expect(hit.here?.copy?.storedAt).toBeInstanceOf(Date);
    expect(hit.object?.index?.freshUntil).toBeInstanceOf(Date);
    const { version } = await pages.purge({ tags: ["product:1"], reason: "new price" });
    const purged = await pages.explain(url);
    expect(purged).toMatchObject({
      outcome: "miss",
      reason: "purged",
      here: { state: "purged", invalidatedBy: { version, reason: "new price", selector: { tags: ["product:1"] } } },
    });
    expect(purged.object?.version).toBe(version);
  });

  it("counts nothing", async () => {
    const pages = declare();
    const url = freshUrl();
    await pages.put(url, new Response("x"));
    const before = await pages.stats();
    for (const _ of [1, 2, 3]) expect(await pages.explain(url)).toMatchObject({ outcome: "hit" });
    await pages.explain(freshUrl());
    expect(await pages.stats()).toEqual(before);
    await pages.match(url);
    expect(await pages.stats()).toMatchObject({ hits: before.hits + 1, misses: before.misses });
  });

  it("goes by the names that the call gives instead of the cache's own", async () => {
    const pages = declare();
    const request = new Request(freshUrl(), { headers: { "accept-language": "en" } });
    await pages.put(request, new Response("hello"), { vary: ["Accept-Language"] });
    expect(await pages.explain(request)).toMatchObject({ reason: "absent" });
    expect(await pages.explain(request, { vary: ["Accept-Language"] })).toMatchObject({
      outcome: "hit",
      parts: [{ name: "accept-language", value: "en" }],
    });
  });

  it("tells what would become of a response, which stays as it is", async () => {
    const pages = declare({ staleIfErrorSeconds: 5 });
    const response = new Response("body", { headers: { vary: "x-theme" } });
    const { response: kept } = await pages.explain(freshUrl(), { response });
    expect(kept).toMatchObject({ stored: true, ttlSeconds: 60, staleIfErrorSeconds: 5, vary: ["x-theme"] });
    expect(await response.text()).toBe("body");
    const own = { status: 200, headers: { "set-cookie": "a=1" } };
    expect((await pages.explain(freshUrl(), { response: own })).response).toEqual({
      stored: false,
      reason: "set-cookie",
    });
    expect((await pages.explain(freshUrl(), { response: { status: 500 } })).response).toMatchObject({ reason: "code" });
  });

  it("leaves the body of a request to be read, and tells a body from another", async () => {
    const pages = declare({ rules: [{ path: "/search", methods: ["POST"] }] });
    const asked = (body: string) => new Request(freshUrl("/search"), { method: "POST", body });
    const request = asked("shoes");
    const { key, parts } = await pages.explain(request);
    expect(parts).toMatchObject([{ name: "body:" }]);
    expect((await pages.explain(asked("hats"))).parts).not.toEqual(parts);
    expect(await request.clone().text()).toBe("shoes");
    expect(await pages.put(request, new Response("found"))).toMatchObject({ stored: true, key });
    expect(await pages.explain(asked("x".repeat(8001)))).toMatchObject({ reason: "body-too-big", key: null });
  });

  it("refuses what it cannot explain, naming the field", async () => {
    const pages = declare();
    const refused = async (call: Promise<unknown>) => (await refusalOf(call)).field;
    expect(await refused(pages.explain("/p/1"))).toBe("request");
    expect(await refused(pages.explain("https://user:secret@a.example/"))).toBe("request");
    const response = { status: 99 };
    expect(await refused(pages.explain(freshUrl(), { response }))).toBe("response.status");
    expect(await refused(pages.explain(freshUrl(), { response: { status: 200, headers: { "a b": "c" } } }))).toBe(
      "response.headers.a b",
    );
    expect(await refused(pages.explain(freshUrl(), { vary: ["a b"] }))).toBe("vary[0]");
    expect(await refused(pages.explain(freshUrl(), { why: true } as object))).toBe("why");
  });
});
