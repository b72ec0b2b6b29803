import type { Case, Group, Row } from "../case.ts";
import { at, filledWith, forwarded, notReusedCases, reused, reusedCases, STALE } from "../case.ts";

const an_hour = ["Cache-Control", "max-age=3600"] as const;

const ignored: readonly Row[] = [
  ["age-text", "should", "9111 5.1", "an Age that is no number is ignored", [an_hour, ["Age", "abc"]]],
  ["age-negative", "should", "9111 5.1", "a negative Age is ignored", [an_hour, ["Age", "-7200"]]],
  ["age-decimal", "should", "9111 5.1", "an Age with decimals is ignored", [an_hour, ["Age", "7200.0"]]],
  ["age-empty", "should", "9111 5.1", "an empty Age is ignored", [an_hour, ["Age", ""]]],
  ["age-quoted", "should", "9111 5.1", "a quoted Age is ignored", [an_hour, ["Age", '"7200"']]],
  ["age-list-0-first", "should", "9111 5.1", "of a list of Ages the first counts: 0", [an_hour, ["Age", "0, 7200"]]],
  [
    "age-lines-0-first",
    "should",
    "9111 5.1",
    "of several Age lines the first counts: 0",
    [an_hour, ["Age", "0"], ["Age", "7200"]],
  ],
  ["age-0-twice", "should", "9111 5.1", "an Age of 0 twice is 0", [an_hour, ["Age", "0, 0"]]],
  ["age-0-two-lines", "should", "9111 5.1", "an Age of 0 on two lines is 0", [an_hour, ["Age", "0"], ["Age", "0"]]],
  ["date-ahead", "must", "9111 4.2.3", "a Date ahead makes nothing younger or older", [an_hour, ["Date", at(7200)]]],
];

const counted: readonly Row[] = [
  ["age-older", "must", "9111 4.2.3", "an Age beyond the lifetime counts", [an_hour, ["Age", "7200"]]],
  ["age-zeros", "must", "9111 1.2.2", "zeros may stand before an Age", [an_hour, ["Age", "007200"]]],
  [
    "age-huge",
    "must",
    "9111 1.2.2",
    "an Age of more digits than a number holds counts",
    [an_hour, ["Age", "99999999999999999999"]],
  ],
  ["age-list-first", "should", "9111 5.1", "of a list of Ages the first counts: 7200", [an_hour, ["Age", "7200, 0"]]],
  ["age-list-tight", "should", "9111 5.1", "a list of Ages needs no space", [an_hour, ["Age", "7200,0"]]],
  [
    "age-lines-first",
    "should",
    "9111 5.1",
    "of several Age lines the first counts: 7200",
    [an_hour, ["Age", "7200"], ["Age", "0"]],
  ],
  ["age-list-same", "should", "9111 5.1", "the same Age twice is that Age", [an_hour, ["Age", "7200, 7200"]]],
  [
    "age-lines-same",
    "should",
    "9111 5.1",
    "the same Age on two lines is that Age",
    [an_hour, ["Age", "7200"], ["Age", "7200"]],
  ],
  [
    "age-by-date",
    "must",
    "9111 4.2.3",
    "an old Date counts where it makes more than Age",
    [an_hour, ["Age", "10"], ["Date", at(-7200)]],
  ],
  [
    "age-by-date-rfc850",
    "must",
    "9110 5.6.7",
    "an old Date in the form of RFC 850 counts",
    [an_hour, ["Date", at(-7200, "rfc850")]],
  ],
  [
    "age-by-date-asctime",
    "must",
    "9110 5.6.7",
    "an old Date in the form of asctime counts",
    [an_hour, ["Date", at(-7200, "asctime")]],
  ],
];

const served: readonly Case[] = [
  {
    id: "age-generated",
    kind: "must",
    clause: "9111 4",
    says: "what is reused has an Age",
    steps: [filledWith("max-age=3600"), reused({}, { headers: { age: { min: 0, max: 5 } } })],
  },
  {
    id: "age-counts-time-here",
    kind: "must",
    clause: "9111 4.2.3",
    says: "Age grows with the time spent here",
    steps: [filledWith("max-age=3600"), { ...reused({}, { headers: { age: { min: 2, max: 7 } } }), afterSeconds: 2.1 }],
  },
  {
    id: "age-counts-time-elsewhere",
    kind: "must",
    clause: "9111 4.2.3",
    says: "Age begins with the Age that came",
    steps: [filledWith([an_hour, ["Age", "30"]]), reused({}, { headers: { age: { min: 30, max: 35 } } })],
  },
  {
    id: "age-counts-both",
    kind: "must",
    clause: "9111 4.2.3",
    says: "the time spent elsewhere and the time spent here add up",
    steps: [
      filledWith([
        ["Expires", at(3600)],
        ["Age", "30"],
      ]),
      { ...reused({}, { headers: { age: { min: 32, max: 37 } } }), afterSeconds: 2.1 },
    ],
  },
  {
    id: "age-from-date",
    kind: "must",
    clause: "9111 4.2.3",
    says: "Age begins with the time since Date where that is more",
    steps: [filledWith([an_hour, ["Date", at(-60)]]), reused({}, { headers: { age: { min: 60, max: 66 } } })],
  },
  {
    id: "age-of-slow-origin",
    kind: "must",
    clause: "9111 4.2.3",
    says: "the time the origin took to answer is added to the Age that came",
    steps: [
      filledWith([an_hour, ["Age", "30"]], { delayMs: 2100 }),
      reused({}, { headers: { age: { min: 32, max: 37 } } }),
    ],
  },
  {
    id: "age-one-line",
    kind: "must",
    clause: "9111 4",
    says: "Age takes the place of the one that came",
    steps: [filledWith([an_hour, ["Age", "30"], ["Age", "40"]]), reused({}, { headers: { age: /^3[0-9]$/ } })],
  },
  {
    id: "age-on-304",
    kind: "must",
    clause: "9111 4",
    says: "a 304 out of the cache has an Age",
    steps: [
      filledWith([an_hour, ["Age", "30"], ["ETag", '"a"']]),
      reused(),
      reused(
        { headers: [["If-None-Match", '"a"']] },
        { status: 304, body: "", headers: { age: { min: 30, max: 35 } } },
      ),
    ],
  },
  {
    id: "age-on-206",
    kind: "must",
    clause: "9111 4",
    says: "a part out of the cache has an Age",
    steps: [
      filledWith([an_hour, ["Age", "30"]], { body: "0123456789" }),
      reused({}, { body: "0123456789" }),
      reused(
        { headers: [["Range", "bytes=0-1"]] },
        { status: 206, body: "01", headers: { age: { min: 30, max: 35 } } },
      ),
    ],
  },
  {
    id: "age-on-head",
    kind: "must",
    clause: "9111 4",
    says: "the answer to HEAD out of the cache has an Age",
    steps: [
      filledWith([an_hour, ["Age", "30"]]),
      reused(),
      reused({ method: "HEAD" }, { body: "", headers: { age: { min: 30, max: 35 } } }),
    ],
  },
  {
    id: "age-on-stale",
    kind: "must",
    clause: "9111 4",
    says: "what is served stale tells its true age",
    steps: [
      filledWith([
        ["Cache-Control", "max-age=10, stale-while-revalidate=3600"],
        ["Age", "20"],
      ]),
      { expect: { from: "background", body: "#1", headers: { age: { min: 20, max: 25 } } } },
    ],
  },
  {
    id: "age-after-validation",
    kind: "must",
    clause: "9111 4.2.3",
    says: "Age begins anew when the origin has confirmed what is stored",
    steps: [
      filledWith([...STALE, ["ETag", '"a"']]),
      {
        origin: { status: 304, headers: [an_hour, ["ETag", '"a"']] },
        expect: { from: "validation", body: "#1", headers: { age: /^[0-5]$/ } },
      },
    ],
  },
  {
    id: "age-passed-on",
    kind: "must",
    clause: "9111 5.1",
    says: "the Age of a forwarded answer is not made less",
    steps: [
      filledWith([
        ["Cache-Control", "no-store"],
        ["Age", "30"],
      ]),
      {
        origin: {
          headers: [
            ["Cache-Control", "no-store"],
            ["Age", "30"],
          ],
        },
        expect: { from: "origin", headers: { age: { min: 30 } } },
      },
    ],
  },
  {
    id: "date-kept",
    kind: "must",
    clause: "9110 6.6.1",
    says: "Date is served as it came",
    steps: [filledWith([an_hour, ["Date", at(-60)]]), reused({}, { headers: { date: { asInAnswer: 1 } } })],
  },
  {
    id: "date-kept-later",
    kind: "must",
    clause: "9110 6.6.1",
    says: "Date does not move on while a response is stored",
    steps: [filledWith("max-age=3600"), { ...reused({}, { headers: { date: { asInAnswer: 1 } } }), afterSeconds: 2.1 }],
  },
  {
    id: "date-added-forwarded",
    kind: "must",
    clause: "9110 6.6.1",
    says: "an answer without Date is forwarded with the time of its arrival",
    steps: [
      {
        origin: { headers: [["Cache-Control", "no-store"]], date: "none" },
        expect: { from: "origin", headers: { date: /GMT$/ } },
      },
    ],
  },
  {
    id: "date-added-stored",
    kind: "must",
    clause: "9110 6.6.1",
    says: "an answer without Date is served with one from the cache",
    steps: [filledWith("max-age=3600", { date: "none" }), reused({}, { headers: { date: /GMT$/ } })],
  },
  {
    id: "cache-control-kept",
    kind: "must",
    clause: "9111 5.2",
    says: "cache directives are passed on as they came, from the cache too",
    steps: [
      {
        origin: {
          headers: [
            ["Cache-Control", 'max-age=3600, Foo="a, b"'],
            ["Cache-Control", "public"],
          ],
        },
        expect: { from: "origin", headers: { "cache-control": 'max-age=3600, Foo="a, b", public' } },
      },
      reused({}, { headers: { "cache-control": 'max-age=3600, Foo="a, b", public' } }),
    ],
  },
  {
    id: "request-directives-passed-on",
    kind: "must",
    clause: "9111 5.2",
    says: "a request's cache directives are passed on as they came",
    steps: [
      forwarded(
        { headers: [["Cache-Control", "no-cache, foo=bar"]] },
        { asked: { headers: { "cache-control": "no-cache, foo=bar" } } },
      ),
    ],
  },
  {
    id: "no-warning",
    kind: "may",
    clause: "9111 5.5",
    says: "Warning is obsolete and not made",
    steps: [
      filledWith([
        ["Cache-Control", "max-age=10, stale-while-revalidate=3600"],
        ["Age", "20"],
      ]),
      { expect: { from: "background", body: "#1", headers: { warning: null } } },
    ],
  },
];

export const age: Group = { name: "age", cases: [...reusedCases(ignored), ...notReusedCases(counted), ...served] };
