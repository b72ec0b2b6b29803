import { describe, expect, test } from "vitest";
import { limits } from "../../schema/limits.ts";
import type { StoreInput, StoreVerdict } from "../../src/http/storable.ts";
import { storeVerdict } from "../../src/http/storable.ts";

const NOW_MS = Date.UTC(2026, 5, 1, 12, 0, 0);

interface Case {
  readonly method?: string;
  readonly requestFields?: Record<string, string>;
  readonly status?: number;
  readonly fields?: Record<string, string>;
  readonly declared?: StoreInput["declared"];
  readonly declaredVary?: readonly string[];
  readonly heuristics?: "on" | "off";
}

function judge(input: Case): StoreVerdict {
  return storeVerdict({
    request: { method: input.method ?? "GET", headers: new Headers(input.requestFields) },
    response: { status: input.status ?? 200, headers: new Headers(input.fields) },
    declared: input.declared ?? {},
    declaredVary: input.declaredVary ?? [],
    heuristics: input.heuristics ?? "off",
    nowMs: NOW_MS,
  });
}

/** The reason a response is refused that is otherwise fresh for a minute; "stored" where it is not refused. */
function reasonWith(cacheControl: string, input: Case = {}): string {
  const verdict = judge({
    ...input,
    fields: { "cache-control": ["max-age=60", cacheControl].filter(Boolean).join(", "), ...input.fields },
  });
  return verdict.store ? "stored" : verdict.reason;
}

test("a response that gives itself a lifetime is stored with it", () => {
  const fields = { "cache-control": "max-age=60, stale-while-revalidate=30, stale-if-error=90", age: "5" };
  expect(judge({ fields })).toEqual({
    store: true,
    ttlSeconds: 60,
    staleWhileRevalidateSeconds: 30,
    staleIfErrorSeconds: 90,
    keepSeconds: 0,
    initialAgeSeconds: 5,
    varyNames: [],
  });
});

describe("is refused", () => {
  test.each(["HEAD", "POST", "PUT", "OPTIONS", "QUERY"])("an answer to %s", (method) => {
    expect(reasonWith("", { method })).toBe("method");
  });

  test.each([101, 206, 304])("status %i, with explicit freshness and a declared lifetime too", (status) => {
    expect(reasonWith("", { status })).toBe("code");
    expect(reasonWith("", { status, declared: { ttlSeconds: 5 } })).toBe("code");
  });

  test.each([
    ["no-store", "no-store"],
    ["private", "private"],
    ['private="x-user"', "private"],
    ["no-cache", "no-cache"],
    ['no-cache="set-cookie"', "no-cache"],
    ["private, no-cache, no-store", "no-store"],
  ])("what says %s, whatever lifetime is declared", (cacheControl, reason) => {
    expect(reasonWith(cacheControl)).toBe(reason);
    expect(reasonWith(cacheControl, { declared: { ttlSeconds: 5 } })).toBe(reason);
  });

  test("an answer to a request that says no-store", () => {
    expect(reasonWith("", { requestFields: { "cache-control": "no-store" } })).toBe("no-store");
  });

  test("what sets a cookie", () => {
    expect(reasonWith("public", { fields: { "cache-control": "max-age=9", "set-cookie": "a=1" } })).toBe("set-cookie");
  });
});

describe("an answer to a request with credentials", () => {
  const requestFields = { authorization: "Bearer x" };

  test("is refused, whatever lifetime is declared", () => {
    expect(reasonWith("", { requestFields })).toBe("authorization");
    expect(reasonWith("", { requestFields, declared: { ttlSeconds: 5 } })).toBe("authorization");
    expect(reasonWith("public=x", { requestFields })).toBe("authorization");
  });

  test.each(["public", "s-maxage=9", "must-revalidate"])("is stored with %s", (directive) => {
    expect(reasonWith(directive, { requestFields })).toBe("stored");
  });

  test.each(["public=1", "must-revalidate=1", "s-maxage=soon"])(
    "is refused with %s, which is malformed",
    (directive) => {
      expect(reasonWith(directive, { requestFields, declared: { ttlSeconds: 5 } })).toBe("authorization");
    },
  );

  test("is stored where the credentials are part of the key", () => {
    expect(reasonWith("", { requestFields, declaredVary: ["authorization"] })).toBe("stored");
  });
});

describe("must-understand", () => {
  test("overrules the response's no-store where the status is understood", () => {
    expect(reasonWith("no-store, must-understand")).toBe("stored");
    expect(reasonWith("no-store, must-understand", { status: 599 })).toBe("no-store");
  });

  test("does not overrule the request's", () => {
    const requestFields = { "cache-control": "no-store" };
    expect(reasonWith("no-store, must-understand", { requestFields })).toBe("no-store");
  });

  test("refuses a status that is not understood", () => {
    expect(reasonWith("must-understand", { status: 599 })).toBe("code");
    expect(reasonWith("", { status: 599 })).toBe("stored");
  });
});

describe("Vary", () => {
  function varyOf(vary: string, declaredVary: readonly string[] = []) {
    return judge({ fields: { "cache-control": "max-age=60", vary }, declaredVary });
  }

  test("names what the key still lacks, in order", () => {
    expect(varyOf("Origin, Accept-Language, accept-encoding, origin", ["accept-language"])).toMatchObject({
      store: true,
      varyNames: ["accept-encoding", "origin"],
    });
  });

  test.each(["*", "origin, *", "not a name", '"origin"'])("%j is refused", (vary) => {
    expect(varyOf(vary)).toEqual({ store: false, reason: "vary" });
  });

  test("more names than a key may hold are refused, those declared counted once", () => {
    const names = Array.from({ length: limits.varyHeaders }, (_, index) => `x-${index}`);
    expect(varyOf(names.join(", "), ["x-0", "x-1"])).toMatchObject({ store: true });
    expect(varyOf(names.join(", "), ["x-other"])).toEqual({ store: false, reason: "vary" });
    expect(varyOf([...names, "y"].join(", "))).toEqual({ store: false, reason: "vary" });
  });
});

describe("without a declared lifetime", () => {
  test.each(["", "max-age=0", "s-maxage=0, max-age=60", "max-age=x"])("%j gives none", (cacheControl) => {
    expect(judge({ fields: { "cache-control": cacheControl } })).toEqual({ store: false, reason: "no-max-age" });
  });

  test("a lifetime of 0 may have windows after it", () => {
    expect(judge({ fields: { "cache-control": "max-age=0, stale-while-revalidate=60" } })).toMatchObject({
      store: true,
      ttlSeconds: 0,
      staleWhileRevalidateSeconds: 60,
    });
  });

  test.each([412, 416, 428, 429, 431, 511])("status %i is for one client, and never stored", (status) => {
    expect(reasonWith("", { status })).toBe("code");
  });

  test("any final status is stored that gives itself one", () => {
    for (const status of [201, 302, 403, 500, 503]) expect(reasonWith("", { status })).toBe("stored");
  });

  test("what is older on arrival than all its windows is refused", () => {
    const cacheControl = "max-age=60, stale-while-revalidate=30, stale-if-error=10";
    expect(judge({ fields: { "cache-control": cacheControl, age: "89" } })).toMatchObject({ initialAgeSeconds: 89 });
    expect(judge({ fields: { "cache-control": cacheControl, age: "90" } })).toMatchObject({ reason: "no-max-age" });
  });

  test("one is guessed only where heuristics are on", () => {
    const at = (offsetSeconds: number) => new Date(NOW_MS + offsetSeconds * 1000).toUTCString();
    const fields = { date: at(-10), "last-modified": at(-1010) };
    expect(judge({ fields })).toEqual({ store: false, reason: "no-max-age" });
    expect(judge({ fields, heuristics: "on" })).toMatchObject({ ttlSeconds: 100, initialAgeSeconds: 10 });
    expect(judge({ fields, heuristics: "on", status: 302 })).toEqual({ store: false, reason: "no-max-age" });
  });
});

describe("with a declared lifetime", () => {
  const declared = { ttlSeconds: 300 };

  test("it goes before the response's, and counts from its age on arrival", () => {
    expect(judge({ declared, fields: { "cache-control": "max-age=5", age: "1000" } })).toMatchObject({
      ttlSeconds: 1300,
      initialAgeSeconds: 1000,
    });
    expect(judge({ declared, fields: { "cache-control": "max-age=0" } })).toMatchObject({ ttlSeconds: 300 });
  });

  test("one of zero is none", () => {
    expect(reasonWith("", { declared: { ttlSeconds: 0 } })).toBe("no-max-age");
    expect(reasonWith("", { declared: { ttlSeconds: 0, staleWhileRevalidateSeconds: 60 } })).toBe("no-max-age");
  });

  test("an error or a redirect is stored only where the response itself says it is fresh", () => {
    for (const status of [302, 403, 500, 503]) {
      expect(judge({ declared, status })).toEqual({ store: false, reason: "code" });
      expect(judge({ declared, status, fields: { expires: "0" } })).toEqual({ store: false, reason: "code" });
      expect(judge({ declared, status, fields: { "cache-control": "max-age=5" } })).toMatchObject({ ttlSeconds: 300 });
    }
    for (const status of [200, 204, 301, 404, 410]) expect(judge({ declared, status })).toMatchObject({ store: true });
  });
});

describe("with a lifetime declared for its status", () => {
  const declared = { byStatusSeconds: 10, ttlSeconds: 300 };

  test("it goes before the declared one and the response's, and counts from its age on arrival", () => {
    const fields = { "cache-control": "max-age=5", age: "1000" };
    expect(judge({ status: 404, declared, fields })).toMatchObject({ ttlSeconds: 1010, initialAgeSeconds: 1000 });
    expect(judge({ declared: { byStatusSeconds: 10 }, fields })).toMatchObject({ ttlSeconds: 1010 });
    expect(judge({ declared: { byStatusSeconds: 10 }, fields: { expires: "0" } })).toMatchObject({ ttlSeconds: 10 });
  });

  test("one of zero is none, whatever else would give one", () => {
    const none = { byStatusSeconds: 0, ttlSeconds: 300, staleWhileRevalidateSeconds: 60 };
    for (const status of [200, 302, 404, 503]) {
      expect(reasonWith("", { status, declared: none, heuristics: "on" })).toBe("no-max-age");
      expect(judge({ status, declared: none })).toEqual({ store: false, reason: "no-max-age" });
    }
  });

  test("a status is stored that is not cacheable by default", () => {
    for (const status of [201, 302, 307, 400, 403, 418, 500, 503, 599]) {
      expect(judge({ status, declared })).toMatchObject({ store: true, ttlSeconds: 10 });
    }
  });

  test.each([100, 101, 206, 304])("status %i is never stored", (status) => {
    expect(reasonWith("", { status, declared })).toBe("code");
  });

  test.each([
    ["no-store", "no-store"],
    ["private", "private"],
    ["no-cache", "no-cache"],
  ])("what says %s is not stored", (cacheControl, reason) => {
    expect(reasonWith(cacheControl, { status: 404, declared })).toBe(reason);
    expect(reasonWith(cacheControl, { status: 503, declared })).toBe(reason);
  });

  test("what sets a cookie, answers credentials or varies on everything is not stored", () => {
    const status = 404;
    expect(reasonWith("", { status, declared, fields: { "set-cookie": "a=1" } })).toBe("set-cookie");
    expect(reasonWith("", { status, declared, requestFields: { authorization: "Bearer x" } })).toBe("authorization");
    expect(reasonWith("", { status, declared, requestFields: { "cache-control": "no-store" } })).toBe("no-store");
    expect(reasonWith("", { status, declared, fields: { vary: "*" } })).toBe("vary");
  });

  test("an error of the server is not served stale, though windows are declared and given", () => {
    const windows = { staleWhileRevalidateSeconds: 30, staleIfErrorSeconds: 60 };
    const fields = { "cache-control": "max-age=5, stale-while-revalidate=7, stale-if-error=8" };
    const none = { staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0 };
    for (const status of [500, 501, 503, 599]) {
      expect(judge({ status, fields, declared: { ...declared, ...windows } })).toMatchObject({
        ttlSeconds: 10,
        ...none,
      });
      expect(judge({ status, fields, declared })).toMatchObject(none);
    }
    expect(judge({ status: 499, fields, declared: { ...declared, ...windows } })).toMatchObject(windows);
    expect(judge({ status: 404, fields, declared })).toMatchObject({ staleIfErrorSeconds: 8 });
    expect(judge({ status: 503, fields, declared: windows })).toMatchObject(windows);
  });

  test("none is longer than a year", () => {
    expect(judge({ declared: { byStatusSeconds: 2 * limits.ttlSeconds } })).toMatchObject({
      ttlSeconds: limits.ttlSeconds,
    });
  });
});

test("declared windows go before the response's, each for itself", () => {
  const fields = { "cache-control": "max-age=60, stale-while-revalidate=1, stale-if-error=2" };
  expect(judge({ fields, declared: { staleWhileRevalidateSeconds: 30 } })).toMatchObject({
    ttlSeconds: 60,
    staleWhileRevalidateSeconds: 30,
    staleIfErrorSeconds: 2,
  });
  expect(judge({ fields: { "cache-control": "s-maxage=60" }, declared: { staleIfErrorSeconds: 9 } })).toMatchObject({
    staleWhileRevalidateSeconds: 0,
    staleIfErrorSeconds: 9,
  });
});

test("no lifetime is longer than a year", () => {
  const cacheControl = "max-age=99999999999, stale-while-revalidate=99999999999, stale-if-error=99999999999";
  expect(judge({ fields: { "cache-control": cacheControl } })).toMatchObject({
    ttlSeconds: limits.ttlSeconds,
    staleWhileRevalidateSeconds: limits.ttlSeconds,
    staleIfErrorSeconds: limits.ttlSeconds,
  });
});
