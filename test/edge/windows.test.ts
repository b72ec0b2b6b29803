import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { Tag } from "../../schema/names.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { freshUrl } from "../support/fresh.ts";
import type { Isolate } from "../support/world.ts";
import { World } from "../support/world.ts";

/** More purges than a view holds, of things that are not cached. */
async function overrun(world: World): Promise<void> {
  const stub = env.NAMESPACES.getByName(world.namespace);
  await runInDurableObject(stub, (_, state) => {
    const [{ last } = { last: 0 }] = state.storage.sql.exec<{ last: number }>(
      "SELECT COALESCE(MAX(seq), 0) AS last FROM purges",
    );
    state.storage.sql.exec(
      `WITH RECURSIVE n (seq) AS (SELECT ? UNION ALL SELECT seq + 1 FROM n WHERE seq < ?)
       INSERT INTO purges (seq, at_ms, mode, selectors, by, purged)
       SELECT seq, ?, 'hard', '[{"tags":["other:' || seq || '"]}]', 'test', 0 FROM n`,
      last + 1,
      last + 10_001,
      Date.now(),
    );
  });
  await world.restartObject();
}

async function seen(isolate: Isolate, config: CacheConfig, request: Request): Promise<string> {
  const found = await isolate.edge.lookup(config, request, { consistency: "strong" });
  await isolate.surroundings.settle();
  return found.outcome === "hit" ? `${found.state}: ${await found.response.text()}` : found.reason;
}

it("an entry older than the window is asked about once, and then known", async () => {
  const world = new World();
  const config = world.config();
  const here = await world.isolate();
  const request = new Request(freshUrl());
  await here.edge.store(config, request, new Response("kept"), { tags: ["t" as Tag] });
  await overrun(world);
  const fresh = await world.isolate();
  expect(await seen(fresh, config, request)).toBe("fresh: kept");
  expect(fresh.link.calls).toEqual(["sync", "judge"]);
  expect(await seen(fresh, config, request)).toBe("fresh: kept");
  expect(fresh.link.calls).toEqual(["sync", "judge", "sync"]);
});

it("a body that lies apart survives being asked about", async () => {
  const world = new World();
  const config = world.config();
  const here = await world.isolate();
  const request = new Request(freshUrl());
  const body = "x".repeat(3 * 1024 * 1024);
  await here.edge.store(config, request, new Response(body), { tags: [] });
  await overrun(world);
  expect(await seen(here, config, request)).toBe(`fresh: ${body}`);
  expect(await seen(here, config, request)).toBe(`fresh: ${body}`);
});

it("a purge that has left the window still holds, and so does its being taken back", async () => {
  const world = new World();
  const config = world.config();
  const here = await world.isolate();
  const request = new Request(freshUrl());
  await here.edge.store(config, request, new Response("old"), { tags: ["t" as Tag] });
  await here.edge.purge(config, { tags: ["t"] });
  await overrun(world);
  const fresh = await world.isolate();
  expect(await seen(fresh, config, request)).toBe("purged");
  expect(await here.edge.revoke(config, 1)).toMatchObject({ restored: 1 });
  expect(await seen(fresh, config, request)).toBe("fresh: old");
});

/** An isolate whose view is current, and begins after the entry for the request was stored. */
async function newcomer() {
  const world = new World();
  const config = world.config();
  const request = new Request(freshUrl());
  await (await world.isolate()).edge.store(config, request, new Response("x"), { tags: [] });
  await overrun(world);
  const isolate = await world.isolate();
  await isolate.edge.lookup(config, new Request(freshUrl()));
  return { world, isolate, lookup: () => isolate.edge.lookup(config, request) };
}

it("an entry that cannot be asked about is not served", async () => {
  const { isolate, lookup } = await newcomer();
  isolate.link.state = "down";
  expect(await lookup()).toMatchObject({ outcome: "miss", reason: "unknown" });
});

it("an object that hangs does not keep a hit on an old entry waiting", async () => {
  const { world, isolate, lookup } = await newcomer();
  isolate.link.state = "hanging";
  const asking = lookup();
  await expect.poll(() => isolate.link.calls).toContain("judge");
  world.surroundings.advance(3);
  expect(await asking).toMatchObject({ outcome: "miss", reason: "unknown" });
});
