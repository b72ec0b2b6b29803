import fc from "fast-check";
import { expect, test } from "vitest";
import { splitList, trimOws } from "../../src/http/list.ts";

test("members are separated by commas, trimmed, and left out when empty", () => {
  expect(splitList(" a ,\tb,, c ,")).toEqual(["a", "b", "c"]);
  expect(splitList("")).toEqual([]);
  expect(splitList(" , ,")).toEqual([]);
});

test("a comma inside a quoted string does not separate", () => {
  expect(splitList('a="x, y", b')).toEqual(['a="x, y"', "b"]);
  expect(splitList('a="x \\", y", b')).toEqual(['a="x \\", y"', "b"]);
});

test("a quote that is never closed hides nothing", () => {
  expect(splitList('a="x, no-store')).toEqual(['a="x', "no-store"]);
  expect(splitList('a="x\\", no-store')).toEqual(['a="x\\"', "no-store"]);
});

test("a hundred thousand escaped quotes are read in one pass", () => {
  expect(splitList(`"${'\\"'.repeat(100_000)},b`)).toHaveLength(2);
});

test("members without quotes come back as they were joined", () => {
  const member = fc.stringMatching(/^[a-z=;]{1,10}$/);
  fc.assert(
    fc.property(fc.array(member), (members) => {
      expect(splitList(members.join(" ,  "))).toEqual(members);
    }),
  );
});

test("nothing but spaces, tabs and commas is lost from text without quotes", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ \ta-c,]*$/), (text) => {
      expect(splitList(text).join(",")).toBe(text.split(",").map(trimOws).filter(Boolean).join(","));
    }),
  );
});
