import type { Case, Group, Kind, Lines, Sent, Step } from "../case.ts";
import { filledWith, forwarded, reused } from "../case.ts";

/*
 * All cases share one origin, and so its groups: `{case}` in a name is text that no other case has. It has 8 characters.
 */

const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;
const member: Sent = { path: "member" };
const act: Sent = { method: "POST", path: "act", body: "x" };

const inGroups = (...values: readonly string[]): Lines => [
  AN_HOUR,
  ...values.map((value) => ["Cache-Groups", value] as const),
];
const invalidates = (...values: readonly string[]): Lines =>
  values.map((value) => ["Cache-Group-Invalidation", value] as const);
const acted = (headers: Lines, send: Sent = act, status = 200): Step => ({
  send,
  origin: { headers, status },
  expect: { from: "origin" },
});

type Row = readonly [
  id: string,
  kind: Kind,
  clause: string,
  says: string,
  groups: readonly string[],
  named: readonly string[],
  outcome: "invalid" | "kept",
];

const many = Array.from({ length: 32 }, (_, nth) => `"{case}${String(nth).padStart(24, "g")}"`);

const rows: readonly Row[] = [
  [
    "named",
    "may",
    "9875 3",
    "a group that an answer to POST names is invalidated",
    ['"{case}"'],
    ['"{case}"'],
    "invalid",
  ],
  ["other", "must", "9875 2.1", "another group is left", ['"{case}a"'], ['"{case}b"'], "kept"],
  ["case", "must", "9875 2.1", "groups are compared with their case", ['"{case}x"'], ['"{case}X"'], "kept"],
  ["space", "must", "9875 2.1", "groups are compared with their spaces", ['"{case}"'], ['"{case} "'], "kept"],
  ["prefix", "must", "9875 2.1", "groups are compared as a whole", ['"{case}b"'], ['"{case}"'], "kept"],
  [
    "one-of-several",
    "may",
    "9875 2.1",
    "one group of several is enough",
    ['"x", "{case}", "y"'],
    ['"{case}"'],
    "invalid",
  ],
  ["several-named", "may", "9875 3", "several groups may be named", ['"{case}"'], ['"{case}x", "{case}"'], "invalid"],
  [
    "lines",
    "may",
    "9110 5.3",
    "groups may stand on several lines",
    ['"x"', '"{case}"'],
    ['"{case}y"', '"{case}"'],
    "invalid",
  ],
  [
    "odd-characters",
    "may",
    "9875 2",
    "a group may hold commas, slashes and escaped quotes",
    ['"{case}, /\\"b\\""'],
    ['"{case}, /\\"b\\""'],
    "invalid",
  ],
  ["parameters", "must", "9875 2", "parameters of groups are ignored", ['"{case}";x=1'], ['"{case}";y'], "invalid"],
  [
    "token",
    "must",
    "9875 2",
    "a token in Cache-Groups is no group, and the field is ignored",
    ["a{case}"],
    ['"a{case}"'],
    "kept",
  ],
  [
    "token-named",
    "must",
    "9875 3",
    "a token in Cache-Group-Invalidation is no group, and the field is ignored",
    ['"a{case}"'],
    ["a{case}"],
    "kept",
  ],
  [
    "malformed",
    "must",
    "9875 2",
    "a malformed Cache-Groups is ignored as a whole",
    ['"{case}", "b'],
    ['"{case}"'],
    "kept",
  ],
  [
    "malformed-named",
    "must",
    "9875 3",
    "a malformed Cache-Group-Invalidation is ignored as a whole",
    ['"{case}"'],
    ['"{case}", '],
    "kept",
  ],
  ["not-in-any", "must", "9875 2.1", "what is in no group is left", [], ['"{case}"'], "kept"],
  [
    "32-of-32",
    "must",
    "9875 2",
    "32 groups of 32 characters are known",
    [many.join(", ")],
    [many.at(-1) ?? ""],
    "invalid",
  ],
  [
    "32-named",
    "must",
    "9875 3",
    "32 groups of 32 characters may be named",
    [many.at(-1) ?? ""],
    [many.join(", ")],
    "invalid",
  ],
];

const tabled = rows.map(
  ([id, kind, clause, says, groups, named, outcome]): Case => ({
    id: `group-${id}`,
    kind,
    clause,
    says,
    steps: [
      filledWith(inGroups(...groups), {}, member),
      reused(member),
      acted(invalidates(...named)),
      outcome === "invalid" ? forwarded(member) : reused(member),
    ],
  }),
);

const kept = (...steps: readonly Step[]): readonly Step[] => [
  filledWith(inGroups('"{case}a"'), {}, member),
  reused(member),
  ...steps,
];

const safe = ["GET", "HEAD", "OPTIONS"].map(
  (method): Case => ({
    id: `group-by-${method.toLowerCase()}`,
    kind: "must",
    clause: "9875 3",
    says: `an answer to ${method} invalidates no group`,
    steps: kept(acted(invalidates('"{case}a"'), { method, path: "act" }), reused(member)),
  }),
);

const others: readonly Case[] = [
  {
    id: "group-by-error",
    kind: "may",
    clause: "9875 3",
    says: "an error invalidates no group",
    steps: kept(acted(invalidates('"{case}a"'), act, 500), reused(member)),
  },
  {
    id: "group-by-delete",
    kind: "may",
    clause: "9875 3",
    says: "an answer to DELETE invalidates the groups it names",
    steps: kept(acted(invalidates('"{case}a"'), { method: "DELETE", path: "act" }), forwarded(member)),
  },
  {
    id: "group-all-members",
    kind: "may",
    clause: "9875 3",
    says: "all members of a group are invalidated",
    steps: [
      filledWith(inGroups('"{case}a"'), {}, member),
      filledWith(inGroups('"{case}a", "{case}b"'), {}, { path: "member2" }),
      reused({ path: "member2" }, { body: "#2" }),
      acted(invalidates('"{case}a"')),
      forwarded(member),
      forwarded({ path: "member2" }),
    ],
  },
  {
    id: "group-no-cascade",
    kind: "must",
    clause: "9875 2.2.1",
    says: "what is invalidated by a group does not invalidate its other groups",
    steps: [
      filledWith(inGroups('"{case}a", "{case}b"'), {}, member),
      filledWith(inGroups('"{case}b"'), {}, { path: "member2" }),
      reused({ path: "member2" }, { body: "#2" }),
      acted(invalidates('"{case}a"')),
      reused({ path: "member2" }, { body: "#2" }),
    ],
  },
  {
    id: "group-other-host",
    kind: "must",
    clause: "9875 2.1",
    says: "groups of one origin are not those of another",
    steps: [
      filledWith(inGroups('"{case}a"'), {}, { ...member, host: "a.example" }),
      reused({ ...member, host: "a.example" }),
      acted(invalidates('"{case}a"'), { ...act, host: "b.example" }),
      reused({ ...member, host: "a.example" }),
    ],
  },
  {
    id: "group-joined-later",
    kind: "must",
    clause: "9875 3",
    says: "what is stored after an invalidation is not hit by it",
    steps: [
      acted(invalidates('"{case}a"')),
      filledWith(inGroups('"{case}a"'), {}, member),
      reused(member, { body: "#2" }),
    ],
  },
  {
    id: "group-by-304",
    kind: "must",
    clause: "9111 3.2",
    says: "a 304 puts what it confirms into its groups",
    steps: [
      filledWith(
        [
          ["Cache-Control", "max-age=10, stale-if-error=3600"],
          ["Age", "20"],
          ["ETag", '"e"'],
        ],
        {},
        member,
      ),
      {
        send: member,
        origin: { status: 304, headers: [AN_HOUR, ["ETag", '"e"'], ["Cache-Groups", '"{case}a"']] },
        expect: { from: "validation", body: "#1" },
      },
      reused(member),
      acted(invalidates('"{case}a"')),
      forwarded(member),
    ],
  },
  {
    id: "group-fields-kept",
    kind: "must",
    clause: "9111 3.1",
    says: "Cache-Groups is passed on, for caches further out",
    steps: [filledWith(inGroups('"a"')), reused({}, { headers: { "cache-groups": '"a"' } })],
  },
];

export const cacheGroups: Group = { name: "cache groups", cases: [...tabled, ...safe, ...others] };
