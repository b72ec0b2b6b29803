import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../schema/limits.ts";
import {
  CacheOptionsSchema,
  KeyOptionsSchema,
  MatchOptionsSchema,
  PutOptionsSchema,
  StoreOptionsSchema,
} from "../../schema/options.ts";
import { parse } from "../../schema/validate.ts";
import { refusal } from "../support/refusal.ts";

const VERSION = "0123456789abcdef-7";
const YEAR = limits.ttlSeconds;

function withOption(options: object) {
  return parse(CacheOptionsSchema, { name: "pages", ...options });
}

/** The refusal of a cache's options, without its words. */
function at(options: object) {
  const { message, ...refused } = refusal(() => withOption(options));
  expect(message.startsWith(`${refused.field}: `)).toBe(true);
  return refused;
}

const invalid = (field: string, limit?: number) => ({
  code: "invalid-input",
  field,
  ...(limit === undefined ? {} : { limit }),
});

describe("the options of a cache", () => {
  test("a name is enough, and every default is filled in", () => {
    expect(parse(CacheOptionsSchema, { name: "pages" })).toEqual({
      name: "pages",
      namespace: "default",
      vary: [],
      tags: [],
      ttlJitter: 0,
      earlyRefresh: 0,
      queryOrder: "sorted",
      caching: "on",
      forcePrivateCaching: false,
      cacheDeceptionArmor: "off",
      onDeploy: "keep",
      rules: [],
      mode: "isolate",
      binding: "LARDER",
      purgeLagSeconds: 5,
      whenViewExpired: "wait",
      whenUnreachable: "serve",
      unreachableGraceSeconds: 60,
      coalesce: true,
      fillTimeoutSeconds: 30,
      maxWaiters: 1000,
      hitForMissSeconds: 120,
      shieldMaxBytes: 2 * 1024 * 1024,
      revalidateSeconds: 0,
      requestDirectives: "honor",
      targetedControl: ["cdn-cache-control"],
      targetedControlToClient: "forward",
      maxBodyBytes: 512 * 1024 * 1024,
    });
  });

  test("what has been checked passes again, unchanged", () => {
    const seconds = fc.integer({ min: 0, max: YEAR });
    const tags = fc.array(fc.stringMatching(/^[\x21-\x2b\x2d-\x7e]{1,20}$/), { maxLength: 5 });
    const vary = fc.array(fc.constantFrom("Accept", "accept", "X-A", "!#$%&'*+.^_`|~-"), { maxLength: 4 });
    const windows = { ttlSeconds: seconds, staleWhileRevalidateSeconds: seconds, staleIfErrorSeconds: seconds };
    const ttlByStatus = fc.dictionary(fc.constantFrom("200", "404", "4xx", "5xx", "500-504", "400-599"), seconds);
    const rule = fc.record(
      {
        ...windows,
        ttlByStatus,
        vary,
        tags,
        name: fc.string(),
        path: fc.constantFrom("/p/:id", "/*", "/a{/b}?"),
        methods: fc.constantFrom(["GET"], ["GET", "HEAD"], ["POST", "QUERY"]),
        bypass: fc.record({ headers: vary, cookies: fc.array(fc.string()), query: fc.array(fc.string()) }),
      },
      { requiredKeys: [] },
    );
    const options = fc.record(
      {
        ...windows,
        ttlByStatus,
        ttlJitter: fc.double({ min: 0, max: 0.9, noNaN: true }),
        earlyRefresh: fc.double({ min: 0, max: 10, noNaN: true }),
        queryOrder: fc.constantFrom("sorted", "kept"),
        vary,
        tags,
        name: fc.stringMatching(/^[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,127}$/),
        namespace: fc.stringMatching(/^n[A-Za-z0-9._:-]{0,127}$/),
        rules: fc.array(rule, { maxLength: 3 }),
        mode: fc.constantFrom("isolate", "remote"),
        purgeLagSeconds: fc.integer({ min: 2, max: 3600 }),
        whenViewExpired: fc.constantFrom("wait", "serve"),
        whenUnreachable: fc.constantFrom("serve", "bypass"),
        unreachableGraceSeconds: seconds,
        maxBodyBytes: fc.integer({ min: 0, max: limits.bodyBytes }),
      },
      { requiredKeys: ["name"] },
    );
    fc.assert(
      fc.property(options, (input) => {
        const config = parse(CacheOptionsSchema, input);
        expect(parse(CacheOptionsSchema, config)).toEqual(config);
        expect(parse(CacheOptionsSchema, JSON.parse(JSON.stringify(config)))).toEqual(config);
      }),
      { numRuns: 300 },
    );
  });

  test("header names come out lower-case, sorted and without repeats", () => {
    expect(withOption({ vary: ["X-B", "accept", "x-b"] }).vary).toEqual(["accept", "x-b"]);
    expect(withOption({ rules: [{ vary: ["B", "a"] }] }).rules[0]?.vary).toEqual(["a", "b"]);
  });

  test("options that are none at all are refused", () => {
    for (const input of [undefined, null, "pages", 7]) {
      expect(refusal(() => parse(CacheOptionsSchema, input))).toMatchObject(invalid("input"));
    }
  });

  test("a missing name is said to be missing", () => {
    expect(refusal(() => parse(CacheOptionsSchema, { ttlSeconds: 60 }))).toEqual({
      ...invalid("name"),
      message: "name: is required",
    });
  });

  test("an option that is none of ours is named, at whatever depth", () => {
    expect(refusal(() => withOption({ ttl: 60 }))).toEqual({
      ...invalid("ttl"),
      message: "ttl: is not an option of Larder; check its spelling",
    });
    expect(at({ rules: [{ path: "/" }, { ttlSecond: 60 }] })).toEqual(invalid("rules[1].ttlSecond"));
    expect(at({ rules: [{ bypass: { cookie: ["a"] } }] })).toEqual(invalid("rules[0].bypass.cookie"));
  });

  describe.each(["name", "namespace"])("%s", (field) => {
    test("of the longest length passes and one longer is refused", () => {
      const longest = "n".repeat(limits.nameCharacters);
      expect(withOption({ [field]: longest })).toMatchObject({ [field]: longest });
      expect(refusal(() => withOption({ [field]: `${longest}n` }))).toMatchObject({
        ...invalid(field, 128),
        message: expect.stringContaining(`${field}: must be at most 128 characters (got `),
      });
    });

    test.each(["", ".", "..", " ", "a b", "a/b", "a\n", "é", "a,b", "*", "a\u0000", "n\u200b"])(
      "%j is refused",
      (text) => {
        expect(at({ [field]: text })).toMatchObject(invalid(field));
      },
    );

    test.each([7, null, true, ["n"], { n: 1 }])("%j, which is no string, is refused", (value) => {
      expect(at({ [field]: value })).toEqual(invalid(field));
    });
  });

  test("the reserved namespace is refused, as a cache's name it is not", () => {
    expect(refusal(() => withOption({ namespace: "larder" }))).toEqual({
      ...invalid("namespace"),
      message: 'namespace: must not be "larder": that namespace is reserved (got "larder")',
    });
    expect(withOption({ name: "larder", namespace: "Larder" })).toMatchObject({ name: "larder", namespace: "Larder" });
  });

  describe.each([
    ["ttlSeconds", 0, YEAR],
    ["staleWhileRevalidateSeconds", 0, YEAR],
    ["staleIfErrorSeconds", 0, YEAR],
    ["unreachableGraceSeconds", 0, YEAR],
    ["purgeLagSeconds", 2, 3600],
    ["maxBodyBytes", 0, limits.bodyBytes],
  ] as const)("%s", (field, least, most) => {
    test(`may be ${least} and ${most}, and nothing beyond`, () => {
      expect(withOption({ [field]: least })).toMatchObject({ [field]: least });
      expect(withOption({ [field]: most })).toMatchObject({ [field]: most });
      expect(at({ [field]: most + 1 })).toEqual(invalid(field, most));
      expect(at({ [field]: Number.MAX_VALUE })).toMatchObject(invalid(field));
      expect(at({ [field]: -1 })).toMatchObject(invalid(field));
      if (least > 0) expect(at({ [field]: least - 1 })).toEqual(invalid(field, least));
    });

    test.each([Number.NaN, Number.POSITIVE_INFINITY, 2.5, "60", null, true, [60], 60n])("is not %s", (value) => {
      expect(at({ [field]: value })).toMatchObject(invalid(field));
    });
  });

  describe.each([
    ["ttlJitter", 0.9],
    ["earlyRefresh", 10],
  ])("%s", (field, most) => {
    test(`is a number from 0 to ${most}, whole or not`, () => {
      for (const value of [0, 0.25, most]) expect(withOption({ [field]: value })).toMatchObject({ [field]: value });
      expect(at({ [field]: most + 0.001 })).toEqual(invalid(field, most));
      expect(at({ [field]: -0.001 })).toEqual(invalid(field, 0));
    });

    test.each([Number.NaN, Number.POSITIVE_INFINITY, "0.5", null, true, [0.5]])("is not %s", (value) => {
      expect(at({ [field]: value })).toMatchObject(invalid(field));
    });

    test("is of the whole cache, not of a rule", () => {
      expect(at({ rules: [{ [field]: 0 }] })).toEqual(invalid(`rules[0].${field}`));
    });
  });

  describe("ttlByStatus", () => {
    test("takes statuses, classes and ranges, in a cache and in a rule", () => {
      const ttlByStatus = { "200": YEAR, "404": 60, "5xx": 0, "2xx": 1, "500-504": 10, "500-500": 2, "200-599": 3 };
      expect(withOption({ ttlByStatus })).toMatchObject({ ttlByStatus });
      expect(withOption({ rules: [{ ttlByStatus }] }).rules[0]).toEqual({ ttlByStatus });
      expect(withOption({ ttlByStatus: {} })).toMatchObject({ ttlByStatus: {} });
    });

    test.each([
      ...["", " ", "40", "4040", "404 ", "-404", "4e2", "199", "600", "099", "100", "default", "*"],
      ...["xx", "1xx", "6xx", "4XX", "40x", "xxx", "4xx-5xx"],
      ...["504-500", "199-300", "500-600", "500-", "-504", "500-504-510", "500 - 504", "500–504", "404,410"],
    ])("does not take the key %j", (key) => {
      expect(at({ ttlByStatus: { "404": 60, [key]: 1 } })).toEqual(invalid(`ttlByStatus.${key}`));
      expect(at({ rules: [{}, { ttlByStatus: { [key]: 1 } }] })).toEqual(invalid(`rules[1].ttlByStatus.${key}`));
    });

    test.each([-1, 0.5, YEAR + 1, Number.NaN, "60", null, undefined, [60]])("does not take %s seconds", (value) => {
      expect(at({ ttlByStatus: { "404": value } })).toMatchObject(invalid("ttlByStatus.404"));
      expect(at({ rules: [{ ttlByStatus: { "5xx": value } }] })).toMatchObject(invalid("rules[0].ttlByStatus.5xx"));
    });

    test.each([null, 60, "404", [], [60], new Map([["404", 60]]), new Date(0)])("is not %o", (value) => {
      expect(at({ ttlByStatus: value })).toEqual(invalid("ttlByStatus"));
    });

    test(`may hold ${limits.statusTtls} keys and no more`, () => {
      const entries = Array.from({ length: limits.statusTtls + 1 }, (_, index) => [String(400 + index), 1] as const);
      expect(
        Object.keys(withOption({ ttlByStatus: Object.fromEntries(entries.slice(1)) }).ttlByStatus ?? {}),
      ).toHaveLength(limits.statusTtls);
      expect(at({ ttlByStatus: Object.fromEntries(entries) })).toEqual(invalid("ttlByStatus", limits.statusTtls));
    });

    test("is refused in words that say what a key may be", () => {
      expect(refusal(() => withOption({ ttlByStatus: { "40x": 1 } })).message).toBe(
        'ttlByStatus.40x: must be a status "404", a class "4xx" or a range "500-504", of 200 to 599 (got "40x")',
      );
      expect(refusal(() => withOption({ ttlByStatus: { "404": -1 } })).message).toBe(
        "ttlByStatus.404: must not be negative (got -1)",
      );
      expect(refusal(() => withOption({ ttlByStatus: [60] })).message).toBe(
        "ttlByStatus: must be an object of seconds by status (got an array of 1)",
      );
    });
  });

  test("durations are refused in words that name the bound and the value", () => {
    const message = (ttlSeconds: unknown) => refusal(() => withOption({ ttlSeconds })).message;
    expect([-1, 1.5, Number.NaN, YEAR + 1, "60"].map(message)).toEqual([
      "ttlSeconds: must not be negative (got -1)",
      "ttlSeconds: must be a whole number of seconds (got 1.5)",
      "ttlSeconds: must be a number of seconds (got NaN)",
      "ttlSeconds: must be at most 31536000 seconds, a year (got 31536001)",
      'ttlSeconds: must be a number of seconds (got "60")',
    ]);
  });

  test.each([
    [{ mode: "local" }, "mode"],
    [{ binding: "" }, "binding"],
    [{ binding: 7 }, "binding"],
    [{ whenViewExpired: "bypass" }, "whenViewExpired"],
    [{ whenUnreachable: "fail" }, "whenUnreachable"],
    [{ vary: "accept" }, "vary"],
    [{ vary: ["accept", "a b"] }, "vary[1]"],
    [{ vary: [""] }, "vary[0]"],
    [{ vary: ["a:"] }, "vary[0]"],
    [{ vary: ["é"] }, "vary[0]"],
    [{ vary: ["n".repeat(129)] }, "vary[0]"],
    [{ vary: [null] }, "vary[0]"],
    [{ rules: {} }, "rules"],
    [{ rules: [null] }, "rules[0]"],
    [{ rules: [{ name: 7 }] }, "rules[0].name"],
    [{ rules: [{}, { path: "/(" }] }, "rules[1].path"],
    [{ rules: [{ path: 7 }] }, "rules[0].path"],
    [{ rules: [{ methods: ["GET", "PUT"] }] }, "rules[0].methods[1]"],
    [{ rules: [{ methods: ["get"] }] }, "rules[0].methods[0]"],
    [{ rules: [{ methods: "GET" }] }, "rules[0].methods"],
    [{ rules: [{ ttlSeconds: 0.5 }] }, "rules[0].ttlSeconds"],
    [{ rules: [{ tags: ["a b"] }] }, "rules[0].tags[0]"],
    [{ rules: [{ vary: ["a,b"] }] }, "rules[0].vary[0]"],
    [{ rules: [{ bypass: "cookies" }] }, "rules[0].bypass"],
    [{ rules: [{ bypass: { headers: ["a b"] } }] }, "rules[0].bypass.headers[0]"],
    [{ rules: [{ bypass: { cookies: "a" } }] }, "rules[0].bypass.cookies"],
    [{ rules: [{ bypass: { query: [1] } }] }, "rules[0].bypass.query[0]"],
  ])("%j is refused at %s", (options, field) => {
    expect(at(options)).toMatchObject(invalid(field));
  });

  test.each([
    ["vary", limits.varyHeaders, (at: number) => `x-${at}`],
    ["tags", limits.tagsPerEntry, (at: number) => `t${at}`],
    ["rules", limits.rules, () => ({})],
  ])("%s may hold %i and no more", (field, most, make) => {
    const items = Array.from({ length: most + 1 }, (_, at) => make(at));
    expect(withOption({ [field]: items.slice(1) })).toMatchObject({ [field]: { length: most } });
    expect(at({ [field]: items })).toEqual(invalid(field, most));
  });

  test("a rule's lists have the bounds of the cache's own", () => {
    const seventeen = Array.from({ length: 17 }, (_, at) => `x-${at}`);
    expect(at({ rules: [{ vary: seventeen }] })).toEqual(invalid("rules[0].vary", 16));
    expect(at({ rules: [{ bypass: { headers: seventeen } }] })).toEqual(invalid("rules[0].bypass.headers", 16));
    expect(at({ rules: [{ methods: [] }] })).toEqual(invalid("rules[0].methods", 1));
    const many = Array.from({ length: 101 }, (_, at) => `c${at}`);
    expect(at({ rules: [{ bypass: { cookies: many } }] })).toEqual(invalid("rules[0].bypass.cookies", 100));
    expect(at({ rules: [{ bypass: { query: many } }] })).toEqual(invalid("rules[0].bypass.query", 100));
  });
});

describe("the options of put", () => {
  const put = (options: unknown) => parse(PutOptionsSchema, options);
  const refused = (options: unknown) => refusal(() => put(options));

  test("none are needed", () => {
    expect(put({})).toEqual({ tags: [] });
  });

  test.each(["", "a,b", "a b", " ", "a\tb", "a\u0000", "\u007f", "é", "標", "a\n"])("the tag %j is refused", (tag) => {
    expect(refused({ tags: ["fine", "also-fine", tag] })).toMatchObject(invalid("tags[2]"));
  });

  test("tags are refused in words that say why", () => {
    const messages = ["", "a,b", "t".repeat(1025), 7].map((tag) => refused({ tags: [tag] }).message);
    expect(messages).toEqual([
      'tags[0]: must not be empty (got "")',
      'tags[0]: must be printable ASCII without spaces or commas (got "a,b")',
      `tags[0]: must be at most 1024 characters (got "${"t".repeat(60)}…")`,
      "tags[0]: must be a string (got 7)",
    ]);
  });

  test("every printable ASCII character but the space and the comma may be in a tag", () => {
    for (let code = 0; code <= 0x180; code += 1) {
      const tag = String.fromCharCode(code);
      const allowed = code > 0x20 && code < 0x7f && tag !== ",";
      if (allowed) expect(put({ tags: [tag] }).tags).toEqual([tag]);
      else expect(refused({ tags: [tag] }).field).toBe("tags[0]");
    }
  });

  test("a tag of 1,024 characters passes and one of 1,025 does not", () => {
    expect(put({ tags: ["t".repeat(1024)] }).tags).toHaveLength(1);
    expect(refused({ tags: ["t".repeat(1025)] })).toMatchObject(invalid("tags[0]", 1024));
  });

  test("a thousand tags pass and one more does not", () => {
    const tags = Array.from({ length: 1001 }, (_, at) => `t${at}`);
    expect(put({ tags: tags.slice(1) }).tags).toHaveLength(1000);
    expect(refused({ tags })).toEqual({
      ...invalid("tags", 1000),
      message: "tags: must hold at most 1000 tags (got an array of 1001)",
    });
  });

  test("tags of 16,000 characters, joined by commas, pass and one character more does not", () => {
    // Sixteen tags with fifteen commas between them.
    const tags = [...Array.from({ length: 15 }, () => "t".repeat(1000)), "t".repeat(16_000 - 15 * 1001)];
    expect(tags.join(",")).toHaveLength(16_000);
    expect(put({ tags }).tags).toHaveLength(16);
    expect(refused({ tags: tags.with(15, `${tags[15]}t`) })).toEqual({
      ...invalid("tags", 16_000),
      message: "tags: must be at most 16000 characters in all, joined by commas (got an array of 16)",
    });
  });

  test.each(["ttlSeconds", "staleWhileRevalidateSeconds", "staleIfErrorSeconds"])(
    "%s has the cache's bounds",
    (field) => {
      expect(put({ [field]: YEAR })).toMatchObject({ [field]: YEAR });
      expect(refused({ [field]: YEAR + 1 })).toMatchObject(invalid(field, YEAR));
      expect(refused({ [field]: -1 })).toMatchObject(invalid(field, 0));
      expect(refused({ [field]: 0.1 })).toMatchObject(invalid(field));
      expect(refused({ [field]: Number.NaN })).toMatchObject(invalid(field));
    },
  );

  test("an option of the cache is none of put", () => {
    expect(refused({ ttlByStatus: { "404": 60 } })).toMatchObject(invalid("ttlByStatus"));
    expect(refused({ namespace: "other" })).toMatchObject(invalid("namespace"));
    expect(refused({ name: "other" })).toMatchObject(invalid("name"));
  });

  test.each([
    "",
    "7",
    "0123456789ABCDEF-7",
    "0123456789abcdef-",
    "0123456789abcdef--1",
    `${VERSION} `,
    `${VERSION}e9`,
    7,
  ])("%j is no version", (asOf) => {
    expect(refused({ asOf })).toMatchObject(invalid("asOf"));
  });

  test("only inside Larder may a version be null, for one that could not be learnt", () => {
    expect(refused({ asOf: null })).toMatchObject(invalid("asOf"));
    expect(parse(StoreOptionsSchema, { asOf: null, heuristics: "on" })).toEqual({
      tags: [],
      asOf: null,
      heuristics: "on",
    });
    expect(refusal(() => parse(StoreOptionsSchema, { heuristics: true }))).toMatchObject(invalid("heuristics"));
  });
});

describe("the options of match, delete and key", () => {
  test("match is bounded unless it says otherwise", () => {
    expect(parse(MatchOptionsSchema, {})).toEqual({ consistency: "bounded" });
    const asked = { vary: ["a"], atLeast: VERSION, consistency: "strong" };
    expect(parse(MatchOptionsSchema, asked)).toEqual(asked);
  });

  test.each([
    [{ consistency: "weak" }, "consistency"],
    [{ atLeast: "7" }, "atLeast"],
    [{ atLeast: null }, "atLeast"],
    [{ vary: ["a b"] }, "vary[0]"],
    [{ ttlSeconds: 60 }, "ttlSeconds"],
  ])("match refuses %j at %s", (options, field) => {
    expect(refusal(() => parse(MatchOptionsSchema, options))).toMatchObject(invalid(field));
  });

  test("delete and key take header names to vary on, and nothing else", () => {
    expect(parse(KeyOptionsSchema, {})).toEqual({});
    expect(parse(KeyOptionsSchema, { vary: ["B", "a"] })).toEqual({ vary: ["a", "b"] });
    expect(refusal(() => parse(KeyOptionsSchema, { tags: [] }))).toMatchObject(invalid("tags"));
    expect(refusal(() => parse(KeyOptionsSchema, { vary: "a" }))).toMatchObject(invalid("vary"));
  });
});
