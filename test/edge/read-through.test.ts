import { describe, expect, it } from "vitest";
import type { CacheConfig } from "../../schema/options.ts";
import { freshUrl } from "../support/fresh.ts";
import type { Isolate } from "../support/world.ts";
import { World } from "../support/world.ts";

/** An origin that counts and can fail. */
class Origin {
  asked = 0;
  next: () => Response = () => new Response(`body ${this.asked}`);

  answer(isolate: Isolate, config: CacheConfig, request: Request): Promise<Response> {
    const source = {
      load: async () => {
        this.asked += 1;
        return this.next();
      },
      storeOptions: () => ({ tags: [] }),
    };
    return isolate.readThrough.answer(config, request, source);
  }
}

async function textOf(answer: Promise<Response>, world: World): Promise<string> {
  const text = await (await answer).text();
  await world.surroundings.settle();
  return text;
}

describe("a read through the cache", () => {
  it("asks the origin once for what can be kept", async () => {
    const world = new World();
    const [isolate, origin, request] = [await world.isolate(), new Origin(), new Request(freshUrl())];
    expect(await textOf(origin.answer(isolate, world.config(), request), world)).toBe("body 1");
    expect(await textOf(origin.answer(isolate, world.config(), request), world)).toBe("body 1");
    expect(origin.asked).toBe(1);
  });

  it("serves a stale response at once and refreshes it once behind the answer", async () => {
    const world = new World();
    const config = world.config({ ttlSeconds: 10, staleWhileRevalidateSeconds: 10 });
    const [isolate, origin, request] = [await world.isolate(), new Origin(), new Request(freshUrl())];
    await textOf(origin.answer(isolate, config, request), world);
    world.surroundings.advance(12);
    const answers = [1, 2, 3].map(() => origin.answer(isolate, config, request));
    expect(await Promise.all((await Promise.all(answers)).map((answer) => answer.text()))).toEqual([
      "body 1",
      "body 1",
      "body 1",
    ]);
    await world.surroundings.settle();
    expect(await textOf(origin.answer(isolate, config, request), world)).toBe("body 2");
    expect(origin.asked).toBe(2);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("refused");
      },
    ],
    ["answers 503", () => new Response("down", { status: 503 })],
  ])("stands in with the stale response when the origin %s", async (_, failure) => {
    const world = new World();
    const config = world.config({ ttlSeconds: 10, staleIfErrorSeconds: 100 });
    const [isolate, origin, request] = [await world.isolate(), new Origin(), new Request(freshUrl())];
    await textOf(origin.answer(isolate, config, request), world);
    world.surroundings.advance(50);
    origin.next = failure;
    expect(await textOf(origin.answer(isolate, config, request), world)).toBe("body 1");
    world.surroundings.advance(60);
    const late = await origin.answer(isolate, config, request).then(
      (response) => `status ${response.status}`,
      (error: Error) => error.message,
    );
    expect(["refused", "status 503"]).toContain(late);
  });

  it("falls back on nothing that was purged while the origin took its time to fail", async () => {
    const world = new World();
    const config = world.config({ ttlSeconds: 10, staleIfErrorSeconds: 100 });
    const [isolate, origin, request] = [await world.isolate(), new Origin(), new Request(freshUrl())];
    await textOf(origin.answer(isolate, config, request), world);
    world.surroundings.advance(50);
    const failing = isolate.readThrough.answer(config, request, {
      load: async () => {
        await isolate.edge.purge(config, { url: request.url });
        throw new Error("refused");
      },
      storeOptions: () => ({ tags: [] }),
    });
    await expect(failing).rejects.toThrow("refused");
    expect(await isolate.edge.stats(config)).toMatchObject({ hits: 0, misses: 2 });
  });

  it("keeps nothing that a purge overtook", async () => {
    const world = new World();
    const config = world.config();
    const [isolate, origin, request] = [await world.isolate(), new Origin(), new Request(freshUrl())];
    origin.next = () => new Response("old");
    const slow = isolate.readThrough.answer(config, request, {
      load: async () => {
        const response = origin.next();
        await isolate.edge.purge(config, { url: request.url });
        return response;
      },
      storeOptions: () => ({ tags: [] }),
    });
    expect(await textOf(slow, world)).toBe("old");
    origin.next = () => new Response("new");
    expect(await textOf(origin.answer(isolate, config, request), world)).toBe("new");
  });

  it("answers a conditional request from what it has just loaded, and keeps the whole", async () => {
    const world = new World();
    const [isolate, origin] = [await world.isolate(), new Origin()];
    origin.next = () => new Response("whole", { headers: { etag: '"1"' } });
    const url = freshUrl();
    const conditional = new Request(url, { headers: { "if-none-match": '"1"' } });
    expect((await origin.answer(isolate, world.config(), conditional)).status).toBe(304);
    await world.surroundings.settle();
    expect(await textOf(origin.answer(isolate, world.config(), new Request(url)), world)).toBe("whole");
    expect(origin.asked).toBe(1);
  });

  it("sends the part that was asked for of what it has", async () => {
    const world = new World();
    const [isolate, origin, url] = [await world.isolate(), new Origin(), freshUrl()];
    origin.next = () => new Response("0123456789");
    await textOf(origin.answer(isolate, world.config(), new Request(url)), world);
    const part = await origin.answer(isolate, world.config(), new Request(url, { headers: { range: "bytes=2-4" } }));
    expect([part.status, part.headers.get("content-range"), await part.text()]).toEqual([206, "bytes 2-4/10", "234"]);
    const none = await origin.answer(isolate, world.config(), new Request(url, { headers: { range: "bytes=20-" } }));
    expect([none.status, none.headers.get("content-range")]).toEqual([416, "bytes */10"]);
  });

  it("answers HEAD from the entry for GET", async () => {
    const world = new World();
    const [isolate, origin, url] = [await world.isolate(), new Origin(), freshUrl()];
    await textOf(origin.answer(isolate, world.config(), new Request(url)), world);
    const head = await origin.answer(isolate, world.config(), new Request(url, { method: "HEAD" }));
    expect([head.status, head.body, origin.asked]).toEqual([200, null, 1]);
  });

  it.each([
    ["a part", { headers: { range: "bytes=0-3" } }],
    ["HEAD", { method: "HEAD" }],
  ])(
    "refreshes the whole behind a stale answer to %s where its source can ask for that, and only there",
    async (_, init) => {
      const world = new World();
      const config = world.config({ ttlSeconds: 10, staleWhileRevalidateSeconds: 100 });
      const [isolate, origin, url] = [await world.isolate(), new Origin(), freshUrl()];
      await textOf(origin.answer(isolate, config, new Request(url)), world);
      world.surroundings.advance(12);
      const request = new Request(url, init);
      await textOf(origin.answer(isolate, config, request), world);
      expect(origin.asked).toBe(1);
      const asked: Request[] = [];
      const source = {
        load: () => Promise.reject(new Error("asked for a part")),
        loadWhole: async (whole: Request) => {
          asked.push(whole);
          return new Response("refreshed");
        },
        storeOptions: () => ({ tags: [] }),
      };
      await textOf(isolate.readThrough.answer(config, request, source), world);
      expect(asked.map(({ method, headers }) => [method, headers.get("range")])).toEqual([["GET", null]]);
      expect(await textOf(origin.answer(isolate, config, new Request(url)), world)).toBe("refreshed");
      expect(origin.asked).toBe(1);
    },
  );

  it("passes on what it may not keep, and says why it asked", async () => {
    const world = new World();
    const [isolate, origin, request] = [await world.isolate(), new Origin(), new Request(freshUrl())];
    origin.next = () => new Response("mine", { headers: { "set-cookie": "id=1" } });
    for (const [expected, reason] of [
      [1, "uri-miss"],
      [2, "bypass"],
    ]) {
      const answer = await origin.answer(isolate, world.config(), request);
      expect(answer.headers.get("set-cookie")).toBe("id=1");
      expect(answer.headers.get("cache-status")).toBe(`Larder; fwd=${reason}; fwd-status=200`);
      expect(await answer.text()).toBe("mine");
      await world.surroundings.settle();
      expect(origin.asked).toBe(expected);
    }
  });
});
