import { describe, expect, it } from "vitest";
import type { CacheOptions, PurgeOptions } from "../../src/client/index.ts";
import { cache } from "../../src/client/index.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";

describe.each(["isolate", "remote"] as const)("purges by a cache read in mode %s", (mode) => {
  const declare = (options: Partial<CacheOptions> = {}) =>
    cache({ name: "pages", namespace: freshNamespace(), ttlSeconds: 60, mode, ...options });

  /** A cache with three pages, and what is left of them. */
  async function shop(options: Partial<CacheOptions> = {}) {
    const pages = declare(options);
    const origin = new URL(freshUrl()).origin;
    const paths = ["/p/1", "/p/2", "/q/3"];
    const tags = [["product", "red"], ["product", "blue"], ["red"]];
    const fill = async () => {
      for (const [at, path] of paths.entries()) {
        await pages.put(origin + path, new Response(path), { tags: tags[at] ?? [] });
      }
    };
    await fill();
    const left = async () => {
      const found = await Promise.all(paths.map(async (path) => ((await pages.match(origin + path)) ? path : "-")));
      return found.join(" ");
    };
    return { pages, origin, fill, left };
  }

  it.each<[string, (origin: string) => PurgeOptions, string]>([
    ["every one of several tags", () => ({ allOf: ["product", "red"] }), "- /p/2 /q/3"],
    ["a tag and a prefix together", (origin) => ({ tags: ["red"], prefix: `${origin}/p/` }), "- /p/2 /q/3"],
    [
      "any of several selections",
      (origin) => ({ any: [{ tags: ["blue"] }, { request: `${origin}/q/3` }] }),
      "/p/1 - -",
    ],
    ["the whole namespace", () => ({ everything: true, scope: "namespace" }), "- - -"],
  ])("hit %s", async (_, options, expected) => {
    const { pages, origin, left } = await shop();
    const { purged } = await pages.purge(options(origin));
    expect(await left()).toBe(expected);
    expect(purged).toBe(expected.split(" ").filter((path) => path === "-").length);
  });

  it("are tried without changing anything", async () => {
    const { pages, origin, left } = await shop();
    const tried = await pages.purge({ tags: ["red"], dryRun: true });
    expect(tried).toMatchObject({ dryRun: true, purged: 2, share: 2 / 3 });
    expect(tried.keys).toEqual([pages.key(`${origin}/p/1`), pages.key(`${origin}/q/3`)]);
    expect(await left()).toBe("/p/1 /p/2 /q/3");
    expect(await pages.stats()).toMatchObject({ purges: 0 });
    expect((await pages.history()).purges).toEqual([]);
  });

  it("are refused when they would hit too many, by the call or by the cache", async () => {
    const { pages, left } = await shop({ maxEntriesPerPurge: 2 });
    const tooMany = { code: "too-many-entries", field: "maxEntries" };
    await expect(pages.purge({ everything: true })).rejects.toMatchObject({ ...tooMany, limit: 2 });
    await expect(pages.purge({ tags: ["red"], maxEntries: 1 })).rejects.toMatchObject({ ...tooMany, limit: 1 });
    await expect(pages.purge({ tags: ["red"], maxEntries: 1 })).rejects.toThrow("would hit 2 entries");
    expect(await left()).toBe("/p/1 /p/2 /q/3");
    expect(await pages.purge({ everything: true, maxEntries: 3 })).toMatchObject({ purged: 3 });
  });

  it("are kept in a history, and taken back", async () => {
    const { pages, left } = await shop();
    await pages.purge({ tags: ["blue"], reason: "wrong colour" });
    const { version } = await pages.purge({ tags: ["red"], soft: true });
    expect(await left()).toBe("- - -");
    const [soft, hard] = (await pages.history()).purges;
    expect(hard).toMatchObject({ mode: "hard", reason: "wrong colour", purged: 1, selectors: [{ tags: ["blue"] }] });
    expect(hard?.by).toBe("binding");
    expect(soft).toMatchObject({ mode: "soft", purged: 2, version });
    expect(await pages.revoke(version)).toMatchObject({ restored: 2 });
    expect(await left()).toBe("/p/1 - /q/3");
    expect(await pages.revoke(hard?.seq ?? 0)).toMatchObject({ restored: 1 });
    expect(await left()).toBe("/p/1 /p/2 /q/3");
    const [revoked] = (await pages.history({ limit: 1 })).purges;
    expect(revoked).toMatchObject({ version, revoked: { by: "binding", restored: 2 } });
    await expect(pages.revoke(version)).rejects.toMatchObject({ code: "not-revocable" });
  });

  it("make stale what they hit softly, and serve it so", async () => {
    const { pages, origin } = await shop({ staleWhileRevalidateSeconds: 60 });
    await pages.purge({ tags: ["red"], soft: true });
    let loads = 0;
    const answer = await pages.wrap(`${origin}/p/1`, () => new Response(`new ${++loads}`), { tags: ["red"] });
    expect(await answer.text()).toBe("/p/1");
    await expect.poll(async () => (await pages.match(`${origin}/p/1`))?.text()).toBe("new 1");
  });

  it("spare what is permanent, unless they name just that or erase", async () => {
    const pages = declare();
    const url = freshUrl();
    const put = () => pages.put(url, new Response("kept"), { tags: ["t"], permanent: true });
    await put();
    expect(await pages.purge({ tags: ["t"] })).toMatchObject({ purged: 0 });
    expect(await pages.purge({ everything: true })).toMatchObject({ purged: 0 });
    expect(await (await pages.match(url))?.text()).toBe("kept");
    expect(await pages.purge({ request: url })).toMatchObject({ purged: 1 });
    expect(await pages.match(url)).toBeUndefined();
    await put();
    expect(await pages.purge({ tags: ["t"], erase: true })).toMatchObject({ purged: 1 });
    expect(await pages.match(url)).toBeUndefined();
  });

  it("remove what they erase, for good", async () => {
    const { pages, origin, left } = await shop();
    const key = pages.key(`${origin}/p/1`);
    expect(await caches.default.match(key)).toBeDefined();
    const { version } = await pages.purge({ request: `${origin}/p/1`, erase: true });
    expect(await caches.default.match(key)).toBeUndefined();
    expect(await left()).toBe("- /p/2 /q/3");
    expect(await pages.stats()).toMatchObject({ entries: 2 });
    await expect(pages.revoke(version)).rejects.toMatchObject({ code: "not-revocable" });
  });

  it("follow from a request that changes something, at its URL, at those it names, and in groups", async () => {
    const { pages, origin, fill, left } = await shop();
    const change = (headers: HeadersInit, status = 200) =>
      pages.wrap(new Request(`${origin}/p/1`, { method: "POST" }), () => new Response(null, { status, headers }));
    await change({}, 500);
    expect(await left()).toBe("/p/1 /p/2 /q/3");
    await change({});
    expect(await left()).toBe("- /p/2 /q/3");
    await fill();
    await change({ location: "/p/2", "content-location": `${origin}/q/3` }, 303);
    expect(await left()).toBe("- - -");
    await fill();
    await change({ location: "https://elsewhere.example/p/2" }, 303);
    expect(await left()).toBe("- /p/2 /q/3");
    const grouped = new Response("x", { headers: { "cache-groups": '"articles", "news"' } });
    await pages.put(`${origin}/q/3`, grouped);
    await change({ "cache-group-invalidation": '"sports", "news"' });
    expect(await left()).toBe("- /p/2 -");
    expect(await pages.stats()).toMatchObject({ purges: 0 });
    expect((await pages.history()).purges).toEqual([]);
  });
});
