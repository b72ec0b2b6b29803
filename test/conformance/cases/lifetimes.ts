import type { Case, Group, Lines, Row } from "../case.ts";
import { at, filledWith, forwarded, notReusedCases, reused, reusedCases } from "../case.ts";

/** Cache-Control on a response that has been on its way for 20 seconds. */
const aged = (...values: string[]): Lines => [
  ...values.map((value) => ["Cache-Control", value] as const),
  ["Age", "20"] as const,
];

const fresh: readonly Row[] = [
  ["max-age", "may", "9111 4.2.1", "max-age is a lifetime", "max-age=3600"],
  ["s-maxage", "may", "9111 4.2.1", "s-maxage is a lifetime in a shared cache", "s-maxage=3600"],
  [
    "s-maxage-longer",
    "must",
    "9111 5.2.2.10",
    "s-maxage goes before a shorter max-age",
    aged("max-age=10, s-maxage=3600"),
  ],
  [
    "s-maxage-longer-first",
    "must",
    "9111 5.2.2.10",
    "s-maxage goes before a shorter max-age, though it stands first",
    aged("s-maxage=3600, max-age=10"),
  ],
  [
    "s-maxage-longer-lines",
    "must",
    "9111 5.2.2.10",
    "s-maxage goes before a shorter max-age on another line",
    aged("max-age=10", "s-maxage=3600"),
  ],
  [
    "max-age-past-expires",
    "must",
    "9111 5.3",
    "max-age goes before Expires",
    [
      ["Cache-Control", "max-age=3600"],
      ["Expires", at(-10_000)],
    ],
  ],
  [
    "max-age-bad-expires",
    "must",
    "9111 5.3",
    "max-age goes before an Expires that is no date",
    [
      ["Cache-Control", "max-age=3600"],
      ["Expires", "0"],
    ],
  ],
  [
    "s-maxage-past-expires",
    "must",
    "9111 5.3",
    "s-maxage goes before Expires",
    [
      ["Cache-Control", "s-maxage=3600"],
      ["Expires", at(-10_000)],
    ],
  ],
  ["max-age-case", "must", "9111 5.2", "max-age is compared without case", "MaX-aGe=3600"],
  ["s-maxage-case", "must", "9111 5.2", "s-maxage is compared without case", "S-MAXAGE=3600"],
  ["max-age-quoted", "should", "9111 5.2", "the argument of max-age may be quoted", 'max-age="3600"'],
  ["s-maxage-quoted", "should", "9111 5.2", "the argument of s-maxage may be quoted", 's-maxage="3600"'],
  ["max-age-zeros", "may", "9111 1.2.2", "zeros may stand before a lifetime", "max-age=003600"],
  [
    "max-age-2-31",
    "must",
    "9111 1.2.2",
    "a lifetime of 2^31 seconds is kept as long as possible",
    "max-age=2147483648",
  ],
  ["max-age-11-digits", "must", "9111 1.2.2", "a longer lifetime is taken as 2^31", "max-age=99999999999"],
  [
    "max-age-40-digits",
    "must",
    "9111 1.2.2",
    "a lifetime of any number of digits is taken as 2^31",
    "max-age=9999999999999999999999999999999999999999",
  ],
  ["s-maxage-20-digits", "must", "9111 1.2.2", "a longer s-maxage is taken as 2^31", "s-maxage=99999999999999999999"],
  [
    "max-age-white-space",
    "must",
    "9110 5.6.1",
    "white space may stand around directives",
    " \t max-age=3600 \t , foo ",
  ],
  ["max-age-empty-members", "must", "9110 5.6.1.2", "empty members among directives are ignored", ",, max-age=3600 ,,"],
  [
    "max-age-second-line",
    "must",
    "9110 5.3",
    "several Cache-Control lines are one list",
    [
      ["Cache-Control", "foo"],
      ["Cache-Control", "max-age=3600"],
    ],
  ],
  ["max-age-twice-same", "may", "9111 4.2.1", "a lifetime said twice is that lifetime", "max-age=3600, max-age=3600"],
  [
    "max-age-two-long-short",
    "may",
    "9111 4.2.1",
    "of two lifetimes the first counts",
    aged("max-age=1800, max-age=10"),
  ],
  [
    "max-age-two-long-short-lines",
    "may",
    "9111 4.2.1",
    "of two lifetimes on two lines the first counts",
    aged("max-age=1800", "max-age=10"),
  ],
  [
    "max-age-argument-of-another",
    "must",
    "9111 5.2",
    "max-age=0 inside another's argument is none",
    'ext="max-age=0", max-age=3600',
  ],
  ["max-age-name-ending", "must", "9111 5.2", "x-max-age is not max-age", "x-max-age=0, max-age=3600"],
  ["max-age-with-age", "may", "9111 4.2", "what is younger than its lifetime is reused", aged("max-age=3600")],
];

const stale: readonly Row[] = [
  ["max-age-0", "must", "9111 4.2", "a lifetime of 0 is over at once", "max-age=0"],
  ["max-age-00", "must", "9111 4.2", "a lifetime of 000 is over at once", "max-age=000"],
  ["s-maxage-0", "must", "9111 5.2.2.10", "s-maxage=0 goes before max-age", "max-age=3600, s-maxage=0"],
  [
    "s-maxage-shorter",
    "must",
    "9111 5.2.2.10",
    "s-maxage goes before a longer max-age",
    aged("max-age=3600, s-maxage=10"),
  ],
  [
    "s-maxage-shorter-first",
    "must",
    "9111 5.2.2.10",
    "s-maxage goes before a longer max-age, though it stands first",
    aged("s-maxage=10, max-age=3600"),
  ],
  [
    "s-maxage-shorter-lines",
    "must",
    "9111 5.2.2.10",
    "s-maxage goes before a longer max-age on another line",
    aged("max-age=3600", "s-maxage=10"),
  ],
  [
    "max-age-0-future-expires",
    "must",
    "9111 5.3",
    "max-age=0 goes before Expires in the future",
    [
      ["Cache-Control", "max-age=0"],
      ["Expires", at(10_000)],
    ],
  ],
  [
    "s-maxage-0-future-expires",
    "must",
    "9111 5.3",
    "s-maxage=0 goes before Expires in the future",
    [
      ["Cache-Control", "s-maxage=0"],
      ["Expires", at(10_000)],
    ],
  ],
  ["max-age-older", "must", "9111 4.2", "what is older than its lifetime is not reused", aged("max-age=10")],
  ["max-age-as-old", "must", "9111 4.2", "what is just as old as its lifetime is not reused", aged("max-age=20")],
  ["s-maxage-older", "must", "9111 4.2", "what is older than its s-maxage is not reused", aged("s-maxage=10")],
  [
    "max-age-old-date",
    "must",
    "9111 4.2.3",
    "age is counted from Date, too",
    [
      ["Cache-Control", "max-age=10"],
      ["Date", at(-20)],
    ],
  ],
  ["max-age-quoted-short", "must", "9111 5.2", "a quoted lifetime ends like any other", aged('max-age="10"')],
  [
    "max-age-in-argument-before",
    "must",
    "9111 5.2",
    "max-age inside another's argument is none",
    aged('ext="max-age=3600", max-age=10'),
  ],
  [
    "max-age-in-argument-after",
    "must",
    "9111 5.2",
    "max-age inside an argument after the true one is none",
    aged('max-age=10, ext="max-age=3600"'),
  ],
  [
    "max-age-in-argument-comma",
    "must",
    "9111 5.2",
    "max-age after a comma inside an argument is none",
    aged('ext="a, max-age=3600", max-age=10'),
  ],
  [
    "max-age-in-argument-quoted",
    "must",
    "9111 5.2",
    "max-age inside an argument is none beside a quoted one",
    aged('ext="max-age=3600", max-age="10"'),
  ],
  [
    "max-age-only-in-argument",
    "must",
    "9111 5.2",
    "max-age inside another's argument is none where there is no other",
    'ext="max-age=3600"',
  ],
  ["x-max-age-only", "must", "9111 5.2", "x-max-age is no lifetime", "x-max-age=3600"],
  [
    "max-age-two-short-long",
    "should",
    "9111 4.2.1",
    "of two lifetimes the first counts when it is the shorter",
    aged("max-age=10, max-age=1800"),
  ],
  [
    "max-age-two-short-long-lines",
    "should",
    "9111 4.2.1",
    "of two lifetimes on two lines the first counts when it is the shorter",
    aged("max-age=10", "max-age=1800"),
  ],
  [
    "s-maxage-two-short-long",
    "should",
    "9111 4.2.1",
    "of two s-maxage the first counts when it is the shorter",
    aged("s-maxage=10, s-maxage=1800"),
  ],
];

/** What is no number of seconds is no lifetime: stale (RFC 9111 section 4.2.1). */
const malformed = [
  ["single-quotes", "max-age='3600'"],
  ["negative", "max-age=-3600"],
  ["plus", "max-age=+3600"],
  ["decimal-zero", "max-age=3600.0"],
  ["decimal", "max-age=3600.5"],
  ["exponent", "max-age=36e2"],
  ["hexadecimal", "max-age=0x1000"],
  ["letter-before", "max-age=a3600"],
  ["letter-after", "max-age=3600a"],
  ["space-before-equals", "max-age =3600"],
  ["space-after-equals", "max-age= 3600"],
  ["space-inside", "max-age=36 00"],
  ["no-argument", "max-age"],
  ["empty-argument", "max-age="],
  ["empty-quotes", 'max-age=""'],
  ["open-quote", 'max-age="3600'],
  ["colon", "max-age:3600"],
  ["semicolon", "max-age=3600;public"],
  ["s-maxage-negative", "s-maxage=-1"],
  ["s-maxage-text", "s-maxage=abc"],
  ["s-maxage-decimal", "s-maxage=3600.5"],
] as const;

const malformedRows = malformed.map(
  ([id, value]): Row => [`malformed-${id}`, "should", "9111 4.2.1", `${value} is no lifetime`, value],
);

const ends: readonly Case[] = [
  {
    id: "max-age-ends",
    kind: "must",
    clause: "9111 4.2.4",
    says: "what was fresh is not reused once its lifetime is over",
    steps: [filledWith("max-age=2"), { ...forwarded(), afterSeconds: 2.1 }],
  },
  {
    id: "s-maxage-ends",
    kind: "must",
    clause: "9111 4.2.4",
    says: "what was fresh by s-maxage is not reused once that is over",
    steps: [filledWith("max-age=3600, s-maxage=2"), { ...forwarded(), afterSeconds: 2.1 }],
  },
  {
    id: "max-age-ends-by-age",
    kind: "must",
    clause: "9111 4.2.3",
    says: "the time spent elsewhere and the time spent here add up",
    steps: [
      filledWith([
        ["Cache-Control", "max-age=3600"],
        ["Age", "3598"],
      ]),
      { ...forwarded(), afterSeconds: 2.1 },
    ],
  },
  {
    id: "malformed-max-age-future-expires",
    kind: "should",
    clause: "9111 4.2.1",
    says: "a malformed max-age is not made good by Expires",
    steps: [
      filledWith([
        ["Cache-Control", "max-age=abc"],
        ["Expires", at(3600)],
      ]),
      forwarded(),
    ],
  },
  {
    id: "replaced",
    kind: "must",
    clause: "9111 4",
    says: "of two stored responses the newer is reused",
    steps: [
      filledWith([
        ["Cache-Control", "max-age=3600"],
        ["Age", "3598"],
      ]),
      { ...filledWith("max-age=3600"), afterSeconds: 2.1 },
      reused({}, { body: "#2" }),
    ],
  },
];

export const lifetimes: Group = {
  name: "lifetimes",
  cases: [...reusedCases(fresh), ...notReusedCases(stale), ...notReusedCases(malformedRows), ...ends],
};
