import { afterEach, describe, expect, it, vi } from "vitest";
import type { CacheOptions } from "../../src/client/index.ts";
import { cache } from "../../src/client/index.ts";
import { freshNamespace } from "../support/fresh.ts";
import { until } from "../support/origin.ts";

afterEach(() => {
  vi.useRealTimers();
});

describe.each(["isolate", "remote"] as const)("a value that is remembered, in mode %s", (mode) => {
  const declare = (options: Partial<CacheOptions> = {}) =>
    cache({ name: "values", namespace: freshNamespace(), ttlSeconds: 60, mode, ...options });

  /** Moves the clock of this isolate and of the object. */
  const advance = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);

  it("is loaded by one of those who ask at once", async () => {
    const values = declare();
    const given = Promise.withResolvers<object>();
    let asked = 0;
    const load = () => {
      asked += 1;
      return given.promise;
    };
    const asking = [1, 2, 3, 4].map(() => values.remember("price:1", load));
    await until(() => asked === 1);
    given.resolve({ at: new Date(0), amounts: new Map([["eur", 12n]]) });
    expect(await Promise.all(asking)).toEqual(Array(4).fill({ at: new Date(0), amounts: new Map([["eur", 12n]]) }));
    expect(await values.remember("price:1", load)).toEqual({ at: new Date(0), amounts: new Map([["eur", 12n]]) });
    expect(asked).toBe(1);
  });

  it("is given out stale while one of those who ask refreshes it", async () => {
    const values = declare({ staleWhileRevalidateSeconds: 60 });
    let asked = 0;
    const load = async () => {
      asked += 1;
      return asked;
    };
    expect(await values.remember("count", load)).toBe(1);
    await expect.poll(async () => (await values.stats()).puts).toBe(1);
    advance(61);
    expect(await Promise.all([values.remember("count", load), values.remember("count", load)])).toEqual([1, 1]);
    await expect.poll(async () => (await values.stats()).puts).toBe(2);
    expect(await values.remember("count", load)).toBe(2);
    expect(asked).toBe(2);
  });

  it("stands in, where that is asked for, when its loader fails", async () => {
    const values = declare();
    const options = { staleIfErrorSeconds: 600 };
    expect(await values.remember("rate", () => 1.25, options)).toBe(1.25);
    await expect.poll(async () => (await values.stats()).puts).toBe(1);
    advance(61);
    const fails = () => Promise.reject(new Error("the bank is closed"));
    expect(await values.remember("rate", fails, options)).toBe(1.25);
    advance(600);
    await expect(values.remember("rate", fails, options)).rejects.toThrow("the bank is closed");
  });

  it("goes with a purge by one of its tags, and all go with a purge of everything", async () => {
    const values = declare({ tags: ["all"] });
    const both = async (value: string) => [
      await values.remember("a", () => value, { tags: ["product:1"] }),
      await values.remember("b", () => value, { tags: ["product:2"] }),
    ];
    await both("old");
    await expect.poll(async () => (await values.stats()).puts).toBe(2);
    expect(await values.purge({ tags: ["product:1"] })).toMatchObject({ purged: 1 });
    expect(await both("new")).toEqual(["new", "old"]);
    await expect.poll(async () => (await values.stats()).puts).toBe(3);
    expect(await values.purge({ tags: ["all"] })).toMatchObject({ purged: 2 });
    expect(await both("newer")).toEqual(["newer", "newer"]);
  });

  it("that cannot be kept is an error for its own caller, which names the path, and another leads", async () => {
    const values = declare();
    const open = Promise.withResolvers<void>();
    let asked = 0;
    const bad = async () => {
      asked += 1;
      await open.promise;
      return { product: { price: [1, () => 2] } };
    };
    const leading = values.remember<unknown>("p", bad);
    await until(() => asked === 1);
    const others = [1, 2].map(() =>
      values.remember<unknown>("p", () => {
        asked += 1;
        return "good";
      }),
    );
    const refused = expect(leading).rejects.toMatchObject({
      name: "LarderError",
      code: "invalid-input",
      field: "value.product.price[1]",
      message: expect.stringContaining("value.product.price[1]: is a function"),
    });
    await new Promise((resolve) => setTimeout(resolve, 100));
    open.resolve();
    await refused;
    expect(await Promise.all(others)).toEqual(["good", "good"]);
    expect(asked).toBe(2);
  });

  it("that cannot be kept leaves the stale one in its place", async () => {
    const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const values = declare({ staleWhileRevalidateSeconds: 600 });
    expect(await values.remember<unknown>("p", () => "kept")).toBe("kept");
    await expect.poll(async () => (await values.stats()).puts).toBe(1);
    advance(61);
    let asked = 0;
    const bad = () => {
      asked += 1;
      return Symbol("none");
    };
    for (let at = 0; at < 5; at += 1) expect(await values.remember<unknown>("p", bad)).toBe("kept");
    await until(() => asked === 1);
    expect(await values.remember<unknown>("p", bad)).toBe("kept");
    expect(asked).toBe(1);
    log.mockRestore();
  });

  it("may be nothing at all: null and undefined are values", async () => {
    const values = declare();
    let asked = 0;
    for (const value of [null, undefined]) {
      const load = () => {
        asked += 1;
        return value;
      };
      expect(await values.remember(`${value}`, load)).toBe(value);
      await expect.poll(async () => (await values.stats()).puts).toBe(asked);
      expect(await values.remember(`${value}`, load)).toBe(value);
    }
    expect(asked).toBe(2);
  });
});
