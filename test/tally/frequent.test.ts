import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Summary } from "../../schema/rpc.ts";
import { merged, nothingCounted, summaryOf } from "../../src/tally/frequent.ts";

const stream = fc.array(fc.tuple(fc.constantFrom(..."abcdefghijklmnop"), fc.nat({ max: 50 })), { maxLength: 60 });
const room = fc.integer({ min: 1, max: 8 });

function exact(...streams: (readonly (readonly [string, number])[])[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [name, weight] of streams.flat()) counts.set(name, (counts.get(name) ?? 0) + weight);
  return counts;
}

/** What must be true of a summary, whatever it is of. */
function check({ names, error }: Summary, truth: ReadonlyMap<string, number>, most: number): void {
  const told = new Map(names);
  const total = [...truth.values()].reduce((sum, count) => sum + count, 0);
  expect(names.length).toBeLessThanOrEqual(most);
  expect(told.size).toBe(names.length);
  expect(error).toBeLessThanOrEqual(total / (most + 1));
  for (const name of new Set([...told.keys(), ...truth.keys()])) {
    const [atLeast, count] = [told.get(name) ?? 0, truth.get(name) ?? 0];
    expect(atLeast).toBeLessThanOrEqual(count);
    expect(count).toBeLessThanOrEqual(atLeast + error);
  }
}

describe("a summary", () => {
  it("is never off by more than it says, nor says more than the bound, in whatever order it is merged", () => {
    fc.assert(
      fc.property(
        fc.array(stream, { minLength: 1, maxLength: 6 }),
        room,
        fc.infiniteStream(fc.nat()),
        (streams, most, picks) => {
          const parts = streams.map((each) => summaryOf(exact(each), most));
          // Merged two at a time, whichever two: the trees that come of it are of all shapes.
          while (parts.length > 1) {
            const take = () => parts.splice((picks.next().value ?? 0) % parts.length, 1)[0] ?? nothingCounted;
            parts.push(merged(take(), take(), most));
          }
          check(parts[0] ?? nothingCounted, exact(...streams), most);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("is exact as long as there is room", () => {
    fc.assert(
      fc.property(stream, stream, (one, other) => {
        const truth = exact(one, other);
        const { names, error } = merged(summaryOf(exact(one), 16), summaryOf(exact(other), 16), 16);
        expect(error).toBe(0);
        expect(new Map(names)).toEqual(new Map([...truth].filter(([, count]) => count > 0)));
      }),
    );
  });

  it("finds the heavy ones among many light ones", () => {
    const heavy: [string, number][] = [
      ["first", 500],
      ["second", 300],
    ];
    let summary = nothingCounted;
    for (let at = 0; at < 1000; at += 1) {
      const light = Array.from({ length: 5 }, (_, n): [string, number] => [`light ${at} ${n}`, 1]);
      const some = heavy.map(([name, count]): [string, number] => [name, count / 100]);
      summary = merged(summary, summaryOf(exact(light, at % 10 === 0 ? some : []), 20), 20);
    }
    check(
      summary,
      exact(
        heavy,
        Array.from({ length: 5000 }, (_, n): [string, number] => [`light ${Math.floor(n / 5)} ${n % 5}`, 1]),
      ),
      20,
    );
    expect(summary.names.slice(0, 2).map(([name]) => name)).toEqual(["first", "second"]);
  });

  it("of the same counts is the same, in the order of the counts and then of the names", () => {
    const counts = exact([
      ["b", 2],
      ["a", 2],
      ["c", 5],
      ["d", 0],
    ]);
    expect(summaryOf(counts, 10)).toEqual({
      names: [
        ["c", 5],
        ["a", 2],
        ["b", 2],
      ],
      error: 0,
    });
  });
});
