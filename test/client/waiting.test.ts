import { describe, expect, it } from "vitest";
import type { CacheOptions } from "../../src/client/index.ts";
import { cache } from "../../src/client/index.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";
import { until } from "../support/origin.ts";

describe.each(["isolate", "remote"] as const)("a match that waits, in mode %s", (mode) => {
  const declare = (options: Partial<CacheOptions> = {}) =>
    cache({ name: "pages", namespace: freshNamespace(), ttlSeconds: 60, mode, ...options });

  /** What has come of the promise so far. */
  const soFar = async <T>(work: Promise<T>): Promise<T | "nothing yet"> => {
    const aMoment = new Promise<"nothing yet">((resolve) => setTimeout(() => resolve("nothing yet"), 100));
    return Promise.race([work, aMoment]);
  };

  it("holds the lease when nothing comes, and its put ends it and wakes the others", async () => {
    const pages = declare();
    const url = freshUrl();
    const request = new Request(url);
    expect(await pages.match(request, { coalesce: true })).toBeUndefined();
    const waiting = [1, 2].map(() => pages.match(new Request(url), { coalesce: true }));
    expect(await soFar(Promise.race(waiting))).toBe("nothing yet");
    expect(await pages.put(request, new Response("filled"))).toMatchObject({ stored: true });
    const got = await Promise.all(waiting);
    expect(got.map((response) => response?.headers.get("cache-status"))).toEqual([
      expect.stringMatching(/^Larder; fwd=uri-miss; collapsed; ttl=\d+$/),
      expect.stringMatching(/^Larder; fwd=uri-miss; collapsed; ttl=\d+$/),
    ]);
    expect(await Promise.all(got.map((response) => response?.text()))).toEqual(["filled", "filled"]);
    expect(await pages.stats()).toMatchObject({ requests: 3, hits: 0, waits: 2, misses: 1, puts: 1 });
  });

  it("waits for a wrap that fills already, as a wrap waits for it", async () => {
    const pages = declare();
    const url = freshUrl();
    const answer = Promise.withResolvers<Response>();
    let asked = 0;
    const load = () => {
      asked += 1;
      return answer.promise;
    };
    const leading = pages.wrap(new Request(url), load);
    await until(() => asked === 1);
    const waiting = [pages.match(new Request(url), { coalesce: true }), pages.wrap(new Request(url), load)];
    expect(await soFar(Promise.race(waiting))).toBe("nothing yet");
    answer.resolve(new Response("filled"));
    for (const got of [leading, ...waiting]) expect(await (await got)?.text()).toBe("filled");
    expect(asked).toBe(1);
  });

  it("lets the others go on at once when what is put may not be stored", async () => {
    const pages = declare();
    const url = freshUrl();
    const request = new Request(url);
    await pages.match(request, { coalesce: true });
    const waiting = pages.match(new Request(url), { coalesce: true });
    expect(await soFar(waiting)).toBe("nothing yet");
    const mine = new Response("mine", { headers: { "set-cookie": "id=1" } });
    expect(await pages.put(request, mine)).toEqual({ stored: false, reason: "set-cookie" });
    expect(await waiting).toBeUndefined();
    // Hit-for-miss: from now on nobody waits.
    expect(await pages.match(new Request(url), { coalesce: true })).toBeUndefined();
    expect(await pages.match(new Request(url), { coalesce: true })).toBeUndefined();
  });

  it("lets the others go on when what is put is too large to be stored", async () => {
    const pages = declare({ maxBodyBytes: 5 });
    const url = freshUrl();
    const request = new Request(url);
    await pages.match(request, { coalesce: true });
    const waiting = pages.match(new Request(url), { coalesce: true });
    expect(await soFar(waiting)).toBe("nothing yet");
    await expect(pages.put(request, new Response("123456"))).rejects.toMatchObject({ code: "body-too-large" });
    expect(await waiting).toBeUndefined();
  });

  it("that is followed by no put keeps the others waiting for fillTimeoutSeconds, and then one of them leads", async () => {
    const pages = declare({ fillTimeoutSeconds: 1 });
    const url = freshUrl();
    expect(await pages.match(new Request(url), { coalesce: true })).toBeUndefined();
    const requests = [new Request(url), new Request(url)];
    const sinceMs = Date.now();
    const waiting = requests.map(async (request) => ({
      request,
      found: await pages.match(request, { coalesce: true }),
    }));
    const { request, found } = await Promise.race(waiting);
    expect(found).toBeUndefined();
    expect(Date.now() - sinceMs).toBeGreaterThan(700);
    await pages.put(request, new Response("at last"));
    const all = await Promise.all(waiting);
    expect(await all.find((one) => one.request !== request)?.found?.text()).toBe("at last");
  });

  it("refuses a URL instead of a request: no put could be told to be its own", async () => {
    const asked = declare().match(freshUrl(), { coalesce: true });
    await expect(asked).rejects.toMatchObject({ code: "invalid-input", field: "request" });
  });

  it("finds its own variant, when it is found out only then that the responses vary", async () => {
    const pages = declare();
    const url = freshUrl();
    const inLanguage = (request: Request) =>
      new Response(`in ${request.headers.get("accept-language")}`, { headers: { vary: "accept-language" } });
    const open = Promise.withResolvers<void>();
    let asked = 0;
    const read = (headers: HeadersInit) => {
      const request = new Request(url, { headers });
      return pages.wrap(request, async () => {
        asked += 1;
        await open.promise;
        return inLanguage(request);
      });
    };
    const leading = read({});
    await until(() => asked === 1);
    const waiting = [read({ "accept-language": "fr" }), read({ "accept-language": "fr" }), read({})];
    expect(await soFar(Promise.race(waiting))).toBe("nothing yet");
    open.resolve();
    const texts = await Promise.all([leading, ...waiting].map(async (answer) => (await answer).text()));
    expect(texts).toEqual(["in null", "in fr", "in fr", "in null"]);
    expect(asked).toBe(2);
    const { hits, waits, misses, puts } = await pages.stats();
    expect([hits + waits + misses, puts, misses]).toEqual([4, 2, 2]);
  });
});
