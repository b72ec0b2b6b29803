import { describe, expect, test } from "vitest";
import {
  heuristicLifetimeSeconds,
  initialAgeSeconds,
  responseLifetimeSeconds,
  staleWindows,
} from "../../src/http/freshness.ts";

const NOW_MS = Date.UTC(2026, 5, 1, 12, 0, 0);

function at(offsetSeconds: number): string {
  return new Date(NOW_MS + offsetSeconds * 1000).toUTCString();
}

function lifetime(fields: Record<string, string>): number | undefined {
  return responseLifetimeSeconds(new Headers(fields), NOW_MS);
}

describe("the lifetime a response gives itself", () => {
  test("s-maxage goes before max-age, max-age before Expires", () => {
    const expires = at(30);
    expect(lifetime({ expires, "cache-control": "max-age=20, s-maxage=10" })).toBe(10);
    expect(lifetime({ expires, "cache-control": "max-age=20" })).toBe(20);
    expect(lifetime({ expires })).toBe(30);
    expect(lifetime({ "cache-control": "public" })).toBeUndefined();
  });

  test("an invalid s-maxage makes the response stale rather than fall back on max-age", () => {
    expect(lifetime({ "cache-control": "max-age=20, s-maxage=x" })).toBe(0);
  });

  test("Expires counts from Date, and from now where Date is missing or invalid", () => {
    expect(lifetime({ date: at(-100), expires: at(30) })).toBe(130);
    expect(lifetime({ date: "yesterday", expires: at(30) })).toBe(30);
  });

  test.each(["0", "-1", "", "tomorrow", "2027-01-01"])("Expires: %j is already expired", (expires) => {
    expect(lifetime({ expires })).toBe(0);
  });

  test("an Expires before Date and one of two lines are expired, one far away is capped", () => {
    expect(lifetime({ expires: at(-1) })).toBe(0);
    expect(lifetime({ expires: `${at(30)}, ${at(30)}` })).toBe(0);
    expect(lifetime({ expires: "Fri, 31 Dec 9999 23:59:59 GMT" })).toBe(2 ** 31);
  });
});

describe("the heuristic lifetime", () => {
  const dates = { date: at(0), "last-modified": at(-1000) };

  test("is a tenth of the time since the last modification, a day at most", () => {
    expect(heuristicLifetimeSeconds(200, new Headers(dates))).toBe(100);
    const old = new Headers({ date: at(0), "last-modified": at(-10_000_000) });
    expect(heuristicLifetimeSeconds(200, old)).toBe(86_400);
  });

  test("is 0 for what was modified after it was sent", () => {
    expect(heuristicLifetimeSeconds(200, new Headers({ date: at(0), "last-modified": at(50) }))).toBe(0);
  });

  test("is only for heuristically cacheable statuses", () => {
    for (const status of [203, 204, 300, 301, 308, 404, 405, 410, 414, 501]) {
      expect(heuristicLifetimeSeconds(status, new Headers(dates))).toBe(100);
    }
    for (const status of [201, 206, 302, 307, 403, 500, 503]) {
      expect(heuristicLifetimeSeconds(status, new Headers(dates))).toBeUndefined();
    }
  });

  test.each([{ "cache-control": "max-age=0" }, { "cache-control": "s-maxage=5" }, { expires: "0" }])(
    "is never guessed beside %j",
    (explicit) => {
      expect(heuristicLifetimeSeconds(200, new Headers({ ...dates, ...explicit }))).toBeUndefined();
    },
  );

  test.each([{ date: at(0) }, { "last-modified": at(-9) }, { date: at(0), "last-modified": "x" }, {}])(
    "needs both dates: %j",
    (fields) => {
      expect(heuristicLifetimeSeconds(200, new Headers(fields as Record<string, string>))).toBeUndefined();
    },
  );
});

describe("the age on arrival", () => {
  function age(fields: Record<string, string>): number {
    return initialAgeSeconds(new Headers(fields), NOW_MS);
  }

  test("is the larger of Age and the time since Date", () => {
    expect(age({})).toBe(0);
    expect(age({ age: "30" })).toBe(30);
    expect(age({ age: "30", date: at(-40) })).toBe(40);
    expect(age({ age: "50", date: at(-40) })).toBe(50);
    expect(age({ date: at(40) })).toBe(0);
  });

  test("takes the first of several Age values and ignores an invalid one", () => {
    expect(age({ age: "30, 60" })).toBe(30);
    expect(age({ age: "x, 60" })).toBe(0);
    expect(age({ age: "-5" })).toBe(0);
    expect(age({ age: "1.5", date: "x" })).toBe(0);
    expect(age({ age: "9999999999" })).toBe(2 ** 31);
  });
});

describe("the windows in which a response may be served stale", () => {
  function windows(cacheControl: string) {
    return staleWindows(new Headers({ "cache-control": cacheControl }));
  }

  test("are those it gives itself", () => {
    expect(windows("max-age=1, stale-while-revalidate=2, stale-if-error=3")).toEqual({
      staleWhileRevalidateSeconds: 2,
      staleIfErrorSeconds: 3,
    });
    expect(windows("max-age=1")).toEqual({ staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0 });
  });

  test.each(["must-revalidate", "proxy-revalidate", "s-maxage=9"])("are none with %s", (directive) => {
    expect(windows(`stale-while-revalidate=2, stale-if-error=3, ${directive}`)).toEqual({
      staleWhileRevalidateSeconds: 0,
      staleIfErrorSeconds: 0,
    });
  });
});
