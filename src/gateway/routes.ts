import * as v from "valibot";
import { asLarderError, LarderError } from "../../schema/errors.ts";
import { HeaderNameSchema } from "../../schema/fields.ts";
import type { CheckedRouteCache } from "../../schema/route.ts";
import { RouteCacheSchema } from "../../schema/route.ts";
import { parse } from "../../schema/validate.ts";
import { expandTags, isTagTemplate } from "../http/tag-template.ts";
import type { DeclaredRoute, RouteHandler, RouteHelpers } from "./router.ts";

/** What a route says, once its handler has been asked. */
export interface RouteSettings {
  readonly cache: CheckedRouteCache;
  readonly origin: string | undefined;
  /** Lower-case. */
  readonly removed: readonly string[];
  readonly set: readonly (readonly [name: string, value: string])[];
}

export type Route = DeclaredRoute & { readonly settings: RouteSettings };

const fieldValue = v.pipe(
  v.string("must be a string"),
  v.regex(/^[\t\x20-\x7e\x80-\xff]*$/, "must be a field value (RFC 9110 section 5.5)"),
);

/**
 * Asks each route's handler what it says.
 *
 * @throws LarderError `invalid-input`, naming the route and the option
 */
export function declaredRoutes(routes: readonly DeclaredRoute[], origins: readonly string[]): Route[] {
  return routes.map((route) => ({ ...route, settings: settingsOf(route, origins) }));
}

/** @throws LarderError `invalid-input`, naming the route and the option */
export function settingsOf(route: DeclaredRoute, origins: readonly string[]): RouteSettings {
  const { method, path, handler } = route;
  const name = `routes: ${method} ${path}`;
  let cache: CheckedRouteCache = {};
  const removed: string[] = [];
  const set: (readonly [string, string])[] = [];
  const helpers: RouteHelpers = {
    cache: (settings) => {
      const checked = parse(RouteCacheSchema, settings, "cache");
      checkTags(route, checked.edge === false ? [] : (checked.edge?.tags ?? []));
      cache = joined(cache, checked);
    },
    proxy: (origin) => {
      if (!origins.includes(origin)) {
        const known = origins.map((known) => JSON.stringify(known)).join(", ");
        throw new LarderError("invalid-input", `proxy: must name one of the origins ${known}`, { field: "proxy" });
      }
      return { origin };
    },
    removeUpstreamResponseHeader: (field) => {
      removed.push(fieldName(field, "removeUpstreamResponseHeader"));
    },
    setResponseHeader: (field, value) => {
      set.push([fieldName(field, "setResponseHeader"), parse(fieldValue, value, "setResponseHeader")]);
    },
  };
  let proxied: ReturnType<RouteHandler>;
  try {
    proxied = handler(helpers);
  } catch (error) {
    const said = asLarderError(error);
    const field = said?.field;
    throw new LarderError("invalid-input", `${name}: ${error instanceof Error ? error.message : String(error)}`, {
      ...(field === undefined ? {} : { field }),
    });
  }
  if (proxied !== undefined && typeof proxied.origin !== "string") {
    throw new LarderError("invalid-input", `${name}: must return what proxy() gives, or nothing`, { field: "routes" });
  }
  return { cache, origin: proxied?.origin, removed, set };
}

function fieldName(field: unknown, what: string): string {
  return parse(HeaderNameSchema, field, what).toLowerCase();
}

function checkTags({ path, pattern }: DeclaredRoute, tags: readonly string[]): void {
  const names = [...pattern.source.matchAll(/\(\?<(\w+)>/g)].map(([, name]) => [name, "x"] as const);
  const [unknown] = expandTags(tags.filter(isTagTemplate), Object.fromEntries(names)).dropped;
  if (unknown === undefined) return;
  throw new LarderError(
    "invalid-input",
    `cache.edge.tags: "${unknown.template}" names what the path ${path} does not hold`,
    {
      field: "cache.edge.tags",
    },
  );
}

/** What two say of the same requests: the later, where both say something. */
export function joined(first: CheckedRouteCache, second: CheckedRouteCache): CheckedRouteCache {
  return {
    ...first,
    ...second,
    ...group(first.browser, second.browser, "browser"),
    ...group(first.edge, second.edge, "edge"),
  };
}

function group<Name extends string, Settings extends object>(
  first: Settings | false | undefined,
  second: Settings | false | undefined,
  name: Name,
): { [key in Name]?: Settings | false } {
  const both = typeof first === "object" && typeof second === "object" ? { ...first, ...second } : (second ?? first);
  return both === undefined ? {} : ({ [name]: both } as { [key in Name]: Settings | false });
}
