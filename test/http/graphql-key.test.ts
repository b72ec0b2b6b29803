import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { graphqlKey } from "../../src/http/graphql-key.ts";

function textOf(request: unknown): string {
  const judged = graphqlKey(JSON.stringify(request), "unknown");
  if (judged.kind !== "query") throw new Error(`no query: ${judged.why}`);
  return judged.text;
}

function whyNot(body: string): string {
  const judged = graphqlKey(body, "unknown");
  return judged.kind === "query" ? `keyed by ${judged.text}` : judged.why;
}

describe("a GraphQL query", () => {
  test("is known by its document without ignored characters, and the rest as canonical JSON", () => {
    const query = `
      # the shop
      query P($id: ID!,) { product(id: $id) { name, ...More } }
      fragment More on Product { price }`;
    expect(textOf({ query, variables: { id: 1, at: null }, operationName: "P" })).toBe(
      '{"operationName":"P","query":"query P($id:ID!){product(id:$id){name ...More}}fragment More on Product{price}","variables":{"at":null,"id":1}}',
    );
  });

  test.each([
    ["{ a }", "{a}"],
    ["{ a b }", "{ a, b }"],
    ["{ a b }", "\uFEFF{\r\n a # b }\n b }"],
    ['{ a(x: """\n    one\n      two\n  """) }', '{a(x:"""\n one\n   two\n""")}'],
    ["query { a(x: [1 2]) }", "query{a(x:[1,2])}"],
  ])("%j asks for what %j does", (one, other) => {
    expect(textOf({ query: one })).toBe(textOf({ query: other }));
  });

  test.each([
    ["{ a b }", "{ b a }"],
    ["{ a b }", "{ ab }"],
    ["{ a }", "query { a }"],
    ["{ a(x: 1) }", "{ a(x: 1.0) }"],
    ["{ a(x: 1) }", '{ a(x: "1") }'],
    ['{ a(x: "b c") }', '{ a(x: "bc") }'],
    ['{ a(x: "#b") }', '{ a(x: "") }'],
    ['{ a(x: """b""") }', '{ a(x: """b """) }'],
    ["{ a: b }", "{ b: a }"],
    ["{ a @skip(if: true) }", "{ a @skip(if: false) }"],
    ["query A { a } query B { b }", "query A { a }"],
    ["{ ...F } fragment F on T { a }", "{ ...F } fragment F on T { b }"],
  ])("%j does not ask for what %j does", (one, other) => {
    expect(textOf({ query: one })).not.toBe(textOf({ query: other }));
  });

  test("with another operation name, variable or extension is another", () => {
    const query = "query A($x: Int) { a(x: $x) } query B { b }";
    const requests = [
      { query },
      { query, operationName: "A" },
      { query, operationName: "B" },
      { query, operationName: "A", variables: {} },
      { query, operationName: "A", variables: { x: 1 } },
      { query, operationName: "A", variables: { x: "1" } },
      { query, operationName: "A", variables: { x: null } },
      { query, operationName: "A", variables: { x: [1] } },
      { query, operationName: "A", extensions: { x: 1 } },
      { query, operationName: "A", tenant: 1 },
    ];
    expect(new Set(requests.map(textOf)).size).toBe(requests.length);
  });

  test("with integers that JavaScript cannot hold is told apart by them", () => {
    const body = (id: string) => `{"query":"query($id:ID){a(id:$id)}","variables":{"id":${id}}}`;
    expect(graphqlKey(body("9007199254740993"), "unknown")).not.toEqual(
      graphqlKey(body("9007199254740992"), "unknown"),
    );
  });

  test("in a batch is known by all of it, in its order", () => {
    const one = { query: "{ a }" };
    const other = { query: "{ b }" };
    expect(textOf([one, other])).toBe('[{"query":"{a}"},{"query":"{b}"}]');
    expect(new Set([[one], one, [other, one], [one, other], [one, one]].map(textOf)).size).toBe(5);
  });
});

describe("what is not known to be a query is not keyed", () => {
  test.each([
    ["mutation { a }", "mutation"],
    ["subscription { a }", "subscription"],
    ["query A { a } mutation B { b }", "mutation"],
    ["fragment F on T { a } mutation { ...F }", "mutation"],
    ["# { a }\nmutation { a }", "mutation"],
    ["{ a } } mutation { b }", "unparsable"],
    ["{ a", "unparsable"],
    ["{ a(x: 1a) }", "unparsable"],
    ["{ }", "unparsable"],
    ["{ a { } }", "unparsable"],
    ["{ a { ...on } }", "unparsable"],
    ["", "unparsable"],
    ["{ a } type T { a: Int }", "unparsable"],
    ["extend schema @a", "unparsable"],
    [`${"{ a ".repeat(200_000)}${"}".repeat(200_000)}`, "unparsable"],
    [`{ ${"a ".repeat(20_000)} }`, "unparsable"],
  ])("%.40j: %s", (query, why) => {
    expect(whyNot(JSON.stringify({ query }))).toBe(why);
    expect(whyNot(JSON.stringify([{ query: "{ a }" }, { query }]))).toBe(why);
  });

  test.each([
    "",
    "{ a }",
    "null",
    "1",
    '"{ a }"',
    "[]",
    "[[]]",
    '[[{"query":"{a}"}]]',
    '{"query":1}',
    '{"query":["{a}"]}',
    '{"query":"mutation{a}","query":"{a}"}',
    '{"query":"{a}","Query":"mutation{a}"}',
    '{"query":"{a}","QUERY":null}',
    '{"query":"query A{a}","OperationName":"A"}',
    '{"query":"{a}","variables":{"x":1,"x":2}}',
  ])("%s: unparsable", (body) => {
    expect(whyNot(body)).toBe("unparsable");
  });

  test("an operation asked for by its hash or id alone, unless someone vouches for it", () => {
    const byHash = JSON.stringify({
      extensions: { persistedQuery: { version: 1, sha256Hash: "ab" } },
      variables: { b: 1, a: 2 },
    });
    expect(whyNot(byHash)).toBe("persisted");
    expect(whyNot('{"query":null,"id":"7"}')).toBe("persisted");
    expect(graphqlKey(byHash, "queries")).toEqual({
      kind: "query",
      text: '{"extensions":{"persistedQuery":{"sha256Hash":"ab","version":1}},"variables":{"a":2,"b":1}}',
    });
    expect(graphqlKey('{"query":"mutation{a}","id":"7"}', "queries")).toEqual({ kind: "not-a-query", why: "mutation" });
  });
});

describe("for any document", () => {
  interface Field {
    readonly name: string;
    readonly arguments: readonly (readonly [name: string, value: string])[];
    readonly fields: readonly Field[];
  }

  const name = fc.constantFrom("a", "b", "query", "mutation", "on", "fragment", "_1");
  const value = fc.constantFrom("1", "-2.5", "true", "null", "$x", '"s # t"', '"\\""', "E", "[ 1 2 ]", "{ k : 1 }");
  const fieldWith = (fields: fc.Arbitrary<readonly Field[]>): fc.Arbitrary<Field> =>
    fc.record({ name, arguments: fc.array(fc.tuple(name, value), { maxLength: 2 }), fields });
  const leaf = fieldWith(fc.constant([]));
  const branch = fieldWith(fc.array(leaf, { maxLength: 2 }));
  const field = fieldWith(fc.array(fc.oneof(leaf, branch), { maxLength: 2 }));
  const fields = fc.array(field, { minLength: 1, maxLength: 3 });
  // What is ignored, of which a little has to be between two words.
  const ignored = fc.constantFrom(" ", "\n", "\t", ",", "\r\n", "# a comment { mutation\n", " ,  ");

  function tokensOf(fields: readonly Field[]): string[] {
    return ["{", ...fields.flatMap(tokensOfField), "}"];
  }

  function tokensOfField({ name, arguments: given, fields }: Field): string[] {
    const list = given.flatMap(([name, value]) => [name, ":", ...(value.startsWith('"') ? [value] : value.split(" "))]);
    return [name, ...(list.length === 0 ? [] : ["(", ...list, ")"]), ...(fields.length === 0 ? [] : tokensOf(fields))];
  }

  test("what is ignored does not change its key, and all else does", () => {
    fc.assert(
      fc.property(fields, fields, fc.infiniteStream(ignored), (one, other, between) => {
        const written = (fields: readonly Field[]) =>
          tokensOf(fields).reduce((text, token) => `${text}${between.next().value}${token}`, "");
        const key = textOf({ query: written(one) });
        expect(textOf({ query: tokensOf(one).join(" ") })).toBe(key);
        expect(textOf({ query: written(other) }) === key).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
      { numRuns: 300 },
    );
  });

  test("a change of one field's name, of an argument or of a variable changes its key", () => {
    fc.assert(
      fc.property(fields, fc.nat(), fc.jsonValue(), fc.jsonValue(), (fields, at, x, y) => {
        const tokens = tokensOf(fields);
        const words = tokens.flatMap((token, index) => (/^\w/.test(token) ? [index] : []));
        const changed = words[at % words.length] ?? 0;
        const other = tokens.map((token, index) => (index === changed ? `${token}0` : token));
        const query = `query($x:Int)${tokens.join(" ")}`;
        // 10 is a number still, and a name with a 0 a name.
        expect(textOf({ query: `query($x:Int)${other.join(" ")}` })).not.toBe(textOf({ query }));
        expect(textOf({ query, variables: { x } }) === textOf({ query, variables: { x: y } })).toBe(
          JSON.stringify(sorted(x)) === JSON.stringify(sorted(y)),
        );
      }),
    );
  });

  function sorted(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(sorted);
    if (typeof value !== "object" || value === null) return value;
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return { members: members.map(([name, member]) => [name, sorted(member)]) };
  }

  test("no document with a mutation is keyed, wherever it stands in it", () => {
    fc.assert(
      fc.property(fc.array(fields, { maxLength: 3 }), fields, fc.nat({ max: 3 }), (queries, mutation, at) => {
        const definitions = queries.map((fields, index) => `query Q${index} ${tokensOf(fields).join(" ")}`);
        definitions.splice(at, 0, `mutation M ${tokensOf(mutation).join(" ")}`);
        expect(whyNot(JSON.stringify({ query: definitions.join("\n"), operationName: "Q0" }))).toBe("mutation");
      }),
    );
  });

  test("whatever is sent, it is keyed or not, and nothing is thrown", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json()), fc.string({ unit: "binary" }), (body, query) => {
        expect(["query", "not-a-query"]).toContain(graphqlKey(body, "queries").kind);
        expect(["query", "not-a-query"]).toContain(graphqlKey(JSON.stringify({ query }), "unknown").kind);
      }),
    );
  });
});
