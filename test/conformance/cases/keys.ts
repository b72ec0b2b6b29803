import type { Case, Group, Kind, Sent } from "../case.ts";
import { filledWith, forwarded, reused } from "../case.ts";

const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;

type Row = readonly [
  id: string,
  kind: Kind,
  clause: string,
  says: string,
  first: Sent,
  second: Sent,
  outcome: "same" | "another",
  pending?: string,
];

const rows: readonly Row[] = [
  ["query", "may", "9111 4", "a URL with a query is reused", { query: "?a=1" }, { query: "?a=1" }, "same"],
  ["query-differs", "must", "9111 4", "another query is another URL", { query: "?a=1" }, { query: "?a=2" }, "another"],
  [
    "query-missing",
    "must",
    "9111 4",
    "a URL without a query is another than one with",
    { query: "?a=1" },
    {},
    "another",
  ],
  ["query-empty", "must", "3986 6.2.3", "an empty query is not none", { query: "?" }, {}, "another"],
  [
    "query-order",
    "must",
    "3986 6.2",
    "the order of a query's parameters matters",
    { query: "?a=1&b=2" },
    { query: "?b=2&a=1" },
    "another",
  ],
  [
    "query-order-same-name",
    "must",
    "3986 6.2",
    "the order of parameters of one name matters",
    { query: "?a=1&a=2" },
    { query: "?a=2&a=1" },
    "another",
  ],
  [
    "query-case",
    "must",
    "3986 6.2.2.1",
    "a query is compared with its case",
    { query: "?A=1" },
    { query: "?a=1" },
    "another",
  ],
  ["query-plus", "must", "3986 6.2.2.2", "+ is not %20", { query: "?a=+" }, { query: "?a=%20" }, "another"],
  [
    "query-equals",
    "must",
    "3986 6.2",
    "a parameter without = is not one with nothing after it",
    { query: "?a" },
    { query: "?a=" },
    "another",
  ],
  [
    "query-ampersand",
    "must",
    "3986 6.2",
    "an ampersand at the end matters",
    { query: "?a=1" },
    { query: "?a=1&" },
    "another",
  ],
  [
    "query-own-parameter",
    "must",
    "9111 4",
    "no query can name another's entry",
    { query: "?larder=default/gateway/GET/" },
    {},
    "another",
  ],
  [
    "query-own-parameter-second",
    "must",
    "9111 4",
    "no query can name another's entry beside other parameters",
    { query: "?a=1&larder=default/gateway/GET/" },
    { query: "?a=1" },
    "another",
  ],
  [
    "query-own-vary",
    "must",
    "9111 4",
    "no query can name a variant of another's entry",
    { query: "?larder=default/gateway/GET/x-a=1" },
    { headers: [["X-A", "1"]] },
    "another",
  ],
  ["path", "must", "9111 4", "another path is another URL", { path: "a" }, { path: "b" }, "another"],
  ["path-case", "must", "3986 6.2.2.1", "a path is compared with its case", { path: "A" }, { path: "a" }, "another"],
  ["path-slash", "must", "3986 6.2", "a slash at the end matters", { path: "a" }, { path: "a/" }, "another"],
  ["path-double-slash", "must", "3986 6.2", "two slashes are not one", { path: "a//b" }, { path: "a/b" }, "another"],
  [
    "path-encoded-slash",
    "must",
    "3986 6.2.2.2",
    "an encoded slash is none",
    { path: "a%2Fb" },
    { path: "a/b" },
    "another",
  ],
  [
    "path-unreserved",
    "may",
    "3986 6.2.2.2",
    "%7E and ~ are kept apart, as origins may do",
    { path: "%7E" },
    { path: "~" },
    "another",
  ],
  [
    "path-hex-case",
    "may",
    "3986 6.2.2.1",
    "%c3 and %C3 are kept apart, as origins may do",
    { path: "%c3%bc" },
    { path: "%C3%BC" },
    "another",
  ],
  [
    "path-question-mark",
    "must",
    "3986 3.4",
    "an encoded question mark begins no query",
    { path: "a%3Fb=1" },
    { path: "a", query: "?b=1" },
    "another",
  ],
  ["host", "must", "9111 4", "another host is another URL", { host: "a.example" }, { host: "b.example" }, "another"],
  [
    "host-port",
    "must",
    "9111 4",
    "another port is another URL",
    { host: "a.example:8080" },
    { host: "a.example:8081" },
    "another",
  ],
  [
    "host-case",
    "must",
    "3986 6.2.2.1",
    "a host is compared without case",
    { host: "A.Example" },
    { host: "a.example" },
    "same",
  ],
  [
    "host-default-port",
    "should",
    "3986 6.2.3",
    "the port that goes without saying may be said",
    { host: "a.example:80" },
    { host: "a.example" },
    "same",
  ],
  [
    "host-forwarded",
    "must",
    "9111 7.1",
    "X-Forwarded-Host does not choose the entry",
    { headers: [["X-Forwarded-Host", "evil.example"]] },
    {},
    "same",
  ],
];

const tabled = rows.map(
  ([id, kind, clause, says, first, second, outcome, pending]): Case => ({
    id: `key-${id}`,
    kind,
    clause,
    says,
    ...(pending === undefined ? {} : { pending }),
    steps: [filledWith([AN_HOUR], {}, first), outcome === "same" ? reused(second) : forwarded(second)],
  }),
);

/** draft-ietf-httpbis-no-vary-search: which parameters of a query matter. */
const searches: readonly (readonly [
  id: string,
  says: string,
  field: string,
  first: string,
  second: string,
  outcome: "same" | "another",
])[] = [
  [
    "key-order",
    "key-order says that the order of parameters does not matter",
    "key-order",
    "?a=1&b=2",
    "?b=2&a=1",
    "same",
  ],
  ["params", "params says that no parameter matters", "params", "?a=1", "?a=2", "same"],
  ["params-listed", "params names those that do not matter", 'params=("utm" "x")', "?utm=1&a=1", "?utm=2&a=1", "same"],
  ["params-missing", "what does not matter may be missing", 'params=("utm")', "?utm=1&a=1", "?a=1", "same"],
  ["params-others", "the others do matter", 'params=("utm")', "?utm=1&a=1", "?utm=1&a=2", "another"],
  ["except", "except names those that do matter", 'params, except=("a")', "?a=1&b=1", "?a=1&b=2", "same"],
  ["except-differs", "and these do", 'params, except=("a")', "?a=1&b=1", "?a=2&b=1", "another"],
  ["invalid", "what cannot be parsed is ignored", "params=(utm)", "?utm=1", "?utm=2", "another"],
];

const searched = searches.map(
  ([id, says, field, first, second, outcome]): Case => ({
    id: `no-vary-search-${id}`,
    kind: outcome === "same" ? "may" : "must",
    clause: "draft-ietf-httpbis-no-vary-search 6",
    says,
    steps: [
      filledWith([AN_HOUR, ["No-Vary-Search", field]], {}, { query: first }),
      outcome === "same" ? reused({ query: second }) : forwarded({ query: second }),
    ],
  }),
);

const long = { query: `?a=${"x".repeat(9000)}` };

export const keys: Group = {
  name: "keys",
  cases: [
    ...tabled,
    ...searched,
    {
      id: "key-too-long",
      kind: "may",
      clause: "9110 4.1",
      says: "a URL that is too long to be a key is answered, and not stored",
      steps: [forwarded(long, {}, { headers: [AN_HOUR] }), forwarded(long)],
    },
  ],
};
