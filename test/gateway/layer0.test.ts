import { afterEach, describe, expect, it, vi } from "vitest";
import { CustomCacheKey, Router } from "../../src/gateway/index.ts";
import { freshUrl } from "../support/fresh.ts";
import { gatewayFor } from "../support/gateway.ts";
import { World } from "../support/world.ts";

/** The examples of Layer0's caching guide and of its reference, as they stand there but for what they import. */

afterEach(() => {
  vi.unstubAllGlobals();
});

async function visiting(router: Router, headers: HeadersInit = {}) {
  const world = new World();
  const isolate = await world.isolate();
  let pages = 0;
  vi.stubGlobal("fetch", async () => {
    pages += 1;
    return new Response(`page ${pages}`, { headers });
  });
  const gateway = gatewayFor({
    origin: "https://origin.example",
    config: { ...world.config(), ttlSeconds: undefined },
    readThrough: isolate.readThrough,
    router,
  });
  const site = new URL(freshUrl("/"));
  return async (path: string, init: RequestInit = {}) => {
    const response = await gateway(new Request(new URL(path, site), init));
    const text = await response.text();
    await world.surroundings.settle();
    return { text, headers: response.headers };
  };
}

describe("Layer0's examples", () => {
  it("cache a path at the edge, in the browser and in a service worker", async () => {
    const router = new Router();
    router.get("/some/path", ({ cache }) => {
      cache({
        browser: {
          maxAgeSeconds: 0,
          serviceWorkerSeconds: 60 * 60,
        },
        edge: {
          maxAgeSeconds: 60 * 60 * 24,
          staleWhileRevalidateSeconds: 60 * 60,
        },
        key: new CustomCacheKey().addCookie("language").addCookie("currency"),
      });
    });
    const get = await visiting(router);
    const cookie = "language=en; currency=usd; other=1";
    const first = await get("/some/path", { headers: { cookie } });
    expect(first.headers.get("cache-control")).toBe("max-age=0");
    expect(first.headers.get("x-sw-cache-control")).toBe("max-age=3600");
    const same = await get("/some/path", { headers: { cookie: "currency=usd; other=2; language=en" } });
    expect([same.text, same.headers.get("cache-status")]).toEqual(["page 1", "Larder; hit; ttl=86400"]);
    expect((await get("/some/path", { headers: { cookie: "language=de; currency=usd" } })).text).toBe("page 2");
  });

  it("leave parameters out of the key, and put cookies into groups", async () => {
    const router = new Router().match("/some-path", ({ cache }) => {
      cache({
        key: new CustomCacheKey()
          .excludeAllQueryParametersExcept("color", "size")
          .addCookie("currency")
          .addCookie("location", (cookie) => {
            cookie.group("na").byPattern("us|ca");
            cookie.group("eur").byPattern("de|fr|ee");
          }),
        edge: {
          maxAgeSeconds: 60 * 60,
        },
      });
    });
    const get = await visiting(router);
    const from = (location: string) => ({ headers: { cookie: `currency=eur; location=${location}` } });
    expect((await get("/some-path?color=red&utm=1", from("de"))).text).toBe("page 1");
    expect((await get("/some-path?color=red", from("fr"))).text).toBe("page 1");
    expect((await get("/some-path?color=red", from("us"))).text).toBe("page 2");
    expect((await get("/some-path?color=blue", from("de"))).text).toBe("page 3");
  });

  it("cache POST by its body, and not where it is larger than 8,000 bytes", async () => {
    const router = new Router().post("/api", ({ cache }) => {
      cache({ edge: { maxAgeSeconds: 60 * 60 * 24, staleWhileRevalidateSeconds: 60 * 60 } });
    });
    const get = await visiting(router);
    const post = (body: string) => ({ method: "POST", body });
    expect((await get("/api", post("a"))).text).toBe("page 1");
    expect((await get("/api", post("a"))).text).toBe("page 1");
    const large = await get("/api", post("a".repeat(8001)));
    expect([large.text, large.headers.get("larder-caching-status")]).toEqual(["page 2", "body-too-big"]);
  });

  it("keep private responses where they are forced to, and turn caching off", async () => {
    const router = new Router()
      .get("/forced", ({ cache, removeUpstreamResponseHeader }) => {
        removeUpstreamResponseHeader("set-cookie");
        cache({ edge: { maxAgeSeconds: 60, forcePrivateCaching: true } });
      })
      .get("/off", ({ cache }) => cache({ edge: false }));
    const get = await visiting(router, { "cache-control": "private, max-age=60", "set-cookie": "a=1" });
    expect((await get("/forced")).text).toBe("page 1");
    expect((await get("/forced")).text).toBe("page 1");
    expect((await get("/off")).headers.get("larder-caching-status")).toBe("disabled");
    expect((await get("/other")).headers.get("larder-caching-status")).toBe("private");
  });
});
