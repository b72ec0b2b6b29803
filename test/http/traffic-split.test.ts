import fc from "fast-check";
import { expect, test } from "vitest";
import { BUCKETS, bucketOf, splitVariant } from "../../src/http/traffic-split.ts";

test.each([
  ["0", 0],
  ["7", 7],
  ["9999", 9999],
  ["10000", undefined],
  ["-1", undefined],
  ["00", undefined],
  ["1.5", undefined],
  ["1e3", undefined],
  [" 1", undefined],
  ["", undefined],
  ["٣", undefined],
  [undefined, undefined],
])("the bucket %j is %j", (text, bucket) => {
  expect(bucketOf(text)).toBe(bucket);
});

test.each([
  [{ old: 95, new: 5 }, 0, "old"],
  [{ old: 95, new: 5 }, 9499, "old"],
  [{ old: 95, new: 5 }, 9500, "new"],
  [{ old: 95, new: 5 }, 9999, "new"],
  [{ old: 95, new: 5 }, undefined, "old"],
  [{ a: 0.1, b: 0.2, c: 0.7 }, 999, "a"],
  [{ a: 0.1, b: 0.2, c: 0.7 }, 1000, "b"],
  [{ one: 1 }, 9999, "one"],
])("of %j, bucket %j has %s", (shares, bucket, variant) => {
  expect(splitVariant({ name: "s", shares }, bucket)).toBe(variant);
});

test("each variant has as many buckets as its share, one after the other", () => {
  const shares = fc.array(fc.oneof(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0.01, max: 100, noNaN: true })), {
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(shares, (weights) => {
      const split = { name: "s", shares: Object.fromEntries(weights.map((weight, at) => [`v${at}`, weight])) };
      const given = Array.from({ length: BUCKETS }, (_, bucket) => splitVariant(split, bucket));
      expect(given).toEqual([...given].sort());
      const sum = weights.reduce((total, weight) => total + weight, 0);
      for (const [at, weight] of weights.entries()) {
        const buckets = given.filter((variant) => variant === `v${at}`).length;
        expect(Math.abs(buckets - (weight / sum) * BUCKETS)).toBeLessThanOrEqual(1);
      }
    }),
    { numRuns: 30 },
  );
});
