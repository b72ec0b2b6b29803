import { expect, it } from "vitest";
import { cache } from "../../src/client/index.ts";
import { freshNamespace } from "../support/fresh.ts";

const declare = () => cache({ name: "values", namespace: freshNamespace(), ttlSeconds: 60 });

it("remembers a value with everything JSON would lose", async () => {
  const values = declare();
  const value = {
    at: new Date(1_800_000_000_000),
    rates: new Map([["eur", 10n]]),
    seen: new Set(["a"]),
    nothing: undefined,
    source: new URL("https://rates.example/"),
  };
  let loads = 0;
  const load = () => {
    loads += 1;
    return value;
  };
  expect(await values.remember("rates:eur", load)).toEqual(value);
  await expect.poll(async () => (await values.stats()).puts).toBe(1);
  expect(await values.remember("rates:eur", load)).toEqual(value);
  expect(loads).toBe(1);
});

it("forgets a value whose tag was purged, and no other", async () => {
  const values = declare();
  let loads = 0;
  const load = async (key: string) => values.remember(key, () => ++loads, { tags: [`key:${key}`] });
  expect([await load("a"), await load("b")]).toEqual([1, 2]);
  await expect.poll(async () => (await values.stats()).puts).toBe(2);
  await values.purge({ tags: ["key:a"] });
  expect([await load("b"), await load("a")]).toEqual([2, 3]);
});

it("keeps keys apart that are spelled almost alike", async () => {
  const values = declare();
  const keys = ["a/b", "a%2Fb", "a?b", "a b", "a+b", "../a", "A/b"];
  for (const key of keys) await values.remember(key, () => key);
  await expect.poll(async () => (await values.stats()).puts).toBe(keys.length);
  for (const key of keys) expect(await values.remember(key, () => "other")).toBe(key);
});

it.each([
  ["a function", { list: [1, { run: () => 1 }] }, "value.list[1].run"],
  ["a symbol", Symbol("x"), "value"],
  ["an instance of a class", { at: new Map([["x", new (class Product {})()]]) }, 'value.at.get("x")'],
  ["a promise", { later: Promise.resolve(1) }, "value.later"],
])("refuses %s, naming the path to it", async (_, value, field) => {
  await expect(declare().remember("k", () => value)).rejects.toMatchObject({ code: "invalid-input", field });
});

it("refuses an empty key", async () => {
  await expect(declare().remember("", () => 1)).rejects.toMatchObject({ field: "key" });
});
