import { afterEach, describe, expect, it, vi } from "vitest";
import { CustomCacheKey } from "../../src/client/index.ts";
import { Router } from "../../src/gateway/router.ts";
import { freshUrl } from "../support/fresh.ts";
import { gatewayFor } from "../support/gateway.ts";
import { World } from "../support/world.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

type Answer = (request: Request) => Response;

async function setUp(router: Router, answer: Answer = () => new Response("page")) {
  const world = new World();
  const isolate = await world.isolate();
  const config = { ...world.config(), ttlSeconds: undefined, cacheDeceptionArmor: "on" as const };
  const asked: Request[] = [];
  vi.stubGlobal("fetch", async (url: URL, init: RequestInit) => {
    const request = new Request(url, init);
    asked.push(request);
    return answer(request);
  });
  const gateway = gatewayFor({
    origin: "https://origin.example",
    origins: { api: "https://api.example" },
    config,
    readThrough: isolate.readThrough,
    router,
  });
  const get = async (url: string, init: RequestInit = {}) => {
    const response = await gateway(new Request(url, init));
    const text = await response.text();
    await world.surroundings.settle();
    return { status: response.status, text, headers: response.headers };
  };
  const statusOf = async (url: string, init: RequestInit = {}) =>
    (await get(url, init)).headers.get("larder-caching-status");
  const purge = (tag: string) => isolate.edge.purge(config, { tags: [tag] });
  return { get, statusOf, asked, purge };
}

function at(path: string): string {
  const url = new URL(freshUrl("/"));
  url.pathname = path;
  return url.href;
}

describe("routes", () => {
  it("say how long Larder keeps what, and what the browser is told", async () => {
    const router = new Router().get("/p/:id", ({ cache, proxy }) => {
      cache({
        browser: { maxAgeSeconds: 0, serviceWorkerSeconds: 60 },
        edge: { maxAgeSeconds: 3600, staleWhileRevalidateSeconds: 60, tags: ["product:{id}"] },
      });
      return proxy("origin");
    });
    const { get, asked, purge } = await setUp(
      router,
      () => new Response("page", { headers: { "cache-control": "max-age=5", expires: "0" } }),
    );
    const url = at("/p/1");
    const first = await get(url);
    expect(first.headers.get("cache-control")).toBe("max-age=0");
    expect(first.headers.has("expires")).toBe(false);
    expect(first.headers.get("x-sw-cache-control")).toBe("max-age=60");
    const second = await get(url);
    expect(second.headers.get("cache-status")).toMatch(/^Larder; hit; ttl=3[56]\d\d$/);
    expect(second.headers.get("cache-control")).toBe("max-age=0");
    expect(await purge("product:1")).toMatchObject({ purged: 1 });
    await get(url);
    expect(asked.length).toBe(2);
  });

  it("that fit one request say it together, up to the one that proxies, and the later goes before", async () => {
    const router = new Router()
      .match("*", ({ cache, setResponseHeader }) => {
        cache({ edge: { maxAgeSeconds: 60 }, browser: { maxAgeSeconds: 5 } });
        setResponseHeader("x-first", "yes");
      })
      .get("/api/*", ({ cache, proxy }) => {
        cache({ edge: { maxAgeSeconds: 600 } });
        return proxy("api");
      })
      .fallback(({ cache, proxy }) => {
        cache({ edge: { maxAgeSeconds: 1 } });
        return proxy("origin");
      });
    const { get, asked } = await setUp(router);
    await get(at("/api/x"));
    const hit = await get(at("/api/x"));
    expect(asked.at(-1)?.url).toContain("https://api.example/api/x");
    expect([hit.headers.get("x-first"), hit.headers.get("cache-control")]).toEqual(["yes", "max-age=5"]);
    await get(at("/other"));
    expect(asked.at(-1)?.url).toContain("https://origin.example/other");
  });

  it("keep nothing with edge: false, and tell the browser to keep nothing with browser: false", async () => {
    const router = new Router().match("/live/*", ({ cache, proxy }) => {
      cache({ edge: false, browser: false });
      return proxy("origin");
    });
    const { get, asked } = await setUp(
      router,
      () => new Response("now", { headers: { "cache-control": "max-age=60" } }),
    );
    const url = at("/live/1");
    const answers = [await get(url), await get(url)];
    expect(answers.map(({ headers }) => headers.get("larder-caching-status"))).toEqual(["disabled", "disabled"]);
    expect(answers[1]?.headers.get("cache-control")).toBe("no-store");
    expect(asked.length).toBe(2);
  });

  it("take fields off what the origin answers before anything else looks at it", async () => {
    const router = new Router().get("/p/*", ({ cache, proxy, removeUpstreamResponseHeader }) => {
      removeUpstreamResponseHeader("Set-Cookie");
      cache({ edge: { maxAgeSeconds: 60 } });
      return proxy("origin");
    });
    const answer = () => new Response("page", { headers: { "set-cookie": "a=1" } });
    const { get, statusOf } = await setUp(router, answer);
    const url = at("/p/1");
    expect((await get(url)).headers.has("set-cookie")).toBe(false);
    expect((await get(url)).headers.get("cache-status")).toMatch(/^Larder; hit/);
    expect(await statusOf(at("/other"))).toBe("set-cookie");
  });

  it("for POST that say how long keep its answers, by their bodies", async () => {
    const router = new Router().post("/search", ({ cache, proxy }) => {
      cache({ edge: { maxAgeSeconds: 60 } });
      return proxy("origin");
    });
    const { get, statusOf, asked } = await setUp(router, () => new Response("found"));
    const url = at("/search");
    const post = (body: string): RequestInit => ({ method: "POST", body });
    await get(url, post("a"));
    expect((await get(url, post("a"))).headers.get("cache-status")).toMatch(/^Larder; hit/);
    await get(url, post("b"));
    expect(asked.map(({ method }) => method)).toEqual(["POST", "POST"]);
    expect(await statusOf(url, post("x".repeat(9000)))).toBe("body-too-big");
    expect(await statusOf(at("/other"), post("a"))).toBe("method");
  });

  it("for GraphQL send a mutation on as it came, since nothing of it is kept", async () => {
    const router = new Router().post("/graphql", ({ cache, proxy }) => {
      cache({ edge: { maxAgeSeconds: 60, graphql: true } });
      return proxy("origin");
    });
    const { statusOf, asked } = await setUp(router);
    const url = at("/graphql");
    const post = (query: string): RequestInit => ({
      method: "POST",
      body: JSON.stringify({ query }),
      headers: { "content-type": "application/json", "if-none-match": '"1"', "x-http-method": "POST" },
    });
    expect(await statusOf(url, post("{ item { id } }"))).toBe("ok");
    expect(await statusOf(url, post("mutation { buy { id } }"))).toBe("method");
    expect(asked.map(({ headers }) => [headers.get("if-none-match"), headers.get("x-http-method")])).toEqual([
      [null, null],
      ['"1"', "POST"],
    ]);
    expect(await asked[1]?.json()).toEqual({ query: "mutation { buy { id } }" });
  });

  it("leave out of the key what they say, and the origin sees the rest of the query only, unless asked", async () => {
    const router = new Router()
      .get("/p/*", ({ cache, proxy }) => {
        cache({ key: new CustomCacheKey().excludeQueryParameters("utm"), edge: { maxAgeSeconds: 60 } });
        return proxy("origin");
      })
      .get("/q/*", ({ cache, proxy }) => {
        cache({
          key: new CustomCacheKey().excludeAllQueryParameters(),
          edge: { maxAgeSeconds: 60, originalQuery: "forward" },
        });
        return proxy("origin");
      });
    const { get, asked } = await setUp(router);
    const url = at("/p/1");
    await get(`${url}?utm=1&a=1`, { headers: { "x-larder-original-query": "?forged" } });
    expect((await get(`${url}?a=1&utm=2`)).headers.get("cache-status")).toMatch(/^Larder; hit/);
    await get(`${at("/q/1")}?a=1`);
    expect(asked.map(({ url }) => new URL(url).search)).toEqual(["?a=1", ""]);
    expect(asked.map(({ headers }) => headers.get("x-larder-original-query"))).toEqual([null, "?a=1"]);
  });

  it("leave out of the key what a change names too, so that it reaches what is stored", async () => {
    const router = new Router().get("/p/*", ({ cache, proxy }) => {
      cache({ key: new CustomCacheKey().excludeQueryParameters("utm"), edge: { maxAgeSeconds: 60 } });
      return proxy("origin");
    });
    const { get, asked } = await setUp(router);
    const url = at("/p/1");
    await get(`${url}?a=1&utm=1`);
    await get(`${url}?utm=2&a=1`, { method: "POST", body: "x" });
    await get(`${url}?a=1`);
    expect(asked.map(({ method }) => method)).toEqual(["GET", "POST", "GET"]);
  });

  it("put visitors into the buckets of a traffic split, and keep them there", async () => {
    const key = new CustomCacheKey().addSplit("home", { a: 1, b: 1 });
    const router = new Router().get("/", ({ cache, proxy }) => {
      cache({ key, edge: { maxAgeSeconds: 60 } });
      return proxy("origin");
    });
    const { get, asked } = await setUp(router, (request) => new Response(request.headers.get("larder-split")));
    const url = at("/");
    const variants = new Set<string>();
    for (let visitor = 0; visitor < 40; visitor += 1) {
      const first = await get(url, { headers: { "larder-split": "home=forged" } });
      const cookie = first.headers.get("set-cookie")?.split(";")[0] ?? "";
      expect(cookie).toMatch(/^larder-bucket=\d+$/);
      const again = await get(url, { headers: { cookie } });
      expect([again.text, again.headers.has("set-cookie")]).toEqual([first.text, false]);
      variants.add(first.text);
    }
    expect([...variants].sort()).toEqual(["home=a", "home=b"]);
    expect(asked.length).toBe(2);
  });

  it("do not count for paths that an origin may read as another's", async () => {
    const router = new Router().get("/static/*", ({ cache, proxy }) => {
      cache({ edge: { maxAgeSeconds: 60 } });
      return proxy("origin");
    });
    const { statusOf } = await setUp(router);
    expect(await statusOf(at("/static/x"))).toBe("ok");
    for (const path of ["/static/..%2faccount", "/static//x", "/static/x;y", "/static/%61"]) {
      expect(await statusOf(at(path)), path).toBe("bypass");
    }
  });

  it("send what none of them sends on to the one origin that there is", async () => {
    const { get, asked } = await setUp(new Router().get("/p", ({ proxy }) => proxy("api")));
    await get(at("/q"));
    expect(asked[0]?.url).toContain("https://origin.example/q");
  });
});

describe("the caching status", () => {
  const HOUR = { "cache-control": "max-age=3600" };

  it.each<[string, string, HeadersInit, RequestInit?]>([
    ["ok", "/p", HOUR],
    ["no-max-age", "/p", {}],
    ["no-store", "/p", { "cache-control": "no-store" }],
    ["private", "/p", { "cache-control": "private, max-age=60" }],
    ["set-cookie", "/p", { ...HOUR, "set-cookie": "a=1" }],
    ["vary", "/p", { ...HOUR, vary: "*" }],
    ["authorization", "/p", HOUR, { headers: { authorization: "Bearer x" } }],
    ["method", "/p", HOUR, { method: "PUT", body: "x" }],
    ["content-type", "/account/x.css", { ...HOUR, "content-type": "text/html" }],
  ])("is %s for %s with %j", async (status, path, headers, init) => {
    const { statusOf } = await setUp(new Router(), () => new Response("x", { headers }));
    expect(await statusOf(at(path), init)).toBe(status);
  });

  it("is code for an error, pass for what could not be stored a moment ago, and ok for a hit", async () => {
    const { statusOf } = await setUp(new Router(), ({ url }) =>
      url.includes("/error")
        ? new Response("x", { status: 206, headers: HOUR })
        : new Response("x", { headers: url.includes("/no") ? { "cache-control": "private, max-age=60" } : HOUR }),
    );
    expect(await statusOf(at("/error"))).toBe("code");
    const [no, yes] = [at("/no"), at("/yes")];
    expect([await statusOf(no), await statusOf(no)]).toEqual(["private", "pass"]);
    expect([await statusOf(yes), await statusOf(yes)]).toEqual(["ok", "ok"]);
  });
});

describe("what a request says of another URL, method or site", () => {
  const FORGED = {
    "x-original-url": "/admin",
    "x-rewrite-url": "/admin",
    "x-http-method-override": "DELETE",
    forwarded: "host=evil.example",
    "x-forwarded-host": "evil.example",
    "x-host": "evil.example",
  };

  it("does not reach the origin where the answer may be kept", async () => {
    const { get, asked } = await setUp(new Router());
    const url = at("/p");
    await get(url, { headers: FORGED });
    const sent = asked[0]?.headers;
    for (const name of Object.keys(FORGED).filter((name) => name !== "x-forwarded-host")) {
      expect(sent?.has(name), name).toBe(false);
    }
    expect(sent?.get("x-forwarded-host")).toBe(new URL(url).host);
  });

  it("does where it is in the key, and where nothing is kept", async () => {
    const router = new Router().get("/p", ({ cache, proxy }) => {
      cache({ key: { headers: [{ name: "x-host" }] }, edge: { maxAgeSeconds: 60 } });
      return proxy("origin");
    });
    const { get, asked } = await setUp(router);
    await get(at("/p"), { headers: FORGED });
    await get(at("/p"), { method: "POST", body: "x", headers: FORGED });
    expect(asked.map(({ headers }) => headers.get("x-host"))).toEqual(["evil.example", "evil.example"]);
    expect(asked.map(({ headers }) => headers.get("x-http-method-override"))).toEqual([null, "DELETE"]);
  });
});

describe("a router that says what cannot be is refused", () => {
  it.each<[string, () => Router, RegExp]>([
    [
      "an option that there is none of",
      () => new Router().get("/p", ({ cache }) => cache({ edge: { maxAge: 1 } } as never)),
      /routes: GET \/p: cache\.edge/,
    ],
    ["an unknown origin", () => new Router().get("/p", ({ proxy }) => proxy("nowhere")), /proxy: must name one of/],
    [
      "a tag of what the path does not hold",
      () => new Router().get("/p/:id", ({ cache }) => cache({ edge: { tags: ["p:{sku}"] } })),
      /\{sku\}/,
    ],
    [
      "a header name that is none",
      () => new Router().get("/p", (say) => say.setResponseHeader("a b", "x")),
      /header name/,
    ],
    ["a path without a slash", () => new Router().get("p", () => undefined), /must begin with/],
  ])("%s", async (_, router, message) => {
    await expect(async () => setUp(router())).rejects.toThrow(message);
  });
});
