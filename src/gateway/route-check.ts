import type { PathLanguage } from "../http/path-language.ts";
import { commonPath, contains, languageOf } from "../http/path-language.ts";
import type { PatternPart } from "../http/path-pattern.ts";
import { slowGroup } from "../http/slow-regexp.ts";
import { partsOfRoute } from "./route-path.ts";
import type { DeclaredRoute } from "./router.ts";
import type { RouteSettings } from "./routes.ts";

/** A route and what it says; undefined where that could not be learnt. */
export interface AskedRoute extends Pick<DeclaredRoute, "method" | "path" | "pattern"> {
  readonly settings: RouteSettings | undefined;
}

/** What is wrong with a route, and what to do about it. */
export interface RouteFinding {
  /** `error`: it cannot be meant; `warning`: it may be. */
  readonly severity: "error" | "warning";
  readonly kind: "unreachable" | "overlap" | "no-effect" | "slow-pattern";
  /** The route's place among the routes, from 0. */
  readonly route: number;
  readonly message: string;
  /** The route that it is in conflict with. */
  readonly other?: number;
}

interface Subject {
  readonly at: number;
  readonly route: AskedRoute;
  readonly parts: readonly PatternPart[] | undefined;
  readonly language: PathLanguage;
  readonly origin: string | undefined;
}

/** Overlaps told of each route: who has read of three knows. */
const MOST_OVERLAPS = 3;

/**
 * What can be found wrong with routes without a request. It says nothing that is not so: a route told of as unreachable is
 * asked of no request, and the path of an overlap fits both. It may miss what regular expressions hide, and a route that
 * several others only together leave no request.
 */
export function checkRoutes(routes: readonly AskedRoute[]): readonly RouteFinding[] {
  const subjects = routes.map(subjectOf);
  return subjects.flatMap((subject) => [
    ...aloneFindings(subject),
    ...orderFindings(subject, subjects.slice(0, subject.at)),
  ]);
}

/** Whether every request is surely sent on by some one of the routes. */
export function sendsAllOn(routes: readonly AskedRoute[]): boolean {
  return routes.map(subjectOf).some((subject) => covers(subject, ANY));
}

/** `route 3 GET /p/new`. */
export function routeTitle({ method, path }: Pick<AskedRoute, "method" | "path">, at: number): string {
  return `route ${at + 1} ${method} ${path}`;
}

function subjectOf(route: AskedRoute, at: number): Subject {
  const parts = partsOfRoute(route.path);
  return { at, route, parts, language: languageOf(parts), origin: route.settings?.origin };
}

const ANY: Subject = subjectOf({ method: "ALL", path: "*", pattern: /^/, settings: undefined }, 0);

function aloneFindings({ at, route, parts }: Subject): readonly RouteFinding[] {
  const found: RouteFinding[] = [];
  const title = routeTitle(route, at);
  if (route.settings !== undefined && saysNothing(route.settings)) {
    const message = `${title}: says nothing about the requests it fits; delete it, or return what proxy() gives`;
    found.push({ severity: "warning", kind: "no-effect", route: at, message });
  }
  if (slowGroup(parts === undefined ? route.pattern.source : route.path, parts) !== undefined) {
    const message = `${title}: may take very long to refuse some paths, as there are many ways to divide a path between its parts; write it with fewer of * and :name+`;
    found.push({ severity: "warning", kind: "slow-pattern", route: at, message });
  }
  return found;
}

function saysNothing({ cache, origin, removed, set }: RouteSettings): boolean {
  return origin === undefined && removed.length === 0 && set.length === 0 && Object.keys(cache).length === 0;
}

function orderFindings(subject: Subject, earlier: readonly Subject[]): readonly RouteFinding[] {
  const { at, route } = subject;
  const title = routeTitle(route, at);
  const cover = earlier.find((other) => covers(other, subject));
  if (cover !== undefined) {
    const by = routeTitle(cover.route, cover.at);
    const message = `${title}: is never reached, as ${by} fits all its requests and sends them on; put it before, or take it out`;
    return [{ severity: "error", kind: "unreachable", route: at, message, other: cover.at }];
  }
  const found: RouteFinding[] = [];
  for (const other of earlier) {
    if (found.length === MOST_OVERLAPS) break;
    // What two say of the same requests is put together; only where requests go, one alone decides. A narrow route before
    // a wide one is order as it should be.
    if (other.origin === undefined || subject.origin === undefined || other.origin === subject.origin) continue;
    if (covers(subject, other)) continue;
    const example = exampleFor(other, subject);
    if (example === undefined) continue;
    const message = `${title}: ${routeTitle(other.route, other.at)} fits ${example}, too, and comes first, so that goes to "${other.origin}"; narrow one of them, or put a route for both before them`;
    found.push({ severity: "warning", kind: "overlap", route: at, message, other: other.at });
  }
  return found;
}

/** Whether `outer` sends every request on that `inner` fits; only if that is certain. */
function covers(outer: Subject, inner: Subject): boolean {
  if (outer.origin === undefined || !coversMethod(outer.route.method, inner.route.method)) return false;
  return outer.route.path === inner.route.path || contains(outer.language, inner.language);
}

/** HEAD is answered from what GET has stored, so GET's routes fit it, too. */
function coversMethod(outer: string, inner: string): boolean {
  return outer === "ALL" || outer === inner || (outer === "GET" && inner === "HEAD");
}

/** A request that both surely fit: their own patterns are asked. */
function exampleFor(one: Subject, other: Subject): string | undefined {
  const [a, b] = [one.route, other.route];
  const method = coversMethod(a.method, b.method) ? b.method : a.method;
  if (!coversMethod(a.method, method) || !coversMethod(b.method, method)) return undefined;
  const path = commonPath(one.language, other.language);
  if (path === undefined || !a.pattern.test(path) || !b.pattern.test(path)) return undefined;
  return method === "ALL" ? path : `${method} ${path}`;
}
