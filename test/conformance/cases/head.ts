import type { Answer, Case, Group, Lines } from "../case.ts";
import { filledWith, forwarded, GZIP, reused, STALE } from "../case.ts";

const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;
const TAG = ["ETag", '"a"'] as const;
const HEAD = { method: "HEAD" };

/** The origin's answer to HEAD about content of two bytes, as GET's is. */
const headed = (...lines: Lines): Answer => ({ headers: lines, body: "##" });

const cases: readonly Case[] = [
  {
    id: "head-from-get",
    kind: "may",
    clause: "9110 9.3.2",
    says: "HEAD is answered from what GET has stored",
    steps: [
      filledWith([AN_HOUR, TAG]),
      reused(),
      reused(HEAD, { body: "", headers: { etag: '"a"', "cache-control": "max-age=3600" } }),
    ],
  },
  {
    id: "head-length",
    kind: "must",
    clause: "9110 8.6",
    says: "the Content-Length of HEAD is that of GET",
    steps: [
      filledWith([AN_HOUR], { body: "0123456789" }),
      reused({}, { body: "0123456789" }),
      reused(HEAD, { body: "", headers: { "content-length": "10" } }),
    ],
  },
  {
    id: "head-status",
    kind: "may",
    clause: "9110 9.3.2",
    says: "the status of HEAD is that of GET",
    steps: [
      filledWith([AN_HOUR], { status: 404 }),
      reused({}, { status: 404 }),
      reused(HEAD, { status: 404, body: "" }),
    ],
  },
  {
    id: "head-miss",
    kind: "must",
    clause: "9110 9.3.2",
    says: "HEAD of what is not stored is answered without content",
    steps: [
      {
        send: HEAD,
        origin: headed(AN_HOUR, ["X-Test", "1"]),
        expect: { body: "", headers: { "x-test": "1" }, asked: { times: 1 } },
      },
    ],
  },
  {
    id: "head-passed-on",
    kind: "may",
    clause: "9110 9.3.2",
    says: "HEAD is forwarded as HEAD",
    steps: [{ send: HEAD, origin: headed(AN_HOUR), expect: { from: "origin", asked: { method: "HEAD" } } }],
  },
  {
    id: "head-length-passed-on",
    kind: "may",
    clause: "9110 8.6",
    says: "the Content-Length of a forwarded HEAD is passed on",
    steps: [
      {
        send: HEAD,
        origin: { headers: [AN_HOUR, ["Content-Length", "1234"]] },
        expect: { from: "origin", headers: { "content-length": "1234" } },
      },
    ],
  },
  {
    id: "head-not-for-get",
    kind: "must",
    clause: "9111 4",
    says: "the answer to HEAD is not served for GET",
    steps: [
      { send: HEAD, origin: headed(AN_HOUR), expect: { from: "origin" } },
      { origin: { headers: [AN_HOUR], body: "content" }, expect: { status: 200, body: "content" } },
    ],
  },
  {
    id: "head-stale",
    kind: "must",
    clause: "9111 4",
    says: "HEAD is not answered with what has expired",
    steps: [
      filledWith([
        ["Cache-Control", "max-age=10"],
        ["Age", "20"],
      ]),
      forwarded(HEAD),
    ],
  },
  {
    id: "head-swr",
    kind: "may",
    clause: "5861 3",
    says: "HEAD is answered inside stale-while-revalidate",
    steps: [
      filledWith([
        ["Cache-Control", "max-age=10, stale-while-revalidate=3600"],
        ["Age", "20"],
      ]),
      { send: HEAD, origin: { headers: [AN_HOUR] }, expect: { status: 200, body: "", headers: { age: { min: 20 } } } },
    ],
  },
  {
    id: "head-no-cache",
    kind: "must",
    clause: "9111 5.2.2.4",
    says: "HEAD is not answered with what says no-cache",
    steps: [filledWith("no-cache, max-age=3600"), forwarded(HEAD)],
  },
  {
    id: "head-error",
    kind: "may",
    clause: "9111 4.3.5",
    says: "an error in answer to HEAD leaves what is stored",
    steps: [
      filledWith(STALE),
      { send: HEAD, origin: { status: 503 }, expect: { status: [200, 503], body: "" } },
      { origin: { status: 503 }, expect: { status: 200, body: "#1" } },
    ],
  },
  {
    id: "head-updates-lifetime",
    kind: "should",
    clause: "9111 4.3.5",
    says: "HEAD that confirms what is stored makes it fresh again",
    steps: [
      filledWith([...STALE, TAG]),
      { send: HEAD, origin: headed(AN_HOUR, TAG), expect: { from: "origin", body: "" } },
      { ...reused(), repeat: "until-true" },
    ],
  },
  {
    id: "head-updates-fields",
    kind: "should",
    clause: "9111 4.3.5",
    says: "HEAD that confirms what is stored updates its fields",
    steps: [
      filledWith([...STALE, TAG, ["X-Test", "1"], ["X-Kept", "1"]]),
      { send: HEAD, origin: headed(AN_HOUR, TAG, ["X-Test", "2"]), expect: { from: "origin", body: "" } },
      { ...reused({}, { headers: { "x-test": "2", "x-kept": "1" } }), repeat: "until-true" },
    ],
  },
  {
    id: "head-other-etag",
    kind: "should",
    clause: "9111 4.3.5",
    says: "HEAD with another ETag makes what is stored stale, and it no longer stands in",
    steps: [
      filledWith([...STALE, TAG]),
      { send: HEAD, origin: headed(AN_HOUR, ["ETag", '"b"']), expect: { from: "origin", body: "" } },
      forwarded(),
    ],
  },
  {
    id: "head-other-length",
    kind: "should",
    clause: "9111 4.3.5",
    says: "HEAD with another length does not confirm what is stored",
    steps: [
      filledWith([...STALE, TAG]),
      {
        send: HEAD,
        origin: { headers: [AN_HOUR, TAG, ["Content-Length", "100"]] },
        expect: { from: "origin", body: "" },
      },
      forwarded(),
    ],
  },
  {
    id: "head-410",
    kind: "must",
    clause: "9111 4.3.5",
    says: "a 410 in answer to HEAD does not become the stored response's fields",
    steps: [
      filledWith([...STALE, TAG, ["X-Test", "1"]]),
      {
        send: HEAD,
        origin: { status: 410, headers: [AN_HOUR, ["X-Test", "2"]] },
        expect: { from: "origin", status: 410, body: "" },
      },
      forwarded(),
    ],
  },
  {
    id: "head-validated",
    kind: "may",
    clause: "9111 4.3",
    says: "HEAD is answered with what was validated for it",
    steps: [
      filledWith([...STALE, TAG]),
      {
        send: HEAD,
        origin: { status: 304, headers: [AN_HOUR, TAG] },
        expect: { from: "validation", body: "", headers: { etag: '"a"' }, asked: { method: "HEAD" } },
      },
      reused(),
    ],
  },
  {
    id: "head-outdates",
    kind: "should",
    clause: "9111 4.3.5",
    says: "HEAD with another ETag makes what is fresh stale",
    steps: [
      filledWith([AN_HOUR, TAG]),
      reused(),
      {
        send: { ...HEAD, headers: [["Cache-Control", "no-cache"]] },
        origin: headed(AN_HOUR, ["ETag", '"b"']),
        expect: { from: "origin", body: "" },
      },
      { ...forwarded(), repeat: "until-true" },
    ],
  },
  {
    id: "head-keeps-variant",
    kind: "must",
    clause: "9111 4.3.5",
    says: "HEAD of one variant does not renew another",
    steps: [
      filledWith([...STALE, TAG, ["Vary", "X-A"]], {}, { headers: [["X-A", "1"]] }),
      {
        send: { ...HEAD, headers: [["X-A", "2"]] },
        origin: headed(AN_HOUR, TAG, ["Vary", "X-A"]),
        expect: { from: "origin", body: "" },
      },
      forwarded({ headers: [["X-A", "1"]] }),
    ],
  },
  {
    id: "head-keeps-fresh",
    kind: "may",
    clause: "9111 4",
    says: "HEAD does not disturb what is fresh",
    steps: [filledWith([AN_HOUR]), reused(), reused(HEAD, { body: "" }), reused()],
  },
  {
    id: "head-of-gzip",
    kind: "may",
    clause: "9110 9.3.2",
    says: "HEAD of encoded content tells its encoding",
    steps: [
      {
        send: { headers: [["Accept-Encoding", "gzip"]] },
        origin: { headers: [AN_HOUR], encoding: "gzip" },
        expect: { from: "origin", body: GZIP },
      },
      reused({ headers: [["Accept-Encoding", "gzip"]] }, { body: GZIP }),
      reused(
        { ...HEAD, headers: [["Accept-Encoding", "gzip"]] },
        { body: "", headers: { "content-encoding": "gzip" } },
      ),
    ],
  },
];

export const head: Group = { name: "HEAD", cases };
