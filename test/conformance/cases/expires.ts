import type { Case, Group, Row } from "../case.ts";
import { at, filledWith, forwarded, notReusedCases, reused, reusedCases } from "../case.ts";

const fresh: readonly Row[] = [
  ["future", "may", "9111 4.2.1", "Expires in the future is a lifetime", [["Expires", at(3600)]]],
  ["far-future", "may", "9111 5.3", "Expires may be in any future", [["Expires", "Fri, 31 Dec 9999 23:59:59 GMT"]]],
  ["rfc850", "must", "9110 5.6.7", "Expires may be in the form of RFC 850", [["Expires", at(3600, "rfc850")]]],
  ["asctime", "must", "9110 5.6.7", "Expires may be in the form of asctime", [["Expires", at(3600, "asctime")]]],
  [
    "case-weekday",
    "should",
    "9111 4.2",
    "the weekday of Expires is compared without case",
    [["Expires", "THU, 18 Aug 2050 02:01:18 GMT"]],
  ],
  [
    "case-month",
    "should",
    "9111 4.2",
    "the month of Expires is compared without case",
    [["Expires", "Thu, 18 AUG 2050 02:01:18 GMT"]],
  ],
  [
    "case-zone",
    "should",
    "9111 4.2",
    "the zone of Expires is compared without case",
    [["Expires", "Thu, 18 Aug 2050 02:01:18 gmt"]],
  ],
  [
    "both-in-past",
    "must",
    "9111 4.2.1",
    "the lifetime is Expires minus Date, whatever the clock here",
    [
      ["Expires", at(3590)],
      ["Date", at(-10)],
    ],
  ],
  [
    "clock-ahead",
    "must",
    "9111 4.2.1",
    "a clock ahead of ours does not matter",
    [
      ["Expires", at(90_000)],
      ["Date", at(86_400)],
    ],
  ],
  [
    "bad-date",
    "may",
    "9110 6.6.1",
    "for a Date that is none the time of arrival stands in",
    [
      ["Expires", at(3600)],
      ["Date", "foo"],
    ],
  ],
  [
    "leap-second",
    "may",
    "9110 5.6.7",
    "Expires may be at a leap second",
    [["Expires", "Wed, 31 Dec 2064 23:59:60 GMT"]],
  ],
];

const stale: readonly Row[] = [
  ["past", "must", "9111 4.2.1", "Expires in the past is no lifetime", [["Expires", at(-3600)]]],
  [
    "now",
    "must",
    "9111 4.2",
    "Expires of now is no lifetime",
    [
      ["Expires", at(0)],
      ["Date", at(0)],
    ],
  ],
  [
    "before-date",
    "must",
    "9111 4.2.1",
    "Expires before Date is no lifetime, though both are ahead",
    [
      ["Expires", at(300)],
      ["Date", at(400)],
    ],
  ],
  [
    "equals-date",
    "must",
    "9111 4.2.1",
    "Expires that equals Date is no lifetime",
    [
      ["Expires", at(300)],
      ["Date", at(300)],
    ],
  ],
  [
    "age-beyond",
    "must",
    "9111 4.2.3",
    "Age counts against Expires",
    [
      ["Expires", at(10)],
      ["Date", at(0)],
      ["Age", "15"],
    ],
  ],
  [
    "age-beyond-slow-date",
    "must",
    "9111 4.2.3",
    "Age counts against Expires, with a Date behind",
    [
      ["Expires", at(10)],
      ["Date", at(-10)],
      ["Age", "25"],
    ],
  ],
  [
    "age-beyond-fast-date",
    "must",
    "9111 4.2.3",
    "Age counts against Expires, with a Date ahead",
    [
      ["Expires", at(20)],
      ["Date", at(10)],
      ["Age", "15"],
    ],
  ],
  [
    "two-past-future",
    "should",
    "9111 4.2.1",
    "of two Expires the first counts, or both are invalid",
    [
      ["Expires", at(-3600)],
      ["Expires", at(3600)],
    ],
  ],
];

/** What is no HTTP-date is in the past (RFC 9111 section 5.3). */
const malformed = [
  ["0", "0"],
  ["minus-1", "-1"],
  ["empty", ""],
  ["word", "never"],
  ["seconds", "3600"],
  ["zone-utc", "Thu, 18 Aug 2050 02:01:18 UTC"],
  ["zone-est", "Thu, 18 Aug 2050 02:01:18 EST"],
  ["zone-offset", "Thu, 18 Aug 2050 02:01:18 +0000"],
  ["no-zone", "Thu, 18 Aug 2050 02:01:18"],
  ["2-digit-year", "Thu, 18 Aug 50 02:01:18 GMT"],
  ["no-comma", "Thu 18 Aug 2050 02:01:18 GMT"],
  ["two-spaces", "Thu, 18  Aug  2050 02:01:18 GMT"],
  ["dashes", "Thu, 18-Aug-2050 02:01:18 GMT"],
  ["periods", "Thu, 18 Aug 2050 02.01.18 GMT"],
  ["1-digit-hour", "Thu, 18 Aug 2050 2:01:18 GMT"],
  ["1-digit-day", "Thu, 8 Aug 2050 02:01:18 GMT"],
  ["day-32", "Thu, 32 Aug 2050 02:01:18 GMT"],
  ["hour-24", "Thu, 18 Aug 2050 24:01:18 GMT"],
  ["iso", "2050-08-18T02:01:18Z"],
  ["no-weekday", "18 Aug 2050 02:01:18 GMT"],
  ["quoted", '"Thu, 18 Aug 2050 02:01:18 GMT"'],
] as const;

const malformedRows = malformed.map(
  ([id, value]): Row => [
    `expires-malformed-${id}`,
    id.startsWith("zone") ? "should" : "must",
    id.startsWith("zone") ? "9111 4.2" : "9111 5.3",
    `${JSON.stringify(value)} is in the past`,
    [["Expires", value]],
  ],
);

const named = (rows: readonly Row[]): Row[] => rows.map(([id, ...rest]) => [`expires-${id}`, ...rest]);

const others: readonly Case[] = [
  {
    id: "expires-no-date",
    kind: "may",
    clause: "9110 6.6.1",
    says: "without a Date Expires counts from the time of arrival",
    steps: [filledWith([["Expires", at(3600)]], { date: "none" }), reused()],
  },
  {
    id: "expires-no-date-past",
    kind: "must",
    clause: "9111 4.2.1",
    says: "without a Date what is past on arrival is past",
    steps: [filledWith([["Expires", at(-10)]], { date: "none" }), forwarded()],
  },
  {
    id: "expires-ends",
    kind: "must",
    clause: "9111 4.2.4",
    says: "what has expired since it was stored is not reused",
    steps: [
      filledWith([
        ["Expires", at(2)],
        ["Date", at(0)],
      ]),
      { ...forwarded(), afterSeconds: 2.1 },
    ],
  },
  {
    id: "expires-kept",
    kind: "must",
    clause: "9111 3.1",
    says: "Expires is served as it came",
    steps: [filledWith([["Expires", at(3600)]]), reused({}, { headers: { expires: { asInAnswer: 1 } } })],
  },
];

export const expires: Group = {
  name: "expires",
  cases: [...reusedCases(named(fresh)), ...notReusedCases(named(stale)), ...notReusedCases(malformedRows), ...others],
};
