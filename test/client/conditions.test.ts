import { afterEach, describe, expect, it, vi } from "vitest";
import type { CacheOptions, WrapOptions } from "../../src/client/index.ts";
import { cache } from "../../src/client/index.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";

afterEach(() => {
  vi.useRealTimers();
});

/** An origin that knows the one version of its page, and answers 304 to whoever has it. */
class Origin {
  version = 1;
  readonly asked: (string | null)[] = [];

  /** A loader that passes the conditions on, as one does that hands them to `fetch`. */
  readonly load = async (conditions?: Headers): Promise<Response> => {
    const condition = conditions?.get("if-none-match") ?? null;
    this.asked.push(condition);
    const etag = `"${this.version}"`;
    if (condition === etag) return new Response(null, { status: 304, headers: { etag } });
    return new Response(`version ${this.version}`, { headers: { etag, "x-product": "7" } });
  };
}

describe.each(["isolate", "remote"] as const)("conditions given to the loader of wrap, in mode %s", (mode) => {
  const setUp = async (options: Partial<CacheOptions>, wrapping: WrapOptions = {}) => {
    const pages = cache({ name: "pages", namespace: freshNamespace(), ttlSeconds: 60, mode, ...options });
    const [url, origin] = [freshUrl(), new Origin()];
    const read = async () => (await pages.wrap(url, origin.load, wrapping)).text();
    const stored = (times: number) => expect.poll(async () => (await pages.stats()).puts).toBe(times);
    expect(await read()).toBe("version 1");
    await stored(1);
    vi.setSystemTime(Date.now() + 61_000);
    return { pages, url, origin, read, stored };
  };

  it("ask whether the stale response is valid still, and a 304 makes it fresh again", async () => {
    const { pages, url, origin, read, stored } = await setUp({ staleWhileRevalidateSeconds: 600 });
    expect(await read()).toBe("version 1");
    await stored(2);
    const hit = await pages.match(url);
    expect(hit?.headers.get("cache-status")).toMatch(/^Larder; hit; ttl=(59|60)$/);
    expect(await hit?.text()).toBe("version 1");
    expect(origin.asked).toEqual([null, '"1"']);
  });

  it("bring the new response when the stale one is no longer valid", async () => {
    const { origin, read, stored } = await setUp({ staleWhileRevalidateSeconds: 600 });
    origin.version = 2;
    expect(await read()).toBe("version 1");
    await stored(2);
    expect(await read()).toBe("version 2");
    expect(origin.asked).toEqual([null, '"1"']);
  });

  it("are given where a response is kept for errors only, and a 304 answers from it", async () => {
    const { origin, read } = await setUp({ staleIfErrorSeconds: 600 });
    expect(await read()).toBe("version 1");
    expect(origin.asked).toEqual([null, '"1"']);
  });

  it("do not lose the tags that a function has read off the whole response", async () => {
    const tags = (response: Response) => {
      const product = response.headers.get("x-product");
      if (product === null) throw new Error("the whole response has this field");
      return [`product:${product}`];
    };
    const { pages, url, read, stored } = await setUp({ staleWhileRevalidateSeconds: 600 }, { tags });
    await read();
    await stored(2);
    expect(await pages.purge({ tags: ["product:7"] })).toMatchObject({ purged: 1 });
    expect(await pages.match(url)).toBeUndefined();
  });

  it("are not those of the client: a loader that passes these on keeps nobody waiting by a 304", async () => {
    const { pages } = await setUp({});
    const url = freshUrl();
    const conditional = new Request(url, { headers: { "if-none-match": '"1"' } });
    const passedOn = () => new Response(null, { status: 304, headers: { etag: '"1"' } });
    expect((await pages.wrap(conditional, passedOn)).status).toBe(304);
    expect(await (await pages.wrap(url, () => new Response("whole"))).text()).toBe("whole");
  });

  it("a 304 that is put stores nothing, and keeps nobody waiting", async () => {
    const { pages } = await setUp({});
    const request = new Request(freshUrl());
    expect(await pages.match(request, { coalesce: true })).toBeUndefined();
    const waiting = pages.match(new Request(request), { coalesce: true });
    expect(await pages.put(request, new Response(null, { status: 304 }))).toEqual({ stored: false, reason: "code" });
    expect(await waiting).toBeUndefined();
  });
});
