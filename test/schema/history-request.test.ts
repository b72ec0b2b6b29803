import { describe, expect, test } from "vitest";
import { HistoryRequestSchema, InvalidationSchema, SeqSchema } from "../../schema/purge-request.ts";
import { parse } from "../../schema/validate.ts";
import { refusal } from "../support/refusal.ts";

describe("a page of the history", () => {
  test("has fifty purges unless it says otherwise, and at most two hundred", () => {
    expect(parse(HistoryRequestSchema, {})).toEqual({ limit: 50 });
    expect(parse(HistoryRequestSchema, { before: 1, limit: 200 })).toEqual({ before: 1, limit: 200 });
    expect(parse(HistoryRequestSchema, { limit: 1 })).toEqual({ limit: 1 });
  });

  test.each<[unknown, string, string, number?]>([
    [{ limit: 201 }, "limit", "limit: must be at most 200 (got 201)", 200],
    [{ limit: 0 }, "limit", "limit: must be at least 1 (got 0)", 1],
    [{ limit: 1.5 }, "limit", "limit: must be a whole number (got 1.5)"],
    [{ limit: "9" }, "limit", 'limit: must be a number (got "9")'],
    [{ before: 1.5 }, "before", "before: must be a whole number (got 1.5)"],
    [{ before: "9" }, "before", 'before: must be a sequence number (got "9")'],
    [{ after: 9 }, "after", "after: is not an option of Larder; check its spelling"],
  ])("%j is refused", (request, field, message, limit) => {
    expect(refusal(() => parse(HistoryRequestSchema, request))).toEqual({
      code: "invalid-input",
      field,
      message,
      ...(limit === undefined ? {} : { limit }),
    });
  });
});

describe("the number of a purge", () => {
  test.each([1, 2 ** 40])("may be %d", (seq) => {
    expect(parse(SeqSchema, seq, "seq")).toBe(seq);
  });

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "1", null, undefined])("may not be %s", (seq) => {
    expect(refusal(() => parse(SeqSchema, seq, "seq"))).toMatchObject({ code: "invalid-input", field: "seq" });
  });
});

describe("an invalidation", () => {
  const invalidation = { cache: "pages", urls: ["https://A.example/p?b=1&a=2#top"], tags: ["a"] };

  test("has its URLs spelt as those of entries are", () => {
    expect(parse(InvalidationSchema, invalidation)).toEqual({
      cache: "pages",
      urls: ["https://a.example/p?a=2&b=1"],
      tags: ["a"],
    });
  });

  test.each<[object, string, number?]>([
    [{ urls: Array.from({ length: 4 }, (_, at) => `https://a.example/${at}`) }, "urls", 3],
    [{ urls: [`https://a.example/${"p".repeat(8192)}`] }, "urls[0]", 8192],
    [{ tags: Array.from({ length: 65 }, (_, at) => `t${at}`) }, "tags", 64],
    [{ tags: ["a b"] }, "tags[0]"],
    [{ cache: "*" }, "cache"],
    [{ prefix: "https://a.example/" }, "prefix"],
    [{ urls: undefined }, "urls"],
  ])("with %j is refused", (change, field, limit) => {
    expect(refusal(() => parse(InvalidationSchema, { ...invalidation, ...change }))).toMatchObject({
      code: "invalid-input",
      field,
      ...(limit === undefined ? {} : { limit }),
    });
  });
});
