import { expect, it } from "vitest";
import { groupTags, invalidatedGroupTags } from "../../src/http/cache-groups.ts";

const URL_A = "https://a.example/p";
const tags = (field: string, url = URL_A) => groupTags(url, new Headers({ "cache-groups": field }));

it("a group is a tag of its origin", () => {
  expect(tags('"scripts", "a b,c"')).toEqual(["group:https://a.example:scripts", "group:https://a.example:a%20b%2Cc"]);
  expect(tags('"scripts"', "https://b.example/")).toEqual(["group:https://b.example:scripts"]);
  const field = new Headers({ "cache-group-invalidation": '"scripts"' });
  expect(invalidatedGroupTags(URL_A, field)).toEqual(["group:https://a.example:scripts"]);
});

it("parameters of a group are ignored", () => {
  expect(tags('"a";x=1')).toEqual(["group:https://a.example:a"]);
});

it.each(["a, b", '"a', '"a", 1', "1", '"a",'])(
  "the field %j, which is no list of strings, is ignored as a whole",
  (field) => {
    expect(tags(field)).toEqual([]);
  },
);

it("32 groups of 32 characters are kept", () => {
  const names = Array.from({ length: 32 }, (_, at) => String(at).padStart(32, "g"));
  expect(tags(names.map((name) => `"${name}"`).join(", "))).toHaveLength(32);
});
