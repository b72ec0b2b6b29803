import type { Case, Group, Lines } from "../case.ts";
import { filledWith, forwarded, reused, STALE } from "../case.ts";

const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;
const TAG = ["ETag", '"abc"'] as const;
const CONTENT = "0123456789";

const range = (value: string): Lines => [["Range", value]];
const partFromOrigin = {
  status: 206,
  headers: [AN_HOUR, TAG, ["Content-Range", "bytes 0-4/10"]] as Lines,
  body: "01234",
};

const cases: readonly Case[] = [
  {
    id: "range-passed-on",
    kind: "may",
    clause: "9110 14.2",
    says: "a range of what is not stored is passed on, and its answer too",
    steps: [
      {
        send: { headers: [...range("bytes=0-4"), ["If-Range", '"abc"']] },
        origin: partFromOrigin,
        expect: {
          from: "origin",
          status: 206,
          body: "01234",
          headers: { "content-range": "bytes 0-4/10", "content-length": "5" },
          asked: { headers: { range: "bytes=0-4", "if-range": '"abc"' } },
        },
      },
    ],
  },
  {
    id: "range-206-not-whole",
    kind: "must",
    clause: "9111 3.3",
    says: "a part is never served as the whole",
    steps: [
      {
        send: { headers: range("bytes=0-4") },
        origin: partFromOrigin,
        expect: { from: "origin", status: 206, body: "01234" },
      },
      { origin: { headers: [AN_HOUR, TAG], body: CONTENT }, expect: { status: 200, body: CONTENT } },
    ],
  },
  {
    id: "range-206-not-kept",
    kind: "may",
    clause: "9111 3.3",
    says: "a part is not kept: the same is asked for again",
    steps: [
      {
        send: { headers: range("bytes=0-4") },
        origin: partFromOrigin,
        expect: { from: "origin", status: 206, body: "01234" },
      },
      {
        send: { headers: range("bytes=0-4") },
        origin: partFromOrigin,
        expect: { from: "origin", status: 206, body: "01234" },
      },
    ],
  },
  {
    id: "range-206-unasked",
    kind: "must",
    clause: "9111 3.3",
    says: "a 206 to a request without a range is not kept",
    steps: [{ origin: partFromOrigin, expect: { from: "origin", status: 206, body: "01234" } }, forwarded()],
  },
  {
    id: "range-206-other-range",
    kind: "must",
    clause: "9111 3.3",
    says: "one part is not served for another",
    steps: [
      {
        send: { headers: range("bytes=0-4") },
        origin: partFromOrigin,
        expect: { from: "origin", status: 206, body: "01234" },
      },
      {
        send: { headers: range("bytes=5-9") },
        origin: { status: 206, headers: [AN_HOUR, ["Content-Range", "bytes 5-9/10"]], body: "56789" },
        expect: { status: 206, body: "56789" },
      },
    ],
  },
  {
    id: "range-multipart-not-kept",
    kind: "must",
    clause: "9111 3.3",
    says: "several parts are not kept as a whole",
    steps: [
      {
        send: { headers: range("bytes=0-0,2-2") },
        origin: {
          status: 206,
          headers: [AN_HOUR, ["Content-Type", "multipart/byteranges; boundary=b"]],
          body: "--b\r\n\r\n0\r\n--b--",
        },
        expect: { from: "origin", status: 206, body: /^--b/ },
      },
      forwarded(),
    ],
  },
  {
    id: "range-ignored-by-origin",
    kind: "may",
    clause: "9110 14.2",
    says: "where the origin ignores a range, all of it is served and kept",
    steps: [
      {
        send: { headers: range("bytes=0-4") },
        origin: { headers: [AN_HOUR], body: CONTENT },
        expect: { from: "origin", status: 200, body: CONTENT },
      },
      { ...reused({}, { body: CONTENT }), repeat: "until-true" },
    ],
  },
  {
    id: "range-stand-in",
    kind: "may",
    clause: "5861 4",
    says: "a part of what is stale stands in for an error",
    steps: [
      filledWith(STALE, { body: CONTENT }),
      { send: { headers: range("bytes=0-1") }, origin: { status: 503 }, expect: { status: 206, body: "01" } },
    ],
  },
  {
    id: "range-swr",
    kind: "may",
    clause: "5861 3",
    says: "a part of what is stale is served inside stale-while-revalidate",
    steps: [
      filledWith(
        [
          ["Cache-Control", "max-age=10, stale-while-revalidate=3600"],
          ["Age", "20"],
        ],
        { body: CONTENT },
      ),
      {
        send: { headers: range("bytes=0-1") },
        origin: { headers: [AN_HOUR], body: CONTENT },
        expect: { status: 206, body: "01" },
      },
    ],
  },
  {
    id: "range-validated",
    kind: "may",
    clause: "9111 4.3",
    says: "a part is served of what was validated for it",
    steps: [
      filledWith([...STALE, TAG], { body: CONTENT }),
      {
        send: { headers: range("bytes=0-1") },
        origin: { status: 304, headers: [AN_HOUR, TAG] },
        expect: { from: "validation", status: 206, body: "01" },
      },
    ],
  },
  {
    id: "range-validated-part",
    kind: "must",
    clause: "9111 3.3",
    says: "a part that answers a validation does not take the place of the whole",
    steps: [
      filledWith([...STALE, TAG], { body: CONTENT }),
      {
        send: { headers: range("bytes=0-4") },
        origin: partFromOrigin,
        expect: { from: "origin", status: 206, body: "01234" },
      },
      { origin: { status: 503 }, expect: { status: 200, body: CONTENT } },
    ],
  },
];

/** Parts that come from the origin, and what becomes of them. */
export const parts: Group = { name: "parts", cases };
