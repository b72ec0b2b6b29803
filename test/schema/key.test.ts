import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildKey, type KeyParts, normalizeUrl, normalizeVary } from "../../schema/key.ts";
import type { CacheName, Namespace } from "../../schema/names.ts";
import { refusal } from "../support/refusal.ts";

const parameters = ["", "a", "a=", "a=1", "a=2", "%61=1", "b", "b=1", "+=1", "%20=1", "%zz=1", "=", "a=b=c", "a?"];
const forged = ["larder=n/c/GET/", "larder=", "larder=n%2Fc/GET/larder=x", "LARDER=1"];
const url = fc
  .record({
    host: fc.constantFrom("http://a.example", "https://a.example", "https://a.example:8443", "https://b.example"),
    path: fc.constantFrom("/", "/p", "/p/", "/p%2F", "/a,b=c&d", "/larder=n/c/GET/"),
    query: fc.option(fc.array(fc.constantFrom(...parameters, ...forged), { maxLength: 5 }), { nil: undefined }),
    fragment: fc.constantFrom("", "#", "#top", "#?a&larder=n/c/GET/"),
  })
  .map(
    ({ host, path, query, fragment }) => `${host}${path}${query === undefined ? "" : `?${query.join("&")}`}${fragment}`,
  );

const headerValue = fc.oneof(
  fc.constantFrom("", "en", "en,de", "a=b", "a/b", "a&b?c#d", "%2C", "'", "é", "larder=n/c/GET/"),
  fc.string({ maxLength: 8 }),
);
const vary = fc
  .uniqueArray(
    fc.tuple(fc.constantFrom<string[]>("larder", "accept", "accept-language", "a*b", "x'y"), fc.option(headerValue)),
    {
      selector: ([name]) => name,
      maxLength: 3,
    },
  )
  .map((pairs) => pairs.sort(([a], [b]) => (a < b ? -1 : 1)));
const name = fc.constantFrom("n", "c", "n.c", "n:c", "N", "larder-n");
const input = fc.record({
  namespace: name,
  cache: name,
  method: fc.constantFrom("GET", "get", "HEAD", "a'b"),
  url,
  vary,
});
type Input = typeof input extends fc.Arbitrary<infer Value> ? Value : never;

function partsOf({ namespace, cache, ...rest }: Input): KeyParts {
  return { ...rest, namespace: namespace as Namespace, cache: cache as CacheName, url: normalizeUrl(rest.url) };
}

/** Takes a key apart again, without a look at how it was made: what a key can be taken apart into, it tells apart. */
function takeApart(key: string) {
  const joint = Math.max(key.lastIndexOf("?"), key.lastIndexOf("&"));
  const [namespace, cache, method, variant] = key.slice(joint + 1 + "larder=".length).split("/");
  const pairs = (variant ?? "").split(",").filter((pair) => pair !== "");
  return {
    namespace: decodeURIComponent(namespace ?? ""),
    cache: decodeURIComponent(cache ?? ""),
    method: decodeURIComponent(method ?? ""),
    url: key.slice(0, joint),
    vary: pairs.map((pair) => {
      const [header = "", value] = pair.split("=").map(decodeURIComponent);
      return [header, value ?? null];
    }),
  };
}

/** What makes two URLs one, said in another way: the same parameters in the same order among those of one name. */
function meaning(text: string): string {
  const [whole = "", query] = new URL(text).href.replace(/#.*$/, "").split(/\?(.*)/s);
  if (query === undefined) return whole;
  const byName = Object.groupBy(query.split("&"), (parameter) => {
    const raw = parameter.replace(/=.*$/s, "");
    return /%(?![0-9a-f]{2})/i.test(raw) ? `raw ${raw}` : (new URLSearchParams(`${raw}=`).keys().next().value ?? "");
  });
  return JSON.stringify([whole, Object.entries(byName).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

describe("keys", () => {
  test("a key can be taken apart into exactly what it was made of", () => {
    fc.assert(
      fc.property(input, (raw) => {
        const parts = partsOf(raw);
        const expected = { ...parts, method: parts.method.toUpperCase() };
        const key = buildKey(parts);
        expect(takeApart(key)).toEqual(expected);
        // The platform parses the key as a URL; its spelling must tell apart just as much.
        expect(takeApart(new Request(key).url)).toEqual(expected);
      }),
      { numRuns: 1000 },
    );
  });

  test("two inputs have one key exactly when they mean the same", () => {
    const identity = ({ namespace, cache, method, url: text, vary: values }: Input) =>
      JSON.stringify([namespace, cache, method.toUpperCase(), meaning(text), values]);
    const keyOf = (raw: Input) => buildKey(partsOf(raw));
    const similar = fc
      .tuple(input, input, fc.subarray(["namespace", "cache", "method", "url", "vary"] as const))
      .map(([a, b, taken]) => [a, { ...a, ...Object.fromEntries(taken.map((part) => [part, b[part]])) }] as const);
    fc.assert(
      fc.property(similar, ([a, b]) => {
        expect(keyOf(a) === keyOf(b)).toBe(identity(a) === identity(b));
      }),
      { numRuns: 1000 },
    );
  });

  test("a key reads as documented", () => {
    const parts = {
      namespace: "storefront" as Namespace,
      cache: "pages" as CacheName,
      method: "get",
      url: normalizeUrl("https://Shop.example/p/1?size=l#reviews"),
      vary: [
        ["accept-language", "en, de"],
        ["cookie", null],
      ] as const,
    };
    expect(buildKey(parts)).toBe(
      "https://shop.example/p/1?size=l&larder=storefront/pages/GET/accept-language=en%2C%20de,cookie",
    );
    expect(buildKey({ ...parts, url: normalizeUrl("https://shop.example/"), vary: [] })).toBe(
      "https://shop.example/?larder=storefront/pages/GET/",
    );
  });

  test("the host of a key is the request's own", () => {
    fc.assert(
      fc.property(input, (raw) => {
        expect(new URL(buildKey(partsOf(raw))).origin).toBe(new URL(raw.url).origin);
      }),
    );
  });

  test("a header that is absent and one that is empty choose different variants", () => {
    const of = (value: string | null) =>
      buildKey(partsOf({ namespace: "n", cache: "c", method: "GET", url: "https://a.example/", vary: [["a", value]] }));
    expect(new Set([of(null), of(""), of("=")]).size).toBe(3);
  });
});

describe("normal URLs", () => {
  test("normalising twice changes nothing", () => {
    const any = fc.oneof(url, fc.webUrl({ withQueryParameters: true, withFragments: true }));
    fc.assert(
      fc.property(any, (text) => {
        expect(normalizeUrl(normalizeUrl(text))).toBe(normalizeUrl(text));
      }),
      { numRuns: 200 },
    );
  });

  test("the fragment does not count", () => {
    fc.assert(
      fc.property(url, (text) => {
        expect(normalizeUrl(`${text.replace(/#.*/, "")}#other`)).toBe(normalizeUrl(text));
        expect(normalizeUrl(text)).not.toContain("#");
      }),
    );
  });

  test("the order of parameters with different names does not count", () => {
    const distinct = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,3}$/), fc.stringMatching(/^[a-z0-9%=]*$/)), {
      selector: ([key]) => key,
    });
    const shuffled = distinct.chain((pairs) =>
      fc.tuple(fc.constant(pairs), fc.shuffledSubarray(pairs, { minLength: pairs.length })),
    );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        const of = (pairs: [string, string][]) =>
          normalizeUrl(`https://a.example/?${pairs.map((pair) => pair.join("=")).join("&")}`);
        expect(of(other)).toBe(of(one));
      }),
    );
  });

  test.each([
    ["https://a.example/?b=2&a=1&b=1", "https://a.example/?a=1&b=2&b=1"],
    ["https://a.example/?%61=2&a=1", "https://a.example/?%61=2&a=1"],
    ["https://a.example/?+=2&%20=1", "https://a.example/?+=2&%20=1"],
    ["https://a.example/?%20=1&+=2", "https://a.example/?%20=1&+=2"],
    ["https://a.example/?b&&a", "https://a.example/?&a&b"],
    ["https://a.example/?", "https://a.example/?"],
    ["https://a.example/?&", "https://a.example/?&"],
    ["https://a.example/?#x?y", "https://a.example/?"],
    ["https://a.example", "https://a.example/"],
    ["HTTPS://A.example:443/A/../b?%zz&%2f", "https://a.example/b?%zz&%2f"],
    ["http://a.example:443/", "http://a.example:443/"],
    ["https://bücher.example/é?é", "https://xn--bcher-kva.example/%C3%A9?%C3%A9"],
  ])("%s is %s", (text, normal) => {
    expect(normalizeUrl(text)).toBe(normal);
  });

  test("the order of parameters with one name counts", () => {
    expect(normalizeUrl("https://a.example/?a=1&a=2")).not.toBe(normalizeUrl("https://a.example/?a=2&a=1"));
  });

  test.each(["", "/p/1", "//a.example/", "a.example", "ftp://a.example/", "data:,x", "https://", "https://a b/"])(
    "%j is refused, for it is no absolute http or https URL",
    (text) => {
      expect(refusal(() => normalizeUrl(text))).toEqual({
        code: "invalid-input",
        field: "request",
        message: "request: must be an absolute http or https URL",
      });
    },
  );

  test.each(["https://user@a.example/", "https://user:secret@a.example/", "https://:secret@a.example/"])(
    "%s is refused, for it carries credentials, and they are not repeated",
    (text) => {
      const { message, ...refused } = refusal(() => normalizeUrl(text, "url"));
      expect(refused).toEqual({ code: "invalid-input", field: "url" });
      expect(message).toBe("url: a URL with a user name or password cannot be cached");
    },
  );
});

test("a URL taken for normal without being parsed is what parsing it gives", () => {
  const character = fc.constantFrom(..."azAZ09.-_~!$()*+,;=:@/%?&#'\"|é2e0x".split(""));
  const text = fc.array(character, { maxLength: 12 }).map((characters) => characters.join(""));
  const host = fc.constantFrom(
    "a.example",
    "A.example",
    "127.1",
    "0x7f.1",
    "a.1",
    "1.a",
    "xn--a",
    "a.xn--zz",
    "a..b",
    "-a",
  );
  const url = fc
    .tuple(fc.constantFrom("https", "http"), fc.oneof(host, text), text)
    .map(([scheme, name, rest]) => `${scheme}://${name}/${rest}`);
  fc.assert(
    fc.property(url, (made) => {
      let normal: string | undefined;
      try {
        normal = normalizeUrl(made);
      } catch {
        fc.pre(false);
      }
      expect(URL.canParse(normal ?? "")).toBe(true);
      expect(normalizeUrl(new URL(made).href)).toBe(normal);
    }),
    { numRuns: 5000 },
  );
});

describe("vary", () => {
  test("names are lower-case, sorted and without repeats, whatever their order and case", () => {
    expect(normalizeVary(["X-B", "accept", "x-b", "Accept", "a"])).toEqual(["a", "accept", "x-b"]);
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "A", "b-c", "B-C", "larder")), (names) => {
        const normal = normalizeVary(names);
        expect(normal).toEqual(normalizeVary(names.toReversed().map((each) => each.toUpperCase())));
        expect(normalizeVary(normal)).toEqual(normal);
        expect(normal).toEqual([...new Set(normal)].sort());
      }),
    );
  });
});
