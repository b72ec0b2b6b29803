import type { Answer, Case, Check, Group, Lines } from "../case.ts";
import { at, filledWith, forwarded, GZIP, reused, STALE } from "../case.ts";

const TAG = ["ETag", '"a"'] as const;
const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;
const DATED = ["Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT"] as const;

const confirmed = (...lines: Lines): Answer => ({ status: 304, headers: [TAG, AN_HOUR, ...lines] });

/** Fields of a 304 that take the place of those stored (RFC 9111 sections 3.2 and 4.3.4). */
const updated: readonly (readonly [name: string, old: string, now: string])[] = [
  ["X-Test", "1", "2"],
  ["Test-Header", "a", "b"],
  ["Content-Foo", "a", "b"],
  ["X-Content-Foo", "a", "b"],
  ["Content-Security-Policy", "default-src 'self'", "default-src 'self' cdn.example"],
  ["X-Frame-Options", "DENY", "SAMEORIGIN"],
  ["X-XSS-Protection", "1", "1; mode=block"],
  ["Content-Language", "en", "de"],
  ["Content-Location", "/a", "/b"],
  ["Link", "</a>; rel=preload", "</b>; rel=preload"],
  ["Clear-Site-Data", '"cache"', '"cookies"'],
  ["Strict-Transport-Security", "max-age=1", "max-age=2"],
  ["WWW-Authenticate", 'Basic realm="a"', 'Basic realm="b"'],
];

const updates = updated.map(
  ([name, old, now]): Case => ({
    id: `304-updates-${name.toLowerCase()}`,
    kind: "must",
    clause: "9111 3.2",
    says: `a 304 updates ${name}, in its own answer and in what is stored`,
    steps: [
      filledWith([...STALE, TAG, [name, old]]),
      { origin: confirmed([name, now]), expect: { from: "validation", body: "#1", headers: { [name]: now } } },
      reused({}, { headers: { [name]: now } }),
    ],
  }),
);

/** Fields of a 304 that leave those stored as they are. */
const left: readonly (readonly [name: string, stored: string | null, sent: string, now: Check])[] = [
  ["Content-Length", null, "10", "2"],
  ["Content-Range", null, "bytes 0-0/1", null],
  ["Content-Encoding", null, "gzip", null],
  ["Keep-Alive", null, "timeout=1", null],
  ["Proxy-Authenticate", null, "Basic", null],
  ["Proxy-Connection", null, "keep-alive", null],
];

const leavings = left.map(
  ([name, stored, sent, now]): Case => ({
    id: `304-leaves-${name.toLowerCase()}`,
    kind: "must",
    clause: "9111 3.2",
    says: `a 304 does not update ${name}`,
    steps: [
      filledWith([...STALE, TAG, ...(stored === null ? [] : [[name, stored] as const])]),
      { origin: confirmed([name, sent]), expect: { from: "validation", body: "#1", headers: { [name]: now } } },
      reused({}, { headers: { [name]: now } }),
    ],
  }),
);

const others: readonly Case[] = [
  {
    id: "304-keeps-the-rest",
    kind: "must",
    clause: "9111 3.2",
    says: "fields that a 304 does not have stay as they are stored",
    steps: [
      filledWith([...STALE, TAG, ["X-Test", "1"], ["Content-Type", "text/x-a"]]),
      {
        origin: confirmed(),
        expect: { from: "validation", body: "#1", headers: { "x-test": "1", "content-type": "text/x-a" } },
      },
      reused({}, { headers: { "x-test": "1", "content-type": "text/x-a" } }),
    ],
  },
  {
    id: "304-adds",
    kind: "must",
    clause: "9111 3.2",
    says: "fields that only a 304 has are added",
    steps: [
      filledWith([...STALE, TAG]),
      { origin: confirmed(["X-New", "1"]), expect: { from: "validation", body: "#1", headers: { "x-new": "1" } } },
      reused({}, { headers: { "x-new": "1" } }),
    ],
  },
  {
    id: "304-replaces-all-lines",
    kind: "must",
    clause: "9111 3.2",
    says: "a field of a 304 takes the place of all its stored lines",
    steps: [
      filledWith([...STALE, TAG, ["X-List", "1"], ["X-List", "2"]]),
      {
        origin: confirmed(["X-List", "3"], ["X-List", "4"]),
        expect: { from: "validation", body: "#1", headers: { "x-list": "3, 4" } },
      },
      reused({}, { headers: { "x-list": "3, 4" } }),
    ],
  },
  {
    id: "304-last-modified-updates",
    kind: "must",
    clause: "9111 3.2",
    says: "a 304 about what has no ETag updates its fields",
    steps: [
      filledWith([...STALE, DATED, ["X-Test", "1"]]),
      {
        origin: { status: 304, headers: [AN_HOUR, DATED, ["X-Test", "2"]] },
        expect: { from: "validation", body: "#1", headers: { "x-test": "2" } },
      },
      reused({}, { headers: { "x-test": "2" } }),
    ],
  },
  {
    id: "304-updates-cache-control",
    kind: "must",
    clause: "9111 3.2",
    says: "a 304 updates Cache-Control, and with it the lifetime",
    steps: [
      filledWith([...STALE, TAG]),
      {
        origin: { status: 304, headers: [TAG, ["Cache-Control", "max-age=7200"]] },
        expect: { from: "validation", body: "#1", headers: { "cache-control": "max-age=7200" } },
      },
      reused({}, { headers: { "cache-control": "max-age=7200", "cache-status": /ttl=7[12][0-9][0-9]\b/ } }),
    ],
  },
  {
    id: "304-updates-expires",
    kind: "must",
    clause: "9111 3.2",
    says: "a 304 updates Expires, and with it the lifetime",
    steps: [
      filledWith([["Expires", at(10)], ["Age", "20"], ["Cache-Control", "stale-if-error=3600"], TAG]),
      {
        origin: { status: 304, headers: [TAG, ["Expires", at(3600)]] },
        expect: { from: "validation", body: "#1", headers: { expires: { asInAnswer: 2 } } },
      },
      reused({}, { headers: { expires: { asInAnswer: 2 } } }),
    ],
  },
  {
    id: "304-updates-date",
    kind: "must",
    clause: "9111 3.2",
    says: "a 304 updates Date",
    steps: [
      filledWith([...STALE, TAG, ["Date", at(-15)]]),
      { origin: confirmed(), expect: { from: "validation", body: "#1", headers: { date: { asInAnswer: 2 } } } },
      reused({}, { headers: { date: { asInAnswer: 2 } } }),
    ],
  },
  {
    id: "304-content-type",
    kind: "may",
    clause: "9111 3.2",
    says: "a 304 updates Content-Type: nothing stored depends on it",
    steps: [
      filledWith([...STALE, TAG, ["Content-Type", "text/plain"]]),
      {
        origin: confirmed(["Content-Type", "text/plain;charset=utf-8"]),
        expect: { from: "validation", body: "#1", headers: { "content-type": "text/plain;charset=utf-8" } },
      },
      reused({}, { headers: { "content-type": "text/plain;charset=utf-8" } }),
    ],
  },
  {
    id: "304-weak-etag-kept-weak",
    kind: "must",
    clause: "9111 4.3.4",
    says: "a weakly validated ETag is still served",
    steps: [
      filledWith([...STALE, ["ETag", 'W/"a"']]),
      {
        origin: { status: 304, headers: [AN_HOUR, ["ETag", 'W/"a"']] },
        expect: { from: "validation", body: "#1", headers: { etag: 'W/"a"' } },
      },
      reused({}, { headers: { etag: 'W/"a"' } }),
    ],
  },
  {
    id: "304-connection",
    kind: "must",
    clause: "9111 3.1",
    says: "fields that Connection names in a 304 are not merged",
    steps: [
      filledWith([...STALE, TAG, ["X-Hop", "1"]]),
      {
        origin: confirmed(["Connection", "X-Hop"], ["X-Hop", "2"]),
        expect: { from: "validation", body: "#1", headers: { "x-hop": "1" } },
      },
      reused({}, { headers: { "x-hop": "1" } }),
    ],
  },
  {
    id: "304-encoded",
    kind: "must",
    clause: "9111 3.2",
    says: "what is stored encoded stays so through a 304",
    steps: [
      {
        send: { headers: [["Accept-Encoding", "gzip"]] },
        origin: { headers: [...STALE, TAG], encoding: "gzip" },
        expect: { from: "origin", body: GZIP, headers: { "content-encoding": "gzip" } },
      },
      {
        send: { headers: [["Accept-Encoding", "gzip"]] },
        origin: confirmed(),
        expect: { from: "validation", body: GZIP, headers: { "content-encoding": "gzip" } },
      },
    ],
  },
  {
    id: "304-no-store",
    kind: "must",
    clause: "9111 5.2.2.5",
    says: "what a 304 says not to store is not reused again",
    steps: [
      filledWith([...STALE, TAG]),
      { origin: [{ status: 304, headers: [TAG, ["Cache-Control", "no-store"]] }, {}], expect: { status: 200 } },
      forwarded(),
    ],
  },
  {
    id: "304-private",
    kind: "must",
    clause: "9111 5.2.2.7",
    says: "what a 304 says is private is not reused for another",
    steps: [
      filledWith([...STALE, TAG]),
      {
        origin: [{ status: 304, headers: [TAG, ["Cache-Control", "private, max-age=3600"]] }, {}],
        expect: { status: 200 },
      },
      forwarded(),
    ],
  },
  {
    id: "304-set-cookie",
    kind: "may",
    clause: "9111 7.3",
    says: "a cookie that a 304 sets is for who caused it only",
    steps: [
      filledWith([...STALE, TAG]),
      { origin: [confirmed(["Set-Cookie", "a=b"]), { headers: [AN_HOUR] }], expect: { status: 200 } },
      { expect: { headers: { "set-cookie": null } } },
    ],
  },
  {
    id: "304-vary",
    kind: "must",
    clause: "9111 3.2",
    says: "a 304 updates Vary, and with it for whom the response is",
    steps: [
      filledWith([...STALE, TAG], {}, { headers: [["X-A", "1"]] }),
      {
        send: { headers: [["X-A", "1"]] },
        origin: confirmed(["Vary", "X-A"]),
        expect: { from: "validation", body: "#1", headers: { vary: "X-A" } },
      },
      reused({ headers: [["X-A", "1"]] }, { headers: { vary: "X-A" } }),
      forwarded({ headers: [["X-A", "2"]] }),
    ],
  },
];

export const freshening: Group = { name: "freshening", cases: [...updates, ...leavings, ...others] };
