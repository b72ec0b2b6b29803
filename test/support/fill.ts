import { expect } from "vitest";
import type { CacheOptions } from "../../schema/options.ts";
import { freshUrl } from "./fresh.ts";
import { attached, bodies, callsOf, Origin } from "./origin.ts";
import { World } from "./world.ts";

/** What a lease lasts in these tests, unless they say otherwise; a call to the object is given up three seconds later. */
const LEASE_SECONDS = 2;

/** Options under which there is something to stand in, once `ttlSeconds` are over. */
export const FALLBACK = { ttlSeconds: 10, staleIfErrorSeconds: 100 };

/** A key that is led from one isolate, and waited for by another of the same data centre, `near`, and one of a second, `far`. */
export async function setUpFill(options: Partial<CacheOptions> = {}) {
  const world = new World();
  const config = world.config({ fillTimeoutSeconds: LEASE_SECONDS, ...options });
  const [leader, near, far] = [await world.isolate("here"), await world.isolate("here"), await world.isolate("there")];
  const [origin, url] = [new Origin(), freshUrl()];
  const get = (isolate = leader) => origin.get(isolate, config, url);

  /** One leads, and is at the origin; then so many wait in either data centre. */
  const begin = async (each = 2) => {
    const leading = get();
    const first = await origin.nth(1);
    const waitingNear = Array.from({ length: each }, () => get(near));
    const waitingFar = Array.from({ length: each }, () => get(far));
    await attached(world, [near, far], 2 * each);
    return { leading, first, waitingNear, waitingFar, waiting: [...waitingNear, ...waitingFar] };
  };

  /** As `begin`, where both data centres have an entry that may only stand in; nobody else is at the origin. */
  const beginWithFallback = async () => {
    origin.byItself = () => "one";
    expect(await bodies([get(near), get(far)])).toEqual(["one", "one"]);
    await world.surroundings.settle();
    expect(origin.asked).toHaveLength(1);
    world.surroundings.advance(20);
    origin.byItself = undefined;
    const leading = get();
    const second = await origin.nth(2);
    const before = callsOf([near, far], "acquire");
    const waiting = [near, near, far, far].map((isolate) => get(isolate));
    await attached(world, [near, far], before + 4);
    return { leading, second, waiting };
  };

  const expireLease = () => world.surroundings.advance(config.fillTimeoutSeconds + 0.001);
  return { world, config, leader, near, far, origin, url, get, begin, beginWithFallback, expireLease };
}

/** That everyone got this. */
export async function expectAll(answers: readonly Promise<Response>[], body: string): Promise<void> {
  expect(await bodies(answers)).toEqual(answers.map(() => body));
}
