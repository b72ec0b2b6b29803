import { describe, expect, it } from "vitest";
import type { CacheOptions } from "../../src/client/index.ts";
import { cache } from "../../src/client/index.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";

describe.each(["isolate", "remote"] as const)("a cache read in mode %s", (mode) => {
  const declare = (options: Partial<CacheOptions> = {}) =>
    cache({ name: "pages", namespace: freshNamespace(), ttlSeconds: 60, mode, ...options });

  it("answers a request with what was put for it", async () => {
    const pages = declare();
    const request = new Request(freshUrl("/p/1"));
    expect(await pages.match(request)).toBeUndefined();
    const receipt = await pages.put(request, new Response("one", { status: 404, headers: { "x-own": "yes" } }));
    expect(receipt).toMatchObject({ stored: true, key: pages.key(request) });
    const hit = await pages.match(request);
    expect(hit?.status).toBe(404);
    expect(hit?.headers.get("x-own")).toBe("yes");
    expect(hit?.headers.get("cache-status")).toMatch(/^Larder; hit; ttl=(59|60)$/);
    expect(await hit?.text()).toBe("one");
  });

  it("gives a receipt that says until when and in which version of the log", async () => {
    const pages = declare({ staleWhileRevalidateSeconds: 30 });
    const { version } = await pages.purge({ everything: true });
    const before = Date.now();
    const receipt = await pages.put(freshUrl(), new Response("x"));
    if (!receipt.stored) throw new Error(receipt.reason);
    expect(receipt.version).toBe(version);
    expect(receipt.expiresAt.getTime()).toBeGreaterThanOrEqual(before + 90_000);
    expect(receipt.expiresAt.getTime()).toBeLessThanOrEqual(Date.now() + 90_000);
  });

  it.each([
    ["no-store", new Response("x", { headers: { "cache-control": "no-store" } })],
    ["private", new Response("x", { headers: { "cache-control": "private" } })],
    ["set-cookie", new Response("x", { headers: { "set-cookie": "id=1" } })],
    ["code", new Response("x", { status: 500 })],
    ["vary", new Response("x", { headers: { vary: "*" } })],
  ])("does not store a response for the reason %s, and says so", async (reason, response) => {
    const pages = declare();
    const url = freshUrl();
    expect(await pages.put(url, response)).toEqual({ stored: false, reason });
    expect(await pages.match(url)).toBeUndefined();
    expect(await pages.stats()).toMatchObject({ puts: 0, refusals: 1, entries: 0 });
  });

  it("takes the lifetime from the response when none is declared, and keeps nothing without one", async () => {
    const pages = cache({ name: "pages", namespace: freshNamespace(), mode });
    expect(await pages.put(freshUrl(), new Response("x"))).toEqual({ stored: false, reason: "no-max-age" });
    const own = new Response("x", { headers: { "cache-control": "max-age=10" } });
    expect(await pages.put(freshUrl(), own)).toMatchObject({ stored: true });
  });

  it("purges by tag, by request, by prefix and everything, with counts", async () => {
    const pages = declare({ tags: ["all"] });
    const [one, two, three] = [freshUrl("/p/1"), freshUrl("/p/2"), freshUrl("/q/3")];
    const fill = async () => {
      await pages.put(one, new Response("1"), { tags: ["product:1"] });
      await pages.put(two, new Response("2"), { tags: ["product:2"] });
      await pages.put(three, new Response("3"));
    };
    const left = async () => {
      const found = await Promise.all([one, two, three].map((url) => pages.match(url)));
      return (await Promise.all(found.map((response) => response?.text() ?? "-"))).join("");
    };
    await fill();
    expect(await left()).toBe("123");
    expect(await pages.purge({ tags: ["product:1", "nothing"] })).toMatchObject({ purged: 1 });
    expect(await left()).toBe("-23");
    expect(await pages.purge({ request: two })).toMatchObject({ purged: 1 });
    expect(await left()).toBe("--3");
    await fill();
    expect(await pages.purge({ prefix: one.slice(0, -3) })).toMatchObject({ purged: 1 });
    expect(await left()).toBe("-23");
    expect(await pages.purge({ tags: ["all"] })).toMatchObject({ purged: 2 });
    await fill();
    expect(await pages.purge({ everything: true })).toMatchObject({ purged: 3 });
    expect(await left()).toBe("---");
    expect(await pages.stats()).toMatchObject({ puts: 9, purges: 5, hits: 8, misses: 7 });
  });

  it("tells variants apart by what a response says it varies on, the first time and later", async () => {
    const pages = declare();
    const url = freshUrl();
    const made = (body: string) => new Response(body, { headers: { vary: "accept-language" } });
    await pages.put(asked(url, "en"), made("hello"));
    await pages.put(asked(url, "fr"), made("bonjour"));
    for (const _ of [1, 2]) {
      expect(await (await pages.match(asked(url, "en")))?.text()).toBe("hello");
      expect(await (await pages.match(asked(url, "fr")))?.text()).toBe("bonjour");
      expect(await pages.match(url)).toBeUndefined();
    }
    expect(await pages.stats()).toMatchObject({ hits: 4, misses: 2 });
  });

  it("answers conditions and ranges from what is stored", async () => {
    const pages = declare();
    const url = freshUrl();
    await pages.put(url, new Response("0123456789", { headers: { etag: '"1"' } }));
    const part = await pages.match(new Request(url, { headers: { range: "bytes=2-4" } }));
    expect([part?.status, await part?.text()]).toEqual([206, "234"]);
    const unchanged = await pages.match(new Request(url, { headers: { "if-none-match": '"1"' } }));
    expect(unchanged?.status).toBe(304);
    const head = await pages.match(new Request(url, { method: "HEAD" }));
    expect([head?.status, head?.body, head?.headers.get("content-length")]).toEqual([200, null, "10"]);
  });

  it("deletes one variant, and tells whether it was there", async () => {
    const pages = declare({ vary: ["accept-language"] });
    const url = freshUrl();
    const [english, french] = [asked(url, "en"), asked(url, "fr")];
    await pages.put(english, new Response("hello"));
    await pages.put(french, new Response("bonjour"));
    expect(await pages.delete(english)).toBe(true);
    expect(await pages.delete(english)).toBe(false);
    expect(await pages.match(english)).toBeUndefined();
    expect(await (await pages.match(french))?.text()).toBe("bonjour");
    expect(await pages.stats()).toMatchObject({ deletes: 2 });
  });

  it("varies as one call asks", async () => {
    const pages = declare();
    const url = freshUrl();
    await pages.put(asked(url, "en"), new Response("hello"), { vary: ["Accept-Language"] });
    expect(await pages.match(asked(url, "fr"), { vary: ["accept-language"] })).toBeUndefined();
    expect(await pages.match(asked(url, "en"))).toBeUndefined();
    expect(await (await pages.match(asked(url, "en"), { vary: ["accept-language"] }))?.text()).toBe("hello");
    expect(await pages.delete(asked(url, "en"), { vary: ["accept-language"] })).toBe(true);
  });

  it("lets a purge between a match and its put win over what is put", async () => {
    const pages = declare();
    const request = new Request(freshUrl());
    expect(await pages.match(request)).toBeUndefined();
    await pages.purge({ tags: ["t"] });
    expect(await pages.put(request, new Response("old"), { tags: ["t"] })).toEqual({
      stored: false,
      reason: "purged-during-fill",
    });
    expect(await pages.match(request)).toBeUndefined();
    expect(await pages.put(request, new Response("new"), { tags: ["t"] })).toMatchObject({ stored: true });
  });

  it("shows a purge made elsewhere at once to whoever holds its version", async () => {
    const namespace = freshNamespace();
    const [reader, writer] = [
      declare({ namespace }),
      declare({ namespace, mode: mode === "remote" ? "isolate" : "remote" }),
    ];
    const url = freshUrl();
    await reader.put(url, new Response("old"), { tags: ["t"] });
    const { version } = await writer.purge({ tags: ["t"] });
    expect(await reader.match(url, { atLeast: version })).toBeUndefined();
  });

  it("loads once through wrap, with tags read off the response", async () => {
    const pages = declare();
    const request = new Request(freshUrl());
    let loads = 0;
    const load = () => {
      loads += 1;
      return Response.json({ loads }, { headers: { "x-product": "7" } });
    };
    const tags = (response: Response) => [`product:${response.headers.get("x-product")}`];
    const first = await pages.wrap(request, load, { tags });
    expect(first.headers.get("cache-status")).toBe("Larder; fwd=uri-miss; fwd-status=200");
    expect(await first.json()).toEqual({ loads: 1 });
    await expect.poll(async () => (await pages.stats()).puts).toBe(1);
    expect(await (await pages.wrap(request, load, { tags })).json()).toEqual({ loads: 1 });
    await pages.purge({ tags: ["product:7"] });
    expect(await (await pages.wrap(request, load, { tags })).json()).toEqual({ loads: 2 });
  });

  it("hands on what the loader of wrap throws", async () => {
    const fails = () => Promise.reject(new RangeError("no such product"));
    await expect(declare().wrap(freshUrl(), fails)).rejects.toThrow("no such product");
  });

  it("keeps two namespaces apart, even for caches of one name", async () => {
    const [one, other] = [declare(), declare()];
    const url = freshUrl();
    await one.put(url, new Response("mine"), { tags: ["t"] });
    expect(await other.match(url)).toBeUndefined();
    expect(await other.purge({ tags: ["t"] })).toMatchObject({ purged: 0 });
    expect(await other.purge({ everything: true })).toMatchObject({ purged: 0 });
    expect(await (await one.match(url))?.text()).toBe("mine");
    expect(await one.stats()).toMatchObject({ purges: 0, entries: 1, hits: 1, misses: 0 });
  });

  it("keeps two caches of one namespace apart", async () => {
    const namespace = freshNamespace();
    const [pages, api] = [declare({ namespace }), declare({ namespace, name: "api" })];
    const url = freshUrl();
    await pages.put(url, new Response("page"), { tags: ["t"] });
    await api.put(url, new Response("api"), { tags: ["t"] });
    expect(await pages.purge({ tags: ["t"] })).toMatchObject({ purged: 1 });
    expect(await (await api.match(url))?.text()).toBe("api");
  });

  it("follows its rules: the first that fits overrides, and some requests go past the cache", async () => {
    const pages = declare({
      rules: [
        { path: "/account/*", bypass: { cookies: ["session"], headers: ["x-preview"], query: ["draft"] } },
        { path: "/p/:id", tags: ["products"], ttlSeconds: 0 },
        { path: "/p/:id", ttlSeconds: 5 },
      ],
    });
    expect(await pages.put(freshUrl("/p/1"), new Response("x"))).toEqual({ stored: false, reason: "no-max-age" });
    const own = new Request(freshUrl("/account/me"), { headers: { cookie: "a=1; session=2" } });
    expect(await pages.put(own, new Response("x"))).toEqual({ stored: false, reason: "bypass" });
    const preview = new Request(freshUrl("/account/me"), { headers: { "x-preview": "1" } });
    expect(await pages.put(preview, new Response("x"))).toEqual({ stored: false, reason: "bypass" });
    const draft = freshUrl("/account/me?draft");
    expect(await pages.put(draft, new Response("x"))).toEqual({ stored: false, reason: "bypass" });
    const shared = new Request(freshUrl("/account/help"));
    expect(await pages.put(shared, new Response("x"))).toMatchObject({ stored: true });
    const withSession = new Request(shared, { headers: { cookie: "session=1" } });
    expect(await pages.match(withSession)).toBeUndefined();
  });

  it("lets a URL that is too long for a key go past the cache", async () => {
    const pages = declare();
    const url = freshUrl(`/${"x".repeat(8192)}`);
    expect(await pages.match(url)).toBeUndefined();
    expect(await pages.put(url, new Response("x"))).toEqual({ stored: false, reason: "too-long" });
    expect(await pages.delete(url)).toBe(false);
    expect(() => pages.key(url)).toThrow("request: its URL is longer than 8192 characters");
  });

  it("refuses a body over its limit with an error, and stores nothing", async () => {
    const pages = declare({ maxBodyBytes: 10 });
    const url = freshUrl();
    await expect(pages.put(url, new Response("12345678901"))).rejects.toMatchObject({
      name: "LarderError",
      code: "body-too-large",
      field: "body",
      limit: 10,
    });
    expect(await pages.match(url)).toBeUndefined();
    expect(await pages.stats()).toMatchObject({ puts: 0, entries: 0 });
  });
});

function asked(url: string, language: string): Request {
  return new Request(url, { headers: { "accept-language": language } });
}

it("says which binding is missing", async () => {
  const pages = cache({ name: "pages", binding: "ELSEWHERE" });
  await expect(pages.match(freshUrl())).rejects.toMatchObject({ code: "not-bound", field: "binding" });
});
