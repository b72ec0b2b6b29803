import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type KeyPolicy, KeyPolicySchema } from "../../schema/key-policy.ts";
import { parse } from "../../schema/validate.ts";
import { keyParts } from "../../src/http/key-parts.ts";

const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4.1 Mobile/15E148 Safari/604.1";

function partsOf(policy: KeyPolicy, headers: HeadersInit = {}, country?: string) {
  return Object.fromEntries(keyParts(policy, { headers: new Headers(headers), country }));
}

const currencies = {
  name: "currency",
  groups: [
    { name: "eu", pattern: "^(?:eur|gbp)$", ignoreCase: true as const },
    { name: "na", pattern: "usd|cad" },
    { name: "all", pattern: "usd|eur" },
  ],
};

describe("the parts of a key", () => {
  test("are all that a policy asks for, in the order of their names", () => {
    const policy = parse(KeyPolicySchema, {
      headers: [{ name: "X-Shop" }, { name: "Accept-Language" }, { ...currencies, name: "X-Currency" }],
      cookies: [{ name: "beta" }, currencies],
      device: true,
      vendor: true,
      browser: true,
      isBot: true,
      country: true,
      splits: [{ name: "checkout", shares: { old: 1, new: 1 } }],
    });
    const headers = new Headers({
      "user-agent": IPHONE,
      "accept-language": "DE , en",
      "x-currency": "GBP",
      cookie: "currency=cad; beta=1; larder-bucket=5000",
    });
    expect(keyParts(policy, { headers, country: "at" })).toEqual([
      ["accept-language", "de,en"],
      ["bot:", "0"],
      ["browser:", "safari"],
      ["cookie-group:currency", "na"],
      ["cookie:beta", "1"],
      ["country:", "AT"],
      ["device:", "smartphone"],
      ["header-group:x-currency", "eu"],
      ["split:checkout", "new"],
      ["vendor:", "apple"],
      ["x-shop", null],
    ]);
  });

  test("are none for a policy of nothing, or of the URL alone", () => {
    expect(keyParts({}, { headers: new Headers({ "user-agent": IPHONE }) })).toEqual([]);
    expect(keyParts({ query: { only: [] } }, { headers: new Headers() })).toEqual([]);
  });

  test.each([
    ["eur", "eu"],
    ["GBP", "eu"],
    ["USD", ""],
    ["usd", "na"],
    ["xeur", "all"],
    ["chf", ""],
    ["", ""],
    [`${"x".repeat(997)}usd`, "na"],
    [`${"x".repeat(998)}usd`, ""],
  ])("%j is in the first group that fits, or in that of the rest: %j", (value, group) => {
    expect(partsOf({ cookies: [currencies] }, { cookie: `currency=${value}` })).toEqual({
      "cookie-group:currency": group,
    });
  });

  test("a header or cookie that is absent is in no group, nor in the rest", () => {
    const policy = { headers: [{ ...currencies, name: "x-currency" }], cookies: [currencies, { name: "beta" }] };
    expect(partsOf(policy, { cookie: "other=1" })).toEqual({
      "cookie-group:currency": null,
      "cookie:beta": null,
      "header-group:x-currency": null,
    });
    expect(partsOf(policy, { cookie: "currency; beta=" })).toMatchObject({
      "cookie-group:currency": "",
      "cookie:beta": "",
    });
  });

  test("a pattern that begins where it left off would miss every other value", () => {
    const policy = { cookies: [currencies] };
    const values = Array.from({ length: 4 }, () => partsOf(policy, { cookie: "currency=usd" }));
    expect(new Set(values.map((parts) => parts["cookie-group:currency"]))).toEqual(new Set(["na"]));
  });

  test.each([
    ["de", "DE"],
    ["DE", "DE"],
    ["T1", "T1"],
    ["XX", null],
    ["xx", null],
    ["", null],
    [undefined, null],
    ["Germany", null],
    ["d/", null],
  ])("the country %j is %j", (country, value) => {
    expect(partsOf({ country: true }, {}, country)).toEqual({ "country:": value });
  });

  test("two policies are not taken for one another", () => {
    const one: KeyPolicy = { cookies: [{ name: "a" }] };
    const other: KeyPolicy = { cookies: [{ name: "b" }] };
    expect(partsOf(one, { cookie: "a=1" })).toEqual({ "cookie:a": "1" });
    expect(partsOf(other, { cookie: "a=1" })).toEqual({ "cookie:b": null });
    expect(partsOf(one, { cookie: "a=2" })).toEqual({ "cookie:a": "2" });
  });
});

describe("for any request", () => {
  const name = fc.constantFrom("a", "b", "currency");
  const value = fc.option(fc.constantFrom("", "eu", "na", "usd", "eur", "x=y", "chf"), { nil: undefined });
  const values = fc.dictionary(name, value, { maxKeys: 3, noNullPrototype: true });
  const request = fc.record({ headers: values, cookies: values });
  const keyed = fc.uniqueArray(
    name.chain((name) => fc.constantFrom({ name }, { ...currencies, name })),
    { selector: ({ name }) => name },
  );
  const policy = fc.record({ headers: keyed, cookies: keyed });
  type Request = typeof request extends fc.Arbitrary<infer Value> ? Value : never;

  function headersOf({ headers, cookies }: Request): Headers {
    const made = new Headers();
    for (const [name, value] of Object.entries(headers)) if (value !== undefined) made.set(name, value);
    const pairs = Object.entries(cookies).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
    if (pairs.length > 0) made.set("cookie", pairs.join("; "));
    return made;
  }

  /** What the policy tells apart, worked out by hand. */
  function meaning(policy: KeyPolicy, { headers, cookies }: Request) {
    const groupOf = (value: string | undefined) => {
      if (value === undefined) return "absent";
      if (/^(?:eur|gbp)$/i.test(value)) return "1";
      return /usd|cad/.test(value) ? "2" : "rest";
    };
    const all = (keyed: KeyPolicy["headers"] = [], values: Readonly<Record<string, string | undefined>>) =>
      keyed.map(({ name, groups }) => (groups === undefined ? [values[name] ?? null] : groupOf(values[name])));
    return JSON.stringify([all(policy.headers, headers), all(policy.cookies, cookies)]);
  }

  test("keys are one exactly where what they are made of is", () => {
    fc.assert(
      fc.property(policy, request, request, (policy, one, other) => {
        const key = (request: Request) => JSON.stringify(keyParts(policy, { headers: headersOf(request) }));
        expect(key(one) === key(other)).toBe(meaning(policy, one) === meaning(policy, other));
      }),
      { numRuns: 500 },
    );
  });

  test("no name comes twice, nor is it that of a header whose value it does not hold", () => {
    fc.assert(
      fc.property(policy, request, (policy, request) => {
        const headers = headersOf(request);
        const parts = keyParts(policy, { headers });
        expect(new Set(parts.map(([name]) => name)).size).toBe(parts.length);
        for (const [name, value] of parts) if (!name.includes(":")) expect(value).toBe(headers.get(name));
      }),
    );
  });

  test("a policy tells the same before and after it has crossed RPC", () => {
    fc.assert(
      fc.property(policy, request, (policy, request) => {
        const there: KeyPolicy = parse(KeyPolicySchema, JSON.parse(JSON.stringify(policy)));
        const headers = headersOf(request);
        expect(keyParts(there, { headers })).toEqual(keyParts(policy, { headers }));
      }),
    );
  });
});
