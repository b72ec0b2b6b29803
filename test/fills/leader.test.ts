import { describe, expect, it, vi } from "vitest";
import { expectAll, FALLBACK, setUpFill } from "../support/fill.ts";
import { freshUrl } from "../support/fresh.ts";
import type { Asked } from "../support/origin.ts";
import { attached, bodies, callsOf, Origin, until } from "../support/origin.ts";
import { World } from "../support/world.ts";

describe("a leader that is killed", () => {
  it("before its origin has answered costs its lease, and another leads for all", async () => {
    const { leader, origin, begin, expireLease } = await setUpFill();
    const { waiting } = await begin();
    leader.link.state = "hanging";
    expireLease();
    (await origin.nth(2)).answer("two");
    await expectAll(waiting, "two");
    expect(origin.asked).toHaveLength(2);
  });

  it.each(["down", "hanging"] as const)(
    "before it could report (object %s) leaves its entry to its data centre",
    async (state) => {
      const { leader, near, far, origin, begin, expireLease, get } = await setUpFill();
      const { leading, first, waitingNear, waitingFar } = await begin();
      leader.link.state = state;
      first.answer("one");
      expect(await bodies([leading])).toEqual(["one"]);
      await until(() => leader.link.calls.includes("complete"));
      // Nobody tells them, but they look for themselves before they go on waiting.
      await expectAll(waitingNear, "one");
      expireLease();
      (await origin.nth(2)).answer("two");
      await expectAll(waitingFar, "two");
      expect(await bodies([get(near), get(far)])).toEqual(["one", "two"]);
      expect(origin.asked).toHaveLength(2);
    },
  );

  it("after it reported and before the shield had its copy: its data centre is served at once, the others after one more fill", async () => {
    const { world, leader, near, far, origin, begin } = await setUpFill({ fillTimeoutSeconds: 10 });
    const { first, waitingNear, waitingFar } = await begin();
    // Each has begun its long wait.
    await attached(world, [near, far], 8);
    leader.link.state = "deaf";
    first.answer("one");
    await expectAll(waitingNear, "one");
    expect(origin.asked).toHaveLength(1);
    world.surroundings.advance(5.001);
    (await origin.nth(2)).answer("two");
    await expectAll(waitingFar, "two");
    expect(origin.asked).toHaveLength(2);
  });
});

describe("an origin that fails", () => {
  const failures: [string, (asked: Asked) => void, string][] = [
    ["throws", (asked) => asked.fail("refused"), "error: refused"],
    ["answers 500", (asked) => asked.answer(new Response("sorry", { status: 500 })), "sorry"],
  ];

  it.each(failures)("and %s fails its own caller alone; the next in turn leads", async (_, failure, told) => {
    const { near, far, origin, begin } = await setUpFill();
    const { leading, first, waiting } = await begin();
    failure(first);
    expect(await bodies([leading])).toEqual([told]);
    const waited = bodies(waiting);
    failure(await origin.nth(2));
    (await origin.nth(3)).answer("three");
    // Each time one alone was woken.
    expect(callsOf([near, far], "acquire")).toBe(6);
    expect((await waited).sort()).toEqual([told, "three", "three", "three"].sort());
    expect(origin.asked).toHaveLength(3);
  });

  it.each(failures)("and %s is asked once by all who have something to stand in", async (_, failure) => {
    const { near, far, origin, get, beginWithFallback } = await setUpFill(FALLBACK);
    const { leading, second, waiting } = await beginWithFallback();
    const asks = callsOf([near, far], "acquire");
    failure(second);
    await expectAll([leading, ...waiting], "one");
    // They were told, and did not have to ask.
    expect(callsOf([near, far], "acquire")).toBe(asks);
    // Who comes in the second after that does not ask either.
    expect(await bodies([near, far].map((isolate) => get(isolate)))).toEqual(["one", "one"]);
    expect(origin.asked).toHaveLength(2);
  });

  it("and hangs keeps the others for one lease: then one of them is promoted, and the rest wait for it", async () => {
    const { origin, begin, expireLease } = await setUpFill();
    const { waiting } = await begin();
    expireLease();
    const second = await origin.nth(2);
    second.answer("two");
    await expectAll(waiting, "two");
    expect(origin.asked).toHaveLength(2);
  });

  it("and hangs lets all who have something to stand in be answered by that after one time-out", async () => {
    const { origin, expireLease, beginWithFallback } = await setUpFill(FALLBACK);
    const { leading, waiting } = await beginWithFallback();
    expireLease();
    await expectAll([leading, ...waiting], "one");
    expect(origin.asked).toHaveLength(2);
  });

  it("and hangs, with its leader killed, keeps those who have something to stand in for no longer than that", async () => {
    const { leader, origin, expireLease, beginWithFallback } = await setUpFill(FALLBACK);
    const { waiting } = await beginWithFallback();
    leader.link.state = "hanging";
    expireLease();
    await expectAll(waiting, "one");
    expect(origin.asked).toHaveLength(2);
  });

  it("by answering a condition of the leader's own with 304 keeps nobody waiting", async () => {
    const { origin, begin } = await setUpFill();
    const { leading, first, waiting } = await begin();
    first.answer(new Response(null, { status: 304 }));
    expect((await leading).status).toBe(304);
    (await origin.nth(2)).answer("two");
    await expectAll(waiting, "two");
  });
});

describe("a leader that is late", () => {
  it("loses to the one who was promoted, and leaves nothing behind", async () => {
    const { world, leader, near, far, origin, begin, get, expireLease } = await setUpFill();
    const storing = vi.spyOn(leader.edge, "store");
    const { leading, first, waiting } = await begin();
    expireLease();
    (await origin.nth(2)).answer("two");
    await expectAll(waiting, "two");
    first.answer("one");
    expect(await bodies([leading])).toEqual(["one"]);
    await world.surroundings.settle();
    expect(await storing.mock.results[0]?.value).toEqual({ stored: false, reason: "lease-lost" });
    expect(await bodies([get(leader), get(near), get(far)])).toEqual(["two", "two", "two"]);
    expect(origin.asked).toHaveLength(2);
  });

  it("loses also when the other is not done yet, who then serves all", async () => {
    const { leader, near, far, origin, begin, get, expireLease } = await setUpFill();
    const storing = vi.spyOn(leader.edge, "store");
    const { leading, first, waiting } = await begin();
    expireLease();
    const second = await origin.nth(2);
    first.answer("one");
    expect(await bodies([leading])).toEqual(["one"]);
    await until(() => storing.mock.results.length > 0);
    expect(await storing.mock.results[0]?.value).toEqual({ stored: false, reason: "lease-lost" });
    second.answer("two");
    await expectAll(waiting, "two");
    expect(await bodies([get(leader), get(near), get(far)])).toEqual(["two", "two", "two"]);
    expect(origin.asked).toHaveLength(2);
  });

  it("wins when nobody has taken its place: what it brings serves those who wait", async () => {
    const world = new World();
    const config = world.config({ fillTimeoutSeconds: 2 });
    const [here, there] = [await world.isolate("here"), await world.isolate("there")];
    const [origin, url] = [new Origin(), freshUrl()];
    const leading = origin.get(here, config, url);
    const first = await origin.nth(1);
    world.surroundings.advance(3);
    first.answer("one");
    expect(await bodies([leading])).toEqual(["one"]);
    await world.surroundings.settle();
    expect(await bodies([origin.get(there, config, url)])).toEqual(["one"]);
    expect(origin.asked).toHaveLength(1);
  });
});
