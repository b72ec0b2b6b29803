import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalizeUrl } from "../../schema/key.ts";
import { limits } from "../../schema/limits.ts";
import { PurgeRequestSchema, selectorOf } from "../../schema/purge.ts";
import { parse } from "../../schema/validate.ts";
import { refusal } from "../support/refusal.ts";

const check = (request: unknown) => parse(PurgeRequestSchema, request);
const refused = (request: unknown) => refusal(() => check(request));
const prefixOf = (prefix: string) => check({ prefix }).prefix;

describe("a purge", () => {
  const each = [
    { tags: ["product:1", "product:2"] },
    { prefix: "https://a.example/p" },
    { url: "https://a.example/p" },
    { key: "https://a.example/p?larder=n/c/GET/" },
    { everything: true },
  ];

  test.each(each)("of %j passes, in one cache and in all", (selector) => {
    expect(check(selector)).toEqual(selector);
    expect(check({ ...selector, cache: "pages", reason: "a new price" })).toEqual({
      ...selector,
      cache: "pages",
      reason: "a new price",
    });
  });

  test("asks for exactly one thing", () => {
    fc.assert(
      fc.property(fc.subarray(each, { minLength: 2 }), fc.boolean(), (several, inCache) => {
        const request = Object.assign({}, ...several, inCache ? { cache: "pages" } : {});
        expect(refused(request)).toMatchObject({
          code: "invalid-input",
          field: "input",
          message: "input: must name exactly one of tags, prefix, url, key, everything (got an object)",
        });
      }),
    );
    for (const none of [{}, { cache: "pages" }, { reason: "because" }, { tags: undefined }]) {
      expect(refused(none).message).toContain("must name exactly one of");
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
    ].map((request) => refused(request).message);
    expect(messages).toEqual([
      "tags: must name at least one tag (got an array of 0)",
      'tags[0]: must be printable ASCII without spaces or commas (got "a,b")',
      'url: must be an absolute URL (got "/p/1")',
      "url: a URL with a user name or password cannot be cached",
      'prefix: must begin with http:// or https:// and a host, and no user name (got "/p")',
      'prefix: must not hold a fragment: no key has one (got "https://a.example/#x")',
      "everything: must be true, or left out (got false)",
    ]);
  });

  test("a thousand tags pass", () => {
    expect(check({ tags: Array.from({ length: 1000 }, (_, at) => `t${at}`) }).tags).toHaveLength(1000);
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

describe("the selector of a purge", () => {
  test("holds what the entries are chosen by, and nothing else", () => {
    expect(selectorOf(check({ everything: true, reason: "because" }))).toEqual({});
    expect(selectorOf(check({ everything: true, cache: "pages" }))).toEqual({ cache: "pages" });
    expect(selectorOf(check({ tags: ["a"], cache: "pages", reason: "because" }))).toEqual({
      cache: "pages",
      tags: ["a"],
    });
    expect(Object.keys(selectorOf(check({ prefix: "https://a.example/" })))).toEqual(["prefix"]);
    expect(selectorOf(check({ url: "https://a.example" }))).toEqual({ url: "https://a.example/" });
    expect(selectorOf(check({ key: "k" }))).toEqual({ key: "k" });
  });
});
