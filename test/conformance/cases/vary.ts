import type { Case, Group, Kind, Lines } from "../case.ts";
import { filledWith, forwarded, reused } from "../case.ts";

/** Whether a response to `first`, with these Vary lines, answers `second`. */
export type VaryRow = readonly [
  id: string,
  kind: Kind,
  says: string,
  vary: readonly string[],
  first: Lines,
  second: Lines,
  outcome: "same" | "another",
  pending?: string,
];

export function varyCase([id, kind, says, vary, first, second, outcome, pending]: VaryRow): Case {
  const lines: Lines = [["Cache-Control", "max-age=3600"], ...vary.map((names) => ["Vary", names] as const)];
  return {
    id: `vary-${id}`,
    kind,
    clause: "9111 4.1",
    says,
    ...(pending === undefined ? {} : { pending }),
    steps: [
      filledWith(lines, {}, { headers: first }),
      outcome === "same" ? reused({ headers: second }) : forwarded({ headers: second }),
    ],
  };
}

const rows: readonly VaryRow[] = [
  [
    "match",
    "may",
    "a response is reused where the field that Vary names is the same",
    ["Foo"],
    [["Foo", "1"]],
    [["Foo", "1"]],
    "same",
  ],
  [
    "differs",
    "must",
    "a response is not reused where the field that Vary names differs",
    ["Foo"],
    [["Foo", "1"]],
    [["Foo", "2"]],
    "another",
  ],
  [
    "omitted",
    "must",
    "a response is not reused where the field that Vary names is missing now",
    ["Foo"],
    [["Foo", "1"]],
    [],
    "another",
  ],
  [
    "added",
    "must",
    "a response is not reused where the field that Vary names was missing before",
    ["Foo"],
    [],
    [["Foo", "1"]],
    "another",
  ],
  [
    "both-without",
    "may",
    "a response is reused where both requests lack the field that Vary names",
    ["Foo"],
    [],
    [],
    "same",
  ],
  ["empty-missing", "must", "an empty field is not a missing one", ["Foo"], [["Foo", ""]], [], "another"],
  ["missing-empty", "must", "a missing field is not an empty one", ["Foo"], [], [["Foo", ""]], "another"],
  ["empty-empty", "may", "an empty field matches an empty one", ["Foo"], [["Foo", ""]], [["Foo", ""]], "same"],
  [
    "others",
    "may",
    "fields that Vary does not name do not matter",
    ["Foo"],
    [
      ["Foo", "1"],
      ["Other", "2"],
    ],
    [
      ["Foo", "1"],
      ["Other", "3"],
    ],
    "same",
  ],
  [
    "value-case",
    "must",
    "values are compared with their case where nothing else is known",
    ["Foo"],
    [["Foo", "a"]],
    [["Foo", "A"]],
    "another",
  ],
  [
    "two-match",
    "may",
    "a response that varies on two fields is reused where both are the same",
    ["Foo, Bar"],
    [
      ["Foo", "1"],
      ["Bar", "abc"],
    ],
    [
      ["Foo", "1"],
      ["Bar", "abc"],
    ],
    "same",
  ],
  [
    "two-first-differs",
    "must",
    "a response that varies on two fields is not reused where the first differs",
    ["Foo, Bar"],
    [
      ["Foo", "1"],
      ["Bar", "abc"],
    ],
    [
      ["Foo", "2"],
      ["Bar", "abc"],
    ],
    "another",
  ],
  [
    "two-second-differs",
    "must",
    "a response that varies on two fields is not reused where the second differs",
    ["Foo, Bar"],
    [
      ["Foo", "1"],
      ["Bar", "abc"],
    ],
    [
      ["Foo", "1"],
      ["Bar", "abd"],
    ],
    "another",
  ],
  [
    "two-one-missing",
    "must",
    "a response that varies on two fields is not reused where one is missing",
    ["Foo, Bar"],
    [
      ["Foo", "1"],
      ["Bar", "abc"],
    ],
    [["Foo", "1"]],
    "another",
  ],
  [
    "two-swapped",
    "must",
    "one field's value is not another's",
    ["Foo, Bar"],
    [
      ["Foo", "1"],
      ["Bar", "2"],
    ],
    [
      ["Foo", "2"],
      ["Bar", "1"],
    ],
    "another",
  ],
  [
    "two-joined",
    "must",
    "the values of two fields do not run together",
    ["Foo, Bar"],
    [["Foo", "1,bar=2"]],
    [
      ["Foo", "1"],
      ["Bar", "2"],
    ],
    "another",
  ],
  [
    "three-match",
    "may",
    "a response that varies on three fields is reused where all are the same, in any order",
    ["Foo, Bar, Baz"],
    [
      ["Foo", "1"],
      ["Bar", "2"],
      ["Baz", "3"],
    ],
    [
      ["Baz", "3"],
      ["Foo", "1"],
      ["Bar", "2"],
    ],
    "same",
  ],
  [
    "three-differs",
    "must",
    "a response that varies on three fields is not reused where one differs",
    ["Foo, Bar, Baz"],
    [
      ["Foo", "1"],
      ["Bar", "2"],
      ["Baz", "3"],
    ],
    [
      ["Foo", "1"],
      ["Bar", "4"],
      ["Baz", "3"],
    ],
    "another",
  ],
  [
    "three-omit",
    "may",
    "a response that varies on three fields is reused where both requests lack one of them",
    ["Foo, Bar, Baz"],
    [
      ["Foo", "1"],
      ["Baz", "3"],
    ],
    [
      ["Foo", "1"],
      ["Baz", "3"],
    ],
    "same",
  ],
  [
    "cookie",
    "must",
    "Vary: Cookie keeps cookies apart",
    ["Cookie"],
    [["Cookie", "a=1"]],
    [["Cookie", "a=2"]],
    "another",
  ],
  [
    "user-agent",
    "must",
    "Vary: User-Agent keeps clients apart",
    ["User-Agent"],
    [["User-Agent", "a"]],
    [["User-Agent", "b"]],
    "another",
  ],
  [
    "origin",
    "must",
    "Vary: Origin keeps origins apart",
    ["Origin"],
    [["Origin", "https://a.example"]],
    [["Origin", "https://b.example"]],
    "another",
  ],
  [
    "origin-missing",
    "must",
    "Vary: Origin keeps who sends none apart",
    ["Origin"],
    [["Origin", "https://a.example"]],
    [],
    "another",
  ],
  [
    "many-differ",
    "must",
    "of twenty fields each counts",
    [Array.from({ length: 20 }, (_, nth) => `X-${nth}`).join(", ")],
    [["X-19", "1"]],
    [["X-19", "2"]],
    "another",
  ],
  [
    "long-value",
    "must",
    "long values are compared to their end",
    ["Foo"],
    [["Foo", `${"a".repeat(3000)}1`]],
    [["Foo", `${"a".repeat(3000)}2`]],
    "another",
  ],
];

export const vary: Group = { name: "vary", cases: rows.map(varyCase) };
