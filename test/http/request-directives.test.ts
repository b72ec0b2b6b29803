import { describe, expect, test } from "vitest";
import type { Candidate } from "../../src/http/request-directives.ts";
import { isOnlyIfCached, requestWish } from "../../src/http/request-directives.ts";

/** A response of 60 seconds that is 20 seconds old, unless another is meant. */
function wish(cacheControl: string, candidate: Partial<Candidate> = {}) {
  const headers = new Headers();
  if (cacheControl !== "") headers.set("cache-control", cacheControl);
  const fresh = { ageSeconds: 20, ttlSeconds: 60, isFresh: true, origin: "unasked", mayBeStale: () => true } as const;
  return requestWish(headers, { ...fresh, ...candidate });
}

const STALE = { ageSeconds: 80, isFresh: false };

describe("a fresh response", () => {
  test.each([
    ["no directive that matters", "no-transform, max-age=20, min-fresh=40", "content"],
    ["no-cache", "no-cache", "validate"],
    ["max-age below its age", "max-age=19", "validate"],
    ["max-age=0", "max-age=0", "validate"],
    ["a max-age that is no number, which is 0", "max-age=soon", "validate"],
    ["max-age below its age, but max-stale above the difference", "max-age=10, max-stale=10", "content"],
    ["min-fresh above what is left", "min-fresh=41", "validate"],
  ])("with %s", (_, cacheControl, expected) => {
    expect(wish(cacheControl)).toBe(expected);
  });
});

describe("a stale response", () => {
  test.each([
    ["no max-stale", "", "content"],
    ["max-stale of what it is stale by", "max-stale=20", "content-if-stale"],
    ["less of it", "max-stale=19", "content"],
    ["any of it", "max-stale", "content-if-stale"],
    ["max-age, and no max-stale", "max-age=600", "validate"],
    ["max-age, and max-stale", "max-age=600, max-stale=20", "content-if-stale"],
  ])("with %s", (_, cacheControl, expected) => {
    expect(wish(cacheControl, STALE)).toBe(expected);
  });

  test("that a soft purge has made stale before its time is not fresh for as long as min-fresh asks", () => {
    expect(wish("min-fresh=1", { isFresh: false })).toBe("validate");
    expect(wish("min-fresh=1")).toBe("content");
    expect(wish("min-fresh=0", { isFresh: false })).toBe("content");
  });

  test("that forbids being served stale is not, whatever the client takes (section 4.2.4)", () => {
    expect(wish("max-stale", { ...STALE, mayBeStale: () => false })).toBe("content");
    expect(wish("max-age=10, max-stale", { mayBeStale: () => false })).toBe("validate");
  });
});

describe("a stale response, once the origin has failed", () => {
  const FAILED = { ...STALE, origin: "failed" } as const;

  test.each([
    ["stale-if-error of what it is stale by", "stale-if-error=20", "content-if-stale"],
    ["less of it", "stale-if-error=19", "content"],
    ["stale-if-error that is no number, which is 0", "stale-if-error=soon", "content"],
    ["less max-stale, but enough stale-if-error", "max-stale=19, stale-if-error=20", "content-if-stale"],
    ["stale-if-error, and max-age", "max-age=600, stale-if-error=20", "validate"],
    ["stale-if-error, and no-cache", "no-cache, stale-if-error=20", "validate"],
  ])("with %s", (_, cacheControl, expected) => {
    expect(wish(cacheControl, FAILED)).toBe(expected);
  });

  test("that forbids being served stale is not, whatever the client allows (RFC 9111 section 4.2.4)", () => {
    expect(wish("stale-if-error=20", { ...FAILED, mayBeStale: () => false })).toBe("content");
  });

  test("is not before it has", () => {
    expect(wish("stale-if-error=20", STALE)).toBe("content");
  });
});

test("only-if-cached is for methods that are answered from a cache", () => {
  const headers = { "cache-control": "max-age=5, only-if-cached" };
  expect(isOnlyIfCached(new Request("https://a.example/", { headers }))).toBe(true);
  expect(isOnlyIfCached(new Request("https://a.example/", { headers, method: "POST" }))).toBe(false);
  expect(isOnlyIfCached(new Request("https://a.example/"))).toBe(false);
});
