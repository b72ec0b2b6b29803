import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { CacheName } from "../../schema/names.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { CacheEngine, NamespaceRpc } from "../../schema/rpc.ts";
import { parseVersion } from "../../schema/version.ts";
import type { Delay } from "../../scripts/simulate/isolate.ts";
import { seeded } from "../../scripts/simulate/random.ts";
import { arrivals } from "../../scripts/simulate/traffic.ts";
import type { Arrival } from "../../scripts/simulate/world.ts";
import { World as Simulation } from "../../scripts/simulate/world.ts";
import { Edge } from "../../src/edge/edge.ts";
import { ReadThrough } from "../../src/edge/read-through.ts";
import { freshUrl } from "../support/fresh.ts";
import { statsOf } from "../support/namespace-object.ts";
import { FakeSurroundings, World } from "../support/world.ts";

const SIZE = { dataCentres: 3, isolates: 2 };
/** Time goes in steps, and everything that takes time takes whole steps: so nothing hangs on the order within one. */
const STEP_MS = 100;
const SECONDS = 30;

interface Point {
  readonly lagSeconds: number;
  readonly ttlSeconds: number;
  readonly originMs: number;
  readonly delay: Delay;
  readonly traffic: { requestsPerSecond: number; purgesPerSecond: number; keys: number; zipf: number };
}

/** What both can count. */
interface Counted {
  readonly calls: Readonly<Record<"sync" | "complete" | "purge", number>>;
  readonly misses: Readonly<Record<"absent" | "purged" | "expired", number>>;
  readonly hits: number;
  readonly refusals: number;
  /** Hits on what had been purged already, and the longest time that it had been. */
  readonly lateHits: number;
  readonly worstMs: number;
}

const busy = { requestsPerSecond: 12, purgesPerSecond: 1, keys: 8, zipf: 0.9 };

it.each<[string, Point]>([
  [
    "the least lag, a near object",
    { lagSeconds: 2, ttlSeconds: 15, originMs: 100, delay: { outMs: 0, backMs: 0 }, traffic: busy },
  ],
  [
    "the usual lag, a far object, a slow origin and many purges",
    {
      lagSeconds: 5,
      ttlSeconds: 15,
      originMs: 400,
      delay: { outMs: 200, backMs: 300 },
      traffic: { ...busy, purgesPerSecond: 2, keys: 6 },
    },
  ],
  [
    "a long lag and little traffic, so that views expire",
    {
      lagSeconds: 6,
      ttlSeconds: 10,
      originMs: 300,
      delay: { outMs: 100, backMs: 100 },
      traffic: { ...busy, requestsPerSecond: 2 },
    },
  ],
])(
  "the simulation counts what the engine counts: %s",
  async (_, point) => {
    const trace = traceOf(point);
    const simulated = simulate(point, trace);
    expect(await replay(point, trace)).toEqual(simulated);
    // None of the rules that are compared went unused.
    expect(simulated.calls.sync).toBeGreaterThan(5);
    expect(simulated.hits).toBeGreaterThan(10);
    expect(simulated.lateHits).toBeGreaterThan(0);
    expect(simulated.worstMs).toBeLessThanOrEqual(point.lagSeconds * 1000);
    expect(Math.min(...Object.values(simulated.misses))).toBeGreaterThan(0);
  },
  30_000,
);

/** At most one arrival a step. */
function traceOf({ traffic }: Point): Arrival[] {
  const steps = new Map<number, Arrival>();
  for (const arrival of arrivals(SIZE, traffic, SECONDS * 1000, seeded(7))) {
    const atMs = Math.ceil(arrival.atMs / STEP_MS) * STEP_MS;
    if (!steps.has(atMs)) steps.set(atMs, { ...arrival, atMs });
  }
  return [...steps.values()];
}

const IDLE_MS = 12_000;
const END_MS = SECONDS * 1000 + IDLE_MS;

function simulate({ lagSeconds, ttlSeconds, originMs, delay }: Point, trace: readonly Arrival[]): Counted {
  const setting = { lagMs: lagSeconds * 1000, ttlMs: ttlSeconds * 1000, originMs };
  const world = new Simulation(SIZE, setting, () => delay);
  world.run(trace, END_MS);
  const { calls, misses, hits, refusals, lateHits, lagsMs } = world.tally;
  return { calls, misses, hits, refusals, lateHits, worstMs: Math.max(0, ...lagsMs.values()) };
}

/** The same arrivals at real edges with the real object, which is as far away as in the simulation. */
async function replay(point: Point, trace: readonly Arrival[]): Promise<Counted> {
  const world = new World();
  const { namespace } = world;
  const config = world.config({
    ttlSeconds: point.ttlSeconds,
    purgeLagSeconds: point.lagSeconds,
    coalesce: false,
    shieldMaxBytes: 0,
  });
  const run = new Replay(point, config);
  const isolates = await Promise.all(
    Array.from({ length: SIZE.dataCentres }, async (_, dataCentre) => {
      const cache = await caches.open(`${namespace}:${dataCentre}`);
      const asOf = new Map<string, number>();
      return Array.from({ length: SIZE.isolates }, () => run.isolate(cache, asOf));
    }),
  );
  const site = freshUrl();
  for (let atMs = 0, next = 0; atMs <= END_MS; atMs += STEP_MS) {
    await run.quiet();
    const arrival = trace[next];
    if (arrival?.atMs === atMs) {
      next += 1;
      const here = isolates[arrival.dataCentre]?.[arrival.isolate];
      const url = `${site}${arrival.key}`;
      if (arrival.kind === "request") here?.request(url);
      else here?.purge(url);
      await run.quiet();
    }
    run.surroundings.advance(STEP_MS / 1000);
  }
  await run.quiet();
  const { hits, misses } = await statsOf(env.NAMESPACES.getByName(namespace) as unknown as NamespaceRpc);
  expect({ hits, misses: run.misses.absent + run.misses.purged + run.misses.expired }).toEqual({ hits, misses });
  const { calls, refusals, lateHits, worstMs } = run;
  return { calls, misses: run.misses, hits, refusals, lateHits, worstMs };
}

class Replay {
  readonly surroundings = new FakeSurroundings();
  readonly calls = { sync: 0, complete: 0, purge: 0 };
  readonly misses = { absent: 0, purged: 0, expired: 0 };
  refusals = 0;
  lateHits = 0;
  worstMs = 0;
  /** Of each record of the log, what it purged and when it was logged. */
  readonly #purges: { readonly url: string; readonly atMs: number }[] = [];
  readonly #point: Point;
  readonly #config: CacheConfig;
  /** Work that is not waiting for the clock: that must end before the clock may go on. */
  #working = 0;

  constructor(point: Point, config: CacheConfig) {
    this.#point = point;
    this.#config = config;
  }

  /** @param asOf by URL, of what lies in the data centre's cache, which its isolates share */
  isolate(cache: Cache, asOf: Map<string, number>) {
    const edge = new Edge({
      nowMs: () => this.surroundings.nowMs(),
      wait: (ms) => this.surroundings.wait(ms),
      timer: (ms, ring) => this.surroundings.timer(ms, ring),
      random: () => 0.5,
      waitUntil: (work) => this.surroundings.waitUntil(work),
      cache: () => this.#watched(cache),
      object: () => this.#object(),
    });
    const readThrough = new ReadThrough(this.#counting(edge, asOf), this.surroundings);
    const source = {
      load: async () => {
        await this.#passes(this.#point.originMs);
        return new Response("page");
      },
      storeOptions: () => ({ tags: [] }),
    };
    return {
      request: (url: string) => this.#background(readThrough.answer(this.#config, new Request(url), source)),
      purge: (url: string) =>
        this.#background(edge.purge(this.#config, { cache: this.#config.name as CacheName, url })),
    };
  }

  /** Until nothing goes on any more but waits for the clock. */
  async quiet(): Promise<void> {
    for (let turns = 0; turns < 3; turns = this.#working === 0 ? turns + 1 : 0) {
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  }

  #background(work: Promise<unknown>): void {
    this.surroundings.waitUntil(work);
  }

  async #passes(ms: number): Promise<void> {
    if (ms > 0) await this.surroundings.wait(ms);
  }

  async #worked<Result>(work: Promise<Result>): Promise<Result> {
    this.#working += 1;
    try {
      return await work;
    } finally {
      this.#working -= 1;
    }
  }

  #watched(cache: Cache): Cache {
    return new Proxy(cache, {
      get: (target, name: "match" | "put" | "delete") => {
        const method = target[name].bind(target) as (...rest: unknown[]) => Promise<unknown>;
        return (...rest: unknown[]) => this.#worked(method(...rest));
      },
    });
  }

  #object(): NamespaceRpc {
    const { outMs, backMs } = this.#point.delay;
    const stub = env.NAMESPACES.getByName(this.#config.namespace) as unknown as Record<
      string,
      (...rest: unknown[]) => Promise<unknown>
    >;
    return new Proxy({} as NamespaceRpc, {
      get:
        (_, name: keyof Replay["calls"]) =>
        async (...parameters: unknown[]) => {
          await this.#passes(outMs);
          this.calls[name] += 1;
          if (name === "purge")
            this.#purges.push({ ...(parameters[1] as { url: string }), atMs: this.surroundings.nowMs() });
          const reply = await this.#worked(Promise.resolve(stub[name]?.(...parameters)));
          await this.#passes(backMs);
          return reply;
        },
    });
  }

  #counting(edge: Edge, asOf: Map<string, number>): CacheEngine {
    const lookup: CacheEngine["lookup"] = async (config, request, demand) => {
      const found = await edge.lookup(config, request, demand);
      if (found.outcome === "miss") this.misses[found.reason as keyof Counted["misses"]] += 1;
      else this.#noteLateness(request.url, asOf.get(request.url) ?? 0);
      return found;
    };
    const store: CacheEngine["store"] = async (config, request, response, options) => {
      asOf.set(request.url, parseVersion(options.asOf ?? "", "asOf").seq);
      const receipt = await edge.store(config, request, response, options);
      if (!receipt.stored) this.refusals += 1;
      return receipt;
    };
    return { lookup, store } as CacheEngine;
  }

  #noteLateness(url: string, asOf: number): void {
    const overlooked = this.#purges.slice(asOf).find((purge) => purge.url === url);
    if (overlooked === undefined) return;
    this.lateHits += 1;
    this.worstMs = Math.max(this.worstMs, this.surroundings.nowMs() - overlooked.atMs);
  }
}
