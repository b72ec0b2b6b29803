import { describe, expect, test } from "vitest";
import { responseLifetimeSeconds } from "../../src/http/freshness.ts";
import { storeVerdict } from "../../src/http/storable.ts";
import { responseControl, withholdTargets } from "../../src/http/targeted-control.ts";

function headersWith(fields: Readonly<Record<string, string>>): Headers {
  return new Headers(fields);
}

describe("a targeted field", () => {
  test("goes before Cache-Control and Expires, and says that it did", () => {
    const headers = headersWith({
      "cdn-cache-control": "max-age=600",
      "cache-control": "no-store, max-age=5",
      expires: "0",
    });
    expect(responseControl(headers)).toMatchObject({ target: "cdn-cache-control", maxAgeSeconds: 600 });
    expect([...responseControl(headers).flags]).toEqual([]);
    expect(responseLifetimeSeconds(headers, 0)).toBe(600);
  });

  test("without a lifetime leaves none, whatever Cache-Control and Expires say", () => {
    const headers = headersWith({ "cdn-cache-control": "public", "cache-control": "max-age=5" });
    expect(responseLifetimeSeconds(headers, 0)).toBeUndefined();
  });

  test.each([
    ["that is no dictionary", "max-age=600, &&&"],
    ["that is empty", ""],
    ["with a name in capitals, which a dictionary does not allow", "Max-Age=600"],
  ])("%s is ignored as a whole", (_, text) => {
    const headers = headersWith({ "cdn-cache-control": text, "cache-control": "max-age=5" });
    expect(responseControl(headers)).toMatchObject({ target: undefined, maxAgeSeconds: 5 });
  });

  test.each([
    ['max-age="600"', undefined],
    ["max-age=600.5", undefined],
    ["max-age=-1", undefined],
    ["max-age", undefined],
    ["max-age=600;x=1", 600],
    ["max-age=5, max-age=600", 600],
    ["max-age=999999999999999", 2_147_483_648],
  ])("of %s takes %s seconds", (text, seconds) => {
    const headers = headersWith({ "cdn-cache-control": `${text}, unknown=(a b)` });
    expect(responseControl(headers).maxAgeSeconds).toBe(seconds);
  });

  test.each([
    ["no-store", "no-store"],
    ["private", "private"],
    ['private="x-user"', "private"],
    ["no-cache", "no-cache"],
  ] as const)("of %s forbids storing", (text, reason) => {
    const response = new Response("x", { headers: { "cdn-cache-control": text, "cache-control": "max-age=60" } });
    const request = new Request("https://a.example/");
    const verdict = storeVerdict({ request, response, declared: {}, declaredVary: [], heuristics: "off", nowMs: 0 });
    expect(verdict).toEqual({ store: false, reason });
  });

  test("is looked for in the order of the list, and Cache-Control is the last", () => {
    const headers = headersWith({
      "b-control": "max-age=2",
      "cdn-cache-control": "max-age=3",
      "cache-control": "max-age=4",
    });
    expect(responseControl(headers, ["a-control", "b-control", "cdn-cache-control"]).maxAgeSeconds).toBe(2);
    expect(responseControl(headers, []).maxAgeSeconds).toBe(4);
  });

  test("that says ?0 of a flag does not set it", () => {
    const headers = headersWith({ "cdn-cache-control": "no-store=?0, max-age=1" });
    expect([...responseControl(headers).flags]).toEqual([]);
  });
});

test("targeted fields go on to clients, or are taken out where the cache is declared so", () => {
  const fields = { "cdn-cache-control": "max-age=5", "other-control": "x", "cache-control": "max-age=1" };
  const left = (targetedControlToClient: "forward" | "remove", targetedControl: string[]) => {
    const headers = headersWith(fields);
    withholdTargets(headers, { targetedControl, targetedControlToClient });
    return [...headers.keys()];
  };
  expect(left("forward", ["cdn-cache-control"])).toEqual(["cache-control", "cdn-cache-control", "other-control"]);
  expect(left("remove", ["cdn-cache-control", "other-control"])).toEqual(["cache-control"]);
  expect(left("remove", [])).toHaveLength(3);
});

test.each([
  ["public, max-age=5", true],
  ["must-revalidate, max-age=5", true],
  ["s-maxage=5", true],
  ["max-age=5", false],
  ["must-revalidate=1, max-age=5", false],
  ['s-maxage="5"', false],
])("whether CDN-Cache-Control: %s lets an answer to credentials be shared: %s", (text, permits) => {
  expect(responseControl(headersWith({ "cdn-cache-control": text })).permitsSharing).toBe(permits);
});
