import type { Case, Group, Lines, Row } from "../case.ts";
import { at, filledWith, notReusedCases, reused, reusedCases } from "../case.ts";

const aDayOld: Lines = [["Last-Modified", at(-86_400)]];

/** Heuristically cacheable (RFC 9110 section 15.1). */
const yes = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501];
const no = [201, 202, 302, 303, 307, 400, 401, 403, 409, 418, 500, 502, 503, 504, 599];

const guessed = yes.map((status): Row => {
  const body = status === 204 ? "" : "#1";
  return [
    `heuristic-${status}`,
    "may",
    "9111 4.2.2",
    `a ${status} that says nothing is reused for a part of its age`,
    aDayOld,
    { answer: { status, body }, expect: { status, body } },
  ];
});

const notGuessed = no.map(
  (status): Row => [
    `heuristic-not-${status}`,
    "must",
    "9111 4.2.2",
    `a ${status} that says nothing is not reused`,
    aDayOld,
    { answer: { status } },
  ],
);

const fresh: readonly Row[] = [
  [
    "heuristic-599-public",
    "may",
    "9111 5.2.2.9",
    "public allows a guess for any status",
    [...aDayOld, ["Cache-Control", "public"]],
    { answer: { status: 599 }, expect: { status: 599 } },
  ],
  [
    "heuristic-201-public",
    "may",
    "9111 5.2.2.9",
    "public allows a guess for a 201",
    [...aDayOld, ["Cache-Control", "public"]],
    { answer: { status: 201 }, expect: { status: 201 } },
  ],
  [
    "heuristic-ten-minutes",
    "may",
    "9111 4.2.2",
    "what has changed ten minutes ago is reused for one",
    [["Last-Modified", at(-600)]],
  ],
  [
    "heuristic-an-hour",
    "may",
    "9111 4.2.2",
    "what has changed an hour ago is reused for six minutes",
    [["Last-Modified", at(-3600)]],
  ],
  [
    "heuristic-decades",
    "may",
    "9111 4.2.2",
    "what has changed decades ago is reused",
    [["Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"]],
  ],
  [
    "heuristic-rfc850",
    "must",
    "9110 5.6.7",
    "Last-Modified may be in the form of RFC 850",
    [["Last-Modified", at(-86_400, "rfc850")]],
  ],
  [
    "heuristic-asctime",
    "must",
    "9110 5.6.7",
    "Last-Modified may be in the form of asctime",
    [["Last-Modified", at(-86_400, "asctime")]],
  ],
  [
    "heuristic-attachment",
    "may",
    "9111 4.2.2",
    "a download is guessed about like any other",
    [...aDayOld, ["Content-Disposition", "attachment; filename=a.txt"]],
  ],
  [
    "heuristic-other-directives",
    "may",
    "9111 4.2.2",
    "directives that are no lifetime do not forbid a guess",
    [...aDayOld, ["Cache-Control", "must-revalidate, foo=bar"]],
  ],
  [
    "heuristic-pragma",
    "may",
    "9111 5.4",
    "Pragma in a response does not forbid a guess",
    [...aDayOld, ["Pragma", "no-cache"]],
  ],
  ["heuristic-young", "may", "9111 4.2.3", "an Age below the guess leaves the rest", [...aDayOld, ["Age", "60"]]],
];

const stale: readonly Row[] = [
  ["heuristic-seconds", "may", "9111 4.2.2", "what has changed seconds ago is not reused", [["Last-Modified", at(-5)]]],
  [
    "heuristic-future",
    "may",
    "9111 4.2.2",
    "what claims to change later is not guessed about",
    [["Last-Modified", at(3600)]],
  ],
  [
    "heuristic-bad-date",
    "may",
    "9111 4.2.2",
    "what has no valid Last-Modified is not guessed about",
    [["Last-Modified", "yesterday"]],
  ],
  [
    "heuristic-expires",
    "must",
    "9111 4.2.2",
    "an Expires in the past forbids a guess",
    [...aDayOld, ["Expires", at(-10)]],
  ],
  [
    "heuristic-expires-0",
    "must",
    "9111 4.2.2",
    "an Expires that is no date forbids a guess",
    [...aDayOld, ["Expires", "0"]],
  ],
  [
    "heuristic-max-age-0",
    "must",
    "9111 4.2.2",
    "max-age=0 forbids a guess",
    [...aDayOld, ["Cache-Control", "max-age=0"]],
  ],
  [
    "heuristic-s-maxage-0",
    "must",
    "9111 4.2.2",
    "s-maxage=0 forbids a guess",
    [...aDayOld, ["Cache-Control", "s-maxage=0"]],
  ],
  [
    "heuristic-max-age-malformed",
    "should",
    "9111 4.2.1",
    "a malformed max-age forbids a guess",
    [...aDayOld, ["Cache-Control", "max-age=soon"]],
  ],
  [
    "heuristic-no-store",
    "must",
    "9111 5.2.2.5",
    "what says no-store is not guessed about",
    [...aDayOld, ["Cache-Control", "no-store"]],
  ],
  [
    "heuristic-private",
    "must",
    "9111 5.2.2.7",
    "what says private is not guessed about",
    [...aDayOld, ["Cache-Control", "private"]],
  ],
  [
    "heuristic-no-cache",
    "must",
    "9111 5.2.2.4",
    "what says no-cache is not guessed about",
    [...aDayOld, ["Cache-Control", "no-cache"]],
  ],
  [
    "heuristic-old",
    "must",
    "9111 4.2.3",
    "an Age beyond the guess leaves nothing",
    [
      ["Last-Modified", at(-1000)],
      ["Age", "150"],
    ],
  ],
];

const others: readonly Case[] = [
  {
    id: "heuristic-query",
    kind: "may",
    clause: "9111 4.2.2",
    says: "a URL with a query is guessed about like any other",
    steps: [filledWith(aDayOld, {}, { query: "?a=1" }), reused({ query: "?a=1" })],
  },
  {
    id: "heuristic-at-most-a-day",
    kind: "may",
    clause: "9111 4.2.2",
    says: "no guess is longer than a day",
    steps: [
      filledWith([["Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"]]),
      reused({}, { headers: { "cache-status": /ttl=86(39[0-9]|400)\b/ } }),
    ],
  },
  {
    id: "heuristic-a-tenth",
    kind: "may",
    clause: "9111 4.2.2",
    says: "a guess is a tenth of the time since the last change",
    steps: [
      filledWith([["Last-Modified", at(-10_000)]]),
      reused({}, { headers: { "cache-status": /ttl=(99[0-9]|1000)\b/ } }),
    ],
  },
];

export const heuristics: Group = {
  name: "heuristics",
  cases: [
    ...reusedCases(guessed),
    ...notReusedCases(notGuessed),
    ...reusedCases(fresh),
    ...notReusedCases(stale),
    ...others,
  ],
};
