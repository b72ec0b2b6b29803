import type { Case, Group, Lines, Sent, Step } from "../case.ts";
import { filledWith, forwarded, reused } from "../case.ts";

const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;
const other: Sent = { path: "other" };
const post = (...headers: Lines): Step => ({
  send: { method: "POST", body: "a=1" },
  origin: { headers },
  expect: { from: "origin" },
});
const kept = (...steps: readonly Step[]): readonly Step[] => [
  filledWith([AN_HOUR], {}, other),
  reused(other),
  ...steps,
];

/** Whether `{base}/other` is invalidated when it is named so. */
const names: readonly (readonly [id: string, value: string, outcome: "invalid" | "kept", says: string])[] = [
  ["absolute-path", "{base}/other", "invalid", "by its path"],
  ["relative", "other", "invalid", "relative to the request"],
  ["absolute", "{gateway}{base}/other", "invalid", "by its URL"],
  ["scheme-relative", "//{authority}{base}/other", "invalid", "by its authority"],
  ["fragment", "{base}/other#top", "invalid", "with a fragment"],
  ["dots", "x/../other", "invalid", "by a path with dots"],
  ["other-host", "http://elsewhere.example{base}/other", "kept", "on another host"],
  ["other-port", "http://127.0.0.1:1{base}/other", "kept", "on another port"],
  ["other-scheme", "https://{authority}{base}/other", "kept", "by another scheme"],
  ["invalid", "http://[{base}/other", "kept", "by what is no URL"],
  ["other-path", "{base}/another", "kept", "not at all"],
  ["empty", "", "kept", "by nothing"],
];

const named = ["Location", "Content-Location"].flatMap((field) =>
  names.map(
    ([id, value, outcome, says]): Case => ({
      id: `${field.toLowerCase()}-${id}`,
      kind: outcome === "invalid" || id === "invalid" || id === "other-path" || id === "empty" ? "may" : "must",
      clause: "9111 4.4",
      says: `a URL that ${field} of an answer to POST names ${says} is ${outcome === "invalid" ? "invalidated" : "left"}`,
      steps: kept(post([field, value]), outcome === "invalid" ? forwarded(other) : reused(other)),
    }),
  ),
);

const methods = ["PUT", "DELETE", "PATCH"].flatMap((method) =>
  ["Location", "Content-Location"].map(
    (field): Case => ({
      id: `${field.toLowerCase()}-by-${method.toLowerCase()}`,
      kind: "may",
      clause: "9111 4.4",
      says: `a URL that ${field} of an answer to ${method} names is invalidated`,
      steps: kept(
        { send: { method, body: "a=1" }, origin: { headers: [[field, "{base}/other"]] }, expect: { from: "origin" } },
        forwarded(other),
      ),
    }),
  ),
);

const safe = ["GET", "HEAD", "OPTIONS"].map(
  (method): Case => ({
    id: `location-by-${method.toLowerCase()}`,
    kind: "must",
    clause: "9111 4.4",
    says: `a URL that Location of an answer to ${method} names is left`,
    steps: kept(
      {
        send: { method },
        origin: {
          headers: [
            ["Location", "{base}/other"],
            ["Content-Location", "{base}/other"],
          ],
        },
        expect: { from: "origin" },
      },
      reused(other),
    ),
  }),
);

const others: readonly Case[] = [
  {
    id: "location-of-error",
    kind: "may",
    clause: "9111 4.4",
    says: "a URL that Location of an error names is left",
    steps: kept(
      {
        send: { method: "POST", body: "a" },
        origin: { status: 409, headers: [["Location", "{base}/other"]] },
        expect: { from: "origin" },
      },
      reused(other),
    ),
  },
  {
    id: "location-at-origin",
    kind: "may",
    clause: "9111 4.4",
    says: "a URL that Location names by the authority the origin was asked under is invalidated",
    steps: kept(post(["Location", "{origin}{base}/other"]), forwarded(other)),
  },
  {
    id: "invalidates-other-urls-not",
    kind: "may",
    clause: "9111 4.4",
    says: "POST leaves other URLs",
    steps: kept(post(), reused(other)),
  },
  {
    id: "invalidates-query-not",
    kind: "may",
    clause: "9111 4.4",
    says: "POST leaves the same path with another query",
    steps: [filledWith([AN_HOUR], {}, { query: "?a=1" }), reused({ query: "?a=1" }), post(), reused({ query: "?a=1" })],
  },
  {
    id: "invalidates-own-query",
    kind: "must",
    clause: "9111 4.4",
    says: "POST to a URL with a query invalidates that",
    steps: [
      filledWith([AN_HOUR], {}, { query: "?a=1" }),
      reused({ query: "?a=1" }),
      forwarded({ method: "POST", body: "x", query: "?a=1" }),
      forwarded({ query: "?a=1" }),
    ],
  },
  {
    id: "invalidates-variants",
    kind: "must",
    clause: "9111 4.4",
    says: "POST invalidates all variants of its URL",
    steps: [
      filledWith([AN_HOUR, ["Vary", "X-A"]], {}, { headers: [["X-A", "1"]] }),
      filledWith([AN_HOUR, ["Vary", "X-A"]], {}, { headers: [["X-A", "2"]] }),
      post(),
      forwarded({ headers: [["X-A", "1"]] }),
      forwarded({ headers: [["X-A", "2"]] }),
    ],
  },
  {
    id: "invalidates-stand-in",
    kind: "must",
    clause: "9111 4.4",
    says: "what was invalidated does not stand in for an error",
    steps: [
      filledWith("max-age=3600, stale-if-error=3600"),
      reused(),
      post(),
      { origin: { status: 503 }, expect: { from: "origin", status: 503 } },
    ],
  },
  {
    id: "invalidates-swr",
    kind: "must",
    clause: "9111 4.4",
    says: "what was invalidated is not served while it is refreshed",
    steps: [filledWith("max-age=3600, stale-while-revalidate=3600"), reused(), post(), forwarded()],
  },
  {
    id: "invalidates-then-stores",
    kind: "may",
    clause: "9111 4.4",
    says: "what comes after an invalidation is stored again",
    steps: [filledWith([AN_HOUR]), reused(), post(), filledWith([AN_HOUR]), reused({}, { body: "#3" })],
  },
  {
    id: "invalidates-again",
    kind: "must",
    clause: "9111 4.4",
    says: "each POST invalidates anew",
    steps: [filledWith([AN_HOUR]), post(), filledWith([AN_HOUR]), reused({}, { body: "#3" }), post(), forwarded()],
  },
  {
    id: "invalidates-during-fill",
    kind: "must",
    clause: "9111 4.4",
    says: "what the origin was asked for before a POST is not served after it",
    steps: [
      {
        together: [{}, { method: "POST", body: "a" }],
        order: "as-asked",
        origin: [{ headers: [AN_HOUR], delayMs: 600 }, {}],
        expect: { asked: { times: 2 } },
      },
      forwarded(),
    ],
  },
  {
    id: "invalidates-host-apart",
    kind: "must",
    clause: "9111 4.4",
    says: "POST to one host leaves another's",
    steps: [
      filledWith([AN_HOUR], {}, { host: "a.example" }),
      reused({ host: "a.example" }),
      forwarded({ host: "b.example", method: "POST", body: "x" }),
      reused({ host: "a.example" }),
    ],
  },
];

export const invalidation: Group = { name: "invalidation", cases: [...named, ...methods, ...safe, ...others] };
