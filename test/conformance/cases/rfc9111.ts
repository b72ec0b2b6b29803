import type { Case, Group, Lines } from "../case.ts";
import { at, filledWith, forwarded, reused, STALE } from "../case.ts";

const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;
const TAG = ["ETag", '"a"'] as const;

/** Stale at once, and served while it is refreshed. */
const WHILE_REVALIDATE: Lines = [
  ["Cache-Control", "max-age=10, stale-while-revalidate=3600"],
  ["Age", "20"],
];

const close = { fault: "close" } as const;
const range = (value: string): Lines => [["Range", value]];

/** Of RFC 9111, what no other group has: age, validation by HEAD, and what takes a cache in. */
const caching: readonly Case[] = [
  {
    id: "kept-age-of-slow-origin",
    kind: "must",
    clause: "9111 4.2.3",
    says: "the time the origin took to answer is added to the Age of what is kept only to be confirmed, too",
    steps: [
      filledWith([["Cache-Control", "max-age=10"], TAG, ["Age", "7200"]], { delayMs: 2100 }),
      { origin: close, expect: { status: 200, body: "#1", headers: { age: { min: 7202, max: 7210 } } } },
    ],
  },
  {
    id: "head-other-etag-of-fresh",
    kind: "should",
    clause: "9111 4.3.5",
    says: "HEAD with another ETag makes stale what is fresh",
    steps: [
      filledWith([AN_HOUR, TAG]),
      reused(),
      {
        send: { method: "HEAD", headers: [["Cache-Control", "no-cache"]] },
        origin: { headers: [AN_HOUR, ["ETag", '"b"']] },
        expect: { from: "origin", body: "" },
      },
      { ...forwarded(), repeat: "until-true" },
    ],
  },
  {
    id: "head-other-length-of-fresh",
    kind: "should",
    clause: "9111 4.3.5",
    says: "HEAD with another length makes stale what is fresh",
    steps: [
      filledWith([AN_HOUR, TAG]),
      reused(),
      {
        send: { method: "HEAD", headers: [["Cache-Control", "no-cache"]] },
        origin: { headers: [AN_HOUR, TAG, ["Content-Length", "100"]] },
        expect: { from: "origin", body: "" },
      },
      { ...forwarded(), repeat: "until-true" },
    ],
  },
  {
    id: "must-revalidate-unreachable",
    kind: "should",
    clause: "9111 5.2.2.2",
    says: "what may not be served stale is answered with an error while the origin is unreachable",
    steps: [
      filledWith([
        ["Cache-Control", "max-age=10, must-revalidate"],
        ["Age", "20"],
      ]),
      { origin: close, expect: { status: [502, 504] } },
    ],
  },
  {
    id: "vary-not-forwarded",
    kind: "must",
    clause: "9111 4.1",
    says: "the answer to a request whose field was not forwarded is not for those whose field is",
    steps: [
      filledWith(
        [AN_HOUR, ["Vary", "X-A"]],
        {},
        {
          headers: [
            ["X-A", "1"],
            ["Connection", "X-A"],
          ],
        },
      ),
      forwarded({ headers: [["X-A", "1"]] }),
    ],
  },
  {
    id: "range-outside-no-lifetime",
    kind: "should",
    clause: "9111 7.1",
    says: "a 416 out of the cache does not have the lifetime of what is stored, or caches further out would keep it",
    steps: [
      filledWith([AN_HOUR, ["Expires", at(3600)], TAG]),
      reused(),
      reused(
        { headers: range("bytes=10-") },
        { status: 416, body: /^/, headers: { "cache-control": /^(?!.*max-age=[1-9])/, expires: null } },
      ),
    ],
  },
];

/** Of the documents beside it. */
const beside: readonly Case[] = [
  {
    id: "if-none-match-options",
    kind: "must",
    clause: "9110 13.2.1",
    says: "a condition of OPTIONS is not judged here, and is passed on",
    steps: [
      filledWith([AN_HOUR, TAG]),
      forwarded(
        { method: "OPTIONS", headers: [["If-None-Match", "*"]] },
        { status: 200, asked: { headers: { "if-none-match": "*" } } },
      ),
    ],
  },
  {
    id: "if-modified-since-post",
    kind: "must",
    clause: "9110 13.1.3",
    says: "If-Modified-Since of POST is ignored",
    steps: [
      filledWith([AN_HOUR, ["Last-Modified", at(-7200)]]),
      forwarded({ method: "POST", body: "x", headers: [["If-Modified-Since", at(0)]] }, { status: 200 }),
    ],
  },
  {
    id: "range-if-range-fields",
    kind: "should",
    clause: "9110 15.3.7",
    says: "a part for If-Range leaves out what the client has of the whole already",
    steps: [
      filledWith([AN_HOUR, TAG, ["Content-Language", "en"], ["Last-Modified", at(-7200)]], { body: "0123456789" }),
      reused({}, { body: "0123456789" }),
      reused(
        { headers: [...range("bytes=0-1"), ["If-Range", '"a"']] },
        {
          status: 206,
          body: "01",
          headers: { etag: '"a"', "cache-control": "max-age=3600", "content-language": null, "last-modified": null },
        },
      ),
    ],
  },
  {
    id: "range-fields-of-whole",
    kind: "must",
    clause: "9110 15.3.7",
    says: "a part without If-Range has all that describes the whole",
    steps: [
      filledWith([AN_HOUR, TAG, ["Content-Language", "en"], ["Content-Type", "text/plain"]], { body: "0123456789" }),
      reused({}, { body: "0123456789" }),
      reused(
        { headers: range("bytes=0-1") },
        { status: 206, body: "01", headers: { "content-language": "en", "content-type": "text/plain" } },
      ),
    ],
  },
  {
    id: "status-none-on-own-502",
    kind: "should",
    clause: "9211 2",
    says: "the gateway's own error has no Cache-Status: nothing stored is in it",
    steps: [{ origin: close, expect: { status: [502, 504], headers: { "cache-status": null } } }],
  },
  {
    id: "status-none-on-own-504",
    kind: "should",
    clause: "9211 2",
    says: "the gateway's own 504 for only-if-cached has no Cache-Status: nothing stored is in it",
    steps: [
      {
        send: { headers: [["Cache-Control", "only-if-cached"]] },
        expect: { from: "gateway", status: 504, headers: { "cache-status": null } },
      },
    ],
  },
  {
    id: "cdn-closed-must-revalidate",
    kind: "must",
    clause: "9213 2.2",
    says: "must-revalidate of CDN-Cache-Control forbids serving stale while the origin is unreachable",
    steps: [
      filledWith([
        ["CDN-Cache-Control", "max-age=10, must-revalidate"],
        ["Cache-Control", "max-age=3600, stale-if-error=3600"],
        ["Age", "20"],
      ]),
      { origin: close, expect: { from: "origin", status: [502, 504] } },
    ],
  },
  {
    id: "swr-refreshes-for-range",
    kind: "should",
    clause: "5861 3",
    says: "what is stale is refreshed behind a part of it, too",
    steps: [
      filledWith(WHILE_REVALIDATE, { body: "0123456789" }),
      {
        send: { headers: range("bytes=0-1") },
        origin: { headers: [AN_HOUR] },
        expect: { from: "background", status: 206, body: "01" },
      },
    ],
  },
  {
    id: "swr-refreshes-for-head",
    kind: "should",
    clause: "5861 3",
    says: "what is stale is refreshed behind HEAD, too",
    steps: [
      filledWith(WHILE_REVALIDATE),
      { send: { method: "HEAD" }, origin: { headers: [AN_HOUR] }, expect: { from: "background", body: "" } },
    ],
  },
  {
    id: "immutable-request",
    kind: "must",
    clause: "8246 2",
    says: "immutable in a request changes nothing",
    steps: [filledWith(STALE), forwarded({ headers: [["Cache-Control", "immutable"]] })],
  },
  {
    id: "immutable-no-cache",
    kind: "may",
    clause: "8246 2.1",
    says: "a client that asks for validation gets it of what is immutable, too",
    steps: [
      filledWith([["Cache-Control", "max-age=3600, immutable"], TAG]),
      {
        send: { headers: [["Cache-Control", "no-cache"]] },
        origin: { status: 304, headers: [TAG] },
        expect: { from: "validation", body: "#1" },
      },
    ],
  },
];

export const rfc9111: Group = { name: "RFC 9111", cases: [...caching, ...beside] };
