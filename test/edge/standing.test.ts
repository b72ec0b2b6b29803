import { expect, it } from "vitest";
import type { Namespace } from "../../schema/names.ts";
import { versionOf, World } from "../support/world.ts";

it("what a hit would be judged by is as new as a hit needs it, and says where it no longer is", async () => {
  const world = new World();
  const config = world.config();
  const namespace = world.namespace as Namespace;
  const [isolate, other] = [await world.isolate("here"), await world.isolate("there")];
  const first = await isolate.edge.standing(namespace);
  expect(first).toMatchObject({ state: "confirmed", confirmedSecondsAgo: 0, boundSeconds: 5 });

  const version = await versionOf(other.edge.purge(config, { cache: config.name, everything: true }));
  world.surroundings.advance(6);
  expect(await isolate.edge.standing(namespace)).toMatchObject({ state: "confirmed", version, confirmedSecondsAgo: 0 });

  isolate.link.state = "down";
  world.surroundings.advance(20);
  expect(await isolate.edge.standing(namespace)).toMatchObject({
    state: "unconfirmed",
    version,
    confirmedSecondsAgo: 20,
  });
  world.surroundings.advance(60);
  expect(await isolate.edge.standing(namespace)).toEqual({ state: "unreachable" });
});

it("there is nothing to judge by where the object has never answered", async () => {
  const world = new World();
  const isolate = await world.isolate();
  isolate.link.state = "down";
  expect(await isolate.edge.standing(world.namespace as Namespace)).toEqual({ state: "unreachable" });
});
