import type { Case, Group, Lines } from "../case.ts";
import { at, filledWith, forwarded, reused } from "../case.ts";

const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;
const TAG = ["ETag", '"abc"'] as const;
const MODIFIED = "Wed, 21 Oct 2015 07:28:00 GMT";
const DATED = ["Last-Modified", MODIFIED] as const;

const inm = (value: string): Lines => [["If-None-Match", value]];

const cases: readonly Case[] = [
  {
    id: "304-fields",
    kind: "must",
    clause: "9110 15.4.5",
    says: "a 304 has what a 200 would have had of ETag, Date, Cache-Control, Expires, Vary and Content-Location",
    steps: [
      filledWith([AN_HOUR, TAG, ["Expires", at(3600)], ["Vary", "X-A"], ["Content-Location", "/c"], ["Date", at(-30)]]),
      reused(),
      reused(
        { headers: inm('"abc"') },
        {
          status: 304,
          body: "",
          headers: {
            etag: '"abc"',
            date: { asInAnswer: 1 },
            "cache-control": "max-age=3600",
            expires: { asInAnswer: 1 },
            vary: "X-A",
            "content-location": "/c",
          },
        },
      ),
    ],
  },
  {
    id: "304-other-fields",
    kind: "should",
    clause: "9110 15.4.5",
    says: "a 304 leaves out what describes the content",
    steps: [
      filledWith([AN_HOUR, TAG, DATED, ["Content-Type", "text/plain"], ["Content-Language", "en"]]),
      reused(),
      reused(
        { headers: inm('"abc"') },
        {
          status: 304,
          body: "",
          headers: { "content-type": null, "content-language": null, "content-encoding": null, "last-modified": null },
        },
      ),
    ],
  },
  {
    id: "304-no-length",
    kind: "must",
    clause: "9110 8.6",
    says: "a 304 has no Content-Length other than that of the 200",
    steps: [
      filledWith([AN_HOUR, TAG]),
      reused(),
      reused({ headers: inm('"abc"') }, { status: 304, body: "", headers: { "content-length": null } }),
    ],
  },
  {
    id: "condition-head",
    kind: "should",
    clause: "9110 13.2.2",
    says: "HEAD with a condition gets 304, too",
    steps: [
      filledWith([AN_HOUR, TAG]),
      reused(),
      reused({ method: "HEAD", headers: inm('"abc"') }, { status: 304, body: "" }),
    ],
  },
  {
    id: "condition-on-404",
    kind: "must",
    clause: "9110 13.2.1",
    says: "a condition is ignored where the answer would be no success",
    steps: [
      filledWith([AN_HOUR, TAG], { status: 404 }),
      reused({}, { status: 404 }),
      reused({ headers: inm('"abc"') }, { status: 404 }),
    ],
  },
  {
    id: "condition-on-redirect",
    kind: "must",
    clause: "9110 13.2.1",
    says: "a condition is ignored where the answer would be a redirect",
    steps: [
      filledWith([AN_HOUR, TAG, ["Location", "/x"]], { status: 301 }),
      reused({}, { status: 301 }),
      reused({ headers: inm("*") }, { status: 301 }),
    ],
  },
  {
    id: "condition-before-filled",
    kind: "may",
    clause: "9111 4.3.2",
    says: "a condition on what is not stored yet brings a whole response to store, and 304 to the client",
    steps: [
      {
        send: { headers: inm('"abc"') },
        origin: { headers: [AN_HOUR, TAG] },
        expect: { status: 304, body: "", asked: { times: 1, headers: { "if-none-match": null } } },
      },
      reused(),
    ],
  },
  {
    id: "condition-before-filled-differs",
    kind: "must",
    clause: "9110 13.1.2",
    says: "a condition that differs on what is not stored yet brings the response",
    steps: [
      { send: { headers: inm('"x"') }, origin: { headers: [AN_HOUR, TAG] }, expect: { from: "origin" } },
      reused(),
    ],
  },
  {
    id: "condition-on-uncacheable",
    kind: "may",
    clause: "9110 13.1.2",
    says: "a condition on what is not stored is checked against the origin's answer",
    steps: [
      {
        send: { headers: inm('"abc"') },
        origin: { headers: [["Cache-Control", "no-store"], TAG] },
        expect: { status: 304, body: "", asked: { times: 1 } },
      },
    ],
  },
  {
    id: "condition-vary",
    kind: "must",
    clause: "9111 4.3.2",
    says: "a condition is checked against the variant it is for",
    steps: [
      filledWith([AN_HOUR, TAG, ["Vary", "X-A"]], {}, { headers: [["X-A", "1"]] }),
      filledWith([AN_HOUR, ["ETag", '"other"'], ["Vary", "X-A"]], {}, { headers: [["X-A", "2"]] }),
      reused({ headers: [["X-A", "2"], ...inm('"abc"')] }, { status: 200, body: "#2" }),
      reused({ headers: [["X-A", "1"], ...inm('"abc"')] }, { status: 304, body: "" }),
    ],
  },
  {
    id: "if-match-to-origin",
    kind: "must",
    clause: "9110 13.1.1",
    says: "If-Match of a change is for the origin to check",
    steps: [
      {
        send: { method: "PUT", body: "x", headers: [["If-Match", '"a"']] },
        origin: { status: 412 },
        expect: { from: "origin", status: 412, asked: { headers: { "if-match": '"a"' } } },
      },
    ],
  },
  {
    id: "if-unmodified-since-to-origin",
    kind: "must",
    clause: "9110 13.1.4",
    says: "If-Unmodified-Since of a change is for the origin to check",
    steps: [
      {
        send: { method: "PUT", body: "x", headers: [["If-Unmodified-Since", MODIFIED]] },
        origin: { status: 412 },
        expect: { from: "origin", status: 412, asked: { headers: { "if-unmodified-since": MODIFIED } } },
      },
    ],
  },
  {
    id: "if-none-match-put",
    kind: "must",
    clause: "9110 13.1.2",
    says: "If-None-Match of a change is for the origin to check, whatever is stored",
    steps: [
      filledWith([AN_HOUR, TAG]),
      reused(),
      {
        send: { method: "PUT", body: "x", headers: inm("*") },
        origin: { status: 412 },
        expect: { from: "origin", status: 412, asked: { headers: { "if-none-match": "*" } } },
      },
    ],
  },
  {
    id: "if-match-get-miss",
    kind: "must",
    clause: "9111 4.3.2",
    says: "If-Match of a GET that is forwarded goes with it",
    steps: [
      {
        send: { headers: [["If-Match", '"a"']] },
        origin: { status: 412 },
        expect: { from: "origin", status: 412, asked: { headers: { "if-match": '"a"' } } },
      },
      forwarded(),
    ],
  },
  {
    id: "if-match-get-hit",
    kind: "may",
    clause: "9110 13.1.1",
    says: "a cache may ignore If-Match of a GET",
    steps: [filledWith([AN_HOUR, TAG]), reused(), reused({ headers: [["If-Match", '"x"']] })],
  },
  {
    id: "condition-with-no-cache",
    kind: "must",
    clause: "9111 4.3.2",
    says: "what may not be reused answers no condition without the origin",
    steps: [
      filledWith([["Cache-Control", "no-store"], TAG]),
      { send: { headers: inm('"abc"') }, expect: { status: 200, asked: { times: 1 } } },
    ],
  },
];

/** What a 304 has, and which conditions are for whom. */
export const notModified: Group = { name: "not modified", cases };
