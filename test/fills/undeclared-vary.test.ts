import { describe, expect, it } from "vitest";
import { freshUrl } from "../support/fresh.ts";
import { bodies, callsOf, Origin } from "../support/origin.ts";
import type { Isolate } from "../support/world.ts";
import { World } from "../support/world.ts";

/** An origin that answers in the language it is asked for, and says so. */
async function setUp(options: Parameters<World["config"]>[0] = {}) {
  const world = new World();
  const config = world.config(options);
  const [here, there] = [await world.isolate("here"), await world.isolate("there")];
  const [origin, url] = [new Origin(), freshUrl()];
  const inLanguage = (request: Request) =>
    new Response(`in ${request.headers.get("accept-language")}`, { headers: { vary: "Accept-Language" } });
  origin.byItself = ({ request }) => inLanguage(request);
  const asked = (language: string) => new Request(url, { headers: { "accept-language": language } });
  const read = (isolate: Isolate, language: string) => origin.get(isolate, config, asked(language));
  const text = async (isolate: Isolate, language: string) => {
    const body = await (await read(isolate, language)).text();
    await world.surroundings.settle();
    return body;
  };
  return { world, config, here, there, origin, url, inLanguage, asked, read, text };
}

describe("a response that varies on what its cache did not declare", () => {
  it("is kept a variant at a time, and another data centre is told of it", async () => {
    const { here, there, origin, read, text } = await setUp();
    expect([await text(here, "en"), await text(here, "fr")]).toEqual(["in en", "in fr"]);
    expect([await text(here, "en"), await text(here, "fr")]).toEqual(["in en", "in fr"]);
    expect(origin.asked.length).toBe(2);
    const moved = await read(there, "fr");
    expect(moved.headers.get("cache-status")).toBe("Larder-Shield; hit; ttl=60, Larder; fwd=uri-miss; stored; ttl=60");
    expect([moved.headers.get("vary"), await moved.text()]).toEqual(["Accept-Language", "in fr"]);
    expect([await text(there, "en"), await text(there, "fr")]).toEqual(["in en", "in fr"]);
    expect(origin.asked.length).toBe(2);
    expect([await text(there, "de"), await text(here, "de")]).toEqual(["in de", "in de"]);
    expect(origin.asked.length).toBe(3);
  });

  it("is asked for once a variant by those who waited without knowing", async () => {
    const { world, config, here, there, origin, inLanguage, read } = await setUp();
    origin.byItself = undefined;
    const languages = ["en", "fr", "fr", "en", "fr", "en", "de"];
    const leading = read(here, "en");
    const first = await origin.nth(1);
    const waiting = languages.map((language, at) => read(at % 2 === 0 ? here : there, language));
    await expect.poll(() => callsOf([here, there], "acquire")).toBe(1 + languages.length);
    await here.edge.stats(config);
    expect(origin.asked.length).toBe(1);
    origin.byItself = ({ request }) => inLanguage(request);
    first.answer(inLanguage(first.request));
    expect(await bodies([leading, ...waiting])).toEqual(["en", ...languages].map((language) => `in ${language}`));
    await world.surroundings.settle();
    expect(origin.asked.map(({ request }) => request.headers.get("accept-language")).sort()).toEqual([
      "de",
      "en",
      "fr",
    ]);
  });

  it("is purged as a whole by its URL, and one variant by its key's request", async () => {
    const { config, here, there, url, asked, text } = await setUp();
    for (const language of ["en", "fr"]) await text(here, language);
    for (const language of ["en", "fr"]) await text(there, language);
    expect(await here.edge.remove(config, asked("fr"))).toBe(true);
    const strong = async (isolate: Isolate, language: string) =>
      (await isolate.edge.lookup(config, asked(language), { consistency: "strong" })).outcome;
    expect([await strong(there, "en"), await strong(there, "fr")]).toEqual(["hit", "miss"]);
    await here.edge.purge(config, { url });
    expect([await strong(there, "en"), await strong(there, "fr")]).toEqual(["miss", "miss"]);
  });

  it("that may not be stored for one variant is passed for that one only", async () => {
    const { here, there, origin, read, text } = await setUp();
    await text(here, "en");
    origin.byItself = ({ request }) =>
      new Response("mine", { headers: { vary: "Accept-Language", "set-cookie": `${request.url.length}` } });
    await text(here, "fr");
    for (const isolate of [here, there]) {
      expect((await read(isolate, "fr")).headers.get("cache-status")).toBe("Larder; fwd=bypass; fwd-status=200");
      expect(await text(isolate, "en")).toBe("in en");
    }
  });

  it("goes by what the others vary on where one says nothing of it", async () => {
    const { world, here, there, origin, text } = await setUp();
    for (const isolate of [here, there]) for (const language of ["en", "fr"]) await text(isolate, language);
    world.surroundings.advance(61);
    origin.byItself = () => "for all";
    for (const isolate of [here, there]) {
      for (const language of ["en", "fr", "de"]) expect(await text(isolate, language)).toBe("for all");
    }
    // Two before, and then one a language for both data centres.
    expect(origin.asked.length).toBe(5);
  });

  it("on a field too long for a key goes past the cache, and does not keep the object busy", async () => {
    const { here, there, origin, text, url, config } = await setUp();
    await text(here, "en");
    const long = new Request(url, { headers: { "accept-language": "x".repeat(20_000) } });
    origin.byItself = () => new Response("long", { headers: { vary: "accept-language" } });
    for (const isolate of [here, there]) {
      expect(await bodies([origin.get(isolate, config, long)])).toEqual(["long"]);
      await isolate.surroundings.settle();
    }
    expect(callsOf([there], "acquire")).toBeLessThan(5);
  });

  it("renews its variant by a 304", async () => {
    const { world, here, origin, read, text } = await setUp({ staleWhileRevalidateSeconds: 60 });
    origin.byItself = ({ request, conditions }) =>
      conditions === undefined
        ? new Response(`in ${request.headers.get("accept-language")}`, {
            headers: { vary: "accept-language", etag: `"${request.headers.get("accept-language")}"` },
          })
        : new Response(null, { status: 304, headers: { etag: conditions.get("if-none-match") ?? "" } });
    for (const language of ["en", "fr"]) await text(here, language);
    world.surroundings.advance(61);
    for (const language of ["en", "fr"]) await text(here, language);
    expect(origin.asked.length).toBe(4);
    for (const language of ["en", "fr"]) {
      const renewed = await read(here, language);
      expect(renewed.headers.get("cache-status")).toBe("Larder; hit; ttl=60");
      expect(await renewed.text()).toBe(`in ${language}`);
    }
  });
});
