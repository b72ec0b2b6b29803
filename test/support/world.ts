import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { Namespace } from "../../schema/names.ts";
import type { CacheConfig, CacheOptions } from "../../schema/options.ts";
import { CacheOptionsSchema } from "../../schema/options.ts";
import type { NamespaceRpc } from "../../schema/rpc.ts";
import type { CacheStats } from "../../schema/stats.ts";
import { parse } from "../../schema/validate.ts";
import type { Version } from "../../schema/version.ts";
import { Edge } from "../../src/edge/edge.ts";
import { ReadThrough } from "../../src/edge/read-through.ts";
import type { Surroundings } from "../../src/edge/surroundings.ts";
import { freshNamespace } from "./fresh.ts";

/**
 * A clock that stands still until it is moved, with the waits and the background work that hang on it. It is the
 * namespace object's clock too, but for its timers.
 */
export class FakeSurroundings implements Surroundings {
  // Far enough ahead that no alarm set by this clock falls due by the real one.
  #nowMs = 1_800_000_000_000;

  constructor() {
    vi.setSystemTime(this.#nowMs);
  }

  #waits: { dueMs: number; resolve: () => void; isTimer: boolean }[] = [];
  readonly #background = new Set<Promise<unknown>>();

  nowMs(): number {
    return this.#nowMs;
  }

  /** What the next calls of `random` give, over and over. */
  chance = 0.5;

  random(): number {
    return this.chance;
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#waits.push({ dueMs: this.#nowMs + ms, resolve, isTimer: false }));
  }

  timer(ms: number, ring: () => void): () => void {
    const wait = { dueMs: this.#nowMs + ms, resolve: ring, isTimer: true };
    this.#waits.push(wait);
    return () => {
      this.#waits = this.#waits.filter((other) => other !== wait);
    };
  }

  waitUntil(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }

  /** Moves the clock, and ends the waits that are due. */
  advance(seconds: number): void {
    this.#nowMs += seconds * 1000;
    vi.setSystemTime(this.#nowMs);
    const due = this.#waits.filter((wait) => wait.dueMs <= this.#nowMs);
    this.#waits = this.#waits.filter((wait) => wait.dueMs > this.#nowMs);
    for (const wait of due) wait.resolve();
  }

  /** Waits until all background work has ended but for what waits for the clock itself. */
  async settle(): Promise<void> {
    const waiting = () => this.#waits.filter(({ isTimer }) => !isTimer).length;
    while (this.#background.size > waiting()) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** The real object of a namespace, with switches for what a network does to calls. */
export class ObjectLink {
  readonly #namespace: string;
  /** Names of the methods called, in order. */
  readonly calls: string[] = [];
  /** `deaf`: calls reach the object and do their work, but no reply comes back. */
  state: "up" | "down" | "hanging" | "deaf" = "up";

  /** What happens before a call is sent. */
  before: ((method: string, parameters: readonly unknown[]) => unknown) | undefined;
  /** What happens to its reply before that is received. */
  after: ((method: string, reply: unknown) => unknown) | undefined;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  get rpc(): NamespaceRpc {
    return new Proxy({} as NamespaceRpc, {
      get:
        (_, method: keyof NamespaceRpc) =>
        async (...parameters: unknown[]) => {
          this.calls.push(method);
          await this.before?.(method, parameters);
          if (this.state === "down") throw new Error("Network connection lost.");
          if (this.state === "hanging") return new Promise(() => undefined);
          const stub = env.NAMESPACES.getByName(this.#namespace) as unknown as Record<
            string,
            (...rest: unknown[]) => Promise<unknown>
          >;
          const reply = await stub[method]?.(...parameters);
          await this.after?.(method, reply);
          return (this.state as string) === "deaf" ? new Promise(() => undefined) : reply;
        },
    });
  }
}

/** One isolate in a data centre: an edge over that data centre's own cache and the namespace's real object. */
export interface Isolate {
  readonly edge: Edge;
  readonly readThrough: ReadThrough;
  readonly link: ObjectLink;
  readonly surroundings: FakeSurroundings;
}

/** A namespace, its data centres, and a clock they share. */
export class World {
  readonly namespace = freshNamespace();
  readonly surroundings = new FakeSurroundings();

  config(options: Partial<CacheOptions> = {}): CacheConfig {
    return parse(CacheOptionsSchema, { name: "pages", namespace: this.namespace, ttlSeconds: 60, ...options });
  }

  /** What is counted of all caches. */
  async stats(): Promise<CacheStats> {
    const object = env.NAMESPACES.getByName(this.namespace) as unknown as NamespaceRpc;
    return (await object.stats({}, {})).stats;
  }

  /** Ends the object's instance: the next call finds a new one over the same storage. */
  async restartObject(): Promise<void> {
    await evictDurableObject(env.NAMESPACES.getByName(this.namespace));
  }

  /** The object loses all that it has stored. */
  async emptyObject(): Promise<void> {
    const empty = (_: unknown, { storage }: DurableObjectState) => storage.deleteAll();
    await runInDurableObject(env.NAMESPACES.getByName(this.namespace), empty);
    await this.restartObject();
  }

  /** Breaks the object's instance off in the middle of whatever it does, as a crash or a new deployment would. */
  async crashObject(): Promise<void> {
    const crash = (_: unknown, state: DurableObjectState) => state.abort("crashed");
    await runInDurableObject(env.NAMESPACES.getByName(this.namespace), crash).catch(() => undefined);
  }

  /**
   * A new isolate in the data centre `name`; two of one name share a cache, unless it is given one: `caches.default` is
   * that of the data centre the object is in. Its clock may be wrong by so much.
   */
  async isolate(name = "here", given: { clockAheadSeconds?: number; cache?: Cache } = {}): Promise<Isolate> {
    const { clockAheadSeconds = 0, cache = await caches.open(`${this.namespace}:${name}`) } = given;
    const link = new ObjectLink(this.namespace);
    const { surroundings } = this;
    const own: Surroundings = {
      nowMs: () => surroundings.nowMs() + clockAheadSeconds * 1000,
      random: () => surroundings.random(),
      wait: (ms) => surroundings.wait(ms),
      timer: (ms, ring) => surroundings.timer(ms, ring),
      waitUntil: (work) => surroundings.waitUntil(work),
    };
    const edge = new Edge({ ...own, cache: () => cache, object: (_namespace: Namespace) => link.rpc });
    return { edge, readThrough: new ReadThrough(edge, own), link, surroundings };
  }
}

/** A purge that is no dry run gives a version. */
export async function versionOf(purge: Promise<object>): Promise<Version> {
  const result = await purge;
  if (!("version" in result)) throw new Error("expected a purge, not a dry run");
  return result.version as Version;
}
