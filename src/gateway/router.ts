import { Router as IttyRouter } from "itty-router";
import { LarderError } from "../../schema/errors.ts";
import type { RouteCache } from "../../schema/route.ts";

/** What a route does with the request; given by `proxy`, and to be returned. */
export interface Proxied {
  readonly origin: string;
}

/** What a route's handler says with. It is called once, when the configuration is read, and never for a request. */
export interface RouteHelpers {
  /** How browsers and Larder keep the answers. */
  cache(settings: RouteCache): void;
  /** Sends requests to the origin of that name, and ends the search for routes. */
  proxy(origin: string): Proxied;
  /** Takes a field off what the origin answers, before anything else looks at it: `set-cookie`, for one. */
  removeUpstreamResponseHeader(name: string): void;
  /** Sets a field on what the client gets. */
  setResponseHeader(name: string, value: string): void;
}

// biome-ignore lint/suspicious/noConfusingVoidType: most handlers say something and return nothing.
export type RouteHandler = (helpers: RouteHelpers) => Proxied | void;

/** One route as it was declared. */
export interface DeclaredRoute {
  readonly method: string;
  readonly path: string;
  /** The path as itty-router reads it. */
  readonly pattern: RegExp;
  readonly handler: RouteHandler;
  /** Made where the route was declared: its stack says at which line of which file. */
  readonly declaredAt: Error;
}

/**
 * The routes of a gateway, in the order in which they are tried. Each that fits a request adds what it says to what those
 * before it said, until one proxies. Paths are itty-router's (itty.dev/itty-router/route-patterns): `/p/:id`, `/docs/*`,
 * `/files/:path+`, `/:page.html`.
 *
 * ```ts
 * export default defineConfig({
 *   origins: { shop: "https://shop.example" },
 *   router: new Router()
 *     .get("/p/:id", ({ cache, proxy }) => {
 *       cache({ edge: { maxAgeSeconds: 3600, tags: ["product:{id}"] }, browser: { maxAgeSeconds: 0 } });
 *       return proxy("shop");
 *     })
 *     .fallback(({ proxy }) => proxy("shop")),
 * });
 * ```
 */
export class Router {
  readonly #routes: DeclaredRoute[] = [];

  /** Requests of every method. */
  match(path: string, handler: RouteHandler): this {
    return this.#add("ALL", path, handler);
  }

  /** GET, and HEAD, which is answered from what GET has stored. */
  get(path: string, handler: RouteHandler): this {
    return this.#add("GET", path, handler);
  }

  head(path: string, handler: RouteHandler): this {
    return this.#add("HEAD", path, handler);
  }

  post(path: string, handler: RouteHandler): this {
    return this.#add("POST", path, handler);
  }

  put(path: string, handler: RouteHandler): this {
    return this.#add("PUT", path, handler);
  }

  patch(path: string, handler: RouteHandler): this {
    return this.#add("PATCH", path, handler);
  }

  delete(path: string, handler: RouteHandler): this {
    return this.#add("DELETE", path, handler);
  }

  options(path: string, handler: RouteHandler): this {
    return this.#add("OPTIONS", path, handler);
  }

  query(path: string, handler: RouteHandler): this {
    return this.#add("QUERY", path, handler);
  }

  /** Whatever no route before it has sent on. */
  fallback(handler: RouteHandler): this {
    return this.#add("ALL", "*", handler);
  }

  /** What has been declared, in order. */
  get routes(): readonly DeclaredRoute[] {
    return this.#routes;
  }

  #add(method: string, path: string, handler: RouteHandler): this {
    const declaredAt = new Error(`${method} ${path}`);
    if (typeof path !== "string" || !/^[/*]/.test(path)) throw misuse("a path must begin with / or be *", path);
    if (typeof handler !== "function") throw misuse("a route must have a function that says what it does", path);
    this.#routes.push({ method, path, pattern: patternOf(path), handler, declaredAt });
    return this;
  }
}

function misuse(what: string, path: unknown): LarderError {
  return new LarderError("invalid-input", `routes: ${what}, unlike ${JSON.stringify(path) ?? "undefined"}`, {
    field: "routes",
  });
}

/** As itty-router compiles it. */
function patternOf(path: string): RegExp {
  let pattern: RegExp | undefined;
  try {
    pattern = IttyRouter().all(path, () => undefined).routes[0]?.[1];
  } catch {
    // Such as an unclosed parenthesis.
  }
  if (pattern === undefined) throw misuse("a path must be one that itty-router can read", path);
  return pattern;
}
