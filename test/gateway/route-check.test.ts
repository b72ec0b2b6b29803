import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AskedRoute, RouteFinding } from "../../src/gateway/route-check.ts";
import { checkRoutes, sendsAllOn } from "../../src/gateway/route-check.ts";
import { partsOfRoute } from "../../src/gateway/route-path.ts";
import { Router } from "../../src/gateway/router.ts";
import { commonPath, contains, languageOf } from "../../src/http/path-language.ts";

/** `GET /p/:id shop`: a method, a path, and the origin that it sends requests to, if it does. */
function routesOf(...lines: readonly string[]): AskedRoute[] {
  return lines.map((line) => {
    const [method = "", path = "", origin] = line.split(" ");
    const [route] = new Router().match(path, () => undefined).routes;
    if (route === undefined) throw new Error("no route was declared");
    const settings = { cache: { browser: false as const }, origin, removed: [], set: [] };
    return { method, path, pattern: route.pattern, settings };
  });
}

const kinds = (findings: readonly RouteFinding[]) => findings.map(({ kind, route, other }) => [kind, route, other]);

describe("a route is unreachable", () => {
  test.each([
    ["GET /p/:id a", "GET /p/new a"],
    ["GET /p/:id a", "GET /p/:name"],
    ["GET /p/:id a", "HEAD /p/:id a"],
    ["GET /p/* a", "GET /p a"],
    ["GET /p/:rest+ a", "GET /p/:x/:y b"],
    ["GET /p/:id? a", "GET /p a"],
    ["GET /p/ a", "GET /p b"],
    ["GET /:name.css a", "GET /x.css a"],
    ["GET /p/* a", "GET /p/:file.:ext b"],
    ["ALL * a", "POST /p b"],
    ["ALL * a", "ALL * b"],
    ["ALL /* a", "GET /(a|b) b"],
    ["GET /(a|b) a", "GET /(a|b) b"],
  ])("%s before %s", (first, second) => {
    const findings = checkRoutes(routesOf(first, second));
    expect(kinds(findings)).toEqual([["unreachable", 1, 0]]);
    expect(findings[0]).toMatchObject({ severity: "error" });
    expect(findings[0]?.message).toContain("put it before, or take it out");
  });

  test.each([
    ["GET /p/new a", "GET /p/:id b"],
    // What does not proxy adds to what comes after it.
    ["GET /p/:id", "GET /p/new a"],
    ["GET /p/:id a", "ALL /p/:id a"],
    ["HEAD /p/:id a", "GET /p/:id a"],
    ["GET /p/:id a", "POST /p/:id b"],
    ["GET /p/:id a", "GET /p/:id/:size a"],
    ["GET /p/:id a", "GET /p a"],
    ["GET /(a|b) a", "GET /a a"],
    ["GET /:file.:ext a", "GET /a.b.c a"],
  ])("not %s before %s, and there is nothing else to say", (first, second) => {
    expect(checkRoutes(routesOf(first, second))).toEqual([]);
  });
});

describe("two routes overlap", () => {
  test("where they send the same request to different origins, and neither is the narrower", () => {
    const [found] = checkRoutes(routesOf("GET /:a/b blog", "GET /a/:b shop"));
    expect(found).toMatchObject({ severity: "warning", kind: "overlap", route: 1, other: 0 });
    expect(found?.message).toContain('fits GET /a/b, too, and comes first, so that goes to "blog"');
  });

  test("also where one is for more methods and fewer paths", () => {
    expect(kinds(checkRoutes(routesOf("GET /* shop", "ALL /api/* api")))).toEqual([["overlap", 1, 0]]);
  });

  test("but not where they send it to the same one, or say how it is kept only", () => {
    expect(checkRoutes(routesOf("GET /:a/b shop", "GET /a/:b shop", "GET /:a/:b"))).toEqual([]);
  });
});

test("a route that says nothing is told of, and one of which it is not known is not", () => {
  const [route] = routesOf("GET /p");
  if (route === undefined) throw new Error("no route");
  const settings = { cache: {}, origin: undefined, removed: [], set: [] };
  expect(kinds(checkRoutes([{ ...route, settings }]))).toEqual([["no-effect", 0, undefined]]);
  expect(checkRoutes([{ ...route, settings: undefined }])).toEqual([]);
});

test("a path that may take very long is told of", () => {
  expect(kinds(checkRoutes(routesOf("GET /*-*-*-*-x a")))).toEqual([["slow-pattern", 0, undefined]]);
  expect(kinds(checkRoutes(routesOf("GET /(a+)+x a")))).toEqual([["slow-pattern", 0, undefined]]);
});

test.each([
  [["GET /p a", "ALL * a"], true],
  [["ALL /* a"], true],
  [["GET * a"], false],
  [["ALL *"], false],
  [["ALL /p/* a"], false],
  [[], false],
])("whether %j send all requests on: %s", (lines, expected) => {
  expect(sendsAllOn(routesOf(...lines))).toBe(expected);
});

const piece = fc.constantFrom(
  ...[
    "a",
    "b",
    "ab",
    "a.b",
    ".",
    "-",
    ":x",
    ":x+",
    ":x?",
    ":x+?",
    "*",
    ".:x",
    ".:x?",
    ":x.css",
    "a:x",
    "*.a",
    "(a|b)",
    "a?",
  ],
);

/** Paths of routes that a Router takes. Each name stands once, or the regular expression would be refused. */
const routePaths = fc
  .tuple(
    fc.array(fc.tuple(fc.constantFrom("/", "/", "/", "", "//"), piece), { maxLength: 4 }),
    fc.constantFrom("", "/", "//"),
  )
  .map(([pieces, end]) => {
    let names = 0;
    const text = `/${pieces.flat().join("")}${end}`;
    return text.replace(/x/g, () => {
      names += 1;
      return `n${names}`;
    });
  })
  .filter((path) => {
    try {
      new Router().get(path, () => undefined);
      return true;
    } catch {
      return false;
    }
  });

const pathnames = fc
  .array(fc.constantFrom("/", "/", "a", "b", "ab", ".", "a.b", "-", "css", "%2F", "n1"), { maxLength: 8 })
  .map((pieces) => `/${pieces.join("")}`);

test("what is known of a route's path is what itty-router makes of it", () => {
  fc.assert(
    fc.property(routePaths, pathnames, (path, pathname) => {
      const [route] = routesOf(`GET ${path}`);
      const language = languageOf(partsOfRoute(path));
      const text = { kind: "text", prefix: pathname, suffix: "", modifier: "", name: "", source: "" } as const;
      const fits = route?.pattern.test(pathname);
      if (language.exact) expect(contains(language, languageOf([text]))).toBe(fits);
      else if (fits) expect(commonPath(language, languageOf([text]))).toBe(pathname);
    }),
    { numRuns: 5000 },
  );
});

const routeLists = fc
  .array(fc.tuple(fc.constantFrom("GET", "HEAD", "POST", "ALL"), routePaths, fc.constantFrom("", " shop", " blog")), {
    maxLength: 5,
  })
  .map((routes) => routesOf(...routes.map(([method, path, origin]) => `${method} ${path}${origin}`)));

test("no request asks a route that is told of as unreachable", () => {
  const isFor = (route: string, method: string) =>
    route === "ALL" || route === method || (route === "GET" && method === "HEAD");
  fc.assert(
    fc.property(routeLists, fc.constantFrom("GET", "HEAD", "POST"), pathnames, (routes, method, pathname) => {
      const unreachable = new Set(
        checkRoutes(routes).flatMap(({ kind, route }) => (kind === "unreachable" ? [route] : [])),
      );
      for (const [at, route] of routes.entries()) {
        if (!isFor(route.method, method) || !route.pattern.test(pathname)) continue;
        expect(unreachable.has(at)).toBe(false);
        if (route.settings?.origin !== undefined) return;
      }
    }),
    { numRuns: 2000 },
  );
});
