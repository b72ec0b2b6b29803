import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalJson, parseExactly } from "../../src/http/exact-json.ts";

function canonical(text: string): string | undefined {
  const value = parseExactly(text);
  return value === undefined ? undefined : canonicalJson(value);
}

describe("JSON in one spelling", () => {
  test.each([
    [' { "b" : [ 1 , 2 ] , "a" : null } ', '{"a":null,"b":[1,2]}'],
    ['{"a":{"d":1,"c":2}}', '{"a":{"c":2,"d":1}}'],
    ['{"\\u0061":"\\u00e9\\/"}', '{"a":"é/"}'],
    ['"a:b\\"c:d"', '"a:b\\"c:d"'],
    ['{"a:b":"c:d","\\\\":":"}', '{"\\\\":":","a:b":"c:d"}'],
    ['{"2":1,"10":2,"1":3}', '{"1":3,"10":2,"2":1}'],
    ['{"__proto__":1,"constructor":2}', '{"__proto__":1,"constructor":2}'],
    ["true", "true"],
    ["[]", "[]"],
    ["{}", "{}"],
    ['"\\ud800"', '"\\ud800"'],
  ])("%s is %s", (text, spelled) => {
    expect(canonical(text)).toBe(spelled);
  });

  test.each(["9007199254740993", "1.0", "-0", "1e400", "0.10000000000000000001", "1E2"])(
    "%s stays as it is spelled",
    (number) => {
      expect(canonical(` ${number} `)).toBe(number);
      expect(canonical(`{"a":[${number}]}`)).toBe(`{"a":[${number}]}`);
    },
  );

  test.each([
    "",
    "{",
    "{'a':1}",
    "[1,]",
    "NaN",
    "1 2",
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":2}',
    '[{"b":{"a":1,"a":2}}]',
    '{"__proto__":1,"__proto__":2}',
  ])("%j is none, or says a thing twice", (text) => {
    expect(parseExactly(text)).toBeUndefined();
  });

  test("what is nested as deep as no one means it is refused, not walked", () => {
    expect(canonical(`${"[".repeat(200)}${"]".repeat(200)}`)).toBe(`${"[".repeat(200)}${"]".repeat(200)}`);
    expect(parseExactly(`${"[".repeat(201)}${"]".repeat(201)}`)).toBeUndefined();
    expect(parseExactly('{"a":'.repeat(300_000))).toBeUndefined();
  });

  test("one spelling is one value, and one value one spelling", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), fc.jsonValue(), (one, other) => {
        const spelled = canonical(JSON.stringify(one));
        expect(spelled).toBeDefined();
        expect(canonical(JSON.stringify(one, undefined, 2))).toBe(spelled);
        expect(JSON.parse(spelled ?? "")).toEqual(JSON.parse(JSON.stringify(one)));
        if (JSON.stringify(one) === JSON.stringify(other)) expect(canonical(JSON.stringify(other))).toBe(spelled);
      }),
    );
  });

  test("the order of members means nothing", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const reversed = `{${Object.entries(object)
          .reverse()
          .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)
          .join(",")}}`;
        expect(canonical(reversed)).toBe(canonical(JSON.stringify(object)));
      }),
    );
  });
});
