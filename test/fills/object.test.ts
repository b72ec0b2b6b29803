import { describe, expect, it } from "vitest";
import { FALLBACK, setUpFill } from "../support/fill.ts";
import { attached, bodies, callsOf, until } from "../support/origin.ts";

describe("the object", () => {
  it("broken off with callers attached is asked again, and they wait on for the same fill", async () => {
    const { world, near, far, origin, begin } = await setUpFill();
    const { leading, first, waiting } = await begin();
    await world.crashObject();
    await attached(world, [near, far], 8);
    first.answer("one");
    expect(await bodies([leading, ...waiting])).toEqual(["one", "one", "one", "one", "one"]);
    expect(origin.asked).toHaveLength(1);
  });

  it("evicted between the report and the shield's copy changes nothing", async () => {
    const { world, leader, far, origin, get } = await setUpFill();
    origin.byItself = () => "one";
    leader.link.before = (method) => (method === "offer" ? world.crashObject() : undefined);
    expect(await bodies([get()])).toEqual(["one"]);
    await world.surroundings.settle();
    expect(await bodies([get(far)])).toEqual(["one"]);
    expect(origin.asked).toHaveLength(1);
  });

  it.each(["down", "hanging"] as const)(
    "that is %s while they wait sends callers to the origin, each for itself",
    async (state) => {
      const { world, near, far, origin, begin } = await setUpFill();
      const { waiting } = await begin();
      near.link.state = state;
      far.link.state = state;
      await world.crashObject();
      await until(() => callsOf([near, far], "acquire") >= 8);
      // Another time-out, of the shorter of the two kinds: the object is not asked a third time.
      world.surroundings.advance(state === "hanging" ? 5 : 0);
      await origin.nth(5);
      for (const asked of origin.asked) asked.answer("own");
      expect(await bodies(waiting)).toEqual(["own", "own", "own", "own"]);
    },
  );

  it.each([
    ["down", 0],
    ["hanging", 5],
  ] as const)("that is %s when they come is waited for %s seconds at most", async (state, seconds) => {
    const { world, leader, near, origin, get } = await setUpFill({ fillTimeoutSeconds: 30 });
    // Their view of the log is fresh, so that they learn of it only when they ask for their turn.
    await Promise.all([leader, near].map((isolate) => isolate.edge.stats(world.config())));
    for (const isolate of [leader, near]) isolate.link.state = state;
    origin.byItself = () => "own";
    const answers = [get(), get(near), get(near)];
    await until(() => callsOf([leader, near], "acquire") >= 3);
    world.surroundings.advance(seconds);
    expect(await bodies(answers)).toEqual(["own", "own", "own"]);
    expect(origin.asked).toHaveLength(3);
  });

  it.each(["throws", "answers 500"])("that hangs keeps no leader whose origin %s waiting", async (how) => {
    const { leader, origin, get } = await setUpFill();
    const leading = get();
    const first = await origin.nth(1);
    leader.link.state = "hanging";
    if (how === "throws") first.fail("refused");
    else first.answer(new Response("sorry", { status: 500 }));
    expect(await bodies([leading])).toEqual([how === "throws" ? "error: refused" : "sorry"]);
  });

  it("that hangs keeps no leader waiting who has something to stand in", async () => {
    const { leader, beginWithFallback } = await setUpFill(FALLBACK);
    const { leading, second } = await beginWithFallback();
    leader.link.state = "hanging";
    second.fail("refused");
    expect(await bodies([leading])).toEqual(["one"]);
  });

  it("that hangs keeps no leader for more than a time-out whose origin says that what it has is valid still", async () => {
    const { world, leader, origin, get } = await setUpFill(FALLBACK);
    origin.byItself = () => new Response("one", { headers: { etag: '"1"' } });
    expect(await bodies([get()])).toEqual(["one"]);
    await world.surroundings.settle();
    world.surroundings.advance(20);
    origin.byItself = undefined;
    const leading = get();
    const second = await origin.nth(2);
    leader.link.state = "hanging";
    second.answer(new Response(null, { status: 304, headers: { etag: '"1"' } }));
    await until(() => callsOf([leader], "complete") === 2);
    world.surroundings.advance(3);
    expect(await bodies([leading])).toEqual(["one"]);
    expect(origin.asked).toHaveLength(2);
  });

  it("that hangs keeps no one for more than a time-out who has changed something", async () => {
    const { world, config, leader, origin, url } = await setUpFill();
    await leader.edge.stats(config);
    leader.link.state = "hanging";
    const changing = origin.get(leader, config, new Request(url, { method: "POST" }));
    (await origin.nth(1)).answer("changed");
    await until(() => leader.link.calls.includes("invalidate"));
    world.surroundings.advance(3);
    expect(await bodies([changing])).toEqual(["changed"]);
  });
});
