import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalizedValue } from "../../src/http/vary-values.ts";

describe("the value of a field in a key", () => {
  test.each([
    ["accept-language", "en-US, en;q=0.8", "en-us,en;q=0.8"],
    ["accept-language", "  EN-us ,\ten ; q=0.8 ,, ", "en-us,en;q=0.8"],
    ["accept-language", "", ""],
    ["accept-charset", "UTF-8 , ISO-8859-1;Q=0.5", "utf-8,iso-8859-1;q=0.5"],
    ["accept", "Text/HTML ; Q=0.9, application/JSON", "text/html;q=0.9,application/json"],
    ["accept", 'a/b;Profile="A, B ; c" , c/d', 'a/b;profile="A, B ; c",c/d'],
    ["accept", 'a/b;x="A\\" , B" , c/d', 'a/b;x="A\\" , B",c/d'],
    ["accept", 'a/b;x="A , c/d', 'a/b;x="A,c/d'],
    ["accept", "a/b;Version=V1", "a/b;version=V1"],
    ["accept-encoding", "GZIP, deflate , br", "br, gzip"],
    ["cache-control", "No-Cache ,\tMax-Age=0", "no-cache,max-age=0"],
    ["cache-control", "x=A ; b", "x=A ; b"],
    ["te", "Trailers , deflate;q=0.5", "trailers,deflate;q=0.5"],
    ["x-currency", "  EUR , USD ", "EUR,USD"],
    ["if-none-match", '"a" , "b"', '"a" , "b"'],
  ])("%s: %j is %j", (name, text, value) => {
    expect(normalizedValue(name, new Headers({ [name]: text }))).toBe(value);
  });

  test("what is absent is null, but for Accept-Encoding, which then accepts nothing", () => {
    expect(normalizedValue("accept-language", new Headers())).toBeNull();
    expect(normalizedValue("x-currency", new Headers())).toBeNull();
    expect(normalizedValue("accept-encoding", new Headers())).toBe("");
  });

  test("several lines are one list", () => {
    const lines = new Headers({ accept: "text/html" });
    lines.append("accept", "text/plain");
    expect(normalizedValue("accept", lines)).toBe("text/html,text/plain");
  });

  const quoted = fc.stringMatching(/^[a-zA-Z ,;=]{0,6}$/).map((text) => `"${text}"`);
  const media = fc
    .record({
      type: fc.constantFrom("text/html", "text/*", "a/b"),
      parameters: fc.array(
        fc.tuple(fc.constantFrom("q", "level", "v"), fc.oneof(fc.constantFrom("0.5", "V", "v"), quoted)),
        { maxLength: 2 },
      ),
    })
    .map(({ type, parameters }) => [type, ...parameters.map(([name, value]) => `${name}=${value}`)]);
  const list = fc.array(media, { minLength: 1, maxLength: 4 });

  test("white space between members and parameters means nothing", () => {
    const spaces = fc.constantFrom("", " ", "\t", "  ");
    fc.assert(
      fc.property(list, fc.infiniteStream(spaces), (members, space) => {
        const between = (separator: string) => `${space.next().value}${separator}${space.next().value}`;
        const text = members
          .map((parts) => parts.reduce((all, part) => all + between(";") + part))
          .reduce((all, member) => all + between(",") + member);
        expect(normalizedValue("accept", new Headers({ accept: text }))).toBe(
          members.map((parts) => parts.join(";")).join(","),
        );
      }),
    );
  });

  test("lists that differ in a member or a parameter have different values", () => {
    fc.assert(
      fc.property(list, list, (one, other) => {
        const valueOfList = (members: string[][]) =>
          normalizedValue("accept", new Headers({ accept: members.map((parts) => parts.join("; ")).join(", ") }));
        expect(valueOfList(one) === valueOfList(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });

  test("a value is its own value, whatever is sent", () => {
    const names = fc.constantFrom("accept", "accept-language", "accept-charset", "cache-control", "te", "x-other");
    fc.assert(
      fc.property(names, fc.stringMatching(/^[aB ,;="\\\t*/-]*$/), (name, text) => {
        const once = normalizedValue(name, new Headers({ [name]: text })) ?? "";
        expect(normalizedValue(name, new Headers({ [name]: once }))).toBe(once);
      }),
    );
  });

  test("a value of many quotes and blanks takes no longer than its length warrants", () => {
    const startedAtMs = performance.now();
    for (const text of ['"\\'.repeat(30_000), `a${" ".repeat(60_000)}b`, ";\t".repeat(30_000), '";'.repeat(30_000)]) {
      normalizedValue("accept", new Headers({ accept: text }));
    }
    expect(performance.now() - startedAtMs).toBeLessThan(2000);
  });
});
