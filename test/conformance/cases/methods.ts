import type { Answer, Case, Group, Step } from "../case.ts";
import { filledWith, forwarded, reused } from "../case.ts";

const NO_SUCH_METHOD = "workerd answers 501 to methods it has no name for";

const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;

/** Methods that are passed on whatever is stored, and whose answers are not served for GET. */
const methods: readonly (readonly [method: string, clause: string, body?: string])[] = [
  ["POST", "9110 9.3.3", "a=1"],
  ["PUT", "9110 9.3.4", "a=1"],
  ["DELETE", "9110 9.3.5"],
  ["PATCH", "5789 2", "a=1"],
  ["OPTIONS", "9110 9.3.7"],
  ["PROPFIND", "4918 9.1", "<a/>"],
  ["QUERY", "10008 2", "a=1"],
];

const send = (method: string, body?: string) => ({ method, ...(body === undefined ? {} : { body }) });

const passedOn = methods.flatMap(([method, clause, body]): Case[] => [
  {
    id: `method-${method}-passed-on`,
    kind: "must",
    clause: "9111 4",
    says: `${method} is not answered with what GET has stored`,
    steps: [
      filledWith([AN_HOUR]),
      reused(),
      forwarded(send(method, body), { asked: { method, ...(body === undefined ? {} : { body }) } }),
    ],
  },
  {
    id: `method-${method}-not-for-get`,
    kind: "must",
    clause,
    says: `the answer to ${method} is not served for GET`,
    steps: [filledWith([AN_HOUR], {}, send(method, body)), forwarded()],
  },
]);

/** Whether what GET has stored survives a request by each method (RFC 9111 section 4.4). */
const unsafe = ["POST", "PUT", "DELETE", "PATCH", "MKCOL", "PURGE"];
const safe = ["OPTIONS", "TRACE", "PROPFIND", "REPORT", "SEARCH", "QUERY"];
const after = (method: string, answer: Answer = {}): Step => ({
  send: send(method, method === "OPTIONS" || method === "TRACE" ? undefined : "a=1"),
  origin: answer,
  expect: { from: "origin" },
});

const invalidating = unsafe.map(
  (method): Case => ({
    id: `invalidates-${method}`,
    kind: "must",
    clause: "9111 4.4",
    says: `${method} that succeeds invalidates its URL`,
    steps: [filledWith([AN_HOUR]), reused(), after(method), forwarded()],
  }),
);

const keeping = safe.map(
  (method): Case => ({
    id: `keeps-${method}`,
    kind: "may",
    clause: "9111 4.4",
    says: `${method} is safe, and invalidates nothing`,
    steps: [filledWith([AN_HOUR]), reused(), after(method), reused()],
  }),
);

const failing = ["POST", "PUT", "DELETE", "PATCH"].flatMap((method) =>
  [400, 404, 409, 500, 503].map(
    (status): Case => ({
      id: `keeps-${method}-${status}`,
      kind: "may",
      clause: "9111 4.4",
      says: `${method} that ends with ${status} invalidates nothing`,
      steps: [filledWith([AN_HOUR]), reused(), after(method, { status }), reused()],
    }),
  ),
);

const succeeding = [201, 202, 204, 301, 302, 303, 307].map(
  (status): Case => ({
    id: `invalidates-POST-${status}`,
    kind: "must",
    clause: "9111 4.4",
    says: `POST that ends with ${status} invalidates its URL`,
    steps: [filledWith([AN_HOUR]), reused(), after("POST", { status }), forwarded()],
  }),
);

const asking = (body: string, type = "application/x-www-form-urlencoded") => ({
  method: "QUERY",
  body,
  headers: [["Content-Type", type]] as const,
});

/** QUERY is safe and has content (RFC 10008). */
const queries: readonly Case[] = [
  {
    id: "query-passed-on",
    kind: "must",
    clause: "10008 2",
    says: "QUERY is passed on with its content and its type",
    steps: [
      forwarded(asking("a=1"), {
        asked: { method: "QUERY", body: "a=1", headers: { "content-type": "application/x-www-form-urlencoded" } },
      }),
    ],
  },
  {
    id: "query-reused",
    kind: "may",
    clause: "10008 2.7",
    says: "the answer to QUERY is reused for the same content",
    steps: [filledWith([AN_HOUR], {}, asking("a=1")), reused(asking("a=1"))],
  },
  {
    id: "query-other-content",
    kind: "must",
    clause: "10008 2.7",
    says: "the answer to QUERY is not reused for other content",
    steps: [filledWith([AN_HOUR], {}, asking("a=1")), forwarded(asking("a=2"))],
  },
  {
    id: "query-other-type",
    kind: "must",
    clause: "10008 2.7",
    says: "the answer to QUERY is not reused for the same content of another type",
    steps: [filledWith([AN_HOUR], {}, asking("a=1")), forwarded(asking("a=1", "text/plain"))],
  },
  {
    id: "query-not-from-get",
    kind: "must",
    clause: "9111 4",
    says: "QUERY without content is not answered with what GET has stored",
    steps: [filledWith([AN_HOUR]), reused(), forwarded(asking(""))],
  },
];

const posts: readonly Case[] = [
  {
    id: "post-content-location",
    kind: "may",
    clause: "9110 9.3.3",
    says: "the answer to POST is served for GET where it has a lifetime and a Content-Location of the same URL",
    pending: "answers to POST are never stored",
    steps: [
      filledWith([AN_HOUR, ["Content-Location", "{base}/page"]], {}, send("POST", "a=1")),
      { ...reused(), repeat: "until-true" },
    ],
  },
  {
    id: "post-other-content-location",
    kind: "must",
    clause: "9110 9.3.3",
    says: "the answer to POST is not served for GET where Content-Location is another URL",
    steps: [filledWith([AN_HOUR, ["Content-Location", "{base}/other"]], {}, send("POST", "a=1")), forwarded()],
  },
  {
    id: "post-twice",
    kind: "must",
    clause: "9111 4",
    says: "POST is passed on each time",
    steps: [
      filledWith([AN_HOUR, ["Content-Location", "{base}/page"]], {}, send("POST", "a=1")),
      forwarded(send("POST", "a=1")),
    ],
  },
  {
    id: "method-unknown",
    kind: "should",
    clause: "9110 9.1",
    says: "a method that nobody knows is passed on",
    pending: NO_SUCH_METHOD,
    steps: [forwarded(send("M-SEARCH"), { asked: { method: "M-SEARCH" } })],
  },
  {
    id: "invalidates-M-SEARCH",
    kind: "must",
    clause: "9111 4.4",
    says: "a method whose safety is not known invalidates its URL",
    pending: NO_SUCH_METHOD,
    steps: [filledWith([AN_HOUR]), reused(), after("M-SEARCH"), forwarded()],
  },
];

export const methodCases: Group = {
  name: "methods",
  cases: [...passedOn, ...invalidating, ...keeping, ...failing, ...succeeding, ...queries, ...posts],
};
