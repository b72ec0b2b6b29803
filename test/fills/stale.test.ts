import { describe, expect, it } from "vitest";
import { freshUrl } from "../support/fresh.ts";
import { Feed, Origin, until } from "../support/origin.ts";
import type { Isolate } from "../support/world.ts";
import { World } from "../support/world.ts";

/** Two data centres that have an entry whose ttl of 60 seconds has just ended. */
async function setUp(options: Parameters<World["config"]>[0]) {
  const world = new World();
  const config = world.config(options);
  const [here, alsoHere, there] = [
    await world.isolate("here"),
    await world.isolate("here"),
    await world.isolate("there"),
  ];
  const [origin, request] = [new Origin(), new Request(freshUrl())];
  origin.byItself = () => "old";
  const read = (isolate: Isolate) => origin.get(isolate, config, request);
  const text = async (isolate: Isolate) => {
    const body = await (await read(isolate)).text();
    await world.surroundings.settle();
    return body;
  };
  await text(here);
  await text(there);
  world.surroundings.advance(60);
  const asked = () => origin.asked.length - 1;
  return { world, config, here, alsoHere, there, origin, request, read, text, asked };
}

const throws = () => {
  throw new Error("connection refused");
};

const failures: [string, () => Response][] = [
  ["throws", throws],
  ...[500, 502, 503, 504].map((status): [string, () => Response] => [
    `answers ${status}`,
    () => new Response("down", { status }),
  ]),
];

describe("an origin that fails a refresh", () => {
  it.each(failures)("when it %s, leaves the stale copy until its window ends, everywhere", async (_, failure) => {
    const { world, here, there, origin, text, asked } = await setUp({ staleWhileRevalidateSeconds: 30 });
    origin.byItself = failure;
    expect([await text(here), await text(there)]).toEqual(["old", "old"]);
    world.surroundings.advance(29.9);
    expect([await text(here), await text(there)]).toEqual(["old", "old"]);
    const before = asked();
    expect(before).toBeGreaterThan(0);
    world.surroundings.advance(0.1);
    const late = await text(here).catch((error: Error) => error.message);
    expect(["connection refused", "down"]).toContain(late);
    expect(asked()).toBe(before + 1);
  });

  it.each(failures)("when it %s, is left alone for longer and longer, by all isolates together", async (_, failure) => {
    const { world, here, alsoHere, there, origin, text, asked } = await setUp({ staleWhileRevalidateSeconds: 600 });
    origin.byItself = failure;
    for (let tenths = 0; tenths < 100; tenths += 1) {
      for (const isolate of [here, alsoHere, there]) expect(await text(isolate)).toBe("old");
      world.surroundings.advance(0.1);
    }
    // After 0, 1, 3 and 7 seconds.
    expect(asked()).toBe(4);
  });

  it("is asked again once it has recovered, and then as usual", async () => {
    const { world, here, there, origin, text, asked } = await setUp({ staleWhileRevalidateSeconds: 600 });
    origin.byItself = throws;
    for (let second = 0; second < 20; second += 1) {
      await text(here);
      world.surroundings.advance(1);
    }
    origin.byItself = () => "new";
    world.surroundings.advance(60);
    const before = asked();
    for (const isolate of [here, there]) expect([await text(isolate), await text(isolate)]).toEqual(["old", "new"]);
    expect(asked()).toBe(before + 1);
    world.surroundings.advance(61);
    origin.byItself = throws;
    await text(here);
    world.surroundings.advance(1.1);
    // The failures of before are forgotten: the first pause is a second again.
    await text(here);
    expect(asked()).toBe(before + 3);
  });

  it("when it does not answer at all, is given up after the fill's time, and left alone like any that fails", async () => {
    const options = { staleWhileRevalidateSeconds: 600, fillTimeoutSeconds: 2 };
    const { world, here, alsoHere, there, origin, read, asked } = await setUp(options);
    origin.byItself = undefined;
    for (let halves = 0; halves < 40; halves += 1) {
      for (const isolate of [here, alsoHere, there]) expect(await (await read(isolate)).text()).toBe("old");
      await aMoment();
      world.surroundings.advance(0.5);
      await aMoment();
    }
    // It is asked after 0, 3, 7 and 13 seconds: each time it is given two, and a pause follows.
    expect(asked()).toBe(4);
    for (const late of origin.asked) late.answer("late");
    await world.surroundings.settle();
    expect(await (await read(here)).text()).toBe("old");
  });
});

describe("an origin that answers a refresh", () => {
  it.each([
    ["404", () => new Response("gone", { status: 404 })],
    ["410", () => new Response("gone", { status: 410 })],
    ["200 and nothing else", () => new Response("gone")],
  ])("with %s replaces the stale copy", async (_, answer) => {
    const { here, there, origin, text, asked } = await setUp({ staleWhileRevalidateSeconds: 30 });
    origin.byItself = answer;
    for (const isolate of [here, there]) expect([await text(isolate), await text(isolate)]).toEqual(["old", "gone"]);
    expect(asked()).toBe(1);
  });

  it.each([
    ["is private", () => new Response("mine", { headers: { "cache-control": "private" } })],
    ["sets a cookie", () => new Response("mine", { headers: { "set-cookie": "id=1" } })],
    ["says 403", () => new Response("mine", { status: 403 })],
  ])("by what %s ends the stale copy in every data centre, and everybody is passed", async (_, answer) => {
    const { here, there, origin, text, read, asked, world } = await setUp({ staleWhileRevalidateSeconds: 300 });
    origin.byItself = answer;
    expect([await text(here), await text(there)]).toEqual(["old", "old"]);
    expect(asked()).toBe(2);
    for (const isolate of [here, there, here]) {
      const passed = await read(isolate);
      expect(passed.headers.get("cache-status")).toMatch(/^Larder; fwd=bypass; fwd-status=\d+$/);
      expect(await passed.text()).toBe("mine");
      await world.surroundings.settle();
    }
  });

  it("by what may not be stored ends the stale copy where no note is left of it, too", async () => {
    const { here, there, origin, text, asked } = await setUp({
      staleWhileRevalidateSeconds: 300,
      hitForMissSeconds: 0,
    });
    origin.byItself = () => new Response("mine", { headers: { "cache-control": "private" } });
    for (const isolate of [here, there]) expect([await text(isolate), await text(isolate)]).toEqual(["old", "mine"]);
    expect(asked()).toBe(4);
  });

  it("by what may not be stored ends the shield's copy too, which does not come back when the note has ended", async () => {
    const { world, config, here, origin, text } = await setUp({
      staleWhileRevalidateSeconds: 300,
      hitForMissSeconds: 5,
    });
    const later = await world.isolate("later");
    origin.byItself = () => new Response("mine", { headers: { "cache-control": "private" } });
    expect(await text(here)).toBe("old");
    world.surroundings.advance(6);
    expect(await text(later)).toBe("mine");
    expect(await here.edge.stats(config)).toMatchObject({ entries: 0 });
  });

  it("by what may not be stored is not asked at every hit where fills are not coalesced", async () => {
    const { world, here, origin, text, asked } = await setUp({ staleWhileRevalidateSeconds: 300, coalesce: false });
    const before = asked();
    origin.byItself = () => new Response("mine", { headers: { "cache-control": "private" } });
    for (let tenths = 0; tenths < 50; tenths += 1) {
      expect(await text(here)).toBe("old");
      world.surroundings.advance(0.1);
    }
    expect(asked() - before).toBe(5);
  });

  it("is asked by one isolate, however many see the stale copy", async () => {
    const { world, here, alsoHere, there, origin, read, text, asked } = await setUp({
      staleWhileRevalidateSeconds: 30,
    });
    origin.byItself = undefined;
    const served = await Promise.all([here, alsoHere, there, here, alsoHere, there].map(read));
    expect(new Set(await Promise.all(served.map((response) => response.text())))).toEqual(new Set(["old"]));
    const refresh = await origin.nth(2);
    await aMoment();
    expect(asked()).toBe(1);
    refresh.answer("new");
    await world.surroundings.settle();
    for (const isolate of [here, alsoHere, there]) expect(await text(isolate)).toBe("new");
    expect(asked()).toBe(1);
  });
});

describe("a stale copy kept for errors", () => {
  it.each(failures)("answers when the origin %s, and says so", async (how, failure) => {
    const { here, there, origin, read, text, world, asked } = await setUp({ staleIfErrorSeconds: 100 });
    const without = await world.isolate("without");
    world.surroundings.advance(10);
    origin.byItself = failure;
    const answer = await read(here);
    const status = /\d+/.exec(how)?.[0];
    expect(answer.headers.get("cache-status")).toBe(
      status === undefined
        ? "Larder; fwd=stale; ttl=-10; detail=unreachable"
        : `Larder; fwd=stale; fwd-status=${status}; ttl=-10`,
    );
    expect(answer.headers.get("age")).toBe("70");
    expect(await answer.text()).toBe("old");
    await world.surroundings.settle();
    // It is left alone for a second: whoever has something to make do with does.
    expect(await text(here)).toBe("old");
    expect(asked()).toBe(1);
    world.surroundings.advance(1.1);
    expect(await text(here)).toBe("old");
    expect(asked()).toBe(2);
    // In all data centres that have one together; and where there is none, the failure is passed on.
    expect(await text(there)).toBe("old");
    expect(asked()).toBe(2);
    const elsewhere = await text(without).catch((error: Error) => error.message);
    expect(["connection refused", "down"]).toContain(elsewhere);
  });

  it("answers all who wait when the origin fails one of them, and the origin is asked once", async () => {
    const { world, here, alsoHere, origin, read, asked } = await setUp({ staleIfErrorSeconds: 100 });
    world.surroundings.advance(10);
    origin.byItself = undefined;
    const answers = [here, alsoHere, here, alsoHere].map(read);
    const leader = await origin.nth(2);
    await aMoment();
    leader.fail("connection refused");
    expect(await Promise.all(answers.map(async (answer) => (await answer).text()))).toEqual(Array(4).fill("old"));
    await world.surroundings.settle();
    expect(asked()).toBe(1);
  });

  it("answers when the origin takes longer than a fill may", async () => {
    const { world, here, origin, read, asked } = await setUp({ staleIfErrorSeconds: 100, fillTimeoutSeconds: 3 });
    world.surroundings.advance(10);
    origin.byItself = undefined;
    const answer = read(here);
    const slow = await origin.nth(2);
    await aMoment();
    world.surroundings.advance(2.9);
    await aMoment();
    expect(await Promise.race([answer, "nothing yet"])).toBe("nothing yet");
    world.surroundings.advance(0.1);
    const standIn = await answer;
    expect(standIn.headers.get("cache-status")).toBe("Larder; fwd=stale; ttl=-13; detail=timeout");
    expect(await standIn.text()).toBe("old");
    const late = new Feed();
    slow.answer(new Response(late.body));
    await world.surroundings.settle();
    await until(() => late.cancelled);
    expect(asked()).toBe(1);
  });

  it("says that the bound of purges may be broken rather than how the origin failed", async () => {
    const { world, here, origin, read } = await setUp({ staleIfErrorSeconds: 100, unreachableGraceSeconds: 600 });
    world.surroundings.advance(10);
    here.link.state = "down";
    origin.byItself = throws;
    const answer = await read(here);
    expect(answer.headers.get("cache-status")).toBe("Larder; fwd=stale; ttl=-10; detail=unconfirmed");
    expect(await answer.text()).toBe("old");
  });

  it("is no longer there once the origin answers with something else, and is not asked for it", async () => {
    const { world, here, origin, text } = await setUp({ staleIfErrorSeconds: 100 });
    world.surroundings.advance(10);
    origin.byItself = () => "new";
    expect(await text(here)).toBe("new");
    origin.byItself = throws;
    expect(await text(here)).toBe("new");
  });
});

/** Long enough for what does not wait for the clock. */
function aMoment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 15));
}
