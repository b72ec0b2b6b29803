import type { Case, Group, Kind, Lines } from "../case.ts";
import { at, filledWith, forwarded, reused } from "../case.ts";

export const cdn = (value: string): readonly [string, string] => ["CDN-Cache-Control", value];
export const cc = (value: string): readonly [string, string] => ["Cache-Control", value];
export const AGED = ["Age", "20"] as const;

/** Whether a response with these lines is reused. */
export type TargetedRow = readonly [
  id: string,
  kind: Kind,
  clause: string,
  says: string,
  lines: Lines,
  outcome: "reused" | "forwarded",
];

export function targetedCase([id, kind, clause, says, lines, outcome]: TargetedRow): Case {
  return {
    id: `cdn-${id}`,
    kind,
    clause,
    says,
    steps: [filledWith(lines), outcome === "reused" ? reused() : forwarded()],
  };
}

const rows: readonly TargetedRow[] = [
  ["max-age", "must", "9213 2.2", "max-age of CDN-Cache-Control is a lifetime", [cdn("max-age=3600")], "reused"],
  [
    "max-age-large",
    "must",
    "9213 2.2",
    "max-age of CDN-Cache-Control may be 2^31",
    [cdn("max-age=2147483648")],
    "reused",
  ],
  [
    "max-age-larger",
    "must",
    "9213 2.2",
    "max-age of CDN-Cache-Control may be more than 2^31",
    [cdn("max-age=99999999999")],
    "reused",
  ],
  ["s-maxage", "should", "9213 2.2", "s-maxage of CDN-Cache-Control is a lifetime", [cdn("s-maxage=3600")], "reused"],
  [
    "max-age-longer",
    "must",
    "9213 2.2",
    "CDN-Cache-Control goes before a shorter Cache-Control",
    [cc("max-age=10"), cdn("max-age=3600"), AGED],
    "reused",
  ],
  [
    "max-age-shorter",
    "must",
    "9213 2.2",
    "CDN-Cache-Control goes before a longer Cache-Control",
    [cc("max-age=3600"), cdn("max-age=10"), AGED],
    "forwarded",
  ],
  [
    "max-age-s-maxage",
    "must",
    "9213 2.2",
    "CDN-Cache-Control goes before s-maxage of Cache-Control",
    [cc("s-maxage=3600"), cdn("max-age=10"), AGED],
    "forwarded",
  ],
  [
    "max-age-0",
    "must",
    "9213 2.2",
    "a lifetime of 0 in CDN-Cache-Control goes before Cache-Control",
    [cc("max-age=3600"), cdn("max-age=0")],
    "forwarded",
  ],
  [
    "max-age-age",
    "must",
    "9213 2.3",
    "Age counts against CDN-Cache-Control",
    [cc("max-age=86400"), cdn("max-age=10"), AGED],
    "forwarded",
  ],
  [
    "past-expires",
    "must",
    "9213 2.2",
    "CDN-Cache-Control goes before Expires in the past",
    [cdn("max-age=3600"), ["Expires", at(-10_000)]],
    "reused",
  ],
  [
    "bad-expires",
    "must",
    "9213 2.2",
    "CDN-Cache-Control goes before an Expires that is no date",
    [cdn("max-age=3600"), ["Expires", "0"]],
    "reused",
  ],
  [
    "future-expires",
    "must",
    "9213 2.2",
    "CDN-Cache-Control goes before Expires in the future",
    [cdn("max-age=0"), ["Expires", at(10_000)]],
    "forwarded",
  ],
  [
    "no-store",
    "must",
    "9213 2.2",
    "no-store of CDN-Cache-Control forbids what Cache-Control and Expires allow",
    [cc("max-age=3600"), cdn("no-store"), ["Expires", at(10_000)]],
    "forwarded",
  ],
  [
    "no-cache",
    "must",
    "9213 2.2",
    "no-cache of CDN-Cache-Control forbids what Cache-Control and Expires allow",
    [cc("max-age=3600"), cdn("no-cache"), ["Expires", at(10_000)]],
    "forwarded",
  ],
  [
    "private",
    "must",
    "9213 2.2",
    "private of CDN-Cache-Control forbids what Cache-Control and Expires allow",
    [cc("max-age=3600"), cdn("private"), ["Expires", at(10_000)]],
    "forwarded",
  ],
  [
    "over-no-store",
    "must",
    "9213 2.2",
    "CDN-Cache-Control goes before no-store of Cache-Control",
    [cc("no-store"), cdn("max-age=3600")],
    "reused",
  ],
  [
    "over-private",
    "must",
    "9213 2.2",
    "CDN-Cache-Control goes before private of Cache-Control",
    [cc("private, max-age=0"), cdn("max-age=3600")],
    "reused",
  ],
  [
    "over-no-cache",
    "must",
    "9213 2.2",
    "CDN-Cache-Control goes before no-cache of Cache-Control",
    [cc("no-cache"), cdn("max-age=3600")],
    "reused",
  ],
  [
    "must-revalidate-fresh",
    "must",
    "9213 2.2",
    "must-revalidate of CDN-Cache-Control leaves what is fresh",
    [cc("no-store"), cdn("max-age=3600, must-revalidate")],
    "reused",
  ],
  [
    "nothing-known",
    "must",
    "9213 2.2",
    "CDN-Cache-Control that names nothing known takes the place of Cache-Control",
    [cc("max-age=3600"), cdn("none")],
    "forwarded",
  ],
  [
    "unknown",
    "must",
    "9213 2.2",
    "unknown directives of CDN-Cache-Control are ignored",
    [cdn("foobar, x=1.5, y=(1 2), max-age=3600")],
    "reused",
  ],
  [
    "max-age-0-alone",
    "must",
    "9213 2.2",
    "a lifetime of 0 in CDN-Cache-Control is over at once",
    [cdn("max-age=0")],
    "forwarded",
  ],
  [
    "no-store-max-age",
    "must",
    "9213 2.2",
    "no-store of CDN-Cache-Control goes before its max-age",
    [cdn("max-age=3600, no-store")],
    "forwarded",
  ],
  [
    "other-target",
    "must",
    "9213 2.2",
    "a field for others changes nothing",
    [cc("max-age=3600"), ["ExampleCDN-Cache-Control", "no-store"]],
    "reused",
  ],
  [
    "surrogate-control",
    "may",
    "9213 2.2",
    "Surrogate-Control changes nothing",
    [cc("max-age=3600"), ["Surrogate-Control", "no-store"]],
    "reused",
  ],
];

const credentials: Lines = [["Authorization", "Basic QWxhZGRpbjpvcGVu"]];

const others: readonly Case[] = [
  {
    id: "cdn-passed-on",
    kind: "may",
    clause: "9213 3.1",
    says: "CDN-Cache-Control is passed on, for caches further out",
    steps: [
      {
        origin: { headers: [cc("max-age=60"), cdn("max-age=3600")] },
        expect: { from: "origin", headers: { "cdn-cache-control": "max-age=3600", "cache-control": "max-age=60" } },
      },
    ],
  },
  {
    id: "cdn-other-target-passed-on",
    kind: "must",
    clause: "9213 2.2",
    says: "a field for others is passed on, from the cache too",
    steps: [
      filledWith([cc("max-age=3600"), ["ExampleCDN-Cache-Control", "max-age=1"]]),
      reused({}, { headers: { "examplecdn-cache-control": "max-age=1" } }),
    ],
  },
  {
    id: "cdn-must-revalidate",
    kind: "must",
    clause: "9213 2.2",
    says: "must-revalidate of CDN-Cache-Control forbids what stale-while-revalidate allows",
    steps: [
      filledWith([
        cc("max-age=10, stale-while-revalidate=3600"),
        cdn("max-age=10, stale-while-revalidate=3600, must-revalidate"),
        AGED,
      ]),
      forwarded(),
    ],
  },
  {
    id: "cdn-stale-while-revalidate",
    kind: "should",
    clause: "9213 2.2",
    says: "stale-while-revalidate of CDN-Cache-Control allows serving stale",
    steps: [
      filledWith([cc("max-age=0, must-revalidate"), cdn("max-age=10, stale-while-revalidate=3600"), AGED]),
      { origin: { headers: [cc("max-age=3600")] }, expect: { from: "background", body: "#1" } },
    ],
  },
  {
    id: "cdn-over-stale-while-revalidate",
    kind: "must",
    clause: "9213 2.2",
    says: "stale-while-revalidate of Cache-Control does not count beside CDN-Cache-Control",
    steps: [filledWith([cc("max-age=10, stale-while-revalidate=3600"), cdn("max-age=10"), AGED]), forwarded()],
  },
  {
    id: "cdn-stale-if-error",
    kind: "should",
    clause: "9213 2.2",
    says: "stale-if-error of CDN-Cache-Control lets what is stale stand in",
    steps: [
      filledWith([cc("no-store"), cdn("max-age=10, stale-if-error=3600"), AGED]),
      { origin: { status: 503 }, expect: { status: 200, body: "#1" } },
    ],
  },
  {
    id: "cdn-authorization",
    kind: "must",
    clause: "9111 3.5",
    says: "max-age of CDN-Cache-Control does not make the answer to credentials one for all",
    steps: [filledWith([cdn("max-age=3600")], {}, { headers: credentials }), forwarded()],
  },
  {
    id: "cdn-authorization-public",
    kind: "may",
    clause: "9213 2.2",
    says: "public of CDN-Cache-Control makes the answer to credentials one for all",
    steps: [filledWith([cc("private"), cdn("public, max-age=3600")], {}, { headers: credentials }), reused()],
  },
  {
    id: "cdn-heuristic",
    kind: "must",
    clause: "9213 2.2",
    says: "nothing is guessed where CDN-Cache-Control says no-store",
    steps: [filledWith([cdn("no-store"), ["Last-Modified", at(-86_400)]]), forwarded()],
  },
];

export const targeted: Group = { name: "targeted control", cases: [...rows.map(targetedCase), ...others] };
