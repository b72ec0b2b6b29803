import fc from "fast-check";
import { expect, test } from "vitest";
import { formatVersion, newEpoch, parseVersion } from "../../schema/version.ts";
import { refusal } from "../support/refusal.ts";

const epoch = fc.stringMatching(/^[0-9a-f]{16}$/);

test("a version says its point, and its point says the version", () => {
  fc.assert(
    fc.property(epoch, fc.nat({ max: 999_999_999_999_999 }), (of, seq) => {
      const point = { epoch: of, seq };
      expect(parseVersion(formatVersion(point), "atLeast")).toEqual(point);
    }),
  );
});

test("what is read as a version is written in one way only", () => {
  const nearly = fc
    .tuple(
      fc.oneof(epoch, fc.stringMatching(/^[0-9A-Fa-f]{0,20}$/)),
      fc.constantFrom("-", "", "--"),
      fc.stringMatching(/^[0-9+e. ]{0,16}$/),
    )
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(nearly, (text) => {
      try {
        expect(formatVersion(parseVersion(text, "v"))).toBe(text);
      } catch (thrown) {
        expect(
          refusal(() => {
            throw thrown;
          }),
        ).toMatchObject({ code: "invalid-input", field: "v" });
      }
    }),
    { numRuns: 500 },
  );
});

test.each([
  "",
  "7",
  "0123456789abcdef",
  "0123456789abcdef-",
  "0123456789abcdef-07",
  "0123456789abcdef--1",
  "0123456789abcdef-1.5",
  "0123456789abcdef-1e3",
  "0123456789abcdef-1000000000000000",
  "0123456789ABCDEF-1",
  "0123456789abcde-1",
  "0123456789abcdef0-1",
  " 0123456789abcdef-1",
  "0123456789abcdef-1\n",
  "0123456789abcdef-١",
])("%j is no version", (text) => {
  expect(refusal(() => parseVersion(text, "Larder-At-Least"))).toEqual({
    code: "invalid-input",
    field: "Larder-At-Least",
    message: 'Larder-At-Least: must be a version as a purge returned it, "<epoch>-<seq>"',
  });
});

test("every epoch is its own, and makes a version", () => {
  const epochs = Array.from({ length: 100 }, newEpoch);
  expect(new Set(epochs).size).toBe(100);
  for (const each of epochs) expect(parseVersion(`${each}-0`, "v")).toEqual({ epoch: each, seq: 0 });
});
