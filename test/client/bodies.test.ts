import { describe, expect, it } from "vitest";
import type { CacheOptions } from "../../src/client/index.ts";
import { cache } from "../../src/client/index.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";

const POSTS = { rules: [{ path: "/search", methods: ["POST"] }] } satisfies Partial<CacheOptions>;

/** Once storing behind the answers is over. */
async function stored(pages: ReturnType<typeof cache>, puts: number): Promise<void> {
  await expect.poll(async () => (await pages.stats()).puts).toBe(puts);
}

describe.each(["isolate", "remote"] as const)("answers that depend on a body, in mode %s", (mode) => {
  const declare = (options: Partial<CacheOptions> = {}) =>
    cache({ name: "search", namespace: freshNamespace(), ttlSeconds: 60, mode, ...options });

  function asking(url: string, body: string, init: RequestInit = {}): Request {
    return new Request(url, { method: "POST", body, headers: { "content-type": "application/json" }, ...init });
  }

  /** A loader that reads the body it is asked with, as one behind an API does. */
  function searching(pages: ReturnType<typeof cache>) {
    let loads = 0;
    const search = async (request: Request) => {
      const response = await pages.wrap(request, async () => {
        loads += 1;
        return new Response(`${loads}: ${await request.text()}`);
      });
      return response.text();
    };
    return { search, loads: () => loads };
  }

  it("are kept apart by it, and by its type, where a rule names the method", async () => {
    const pages = declare(POSTS);
    const { search } = searching(pages);
    const url = freshUrl("/search");
    expect(await search(asking(url, "shoes"))).toBe("1: shoes");
    expect(await search(asking(url, "hats"))).toBe("2: hats");
    expect(await search(asking(url, "hats", { headers: { "content-type": "text/plain" } }))).toBe("3: hats");
    await stored(pages, 3);
    expect(await search(asking(url, "shoes"))).toBe("1: shoes");
    expect(await search(asking(url, "hats"))).toBe("2: hats");
    expect(await pages.stats()).toMatchObject({ entries: 3, invalidations: 0 });
  });

  it("are kept for QUERY without a rule", async () => {
    const pages = declare();
    const { search } = searching(pages);
    const url = freshUrl("/search");
    expect(await search(asking(url, "shoes", { method: "QUERY" }))).toBe("1: shoes");
    await stored(pages, 1);
    expect(await search(asking(url, "shoes", { method: "QUERY" }))).toBe("1: shoes");
    expect(await search(asking(url, "hats", { method: "QUERY" }))).toBe("2: hats");
  });

  it("are not kept where no rule names the method, and what is stored for the URL is made invalid", async () => {
    const pages = declare(POSTS);
    const { search } = searching(pages);
    const url = freshUrl("/other");
    await pages.put(url, new Response("before"));
    expect(await search(asking(url, "change"))).toBe("1: change");
    expect(await search(asking(url, "change"))).toBe("2: change");
    expect(await pages.match(url)).toBeUndefined();
  });

  it("are not kept where the body is larger than a key is made of, and the loader reads all of it", async () => {
    const pages = declare(POSTS);
    const { search } = searching(pages);
    const url = freshUrl("/search");
    const body = "x".repeat(8_001);
    expect(await search(asking(url, body))).toBe(`1: ${body}`);
    expect(await search(asking(url, body))).toBe(`2: ${body}`);
    await expect.poll(async () => (await pages.stats()).refusals).toBe(2);
    expect(await pages.put(asking(url, body), new Response("x"))).toEqual({ stored: false, reason: "body-too-big" });
  });

  it("are found by match once put, though the body has been read between the two", async () => {
    const pages = declare(POSTS);
    const url = freshUrl("/search");
    const request = asking(url, "shoes");
    expect(await pages.match(request)).toBeUndefined();
    const answer = new Response(`found ${await request.text()}`);
    expect(await pages.put(request, answer)).toMatchObject({ stored: true });
    expect(await (await pages.match(asking(url, "shoes")))?.text()).toBe("found shoes");
    expect(await pages.match(asking(url, "hats"))).toBeUndefined();
    expect(await pages.delete(asking(url, "shoes"))).toBe(true);
    expect(await pages.match(asking(url, "shoes"))).toBeUndefined();
  });

  it("are purged by their URL, whatever the body", async () => {
    const pages = declare(POSTS);
    const url = freshUrl("/search");
    for (const body of ["shoes", "hats"]) await pages.put(asking(url, body), new Response(body));
    expect(await pages.purge({ request: url })).toMatchObject({ purged: 2 });
    expect(await pages.match(asking(url, "hats"))).toBeUndefined();
  });

  it("cannot be put for a request whose body is gone, nor asked for a key", async () => {
    const pages = declare(POSTS);
    const request = asking(freshUrl("/search"), "shoes");
    await request.text();
    await expect(pages.put(request, new Response("x"))).rejects.toThrow(/request: its body has been read/);
    expect(() => pages.key(asking(freshUrl("/search"), "shoes"))).toThrow(/request: the key of a POST/);
  });
});
