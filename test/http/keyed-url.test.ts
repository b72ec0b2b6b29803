import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { keyedUrl } from "../../src/http/keyed-url.ts";

const exclude = (...names: string[]) => ({ query: { exclude: names } });
const only = (...names: string[]) => ({ query: { only: names } });

describe("the URL of a key", () => {
  test.each([
    [{}, "https://a.example/p?b=1&a=2&", "https://a.example/p?b=1&a=2&"],
    [exclude("utm"), "https://a.example/p?b=1&utm=x&a=%zz&b=%41", "https://a.example/p?b=1&a=%zz&b=%41"],
    [exclude("utm"), "https://a.example/p?utm=1", "https://a.example/p"],
    [exclude("utm"), "https://a.example/p?%75tm=1&u+tm=2", "https://a.example/p?u+tm=2"],
    [exclude("u tm"), "https://a.example/p?u+tm=1&u%20tm=2&utm", "https://a.example/p?utm"],
    [exclude("utm"), "https://a.example/p?utm&utm=&UTM=1&utm_x", "https://a.example/p?UTM=1&utm_x"],
    [exclude("%zz"), "https://a.example/p?%zz=1&a=%", "https://a.example/p?a=%"],
    [exclude(), "https://a.example/p?a=1", "https://a.example/p?a=1"],
    [exclude("a"), "https://a.example/p?a=1#top?a=1", "https://a.example/p#top?a=1"],
    [exclude("a"), "https://a.example/p#top?a=1", "https://a.example/p#top?a=1"],
    [exclude("a"), "https://a.example/p?x=a=1?a=1", "https://a.example/p?x=a=1?a=1"],
    [only(), "https://a.example/p?a=1&b", "https://a.example/p"],
    [only(), "https://a.example/p", "https://a.example/p"],
    [only(), "https://a.example/p?", "https://a.example/p"],
    [only("q"), "https://a.example/p?&q=2&a=1&q=1&", "https://a.example/p?q=2&q=1"],
    [only("é"), "https://a.example/p?%C3%A9=1&%E9=2", "https://a.example/p?%C3%A9=1"],
    [only("constructor"), "https://a.example/p?constructor=1&toString=2", "https://a.example/p?constructor=1"],
  ])("by %j of %s is %s", (policy, url, keyed) => {
    expect(keyedUrl(policy, url)).toBe(keyed);
  });

  const names = ["a", "b", "a b", "é", "%zz", ""];
  const spellings = { a: ["a", "%61"], b: ["b"], "a b": ["a+b", "a%20b"], é: ["%C3%A9"], "%zz": ["%zz"], "": [""] };
  const parameter = fc.constantFrom(...names).chain((name) =>
    fc.record({
      name: fc.constant(name),
      text: fc
        .tuple(
          fc.constantFrom(...(spellings[name as keyof typeof spellings] ?? [])),
          fc.constantFrom("", "=", "=1", "=%", "=a=b"),
        )
        .map(([spelled, value]) => spelled + value),
    }),
  );
  const query = fc.array(parameter, { minLength: 1, maxLength: 8 });
  const chosen = fc.uniqueArray(fc.constantFrom(...names.filter((name) => name !== "")));

  test("has exactly the parameters wanted, as they were spelled and in their order", () => {
    fc.assert(
      fc.property(query, chosen, fc.boolean(), (query, chosen, isOnly) => {
        const url = `https://a.example/p?${query.map(({ text }) => text).join("&")}`;
        const wanted = query.filter(({ name }) => chosen.includes(name) === isOnly).map(({ text }) => text);
        const keyed = keyedUrl(isOnly ? only(...chosen) : exclude(...chosen), url);
        expect(keyed).toBe(`https://a.example/p${wanted.join("&") === "" ? "" : `?${wanted.join("&")}`}`);
      }),
      { numRuns: 500 },
    );
  });

  test("is its own, whatever is sent", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), chosen, (text, chosen) => {
        for (const policy of [only(...chosen), exclude(...chosen)]) {
          const once = keyedUrl(policy, `https://a.example/?${text}`);
          expect(keyedUrl(policy, once)).toBe(once);
        }
      }),
    );
  });
});
