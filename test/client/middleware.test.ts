import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import type { CacheOptions } from "../../src/client/index.ts";
import { cache, cached } from "../../src/client/index.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";

interface Setting extends Partial<CacheOptions> {
  /** Whether the middleware is given the app. */
  readonly refreshes?: boolean;
  /** How long middleware around it takes after the answer. */
  readonly outsideMs?: number;
}

describe.each(["isolate", "remote"] as const)("the middleware in a Hono app, in mode %s", (mode) => {
  function serving({ refreshes = true, outsideMs = 0, ...options }: Setting = {}) {
    const pages = cache({ name: "pages", namespace: freshNamespace(), ttlSeconds: 60, mode, ...options });
    const app = new Hono();
    let made = 0;
    app.use(async (c, next) => {
      await next();
      if (outsideMs > 0) await scheduler.wait(outsideMs);
      c.header("x-outside", "yes");
    });
    app.use("/p/*", cached(pages, { ...(refreshes ? { app } : {}), tags: ["pages"] }));
    app.use(async (c, next) => {
      await next();
      c.header("x-inside", String(made));
    });
    app.get("/p/:id", (c) => {
      made += 1;
      return c.text(`${c.req.param("id")}: ${made}`);
    });
    app.post("/p/:id", async (c) => c.text(`changed to ${await c.req.text()}`));
    const ask = async (url: string, init?: RequestInit) => {
      const response = await app.fetch(new Request(url, init));
      return { text: await response.text(), headers: response.headers };
    };
    return { pages, ask };
  }

  it("answers from the cache, and lets the middleware around it do its part each time", async () => {
    const { pages, ask } = serving();
    const url = freshUrl("/p/1");
    expect((await ask(url)).text).toBe("1: 1");
    await expect.poll(async () => (await pages.stats()).puts).toBe(1);
    const hit = await ask(url);
    expect([hit.text, hit.headers.get("x-inside"), hit.headers.get("x-outside")]).toEqual(["1: 1", "1", "yes"]);
    expect(hit.headers.get("cache-status")).toMatch(/^Larder; hit/);
    expect(await pages.purge({ tags: ["pages"] })).toMatchObject({ purged: 1 });
    expect((await ask(url)).text).toBe("1: 2");
  });

  it("refreshes what is stale by running the handlers behind the answer", async () => {
    const { pages, ask } = serving({ staleWhileRevalidateSeconds: 60 });
    const url = freshUrl("/p/1");
    await ask(url);
    await expect.poll(async () => (await pages.stats()).puts).toBe(1);
    await pages.purge({ tags: ["pages"], soft: true });
    expect((await ask(url)).text).toBe("1: 1");
    await expect.poll(async () => (await ask(url)).text).toBe("1: 2");
    expect((await ask(url)).headers.get("x-inside")).toBe("2");
    expect((await ask(url)).headers.get("cache-status")).toMatch(/^Larder; hit; ttl=\d+$/);
  });

  it("is slow to send a stale answer, and loses nothing of it to the refresh", async () => {
    const { pages, ask } = serving({ staleWhileRevalidateSeconds: 60, outsideMs: 200 });
    const url = freshUrl("/p/1");
    await ask(url);
    await expect.poll(async () => (await pages.stats()).puts).toBe(1);
    await pages.purge({ tags: ["pages"], soft: true });
    const stale = await ask(url);
    expect([stale.text, stale.headers.get("x-inside"), stale.headers.get("x-outside")]).toEqual(["1: 1", "1", "yes"]);
  });

  it("without an app to ask keeps nothing that is stale", async () => {
    const { pages, ask } = serving({ staleWhileRevalidateSeconds: 60, refreshes: false });
    const url = freshUrl("/p/1");
    await ask(url);
    await expect.poll(async () => (await pages.stats()).puts).toBe(1);
    await pages.purge({ tags: ["pages"], soft: true });
    expect((await ask(url)).text).toBe("1: 2");
  });

  it("lets a change through, and makes what it changes new", async () => {
    const { pages, ask } = serving();
    const url = freshUrl("/p/1");
    await ask(url);
    await expect.poll(async () => (await pages.stats()).puts).toBe(1);
    expect((await ask(url, { method: "POST", body: "x" })).text).toBe("changed to x");
    expect((await ask(url)).text).toBe("1: 2");
  });
});
