import { expect, test } from "vitest";
import { CacheOptionsSchema } from "../../schema/options.ts";
import { parse } from "../../schema/validate.ts";
import { policyFor } from "../../src/edge/policy.ts";

test("a rule's ttlByStatus takes the place of the cache's as a whole, and a rule without one leaves it", () => {
  const config = parse(CacheOptionsSchema, {
    name: "pages",
    ttlByStatus: { "404": 60, "5xx": 10 },
    rules: [
      { path: "/own/*", ttlByStatus: { "404": 5 } },
      { path: "/none/*", ttlByStatus: {} },
      { path: "/other/*", ttlSeconds: 1 },
    ],
  });
  const at = (path: string) => policyFor(config, new Request(`https://shop.example${path}`)).ttlByStatus;
  expect(at("/own/1")).toEqual({ "404": 5 });
  expect(at("/none/1")).toEqual({});
  expect(at("/other/1")).toEqual({ "404": 60, "5xx": 10 });
  expect(at("/")).toEqual({ "404": 60, "5xx": 10 });
});

test("a cache without ttlByStatus has none", () => {
  const config = parse(CacheOptionsSchema, { name: "pages", rules: [{ ttlSeconds: 1 }] });
  expect(policyFor(config, new Request("https://shop.example/")).ttlByStatus).toBeUndefined();
});
