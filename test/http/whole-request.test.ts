import { expect, test } from "vitest";
import { wholeRequest } from "../../src/http/whole-request.ts";

const URL = "https://a.example/p?q=1";

test("a GET without a range is itself", () => {
  const request = new Request(URL, { headers: { "if-range": '"a"' } });
  expect(wholeRequest(request)).toBe(request);
});

test.each([
  ["a GET with a range", { headers: { range: "bytes=0-4", "if-range": '"a"', accept: "text/html" } }],
  ["HEAD", { method: "HEAD", headers: { accept: "text/html" } }],
  ["HEAD with a range", { method: "HEAD", headers: { range: "bytes=0-4", accept: "text/html" } }],
])("%s becomes a GET for all of it, with its other fields", (_, init) => {
  const whole = wholeRequest(new Request(URL, init));
  expect([whole.method, whole.url, ...whole.headers]).toEqual(["GET", URL, ["accept", "text/html"]]);
});
