import { env } from "cloudflare:workers";
import { LarderError } from "../../schema/errors.ts";
import type { Lease } from "../../schema/fills.ts";
import type { Namespace } from "../../schema/names.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { CacheEngine, CoordinatorRpc, Demand, Lookup, NamespaceRpc } from "../../schema/rpc.ts";
import { Edge } from "../edge/edge.ts";
import { ReadThrough } from "../edge/read-through.ts";
import { platform } from "../edge/surroundings.ts";

/** What a declared cache works through. One a binding and mode in an isolate, so that its caches share their views. */
export interface Engines {
  readonly engine: CacheEngine;
  readonly readThrough: ReadThrough;
}

const engines = new Map<string, Engines>();

export function enginesFor({ binding, mode }: Pick<CacheConfig, "binding" | "mode">): Engines {
  const name = `${mode}:${binding}`;
  let found = engines.get(name);
  if (found === undefined) {
    const engine = mode === "remote" ? new RemoteEngine(binding) : isolateEngine(binding);
    found = { engine, readThrough: new ReadThrough(engine, platform) };
    engines.set(name, found);
  }
  return found;
}

/** Reads the cache in this isolate, and asks the coordinator only on a miss, a put, a purge, or to stay current. */
function isolateEngine(binding: string): Edge {
  return new Edge({
    ...platform,
    cache: () => caches.default,
    object: (namespace) => objectVia(coordinator(binding), namespace),
  });
}

/** The object of `namespace`, reached through the coordinator's Worker, which checks what this binding may use. */
function objectVia(service: CoordinatorRpc, namespace: Namespace): NamespaceRpc {
  return {
    sync: (...rest) => service.sync(namespace, ...rest),
    acquire: (...rest) => service.acquire(namespace, ...rest),
    complete: (...rest) => service.complete(namespace, ...rest),
    abandon: (...rest) => service.abandon(namespace, ...rest),
    offer: (...rest) => service.offer(namespace, ...rest),
    landed: (...rest) => service.landed(namespace, ...rest),
    purge: (context, request) => service.purge(namespace, context, request),
    // Who asks is for the coordinator to say, which knows the binding.
    remove: (context, cache, key) => service.remove(namespace, context, cache, key),
    revoke: (context, seq) => service.revoke(namespace, context, seq),
    invalidate: (...rest) => service.invalidate(namespace, ...rest),
    history: (...rest) => service.history(namespace, ...rest),
    judge: (...rest) => service.judge(namespace, ...rest),
    explain: (...rest) => service.explain(namespace, ...rest),
    deployed: (...rest) => service.deployed(namespace, ...rest),
    stats: (...rest) => service.stats(namespace, ...rest),
    top: (...rest) => service.top(namespace, ...rest),
  };
}

/** Lets the coordinator's Worker read the cache: `mode: "remote"`. */
class RemoteEngine implements CacheEngine {
  readonly #binding: string;
  /** Declarations travel as JSON, which the coordinator checks once and then knows again. */
  readonly #declarations = new WeakMap<CacheConfig, string>();
  /** URLs whose responses were found to vary: asking for them by URL alone would be in vain. */
  readonly #varying = new Set<string>();

  constructor(binding: string) {
    this.#binding = binding;
  }

  lookup(config: CacheConfig, request: Request, demand?: Demand): Promise<Lookup> {
    if (isPlain(config, request, demand) && !this.#varying.has(request.url)) {
      return this.#lookupUrl(config, request, demand);
    }
    return coordinator(this.#binding).cacheLookup(this.#declaration(config), request, demand);
  }

  async #lookupUrl(config: CacheConfig, request: Request, demand: Demand | undefined): Promise<Lookup> {
    const service = coordinator(this.#binding);
    const declaration = this.#declaration(config);
    const found = await service.cacheLookupUrl(declaration, request.url, demand);
    if (found instanceof Response) return { outcome: "hit", state: "fresh", response: found };
    if (found !== null) return found;
    if (this.#varying.size >= MOST_VARYING) this.#varying.clear();
    this.#varying.add(request.url);
    return service.cacheLookup(declaration, request, demand);
  }

  refresh(config: CacheConfig, ...rest: Rest<CacheEngine["refresh"]>) {
    return coordinator(this.#binding).cacheRefresh(this.#declaration(config), ...rest);
  }

  abandon(config: CacheConfig, lease: Lease) {
    return coordinator(this.#binding).cacheAbandon(this.#declaration(config), lease);
  }

  store(config: CacheConfig, ...rest: Rest<CacheEngine["store"]>) {
    return coordinator(this.#binding).cacheStore(this.#declaration(config), ...rest);
  }

  remove(config: CacheConfig, ...rest: Rest<CacheEngine["remove"]>) {
    return coordinator(this.#binding).cacheRemove(this.#declaration(config), ...rest);
  }

  purge(config: CacheConfig, ...rest: Rest<CacheEngine["purge"]>) {
    return coordinator(this.#binding).cachePurge(this.#declaration(config), ...rest);
  }

  revoke(config: CacheConfig, seq: number) {
    return coordinator(this.#binding).cacheRevoke(this.#declaration(config), seq);
  }

  invalidate(config: CacheConfig, ...rest: Rest<CacheEngine["invalidate"]>) {
    return coordinator(this.#binding).cacheInvalidate(this.#declaration(config), ...rest);
  }

  history(config: CacheConfig, ...rest: Rest<CacheEngine["history"]>) {
    return coordinator(this.#binding).cacheHistory(this.#declaration(config), ...rest);
  }

  stats(config: CacheConfig, ...rest: Rest<CacheEngine["stats"]>) {
    return coordinator(this.#binding).cacheStats(this.#declaration(config), ...rest);
  }

  top(config: CacheConfig, ...rest: Rest<CacheEngine["top"]>) {
    return coordinator(this.#binding).cacheTop(this.#declaration(config), ...rest);
  }

  failed(config: CacheConfig, ...rest: Rest<CacheEngine["failed"]>) {
    const counted = coordinator(this.#binding).cacheFailed(this.#declaration(config), ...rest);
    platform.waitUntil(counted.catch(() => undefined));
  }

  explain(config: CacheConfig, ...rest: Rest<CacheEngine["explain"]>) {
    return coordinator(this.#binding).cacheExplain(this.#declaration(config), ...rest);
  }

  #declaration(config: CacheConfig): string {
    let text = this.#declarations.get(config);
    if (text === undefined) {
      text = JSON.stringify(config);
      this.#declarations.set(config, text);
    }
    return text;
  }
}

const MOST_VARYING = 1000;

/** Whether nothing of the request but its URL can matter, unless the response varies. */
function isPlain(config: CacheConfig, { method, headers }: Request, demand: Demand | undefined): boolean {
  const isUndemanding = Object.keys(demand ?? {}).every((name) => name === "coalesce");
  if (!isUndemanding || method !== "GET") return false;
  if (config.rules.length > 0 || config.vary.length > 0 || config.key !== undefined) return false;
  return !MATTERING.some((name) => headers.has(name));
}

/** Request fields that Larder itself acts on. */
const MATTERING = ["range", "if-none-match", "if-modified-since", "cache-control", "authorization", "upgrade"];

type Rest<Method> = Method extends (config: CacheConfig, ...rest: infer Parameters) => unknown ? Parameters : never;

function coordinator(binding: string): CoordinatorRpc {
  const service = (env as unknown as Record<string, CoordinatorRpc | undefined>)[binding];
  if (service === undefined) {
    throw new LarderError(
      "not-bound",
      `binding: this Worker has no service binding named "${binding}"; add one to the coordinator to its Wrangler configuration, or name the one it has in the cache's \`binding\` option`,
      { field: "binding" },
    );
  }
  return service;
}
