import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCacheControl } from "../../src/http/cache-control.ts";

function parse(...lines: string[]) {
  const headers = new Headers();
  for (const line of lines) headers.append("cache-control", line);
  return parseCacheControl(headers);
}

test("no field and an empty one say nothing", () => {
  for (const nothing of [parse(), parse(""), parse(" , ,")]) {
    expect([...nothing.flags]).toEqual([]);
    expect(nothing).toMatchObject({ noCache: undefined, private: undefined, maxAgeSeconds: undefined });
  }
});

test("names are compared without case and lines are read as one list", () => {
  const { flags, ...rest } = parse("Public, MAX-AGE=60", "S-MaxAge=120, Stale-While-Revalidate=5, stale-if-error=9");
  expect([...flags]).toEqual(["public"]);
  expect(rest).toMatchObject({
    maxAgeSeconds: 60,
    sharedMaxAgeSeconds: 120,
    staleWhileRevalidateSeconds: 5,
    staleIfErrorSeconds: 9,
  });
});

test("unknown directives are ignored, even when they look like known ones", () => {
  const { flags, maxAgeSeconds } = parse('no-store-x, x-no-store, community="UCI, no-store", max-age2=5');
  expect([...flags]).toEqual([]);
  expect(maxAgeSeconds).toBeUndefined();
});

describe("numbers of seconds", () => {
  test.each([
    ["max-age=0", 0],
    ["max-age=007", 7],
    ['max-age="60"', 60],
    ['max-age="6\\0"', 60],
    ["max-age=60, max-age=120", 60],
    ["max-age=x, max-age=120", 0],
    ["max-age=2147483648", 2_147_483_648],
    ["max-age=99999999999999999999", 2_147_483_648],
    [`max-age=${"9".repeat(400)}`, 2_147_483_648],
  ])("%s is %i", (text, seconds) => {
    expect(parse(text).maxAgeSeconds).toBe(seconds);
  });

  test.each([
    "max-age",
    "max-age=",
    "max-age=-1",
    "max-age=+1",
    "max-age=1.5",
    "max-age=1e3",
    "max-age=0x10",
    "max-age=60s",
    "max-age='60'",
    "max-age= 60",
    "max-age =60",
    'max-age="60',
    'max-age="60"0',
    "max-age=60; public",
    "max-age:60",
  ])("%j is invalid, and so 0", (text) => {
    expect(parse(text).maxAgeSeconds).toBe(0);
  });
});

describe("no-cache and private", () => {
  test("a bare one is about the whole response", () => {
    expect(parse("no-cache, private")).toMatchObject({
      noCache: { scope: "response" },
      private: { scope: "response" },
    });
  });

  test("one that names fields is about those, in lower case", () => {
    expect(parse('no-cache="Set-Cookie, X-User ,,x-user", private=X-Token')).toMatchObject({
      noCache: { scope: "fields", names: ["set-cookie", "x-user"] },
      private: { scope: "fields", names: ["x-token"] },
    });
  });

  test.each(['no-cache=""', "no-cache=", 'no-cache="a", no-cache', 'no-cache, no-cache="a"', 'no-cache=" , "'])(
    "%s is about the whole response",
    (text) => {
      expect(parse(text).noCache).toEqual({ scope: "response" });
    },
  );
});

test("a restriction counts whatever argument it has, a permission only without one", () => {
  expect([...parse("no-store=x, must-revalidate;y, proxy-revalidate=").flags]).toEqual([
    "no-store",
    "must-revalidate",
    "proxy-revalidate",
  ]);
  expect([...parse("public=x, must-understand=1, immutable;").flags]).toEqual([]);
});

test.each([
  ["public", true],
  ["Must-Revalidate", true],
  ["s-maxage=0", true],
  ['s-maxage="60"', true],
  ["must-revalidate=1, must-revalidate", true],
  ["public=x", false],
  ["must-revalidate=1", false],
  ["must-revalidate=", false],
  ["s-maxage", false],
  ["s-maxage=", false],
  ["s-maxage=-1", false],
  ["s-maxage=soon, s-maxage=60", false],
  ["proxy-revalidate, immutable, max-age=60", false],
])("whether %s lets an answer to credentials be shared: %s", (text, permits) => {
  expect(parse(text).permitsSharing).toBe(permits);
});

test("a stray quote does not hide a restriction", () => {
  expect([...parse('foo="bar, no-store').flags]).toEqual(["no-store"]);
});

test("no header text makes it throw, and its numbers are whole, from 0 to 2^31", () => {
  const piece = fc.constantFrom(
    "max-age",
    "s-maxage",
    "private",
    "no-cache",
    "=",
    '"',
    "\\",
    ",",
    " ",
    "\t",
    ";",
    "1",
    "x",
  );
  const text = fc.oneof(
    fc.array(piece).map((pieces) => pieces.join("")),
    fc.string().map(toHeaderText),
  );
  fc.assert(
    fc.property(text, (value) => {
      const { maxAgeSeconds, sharedMaxAgeSeconds } = parse(value);
      for (const seconds of [maxAgeSeconds, sharedMaxAgeSeconds]) {
        if (seconds === undefined) continue;
        expect(Number.isInteger(seconds) && seconds >= 0 && seconds <= 2 ** 31).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

/** What a header field can hold: printable ASCII and tabs. */
function toHeaderText(text: string): string {
  return text.replace(/[^\t\x20-\x7e]/gu, "~");
}
