import type { Answer, Case, Group, Lines, Sent, Step } from "../case.ts";
import { filledWith, reused, STALE } from "../case.ts";

const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;
const TAG = ["ETag", '"a"'] as const;
const SWR: Lines = [
  ["Cache-Control", "max-age=10, stale-while-revalidate=3600"],
  ["Age", "20"],
];

/** One member for this cache, with its parameters in any order: a list of items (RFC 9211 section 2). */
const having = (...parameters: readonly string[]) =>
  new RegExp(`(^|, )Larder(?=;)${parameters.map((parameter) => `(?=[^,]*; ?${parameter}(;|,|$))`).join("")}[^,]*$`);
const without = (parameter: string) => new RegExp(`(^|, )Larder(?![^,]*; ?${parameter}\\b)[^,]*$`);

/** A request after others, and what Cache-Status then says. */
interface Row extends Omit<Case, "steps"> {
  readonly before?: readonly Step[];
  readonly send?: Sent;
  readonly origin?: Answer;
  readonly status?: number | readonly number[];
  readonly value: RegExp;
}

const fresh = [filledWith([AN_HOUR, TAG]), reused()];
const stale = [filledWith([...STALE, TAG])];
const kind = "may";

const rows: readonly Row[] = [
  { id: "hit", kind: "should", clause: "9211 2.1", says: "a hit is called hit", before: fresh, value: having("hit") },
  {
    id: "hit-no-fwd",
    kind: "must",
    clause: "9211 2.1",
    says: "a hit is not called forwarded",
    before: fresh,
    value: without("fwd"),
  },
  {
    id: "hit-304",
    kind: "should",
    clause: "9211 2.1",
    says: "a 304 out of the cache is a hit",
    before: fresh,
    send: { headers: [["If-None-Match", '"a"']] },
    status: 304,
    value: having("hit"),
  },
  {
    id: "hit-206",
    kind: "should",
    clause: "9211 2.1",
    says: "a part out of the cache is a hit",
    before: fresh,
    send: { headers: [["Range", "bytes=0-0"]] },
    status: 206,
    value: having("hit"),
  },
  {
    id: "hit-416",
    kind: "should",
    clause: "9211 2.1",
    says: "a 416 out of the cache is a hit",
    before: fresh,
    send: { headers: [["Range", "bytes=9-"]] },
    status: 416,
    value: having("hit"),
  },
  {
    id: "hit-head",
    kind: "should",
    clause: "9211 2.1",
    says: "HEAD out of the cache is a hit",
    before: fresh,
    send: { method: "HEAD" },
    value: having("hit"),
  },
  {
    id: "hit-ttl",
    kind,
    clause: "9211 2.4",
    says: "a hit tells how long it is fresh still",
    before: fresh,
    value: having("ttl=3[56][0-9][0-9]"),
  },
  {
    id: "hit-ttl-age",
    kind,
    clause: "9211 2.4",
    says: "the ttl of a hit is less the age it came with",
    before: [filledWith([AN_HOUR, ["Age", "3000"]])],
    value: having("ttl=(59[0-9]|600)"),
  },
  {
    id: "hit-stale-ttl",
    kind,
    clause: "9211 2.4",
    says: "what is served stale has a negative ttl",
    before: [filledWith(SWR)],
    origin: { headers: [AN_HOUR] },
    value: having("hit", "ttl=-1[0-9]"),
  },
  {
    id: "miss",
    kind: "should",
    clause: "9211 2.2",
    says: "what is not stored is forwarded for uri-miss",
    origin: {},
    value: having("fwd=(uri-miss|miss)"),
  },
  {
    id: "miss-no-hit",
    kind: "must",
    clause: "9211 2.1",
    says: "what is forwarded is not called a hit",
    origin: {},
    value: without("hit"),
  },
  {
    id: "miss-status",
    kind,
    clause: "9211 2.3",
    says: "the origin's status is told",
    origin: { status: 404 },
    status: 404,
    value: having("fwd=(uri-miss|miss)", "fwd-status=404"),
  },
  {
    id: "miss-not-stored",
    kind: "must",
    clause: "9211 2.5",
    says: "what is not stored is not called stored",
    origin: {},
    value: without("stored"),
  },
  {
    id: "method",
    kind,
    clause: "9211 2.2",
    says: "what no cache can answer is forwarded for its method",
    send: { method: "POST", body: "a" },
    origin: {},
    value: having("fwd=method"),
  },
  {
    id: "stale",
    kind,
    clause: "9211 2.2",
    says: "what is stale is forwarded for that",
    before: stale,
    origin: {},
    value: having("fwd=(stale|miss)"),
  },
  {
    id: "miss-storing",
    kind,
    clause: "9211 2.5",
    says: "what is being stored is not called stored: whether it will be is known only behind the answer",
    origin: { headers: [AN_HOUR] },
    value: without("stored"),
  },
  {
    id: "vary-miss",
    kind: "should",
    clause: "9211 2.2",
    says: "a variant that is not stored is forwarded for vary-miss",
    before: [filledWith([AN_HOUR, ["Vary", "X-A"]], {}, { headers: [["X-A", "1"]] })],
    send: { headers: [["X-A", "2"]] },
    origin: {},
    value: having("fwd=(vary-miss|miss)"),
  },
  {
    id: "stale-304",
    kind: "should",
    clause: "9211 2.1",
    says: "what was validated is not called a hit",
    before: stale,
    origin: { status: 304, headers: [AN_HOUR, TAG] },
    status: 200,
    value: having("fwd=stale", "fwd-status=304"),
  },
  {
    id: "stand-in",
    kind: "should",
    clause: "9211 2.1",
    says: "what stands in for an error is not called a hit",
    before: stale,
    origin: { status: 503 },
    status: 200,
    value: having("fwd=stale", "fwd-status=503"),
  },
  {
    id: "stand-in-ttl",
    kind,
    clause: "9211 2.4",
    says: "what stands in for an error tells how stale it is",
    before: stale,
    origin: { status: 500 },
    status: 200,
    value: having("fwd=stale", "fwd-status=500", "ttl=-1[0-9]"),
  },
  {
    id: "stand-in-closed",
    kind: "should",
    clause: "9211 2.3",
    says: "what stands in for an origin that gave no status tells none",
    before: stale,
    origin: { fault: "close" },
    status: 200,
    value: having("fwd=stale", "detail=unreachable"),
  },
  {
    id: "stand-in-closed-no-status",
    kind: "must",
    clause: "9211 2.3",
    says: "a status that the origin did not give is not told",
    before: stale,
    origin: { fault: "close" },
    status: 200,
    value: without("fwd-status"),
  },
  {
    id: "request",
    kind,
    clause: "9211 2.2",
    says: "what a request's directives forbid to reuse is forwarded for request",
    before: fresh,
    send: { headers: [["Cache-Control", "no-cache"]] },
    origin: {},
    value: having("fwd=request"),
  },
];

const tabled = rows.map(
  ({ before = [], send = {}, origin, status, value, ...about }): Case => ({
    ...about,
    id: `status-${about.id}`,
    steps: [
      ...before,
      {
        send,
        ...(origin === undefined ? {} : { origin }),
        expect: { ...(status === undefined ? {} : { status }), headers: { "cache-status": value } },
      },
    ],
  }),
);

/** RFC 9211 section 2: an item is a token or a string, and its parameters are a structured field's. */
const ITEM = String.raw`[A-Za-z*][!#$%&'*+.^_\`|~0-9A-Za-z:/-]*(; ?[a-z*][a-z0-9_.*-]*(=(-?[0-9]{1,15}|[A-Za-z*][!#$%&'*+.^_\`|~0-9A-Za-z:/-]*|"[^"]*"))?)*`;
const LIST = new RegExp(`^${ITEM}(, ${ITEM})*$`);

const others: readonly Case[] = [
  {
    id: "status-syntax",
    kind: "must",
    clause: "9211 2",
    says: "Cache-Status is a list of items, on a miss and on a hit",
    steps: [
      { origin: { headers: [AN_HOUR] }, expect: { from: "origin", headers: { "cache-status": LIST } } },
      reused({}, { headers: { "cache-status": LIST } }),
    ],
  },
  {
    id: "status-syntax-collapsed",
    kind: "must",
    clause: "9211 2",
    says: "Cache-Status is a list of items for those who waited for another's answer",
    steps: [
      {
        together: [{}, {}, {}],
        origin: { headers: [AN_HOUR], delayMs: 300 },
        expect: { headers: { "cache-status": LIST }, asked: { times: 1 } },
      },
    ],
  },
  {
    id: "status-after-others",
    kind: "should",
    clause: "9211 2",
    says: "this cache adds itself after those nearer the origin, on a miss and on a hit",
    steps: [
      {
        origin: { headers: [AN_HOUR, ["Cache-Status", "Inner; hit; ttl=5"]] },
        expect: { from: "origin", headers: { "cache-status": /^Inner; hit; ttl=5, Larder; fwd=[^,]*$/ } },
      },
      reused({}, { headers: { "cache-status": /^Inner; hit; ttl=5, Larder; hit[^,]*$/ } }),
    ],
  },
  {
    id: "status-not-twice",
    kind: "must",
    clause: "9211 2",
    says: "a hit does not repeat what this cache said when it stored",
    steps: [filledWith([AN_HOUR]), reused({}, { headers: { "cache-status": /^Larder; hit[^,]*$/ } })],
  },
  {
    id: "status-of-validated-once",
    kind: "must",
    clause: "9211 2",
    says: "what a 304 says of the caches on its way takes the place of what was stored of them",
    steps: [
      filledWith([...STALE, TAG, ["Cache-Status", "Inner; fwd=miss"]]),
      {
        origin: { status: 304, headers: [AN_HOUR, TAG, ["Cache-Status", "Inner; hit"]] },
        expect: { from: "validation", body: "#1", headers: { "cache-status": /^Inner; hit, Larder;[^,]*$/ } },
      },
    ],
  },
];

export const cacheStatus: Group = { name: "Cache-Status", cases: [...tabled, ...others] };
