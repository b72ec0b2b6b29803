import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CheckedRule, Finding } from "../../src/http/rule-check.ts";
import { checkRules } from "../../src/http/rule-check.ts";
import { compileRules } from "../../src/http/rule-match.ts";
import { paths, patterns } from "../support/path-patterns.ts";

/** Rules that set different things, so that only their paths and methods are in question. */
function rulesOf(...rules: readonly (string | CheckedRule)[]): CheckedRule[] {
  return rules.map((rule, at) => ({ ttlSeconds: at, ...(typeof rule === "string" ? { path: rule } : rule) }));
}

const kinds = (findings: readonly Finding[]) => findings.map(({ kind, rule, other }) => [kind, rule, other]);

describe("a rule is unreachable", () => {
  test.each([
    ["/p/:id", "/p/:sku"],
    ["/p/*", "/p/:id"],
    ["/p/*", "/p/1"],
    ["/p/*", "/p/"],
    ["/p/*", "/p/*/x"],
    ["/p*", "/p"],
    ["*", "/p"],
    ["/*", "*"],
    ["/p/:id", "/p/1"],
    ["/p/:id?", "/p"],
    ["/p{/:id}?", "/p/:id"],
    ["/p/:id+", "/p/:a/:b"],
    ["/p/:id*", "/p/:a?"],
    ["/:a/:b", "/p/:id"],
    ["/*.css", "/static/:name.css"],
    ["/p/*", "/p/:id(\\d+)"],
    ["/p/:id(\\d+)", "/p/:id(\\d+)"],
    ["/:a", "/:id(a|b)x{y}?z".replace("(a|b)", "")],
    ["/*", "/a|b"],
  ])("%s before %s", (first, second) => {
    const findings = checkRules(rulesOf(first, second));
    expect(kinds(findings)).toEqual([["unreachable", 1, 0]]);
    expect(findings[0]).toMatchObject({ severity: "error" });
    expect(findings[0]?.message).toContain("move this one before it, or delete it");
  });

  test.each([
    ["/p/:id", "/p/*"],
    ["/p/1", "/p/:id"],
    ["/p/:id", "/p/:id/"],
    ["/p/:id", "/p/:id/:size"],
    ["/p/*", "/p"],
    ["/a{*-}?", "/abc"],
    ["/p/:id+", "/p/"],
    ["/*.css", "/*.js"],
    ["/a|b", "/*"],
    ["/a|b", "/c|d"],
    ["/p/:id(\\d+)", "/p/:id"],
  ])("not %s before %s, and there is nothing else to say", (first, second) => {
    expect(checkRules(rulesOf(first, second))).toEqual([]);
  });

  test("by methods only where the earlier has them all", () => {
    const at = (first: string[] | undefined, second: string[] | undefined) =>
      kinds(checkRules(rulesOf({ path: "/a", methods: first }, { path: "/a", methods: second })))[0]?.[0];
    expect(at(undefined, ["GET"])).toBe("unreachable");
    expect(at(["GET", "HEAD"], ["HEAD"])).toBe("unreachable");
    expect(at(["GET"], ["HEAD"])).toBeUndefined();
    expect(at(["GET"], ["GET", "HEAD"])).toBeUndefined();
    expect(at(["GET", "HEAD"], undefined)).toBeUndefined();
  });

  test("after one without a path", () => {
    expect(kinds(checkRules(rulesOf({ name: "all" }, "/a", {})))).toEqual([
      ["unreachable", 1, 0],
      ["unreachable", 2, 0],
    ]);
    expect(checkRules(rulesOf({ name: "all" }, "/a"))[0]?.message).toContain('rule 1 ("all")');
  });

  test("only if no request reaches it", { timeout: 60_000 }, () => {
    let found = 0;
    const methods = fc.constantFrom(undefined, undefined, ["GET"], ["HEAD"], ["GET", "HEAD"]);
    const rule = fc.record({ path: patterns, methods });
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 2, maxLength: 8 }),
        fc.array(paths, { minLength: 40 }),
        (rules, tried) => {
          const unreachable = checkRules(rulesOf(...rules)).filter(({ kind }) => kind === "unreachable");
          if (unreachable.length === 0) return;
          found += unreachable.length;
          const matcher = compileRules(rules);
          const reached = new Set(
            tried.flatMap((path) =>
              ["GET", "HEAD", "PUT"].map((method) => matcher.first(method, `https://shop.example${path}`)?.index),
            ),
          );
          for (const { rule: at } of unreachable) expect(reached.has(at), rules[at]?.path).toBe(false);
        },
      ),
      { numRuns: 400 },
    );
    // Or it would have shown nothing.
    expect(found).toBeGreaterThan(50);
  });
});

describe("rules overlap", () => {
  test.each([
    ["/:shop/new", "/a/:page", "/a/new"],
    ["/a/*", "/*.css", "/a/.css"],
    ["/:a?/x", "/y/:b?", "/y/x"],
    ["/p/:id(\\d+)", "/p/:id([a-z]+)/x", undefined],
    ["/p/:id", "/q/:id", undefined],
    ["/:a/1", "/:b/2", undefined],
  ])("%s and %s at %s", (first, second, example) => {
    const findings = checkRules(rulesOf(first, second));
    if (example === undefined) expect(findings).toEqual([]);
    else {
      expect(kinds(findings)).toEqual([["overlap", 1, 0]]);
      expect(findings[0]?.message).toContain(` both fit ${example}, `);
    }
  });

  test("not where they set the same, and not where no method is both's", () => {
    const [first, second] = [{ path: "/:shop/new" }, { path: "/a/:page" }];
    expect(
      checkRules([
        { ...first, tags: ["a"] },
        { ...second, tags: ["a"] },
      ]),
    ).toEqual([]);
    expect(checkRules(rulesOf({ ...first, methods: ["GET"] }, { ...second, methods: ["HEAD"] }))).toEqual([]);
    const [found] = checkRules(rulesOf({ ...first, methods: ["GET", "HEAD"] }, { ...second, methods: ["HEAD"] }));
    expect(found?.message).toContain("HEAD /a/new");
  });

  test("at a path that both their patterns fit", { timeout: 60_000 }, () => {
    let found = 0;
    fc.assert(
      fc.property(fc.array(patterns, { minLength: 2, maxLength: 6 }), (list) => {
        for (const { kind, rule, other = -1, message } of checkRules(rulesOf(...list))) {
          if (kind !== "overlap") continue;
          found += 1;
          const path = / both fit (\S+), /.exec(message)?.[1];
          for (const pathname of [list[rule], list[other]]) {
            expect(new URLPattern({ pathname: pathname ?? "" }).test(`https://shop.example${path}`), message).toBe(
              true,
            );
          }
        }
      }),
      { numRuns: 300 },
    );
    expect(found).toBeGreaterThan(50);
  });

  test("are told of three times a rule at most", () => {
    const rules = rulesOf(...Array.from({ length: 8 }, (_, at) => `/:shop/${at}`), "/a/:page");
    expect(kinds(checkRules(rules))).toEqual([0, 1, 2].map((other) => ["overlap", 8, other]));
  });
});

describe("of a rule alone", () => {
  test("it is told that it sets nothing", () => {
    expect(checkRules([{ path: "/a", name: "a" }])).toMatchObject([
      { severity: "warning", kind: "no-effect", rule: 0, name: "a" },
    ]);
  });

  test.each([{}, { headers: [] }, { headers: [], cookies: [], query: [] }])(
    "it is told that a bypass of %o is none",
    (bypass) => {
      expect(checkRules([{ path: "/a", bypass }])).toMatchObject([{ severity: "warning", kind: "no-effect" }]);
    },
  );

  test("a bypass that names something is enough", () => {
    expect(checkRules([{ path: "/a", bypass: { headers: [], cookies: ["login"] } }])).toEqual([]);
  });

  test("it is told of a name that another has", () => {
    const rules = rulesOf({ name: "a", path: "/a" }, { name: "b", path: "/b" }, { name: "a", path: "/c" });
    expect(checkRules(rules)).toMatchObject([{ severity: "warning", kind: "duplicate-name", rule: 2, other: 0 }]);
  });

  test("it is told of tags that name groups its path has not", () => {
    expect(checkRules([{ path: "/p/:id", tags: ["p:{id}", "p:{sku}"] }])).toMatchObject([
      { severity: "error", kind: "tag-template", rule: 0 },
    ]);
  });

  test.each([
    "/:id((?:a+)+)",
    "/((?:[a-z]*)*x)",
    "/((?:\\d{1,}-?)+)",
    "/{(\\d+)}+",
    "/:x((?:(?:a+)b?)*)",
    "/**",
    "/*/*a*-*",
    "/a{:x}+",
    "/a{-:x}*",
    "/a b((?:x+)+)",
  ])("it is told that %s may be slow", (path) => {
    expect(checkRules(rulesOf(path))).toMatchObject([{ severity: "warning", kind: "slow-pattern", rule: 0 }]);
  });

  test.each([
    "/:id(\\d+)",
    "/:id([a-z+*]+)",
    "/:id((?:ab)+)",
    "/:id+",
    "/*/*-*",
    "/{:id/}*",
    "{/b}*",
    "/:id(\\d+)+",
    "/:a(\\d+)-:b(\\d+)",
    "/:id((?:\\+)+)",
    "/:x((?:a{2})+)",
  ])("nothing is said of %s", (path) => {
    expect(checkRules(rulesOf(path))).toEqual([]);
  });
});

test.each(["/:shop/p/N/*", "/pN/:id?", "/*.xN.css", "/:id(\\d+)-N"])(
  "five hundred rules %s are checked in time",
  (path) => {
    const rules = rulesOf(...Array.from({ length: 500 }, (_, at) => path.replace("N", String(1000 + at))));
    expect(checkRules(rules)).toEqual([]);
  },
);
