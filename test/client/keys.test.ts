import { describe, expect, it } from "vitest";
import type { CacheOptions } from "../../src/client/index.ts";
import { CustomCacheKey, cache } from "../../src/client/index.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";

const PHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";
const DESKTOP =
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";

describe.each(["isolate", "remote"] as const)("a key of an app's own making, in mode %s", (mode) => {
  const declare = (options: Partial<CacheOptions> = {}) =>
    cache({ name: "pages", namespace: freshNamespace(), ttlSeconds: 60, mode, ...options });

  async function answered(pages: ReturnType<typeof cache>, url: string, headers: Record<string, string> = {}) {
    return (await pages.match(new Request(url, { headers })))?.text();
  }

  it("leaves out parameters of the query, and is purged by what is left", async () => {
    const pages = declare({ key: new CustomCacheKey().excludeAllQueryParametersExcept("color") });
    const url = freshUrl();
    await pages.put(`${url}?utm_source=a&color=red`, new Response("red"));
    expect(await answered(pages, `${url}?color=red&gclid=1`)).toBe("red");
    expect(await answered(pages, `${url}?color=blue`)).toBeUndefined();
    expect(pages.key(`${url}?color=red&x=1`)).toBe(pages.key(`${url}?color=red`));
    expect(await pages.purge({ request: `${url}?color=red&utm_source=b` })).toMatchObject({ purged: 1 });
    expect(await answered(pages, `${url}?color=red`)).toBeUndefined();
  });

  it("is what a change through it makes new", async () => {
    const pages = declare({ key: { query: { only: ["color"] } } });
    const url = freshUrl();
    await pages.put(`${url}?color=red`, new Response("before"));
    const change = new Request(`${url}?token=1&color=red`, { method: "POST", body: "x" });
    await pages.wrap(change, () => new Response("done"));
    expect(await answered(pages, `${url}?color=red`)).toBeUndefined();
  });

  it("tells devices, cookies in groups and headers apart", async () => {
    const key = new CustomCacheKey()
      .addDevice()
      .addHeader("x-tenant")
      .addCookie("currency", (groups) => {
        groups.group("eu").byPattern(/^(eur|sek)$/i);
        groups.group("na").byPattern("^(usd|cad)$");
      });
    const pages = declare({ key });
    const url = freshUrl();
    const asking = { "user-agent": PHONE, "x-tenant": "acme", cookie: "currency=EUR" };
    await pages.put(new Request(url, { headers: asking }), new Response("one"));
    expect(await answered(pages, url, { ...asking, cookie: "a=b; currency=sek" })).toBe("one");
    expect(await answered(pages, url, { ...asking, cookie: "currency=usd" })).toBeUndefined();
    expect(await answered(pages, url, { ...asking, "user-agent": DESKTOP })).toBeUndefined();
    expect(await answered(pages, url, { ...asking, "x-tenant": "other" })).toBeUndefined();
    expect(await answered(pages, url)).toBeUndefined();
  });

  it("that holds the credentials makes answers to them cacheable, but not where it holds a group of them", async () => {
    const url = freshUrl();
    const asking = new Request(url, { headers: { authorization: "Bearer a" } });
    const own = declare({ key: new CustomCacheKey().addHeader("authorization") });
    expect(await own.put(asking, new Response("a's"))).toMatchObject({ stored: true });
    expect(await answered(own, url, { authorization: "Bearer b" })).toBeUndefined();
    const grouped = declare({
      key: new CustomCacheKey().addHeader("authorization", (groups) => groups.group("any").byPattern(".")),
    });
    expect(await grouped.put(asking, new Response("a's"))).toEqual({ stored: false, reason: "authorization" });
  });

  it("of the rule goes before the cache's", async () => {
    const pages = declare({
      key: { query: { only: ["a"] } },
      rules: [{ path: "/whole/*", key: { query: { exclude: [] } } }],
    });
    const [url, whole] = [freshUrl("/p"), freshUrl("/whole/p")];
    for (const each of [url, whole]) await pages.put(`${each}?a=1&b=1`, new Response("1"));
    expect(await answered(pages, `${url}?a=1&b=2`)).toBe("1");
    expect(await answered(pages, `${whole}?a=1&b=2`)).toBeUndefined();
  });
});

describe.each(["isolate", "remote"] as const)("rules, in mode %s", (mode) => {
  const declare = (options: Partial<CacheOptions> = {}) =>
    cache({ name: "pages", namespace: freshNamespace(), ttlSeconds: 60, mode, ...options });

  it("make tags of what the path holds", async () => {
    const pages = declare({ tags: ["all"], rules: [{ path: "/p/:id", tags: ["product:{id}", "products"] }] });
    const [one, two] = [freshUrl("/p/1"), freshUrl("/p/2")];
    for (const url of [one, two]) await pages.put(url, new Response(url));
    expect(await pages.purge({ tags: ["product:1"], dryRun: true })).toMatchObject({ purged: 1 });
    expect(await pages.purge({ allOf: ["all", "products"], dryRun: true })).toMatchObject({ purged: 2 });
  });

  it("with a tag that names what the path does not hold are refused", () => {
    expect(() => declare({ rules: [{ path: "/p/:id", tags: ["product:{sku}"] }] })).toThrow(/rules\[0\]\.tags: .*sku/);
  });

  it("turn caching off, and say so", async () => {
    const pages = declare({ rules: [{ path: "/live/*", caching: "off" }] });
    const url = freshUrl("/live/1");
    expect(await pages.put(url, new Response("x"))).toEqual({ stored: false, reason: "disabled" });
    const answer = await pages.wrap(url, () => new Response("now"));
    expect(answer.headers.get("cache-status")).toBe("Larder; fwd=bypass; fwd-status=200");
    expect(await pages.match(url)).toBeUndefined();
  });

  it("keep what says it is private where they force it, and never what sets a cookie", async () => {
    const pages = declare({ rules: [{ path: "/p/*", forcePrivateCaching: true }] });
    const personal = { "cache-control": "private, max-age=5" };
    expect(await pages.put(freshUrl("/p/1"), new Response("x", { headers: personal }))).toMatchObject({ stored: true });
    expect(await pages.put(freshUrl("/q/1"), new Response("x", { headers: personal }))).toMatchObject({
      reason: "private",
    });
    const headers = { ...personal, "set-cookie": "a=1" };
    expect(await pages.put(freshUrl("/p/2"), new Response("x", { headers }))).toMatchObject({ reason: "set-cookie" });
  });

  it("for GraphQL have one key for what means the same, and none for a mutation", async () => {
    const pages = declare({ rules: [{ path: "/graphql", methods: ["POST"], graphql: true }] });
    const url = freshUrl("/graphql");
    const asking = (query: string, variables: unknown = {}) =>
      new Request(url, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query, variables }),
      });
    await pages.put(asking("query Q($a: Int) { item(a: $a) { id } }", { a: 1, b: 2 }), new Response("one"));
    const same = asking("query Q( $a: Int ) {\n  item(a: $a) { id }\n}", { b: 2, a: 1 });
    expect(await (await pages.match(same))?.text()).toBe("one");
    expect(await pages.match(asking("query Q($a: Int) { item(a: $a) { id } }", { a: 2 }))).toBeUndefined();
    const mutation = asking("mutation { buy { id } }");
    expect(await pages.put(mutation, new Response("bought"))).toEqual({ stored: false, reason: "method" });
  });
});
