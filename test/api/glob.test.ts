import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesGlob } from "../../src/api/glob.ts";

describe("a glob", () => {
  it.each([
    ["storefront", "storefront", true],
    ["storefront", "storefronts", false],
    ["storefront", "Storefront", false],
    ["*", "", true],
    ["*", "anything", true],
    ["acme-*", "acme-", true],
    ["acme-*", "acme-shop", true],
    ["acme-*", "xacme-shop", false],
    ["*-shop", "acme-shop", true],
    ["*-shop", "acme-shop-2", false],
    ["acme-?", "acme-1", true],
    ["acme-?", "acme-12", false],
    ["acme-?", "acme-", false],
    ["a.c", "abc", false],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c-b", false],
    ["?*?", "a", false],
    ["?*?", "ab", true],
  ])("%j stands for %j: %s", (glob, name, matches) => {
    expect(matchesGlob(glob, name)).toBe(matches);
  });

  it("matches what a regular expression of the same meaning does", () => {
    const sign = fc.constantFrom("a", "b", ".", "*", "?");
    const letter = fc.constantFrom("a", "b", ".");
    const text = (of: fc.Arbitrary<string>) => fc.array(of, { maxLength: 10 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(text(sign), text(letter), (glob, name) => {
        const source = glob.replaceAll(".", "\\.").replaceAll("*", ".*").replaceAll("?", ".");
        expect(matchesGlob(glob, name)).toBe(new RegExp(`^${source}$`).test(name));
      }),
      { numRuns: 2000 },
    );
  });

  it("answers at once where a regular expression would try every way there is", () => {
    expect(matchesGlob(`${"*a".repeat(60)}*b`, "a".repeat(128))).toBe(false);
  });
});
