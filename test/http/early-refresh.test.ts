import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../schema/limits.ts";
import { isDueEarly, jittered } from "../../src/http/early-refresh.ts";

/** Numbers in [0, 1), the same at every run (the mulberry32 generator). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The largest number below 1 that `Math.random` gives. */
const NEARLY_ONE = 1 - 2 ** -53;

const random = fc.double({ min: 0, max: NEARLY_ONE, noNaN: true });
const ttlSeconds = fc.integer({ min: 1, max: limits.ttlSeconds });
const jitter = fc.double({ min: 0, max: 0.9, noNaN: true });

describe("a jittered lifetime", () => {
  test("is whole, at least a second, and shorter by the share at most", () => {
    fc.assert(
      fc.property(ttlSeconds, jitter, random, (ttl, share, chance) => {
        const seconds = jittered(ttl, share, chance);
        expect(Number.isInteger(seconds)).toBe(true);
        expect(seconds).toBeGreaterThanOrEqual(Math.max(1, ttl - ttl * share));
        expect(seconds).toBeLessThanOrEqual(ttl);
      }),
    );
  });

  test("is the whole one without jitter, and where chance says nothing", () => {
    fc.assert(
      fc.property(ttlSeconds, jitter, random, (ttl, share, chance) => {
        expect(jittered(ttl, 0, chance)).toBe(ttl);
        expect(jittered(ttl, share, 0)).toBe(ttl);
      }),
    );
  });

  test("reaches both its ends, and a second stays a second", () => {
    expect([jittered(100, 0.2, 0), jittered(100, 0.2, NEARLY_ONE)]).toEqual([100, 80]);
    expect(jittered(limits.ttlSeconds, 0.9, NEARLY_ONE)).toBe(limits.ttlSeconds / 10);
    expect(jittered(1, 0.9, NEARLY_ONE)).toBe(1);
  });

  test("is any of its values as often as the others", () => {
    const next = seededRandom(7);
    const draws = 110_000;
    const counts = new Map<number, number>();
    for (let draw = 0; draw < draws; draw += 1) {
      const seconds = jittered(100, 0.1, next());
      counts.set(seconds, (counts.get(seconds) ?? 0) + 1);
    }
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
    // Ten thousand each, with a standard deviation of 95.
    for (const count of counts.values()) expect(Math.abs(count - draws / 11)).toBeLessThan(400);
  });

  test("of a thousand entries put in one second leaves no second with many", () => {
    const next = seededRandom(11);
    const counts = new Map<number, number>();
    for (let entry = 0; entry < 1000; entry += 1) {
      const seconds = jittered(3600, 0.1, next());
      counts.set(seconds, (counts.get(seconds) ?? 0) + 1);
    }
    expect(Math.max(...counts.values())).toBeLessThan(20);
  });
});

describe("a refresh before the end", () => {
  const due = { ageSeconds: 90, ttlSeconds: 100, fillSeconds: 2, beta: 1 };
  const age = fc.double({ min: 0, max: 200, noNaN: true });
  const fill = fc.double({ min: 0, max: 60, noNaN: true });
  const beta = fc.double({ min: 0, max: 10, noNaN: true });

  test("is never due with a beta of 0, or where the cost of a fill is not known", () => {
    fc.assert(
      fc.property(age, random, fill, (ageSeconds, chance, fillSeconds) => {
        expect(isDueEarly({ ...due, ageSeconds, fillSeconds, beta: 0, random: chance })).toBe(false);
        expect(isDueEarly({ ...due, ageSeconds, fillSeconds: 0, random: chance })).toBe(false);
      }),
    );
  });

  test("with a chance of 0 is due at the end and not before", () => {
    expect(isDueEarly({ ...due, ageSeconds: 99.999, beta: 10, random: 0 })).toBe(false);
    expect(isDueEarly({ ...due, ageSeconds: 100, random: 0 })).toBe(true);
  });

  test("with the largest chance begins some 37 fills ahead, not infinitely many", () => {
    expect(isDueEarly({ ...due, ageSeconds: 100 - 73, random: NEARLY_ONE })).toBe(true);
    expect(isDueEarly({ ...due, ageSeconds: 100 - 74, random: NEARLY_ONE })).toBe(false);
  });

  test("once due stays due: with more age, a longer fill, a larger beta and a larger chance", () => {
    const more = fc.double({ min: 0, max: 50, noNaN: true });
    fc.assert(
      fc.property(age, fill, beta, random, more, random, (ageSeconds, fillSeconds, scale, chance, extra, other) => {
        const input = { ttlSeconds: 100, ageSeconds, fillSeconds, beta: scale, random: chance };
        fc.pre(isDueEarly(input));
        expect(isDueEarly({ ...input, ageSeconds: ageSeconds + extra })).toBe(true);
        expect(isDueEarly({ ...input, fillSeconds: fillSeconds + extra })).toBe(true);
        expect(isDueEarly({ ...input, beta: scale + extra })).toBe(true);
        expect(isDueEarly({ ...input, random: Math.max(chance, other) })).toBe(true);
      }),
    );
  });

  test.each([
    [1, 1],
    [4, 1],
    [4, 0.5],
    [2, 3],
  ])("with a fill of %d s and a beta of %d is due as often as the formula says", (fillSeconds, scale) => {
    const next = seededRandom(fillSeconds * 31 + scale);
    const draws = 20_000;
    for (const leftSeconds of [0.1, 0.5, 1, 2, 5, 10]) {
      let times = 0;
      for (let draw = 0; draw < draws; draw += 1) {
        const input = { ...due, ageSeconds: 100 - leftSeconds, fillSeconds, beta: scale, random: next() };
        if (isDueEarly(input)) times += 1;
      }
      const expected = Math.exp(-leftSeconds / (scale * fillSeconds));
      // The standard deviation is 0.0035 at most.
      expect(Math.abs(times / draws - expected)).toBeLessThan(0.015);
    }
  });

  test("by many requests a second begins one fill or more ahead of the end, by few at the end", () => {
    const next = seededRandom(3);
    const aheadOf = (requestsPerSecond: number) => {
      let total = 0;
      for (let life = 0; life < 400; life += 1) {
        let ageSeconds = 0;
        while (!isDueEarly({ ttlSeconds: 100, ageSeconds, fillSeconds: 1, beta: 1, random: next() })) {
          ageSeconds += 1 / requestsPerSecond;
        }
        total += 100 - ageSeconds;
      }
      return total / 400;
    };
    // Of requests at a rate r the first is due some ln(r) + 0.58 fills ahead.
    expect(aheadOf(20)).toBeCloseTo(Math.log(20) + 0.58, 0);
    expect(aheadOf(0.1)).toBeLessThan(1);
  });
});
