import fc from "fast-check";
import { expect, test } from "vitest";
import { normalizedAcceptEncoding, varyNames } from "../../src/http/vary.ts";

test("names of all lines are lower-case, sorted and without repeats", () => {
  const headers = new Headers({ vary: "Origin ,, Accept-Language" });
  headers.append("vary", "\torigin, Cookie");
  expect(varyNames(headers)).toEqual(["accept-language", "cookie", "origin"]);
});

test("no field and an empty one name nothing", () => {
  expect(varyNames(new Headers())).toEqual([]);
  expect(varyNames(new Headers({ vary: " , " }))).toEqual([]);
});

test.each(["*", "origin, *", "* , origin", "a b", "a:b", '"origin"'])("%j matches no request", (vary) => {
  expect(varyNames(new Headers({ vary }))).toBe("*");
});

test("every name it returns can be looked up in a request", () => {
  const text = fc.stringMatching(/^[a-c ,;"*:-]*$/);
  fc.assert(
    fc.property(text, (vary) => {
      const names = varyNames(new Headers({ vary }));
      if (names !== "*") for (const name of names) expect(new Headers().get(name)).toBeNull();
    }),
  );
});

test.each([
  ["gzip, deflate, br, zstd", "br, gzip"],
  ["BR;Q=1.0,GZIP;q=0.8", "br, gzip"],
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["br", "br"],
  ["identity", ""],
  ["", ""],
  ["*", "br, gzip"],
  ["*;q=0", ""],
  ["gzip, *;q=0", "gzip"],
  ["gzip;q=0, *", "br"],
  ["gzip ; q=0.000, br\t;\tq=0.001", "br"],
  ["gzip;q=0, gzip", ""],
  ["br;q=2", ""],
  ["br;q=x, gzip;q", ""],
  ["gzip;q=-1", ""],
  ["brotli, gzipped", ""],
])("Accept-Encoding: %j accepts %j", (text, canonical) => {
  expect(normalizedAcceptEncoding(new Headers({ "accept-encoding": text }))).toBe(canonical);
});

test("a request without Accept-Encoding is sent no coding", () => {
  expect(normalizedAcceptEncoding(new Headers())).toBe("");
});

test("the canonical form is its own canonical form", () => {
  const coding = fc.constantFrom("br", "gzip", "*", "identity", "zstd", "gzip;q=0", "br;q=0.5", "*;q=0");
  fc.assert(
    fc.property(fc.array(coding), (codings) => {
      const once = normalizedAcceptEncoding(new Headers({ "accept-encoding": codings.join(",") }));
      expect(["", "br", "gzip", "br, gzip"]).toContain(once);
      expect(normalizedAcceptEncoding(new Headers({ "accept-encoding": once }))).toBe(once);
    }),
  );
});
