import fc from "fast-check";
import { expect, test } from "vitest";
import { addCacheStatus, cacheStatus } from "../../src/http/cache-status.ts";

test("a hit tells the freshness left, below zero when stale", () => {
  expect(cacheStatus({ outcome: "hit" })).toBe("Larder; hit");
  expect(cacheStatus({ outcome: "hit", ttlSeconds: 376 })).toBe("Larder; hit; ttl=376");
  expect(cacheStatus({ outcome: "hit", ttlSeconds: -412, detail: "stale" })).toBe(
    "Larder; hit; ttl=-412; detail=stale",
  );
});

test("a forward tells why, how the origin answered and whether that was stored", () => {
  expect(cacheStatus({ outcome: "forwarded", reason: "uri-miss" })).toBe("Larder; fwd=uri-miss");
  expect(cacheStatus({ outcome: "forwarded", reason: "stale", status: 200, storage: "stored", ttlSeconds: 60 })).toBe(
    "Larder; fwd=stale; fwd-status=200; stored; ttl=60",
  );
  expect(
    cacheStatus({ outcome: "forwarded", reason: "miss", status: 500, storage: "not-stored", detail: "code" }),
  ).toBe("Larder; fwd=miss; fwd-status=500; detail=code");
});

test("seconds are whole, rounded down, and of 15 digits at most", () => {
  expect(cacheStatus({ outcome: "hit", ttlSeconds: 1.9 })).toBe("Larder; hit; ttl=1");
  expect(cacheStatus({ outcome: "hit", ttlSeconds: -0.5 })).toBe("Larder; hit; ttl=-1");
  expect(cacheStatus({ outcome: "hit", ttlSeconds: -0 })).toBe("Larder; hit; ttl=0");
  expect(cacheStatus({ outcome: "hit", ttlSeconds: 1e21 })).toBe("Larder; hit; ttl=999999999999999");
});

test("a detail that is no token is a quoted string", () => {
  const detail = (text: string) => cacheStatus({ outcome: "hit", detail: text }).slice("Larder; hit; detail=".length);
  expect(detail("purged-during-fill")).toBe("purged-during-fill");
  expect(detail("view/too:old")).toBe("view/too:old");
  expect(detail("9 lives")).toBe('"9 lives"');
  expect(detail("9")).toBe('"9"');
  expect(detail("")).toBe('""');
  expect(detail('a "b" \\c')).toBe('"a \\"b\\" \\\\c"');
  expect(detail("naïve 🍎\r\nx: y")).toBe('"na?ve ???x: y"');
});

test("any detail makes one well-formed member", () => {
  const character = fc.oneof(fc.integer({ min: 0, max: 0x10_ffff }), fc.integer({ min: 0x20, max: 0x7e }));
  const text = fc.array(character).map((codes) => String.fromCodePoint(...codes));
  fc.assert(
    fc.property(text, (detail) => {
      expect(cacheStatus({ outcome: "hit", detail })).toMatch(
        /^Larder; hit; detail=(?:[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]*|"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*")$/,
      );
    }),
  );
});

test("it is added after those of the caches nearer the origin", () => {
  const headers = new Headers({ "cache-status": "Shield; hit; ttl=9" });
  addCacheStatus(headers, { outcome: "forwarded", reason: "uri-miss", storage: "stored" });
  expect(headers.get("cache-status")).toBe("Shield; hit; ttl=9, Larder; fwd=uri-miss; stored");
});
