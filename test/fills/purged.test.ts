import { describe, expect, it } from "vitest";
import type { Tag } from "../../schema/names.ts";
import { freshUrl } from "../support/fresh.ts";
import { attached, bodies, callsOf, Origin } from "../support/origin.ts";
import { versionOf, World } from "../support/world.ts";

/** A fill in one data centre, waited for there and in another; a third is where purges are made. */
async function setUp(options = {}) {
  const world = new World();
  const config = world.config(options);
  const [here, near, far, editor] = [
    await world.isolate("here"),
    await world.isolate("here"),
    await world.isolate("there"),
    await world.isolate("office"),
  ];
  const [origin, url] = [new Origin(), freshUrl()];
  const store = { tags: ["t" as Tag] };
  const get = (isolate = here, demand = {}) => origin.get(isolate, config, url, { store, demand });
  const begin = async () => {
    const leading = get();
    const first = await origin.nth(1);
    const waiting = [get(near), get(far), get(near), get(far)];
    await attached(world, [near, far], 4);
    return { leading, first, waiting };
  };
  return { world, config, here, near, far, editor, origin, url, get, begin };
}

describe.each([
  ["URL", (url: string) => ({ url })],
  ["prefix", (url: string) => ({ prefix: url })],
  ["everything", () => ({ everything: true as const })],
])("a purge by %s during a fill", (_, selector) => {
  it("lets who comes after it lead at once, and all who wait have what that one brings", async () => {
    const { world, config, here, near, far, editor, origin, url, get, begin } = await setUp();
    const { leading, first, waiting } = await begin();
    await editor.edge.purge(config, selector(url));
    const later = [get(far)];
    const second = await origin.nth(2);
    later.push(get(near), get(far), get(editor));
    await attached(world, [near, far, editor], 8);
    first.answer("old");
    expect(await bodies([leading])).toEqual(["old"]);
    second.answer("new");
    expect(await bodies([...later, ...waiting])).toEqual(Array.from({ length: 8 }, () => "new"));
    await world.surroundings.settle();
    expect(await bodies([get(here), get(near), get(far), get(editor)])).toEqual(["new", "new", "new", "new"]);
    expect(origin.asked).toHaveLength(2);
  });
});

describe.each([
  ["tag", () => ({ tags: ["t"] })],
  ["URL", (url: string) => ({ url })],
])("a purge by %s during a fill", (_, selector) => {
  it("makes its response good for its own caller only; one of those who wait leads the next", async () => {
    const { world, config, here, near, far, editor, origin, url, get, begin } = await setUp();
    const { leading, first, waiting } = await begin();
    const version = await versionOf(editor.edge.purge(config, selector(url)));
    first.answer("old");
    expect(await bodies([leading])).toEqual(["old"]);
    const second = await origin.nth(2);
    expect(callsOf([near, far], "acquire")).toBe(5);
    // Who comes now waits for it too, whichever way he asks.
    const before = callsOf([near, far, editor], "acquire");
    const later = [get(near), get(far, { atLeast: version }), get(editor, { consistency: "strong" })];
    await attached(world, [near, far, editor], before + 3);
    second.answer("new");
    expect(await bodies([...waiting, ...later])).toEqual(Array.from({ length: 7 }, () => "new"));
    await world.surroundings.settle();
    expect(await bodies([get(here), get(near), get(far), get(editor)])).toEqual(["new", "new", "new", "new"]);
    expect(origin.asked).toHaveLength(2);
  });

  it("holds also when the leader could not report what it has stored", async () => {
    const { world, config, here, near, far, editor, origin, url, get, begin } = await setUp({ fillTimeoutSeconds: 2 });
    const { leading, first, waiting } = await begin();
    await editor.edge.purge(config, selector(url));
    here.link.state = "down";
    first.answer("old");
    expect(await bodies([leading])).toEqual(["old"]);
    world.surroundings.advance(2.001);
    (await origin.nth(2)).answer("new");
    expect(await bodies(waiting)).toEqual(["new", "new", "new", "new"]);
    expect(await bodies([get(near), get(far), get(editor)])).toEqual(["new", "new", "new"]);
    here.link.state = "up";
    expect(await bodies([get(here, { consistency: "strong" })])).toEqual(["new"]);
    expect(origin.asked).toHaveLength(2);
  });
});

it("a soft purge during a fill leaves it to be served stale, and refreshed once", async () => {
  const { world, config, near, far, editor, origin, get, begin } = await setUp({ staleWhileRevalidateSeconds: 30 });
  const { leading, first, waiting } = await begin();
  await editor.edge.purge(config, { tags: ["t"], soft: true });
  first.answer("old");
  expect(await bodies([leading, ...waiting])).toEqual(["old", "old", "old", "old", "old"]);
  (await origin.nth(2)).answer("new");
  await world.surroundings.settle();
  expect(await bodies([get(near), get(far)])).toEqual(["new", "new"]);
  expect(origin.asked).toHaveLength(2);
});

it("a purge of something else during a fill leaves it alone", async () => {
  const { config, editor, origin, begin } = await setUp();
  const { leading, first, waiting } = await begin();
  await editor.edge.purge(config, { tags: ["u"] });
  await editor.edge.purge(config, { url: freshUrl() });
  first.answer("one");
  expect(await bodies([leading, ...waiting])).toEqual(["one", "one", "one", "one", "one"]);
  expect(origin.asked).toHaveLength(1);
});
