import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalizeUrl } from "../../schema/key.ts";
import { limits } from "../../schema/limits.ts";
import type { CheckedPurgeRequest } from "../../schema/purge-request.ts";
import { modeOf, PurgeRequestSchema, selectorsOf } from "../../schema/purge-request.ts";
import { parse } from "../../schema/validate.ts";
import { refusal } from "../support/refusal.ts";

const check = (request: unknown): CheckedPurgeRequest => parse(PurgeRequestSchema, request);
const refused = (request: unknown) => refusal(() => check(request));
const prefixOfLength = (length: number) => ({ prefix: "https://a.example/".padEnd(length, "p") });
const prefixOf = (prefix: string) => check({ prefix }).prefix;

describe("a purge", () => {
  const each = [
    { tags: ["product:1", "product:2"] },
    { allOf: ["product:1", "listing"] },
    { prefix: "https://a.example/p" },
    { url: "https://a.example/p" },
    { key: "https://a.example/p?larder=n/c/GET/" },
  ];
  const everything = { everything: true };

  test.each([...each, everything])("of %j passes, in one cache and in all", (selector) => {
    expect(check(selector)).toEqual(selector);
    expect(check({ ...selector, cache: "pages", reason: "a new price" })).toEqual({
      ...selector,
      cache: "pages",
      reason: "a new price",
    });
  });

  test("of several things together passes, for it means all of them", () => {
    fc.assert(
      fc.property(fc.subarray(each, { minLength: 2 }), fc.boolean(), (several, inCache) => {
        const request = Object.assign({}, ...several, inCache ? { cache: "pages" } : {});
        expect(check(request)).toEqual(request);
        expect(check({ any: [request, everything] }).any).toEqual([request, everything]);
      }),
    );
  });

  test("of everything stands alone", () => {
    fc.assert(
      fc.property(fc.subarray(each, { minLength: 1 }), (several) => {
        const request = Object.assign({}, ...several, everything);
        expect(refused(request)).toEqual({
          code: "invalid-input",
          field: "input",
          message: "input: must not name anything beside everything (got an object)",
        });
        expect(refused({ any: [request] })).toEqual({
          code: "invalid-input",
          field: "any[0]",
          message:
            "any[0]: must name at least one of tags, allOf, prefix, url, key, everything; everything stands alone (got an object)",
        });
      }),
    );
  });

  test("asks for something", () => {
    const message =
      "input: must name at least one of tags, allOf, prefix, url, key, everything, or any (got an object)";
    const nothing = [
      {},
      { cache: "pages" },
      { reason: "because" },
      { tags: undefined },
      { dryRun: true },
      { soft: true, maxEntries: 1 },
      { any: undefined },
    ];
    for (const none of nothing) {
      expect(refused(none)).toEqual({ code: "invalid-input", field: "input", message });
    }
    for (const named of [...each, everything]) {
      expect(refused({ ...named, any: [named] })).toEqual({ code: "invalid-input", field: "input", message });
    }
    for (const none of [{}, { cache: "pages" }, { tags: undefined }]) {
      expect(refused({ any: [everything, none] })).toMatchObject({ code: "invalid-input", field: "any[1]" });
    }
  });

  test("never falls back to everything when what it names is undefined", () => {
    expect(refused({ cache: "pages", tags: undefined, prefix: undefined }).code).toBe("invalid-input");
  });

  test("an option that is none is named", () => {
    expect(refused({ tag: "product:1" })).toMatchObject({ code: "invalid-input", field: "tag" });
    expect(refused({ everything: true, mode: "soft" })).toMatchObject({ code: "invalid-input", field: "mode" });
  });

  test.each([
    [{ tags: [] }, "tags", 1],
    [{ tags: "product:1" }, "tags", undefined],
    [{ tags: ["a", "b c"] }, "tags[1]", undefined],
    [{ tags: [""] }, "tags[0]", 1],
    [{ tags: ["t".repeat(1025)] }, "tags[0]", 1024],
    [{ tags: Array.from({ length: 1001 }, (_, at) => `t${at}`) }, "tags", 1000],
    [{ cache: "", everything: true }, "cache", 1],
    [{ cache: "*", everything: true }, "cache", undefined],
    [{ cache: "n".repeat(129), everything: true }, "cache", 128],
    [{ allOf: [] }, "allOf", 1],
    [{ allOf: "product:1" }, "allOf", undefined],
    [{ allOf: ["a", "b,c"] }, "allOf[1]", undefined],
    [{ allOf: Array.from({ length: 1001 }, (_, at) => `t${at}`) }, "allOf", 1000],
    [{ tags: Array.from({ length: 17 }, () => "t".repeat(1000)) }, "tags", 16_000],
    [{ any: [] }, "any", 1],
    [{ any: { tags: ["a"] } }, "any", undefined],
    [{ any: ["a"] }, "any[0]", undefined],
    [{ any: Array.from({ length: 1001 }, () => ({ tags: ["a"] })) }, "any", 1000],
    [{ any: [{ tags: ["a"] }, { tags: ["b c"] }] }, "any[1].tags[0]", undefined],
    [{ any: [{ tags: ["a"], soft: true }] }, "any[0].soft", undefined],
    [{ any: [{ any: [{ tags: ["a"] }] }] }, "any[0].any", undefined],
    [{ any: [{ url: "/p/1" }] }, "any[0].url", undefined],
    [{ any: [{ tags: ["a"], cache: "*" }] }, "any[0].cache", undefined],
    [{ any: [{ tags: ["a"] }, { url: "/p/1" }] }, "any[1].url", undefined],
    [{ any: [{ tags: ["a"] }, { url: "https://user@a.example/" }] }, "any[1].url", undefined],
    [{ any: [{ tags: ["a"] }, { prefix: "/p" }] }, "any[1].prefix", undefined],
    [{ any: [{ tags: ["a"], cache: "api" }], cache: "pages" }, "input", undefined],
    [
      {
        any: [
          { tags: ["a"], cache: "pages" },
          { everything: true, cache: "api" },
        ],
        cache: "pages",
      },
      "input",
      undefined,
    ],
    [{ everything: true, soft: true, erase: true }, "input", undefined],
    [{ everything: true, soft: false }, "soft", undefined],
    [{ everything: true, erase: 1 }, "erase", undefined],
    [{ everything: true, dryRun: "no" }, "dryRun", undefined],
    [{ everything: true, after: "k" }, "input", undefined],
    [{ everything: true, dryRun: true, after: 7 }, "after", undefined],
    [{ everything: true, maxEntries: -1 }, "maxEntries", 0],
    [{ everything: true, maxEntries: 1.5 }, "maxEntries", undefined],
    [{ everything: true, maxEntries: Number.NaN }, "maxEntries", undefined],
    [{ everything: true, maxEntries: Number.POSITIVE_INFINITY }, "maxEntries", undefined],
    [{ everything: true, maxEntries: "1" }, "maxEntries", undefined],
    [{ everything: false }, "everything", undefined],
    [{ everything: "yes" }, "everything", undefined],
    [{ everything: true, reason: 7 }, "reason", undefined],
    [{ everything: true, reason: "r".repeat(501) }, "reason", 500],
    [{ url: "" }, "url", 1],
    [{ url: "/p/1" }, "url", undefined],
    [{ url: "ftp://a.example/" }, "url", undefined],
    [{ url: "https://user@a.example/" }, "url", undefined],
    [{ url: `https://a.example/${"p".repeat(limits.urlCharacters)}` }, "url", 8192],
    [{ url: 7 }, "url", undefined],
    [{ key: 7 }, "key", undefined],
    [{ key: "k".repeat(limits.keyCharacters + 1) }, "key", 16_384],
    [{ prefix: "" }, "prefix", 1],
    [{ prefix: "/p" }, "prefix", undefined],
    [{ prefix: "a.example/p" }, "prefix", undefined],
    [{ prefix: "https://" }, "prefix", undefined],
    [{ prefix: "https:///p" }, "prefix", undefined],
    [{ prefix: "ftp://a.example/" }, "prefix", undefined],
    [{ prefix: "https://a.example/p#top" }, "prefix", undefined],
    [{ prefix: `https://a.example/${"p".repeat(limits.urlCharacters)}` }, "prefix", 8192],
    [null, "input", undefined],
    ["everything", "input", undefined],
  ])("%j is refused", (request, field, limit) => {
    const { message, ...rest } = refused(request);
    expect(rest).toMatchObject({ code: "invalid-input", field, ...(limit === undefined ? {} : { limit }) });
    expect(message.startsWith(`${field}: `)).toBe(true);
  });

  test("refusals read like this", () => {
    const messages = [
      { tags: [] },
      { tags: ["a,b"] },
      { url: "/p/1" },
      { url: "https://user:secret@a.example/" },
      { prefix: "/p" },
      { prefix: "https://a.example/#x" },
      { everything: false },
      { everything: true, soft: true, erase: true },
      { everything: true, after: "k" },
      { everything: true, maxEntries: 1.5 },
      { any: Array.from({ length: 1001 }, () => ({ tags: ["a"] })) },
      { everything: true, reason: "r".repeat(501) },
    ].map((request) => refused(request).message);
    expect(messages).toEqual([
      "tags: must name at least one tag (got an array of 0)",
      'tags[0]: must be printable ASCII without spaces or commas (got "a,b")',
      'url: must be an absolute http or https URL without a user name (got "/p/1")',
      'url: must be an absolute http or https URL without a user name (got "https://user:secret@a.example/")',
      'prefix: must begin with http:// or https:// and a host, and no user name (got "/p")',
      'prefix: must not hold a fragment: no key has one (got "https://a.example/#x")',
      "everything: must be true, or left out (got false)",
      "input: must not be soft and erase at once (got an object)",
      "input: after: goes with dryRun only (got an object)",
      "maxEntries: must be a whole number (got 1.5)",
      "any: must hold at most 1000 selectors (got an array of 1001)",
      `reason: must be at most 500 characters (got "${"r".repeat(60)}…")`,
    ]);
  });

  test("a thousand tags pass", () => {
    expect(check({ tags: Array.from({ length: 1000 }, (_, at) => `t${at}`) }).tags).toHaveLength(1000);
  });

  test("a thousand selectors pass, of 256 Ki characters at most as JSON", () => {
    const any = Array.from({ length: 1000 }, (_, at) => ({ tags: [`t${at}`] }));
    expect(check({ any }).any).toHaveLength(1000);
    const long = (last: number) => [...Array.from({ length: 31 }, () => 8192), last].map(prefixOfLength);
    const room = 1000 + 256 * 1024 - JSON.stringify(long(1000)).length;
    expect(check({ any: long(room) }).any).toHaveLength(32);
    expect(refused({ any: long(room + 1) })).toEqual({
      code: "invalid-input",
      field: "any",
      limit: 256 * 1024,
      message: "any: must be at most 262144 characters as JSON (got an array of 32)",
    });
  });

  test("every way to make one passes, and a page of a dry run", () => {
    for (const how of [
      { soft: true },
      { erase: true },
      { dryRun: true },
      { dryRun: true, after: "" },
      { dryRun: true, soft: true, after: "https://a.example/?larder=n/c/GET/" },
      { dryRun: true, erase: true, maxEntries: 1 },
      { maxEntries: 0, soft: true },
      { reason: "" },
      { reason: "r".repeat(500) },
    ]) {
      expect(check({ everything: true, ...how })).toEqual({ everything: true, ...how });
    }
  });
});

describe("a URL to purge", () => {
  test("is spelt as the URLs of entries are", () => {
    expect(check({ url: "HTTPS://A.example:443/p?b=1&a=2#top" }).url).toBe("https://a.example/p?a=2&b=1");
  });
});

describe("a prefix", () => {
  test.each([
    ["HTTPS://Shop.Example/P", "https://shop.example/P"],
    ["https://Shop.Exam", "https://shop.exam"],
    ["https://a.example/a b", "https://a.example/a%20b"],
    ["https://a.example/é", "https://a.example/%C3%A9"],
    ["https://a.example/%C3", "https://a.example/%C3"],
    ["https://a.example/%", "https://a.example/%"],
    ["https://a.example/p?A=B%2f&_*[", "https://a.example/p?A=B%2f&_*["],
    ["https://a.example/\ud800", "https://a.example/%EF%BF%BD"],
  ])("%j becomes %j", (prefix, normal) => {
    expect(prefixOf(prefix)).toBe(normal);
  });

  test("of any length after the host, cut from an entry's URL, is a beginning of it", () => {
    const path = fc.array(fc.constantFrom("a", "Z", "%20", "%c3%a9", "%25", "_", "*", "[", "?", "=", "/"));
    fc.assert(
      fc.property(path, fc.nat(), (parts, cut) => {
        const url = normalizeUrl(`https://shop.example/${parts.join("")}`);
        const prefix = url.slice(0, Math.max("https://s".length, cut % (url.length + 1)));
        expect(prefixOf(prefix)).toBe(prefix);
      }),
      { numRuns: 500 },
    );
  });

  test("checked twice stays as it is", () => {
    const text = fc.string({ unit: "binary", maxLength: 20 }).filter((some) => !some.includes("#"));
    fc.assert(
      fc.property(text, (rest) => {
        const once = prefixOf(`https://a.example/${rest}`) ?? "";
        expect(prefixOf(once)).toBe(once);
      }),
    );
  });
});

describe("the selectors of a purge", () => {
  test("hold what the entries are chosen by, and nothing else", () => {
    const selectorsIn = (request: unknown) => selectorsOf(check(request));
    expect(selectorsIn({ everything: true, reason: "because", soft: true, maxEntries: 3 })).toEqual([{}]);
    expect(selectorsIn({ everything: true, cache: "pages" })).toEqual([{ cache: "pages" }]);
    expect(selectorsIn({ tags: ["a"], cache: "pages", reason: "because" })).toEqual([{ cache: "pages", tags: ["a"] }]);
    expect(selectorsIn({ prefix: "https://a.example/" }).map(Object.keys)).toEqual([["prefix"]]);
    expect(selectorsIn({ url: "https://a.example" })).toEqual([{ url: "https://a.example/" }]);
    expect(selectorsIn({ key: "k", dryRun: true, after: "j" })).toEqual([{ key: "k" }]);
    expect(selectorsIn({ allOf: ["a"], tags: ["b"], prefix: "https://A.b" })).toEqual([
      { tags: ["b"], allOf: ["a"], prefix: "https://a.b" },
    ]);
  });

  test("are those of any, each in the cache of the purge or in its own", () => {
    const any = [{ tags: ["a"] }, { everything: true, cache: "api" }, { url: "https://a.example" }];
    expect(selectorsOf(check({ any }))).toEqual([{ tags: ["a"] }, { cache: "api" }, { url: "https://a.example/" }]);
    expect(selectorsOf(check({ any: [any[0], any[2]], cache: "pages" }))).toEqual([
      { cache: "pages", tags: ["a"] },
      { cache: "pages", url: "https://a.example/" },
    ]);
  });
});

describe("the cache of a purge", () => {
  const cache = fc.constantFrom("pages", "api", undefined);

  test("is never left by a selector in any, which may only repeat it", () => {
    fc.assert(
      fc.property(cache, fc.array(cache, { minLength: 1, maxLength: 4 }), (outer, inner) => {
        const any = inner.map((own) => ({ tags: ["a"], ...(own === undefined ? {} : { cache: own }) }));
        const request = { any, ...(outer === undefined ? {} : { cache: outer }) };
        if (outer !== undefined && inner.some((own) => own !== undefined && own !== outer)) {
          expect(refused(request)).toEqual({
            code: "invalid-input",
            field: "input",
            message: "input: must not name one cache for the whole purge and another in any (got an object)",
          });
        } else {
          expect(selectorsOf(check(request)).map((selector) => selector.cache)).toEqual(
            inner.map((own) => own ?? outer),
          );
        }
      }),
    );
  });
});

test("the mode of a purge is hard unless it says otherwise", () => {
  const modes = [{}, { soft: true }, { erase: true }, { dryRun: true }, { dryRun: true, soft: true }];
  expect(modes.map((how) => modeOf(check({ everything: true, ...how })))).toEqual([
    "hard",
    "soft",
    "erase",
    "hard",
    "soft",
  ]);
});
