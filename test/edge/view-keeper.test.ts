import { expect, it } from "vitest";
import type { Demand } from "../../schema/rpc.ts";
import { ViewKeeper } from "../../src/edge/view-keeper.ts";
import { ObjectLink, versionOf, World } from "../support/world.ts";

const BOUNDS = {
  purgeLagSeconds: 4,
  whenViewExpired: "wait",
  whenUnreachable: "serve",
  unreachableGraceSeconds: 10,
} as const;

function keeperIn(world: World): { keeper: ViewKeeper; link: ObjectLink; ask: (demand?: Demand) => Promise<string> } {
  const link = new ObjectLink(world.namespace);
  const keeper = new ViewKeeper(() => link.rpc, world.surroundings);
  return { keeper, link, ask: async (demand) => (await keeper.atHand(BOUNDS, demand)).kind };
}

const CACHE = { name: "pages" as never, purgeLagSeconds: 4 };
const ENTRY = { key: "k" as never, tags: [], bytes: 10 };

it("asks the object once, and then not before half the bound has passed", async () => {
  const world = new World();
  const { link, ask } = keeperIn(world);
  expect(await ask()).toBe("confirmed");
  world.surroundings.advance(2);
  expect(await ask()).toBe("confirmed");
  expect(link.calls).toEqual(["sync"]);
});

it("renews the view behind the caller's back in the second half of the bound", async () => {
  const world = new World();
  const { link, ask } = keeperIn(world);
  await ask();
  world.surroundings.advance(2.001);
  expect(await ask()).toBe("confirmed");
  await world.surroundings.settle();
  expect(link.calls).toEqual(["sync", "sync"]);
  world.surroundings.advance(2);
  link.state = "down";
  expect(await ask()).toBe("confirmed");
  expect(link.calls).toHaveLength(2);
});

it("serves on an expired view, and says so, where that is preferred to waiting", async () => {
  const world = new World();
  const { link, keeper, ask } = keeperIn(world);
  const bounds = { ...BOUNDS, whenViewExpired: "serve" } as const;
  await ask();
  world.surroundings.advance(3600);
  expect((await keeper.atHand(bounds)).kind).toBe("unconfirmed");
  await world.surroundings.settle();
  expect(link.calls).toEqual(["sync", "sync"]);
  expect((await keeper.atHand(bounds)).kind).toBe("confirmed");
});

it("asks once for all who wait for an expired view", async () => {
  const world = new World();
  const { link, ask } = keeperIn(world);
  await ask();
  world.surroundings.advance(5);
  expect(await Promise.all([ask(), ask(), ask()])).toEqual(["confirmed", "confirmed", "confirmed"]);
  expect(link.calls).toHaveLength(2);
});

it("gives up on an object that hangs, and asks again afterwards", async () => {
  const world = new World();
  const { link, ask } = keeperIn(world);
  await ask();
  world.surroundings.advance(5);
  link.state = "hanging";
  const waiting = [ask(), ask()];
  await Promise.resolve();
  world.surroundings.advance(3);
  expect(await Promise.all(waiting)).toEqual(["unconfirmed", "unconfirmed"]);
  link.state = "up";
  world.surroundings.advance(1);
  expect(await ask()).toBe("confirmed");
});

it("does not try an unreachable object again for every hit", async () => {
  const world = new World();
  const { link, ask } = keeperIn(world);
  await ask();
  link.state = "down";
  world.surroundings.advance(5);
  expect([await ask(), await ask(), await ask()]).toEqual(["unconfirmed", "unconfirmed", "unconfirmed"]);
  expect(link.calls).toHaveLength(2);
});

it("serves nothing on a view it never had", async () => {
  const world = new World();
  const { link, ask } = keeperIn(world);
  link.state = "down";
  expect(await ask()).toBe("unreachable");
});

it("does not take an answer that was longer on its way than the bound for a confirmation", async () => {
  const world = new World();
  const { link, keeper } = keeperIn(world);
  const bounds = { ...BOUNDS, purgeLagSeconds: 2, whenUnreachable: "bypass" } as const;
  const slow = keeper.atHand(bounds);
  world.surroundings.advance(2.5);
  expect((await slow).kind).toBe("unreachable");
  expect(link.calls).toEqual(["sync"]);
});

it("asks only when it must for a caller who holds a version", async () => {
  const world = new World();
  const [one, other] = [keeperIn(world), keeperIn(world)];
  await one.ask();
  const version = await versionOf(
    other.keeper.call((object, context) => object.purge(context, { everything: true }, "test")),
  );
  expect(await one.ask({ atLeast: version })).toBe("confirmed");
  expect(one.keeper.view?.head).toBe(1);
  expect(await one.ask({ atLeast: version })).toBe("confirmed");
  expect(one.link.calls).toEqual(["sync", "sync"]);
});

it("asks twice at most for a version nobody was given", async () => {
  const world = new World();
  const { link, ask, keeper } = keeperIn(world);
  await ask();
  const bogus = `${keeper.view?.epoch}-999` as never;
  expect(await Promise.all([ask({ atLeast: bogus }), ask({ atLeast: bogus })])).toEqual(["confirmed", "confirmed"]);
  expect(link.calls.length).toBeLessThanOrEqual(3);
});

it("hands its counts over by itself after a burst that nothing follows", async () => {
  const world = new World();
  const { link, keeper, ask } = keeperIn(world);
  await ask();
  for (let i = 0; i < 5; i += 1) keeper.count(CACHE, undefined, { type: "hit", state: "fresh", entry: ENTRY });
  world.surroundings.advance(2);
  await world.surroundings.settle();
  expect(link.calls).toEqual(["sync", "sync"]);
  const { stats } = await keeper.call((object, context) => object.stats(context, { cache: "pages" }));
  expect(stats.hits).toBe(5);
});

it("counts nothing twice when the call that carried the counts failed", async () => {
  const world = new World();
  const { link, keeper, ask } = keeperIn(world);
  keeper.count(CACHE, undefined, { type: "hit", state: "fresh", entry: ENTRY });
  link.state = "down";
  await ask();
  keeper.count(CACHE, undefined, { type: "hit", state: "stale", entry: ENTRY });
  link.state = "up";
  await keeper.call((object, context) => object.sync(context));
  const { stats } = await keeper.call((object, context) => object.stats(context, { cache: "pages" }));
  expect(stats.hits).toBe(2);
});
