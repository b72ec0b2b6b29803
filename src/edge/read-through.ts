import type { MissReason } from "../../schema/events.ts";
import type { Key } from "../../schema/key.ts";
import type { CacheConfig, StoreOptions } from "../../schema/options.ts";
import type { CacheEngine, Demand, Lookup } from "../../schema/rpc.ts";
import type { Version } from "../../schema/version.ts";
import { addCacheStatus } from "../http/cache-status.ts";
import { invalidationBy } from "../http/invalidation.ts";
import { respond } from "./respond.ts";
import type { Surroundings } from "./surroundings.ts";

/** A refresh that has not ended after this long no longer keeps another from starting. */
const REFRESH_DUE_MS = 30_000;

/** How a response is got when the cache has none, and how it is then kept. */
export interface Source {
  /** Asks the origin. May throw. */
  load(): Promise<Response>;
  /** What goes with a response that is kept; asked before its body is read. */
  storeOptions(response: Response): Omit<StoreOptions, "asOf">;
}

/**
 * Answers requests from a cache, and from their source when it has nothing: the one path that `wrap` and the gateway
 * share. The version known before the source was asked goes with every response that is kept, so that a purge made
 * meanwhile wins (the fence).
 */
export class ReadThrough {
  readonly #engine: CacheEngine;
  readonly #surroundings: Surroundings;
  /** When this isolate began to refresh a key: marks, not promises, so a request that dies holds nobody up for long. */
  readonly #refreshing = new Map<Key, number>();

  constructor(engine: CacheEngine, surroundings: Surroundings) {
    this.#engine = engine;
    this.#surroundings = surroundings;
  }

  async answer(config: CacheConfig, request: Request, source: Source, demand?: Demand): Promise<Response> {
    const found = await this.#engine.lookup(config, request, demand);
    if (found.outcome === "hit") {
      if (found.state === "stale") this.#refreshBehind(config, request, source, found);
      return found.response;
    }
    if (found.fallback === undefined) return this.#fill(config, request, source, found);
    await found.fallback.body?.cancel();
    return this.#fillOrFallBack(config, request, source, found, demand);
  }

  async #fill(config: CacheConfig, request: Request, source: Source, miss: Miss): Promise<Response> {
    const loaded = await source.load();
    await this.#invalidate(config, request, loaded);
    return this.#keep(config, request, source, miss, loaded);
  }

  /**
   * Waited for, so that whoever made a change never reads what was before it. Should the object not answer, the change
   * has been made all the same, and its answer is not to be lost.
   */
  async #invalidate(config: CacheConfig, request: Request, response: Response): Promise<void> {
    const invalid = invalidationBy(request, response);
    if (invalid === undefined) return;
    try {
      await this.#engine.invalidate(config, { urls: [...invalid.urls], tags: [...invalid.tags] });
    } catch (error) {
      console.error("larder: what a request has changed could not be made invalid", error);
    }
  }

  /**
   * RFC 5861 section 4: an error, or a status of 500, 502, 503 or 504, is answered by the stale entry. That is looked up
   * anew, for it may have been purged while the origin took its time to fail.
   */
  async #fillOrFallBack(
    config: CacheConfig,
    request: Request,
    source: Source,
    miss: Miss,
    demand: Demand | undefined,
  ): Promise<Response> {
    const loaded = await settled(source.load());
    if ("value" in loaded && !FAILURES.has(loaded.value.status)) {
      return this.#keep(config, request, source, miss, loaded.value);
    }
    const found = await this.#engine.lookup(config, request, { ...demand, again: true });
    const standIn = found.outcome === "hit" ? found.response : found.fallback;
    if ("value" in loaded) {
      if (standIn === undefined) return this.#keep(config, request, source, miss, loaded.value);
      await loaded.value.body?.cancel();
      return standIn;
    }
    if (standIn === undefined) throw loaded.error;
    return standIn;
  }

  /** Gives the response to its caller and to the cache at once. */
  #keep(config: CacheConfig, request: Request, source: Source, miss: Miss, loaded: Response): Response {
    // A switch of protocols has no body to keep, and its socket cannot be copied.
    if (loaded.webSocket != null) return loaded;
    const copy = loaded.clone();
    const options = { ...source.storeOptions(copy), asOf: miss.asOf };
    this.#surroundings.waitUntil(this.#store(config, request, copy, options));
    const whole = new Response(loaded.body, loaded);
    addCacheStatus(whole.headers, { outcome: "forwarded", reason: forwardReason(miss.reason), status: loaded.status });
    return respond(request, whole);
  }

  async #store(config: CacheConfig, request: Request, response: Response, options: StoreOptions): Promise<void> {
    try {
      await this.#engine.store(config, request, response, options);
    } catch (error) {
      console.error("larder: a response was served but could not be stored", error);
    }
  }

  #refreshBehind(config: CacheConfig, request: Request, source: Source, { key, asOf }: StaleHit): void {
    const nowMs = this.#surroundings.nowMs();
    const since = this.#refreshing.get(key);
    if (since !== undefined && nowMs - since < REFRESH_DUE_MS) return;
    this.#refreshing.set(key, nowMs);
    this.#surroundings.waitUntil(
      this.#refresh(config, request, source, asOf).finally(() => {
        if (this.#refreshing.get(key) === nowMs) this.#refreshing.delete(key);
      }),
    );
  }

  async #refresh(config: CacheConfig, request: Request, source: Source, asOf: Version): Promise<void> {
    try {
      const loaded = await source.load();
      await this.#engine.store(config, request, loaded, { ...source.storeOptions(loaded), asOf });
    } catch (error) {
      console.error("larder: a stale entry could not be refreshed", error);
    }
  }
}

/** Statuses for which a stale response stands in (RFC 5861 section 4). */
const FAILURES: ReadonlySet<number> = new Set([500, 502, 503, 504]);

async function settled<T>(work: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
  try {
    return { value: await work };
  } catch (error) {
    return { error };
  }
}

type Miss = Extract<Lookup, { outcome: "miss" }>;
type StaleHit = Extract<Lookup, { state: "stale" }>;

/** The reason in RFC 9211 section 2.2's words. */
function forwardReason(reason: MissReason): "uri-miss" | "stale" | "bypass" | "method" | "miss" {
  switch (reason) {
    case "absent":
      return "uri-miss";
    case "expired":
    case "purged":
      return "stale";
    case "bypass":
    case "too-long":
    case "unreachable":
      return "bypass";
    case "method":
      return "method";
    case "unknown":
      return "miss";
  }
}
