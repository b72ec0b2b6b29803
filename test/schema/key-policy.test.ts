import { describe, expect, test } from "vitest";
import { KeyPolicySchema } from "../../schema/key-policy.ts";
import { limits } from "../../schema/limits.ts";
import { parse } from "../../schema/validate.ts";
import { refusal } from "../support/refusal.ts";

function check(policy: unknown) {
  return parse(KeyPolicySchema, policy, "key");
}

describe("a key policy", () => {
  test("may ask for nothing, and for everything", () => {
    expect(check({})).toEqual({});
    const whole = {
      query: { exclude: ["utm_source"] },
      headers: [{ name: "accept-language", groups: [{ name: "german", pattern: "^de", ignoreCase: true }] }],
      cookies: [{ name: "currency", groups: [{ name: "eu", pattern: "eur|gbp" }] }, { name: "beta" }],
      device: true,
      vendor: true,
      browser: true,
      isBot: true,
      country: true,
      splits: [{ name: "checkout", shares: { old: 95, new: 0.5 } }],
    };
    expect(check(whole)).toEqual(whole);
  });

  test("is the same after it has been checked once, and after JSON", () => {
    const once = check({
      query: { only: [] },
      headers: [{ name: "X-Shop" }],
      splits: [{ name: "s", shares: { b: 1, a: 2 } }],
    });
    expect(once).toEqual({
      query: { only: [] },
      headers: [{ name: "x-shop" }],
      splits: [{ name: "s", shares: { b: 1, a: 2 } }],
    });
    expect(check(JSON.parse(JSON.stringify(once)))).toEqual(once);
    expect(Object.keys(once.splits?.[0]?.shares ?? {})).toEqual(["b", "a"]);
  });

  const group = (more: object) => ({ cookies: [{ name: "c", groups: [{ name: "g", pattern: "x", ...more }] }] });
  const split = (shares: unknown) => ({ splits: [{ name: "s", shares }] });

  test.each([
    [{ querry: {} }, "key.querry", "is not an option of Larder"],
    [{ query: {} }, "key.query", "must have either `exclude` or `only`"],
    [{ query: { exclude: ["a"], only: ["b"] } }, "key.query", "must have either `exclude` or `only`"],
    [{ query: { only: [""] } }, "key.query.only[0]", "must not be empty"],
    [{ query: { only: "a" } }, "key.query.only", "must be an array"],
    [{ headers: [{ name: "a b" }] }, "key.headers[0].name", "must be a header name"],
    [{ headers: [{ name: "a:b" }] }, "key.headers[0].name", "must be a header name"],
    [{ headers: [{ name: "A" }, { name: "a" }] }, "key.headers", "no two headers of one name"],
    [{ headers: ["a"] }, "key.headers[0]", "Object"],
    [{ cookies: [{ name: "a=b" }] }, "key.cookies[0].name", "must be the name of a cookie"],
    [{ cookies: [{ name: "a;b" }] }, "key.cookies[0].name", "must be the name of a cookie"],
    [{ cookies: [{ name: " a" }] }, "key.cookies[0].name", "must be the name of a cookie"],
    [{ cookies: [{ name: "" }] }, "key.cookies[0].name", "must not be empty"],
    [{ cookies: [{ name: "a" }, { name: "a" }] }, "key.cookies", "no two cookies of one name"],
    [{ cookies: [{ name: "a", groups: [] }] }, "key.cookies[0].groups", "at least one group"],
    [{ cookies: [{ name: "a", groups: [{ name: "g" }] }] }, "key.cookies[0].groups[0].pattern", "is required"],
    [group({ name: "" }), "key.cookies[0].groups[0].name", "must not be empty"],
    [
      group({ pattern: "(" }),
      "key.cookies[0].groups[0].pattern",
      "must be the source of a regular expression: Invalid",
    ],
    [group({ pattern: /x/ }), "key.cookies[0].groups[0].pattern", "must be a string"],
    [group({ ignoreCase: false }), "key.cookies[0].groups[0].ignoreCase", "must be true, or left out"],
    [{ device: false }, "key.device", "must be true, or left out"],
    [{ country: "DE" }, "key.country", "must be true, or left out"],
    [split({}), "key.splits[0].shares", "at least one variant"],
    [split([1]), "key.splits[0].shares", "must be an object of shares"],
    [split({ a: 0 }), "key.splits[0].shares.a", "must be above 0"],
    [split({ a: -1 }), "key.splits[0].shares.a", "must be above 0"],
    [split({ a: Number.NaN }), "key.splits[0].shares.a", "must be a number"],
    [split({ a: Number.POSITIVE_INFINITY }), "key.splits[0].shares.a", "must be finite"],
    [split({ a: 1, 2: 1 }), "key.splits[0].shares.2", "must begin with a letter"],
    [
      {
        splits: [
          { name: "s", shares: { a: 1 } },
          { name: "s", shares: { a: 1 } },
        ],
      },
      "key.splits",
      "no two traffic splits",
    ],
  ])("%j is refused at %s", (policy, field, message) => {
    expect(refusal(() => check(policy))).toMatchObject({
      code: "invalid-input",
      field,
      message: expect.stringContaining(message),
    });
  });

  const many = <Item>(count: number, item: (at: number) => Item) => Array.from({ length: count }, (_, at) => item(at));

  test.each([
    ["headers", limits.keyValues, (count: number) => ({ headers: many(count, (at) => ({ name: `h${at}` })) })],
    ["cookies", limits.keyValues, (count: number) => ({ cookies: many(count, (at) => ({ name: `c${at}` })) })],
    ["query parameters", limits.keyParameters, (count: number) => ({ query: { only: many(count, (at) => `q${at}`) } })],
    [
      "groups",
      limits.keyGroups,
      (count: number) => ({ cookies: [{ name: "c", groups: many(count, () => ({ name: "g", pattern: "x" })) }] }),
    ],
    ["characters of a pattern", limits.patternCharacters, (count: number) => group({ pattern: "x".repeat(count) })],
    [
      "variants",
      limits.splitVariants,
      (count: number) => split(Object.fromEntries(many(count, (at) => [`v${at}`, 1]))),
    ],
  ])("holds so many %s and no more, and the refusal names the limit: %j", (_what, limit, policyOf) => {
    expect(check(policyOf(limit))).toEqual(policyOf(limit));
    expect(refusal(() => check(policyOf(limit + 1)))).toMatchObject({ code: "invalid-input", limit });
  });
});
