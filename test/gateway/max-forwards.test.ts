import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countDown, finalAnswer } from "../../src/gateway/max-forwards.ts";

const asked = (method: string, headers: HeadersInit = {}, url = "https://a.example/p?q=1") =>
  finalAnswer(new Request(url, { method, headers }));

describe("a request that is to go no further", () => {
  it("gets an OPTIONS answered with what may be asked for", async () => {
    const answer = asked("OPTIONS", { "max-forwards": "0" });
    expect([answer?.status, answer?.headers.get("allow")]).toEqual([
      204,
      "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE",
    ]);
  });

  it("gets a TRACE answered with itself, without what is likely to be secret", async () => {
    const secrets = {
      authorization: "Basic x",
      cookie: "a=b",
      "x-api-key": "k",
      "x-csrf-token": "t",
      "x-amz-sig": "s",
    };
    const answer = asked("TRACE", { "max-forwards": "00", via: "1.0 fred", ...secrets });
    expect(answer?.headers.get("content-type")).toBe("message/http");
    expect(await answer?.text()).toBe("TRACE /p?q=1 HTTP/1.1\r\nmax-forwards: 00\r\nvia: 1.0 fred\r\n\r\n");
  });

  it("may be about the server as a whole", () => {
    // As the runtime hands it on. A Request that is made here would have its URL normalised.
    const about = (method: string, url: string) => finalAnswer({ method, url, headers: new Headers() } as Request);
    expect(about("OPTIONS", "https://a.example:8443*")?.status).toBe(204);
    expect(about("OPTIONS", "https://a.example/*")).toBeUndefined();
    expect(about("GET", "https://a.example*")).toBeUndefined();
  });
});

it.each([
  ["GET", "0"],
  ["POST", "0"],
  ["OPTIONS", "1"],
  ["OPTIONS", ""],
  ["TRACE", "-0"],
  ["TRACE", "0, 0"],
])("%s with Max-Forwards: %j goes on", (method, value) => {
  expect(asked(method, { "max-forwards": value })).toBeUndefined();
});

it("what goes on has one forward less than it came with, and never more than can be counted", () => {
  fc.assert(
    fc.property(fc.constantFrom("OPTIONS", "TRACE"), fc.bigInt({ min: 1n, max: 10n ** 30n }), (method, left) => {
      const headers = new Headers({ "max-forwards": String(left) });
      countDown(method, headers);
      const most = 2n ** 31n - 1n;
      expect(headers.get("max-forwards")).toBe(String(left - 1n < most ? left - 1n : most));
    }),
  );
});

it("what is malformed, and what other methods carry, goes on as it came", () => {
  for (const [method, value] of [
    ["OPTIONS", "soon"],
    ["TRACE", "1, 2"],
    ["GET", "5"],
  ] as const) {
    const headers = new Headers({ "max-forwards": value });
    countDown(method, headers);
    expect(headers.get("max-forwards")).toBe(value);
  }
});
