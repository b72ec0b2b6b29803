import type { CacheConfig, CacheOptions } from "../../schema/options.ts";
import { CacheOptionsSchema } from "../../schema/options.ts";
import type { CheckedRouteCache } from "../../schema/route.ts";
import { parse } from "../../schema/validate.ts";
import type { Route } from "./routes.ts";
import { joined } from "./routes.ts";

/** What the routes that fit a request come to. */
export interface Plan {
  /** The declaration to keep its answers by. */
  readonly config: CacheConfig;
  readonly origin: URL;
  /** Response fields of the origin's that are taken off before anything else. */
  readonly removed: readonly string[];
  /** Response fields set on what the client gets. */
  readonly set: readonly (readonly [name: string, value: string])[];
  readonly browser: CheckedRouteCache["browser"];
  readonly edge: Exclude<CheckedRouteCache["edge"], false | undefined>;
  /** The routes, for people: `GET /p/:id`. */
  readonly routes: readonly string[];
}

/** A plan, and what the path holds for the names its routes have. */
export interface Planned {
  readonly plan: Plan;
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the plan for a request. As many plans are kept as there are ways for routes to fit together. */
export class Plans {
  readonly #routes: readonly Route[];
  readonly #origins: ReadonlyMap<string, URL>;
  readonly #defaults: CacheOptions | CacheConfig;
  readonly #fallback: URL | undefined;
  readonly #plans = new Map<string, Plan>();

  /**
   * @param defaults the cache, as it is where routes say nothing
   * @param fallback the origin of what no route sends on; without one such a request has no plan
   */
  constructor(
    routes: readonly Route[],
    origins: ReadonlyMap<string, URL>,
    defaults: CacheOptions | CacheConfig,
    fallback: URL | undefined,
  ) {
    this.#routes = routes;
    this.#origins = origins;
    this.#defaults = defaults;
    this.#fallback = fallback;
  }

  /** Undefined for what no route sends anywhere. */
  for(method: string, pathname: string): Planned | undefined {
    const fitting: number[] = [];
    let params: Record<string, string> = {};
    for (const [index, route] of this.#routes.entries()) {
      if (!isFor(route.method, method)) continue;
      const match = route.pattern.exec(pathname);
      if (match === null) continue;
      fitting.push(index);
      if (match.groups !== undefined) params = { ...params, ...match.groups };
      if (route.settings.origin !== undefined) break;
    }
    const plan = this.#plan(fitting);
    return plan === undefined ? undefined : { plan, params };
  }

  #plan(indices: readonly number[]): Plan | undefined {
    const name = indices.join();
    const known = this.#plans.get(name);
    if (known !== undefined) return known;
    const plan = this.#worked(indices.flatMap((index) => this.#routes[index] ?? []));
    if (plan !== undefined) this.#plans.set(name, plan);
    return plan;
  }

  #worked(routes: readonly Route[]): Plan | undefined {
    const named = routes.at(-1)?.settings.origin;
    const origin = named === undefined ? this.#fallback : this.#origins.get(named);
    if (origin === undefined) return undefined;
    const said = routes.reduce((cache, { settings }) => joined(cache, settings.cache), {} as CheckedRouteCache);
    const edge = said.edge === false ? {} : (said.edge ?? {});
    // A route for POST that says how long its answers are kept means them to be kept.
    const keepsPosts = routes.some(({ method }) => method === "POST") && edge.maxAgeSeconds !== undefined;
    const rule = {
      // What is counted by rule is counted by these.
      ...(routes.length === 0 ? {} : { name: routes.map(titleOf).join(", ") }),
      // With a path, so that paths which an origin may read as another's go past the cache.
      ...(this.#routes.some(({ path }) => path !== "*") ? { path: "/*" } : {}),
      ...(keepsPosts ? { methods: ["GET", "HEAD", "QUERY", "POST"] as const } : {}),
      ...(edge.bypass === undefined ? {} : { bypass: edge.bypass }),
    };
    const config = {
      ...this.#defaults,
      ...(said.edge === false ? { caching: "off" } : {}),
      ...(said.key === undefined ? {} : { key: said.key }),
      ...(edge.maxAgeSeconds === undefined ? {} : { ttlSeconds: edge.maxAgeSeconds }),
      ...picked(edge, PASSED_ON),
      rules: Object.keys(rule).length === 0 ? [] : [rule],
    };
    return {
      config: parse(CacheOptionsSchema, config),
      origin,
      removed: routes.flatMap(({ settings }) => settings.removed),
      set: routes.flatMap(({ settings }) => settings.set),
      browser: said.browser,
      edge,
      routes: routes.map(titleOf),
    };
  }
}

function titleOf({ method, path }: Route): string {
  return `${method} ${path}`;
}

/** Settings of a route that are options of a cache by the same name. */
const PASSED_ON = [
  "ttlByStatus",
  "staleWhileRevalidateSeconds",
  "staleIfErrorSeconds",
  "forcePrivateCaching",
  "cacheDeceptionArmor",
  "graphql",
  "vary",
] as const;

function picked<Fields extends object, Name extends keyof Fields>(fields: Fields, names: readonly Name[]) {
  return Object.fromEntries(names.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]]));
}

/** HEAD is answered from what GET has stored, so it is GET's routes that say how. */
function isFor(routeMethod: string, method: string): boolean {
  return routeMethod === "ALL" || routeMethod === method || (routeMethod === "GET" && method === "HEAD");
}
