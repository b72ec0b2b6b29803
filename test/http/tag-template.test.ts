import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "../../schema/limits.ts";
import { TagSchema } from "../../schema/names.ts";
import { parse } from "../../schema/validate.ts";
import { expandTags, isTagTemplate, templateProblems } from "../../src/http/tag-template.ts";

const tag = fc
  .string({
    minLength: 1,
    maxLength: 20,
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  })
  .filter((text) => !text.includes(","));

describe("a tag", () => {
  test.each<[template: string, params: Record<string, string>, tag: string]>([
    ["products", {}, "products"],
    ["product:{id}", { id: "17" }, "product:17"],
    ["{shop}/{id}", { shop: "a", id: "b" }, "a/b"],
    ["file:{0}", { "0": "x/y.css" }, "file:x/y.css"],
    ["{id}{id}", { id: "x" }, "xx"],
    ["product:{id}", { id: "a%2Fb" }, "product:a/b"],
    ["product:{id}", { id: "%zz" }, "product:%zz"],
    ["product:{id}", { id: "{id}" }, "product:{id}"],
    ["product:{id}", { id: "$&" }, "product:$&"],
    ["product:{id}", { id: "" }, "product:"],
    ["{{id}}", { id: "17" }, "{id}"],
    ["{{{id}}}", { id: "17" }, "{17}"],
    ["{", {}, "{"],
    ["}a{ b".replace(" ", ""), {}, "}a{b"],
    ["{a-b}", {}, "{a-b}"],
    ["{}", {}, "{}"],
  ])("%s with %o is %s", (template, params, expected) => {
    expect(expandTags([template], params)).toEqual({ tags: [expected], dropped: [] });
  });

  test.each<[template: string, params: Record<string, string>, reason: string]>([
    ["product:{id}", {}, "unmatched"],
    ["product:{toString}", {}, "unmatched"],
    ["product:{id}", { id: "a%20b" }, "invalid"],
    ["product:{id}", { id: "a,b" }, "invalid"],
    ["product:{id}", { id: "caf%C3%A9" }, "invalid"],
    ["product:{id}", { id: "x".repeat(limits.tagCharacters) }, "invalid"],
    ["product:{id}", { id: "%41".repeat(4 * limits.tagCharacters) }, "invalid"],
    ["{id}", { id: "" }, "invalid"],
  ])("%s with %o is left out and told of as %s", (template, params, reason) => {
    expect(expandTags(["kept", template], params)).toEqual({ tags: ["kept"], dropped: [{ template, reason }] });
  });

  test("that comes out twice is there once", () => {
    expect(expandTags(["a:{id}", "a:1", "a:{id}"], { id: "1" }).tags).toEqual(["a:1"]);
  });

  test("without a group's name in braces is what it was, unless braces are doubled", () => {
    fc.assert(
      fc.property(tag, (text) => {
        fc.pre(!isTagTemplate(text));
        expect(expandTags([text], {}).tags).toEqual([text]);
        expect(templateProblems(undefined, [text])).toEqual([]);
      }),
    );
  });

  test("of any template and any values is a valid one", () => {
    const template = fc.array(fc.oneof(tag, fc.constantFrom("{id}", "{0}", "{{", "}}"))).map((parts) => parts.join(""));
    fc.assert(
      fc.property(template, fc.string(), fc.string(), (text, id, unnamed) => {
        const { tags, dropped } = expandTags([text], { id, "0": unnamed });
        expect(tags.length + dropped.length).toBe(1);
        for (const one of tags) expect(() => parse(TagSchema, one)).not.toThrow();
      }),
    );
  });
});

describe("the problems of a rule's templates", () => {
  test.each<[path: string | undefined, tags: string[]]>([
    ["/p/:id", ["product:{id}", "all"]],
    ["/*/:x(\\d+)/(a|b)", ["{0}{x}{1}"]],
    ["/p/:id?", ["product:{id}"]],
    ["/a b/:id/*", ["product:{id}:{0}"]],
    [undefined, ["all", "{{id}}", "{ x".replace(" ", "")]],
  ])("are none for %s with %o", (path, tags) => {
    expect(templateProblems(path, tags)).toEqual([]);
  });

  test.each<[path: string | undefined, tags: string[], words: string]>([
    ["/p/:id", ["product:{sku}"], 'the path "/p/:id" has only {id}'],
    ["/p", ["product:{sku}"], 'the path "/p" has no groups'],
    ["/*", ["{1}"], "has only {0}"],
    ["/a b/:id", ["{0}"], "has only {id}"],
    [undefined, ["product:{id}"], "the rule has no path"],
  ])("of %s with %o say that %s", (path, tags, words) => {
    const problems = templateProblems(path, tags);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(words);
    expect(problems[0]).toContain("{{");
  });
});
