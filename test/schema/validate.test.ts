import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { LarderError } from "../../schema/errors.ts";
import { atMost, parse, problemsOf } from "../../schema/validate.ts";
import { refusal } from "../support/refusal.ts";

const Schema = v.strictObject({
  name: v.string("must be a string"),
  list: v.optional(v.array(v.strictObject({ size: v.pipe(v.number("must be a number"), v.maxValue(9, "at most 9")) }))),
});

describe("parse", () => {
  test("returns the checked value, with what the schema makes of it", () => {
    const schema = v.strictObject({ a: v.optional(v.string(), "default"), b: v.pipe(v.string(), v.trim()) });
    expect(parse(schema, { b: " x " })).toEqual({ a: "default", b: "x" });
  });

  test("throws a LarderError that names the field by its path, the limit and the value", () => {
    expect(() => parse(Schema, { name: "n", list: [{ size: 1 }, { size: 10 }] })).toThrow(LarderError);
    expect(refusal(() => parse(Schema, { name: "n", list: [{ size: 1 }, { size: 10 }] }))).toEqual({
      code: "invalid-input",
      field: "list[1].size",
      limit: 9,
      message: "list[1].size: at most 9 (got 10)",
    });
  });

  test("puts the name of the whole input before the path", () => {
    expect(refusal(() => parse(Schema, {}, "entry")).field).toBe("entry.name");
    expect(refusal(() => parse(Schema, 7, "entry")).field).toBe("entry");
    expect(refusal(() => parse(v.array(v.string()), ["a", 1], "tags")).field).toBe("tags[1]");
    expect(refusal(() => parse(Schema, 7)).field).toBe("input");
  });

  test("names the first of several faults", () => {
    expect(refusal(() => parse(Schema, { list: [{ size: 10 }], name: 7 })).field).toBe("name");
  });

  test("a field that is there but undefined is as good as missing", () => {
    expect(refusal(() => parse(Schema, { name: undefined })).field).toBe("name");
    expect(parse(Schema, { name: "n", list: undefined })).toEqual({ name: "n" });
  });

  test("an unknown field is refused even when its value is undefined", () => {
    expect(refusal(() => parse(Schema, { name: "n", extra: undefined }))).toEqual({
      code: "invalid-input",
      field: "extra",
      message: "extra: is not an option of Larder; check its spelling",
    });
  });

  test("the name of an unknown field is cut when it is long", () => {
    const { field, message } = refusal(() => parse(Schema, { name: "n", ["x".repeat(100_000)]: 1 }));
    expect(field).toBe(`${"x".repeat(60)}…`);
    expect(message.length).toBeLessThan(200);
  });

  test("of what may be false or an object, the object's field is named", () => {
    const size = v.union(
      [
        v.literal(false),
        v.strictObject({ size: v.optional(v.pipe(v.number("a number"), v.maxValue(9, "at most 9"))) }),
      ],
      "false or an object",
    );
    const schema = v.strictObject({
      box: v.optional(v.union([v.literal(1), v.strictObject({ inner: size })], "1 or a box")),
    });
    const fieldOf = (box: unknown) => refusal(() => parse(schema, { box }));
    expect(fieldOf({ inner: { sise: 1 } })).toMatchObject({
      field: "box.inner.sise",
      message: "box.inner.sise: is not an option of Larder; check its spelling",
    });
    expect(fieldOf({ inner: { size: 10 } })).toMatchObject({ field: "box.inner.size", limit: 9 });
    expect(fieldOf({ inner: 7 })).toMatchObject({
      field: "box.inner",
      message: "box.inner: false or an object (got 7)",
    });
    expect(fieldOf(7)).toMatchObject({ field: "box", message: "box: 1 or a box (got 7)" });
  });

  test("a check of something measured names its limit", () => {
    const schema = v.pipe(
      v.array(v.string()),
      atMost(3, (list: string[]) => list.join("").length, "at most 3 characters in all"),
    );
    expect(parse(schema, ["a", "bc"])).toEqual(["a", "bc"]);
    expect(refusal(() => parse(schema, ["ab", "cd"], "list"))).toEqual({
      code: "invalid-input",
      field: "list",
      limit: 3,
      message: "list: at most 3 characters in all (got an array of 2)",
    });
  });

  test.each([
    ["x".repeat(61), `${JSON.stringify(`${"x".repeat(60)}…`)}`],
    ["x".repeat(60), `"${"x".repeat(60)}"`],
    ['say "no"\n', '"say \\"no\\"\\n"'],
    [[1, 2], "an array of 2"],
    [{ secret: "s" }, "an object"],
    [null, "null"],
    [true, "true"],
    [Number.NaN, "NaN"],
    [7n, "7"],
    [Symbol("s"), "Symbol(s)"],
  ])("%s is shown in a message as %s", (value, shown) => {
    const number = v.number("must be a number");
    expect(refusal(() => parse(number, value, "n")).message).toBe(`n: must be a number (got ${shown})`);
  });
});

describe("problemsOf", () => {
  test("tells of each field at fault once, in the words of parse", () => {
    const input = { list: [{ size: 10 }, { size: "1", sise: 2 }], extra: 1 };
    const problems = problemsOf(Schema, input, "options");
    expect(problems.map(({ message }) => message)).toEqual([
      "options.name: is required",
      "options.list[0].size: at most 9 (got 10)",
      'options.list[1].size: must be a number (got "1")',
      "options.list[1].sise: is not an option of Larder; check its spelling",
      "options.extra: is not an option of Larder; check its spelling",
    ]);
    expect(refusal(() => parse(Schema, input, "options")).message).toBe(problems[0]?.message);
  });

  test("has nothing to tell of what is right", () => {
    expect(problemsOf(Schema, { name: "n" })).toEqual([]);
  });
});
