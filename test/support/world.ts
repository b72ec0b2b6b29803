import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Namespace } from "../../schema/names.ts";
import type { CacheConfig, CacheOptions } from "../../schema/options.ts";
import { CacheOptionsSchema } from "../../schema/options.ts";
import type { NamespaceRpc } from "../../schema/rpc.ts";
import { parse } from "../../schema/validate.ts";
import type { Version } from "../../schema/version.ts";
import { Edge } from "../../src/edge/edge.ts";
import { ReadThrough } from "../../src/edge/read-through.ts";
import type { Surroundings } from "../../src/edge/surroundings.ts";
import { freshNamespace } from "./fresh.ts";

/** A clock that stands still until it is moved, with the waits and the background work that hang on it. */
export class FakeSurroundings implements Surroundings {
  #nowMs = 1_800_000_000_000;
  #waits: { dueMs: number; resolve: () => void }[] = [];
  readonly #background = new Set<Promise<unknown>>();

  nowMs(): number {
    return this.#nowMs;
  }

  wait(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wait = { dueMs: this.#nowMs + ms, resolve };
      this.#waits.push(wait);
      signal?.addEventListener("abort", () => {
        this.#waits = this.#waits.filter((other) => other !== wait);
        reject(new Error("aborted"));
      });
    });
  }

  waitUntil(work: Promise<unknown>): void {
    const tracked = work.finally(() => this.#background.delete(tracked));
    this.#background.add(tracked);
  }

  /** Moves the clock, and ends the waits that are due. */
  advance(seconds: number): void {
    this.#nowMs += seconds * 1000;
    const due = this.#waits.filter((wait) => wait.dueMs <= this.#nowMs);
    this.#waits = this.#waits.filter((wait) => wait.dueMs > this.#nowMs);
    for (const wait of due) wait.resolve();
  }

  /** Waits until all background work has ended but for what waits for the clock itself. */
  async settle(): Promise<void> {
    while (this.#background.size > this.#waits.length) await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** The real object of a namespace, with switches for what a network does to calls. */
export class ObjectLink {
  readonly #namespace: string;
  /** Names of the methods called, in order. */
  readonly calls: string[] = [];
  state: "up" | "down" | "hanging" = "up";

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  get rpc(): NamespaceRpc {
    return new Proxy({} as NamespaceRpc, {
      get:
        (_, method: keyof NamespaceRpc) =>
        async (...parameters: unknown[]) => {
          this.calls.push(method);
          if (this.state === "down") throw new Error("Network connection lost.");
          if (this.state === "hanging") return new Promise(() => undefined);
          const stub = env.NAMESPACES.getByName(this.#namespace) as unknown as Record<
            string,
            (...rest: unknown[]) => Promise<unknown>
          >;
          return stub[method]?.(...parameters);
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

  /** Ends the object's instance: the next call finds a new one over the same storage. */
  async restartObject(): Promise<void> {
    await evictDurableObject(env.NAMESPACES.getByName(this.namespace));
  }

  /** A new isolate in the data centre `name`; two of one name share a cache. */
  async isolate(name = "here"): Promise<Isolate> {
    const cache = await caches.open(`${this.namespace}:${name}`);
    const link = new ObjectLink(this.namespace);
    const { surroundings } = this;
    const edge = new Edge({
      nowMs: () => surroundings.nowMs(),
      wait: (ms, signal) => surroundings.wait(ms, signal),
      waitUntil: (work) => surroundings.waitUntil(work),
      cache: () => cache,
      object: (_namespace: Namespace) => link.rpc,
    });
    return { edge, readThrough: new ReadThrough(edge, surroundings), link, surroundings };
  }
}

/** A purge that is no dry run gives a version. */
export async function versionOf(purge: Promise<object>): Promise<Version> {
  const result = await purge;
  if (!("version" in result)) throw new Error("expected a purge, not a dry run");
  return result.version as Version;
}
