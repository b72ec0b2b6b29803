import { describe, expect, it } from "vitest";
import type { CacheOptions } from "../../src/client/index.ts";
import { cache } from "../../src/client/index.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";
import { refusalOf } from "../support/refusal.ts";

describe.each(["isolate", "remote"] as const)("the counts of a cache read in mode %s", (mode) => {
  const declare = (options: Partial<CacheOptions> = {}) =>
    cache({ name: "pages", namespace: freshNamespace(), ttlSeconds: 60, mode, ...options });

  it("are told by rule, by minute and of a window", async () => {
    const pages = declare({ rules: [{ name: "products", path: "/p/:id", tags: ["product:{id}"] }] });
    const url = freshUrl("/p/1");
    for (let at = 0; at < 3; at += 1) {
      await (await pages.wrap(url, () => new Response("four"))).text();
      await expect.poll(async () => (await pages.stats()).puts).toBe(1);
    }
    await (await pages.wrap(freshUrl("/other"), () => new Response("x"))).text();
    await expect.poll(async () => (await pages.stats()).puts).toBe(2);
    const { groups, series, from, ...whole } = await pages.stats({ windowSeconds: 600, by: "rule", series: "minute" });
    expect(whole).toMatchObject({
      requests: 4,
      hits: 2,
      misses: 2,
      origin: { requests: 2, errors: 0 },
      bytesServed: 8,
    });
    expect(groups?.map(({ name, requests, hits }) => [name, requests, hits])).toEqual([
      [null, 1, 0],
      ["products", 3, 2],
    ]);
    expect(from).toBeInstanceOf(Date);
    expect(series?.every(({ at }) => at instanceof Date)).toBe(true);
    const hits = (series ?? []).map(({ counts }) => counts["hits.fresh"] ?? 0);
    expect(hits.reduce((sum, each) => sum + each, 0)).toBe(2);
    expect(await pages.top({ of: "tags" })).toMatchObject({ error: 0, names: [{ name: "product:1", atLeast: 2 }] });
    expect(await pages.top({ of: "keys", by: "bytes", limit: 1 })).toMatchObject({ names: [{ atLeast: 8 }] });
  });

  it("have what the loader threw as a failure of the origin, once", async () => {
    const pages = declare();
    const load = () => Promise.reject(new Error("refused"));
    await expect(pages.wrap(freshUrl(), load)).rejects.toThrow("refused");
    await expect.poll(async () => (await pages.stats()).origin).toMatchObject({ requests: 1, errors: 1 });
  });

  it.each([
    [{ windowSeconds: 1 }, "windowSeconds", 60],
    [{ by: "url" }, "by", undefined],
    [{ window: "1h" }, "window", undefined],
  ])("refuse %j", async (options, field, limit) => {
    const refusal = await refusalOf(declare().stats(options as never));
    expect(refusal).toMatchObject({ code: "invalid-input", field, ...(limit === undefined ? {} : { limit }) });
  });

  it("refuse to tell the top of what is not counted", async () => {
    expect(await refusalOf(declare().top({ of: "urls" } as never))).toMatchObject({
      code: "invalid-input",
      field: "of",
    });
    expect(await refusalOf(declare().top({ of: "keys", limit: 101 }))).toMatchObject({ field: "limit", limit: 100 });
  });
});
