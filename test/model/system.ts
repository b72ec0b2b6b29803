import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { buildKey, normalizeUrl } from "../../schema/key.ts";
import type { CacheName, Namespace } from "../../schema/names.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { CacheOptionsSchema } from "../../schema/options.ts";
import type { InvalidationRequest, PurgeRequest } from "../../schema/purge-request.ts";
import type { CacheEngine, LogSlice } from "../../schema/rpc.ts";
import { parse } from "../../schema/validate.ts";
import { parseVersion } from "../../schema/version.ts";
import { Edge } from "../../src/edge/edge.ts";
import { ReadThrough } from "../../src/edge/read-through.ts";
import { freshNamespace } from "../support/fresh.ts";
import type { Execute } from "../support/model-link.ts";
import { Activity, ModelClock, objectOf, quiet, Traffic } from "../support/model-link.ts";
import { Model, selectorsIn } from "./model.ts";
import { CACHES, DATA_CENTRES, ISOLATES, PAGES } from "./program.ts";

export const LAG_SECONDS = 4;
export const GRACE_SECONDS = 10;

/** Far enough ahead that no alarm set by this clock falls due by the real one. */
const START_MS = Date.now() + 48 * 3_600_000;

export interface Isolate {
  readonly dc: number;
  readonly traffic: Traffic;
  readonly edge: Edge;
  readonly readThrough: ReadThrough;
  /** How far in the history its own purges reach: it must know them at once. */
  ownPurges: number;
  /** How far in the history it is known to be, from what it has told its callers. */
  told: number;
}

/** What a run wants to know of what its isolates do. */
export interface Witness {
  /** Called around every store, by whatever way it came. */
  storing(
    isolate: Isolate,
    response: Response,
    store: () => ReturnType<CacheEngine["store"]>,
    asOf?: string | null,
  ): ReturnType<CacheEngine["store"]>;
  /** A content is put into a data centre's cache. */
  kept(id: string): void;
}

/**
 * Three data centres of two isolates each over one real object, which writes the model's history down as it carries
 * calls out.
 */
export class System {
  readonly namespace = freshNamespace() as Namespace;
  readonly clock = new ModelClock(START_MS);
  readonly model = new Model();
  readonly activity = new Activity();
  readonly isolates: Isolate[] = [];
  /** By data centre and key: the content that was put there last. */
  readonly kept = DATA_CENTRES.map(() => new Map<string, string>());
  readonly configs: readonly CacheConfig[] = CACHES.map((name, at) =>
    parse(CacheOptionsSchema, {
      name,
      namespace: this.namespace,
      vary: ["accept-language"],
      // Who waits for whom has a model of its own: test/fills.
      coalesce: false,
      purgeLagSeconds: LAG_SECONDS,
      unreachableGraceSeconds: GRACE_SECONDS,
      whenUnreachable: at === 0 ? "serve" : "bypass",
    }),
  );
  /** Of each epoch: how long the history was before it. */
  readonly #bases = new Map<string, number>();
  #base = 0;
  #isStarted = false;
  readonly #traffics: Traffic[] = [];
  readonly #caches: readonly Cache[];
  readonly #witness: Witness;
  readonly #object: Execute = objectOf(this.namespace);

  constructor(stores: readonly Cache[], witness: Witness) {
    this.#witness = witness;
    this.#caches = stores;
    vi.setSystemTime(this.clock.nowMs);
    for (const dc of ISOLATES) this.isolates.push(this.#isolate(dc));
  }

  #isolate(dc: number): Isolate {
    const traffic = new Traffic(this.clock, this.activity, this.#execute);
    const cache = this.#watched(dc, traffic);
    const edge = new Edge({ ...traffic.surroundings, cache: () => cache, object: () => traffic.rpc });
    const engine = new Proxy(edge as CacheEngine, {
      get: (_, name: keyof CacheEngine) =>
        name === "store"
          ? (...call: Parameters<CacheEngine["store"]>) =>
              this.#witness.storing(isolate, call[2], () => edge.store(...call), call[3].asOf)
          : (edge[name] as (...rest: unknown[]) => unknown).bind(edge),
    });
    const readThrough = new ReadThrough(engine, traffic.surroundings);
    const isolate: Isolate = { dc, traffic, edge, readThrough, ownPurges: 0, told: this.model.length };
    this.#traffics.push(traffic);
    return isolate;
  }

  /** The data centre's real cache, with a note of what is put where. */
  #watched(dc: number, traffic: Traffic): Cache {
    const cache = this.#caches[dc] as Cache;
    const kept = this.kept[dc] as Map<string, string>;
    const watched = {
      match: (key: string) => traffic.counted(cache.match(key)),
      put: (key: string, response: Response) => {
        const id = response.headers.get("x-content") ?? "";
        kept.set(key, id);
        this.#witness.kept(id);
        return traffic.counted(cache.put(key, response));
      },
      delete: (key: string) => {
        kept.delete(key);
        return traffic.counted(cache.delete(key));
      },
    };
    return watched as unknown as Cache;
  }

  /** A new isolate in the place of another; what the old one has under way goes on, as its requests would. */
  restart(at: number): void {
    const old = this.isolates[at];
    if (old === undefined) return;
    const fresh = this.#isolate(old.dc);
    fresh.traffic.state = old.traffic.state;
    fresh.traffic.troubledAtMs = old.traffic.troubledAtMs;
    this.isolates[at] = fresh;
  }

  readonly #execute: Execute = async (method, parameters) => {
    this.#isStarted = true;
    const reply = (await this.#object(method, parameters)) as { log: LogSlice };
    this.#write(method, parameters);
    const { epoch, head } = reply.log;
    if (!this.#bases.has(epoch)) this.#bases.set(epoch, this.#base);
    if (this.#base + head !== this.model.length) {
      throw new Error(`the object is at ${this.#base + head} after ${method}, the model at ${this.model.length}`);
    }
    return reply;
  };

  #write(method: string, parameters: unknown[]): void {
    const { nowMs } = this.clock;
    if (method === "purge") {
      const request = parameters[1] as PurgeRequest;
      if (request.dryRun === true) return;
      const mode = request.erase === true ? "erase" : request.soft === true ? "soft" : "hard";
      this.model.purge(mode, selectorsIn(request), nowMs);
    } else if (method === "remove") {
      this.model.purge("hard", selectorsIn({ cache: parameters[1] as string, key: parameters[2] as string }), nowMs);
    } else if (method === "invalidate") {
      const { cache, urls, tags } = parameters[1] as InvalidationRequest;
      const selectors = [...urls.map((url) => ({ cache, url })), ...tags.map((tag) => ({ cache, tags: [tag] }))];
      this.model.purge("hard", selectors.flatMap(selectorsIn), nowMs, false);
    } else if (method === "revoke") {
      this.model.revoke(this.#base + (parameters[1] as number));
    }
  }

  /** Where in the history a version is. */
  positionOf(version: string): number {
    const { epoch, seq } = parseVersion(version, "version");
    return (this.#bases.get(epoch) ?? this.#base) + seq;
  }

  /** The sequence number of a purge in the present epoch; undefined for one of an earlier. */
  seqOf(position: number): number | undefined {
    return position > this.#base ? position - this.#base : undefined;
  }

  get stub() {
    return env.NAMESPACES.getByName(this.namespace);
  }

  async evict(): Promise<void> {
    // One that has not been called yet has nothing to lose.
    if (this.#isStarted) await evictDurableObject(this.stub);
    this.#isStarted = false;
  }

  async runAlarm(): Promise<void> {
    this.#isStarted = true;
    await runInDurableObject(this.stub, (instance) => instance.alarm());
  }

  /** The namespace loses its storage, as when it is deleted and made anew. */
  async empty(): Promise<void> {
    this.#isStarted = true;
    await runInDurableObject(this.stub, (_, { storage }) => storage.deleteAll());
    await this.evict();
    this.model.purge("erase", [{}], this.clock.nowMs, false);
    this.#base = this.model.length;
  }

  request(page: number): Request {
    const { url, language } = PAGES[page] ?? PAGES[0];
    return new Request(url, { headers: { "accept-language": language } });
  }

  keyOf(cache: number, page: number): string {
    const request = this.request(page);
    return buildKey({
      namespace: this.namespace,
      cache: CACHES[cache] as CacheName,
      method: "GET",
      url: normalizeUrl(request.url),
      vary: [["accept-language", request.headers.get("accept-language")]],
    });
  }

  config(cache: number): CacheConfig {
    return this.configs[cache] as CacheConfig;
  }

  /** Moves the clock, and lets happen what follows. */
  async advance(seconds: number): Promise<void> {
    for (const { traffic } of this.isolates) {
      if (traffic.inTrouble) traffic.troubledAtMs = this.clock.nowMs + seconds * 1000;
    }
    this.clock.advance(seconds);
    vi.setSystemTime(this.clock.nowMs);
    await this.quiet();
  }

  quiet(): Promise<void> {
    return quiet(this.activity, this.#traffics);
  }

  /** All calls that are held up, oldest first, whoever made them. */
  get held() {
    return this.#traffics.flatMap(({ held }) => held);
  }

  /** Every link works again and what was held up has come through. */
  async mend(): Promise<void> {
    for (const traffic of this.#traffics) {
      if (traffic.inTrouble) traffic.troubledAtMs = this.clock.nowMs;
      traffic.state = "up";
    }
    for (const call of this.held) call.go();
    await this.quiet();
  }
}
