import type { Case, Group, Lines, Sent } from "../case.ts";
import { filledWith, forwarded, reused } from "../case.ts";

const says = (value: string): Sent => ({ headers: [["Cache-Control", value]] });

const aged = (seconds: number, cacheControl: string): Lines => [
  ["Cache-Control", cacheControl],
  ["Age", String(seconds)],
];

/** A client's directive is advice (RFC 9111 section 5.2.1): which of them are followed. */
export const requestDirectives: Group = {
  name: "request directives",
  cases: [
    ...ofNoCache(),
    ...ofAge(),
    ...ofStaleness(),
    ...ofOnlyIfCached(),
    {
      id: "request-no-store-hit",
      kind: "may",
      clause: "9111 5.2.1.5",
      says: "no-store does not apply to what is stored already",
      steps: [filledWith("max-age=3600"), reused(), reused(says("no-store")), reused()],
    },
    {
      id: "request-no-transform",
      kind: "must",
      clause: "9111 5.2.1.6",
      says: "no-transform is passed on, and the content is not transformed",
      steps: [
        {
          send: {
            headers: [
              ["Cache-Control", "no-transform"],
              ["Accept-Encoding", "identity"],
            ],
          },
          origin: { body: "0123456789".repeat(50) },
          expect: {
            from: "origin",
            asked: { headers: { "cache-control": "no-transform" } },
            headers: { "content-encoding": null },
          },
        },
      ],
    },
    ...["foo", "foo=bar", "min-fresh=", "max-stale=abc", "public", "private", "s-maxage=0"].map(
      (value): Case => ({
        id: `request-ignores-${value.replaceAll("=", "-")}`,
        kind: value.startsWith("foo") ? "must" : "may",
        clause: value.startsWith("foo") ? "9111 5.2.3" : "9111 5.2.1",
        says: `${value} in a request changes nothing`,
        steps: [filledWith("max-age=3600"), reused(says(value))],
      }),
    ),
    {
      id: "request-pragma-no-cache",
      kind: "may",
      clause: "9111 5.4",
      says: "Pragma in a request changes nothing",
      steps: [filledWith("max-age=3600"), reused({ headers: [["Pragma", "no-cache"]] })],
    },
    {
      id: "request-pragma-extension",
      kind: "may",
      clause: "9111 5.4",
      says: "an unknown Pragma in a request changes nothing",
      steps: [filledWith("max-age=3600"), reused({ headers: [["Pragma", "unknown"]] })],
    },
  ],
};

function ofNoCache(): Case[] {
  return [
    {
      id: "request-no-cache",
      kind: "should",
      clause: "9111 5.2.1.4",
      says: "no-cache is not answered from the cache without asking the origin",
      steps: [filledWith("max-age=3600"), reused(), forwarded(says("no-cache"))],
    },
    {
      id: "request-no-cache-case",
      kind: "should",
      clause: "9111 5.2",
      says: "a request's directive is compared without case",
      steps: [filledWith("max-age=3600"), reused(), forwarded(says("foo, No-Cache"))],
    },
    {
      id: "request-no-cache-stores",
      kind: "may",
      clause: "9111 5.2.1.4",
      says: "the answer to no-cache takes the place of what is stored",
      steps: [
        filledWith("max-age=3600"),
        reused(),
        filledWith("max-age=3600", {}, says("no-cache")),
        { ...reused({}, { body: "#2" }), repeat: "until-true" },
      ],
    },
    {
      id: "request-no-cache-etag",
      kind: "should",
      clause: "9111 5.2.1.4",
      says: "no-cache is answered by validating what is stored by its ETag",
      steps: [
        filledWith([
          ["Cache-Control", "max-age=3600"],
          ["ETag", '"a"'],
        ]),
        reused(),
        {
          send: says("no-cache"),
          origin: { status: 304, headers: [["ETag", '"a"']] },
          expect: { from: "validation", body: "#1", asked: { headers: { "if-none-match": '"a"' } } },
        },
      ],
    },
    {
      id: "request-no-cache-last-modified",
      kind: "should",
      clause: "9111 5.2.1.4",
      says: "no-cache is answered by validating what is stored by its Last-Modified",
      steps: [
        filledWith([
          ["Cache-Control", "max-age=3600"],
          ["Last-Modified", { secondsFromNow: -10_000 }],
        ]),
        reused(),
        {
          send: says("no-cache"),
          origin: { status: 304 },
          expect: { from: "validation", body: "#1", asked: { headers: { "if-modified-since": /GMT$/ } } },
        },
      ],
    },
    {
      id: "request-no-cache-swr",
      kind: "should",
      clause: "9111 5.2.1.4",
      says: "no-cache is not answered with what is stale",
      steps: [filledWith(aged(20, "max-age=10, stale-while-revalidate=3600")), forwarded(says("no-cache"))],
    },
  ];
}

function ofAge(): Case[] {
  return [
    {
      id: "request-max-age-0",
      kind: "should",
      clause: "9111 5.2.1.1",
      says: "max-age=0 is not answered from the cache without asking the origin",
      steps: [filledWith(aged(1, "max-age=3600")), reused(), forwarded(says("max-age=0"))],
    },
    {
      id: "request-max-age-older",
      kind: "should",
      clause: "9111 5.2.1.1",
      says: "what is older than a request's max-age is not reused",
      steps: [filledWith(aged(1800, "max-age=3600")), reused(), forwarded(says("max-age=600"))],
    },
    {
      id: "request-max-age-younger",
      kind: "may",
      clause: "9111 5.2.1.1",
      says: "what is younger than a request's max-age is reused",
      steps: [filledWith(aged(1800, "max-age=3600")), reused(says("max-age=2400"))],
    },
    {
      id: "request-max-age-swr",
      kind: "should",
      clause: "9111 5.2.1.1",
      says: "a request with max-age does not get what is stale",
      steps: [filledWith(aged(20, "max-age=10, stale-while-revalidate=3600")), forwarded(says("max-age=600"))],
    },
    {
      id: "request-min-fresh",
      kind: "should",
      clause: "9111 5.2.1.3",
      says: "what is not fresh for as long as min-fresh asks is not reused",
      steps: [filledWith("max-age=1500"), reused(), forwarded(says("min-fresh=2000"))],
    },
    {
      id: "request-min-fresh-age",
      kind: "should",
      clause: "9111 5.2.1.3",
      says: "min-fresh is about the time that is left",
      steps: [filledWith(aged(1000, "max-age=1500")), reused(), forwarded(says("min-fresh=1000"))],
    },
    {
      id: "request-min-fresh-enough",
      kind: "may",
      clause: "9111 5.2.1.3",
      says: "what is fresh for longer than min-fresh asks is reused",
      steps: [filledWith("max-age=1500"), reused(says("min-fresh=1000"))],
    },
  ];
}

function ofStaleness(): Case[] {
  return [
    {
      id: "request-max-stale",
      kind: "may",
      clause: "9111 5.2.1.2",
      says: "max-stale is answered with what is stale for less than that",
      steps: [filledWith("max-age=1"), { ...reused(says("max-stale=1000")), afterSeconds: 1.2 }],
    },
    {
      id: "request-max-stale-age",
      kind: "may",
      clause: "9111 5.2.1.2",
      says: "max-stale is answered with what came stale for less than that",
      steps: [filledWith(aged(2000, "max-age=1500")), reused(says("max-stale=1000"))],
    },
    {
      id: "request-max-stale-kept",
      kind: "may",
      clause: "9111 5.2.1.2",
      says: "max-stale is answered at once with what is kept for errors",
      steps: [filledWith(aged(20, "max-age=10, stale-if-error=3600")), reused(says("max-stale=1000"))],
    },
    {
      id: "request-max-stale-any",
      kind: "may",
      clause: "9111 5.2.1.2",
      says: "max-stale without an argument allows any staleness",
      steps: [filledWith(aged(20, "max-age=10, stale-if-error=3600")), reused(says("max-stale"))],
    },
    {
      id: "request-max-stale-exceeded",
      kind: "must",
      clause: "9111 5.2.1.2",
      says: "what is stale for longer than max-stale is not served",
      steps: [filledWith(aged(30, "max-age=10")), forwarded(says("max-stale=10"))],
    },
    {
      id: "request-max-stale-must-revalidate",
      kind: "must",
      clause: "9111 5.2.2.2",
      says: "max-stale does not go before must-revalidate",
      steps: [filledWith(aged(20, "max-age=10, must-revalidate")), forwarded(says("max-stale=1000"))],
    },
    {
      id: "request-max-stale-s-maxage",
      kind: "must",
      clause: "9111 5.2.2.10",
      says: "max-stale does not go before s-maxage",
      steps: [filledWith(aged(20, "s-maxage=10")), forwarded(says("max-stale=1000"))],
    },
    {
      id: "request-max-stale-fresh",
      kind: "may",
      clause: "9111 5.2.1.2",
      says: "max-stale is answered with what is fresh, too",
      steps: [filledWith("max-age=3600"), reused(says("max-stale=1000"))],
    },
  ];
}

function ofOnlyIfCached(): Case[] {
  return [
    {
      id: "request-only-if-cached-nothing",
      kind: "should",
      clause: "9111 5.2.1.7",
      says: "only-if-cached is answered with 504 where nothing is stored, and the origin is not asked",
      steps: [{ send: says("only-if-cached"), expect: { from: "gateway", status: 504 } }],
    },
    {
      id: "request-only-if-cached-stored",
      kind: "should",
      clause: "9111 5.2.1.7",
      says: "only-if-cached is answered with what is stored",
      steps: [filledWith("max-age=3600"), reused(says("only-if-cached"))],
    },
    {
      id: "request-only-if-cached-stale",
      kind: "should",
      clause: "9111 5.2.1.7",
      says: "only-if-cached is answered with 504 where what is stored has expired",
      steps: [
        filledWith(aged(20, "max-age=10")),
        { send: says("only-if-cached"), expect: { from: "gateway", status: 504 } },
      ],
    },
    {
      id: "request-only-if-cached-vary",
      kind: "should",
      clause: "9111 5.2.1.7",
      says: "only-if-cached is answered with 504 where another variant is stored",
      steps: [
        filledWith(
          [
            ["Cache-Control", "max-age=3600"],
            ["Vary", "X-A"],
          ],
          {},
          { headers: [["X-A", "1"]] },
        ),
        {
          send: {
            headers: [
              ["X-A", "2"],
              ["Cache-Control", "only-if-cached"],
            ],
          },
          expect: { from: "gateway", status: 504 },
        },
      ],
    },
  ];
}
