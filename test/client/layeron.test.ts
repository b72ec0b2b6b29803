/**
 * The calls of the documentation of Layeron Cache, as they stand there but for the import and for `app`: they run
 * unchanged.
 */
import { expect, it } from "vitest";
import { cache } from "../../src/client/index.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";

const apiCache = cache({
  name: "public-api",
  namespace: freshNamespace(),
  ttlSeconds: 60,
  staleWhileRevalidateSeconds: 30,
  vary: ["accept-language"],
  tags: ["public-api"],
  rules: [
    {
      name: "products",
      path: "/api/products/*",
      methods: ["GET"],
      ttlSeconds: 120,
      staleWhileRevalidateSeconds: 30,
      vary: ["accept-language"],
      tags: ["products"],
      bypass: { headers: ["authorization"], cookies: ["session"], query: ["preview"] },
    },
  ],
});

const origin = new URL(freshUrl()).origin;

it("caches a route's response", async () => {
  let listed = 0;
  const route = async (request: Request) => {
    const cached = await apiCache.match(request);
    if (cached) {
      return cached;
    }
    const products = [{ id: 1, listed: ++listed }];
    const response = Response.json({ products });
    await apiCache.put(request, response.clone(), { tags: ["products"], ttlSeconds: 60 });
    return response;
  };
  const url = `${origin}/api/products`;
  expect(await (await route(new Request(url))).json()).toEqual({ products: [{ id: 1, listed: 1 }] });
  expect(await (await route(new Request(url))).json()).toEqual({ products: [{ id: 1, listed: 1 }] });
});

it("tells the key of a request", () => {
  const request = new Request(`${origin}/api/products?b=2&a=1#part`, { headers: { "accept-language": "en" } });
  const key = apiCache.key(request, { vary: ["accept-language"] });
  expect(key.startsWith(`${origin}/api/products?a=1&b=2&`)).toBe(true);
  expect(key).toMatch(/\/public-api\/GET\/accept-language=en$/);
});

it("deletes and purges, and counts what was removed", async () => {
  const request = new Request(`${origin}/api/products/123`);
  const response = Response.json({ id: 123 });
  await apiCache.put(request, response.clone(), { tags: ["products", "product:123"], ttlSeconds: 120 });
  expect(await apiCache.delete(`${origin}/api/products/123`)).toBe(true);
  await apiCache.put(request, response.clone(), { tags: ["products", "product:123"] });
  expect(await apiCache.purge({ request: `${origin}/api/products/123` })).toMatchObject({ purged: 1 });
  await apiCache.put(request, response.clone(), { tags: ["products", "product:123"] });
  expect(await apiCache.purge({ tags: ["product:123"] })).toMatchObject({ purged: 1 });
  await apiCache.put(request, response.clone(), { tags: ["products", "product:123"] });
  expect(await apiCache.purge({ prefix: `${origin}/api/products/` })).toMatchObject({ purged: 1 });
  expect(await apiCache.delete(request, { vary: ["accept-language"] })).toBe(false);
});

it("counts", async () => {
  expect(await apiCache.stats()).toMatchObject({ hits: 1, misses: 1, puts: 5, deletes: 2, purges: 3 });
});
