import fc from "fast-check";
import { expect, test } from "vitest";
import { statusTtlSeconds } from "../../src/http/status-ttl.ts";

test("a status, a range that holds it and its class are each found", () => {
  const ttls = { "404": 60, "500-504": 10, "3xx": 5 };
  const found = [404, 500, 502, 504, 300, 399].map((status) => statusTtlSeconds(ttls, status));
  expect(found).toEqual([60, 10, 10, 10, 5, 5]);
});

test("of a status that no key holds nothing is said", () => {
  const ttls = { "404": 60, "500-504": 10, "3xx": 5 };
  for (const status of [200, 299, 400, 403, 405, 499, 505, 599]) expect(statusTtlSeconds(ttls, status)).toBeUndefined();
  expect(statusTtlSeconds({}, 404)).toBeUndefined();
});

test("a status goes before a range and a range before a class, in whatever order they are written", () => {
  expect(statusTtlSeconds({ "5xx": 3, "503-503": 2, "503": 1 }, 503)).toBe(1);
  expect(statusTtlSeconds({ "5xx": 3, "500-504": 2 }, 503)).toBe(2);
  expect(statusTtlSeconds({ "500-504": 2, "5xx": 3 }, 503)).toBe(2);
  expect(statusTtlSeconds({ "5xx": 3, "500-504": 2 }, 505)).toBe(3);
});

test("a range goes before a class even where it is the wider one", () => {
  expect(statusTtlSeconds({ "4xx": 3, "400-599": 2 }, 404)).toBe(2);
});

test("the narrowest range counts, and of two as narrow the first", () => {
  expect(statusTtlSeconds({ "400-599": 3, "500-504": 1, "500-510": 2 }, 503)).toBe(1);
  expect(statusTtlSeconds({ "500-504": 1, "502-506": 2 }, 503)).toBe(1);
  expect(statusTtlSeconds({ "502-506": 2, "500-504": 1 }, 503)).toBe(2);
});

test("a zero is something said", () => {
  expect(statusTtlSeconds({ "404": 0, "4xx": 60 }, 404)).toBe(0);
  expect(statusTtlSeconds({ "404-405": 0, "4xx": 60 }, 404)).toBe(0);
  expect(statusTtlSeconds({ "4xx": 0 }, 404)).toBe(0);
});

test("no order of the keys gives another answer, but for ranges as narrow", () => {
  const status = fc.integer({ min: 200, max: 599 });
  const seconds = fc.integer({ min: 0, max: 100 });
  const exact = status.map(String);
  const classes = fc.constantFrom("2xx", "3xx", "4xx", "5xx");
  const range = fc.tuple(fc.integer({ min: 200, max: 400 }), status).map(([first, width]) => [first, width] as const);
  const ranges = fc.uniqueArray(range, { selector: ([, width]) => width, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(fc.oneof(exact, classes), seconds), { selector: ([key]) => key, maxLength: 6 }),
      fc.array(seconds, { minLength: 4, maxLength: 4 }),
      ranges,
      status,
      (others, values, spans, asked) => {
        const entries = [
          ...others,
          ...spans.map(([first, width], at) => [`${first}-${Math.min(599, first + width - 200)}`, values[at] ?? 0]),
        ];
        const forwards = Object.fromEntries(entries);
        const widths = spans.map(([first, width]) => Math.min(599, first + width - 200) - first);
        fc.pre(new Set(widths).size === widths.length);
        expect(statusTtlSeconds(Object.fromEntries(entries.toReversed()), asked)).toBe(
          statusTtlSeconds(forwards, asked),
        );
      },
    ),
  );
});
