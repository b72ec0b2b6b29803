import type { Case, Group, Lines, Sent } from "../case.ts";
import { filledWith, forwarded, reused } from "../case.ts";

const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;
const varies = (...names: string[]): Lines => [AN_HOUR, ...names.map((name) => ["Vary", name] as const)];
const having = (...headers: Lines): Sent => ({ headers });

const one = having(["Foo", "1"]);
const two = having(["Foo", "2"]);
const three = having(["Foo", "3"]);

const cases: readonly Case[] = [
  {
    id: "vary-keeps-variants",
    kind: "may",
    clause: "9111 4.1",
    says: "several variants are kept side by side",
    steps: [
      filledWith(varies("Foo"), {}, one),
      filledWith(varies("Foo"), {}, two),
      filledWith(varies("Foo"), {}, three),
      reused(one, { body: "#1" }),
      reused(two, { body: "#2" }),
      reused(three, { body: "#3" }),
    ],
  },
  {
    id: "vary-headers-of-variant",
    kind: "must",
    clause: "9111 4.1",
    says: "a variant is served with its own fields",
    steps: [
      filledWith([...varies("Foo"), ["X-V", "a"]], {}, one),
      filledWith([...varies("Foo"), ["X-V", "b"]], {}, two),
      reused(one, { headers: { "x-v": "a" } }),
      reused(two, { body: "#2", headers: { "x-v": "b" } }),
    ],
  },
  {
    id: "vary-narrows",
    kind: "must",
    clause: "9111 4.1",
    says: "what later varies on more is not served where that differs",
    steps: [
      filledWith(varies("Foo"), {}, having(["Foo", "1"], ["Bar", "1"])),
      filledWith(varies("Foo, Bar"), {}, having(["Foo", "2"], ["Bar", "1"])),
      forwarded(having(["Foo", "2"], ["Bar", "2"])),
    ],
  },
  {
    id: "vary-changes-newest",
    kind: "must",
    clause: "9111 4",
    says: "of two variants that match by different fields the newer is served",
    steps: [
      filledWith([...varies("Foo"), ["Date", { secondsFromNow: -60 }]], {}, having(["Foo", "1"], ["Bar", "1"])),
      filledWith(varies("Bar"), {}, having(["Foo", "2"], ["Bar", "1"])),
      reused(having(["Foo", "1"], ["Bar", "1"]), { body: "#2" }),
    ],
  },
  {
    id: "vary-changes-older-left",
    kind: "may",
    clause: "9111 4.1",
    says: "an older variant is served still where only it matches",
    pending: "a newer Vary takes the place of the older",
    steps: [
      filledWith(varies("Foo"), {}, having(["Foo", "1"], ["Bar", "1"])),
      filledWith(varies("Bar"), {}, having(["Foo", "2"], ["Bar", "2"])),
      reused(having(["Foo", "1"], ["Bar", "3"]), { body: "#1" }),
    ],
  },
  {
    id: "vary-forgotten",
    kind: "should",
    clause: "9111 4.1",
    says: "where a newer response lacks Vary, that of the others goes on to choose",
    steps: [
      filledWith([...varies("Foo"), ["Date", { secondsFromNow: -60 }]], {}, one),
      filledWith([AN_HOUR], {}, two),
      reused(one, { body: "#1" }),
    ],
  },
  {
    id: "vary-expired-variant",
    kind: "must",
    clause: "9111 4.1",
    says: "a variant that has expired is not replaced by another",
    steps: [
      filledWith(
        [
          ["Cache-Control", "max-age=2"],
          ["Vary", "Foo"],
        ],
        {},
        one,
      ),
      filledWith(varies("Foo"), {}, two),
      { ...forwarded(one), afterSeconds: 2.2 },
      reused(two, { body: "#2" }),
    ],
  },
  {
    id: "vary-head",
    kind: "must",
    clause: "9111 4.1",
    says: "HEAD gets the variant it asks for",
    steps: [
      filledWith([...varies("Foo"), ["X-V", "a"]], {}, one),
      filledWith([...varies("Foo"), ["X-V", "b"]], {}, two),
      reused(two, { body: "#2" }),
      reused({ ...one, method: "HEAD" }, { body: "", headers: { "x-v": "a" } }),
    ],
  },
  {
    id: "vary-kept",
    kind: "must",
    clause: "9111 3.1",
    says: "Vary is served as it came",
    steps: [filledWith(varies("Foo", "bar"), {}, one), reused(one, { headers: { vary: "Foo, bar" } })],
  },
  {
    id: "vary-refreshes-own",
    kind: "must",
    clause: "9111 4.3.1",
    says: "a variant that is refreshed is asked for with its own fields, and leaves the others",
    steps: [
      filledWith(varies("Foo"), {}, one),
      filledWith(
        [
          ["Cache-Control", "max-age=10, stale-while-revalidate=3600"],
          ["Age", "20"],
          ["Vary", "Foo"],
        ],
        {},
        two,
      ),
      {
        send: two,
        origin: { headers: varies("Foo") },
        expect: { from: "background", body: "#2", asked: { headers: { foo: "2" } } },
      },
      { ...reused(two, { body: "#3" }), repeat: "until-true" },
      reused(one),
    ],
  },
  {
    id: "vary-no-store-variant",
    kind: "must",
    clause: "9111 5.2.2.5",
    says: "a variant that may not be stored does not make others be served in its place",
    steps: [
      filledWith(varies("Foo"), {}, one),
      filledWith(
        [
          ["Cache-Control", "no-store"],
          ["Vary", "Foo"],
        ],
        {},
        two,
      ),
      forwarded(two),
      reused(one),
    ],
  },
  {
    id: "vary-etags-of-variants",
    kind: "may",
    clause: "9111 4.3.1",
    says: "a request for a variant that is missing does not pretend to have another",
    steps: [
      filledWith([...varies("Foo"), ["ETag", '"a"']], {}, one),
      forwarded(two, { asked: { headers: { "if-none-match": null } } }),
    ],
  },
];

export const variants: Group = { name: "variants", cases };
