import { expect, it } from "vitest";
import type { Expectation } from "./case.ts";
import type { Asked, Reply } from "./judge.ts";
import { complaints } from "./judge.ts";

const reply: Reply = {
  status: 200,
  lines: [
    ["Age", "3"],
    ["X-A", "1"],
    ["x-a", "2"],
  ],
  body: "#1",
  interim: [],
  trailers: [],
  end: "whole",
};

const asked: Asked = {
  method: "GET",
  target: "page",
  lines: [["If-None-Match", '"a"']],
  body: "",
  answered: { status: 200, lines: [["Date", "then"]], body: "#1", encoded: "#1" },
};

const judge = (expect: Expectation, replies = [reply], inThisStep: readonly Asked[] = []) =>
  complaints({ expect }, { replies, asked: inThisStep, askedSoFar: [asked, ...inThisStep] });

const second: Asked = { ...asked, answered: { ...asked.answered, body: "#2", encoded: "#2" } };

it.each([
  ["a reply out of the cache", judge({ from: "cache" })],
  ["a field that is joined from its lines", judge({ headers: { "x-a": "1, 2" } })],
  ["a field that is absent", judge({ headers: { "x-b": null } })],
  [
    "a field as it was in an answer",
    judge({ headers: { date: { asInAnswer: 1 } } }, [{ ...reply, lines: [["DATE", "then"]] }]),
  ],
  ["the origin's own answer", judge({ from: "origin" }, [{ ...reply, body: "#2" }], [second])],
])("%s is right", (_what, wrong) => {
  expect(wrong).toEqual([]);
});

it.each([
  ["it comes from the cache and not from the origin", judge({ from: "origin" })],
  ["the origin was asked", judge({ from: "cache" }, [reply], [second])],
  ["it has no Age", judge({ from: "cache" }, [{ ...reply, lines: [] }])],
  ["it is nothing the origin has sent", judge({ from: "cache" }, [{ ...reply, body: "#3" }])],
  ["it is not the origin's latest", judge({ from: "origin" }, [reply], [second])],
  ["it was not validated", judge({ from: "validation" }, [reply], [second])],
  ["its status is another", judge({ status: [304, 404] })],
  ["its body is another", judge({ body: "#2" })],
  ["its body is not like that", judge({ body: /^x/ })],
  ["its body ends too early", judge({}, [{ ...reply, end: "cut" }])],
  ["a field is another", judge({ headers: { "x-a": "1" } })],
  ["a field is there", judge({ headers: { age: null } })],
  ["a field is too small", judge({ headers: { age: { min: 4 } } })],
  ["a field is not what the origin sent", judge({ headers: { age: { asInAnswer: 1 } } })],
  ["a field is no number", judge({ headers: { "x-a": { min: 0 } } })],
  ["the origin was asked otherwise", judge({ asked: { method: "HEAD" } }, [reply], [second])],
  ["the origin was asked by a condition", judge({ asked: { headers: { "if-none-match": null } } }, [reply], [second])],
  ["the origin was not asked at all", judge({ asked: { method: "GET" } })],
  ["the origin was asked too often", judge({ asked: { times: 1 } }, [reply], [second, second])],
  ["an interim response is missing", judge({ interim: [103] })],
  ["a trailer is missing", judge({ trailers: { "x-sum": "1" } })],
  ["all bodies are the same", judge({ bodies: 2 }, [reply, reply])],
])("it is wrong that %s", (_what, wrong) => {
  expect(wrong).not.toEqual([]);
});
