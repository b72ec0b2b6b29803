import type { Case, Group, Kind, Lines } from "../case.ts";
import { at, filledWith, forwarded, GZIP, reused } from "../case.ts";

const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;
const TAG = ["ETag", '"abc"'] as const;
const CONTENT = "0123456789";

const range = (value: string): Lines => [["Range", value]];
const stored = (...lines: Lines) => [filledWith([AN_HOUR, ...lines], { body: CONTENT }), reused({}, { body: CONTENT })];

const whole = { status: 200, body: CONTENT, headers: { "content-range": null } } as const;
const part = (first: number, last: number) => ({
  status: 206,
  body: CONTENT.slice(first, last + 1),
  headers: { "content-range": `bytes ${first}-${last}/10`, "content-length": String(last - first + 1) },
});
const outside = { status: 416, body: /^/, headers: { "content-range": "bytes */10" } };

type Row = readonly [
  id: string,
  kind: Kind,
  clause: string,
  says: string,
  sent: Lines,
  outcome: typeof whole | ReturnType<typeof part> | typeof outside,
  stored?: Lines,
];

const rows: readonly Row[] = [
  ["first-last", "may", "9110 14.1.2", "a part is served from what is stored whole", range("bytes=0-1"), part(0, 1)],
  [
    "middle",
    "may",
    "9110 14.1.2",
    "a part is served from the middle of what is stored",
    range("bytes=3-6"),
    part(3, 6),
  ],
  ["one-byte", "may", "9110 14.1.2", "a single byte is served of what is stored", range("bytes=9-9"), part(9, 9)],
  ["open", "may", "9110 14.1.2", "a part is served up to the end of what is stored", range("bytes=1-"), part(1, 9)],
  ["suffix", "may", "9110 14.1.2", "the last bytes are served of what is stored", range("bytes=-1"), part(9, 9)],
  ["suffix-beyond", "may", "9110 14.1.2", "more last bytes than there are are all", range("bytes=-50"), part(0, 9)],
  [
    "last-beyond",
    "may",
    "9110 14.1.2",
    "a last byte beyond the end is the last there is",
    range("bytes=5-100"),
    part(5, 9),
  ],
  [
    "all",
    "may",
    "9110 14.1.2",
    "all of what is stored is served as a part where that is asked for",
    range("bytes=0-"),
    part(0, 9),
  ],
  ["unit-case", "must", "9110 14.1", "range units are compared without case", range("Bytes=0-1"), part(0, 1)],
  [
    "huge",
    "may",
    "9110 14.1.2",
    "the numbers of a range may be larger than any length",
    range("bytes=8-99999999999999999999"),
    part(8, 9),
  ],
  ["white-space", "may", "9110 14.1.1", "white space may stand around a range", range("bytes= 0-1 "), part(0, 1)],
  [
    "outside",
    "should",
    "9110 15.5.17",
    "a range beyond the end gets 416, with the length",
    range("bytes=10-"),
    outside,
  ],
  [
    "outside-both",
    "should",
    "9110 15.5.17",
    "a range that begins and ends beyond the end gets 416",
    range("bytes=50-60"),
    outside,
  ],
  ["suffix-0", "should", "9110 14.1.2", "the last 0 bytes get 416", range("bytes=-0"), outside],
  ["several", "may", "9110 14.2", "several ranges get all of it", range("bytes=0-1,4-5"), whole],
  [
    "reversed",
    "must",
    "9110 14.1.1",
    "a range whose end is before its beginning is invalid, and ignored",
    range("bytes=5-2"),
    whole,
  ],
  ["unknown-unit", "must", "9110 14.2", "a unit that is not known is ignored", range("lines=0-1"), whole],
  ["no-numbers", "may", "9110 14.2", "a range without numbers is ignored", range("bytes=-"), whole],
  ["letters", "may", "9110 14.2", "a range of letters is ignored", range("bytes=a-b"), whole],
  ["negative", "may", "9110 14.2", "a range with two signs is ignored", range("bytes=--1"), whole],
  ["no-equals", "may", "9110 14.2", "a range without = is ignored", range("bytes 0-1"), whole],
  ["empty", "may", "9110 14.2", "an empty range is ignored", range("bytes="), whole],
  [
    "if-range-etag",
    "may",
    "9110 13.1.5",
    "If-Range with the same ETag gets the part",
    [...range("bytes=0-1"), ["If-Range", '"abc"']],
    part(0, 1),
    [TAG],
  ],
  [
    "if-range-other-etag",
    "must",
    "9110 13.1.5",
    "If-Range with another ETag gets all",
    [...range("bytes=0-1"), ["If-Range", '"x"']],
    whole,
    [TAG],
  ],
  [
    "if-range-weak",
    "must",
    "9110 13.1.5",
    "a weak ETag in If-Range matches nothing",
    [...range("bytes=0-1"), ["If-Range", 'W/"abc"']],
    whole,
    [TAG],
  ],
  [
    "if-range-weak-both",
    "must",
    "9110 13.1.5",
    "a weak ETag in If-Range does not match the same weak one",
    [...range("bytes=0-1"), ["If-Range", 'W/"abc"']],
    whole,
    [["ETag", 'W/"abc"']],
  ],
  [
    "if-range-weak-stored",
    "must",
    "9110 13.1.5",
    "a strong ETag in If-Range does not match the same weak one",
    [...range("bytes=0-1"), ["If-Range", '"abc"']],
    whole,
    [["ETag", 'W/"abc"']],
  ],
  [
    "if-range-no-etag",
    "must",
    "9110 13.1.5",
    "an ETag in If-Range does not match what is stored without one",
    [...range("bytes=0-1"), ["If-Range", '"abc"']],
    whole,
  ],
  [
    "if-range-date",
    "may",
    "9110 13.1.5",
    "If-Range with the same Last-Modified gets the part",
    [...range("bytes=0-1"), ["If-Range", "Wed, 21 Oct 2015 07:28:00 GMT"]],
    part(0, 1),
    [["Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT"]],
  ],
  [
    "if-range-later-date",
    "must",
    "9110 13.1.5",
    "If-Range with a later date gets all: the date must be the same",
    [...range("bytes=0-1"), ["If-Range", "Thu, 22 Oct 2015 07:28:00 GMT"]],
    whole,
    [["Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT"]],
  ],
  [
    "if-range-young-date",
    "must",
    "9110 13.1.5",
    "a date that is as new as the response is weak, and gets all",
    [...range("bytes=0-1"), ["If-Range", at(0)]],
    whole,
    [
      ["Last-Modified", at(0)],
      ["Date", at(0)],
    ],
  ],
  [
    "if-range-garbage",
    "must",
    "9110 13.1.5",
    "If-Range that is neither gets all",
    [...range("bytes=0-1"), ["If-Range", "abc"]],
    whole,
    [TAG],
  ],
  ["if-range-alone", "must", "9110 13.1.5", "If-Range without Range is ignored", [["If-Range", '"x"']], whole, [TAG]],
];

const tabled = rows.map(
  ([id, kind, clause, says, sent, outcome, lines = []]): Case => ({
    id: `range-${id}`,
    kind,
    clause,
    says,
    steps: [...stored(...lines), reused({ headers: sent }, outcome)],
  }),
);

const others: readonly Case[] = [
  {
    id: "range-fields",
    kind: "must",
    clause: "9110 15.3.7",
    says: "a part has what the whole would have had of Date, Cache-Control, ETag, Expires, Content-Location and Vary",
    steps: [
      ...stored(TAG, ["Expires", at(3600)], ["Content-Location", "/c"], ["Vary", "X-A"]),
      reused(
        { headers: range("bytes=0-1") },
        {
          status: 206,
          body: "01",
          headers: {
            date: { asInAnswer: 1 },
            "cache-control": "max-age=3600",
            etag: '"abc"',
            expires: { asInAnswer: 1 },
            "content-location": "/c",
            vary: "X-A",
          },
        },
      ),
    ],
  },
  {
    id: "range-after-condition",
    kind: "must",
    clause: "9110 13.2.2",
    says: "a condition that says 304 goes before a range",
    steps: [
      ...stored(TAG),
      reused({ headers: [...range("bytes=0-1"), ["If-None-Match", '"abc"']] }, { status: 304, body: "" }),
    ],
  },
  {
    id: "range-after-condition-differs",
    kind: "may",
    clause: "9110 13.2.2",
    says: "a condition that differs leaves the range to be answered",
    steps: [...stored(TAG), reused({ headers: [...range("bytes=0-1"), ["If-None-Match", '"x"']] }, part(0, 1))],
  },
  {
    id: "range-head",
    kind: "must",
    clause: "9110 14.2",
    says: "HEAD has no range",
    steps: [
      ...stored(),
      reused(
        { method: "HEAD", headers: range("bytes=0-1") },
        { status: 200, body: "", headers: { "content-range": null } },
      ),
    ],
  },
  {
    id: "range-on-404",
    kind: "must",
    clause: "9110 14.2",
    says: "a range is ignored where the answer would be no 200",
    steps: [
      filledWith([AN_HOUR], { status: 404, body: CONTENT }),
      reused({}, { status: 404, body: CONTENT }),
      reused({ headers: range("bytes=0-1") }, { status: 404, body: CONTENT }),
    ],
  },
  {
    id: "range-empty-content",
    kind: "may",
    clause: "9110 14.1.2",
    says: "there is no part of nothing",
    steps: [
      filledWith([AN_HOUR], { body: "" }),
      reused({}, { body: "" }),
      reused({ headers: range("bytes=0-0") }, { status: 416, body: /^/, headers: { "content-range": "bytes */0" } }),
    ],
  },
  {
    id: "range-chunked",
    kind: "may",
    clause: "9110 14.1.2",
    says: "a part is served of what came without a length",
    steps: [
      filledWith([AN_HOUR, ["Transfer-Encoding", "chunked"]], { body: CONTENT }),
      reused({}, { body: CONTENT }),
      reused({ headers: range("bytes=2-3") }, part(2, 3)),
    ],
  },
  {
    id: "range-vary",
    kind: "must",
    clause: "9111 4.1",
    says: "a part is of the variant that is asked for",
    steps: [
      filledWith([AN_HOUR, ["Vary", "X-A"]], { body: "abcdefghij" }, { headers: [["X-A", "1"]] }),
      filledWith([AN_HOUR, ["Vary", "X-A"]], { body: CONTENT }, { headers: [["X-A", "2"]] }),
      reused({ headers: [["X-A", "2"]] }, { body: CONTENT }),
      reused({ headers: [["X-A", "1"], ...range("bytes=0-1")] }, { status: 206, body: "ab" }),
    ],
  },
  {
    id: "range-stale",
    kind: "must",
    clause: "9111 4",
    says: "no part is served of what has expired",
    steps: [
      filledWith(
        [
          ["Cache-Control", "max-age=10"],
          ["Age", "20"],
        ],
        { body: CONTENT },
      ),
      forwarded({ headers: range("bytes=0-1") }),
    ],
  },
  {
    id: "range-of-gzip",
    kind: "may",
    clause: "9110 14.2",
    says: "a range of encoded content gets all of it",
    steps: [
      {
        send: { headers: [["Accept-Encoding", "gzip"]] },
        origin: { headers: [AN_HOUR], encoding: "gzip" },
        expect: { from: "origin", body: GZIP },
      },
      reused({ headers: [["Accept-Encoding", "gzip"]] }, { body: GZIP }),
      reused({ headers: [["Accept-Encoding", "gzip"], ...range("bytes=0-1")] }, { status: 200, body: GZIP }),
    ],
  },
];

export const ranges: Group = { name: "ranges", cases: [...tabled, ...others] };
