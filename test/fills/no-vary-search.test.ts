import { describe, expect, it } from "vitest";
import { freshUrl } from "../support/fresh.ts";
import { World } from "../support/world.ts";

async function setUp(field: string) {
  const world = new World();
  const config = world.config();
  const [here, there] = [await world.isolate("here"), await world.isolate("there")];
  const url = freshUrl("/list");
  const asked: string[] = [];
  const get = async (isolate: typeof here, query: string) => {
    const load = async () => {
      asked.push(query);
      return new Response(`for ${query}`, { headers: { "no-vary-search": field } });
    };
    const source = { load, storeOptions: () => ({ tags: [] }) };
    const response = await isolate.readThrough.answer(config, new Request(`${url}${query}`), source);
    const text = await response.text();
    await world.surroundings.settle();
    return text;
  };
  return { world, config, here, there, url, asked, get };
}

describe("a response that says which parameters do not matter", () => {
  it("answers queries that differ in these only, in every data centre that knows", async () => {
    const { here, there, asked, get } = await setUp('params=("utm")');
    expect(await get(here, "?id=1&utm=a")).toBe("for ?id=1&utm=a");
    expect(await get(here, "?utm=b&id=1")).toBe("for ?id=1&utm=a");
    expect(await get(here, "?id=1")).toBe("for ?id=1&utm=a");
    // The same query is known there by the object, and with it the others.
    expect(await get(there, "?id=1&utm=a")).toBe("for ?id=1&utm=a");
    expect(await get(there, "?id=1")).toBe("for ?id=1&utm=a");
    expect(await get(here, "?id=2&utm=a")).toBe("for ?id=2&utm=a");
    expect(asked).toEqual(["?id=1&utm=a", "?id=2&utm=a"]);
  });

  it("is made new by a change that differs from it in these only", async () => {
    const { config, here, url, get } = await setUp('params=("utm")');
    await get(here, "?id=1&utm=a");
    const change = new Request(`${url}?id=1&utm=b`, { method: "POST", body: "x" });
    const source = { load: async () => new Response("done"), storeOptions: () => ({ tags: [] }) };
    await (await here.readThrough.answer(config, change, source)).text();
    expect(await get(here, "?id=1&utm=c")).toBe("for ?id=1&utm=c");
  });

  it("is purged by the URL without them", async () => {
    const { config, here, url, get } = await setUp('params=("utm")');
    await get(here, "?id=1&utm=a");
    expect(await here.edge.purge(config, { url: `${url}?id=1` })).toMatchObject({ purged: 1 });
    expect(await get(here, "?id=1&utm=b")).toBe("for ?id=1&utm=b");
  });
});
