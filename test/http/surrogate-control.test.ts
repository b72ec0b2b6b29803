import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCacheControl } from "../../src/http/cache-control.ts";
import { parseSurrogateControl } from "../../src/http/surrogate-control.ts";
import { responseControl } from "../../src/http/targeted-control.ts";

const asCacheControl = (text: string) => parseCacheControl(new Headers({ "cache-control": text }));

describe("Surrogate-Control", () => {
  it.each([
    ['max-age=3600, content="ESI/1.0"', "max-age=3600"],
    ["max-age=3600+600", "max-age=3600, stale-while-revalidate=600"],
    ["MAX-AGE=1+2 ,no-store", "max-age=1, stale-while-revalidate=2, no-store"],
    ["no-store-remote, max-age=60", "no-store, max-age=60"],
    ["No-Store-Remote=x", "no-store"],
    ["no-store-remotely, max-age=60", "max-age=60"],
    ["max-age=60, max-age=600;their-cdn, no-store;their-cdn", "max-age=60"],
    [
      "max-age=60, stale-while-revalidate=30, stale-if-error=9",
      "max-age=60, stale-while-revalidate=30, stale-if-error=9",
    ],
    ['content="a, no-store", max-age=60', "max-age=60"],
    ['private="a;b"', 'private="a;b"'],
    ["max-age=60+", "max-age=0"],
    ["max-age=60+x", "max-age=0"],
    ["max-age=+60", "max-age=0"],
    ["max-age=1+2+3", "max-age=0"],
    ["max-age=99999999999+99999999999", "max-age=99999999999, stale-while-revalidate=99999999999"],
  ])("%s means Cache-Control: %s", (text, cacheControl) => {
    expect(parseSurrogateControl(text)).toEqual(asCacheControl(cacheControl));
  });

  it.each(["", " , ", 'content="ESI/1.0"', "no-store;their-cdn"])("%j says nothing to this cache", (text) => {
    expect(parseSurrogateControl(text)).toBeUndefined();
  });

  it("of whatever text is read without a throw, and never as longer than a max-age in it", () => {
    const piece = fc.constantFrom(
      "max-age",
      "=",
      "+",
      "5",
      ",",
      ";",
      " ",
      '"',
      "\\",
      "no-store-remote",
      "content",
      "x",
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join("");
        const longest = Math.max(
          0,
          ...[...text.matchAll(/[0-9]+/g)].map(([digits]) => Math.min(Number(digits), 2 ** 31)),
        );
        expect(parseSurrogateControl(text)?.maxAgeSeconds ?? 0).toBeLessThanOrEqual(longest);
      }),
    );
  });

  it("is obeyed where it is a target, in its place among them, and passed over where it says nothing", () => {
    const targets = ["surrogate-control", "cdn-cache-control"];
    const by = (fields: Record<string, string>) => responseControl(new Headers(fields), targets);
    const both = { "surrogate-control": "max-age=1+2", "cdn-cache-control": "max-age=5", "cache-control": "no-store" };
    expect(by(both)).toMatchObject({ target: "surrogate-control", maxAgeSeconds: 1, staleWhileRevalidateSeconds: 2 });
    expect(by({ ...both, "surrogate-control": 'content="ESI/1.0"' })).toMatchObject({
      target: "cdn-cache-control",
      maxAgeSeconds: 5,
    });
    expect(responseControl(new Headers(both)).maxAgeSeconds).toBe(5);
  });
});
