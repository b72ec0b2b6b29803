import type { Answer, Case, Group, Lines, Step } from "../case.ts";
import { filledWith, forwarded, reused } from "../case.ts";

/** Twice as old as its lifetime on arrival. */
const aged = (cacheControl: string, ...more: Lines): Lines => [["Cache-Control", cacheControl], ["Age", "20"], ...more];

const WHILE_REVALIDATE = aged("max-age=10, stale-while-revalidate=3600");
const IF_ERROR = aged("max-age=10, stale-if-error=3600");

/** Served stale, while the origin answers this. */
const servedWhile = (origin: Answer, body = "#1"): Step => ({ origin, expect: { from: "background", body } });

/** Served stale, since the origin answers this. */
const servedInsteadOf = (origin: Answer): Step => ({
  origin,
  expect: { status: 200, body: "#1", headers: { age: { min: 20 } }, asked: { times: 1 } },
});

/** Nothing stale is served, whatever the origin does. */
const errorFor = (origin: Answer): Step => ({ origin, expect: { status: [500, 502, 503, 504], body: /^(?!#1$)/ } });

const close: Answer = { fault: "close" };
const eventually = (step: Step): Step => ({ ...step, repeat: "until-true" });

const whileRevalidate: readonly Case[] = [
  {
    id: "swr-serves",
    kind: "may",
    clause: "5861 3",
    says: "inside stale-while-revalidate what is stale is served while it is refreshed",
    steps: [filledWith(WHILE_REVALIDATE), servedWhile({ headers: [["Cache-Control", "max-age=3600"]] })],
  },
  {
    id: "swr-refreshes",
    kind: "may",
    clause: "5861 3",
    says: "the refreshed response is served next",
    steps: [
      filledWith(WHILE_REVALIDATE),
      servedWhile({ headers: [["Cache-Control", "max-age=3600"]] }),
      eventually(reused({}, { body: "#2" })),
    ],
  },
  {
    id: "swr-by-time",
    kind: "may",
    clause: "5861 3",
    says: "what becomes stale here is served inside stale-while-revalidate, too",
    steps: [
      filledWith("max-age=1, stale-while-revalidate=3600"),
      { ...servedWhile({ headers: [["Cache-Control", "max-age=3600"]] }), afterSeconds: 1.1 },
    ],
  },
  {
    id: "swr-max-age-0",
    kind: "may",
    clause: "5861 3",
    says: "a lifetime of 0 may have a stale-while-revalidate",
    steps: [
      filledWith("max-age=0, stale-while-revalidate=3600"),
      servedWhile({ headers: [["Cache-Control", "max-age=3600"]] }),
    ],
  },
  {
    id: "swr-expires",
    kind: "may",
    clause: "5861 3",
    says: "stale-while-revalidate follows a lifetime by Expires, too",
    steps: [
      filledWith([
        ["Expires", { secondsFromNow: 10 }],
        ["Cache-Control", "stale-while-revalidate=3600"],
        ["Age", "20"],
      ]),
      servedWhile({ headers: [["Cache-Control", "max-age=3600"]] }),
    ],
  },
  {
    id: "swr-quoted",
    kind: "should",
    clause: "9111 5.2",
    says: "the argument of stale-while-revalidate may be quoted",
    steps: [
      filledWith(aged('max-age=10, Stale-While-Revalidate="3600"')),
      servedWhile({ headers: [["Cache-Control", "max-age=3600"]] }),
    ],
  },
  {
    id: "swr-validates",
    kind: "may",
    clause: "9111 4.3.1",
    says: "the refresh asks by the ETag of what is stored",
    steps: [
      filledWith([...WHILE_REVALIDATE, ["ETag", '"a"']]),
      {
        origin: {
          status: 304,
          headers: [
            ["Cache-Control", "max-age=3600"],
            ["ETag", '"a"'],
          ],
        },
        expect: { from: "background", body: "#1", asked: { headers: { "if-none-match": '"a"' } } },
      },
      eventually(reused({}, { headers: { "cache-control": "max-age=3600", age: /^[0-5]$/ } })),
    ],
  },
  {
    id: "swr-error-keeps",
    kind: "may",
    clause: "5861 3",
    says: "a refresh that fails leaves what is stored",
    steps: [filledWith(WHILE_REVALIDATE), servedWhile({ status: 500 }), { expect: { status: 200, body: "#1" } }],
  },
  {
    id: "swr-gone-keeps-until",
    kind: "may",
    clause: "5861 3",
    says: "an origin that is unreachable for a refresh leaves what is stored",
    steps: [filledWith(WHILE_REVALIDATE), servedWhile(close), { origin: close, expect: { status: 200, body: "#1" } }],
  },
  {
    id: "swr-not-found-replaces",
    kind: "must",
    clause: "9111 4.3.3",
    says: "a refresh that brings a 404 puts it in the place of what is stored",
    steps: [
      filledWith(WHILE_REVALIDATE),
      servedWhile({ status: 404, headers: [["Cache-Control", "max-age=3600"]] }),
      eventually({ expect: { from: "cache", status: 404, body: "#2" } }),
    ],
  },
  {
    id: "swr-ends",
    kind: "must",
    clause: "5861 3",
    says: "after stale-while-revalidate nothing stale is served",
    steps: [filledWith(aged("max-age=10, stale-while-revalidate=5")), forwarded()],
  },
  {
    id: "swr-ends-by-time",
    kind: "must",
    clause: "5861 3",
    says: "once stale-while-revalidate is over here nothing stale is served",
    steps: [filledWith("max-age=1, stale-while-revalidate=1"), { ...forwarded(), afterSeconds: 2.2 }],
  },
  {
    id: "swr-many-one-refresh",
    kind: "may",
    clause: "9111 4",
    says: "many who are served the same stale response cause one refresh",
    steps: [
      filledWith(WHILE_REVALIDATE),
      {
        together: [{}, {}, {}, {}],
        origin: { headers: [["Cache-Control", "max-age=3600"]], delayMs: 1000 },
        expect: { from: "background", body: "#1" },
      },
    ],
  },
  {
    id: "swr-part-refreshes",
    kind: "may",
    clause: "5861 3",
    says: "a part that is served stale has the whole refreshed",
    steps: [
      filledWith(WHILE_REVALIDATE),
      {
        send: { headers: [["Range", "bytes=0-0"]] },
        origin: { headers: [["Cache-Control", "max-age=3600"]] },
        expect: { from: "background", status: 206, body: "#", asked: { method: "GET", headers: { range: null } } },
      },
      eventually(reused({}, { body: "#2" })),
    ],
  },
  {
    id: "swr-head-refreshes",
    kind: "may",
    clause: "5861 3",
    says: "HEAD that is answered stale has the whole refreshed",
    steps: [
      filledWith(WHILE_REVALIDATE),
      {
        send: { method: "HEAD" },
        origin: { headers: [["Cache-Control", "max-age=3600"]] },
        expect: { from: "background", status: 200, body: "", asked: { method: "GET" } },
      },
      eventually(reused({}, { body: "#2" })),
    ],
  },
  {
    id: "swr-conditional-client",
    kind: "should",
    clause: "9111 4.3.2",
    says: "a condition is checked against what is served stale",
    steps: [
      filledWith([...WHILE_REVALIDATE, ["ETag", '"a"']]),
      {
        send: { headers: [["If-None-Match", '"a"']] },
        origin: { headers: [["Cache-Control", "max-age=3600"]] },
        expect: { from: "background", status: 304, body: "" },
      },
    ],
  },
];

/** Each with a lifetime that is over, and leave to serve stale that does not count. */
const prohibitions = ["must-revalidate", "proxy-revalidate", "MUST-REVALIDATE", "s-maxage=10", "no-cache"].flatMap(
  (directive): Case[] => [
    {
      id: `swr-${directive.replaceAll("=", "-")}`,
      kind: "must",
      clause: "9111 4.2.4",
      says: `with ${directive} nothing stale is served, whatever stale-while-revalidate says`,
      steps: [filledWith(aged(`max-age=10, ${directive}, stale-while-revalidate=3600`)), forwarded()],
    },
    {
      id: `sie-${directive.replaceAll("=", "-")}`,
      kind: "must",
      clause: "9111 4.2.4",
      says: `with ${directive} nothing stale stands in for an error, whatever stale-if-error says`,
      steps: [filledWith(aged(`max-age=10, ${directive}, stale-if-error=3600`)), errorFor({ status: 503 })],
    },
    {
      id: `closed-${directive.replaceAll("=", "-")}`,
      kind: "must",
      clause: "9111 4.2.4",
      says: `with ${directive} nothing stale is served while the origin is unreachable`,
      steps: [filledWith(aged(`max-age=10, ${directive}`)), errorFor(close)],
    },
  ],
);

const standIns = [500, 502, 503, 504].map(
  (status): Case => ({
    id: `sie-${status}`,
    kind: "may",
    clause: "5861 4",
    says: `inside stale-if-error what is stale stands in for a ${status}`,
    steps: [filledWith(IF_ERROR), servedInsteadOf({ status })],
  }),
);

const noErrors = [400, 403, 404, 410, 501].map(
  (status): Case => ({
    id: `sie-not-${status}`,
    kind: "must",
    clause: "5861 4",
    says: `a ${status} is no error for stale-if-error, and is passed on`,
    steps: [filledWith(IF_ERROR), { origin: { status }, expect: { from: "origin", status } }],
  }),
);

const ifError: readonly Case[] = [
  {
    id: "sie-close",
    kind: "may",
    clause: "5861 4",
    says: "inside stale-if-error what is stale stands in for an origin that closes the connection",
    steps: [filledWith(IF_ERROR), servedInsteadOf(close)],
  },
  {
    id: "sie-max-age-0",
    kind: "may",
    clause: "5861 4",
    says: "a lifetime of 0 may have a stale-if-error",
    steps: [
      filledWith("max-age=0, stale-if-error=3600"),
      { origin: { status: 503 }, expect: { status: 200, body: "#1" } },
    ],
  },
  {
    id: "sie-no-stand-in",
    kind: "must",
    clause: "9111 4.2.4",
    says: "without stale-if-error an error is passed on",
    steps: [
      filledWith(aged("max-age=10")),
      { origin: { status: 503 }, expect: { from: "origin", status: 503, body: "#2" } },
    ],
  },
  {
    id: "sie-ends",
    kind: "must",
    clause: "5861 4",
    says: "after stale-if-error nothing stands in",
    steps: [filledWith(aged("max-age=10, stale-if-error=5")), errorFor({ status: 503 })],
  },
  {
    id: "sie-ends-by-time",
    kind: "must",
    clause: "5861 4",
    says: "once stale-if-error is over here nothing stands in",
    steps: [filledWith("max-age=1, stale-if-error=1"), { ...errorFor({ status: 503 }), afterSeconds: 2.2 }],
  },
  {
    id: "sie-asks-first",
    kind: "must",
    clause: "5861 4",
    says: "inside stale-if-error the origin is asked before anything stale is served",
    steps: [filledWith(IF_ERROR), forwarded()],
  },
  {
    id: "sie-origin-recovers",
    kind: "must",
    clause: "5861 4",
    says: "once the origin answers again, its answer is served",
    steps: [filledWith(IF_ERROR), servedInsteadOf({ status: 503 }), { ...forwarded(), afterSeconds: 1.2 }],
  },
  {
    id: "sie-error-not-kept",
    kind: "must",
    clause: "9111 4.3.3",
    says: "an error whose place was taken is not served afterwards",
    steps: [
      filledWith(IF_ERROR),
      servedInsteadOf({ status: 503, headers: [["Cache-Control", "max-age=3600"]] }),
      { ...forwarded(), afterSeconds: 1.2 },
    ],
  },
  {
    id: "sie-request",
    kind: "may",
    clause: "5861 4",
    says: "a client may allow a stale response to stand in for an error",
    steps: [
      filledWith(aged("max-age=10")),
      {
        send: { headers: [["Cache-Control", "stale-if-error=3600"]] },
        origin: { status: 503 },
        expect: { status: 200, body: "#1" },
      },
    ],
  },
  {
    id: "sie-request-ends",
    kind: "must",
    clause: "5861 4",
    says: "a client's stale-if-error holds for no longer than it says",
    steps: [
      filledWith(aged("max-age=10")),
      { ...errorFor({ status: 503 }), send: { headers: [["Cache-Control", "stale-if-error=5"]] } },
    ],
  },
  ...["must-revalidate", "proxy-revalidate", "s-maxage=10", "no-cache"].map(
    (directive): Case => ({
      id: `sie-request-${directive.replaceAll("=", "-")}`,
      kind: "must",
      clause: "9111 4.2.4",
      says: `with ${directive} nothing stale stands in for an error, whatever the client allows`,
      steps: [
        filledWith(aged(`max-age=10, ${directive}`, ["ETag", '"a"'])),
        { ...errorFor({ status: 503 }), send: { headers: [["Cache-Control", "stale-if-error=3600"]] } },
      ],
    }),
  ),
  {
    id: "sie-request-and-no-cache",
    kind: "should",
    clause: "9111 5.2.1.4",
    says: "a client's no-cache goes before its stale-if-error",
    steps: [
      filledWith(aged("max-age=10")),
      { ...errorFor({ status: 503 }), send: { headers: [["Cache-Control", "no-cache, stale-if-error=3600"]] } },
    ],
  },
  {
    id: "sie-request-asks-first",
    kind: "must",
    clause: "5861 4",
    says: "what a client allows for errors is not served while the origin answers",
    steps: [filledWith(aged("max-age=10")), forwarded({ headers: [["Cache-Control", "stale-if-error=3600"]] })],
  },
  {
    id: "closed-no-permission",
    kind: "may",
    clause: "9111 4.2.4",
    says: "what does not forbid it is served stale while the origin is unreachable",
    steps: [filledWith(aged("max-age=10")), servedInsteadOf(close)],
  },
  {
    id: "closed-nothing-stored",
    kind: "should",
    clause: "9110 15.6.3",
    says: "an unreachable origin is a 502 or a 504",
    steps: [{ origin: close, expect: { status: [502, 504] } }],
  },
  {
    id: "closed-not-stored",
    kind: "must",
    clause: "9111 3",
    says: "the gateway's own error is not served again",
    steps: [{ origin: close, expect: { status: [502, 504] } }, forwarded()],
  },
  {
    id: "closed-fresh",
    kind: "may",
    clause: "9111 4",
    says: "what is fresh is served while the origin is unreachable",
    steps: [filledWith("max-age=3600"), { origin: close, expect: { from: "cache", body: "#1" } }],
  },
  {
    id: "fresh-hides-error",
    kind: "may",
    clause: "9111 4",
    says: "what is fresh is served while the origin answers with errors",
    steps: [filledWith("max-age=3600"), { origin: { status: 503 }, expect: { from: "cache", body: "#1" } }],
  },
  {
    id: "error-not-kept",
    kind: "must",
    clause: "9111 3",
    says: "an error that says nothing of itself is not reused",
    steps: [{ origin: { status: 503 }, expect: { from: "origin", status: 503 } }, forwarded()],
  },
];

export const stale: Group = {
  name: "stale",
  cases: [...whileRevalidate, ...prohibitions, ...standIns, ...noErrors, ...ifError],
};
