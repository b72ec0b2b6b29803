import { expect, test } from "vitest";
import { endToEndHeaders, namedByConnection } from "../../src/http/hop-by-hop.ts";

test("what is for the next neighbour only is left out", () => {
  const headers = new Headers({
    connection: "close",
    "keep-alive": "timeout=5",
    "proxy-authenticate": "Basic",
    "proxy-authentication-info": 'nextnonce="x"',
    "proxy-authorization": "Basic eA==",
    "proxy-connection": "keep-alive",
    te: "trailers",
    trailer: "x-checksum",
    "transfer-encoding": "chunked",
    upgrade: "websocket",
    "content-type": "text/html",
    "www-authenticate": "Basic",
    etag: '"a"',
  });
  expect([...endToEndHeaders(headers).keys()]).toEqual(["content-type", "etag", "www-authenticate"]);
});

test("what Connection names is left out, in any case and on any line", () => {
  const headers = new Headers({ connection: "X-First , close", "x-first": "1", "x-second": "2", "x-third": "3" });
  headers.append("connection", "x-SECOND,,not a name");
  expect([...endToEndHeaders(headers)]).toEqual([["x-third", "3"]]);
});

test("several cookies stay several", () => {
  const headers = new Headers();
  headers.append("set-cookie", "a=1; Expires=Mon, 01 Jun 2026 12:00:00 GMT");
  headers.append("set-cookie", "b=2");
  expect(endToEndHeaders(headers).getSetCookie()).toEqual(["a=1; Expires=Mon, 01 Jun 2026 12:00:00 GMT", "b=2"]);
});

test("the copy may be changed and the original stays", () => {
  const { headers } = Response.redirect("https://a.example/");
  const copy = endToEndHeaders(headers);
  copy.set("x-added", "1");
  expect(copy.get("location")).toBe("https://a.example/");
  expect(headers.has("x-added")).toBe(false);
});

test("what the platform tells of the client cannot be taken away by naming it", () => {
  const told = { "cf-connecting-ip": "192.0.2.1", "x-forwarded-for": "192.0.2.1", "x-real-ip": "192.0.2.1" };
  const headers = new Headers({ ...told, connection: `${Object.keys(told).join(", ")}, cf-ray`, "cf-ray": "a" });
  expect(Object.fromEntries(endToEndHeaders(headers))).toEqual({ ...told, "cf-ray": "a" });
});

test("of what Connection names, what is there and end-to-end is told", () => {
  const headers = new Headers({ connection: "close, TE, X-A, X-B, not a name", te: "trailers", "x-a": "1" });
  expect(namedByConnection(headers)).toEqual(["x-a"]);
  expect(namedByConnection(new Headers({ "x-a": "1" }))).toEqual([]);
});
