import { describe, expect, it, vi } from "vitest";
import type { EntryReport } from "../../schema/entry.ts";
import { setUpFill } from "../support/fill.ts";
import { attached, bodies, callsOf, until } from "../support/origin.ts";
import type { ObjectLink } from "../support/world.ts";

/** Holds an isolate's calls of one method back until it is let go. */
function holdBack(link: ObjectLink, method: string): () => void {
  const gate = Promise.withResolvers<void>();
  link.before = (called) => (called === method ? gate.promise : undefined);
  return () => gate.resolve();
}

describe("who looked before a fill was there and asks for a turn after it", () => {
  it.each([0, 1024])("finds it where it lies, with a shield that takes bodies of %s bytes", async (shieldMaxBytes) => {
    const { world, near, far, origin, get } = await setUpFill({ shieldMaxBytes });
    const letGo = holdBack(near.link, "acquire");
    const leading = get();
    const first = await origin.nth(1);
    const late = get(near);
    await until(() => callsOf([near], "acquire") === 1);
    first.answer("one");
    expect(await bodies([leading])).toEqual(["one"]);
    await world.surroundings.settle();
    letGo();
    expect(await bodies([late])).toEqual(["one"]);
    await world.surroundings.settle();
    expect(origin.asked).toHaveLength(1);
    // It keeps no turn that it does not need.
    const elsewhere = get(far);
    if (shieldMaxBytes === 0) (await origin.nth(2)).answer("two");
    expect(await bodies([elsewhere])).toEqual([shieldMaxBytes === 0 ? "two" : "one"]);
  });

  it("does not refresh what has been refreshed", async () => {
    const { world, near, origin, get } = await setUpFill({
      ttlSeconds: 10,
      staleWhileRevalidateSeconds: 50,
      shieldMaxBytes: 0,
    });
    origin.byItself = (_, before) => `body ${before + 1}`;
    expect(await bodies([get()])).toEqual(["body 1"]);
    await world.surroundings.settle();
    world.surroundings.advance(20);
    const letGo = holdBack(near.link, "acquire");
    expect(await bodies([get(near)])).toEqual(["body 1"]);
    await until(() => callsOf([near], "acquire") === 1);
    expect(await bodies([get()])).toEqual(["body 1"]);
    await until(() => origin.asked.length === 2);
    letGo();
    await world.surroundings.settle();
    expect(await bodies([get(near)])).toEqual(["body 2"]);
    expect(origin.asked).toHaveLength(2);
  });

  it("does not even ask for the turn of refreshing it, when it can see that", async () => {
    const { world, near, origin, get } = await setUpFill({ ttlSeconds: 10, staleWhileRevalidateSeconds: 50 });
    origin.byItself = (_, before) => `body ${before + 1}`;
    expect(await bodies([get()])).toEqual(["body 1"]);
    await world.surroundings.settle();
    world.surroundings.advance(20);
    const refresh = near.edge.refresh.bind(near.edge);
    const gate = Promise.withResolvers<void>();
    vi.spyOn(near.edge, "refresh").mockImplementation(async (...rest) => {
      await gate.promise;
      return refresh(...rest);
    });
    expect(await bodies([get(near), get()])).toEqual(["body 1", "body 1"]);
    await until(() => origin.asked.length === 2);
    await until(async () => (await bodies([get()]))[0] === "body 2");
    gate.resolve();
    await world.surroundings.settle();
    expect(callsOf([near], "acquire")).toBe(0);
  });
});

describe("responses that vary on more than the cache declares", () => {
  const LANGUAGES = ["en", "fr"];

  it("are asked for once a variant by callers who have waited long, and none is left waiting", async () => {
    const { world, config, leader, near, far, origin, url } = await setUpFill({ fillTimeoutSeconds: 30 });
    const asking = (language = "") => new Request(url, { headers: { "accept-language": language } });
    const get = (isolate = leader, language = "en") => origin.get(isolate, config, asking(language));
    const leading = get();
    const first = await origin.nth(1);
    const waiting = Array.from({ length: 5 }, () =>
      [near, far].flatMap((isolate) => LANGUAGES.map((language) => get(isolate, language))),
    ).flat();
    // All are in their second wait, which lasts half a minute: whoever is forgotten now fails the test.
    await attached(world, [near, far], 40);
    origin.byItself = ({ request }) => {
      const language = request.headers.get("accept-language");
      return new Response(`in ${language}`, { headers: { vary: "accept-language" } });
    };
    first.answer(new Response("in en", { headers: { vary: "accept-language" } }));
    expect(await bodies([leading])).toEqual(["in en"]);
    expect(await bodies(waiting)).toEqual(waiting.map((_, at) => `in ${LANGUAGES[at % 2]}`));
    expect(origin.asked).toHaveLength(2);
  });
});

describe("two who fill the same key at once", () => {
  it("because there was no room to wait leave one of their responses to each data centre", async () => {
    const { world, near, far, leader, origin, get } = await setUpFill({ maxWaiters: 0 });
    const answers = [get(), get(far)];
    (await origin.nth(2)).answer("two");
    (await origin.nth(1)).answer("one");
    const own = await bodies(answers);
    expect([...own].sort()).toEqual(["one", "two"]);
    await world.surroundings.settle();
    expect(await bodies([get(leader), get(near), get(far)])).toEqual([own[0], own[0], own[1]]);
    expect(origin.asked).toHaveLength(2);
  });
});

it("a copy that is gone before the shield could have it keeps nobody waiting", async () => {
  const { world, leader, origin, begin } = await setUpFill();
  const { leading, first, waitingFar } = await begin();
  const cache = await caches.open(`${world.namespace}:here`);
  leader.link.before = (method, [, entry]) =>
    method === "complete" ? cache.delete((entry as EntryReport).key) : undefined;
  first.answer("one");
  expect(await bodies([leading])).toEqual(["one"]);
  (await origin.nth(2)).answer("two");
  expect(await bodies(waitingFar)).toEqual(["two", "two"]);
  expect(origin.asked).toHaveLength(2);
});

it("isolates that have two names for one data centre let each other know all the same", async () => {
  const { world, config, leader, near, origin, url, begin } = await setUpFill({ fillTimeoutSeconds: 30 });
  origin.byItself = () => "x";
  await bodies([origin.get(leader, config, `${url}other`)]);
  await world.surroundings.settle();
  const cache = await caches.open(`${world.namespace}:here`);
  expect(await cache.delete(`${url}?larder=larder`)).toBe(true);
  await bodies([origin.get(near, config, `${url}another`)]);
  await world.surroundings.settle();
  origin.asked.length = 0;
  origin.byItself = undefined;
  const { first, waiting } = await begin(6);
  // Half a minute is what they have begun to wait for.
  await attached(world, [near], 13);
  first.answer("one");
  expect(await bodies(waiting)).toEqual(waiting.map(() => "one"));
  expect(origin.asked).toHaveLength(1);
});
