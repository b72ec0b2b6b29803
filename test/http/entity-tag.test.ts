import fc from "fast-check";
import { expect, test } from "vitest";
import { matchesStrongly, matchesWeakly, parseEntityTag, parseEntityTagList } from "../../src/http/entity-tag.ts";

const strong = (opaque: string) => ({ strength: "strong" as const, opaque });
const weak = (opaque: string) => ({ strength: "weak" as const, opaque });

test("a tag is strong or weak and keeps its quotes", () => {
  expect(parseEntityTag('"abc"')).toEqual(strong('"abc"'));
  expect(parseEntityTag('W/"abc"')).toEqual(weak('"abc"'));
  expect(parseEntityTag('""')).toEqual(strong('""'));
});

test.each(["", "abc", "'abc'", '"abc', 'abc"', 'w/"abc"', 'W"abc"', '"a b"', '"a" "b"', '"a", "b"', "*"])(
  "%j is no entity-tag",
  (text) => {
    expect(parseEntityTag(text)).toBeUndefined();
  },
);

test("commas and backslashes inside a tag are part of it", () => {
  expect(parseEntityTagList('"a,b" , W/"c\\",, "d"')).toEqual([strong('"a,b"'), weak('"c\\"'), strong('"d"')]);
});

test.each(["", ",", '"a" "b"', '"a", b', 'b, "a"', '"a", *', '"a", "b'])("%j is no list of entity-tags", (text) => {
  expect(parseEntityTagList(text)).toBeUndefined();
});

test("tags are read back from the list they were joined to", () => {
  const tag = fc.record({
    strength: fc.constantFrom("strong" as const, "weak" as const),
    opaque: fc.stringMatching(/^"[\x21\x23-\x7e]{0,8}"$/),
  });
  fc.assert(
    fc.property(fc.array(tag, { minLength: 1 }), (tags) => {
      const text = tags.map(({ strength, opaque }) => (strength === "weak" ? `W/${opaque}` : opaque)).join(", ");
      expect(parseEntityTagList(text)).toEqual(tags);
    }),
  );
});

test("the comparisons are those of the table in RFC 9110 section 8.8.3.2", () => {
  const table = [
    [weak('"1"'), weak('"1"'), false, true],
    [weak('"1"'), weak('"2"'), false, false],
    [weak('"1"'), strong('"1"'), false, true],
    [strong('"1"'), strong('"1"'), true, true],
  ] as const;
  for (const [a, b, strongly, weakly] of table) {
    expect(matchesStrongly(a, b)).toBe(strongly);
    expect(matchesWeakly(a, b)).toBe(weakly);
  }
});
