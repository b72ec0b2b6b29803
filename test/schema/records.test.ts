import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PurgeMode, PurgeRecord, Selector } from "../../schema/purge.ts";
import { decodeRecords, encodePurge, encodeRevocation } from "../../schema/records.ts";
import { encodeRecords, mode, selectors, wholeLog } from "../support/selectors.ts";

const purge = (seq: number, some: readonly Selector[], how: PurgeMode = "hard") =>
  encodePurge(seq, JSON.stringify(some), how);

/** Anything a text of a selector could hold, what JSON and the encoding itself are made of among it. */
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom("[", "]", ",", '"', "\\", "{", "}", "1", "\n", "\u2028", "\ud800"),
    maxLength: 20,
  }),
);

const odd: fc.Arbitrary<Selector> = fc
  .record(
    { cache: text, url: text, key: text, tags: fc.array(text), allOf: fc.array(text), prefix: text },
    {
      requiredKeys: [],
      noNullPrototype: true,
    },
  )
  .map((selector) => selector as unknown as Selector);

const seq = fc.nat({ max: Number.MAX_SAFE_INTEGER });

const record: fc.Arbitrary<PurgeRecord> = fc.oneof(
  fc.record({ seq, mode, selectors }, { noNullPrototype: true }),
  fc.record({ seq, mode, selectors: fc.array(odd, { maxLength: 3 }) }, { noNullPrototype: true }),
  fc.record({ seq, revokes: seq }, { noNullPrototype: true }),
);

describe("encoded records", () => {
  test("are read back as they were, each of every kind, and in their order", () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), (records) => {
        expect(decodeRecords(encodeRecords(records))).toEqual(records);
      }),
      { numRuns: 1000 },
    );
  });

  test("of a log in two parts are the log", () => {
    fc.assert(
      fc.property(wholeLog, fc.nat({ max: 14 }), (records, cut) => {
        const parts = [records.slice(0, cut), records.slice(cut)].filter((part) => part.length > 0);
        expect(decodeRecords(parts.map(encodeRecords).join(","))).toEqual(records);
      }),
    );
  });

  test("are short: a purge is hard unless it says otherwise", () => {
    expect(encodeRecords([])).toBe("");
    expect(purge(7, [{}])).toBe("[7,[{}]]");
    expect(purge(8, [{ url: "u" as never }, {}], "soft")).toBe('[8,[{"url":"u"},{}],1]');
    expect(purge(9, [{}], "erase")).toBe("[9,[{}],2]");
    expect(encodeRevocation(10, 7)).toBe("[10,7]");
  });

  test("tell the revocation of record 0 and a purge of nothing apart", () => {
    expect(decodeRecords(`${encodeRevocation(1, 0)},${purge(2, [])}`)).toEqual([
      { seq: 1, revokes: 0 },
      { seq: 2, mode: "hard", selectors: [] },
    ]);
  });

  test("that followed from requests say so", () => {
    expect(decodeRecords(encodePurge(1, "[{}]", "automatic"))).toEqual([
      { seq: 1, mode: "hard", selectors: [{}], automatic: true },
    ]);
  });

  test("of a mode that is not known here are hard: what they hit is never served", () => {
    expect(decodeRecords("[1,[{}],9]")).toEqual([{ seq: 1, mode: "hard", selectors: [{}] }]);
  });

  test("that are none are an error, not an empty log", () => {
    for (const broken of ["[1,[{}]", "[1,[{}]],", ",", "[1,[{}]]][2,1]"]) expect(() => decodeRecords(broken)).toThrow();
  });
});
