import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parsePathPattern } from "../../src/http/path-pattern.ts";
import { pathnameOf } from "../../src/http/pathname.ts";
import type { RulePattern } from "../../src/http/rule-match.ts";
import { compileRules } from "../../src/http/rule-match.ts";
import { slowGroup } from "../../src/http/slow-regexp.ts";
import { paths, patterns } from "../support/path-patterns.ts";

const methods = fc.option(fc.subarray(["GET", "HEAD", "POST"], { minLength: 1 }), { nil: undefined });
const rule: fc.Arbitrary<RulePattern> = fc.record({ path: fc.option(patterns, { nil: undefined, freq: 12 }), methods });

/** URLPattern itself, one rule after the other. */
class Naive {
  readonly #rules: readonly (RulePattern & { pattern: URLPattern | undefined })[];

  constructor(rules: readonly RulePattern[]) {
    this.#rules = rules.map((one) => ({
      ...one,
      pattern: one.path === undefined ? undefined : new URLPattern({ pathname: one.path }),
    }));
  }

  first(method: string, url: string) {
    for (const [index, { pattern, methods: allowed }] of this.#rules.entries()) {
      if (allowed !== undefined && !allowed.includes(method)) continue;
      if (pattern === undefined) return { index, params: {} };
      const found = pattern.exec(url);
      if (found === null) continue;
      const groups = Object.entries(found.pathname.groups).filter(([, value]) => value !== undefined);
      return { index, params: Object.fromEntries(groups) };
    }
    return undefined;
  }
}

function ours(rules: readonly RulePattern[]) {
  const matcher = compileRules(rules);
  return (method: string, url: string) => {
    const found = matcher.first(method, url);
    return found === undefined ? undefined : { index: found.index, params: found.params };
  };
}

function isPattern(pathname: string): boolean {
  try {
    new URLPattern({ pathname });
    return true;
  } catch {
    return false;
  }
}

const shop = "https://shop.example";
const first = (rules: readonly RulePattern[], url: string, method = "GET") => ours(rules)(method, url);

describe("the first rule that fits", () => {
  test("is the one URLPattern finds one after the other, with the same groups", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 12 }),
        fc.constantFrom("GET", "HEAD", "PUT"),
        fc.array(paths, { minLength: 10, maxLength: 20 }),
        (rules, method, tried) => {
          const find = ours(rules);
          const naive = new Naive(rules);
          for (const path of tried) {
            const url = `${shop}${path}`;
            expect(find(method, url), `${method} ${url}`).toEqual(naive.first(method, url));
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  test("is the same for one pattern and many paths", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(patterns, fc.array(paths, { minLength: 30, maxLength: 40 }), (path, tried) => {
        const find = ours([{ path }]);
        const naive = new Naive([{ path }]);
        for (const text of tried) {
          const url = `${shop}${text}`;
          expect(find("GET", url), `${path} at ${text}`).toEqual(naive.first("GET", url));
        }
      }),
      { numRuns: 400 },
    );
  });

  test("is the same for whatever text URLPattern takes", { timeout: 60_000 }, () => {
    const soup = [..."//::**?+(){}{}\\\\ab1.-_~!$&'@,;=%|[]^ é<\"`#\u{1f600}"];
    const pattern = fc.array(
      fc.constantFrom(...soup, "/:n", "/:m", "(\\d+)", "(a|b)", "(.*)", "(?:", "/a", "/b", "%2e", "/."),
      { maxLength: 9, size: "max" },
    );
    let taken = 0;
    fc.assert(
      fc.property(pattern, fc.array(paths, { maxLength: 5 }), (pieces, others) => {
        const path = `/${pieces.join("")}`;
        if (!isPattern(path) || slowGroup(path, parsePathPattern(path)) !== undefined) return;
        taken += 1;
        const find = ours([{ path }]);
        const naive = new Naive([{ path }]);
        // The pattern without its signs is a path that may well fit it.
        const near = path.replace(/[:*?+(){}\\]/g, "");
        for (const text of [path, near, `${near}/a`, near.replaceAll("n", "1"), ...others]) {
          const url = `${shop}${text}`;
          expect(find("GET", url), `${path} at ${text}`).toEqual(naive.first("GET", url));
        }
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  test("is the earlier of two that fit, however special the later is", () => {
    const rules = [{ path: "/:shop/p/*" }, { path: "/a/p/1" }, { path: "/a/*" }];
    expect(first(rules, `${shop}/a/p/1`)).toEqual({ index: 0, params: { shop: "a", "0": "1" } });
    expect(first([...rules].reverse(), `${shop}/a/p/1`)?.index).toBe(0);
    expect(first(rules, `${shop}/a/q`)).toEqual({ index: 2, params: { "0": "q" } });
    expect(first(rules, `${shop}/b/q`)).toBeUndefined();
  });

  test("is by method, too, and a rule without methods takes any", () => {
    const rules = [{ path: "/p/:id", methods: ["GET"] }, { path: "/p/:id", methods: ["HEAD"] }, {}];
    expect(["GET", "HEAD", "POST"].map((method) => first(rules, `${shop}/p/1`, method)?.index)).toEqual([0, 1, 2]);
  });

  test("is not a later one that stands beside an earlier with another method", () => {
    const rules = [{ path: "/:a/y", methods: ["POST"] }, { path: "/b/:c" }, { path: "/:a/y" }];
    expect(first(rules, `${shop}/b/y`)?.index).toBe(1);
    expect(first(rules, `${shop}/c/y`)?.index).toBe(2);
  });

  test("names only the groups that took part", () => {
    const rules = [{ path: "/p/:id/:size?" }];
    expect(first(rules, `${shop}/p/1`)?.params).toEqual({ id: "1" });
    expect(first(rules, `${shop}/p/1/l`)?.params).toEqual({ id: "1", size: "l" });
  });

  test("leaves the values as they stand in the URL", () => {
    expect(first([{ path: "/p/:id" }], `${shop}/p/caf%C3%A9`)?.params).toEqual({ id: "caf%C3%A9" });
  });

  test("is one without a path where the URL has none that counts", () => {
    const rules = [{ path: "*" }, { methods: ["HEAD"] }, {}];
    expect(first(rules, "data:text/plain,x")?.index).toBe(2);
    expect(first([{ path: "*" }], "no URL at all")).toBeUndefined();
  });

  test("is found among patterns whose text only URLPattern understands", () => {
    const rules = [
      { path: "/a b/:id" },
      { path: "/x|y" },
      { path: "/x/../y/:id" },
      { path: "/:id([[0-9]&&[1-3]])" },
      { path: "/z/:n1é" },
    ];
    const naive = new Naive(rules);
    for (const path of ["/a b/1", "/a%20b/1", "/x|y", "/y/2", "/x/y", "/2", "/4", "/z/5"]) {
      expect(first(rules, `${shop}${path}`), path).toEqual(naive.first("GET", `${shop}${path}`));
    }
    expect(first(rules, `${shop}/y/2`)?.index).toBe(2);
  });

  test("is the same for patterns that repeat what repeats", () => {
    for (const path of ["/**", "/a**", "**", "/(.*)+", "/a{:x}+", "/a{-:x}*/b", "{/*b}+", "/:x((?:a+)+)"]) {
      const naive = new Naive([{ path }]);
      for (const text of ["/", "/a", "/ab", "/a/b", "/a-b-c/b", "/a-", "/xb/yb", "/aa"]) {
        expect(first([{ path }], shop + text), `${path} at ${text}`).toEqual(naive.first("GET", shop + text));
      }
    }
  });

  test("is refused with the pattern that is none", () => {
    expect(() => compileRules([{ path: "/:" }])).toThrow(TypeError);
  });
});

describe("the path of a URL", () => {
  const hosts = fc.constantFrom(
    "shop.example",
    "SHOP.example",
    "xn--a",
    "1.2",
    "127.0.0.1:8787",
    "a:80",
    "[::1]",
    "a b",
  );
  const schemes = fc.constantFrom("https://", "http://", "HTTPS://", "https:/", "ftp://");

  test("is the one a parser finds", () => {
    fc.assert(
      fc.property(schemes, hosts, fc.oneof(paths, fc.webPath(), fc.string()), (scheme, host, path) => {
        const text = `${scheme}${host}${path}`;
        const url = URL.parse(text);
        const expected = url !== null && /^https?:$/.test(url.protocol) ? url.pathname : undefined;
        expect(pathnameOf(text), text).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});
