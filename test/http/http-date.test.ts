import fc from "fast-check";
import { expect, test } from "vitest";
import { parseHttpDate } from "../../src/http/http-date.ts";

const MS = Date.UTC(1994, 10, 6, 8, 49, 37);

test("the three forms of RFC 9110 section 5.6.7 name one time", () => {
  expect(parseHttpDate("Sun, 06 Nov 1994 08:49:37 GMT")).toBe(MS);
  expect(parseHttpDate("Sunday, 06-Nov-94 08:49:37 GMT")).toBe(MS);
  expect(parseHttpDate("Sun Nov  6 08:49:37 1994")).toBe(MS);
});

test("letters are compared without case", () => {
  expect(parseHttpDate("SUN, 06 nov 1994 08:49:37 gmt")).toBe(MS);
});

test("every time of whole seconds is read back from its IMF-fixdate", () => {
  const seconds = fc.integer({ min: Date.UTC(1, 0, 1) / 1000, max: Date.UTC(9999, 11, 31) / 1000 });
  fc.assert(
    fc.property(seconds, (at) => {
      const text = new Date(at * 1000).toUTCString();
      expect(parseHttpDate(text), text).toBe(at * 1000);
    }),
  );
});

test("two-digit years up to 69 are of this century, the others of the last", () => {
  expect(parseHttpDate("Thursday, 18-Aug-50 02:01:18 GMT")).toBe(Date.UTC(2050, 7, 18, 2, 1, 18));
  expect(parseHttpDate("Thursday, 18-Aug-94 02:01:18 GMT")).toBe(Date.UTC(1994, 7, 18, 2, 1, 18));
});

test("a leap second is the first second of the next minute", () => {
  expect(parseHttpDate("Sat, 31 Dec 2016 23:59:60 GMT")).toBe(Date.UTC(2017, 0, 1));
});

test.each([
  "",
  "0",
  "-1",
  "1994-11-06T08:49:37Z",
  "Sun, 06 Nov 1994 08:49:37",
  "Sun, 06 Nov 1994 08:49:37 UTC",
  "Sun, 06 Nov 1994 08:49:37 +0000",
  "Sun, 6 Nov 1994 08:49:37 GMT",
  "Sun, 06 Nov 1994 8:49:37 GMT",
  "Sun, 06 Nov 94 08:49:37 GMT",
  "Sun, 06 Nov 1994 24:00:00 GMT",
  "Sun, 06 Nov 1994 08:60:00 GMT",
  "Wed, 30 Feb 1994 08:49:37 GMT",
  "Wed, 00 Feb 1994 08:49:37 GMT",
  "Sun, 06 Nvo 1994 08:49:37 GMT",
  "Sun 06 Nov 1994 08:49:37 GMT",
  "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
])("%j is not an HTTP-date", (text) => {
  expect(parseHttpDate(text)).toBeUndefined();
});

test("no text makes it throw or answer with a time that is none", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(parseHttpDate(text)).not.toBeNaN();
    }),
  );
});
