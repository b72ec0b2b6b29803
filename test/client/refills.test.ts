import { describe, expect, it } from "vitest";
import type { CacheOptions } from "../../schema/options.ts";
import { markOf, REFILL_HEADER } from "../../schema/refill.ts";
import { cache } from "../../src/client/index.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";

function declared(options: Partial<CacheOptions> = {}) {
  return cache({
    name: "pages",
    namespace: freshNamespace(),
    ttlSeconds: 60,
    staleWhileRevalidateSeconds: 60,
    ...options,
  });
}

describe.each(["isolate", "remote"] as const)("a cache that gathers purges, read in mode %s", (mode) => {
  it("has them wait, once something has been put into it", async () => {
    const pages = declared({ mode, debounceSeconds: 60 });
    const url = freshUrl();
    expect(await pages.purge({ tags: ["t"] })).not.toHaveProperty("gatheredUntil");
    await pages.put(url, new Response("page"), { tags: ["t"] });
    const gathered = await pages.purge({ tags: ["t"] });
    expect(gathered).toMatchObject({ purged: 1, gatheredUntil: expect.any(Date) });
    expect(await (await pages.match(url))?.text()).toBe("page");
    const { version } = await pages.purge({ tags: ["t"], immediate: true });
    expect(await pages.match(url, { atLeast: version })).toBeUndefined();
  });
});

it.each([
  [{ debounceSeconds: 0 }, "debounceSeconds: must be at least 1 (got 0)"],
  [{ debounceSeconds: 601 }, "debounceSeconds: must be at most 600 (got 601)"],
  [
    { debounceSeconds: 5, staleWhileRevalidateSeconds: 0 },
    "debounceSeconds: needs staleWhileRevalidateSeconds, in which what is purged is served until it is refilled",
  ],
  [{ refill: { perSecond: 5 } }, "refill: goes with debounceSeconds; of a single purge it is an option of purge()"],
  [{ debounceSeconds: 5, refill: { perSecond: 0 } }, "refill.perSecond: must be at least 0.01 (got 0)"],
])("is not declared by %j", (options, message) => {
  expect(() => declared(options)).toThrow(message);
});

it.each([
  [{ erase: true }, "input: refill: does not go with erase or dryRun (got an object)"],
  [{ dryRun: true }, "input: refill: does not go with erase or dryRun (got an object)"],
] as const)("a refill does not go with %j", async (options, message) => {
  const purge = declared().purge({ tags: ["t"], refill: {}, ...options } as never);
  await expect(purge).rejects.toThrow(message);
});

describe("a request of a refill", () => {
  it("finds nothing by match that the purge it follows has hit, so that the app puts it anew", async () => {
    const namespace = freshNamespace();
    const pages = declared({ namespace });
    const url = freshUrl();
    await pages.put(url, new Response("page"), { tags: ["t"] });
    expect(await pages.match(url)).toBeDefined();
    // By another isolate, as far as this one knows.
    const other = cache({ name: "pages", namespace, mode: "remote", staleWhileRevalidateSeconds: 60 });
    const { version } = await other.purge({ tags: ["t"], soft: true });
    const headers = { [REFILL_HEADER]: markOf({ cache: "pages", after: version }), "cache-control": "min-fresh=1" };
    expect(await pages.match(new Request(url, { headers }))).toBeUndefined();
    expect(await (await pages.match(url))?.text()).toBe("page");
  });

  it("is answered by wrap once what is stale has been made anew", async () => {
    const pages = declared();
    const url = freshUrl();
    let made = 0;
    const wrapped = async (request: Request) =>
      (await pages.wrap(request, async () => new Response(`page ${++made}`))).text();
    expect(await wrapped(new Request(url))).toBe("page 1");
    await expect.poll(async () => (await pages.match(url)) !== undefined).toBe(true);
    const { version } = await pages.purge({ everything: true, soft: true });
    const headers = { [REFILL_HEADER]: markOf({ cache: "pages", after: version }), "cache-control": "min-fresh=1" };
    await wrapped(new Request(url, { headers }));
    expect(made).toBe(2);
    expect(await wrapped(new Request(url))).toBe("page 2");
    expect(made).toBe(2);
  });

  it.each([
    ["a part", "GET", { range: "bytes=0-1" }],
    ["the header alone", "HEAD", {}],
  ])("that asks for %s refreshes nothing by what is answered to that", async (_, method, more) => {
    const pages = declared();
    const url = freshUrl();
    await pages.put(url, new Response("page"));
    const { version } = await pages.purge({ everything: true, soft: true });
    const headers = { ...more, [REFILL_HEADER]: markOf({ cache: "pages", after: version }) };
    let asked = 0;
    const part = async () => {
      asked += 1;
      return new Response("pa", { status: 206, headers: { "content-range": "bytes 0-1/4" } });
    };
    await (await pages.wrap(new Request(url, { method, headers }), part)).text();
    expect(asked).toBe(0);
    expect(await (await pages.match(url))?.text()).toBe("page");
  });

  it.each(["", "pages", "pages;after=1", "a b;after=0123456789abcdef-1", "*;after=0123456789abcdef-x"])(
    "is none that says %j of itself",
    async (text) => {
      const pages = declared();
      const url = freshUrl();
      await pages.put(url, new Response("page"));
      const request = new Request(url, { headers: { [REFILL_HEADER]: text } });
      expect(await (await pages.match(request))?.text()).toBe("page");
    },
  );
});
