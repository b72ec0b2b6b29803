import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ExplainWish, Explanation } from "../../schema/explain.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { CacheOptionsSchema } from "../../schema/options.ts";
import { parse } from "../../schema/validate.ts";
import { cache } from "../../src/client/index.ts";
import { apiWith } from "../support/api.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";

const SITE = "https://shop.example";
const pathOf = (namespace: string) => `${SITE}/.larder/v1/caches/${encodeURIComponent(namespace)}/explain`;

type Json = Record<string, unknown>;

/** The coordinator's own API, with the right token. */
async function ask(namespace: string, body: unknown, token = env.LARDER_TOKEN ?? "") {
  const coordinator = (exports as typeof exports & { readonly default: Fetcher }).default;
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const response = await coordinator.fetch(pathOf(namespace), { method: "POST", headers, body: JSON.stringify(body) });
  return { status: response.status, json: await response.json<Json>() };
}

afterEach(() => {
  vi.useRealTimers();
});

describe("POST …/explain", () => {
  it("answers as the cache itself would, and says whose data centre that is", async () => {
    vi.setSystemTime(Date.now());
    const namespace = freshNamespace();
    const options = { ttlSeconds: 60, staleIfErrorSeconds: 600, rules: [{ name: "product", path: "/p/:id" }] };
    const pages = cache({ name: "pages", namespace, mode: "remote", ...options });
    const url = freshUrl("/p/1");
    await pages.put(url, new Response("one"), { tags: ["product:1"] });
    const { version } = await pages.purge({ tags: ["product:1"], reason: "new price" });
    const { status, json } = await ask(namespace, { cache: "pages", url, options, response: { status: 200 } });
    expect(status).toBe(200);
    const expected = JSON.parse(JSON.stringify(await pages.explain(url, { response: { status: 200 } }))) as Json;
    expect(json).toEqual({ ...expected, dataCentre: "the one that answered" });
    expect(json).toMatchObject({
      outcome: "miss",
      reason: "purged",
      key: pages.key(url),
      rule: { index: 0, name: "product" },
      here: { state: "purged", invalidatedBy: { version, by: "binding", reason: "new price" } },
      response: { stored: true, ttlSeconds: 60, staleIfErrorSeconds: 600 },
    });
  });

  it("goes by a cache's defaults where it is given no declaration", async () => {
    const namespace = freshNamespace();
    const { json } = await ask(namespace, { cache: "pages", url: freshUrl(), response: { status: 200 } });
    expect(json).toMatchObject({
      outcome: "miss",
      reason: "absent",
      response: { stored: false, reason: "no-max-age" },
    });
  });

  it("takes a method, header fields and a body", async () => {
    const options = { vary: ["accept-language"], rules: [{ path: "/search", methods: ["POST"] }] };
    const asked = { cache: "pages", options, headers: { "Accept-Language": "de" } };
    const post = { ...asked, url: freshUrl("/search"), method: "POST", body: "shoes" };
    const { json } = await ask(freshNamespace(), post);
    expect(json).toMatchObject({ past: null, parts: [{ name: "accept-language", value: "de" }, { name: "body:" }] });
    const large = await ask(freshNamespace(), { ...post, body: "x".repeat(8001) });
    expect(large.json).toMatchObject({ outcome: "miss", reason: "body-too-big", key: null });
    const other = await ask(freshNamespace(), { ...asked, url: freshUrl(), method: "PUT" });
    expect(other.json).toMatchObject({ reason: "method", past: { what: "PUT" } });
  });

  it("tells of a URL that is too long for a key", async () => {
    const { json } = await ask(freshNamespace(), { cache: "pages", url: freshUrl(`/${"x".repeat(9000)}`) });
    expect(json).toMatchObject({ outcome: "miss", reason: "too-long", key: null, here: null, object: null });
  });

  it("purges, counts and stores nothing", async () => {
    const namespace = freshNamespace();
    const pages = cache({ name: "pages", namespace, ttlSeconds: 60, mode: "remote" });
    await ask(namespace, { cache: "pages", url: freshUrl() });
    expect(await pages.stats()).toMatchObject({ hits: 0, misses: 0, puts: 0, purges: 0, entries: 0 });
    expect((await pages.history()).purges).toEqual([]);
  });

  it("is for those with the token", async () => {
    expect((await ask(freshNamespace(), { cache: "pages", url: freshUrl() }, "wrong")).status).toBe(401);
  });

  it.each<[string, Json, string]>([
    ["no cache", { url: `${SITE}/` }, "cache"],
    ["a cache of no name", { cache: "a b", url: `${SITE}/` }, "cache"],
    ["no URL", { cache: "pages" }, "url"],
    ["a path in the place of a URL", { cache: "pages", url: "/p/1" }, "url"],
    ["a URL with a user name", { cache: "pages", url: "https://me:x@a.example/" }, "url"],
    ["no word for a method", { cache: "pages", url: `${SITE}/`, method: "GET /" }, "method"],
    ["a method that is none", { cache: "pages", url: `${SITE}/`, method: "CONNECT" }, "method"],
    ["header fields as a list", { cache: "pages", url: `${SITE}/`, headers: ["a"] }, "headers"],
    ["a header of no name", { cache: "pages", url: `${SITE}/`, headers: { "a b": "c" } }, "headers.a b"],
    ["a header of two lines", { cache: "pages", url: `${SITE}/`, headers: { a: "b\r\nc" } }, "headers.a"],
    ["a body with GET", { cache: "pages", url: `${SITE}/`, body: "x" }, "body"],
    ["a body that is no text", { cache: "pages", url: `${SITE}/`, method: "POST", body: {} }, "body"],
    ["a declaration as a list", { cache: "pages", url: `${SITE}/`, options: [] }, "options"],
    [
      "a declaration with a fault",
      { cache: "pages", url: `${SITE}/`, options: { ttlSeconds: -1 } },
      "options.ttlSeconds",
    ],
    ["an option that is none", { cache: "pages", url: `${SITE}/`, options: { ttl: 1 } }, "options.ttl"],
    ["a declaration of another cache", { cache: "pages", url: `${SITE}/`, options: { name: "api" } }, "options.name"],
    ["one of another namespace", { cache: "pages", url: `${SITE}/`, options: { namespace: "n" } }, "options.namespace"],
    ["a response without a status", { cache: "pages", url: `${SITE}/`, response: {} }, "response.status"],
    ["a status that is none", { cache: "pages", url: `${SITE}/`, response: { status: 600 } }, "response.status"],
    ["a field that is none", { cache: "pages", url: `${SITE}/`, why: true }, "why"],
  ])("refuses %s, and names the field", async (_, body, field) => {
    const { status, json } = await ask(freshNamespace(), body);
    expect({ status, code: json["code"], field: json["field"] }).toEqual({ status: 400, code: "invalid-input", field });
    expect(json["detail"]).toMatch(new RegExp(`^${field.replace(/[.[\]]/g, "\\$&")}: `));
  });

  it("refuses a namespace that there cannot be", async () => {
    const { status, json } = await ask("larder", { cache: "pages", url: freshUrl() });
    expect({ status, field: json["field"] }).toEqual({ status: 400, field: "namespace" });
  });
});

describe("an API that is given what it needs", () => {
  const post = (api: (request: Request) => Promise<Response>, body: Json) =>
    api(
      new Request(pathOf("shop"), {
        method: "POST",
        headers: { Authorization: "Bearer t", "Content-Type": "application/json" },
        body: JSON.stringify(body),
      }),
    );

  it("goes by the coordinator's own declaration of a cache, in the namespace that is asked about", async () => {
    const asked: { config: CacheConfig; wish: ExplainWish }[] = [];
    const gateway = parse(CacheOptionsSchema, { name: "gateway", namespace: "elsewhere", revalidateSeconds: 3600 });
    const api = apiWith({
      token: "t",
      explaining: {
        explain: async (config, _request, wish) => {
          asked.push({ config, wish });
          return { outcome: "hit" } as Explanation;
        },
        configFor: (name) => (name === "gateway" ? gateway : undefined),
      },
    });
    const url = freshUrl();
    expect(await (await post(api, { cache: "gateway", url })).json()).toEqual({
      outcome: "hit",
      dataCentre: "the one that answered",
    });
    await post(api, { cache: "gateway", url, options: { ttlSeconds: 5 } });
    await post(api, { cache: "pages", url });
    expect(
      asked.map(({ config: { name, namespace, revalidateSeconds, ttlSeconds }, wish }) => [
        [name, namespace, revalidateSeconds, ttlSeconds],
        wish,
      ]),
    ).toEqual([
      [["gateway", "shop", 3600, undefined], { heuristics: "on" }],
      [["gateway", "shop", 0, 5], {}],
      [["pages", "shop", 0, undefined], {}],
    ]);
  });

  it("answers 405 to other methods, and 404 where it has nothing to explain by", async () => {
    const api = apiWith({ token: "t" });
    const got = await api(new Request(pathOf("shop")));
    expect([got.status, got.headers.get("Allow")]).toEqual([405, "POST"]);
    expect((await post(api, { cache: "pages", url: freshUrl() })).status).toBe(404);
  });
});
