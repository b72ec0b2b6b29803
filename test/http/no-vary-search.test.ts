import { expect, test } from "vitest";
import { absoluteUrl } from "../../schema/key.ts";
import { searchRule, withoutIgnored } from "../../src/http/no-vary-search.ts";

function rule(field: string): string | undefined {
  return searchRule(new Headers({ "no-vary-search": field }));
}

test.each([
  ["key-order", "?key-order="],
  ["params", "?ignore-all="],
  ['params=("utm" "x y")', "?ignore=utm&ignore=x+y"],
  ['params=("a%20b" "c+d")', "?ignore=a+b&ignore=c+d"],
  ['params, except=("id")', "?ignore-all=&only=id"],
  ['key-order, params=("a"), other=1', "?key-order=&ignore=a"],
])("%s is kept as %s", (field, kept) => {
  expect(rule(field)).toBe(kept);
});

test.each([
  ["nothing", ""],
  ["what is no dictionary", "params=(utm"],
  ["params that are tokens", "params=(utm)"],
  ["params that are a string", 'params="utm"'],
  ["a number for key-order", "key-order=1"],
  ["except beside a list", 'params=("a"), except=("b")'],
  ["except by itself", 'except=("b")'],
  ["params turned off", "params=?0"],
  ["an except that is no list", "params, except"],
  ["a list beyond all measure", `params=("${"x".repeat(2000)}")`],
])("of %s nothing is taken", (_, field) => {
  expect(rule(field)).toBeUndefined();
});

function same(field: string, first: string, second: string): boolean {
  const names = ["accept", rule(field) ?? "none"];
  const [one, other] = [first, second].map((query) =>
    withoutIgnored(absoluteUrl(`https://a.example/p${query}`), names),
  );
  return one === other;
}

test.each([
  ["key-order", "?a=1&b=2", "?b=2&a=1", true],
  ["key-order", "?a=1&a=2", "?a=2&a=1", false],
  ["params", "?a=1", "", true],
  ['params=("utm")', "?utm=1&a=1", "?a=1&utm=2&utm", true],
  ['params=("utm")', "?a=1&b=1", "?b=1&a=1", false],
  ['params=("%61")', "?a=1", "?%61=2", true],
  ['params, except=("a")', "?a=1&b=1", "?b=2&a=1", true],
  ['params, except=("a")', "?a=1", "?A=1", false],
  ['params, except=("")', "?=1", "?=2", false],
])("by %s, %s and %s are the same: %s", (field, first, second, outcome) => {
  expect(same(field, first, second)).toBe(outcome);
});

test("without a rule the URL stays as it is spelled", () => {
  const url = absoluteUrl("https://a.example/p?b=%7e&a=+");
  expect(withoutIgnored(url, ["accept"])).toBe(url);
});
