import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Prefixes } from "../../src/log/prefixes.ts";

/** Few letters, so that many begin alike, and some that sort otherwise by code units than by code points. */
const text = fc.string({ unit: fc.constantFrom("a", "b", "/", "é", "\uffff", "\u{1f600}", "\ud83d"), maxLength: 6 });

/** Adds a value to those of the prefix. */
function add(prefixes: Prefixes<number[]>, prefix: string, value: number): void {
  prefixes.update(prefix, (values = []) => [...values, value]);
}

function visited(prefixes: Prefixes<number[]>, some: string): number[] {
  const found: number[] = [];
  prefixes.visit(some, (values = []) => found.push(...values));
  return found.sort((a, b) => a - b);
}

describe("the prefixes of a text", () => {
  test("are found with all their values and nothing else, whatever is added in between", () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant("add" as const), text }),
      fc.record({ type: fc.constant("visit" as const), text }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const prefixes = new Prefixes<number[]>();
        const added: { readonly prefix: string; readonly value: number }[] = [];
        for (const [at, each] of steps.entries()) {
          if (each.type === "add") {
            add(prefixes, each.text, at);
            added.push({ prefix: each.text, value: at });
          } else {
            const all = added.filter(({ prefix }) => each.text.startsWith(prefix)).map(({ value }) => value);
            expect(visited(prefixes, each.text)).toEqual(all);
          }
          expect(prefixes.size).toBe(new Set(added.map(({ prefix }) => prefix)).size);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test("are found where they lie in each other, far down and beside others", () => {
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 30 }), fc.array(fc.nat({ max: 40 })), (tail, beside, cuts) => {
        const whole = `${beside.join("")}${tail}`;
        const nested = cuts.map((cut) => whole.slice(0, cut));
        const all = [...nested, ...beside];
        const prefixes = new Prefixes<number[]>();
        for (const [at, prefix] of all.entries()) add(prefixes, prefix, at);
        for (const some of [whole, `${whole}a`, whole.slice(0, -1), tail]) {
          expect(visited(prefixes, some)).toEqual(all.flatMap((prefix, at) => (some.startsWith(prefix) ? [at] : [])));
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("hand over one value each, the newest there is", () => {
    const prefixes = new Prefixes<number>();
    for (const value of [3, 7, 5]) prefixes.update("https://a", (newest = 0) => Math.max(newest, value));
    const found: (number | undefined)[] = [];
    prefixes.visit("https://a.example/", (value) => found.push(value));
    prefixes.update("https://a", () => 9);
    prefixes.visit("https://a", (value) => found.push(value));
    expect(found).toEqual([7, 9]);
  });

  test("are none while there are none", () => {
    const prefixes = new Prefixes<number[]>();
    expect([visited(prefixes, ""), visited(prefixes, "a"), prefixes.size]).toEqual([[], [], 0]);
  });
});
