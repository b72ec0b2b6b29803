import { env } from "cloudflare:workers";
import { LarderError } from "../../schema/errors.ts";
import type { Namespace } from "../../schema/names.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { CacheEngine, CoordinatorRpc, NamespaceRpc } from "../../schema/rpc.ts";
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
    complete: (...rest) => service.complete(namespace, ...rest),
    purge: (...rest) => service.purge(namespace, ...rest),
    remove: (...rest) => service.remove(namespace, ...rest),
    stats: (...rest) => service.stats(namespace, ...rest),
  };
}

/** Lets the coordinator's Worker read the cache: `mode: "remote"`. */
class RemoteEngine implements CacheEngine {
  readonly #binding: string;
  /** Declarations travel as JSON, which the coordinator checks once and then knows again. */
  readonly #declarations = new WeakMap<CacheConfig, string>();

  constructor(binding: string) {
    this.#binding = binding;
  }

  lookup(config: CacheConfig, ...rest: Rest<CacheEngine["lookup"]>) {
    return coordinator(this.#binding).cacheLookup(this.#declaration(config), ...rest);
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

  stats(config: CacheConfig) {
    return coordinator(this.#binding).cacheStats(this.#declaration(config));
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
