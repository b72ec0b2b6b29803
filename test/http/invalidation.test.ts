import { expect, it } from "vitest";
import { invalidationBy } from "../../src/http/invalidation.ts";

const at = (method: string, status: number, headers: HeadersInit = {}) =>
  invalidationBy({ method, url: "https://a.example/p?x=1" }, { status, headers: new Headers(headers) });

it.each(["GET", "HEAD", "OPTIONS", "TRACE"])("%s makes nothing invalid, whatever its answer says", (method) => {
  expect(at(method, 200, { location: "/q", "cache-group-invalidation": '"g"' })).toBeUndefined();
});

it.each(["POST", "PUT", "PATCH", "DELETE", "LINK"])("%s makes its target invalid", (method) => {
  expect(at(method, 204)).toEqual({ urls: ["https://a.example/p?x=1"], tags: [] });
});

it.each([400, 404, 500, 503])("an answer of %i makes nothing invalid", (status) => {
  expect(at("POST", status, { location: "/q" })).toBeUndefined();
});

it("URLs it names are invalid too, where they are of the same origin", () => {
  expect(at("POST", 201, { location: "/q#part", "content-location": "https://a.example/r" })?.urls).toEqual([
    "https://a.example/p?x=1",
    "https://a.example/q",
    "https://a.example/r",
  ]);
  const elsewhere = { location: "https://b.example/q", "content-location": "http://a.example/r" };
  expect(at("POST", 201, elsewhere)?.urls).toEqual(["https://a.example/p?x=1"]);
  expect(at("POST", 201, { location: "http://[" })?.urls).toEqual(["https://a.example/p?x=1"]);
});

it("URLs by the authority the origin was asked under are those of the same path here", () => {
  const request = { method: "POST", url: "https://a.example:8443/p" };
  const named = (location: string, askedUnder?: string) =>
    invalidationBy(request, { status: 201, headers: new Headers({ location }) }, askedUnder)?.urls.slice(1);
  expect(named("http://10.0.0.1:3000/q?x#part", "http://10.0.0.1:3000")).toEqual(["https://a.example:8443/q?x"]);
  expect(named("http://10.0.0.1:3000//b.example/q", "http://10.0.0.1:3000")).toEqual([
    "https://a.example:8443//b.example/q",
  ]);
  expect(named("http://10.0.0.1/q", "http://10.0.0.1:3000")).toEqual([]);
  expect(named("https://10.0.0.1:3000/q", "http://10.0.0.1:3000")).toEqual([]);
  expect(named("http://10.0.0.1:3000/q")).toEqual([]);
});

it("groups it names are invalid", () => {
  expect(at("POST", 200, { "cache-group-invalidation": '"g"' })?.tags).toEqual(["group:https://a.example:g"]);
});
