import type { Answer, Case, Group, Lines } from "../case.ts";
import { at, filledWith, forwarded, reused, STALE } from "../case.ts";

const TAG = ["ETag", '"a"'] as const;
const DATED = ["Last-Modified", "Wed, 21 Oct 2015 07:28:00 GMT"] as const;
const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;

const confirmed = (...lines: Lines): Answer => ({ status: 304, headers: lines });

/** Stale responses, and the conditions by which the origin is asked about them (RFC 9111 section 4.3.1). */
const conditions: readonly (readonly [
  id: string,
  says: string,
  stored: Lines,
  inm: string | null,
  ims: string | null,
])[] = [
  ["etag", "what has an ETag is validated by it", [TAG], '"a"', null],
  ["weak-etag", "a weak ETag is sent as it came", [["ETag", 'W/"a"']], 'W/"a"', null],
  ["empty-etag", "an empty ETag is one", [["ETag", '""']], '""', null],
  ["comma-etag", "an ETag with a comma is one", [["ETag", '"a,b"']], '"a,b"', null],
  ["last-modified", "what has a Last-Modified is validated by it", [DATED], null, DATED[1]],
  ["both", "what has both is validated by both", [TAG, DATED], '"a"', DATED[1]],
];

const asked = conditions.map(
  ([id, says, stored, inm, ims]): Case => ({
    id: `validates-${id}`,
    kind: "must",
    clause: "9111 4.3.1",
    says,
    steps: [
      filledWith([...STALE, ...stored]),
      {
        origin: confirmed(AN_HOUR, ...stored),
        expect: {
          from: "validation",
          body: "#1",
          asked: { headers: { "if-none-match": inm, "if-modified-since": ims } },
        },
      },
      reused(),
    ],
  }),
);

/** What may be kept after its lifetime, to be validated rather than sent again. */
const kept: readonly (readonly [id: string, clause: string, says: string, lines: Lines, afterSeconds?: number])[] = [
  [
    "expired-etag",
    "9111 4.3.1",
    "what has expired and has an ETag is validated, without leave to be served stale",
    [["Cache-Control", "max-age=1"], TAG],
    1.2,
  ],
  [
    "expired-weak-etag",
    "9111 4.3.1",
    "what has expired and has a weak ETag is validated",
    [
      ["Cache-Control", "max-age=1"],
      ["ETag", 'W/"a"'],
    ],
    1.2,
  ],
  [
    "expired-last-modified",
    "9111 4.3.1",
    "what has expired and has a Last-Modified is validated",
    [["Cache-Control", "max-age=1"], DATED],
    1.2,
  ],
  ["expired-by-expires", "9111 4.3.1", "what has expired by Expires is validated", [["Expires", at(1)], TAG], 2.1],
  [
    "must-revalidate",
    "9111 5.2.2.2",
    "what says must-revalidate is validated once it is stale",
    [["Cache-Control", "max-age=1, must-revalidate"], TAG],
    1.2,
  ],
  [
    "s-maxage",
    "9111 5.2.2.10",
    "what says s-maxage is validated once it is stale",
    [["Cache-Control", "s-maxage=1"], TAG],
    1.2,
  ],
  [
    "no-cache",
    "9111 5.2.2.4",
    "what says no-cache is stored, and validated each time",
    [["Cache-Control", "no-cache"], TAG],
  ],
  [
    "no-cache-max-age",
    "9111 5.2.2.4",
    "what says no-cache is validated though it is fresh",
    [["Cache-Control", "no-cache, max-age=3600"], TAG],
  ],
  [
    "max-age-0",
    "9111 4.3.1",
    "what has a lifetime of 0 is stored, and validated each time",
    [["Cache-Control", "max-age=0"], TAG],
  ],
  [
    "stale-on-arrival",
    "9111 4.3.1",
    "what came stale is validated",
    [["Cache-Control", "max-age=10"], ["Age", "20"], TAG],
  ],
];

const validated = kept.map(
  ([id, clause, says, lines, afterSeconds]): Case => ({
    id: `keeps-${id}`,
    kind: "should",
    clause,
    says,
    steps: [
      filledWith(lines),
      {
        origin: confirmed(AN_HOUR, ...lines.filter(([name]) => name === "ETag" || name === "Last-Modified")),
        expect: { from: "validation", body: "#1" },
        ...(afterSeconds === undefined ? {} : { afterSeconds }),
      },
    ],
  }),
);

const others: readonly Case[] = [
  {
    id: "validates-by-nothing",
    kind: "must",
    clause: "9111 4.3.1",
    says: "what has no validator is asked for anew, without conditions",
    steps: [
      filledWith(STALE),
      forwarded({}, { asked: { headers: { "if-none-match": null, "if-modified-since": null } } }),
    ],
  },
  {
    id: "validates-by-no-malformed-etag",
    kind: "may",
    clause: "9110 13.1.2",
    says: "an ETag that is none is not sent as a condition",
    steps: [filledWith([...STALE, ["ETag", "a"]]), forwarded({}, { asked: { headers: { "if-none-match": null } } })],
  },
  {
    id: "validated-200-replaces",
    kind: "must",
    clause: "9111 4.3.3",
    says: "a whole answer to a validation is served, and takes the place of what is stored",
    steps: [
      filledWith([...STALE, TAG]),
      filledWith([AN_HOUR, ["ETag", '"b"']]),
      reused({}, { body: "#2", headers: { etag: '"b"' } }),
    ],
  },
  {
    id: "validated-404",
    kind: "must",
    clause: "9111 4.3.3",
    says: "a 404 in answer to a validation is served",
    steps: [filledWith([...STALE, TAG]), { origin: { status: 404 }, expect: { from: "origin", status: 404 } }],
  },
  {
    id: "validated-as-fresh-again",
    kind: "must",
    clause: "9111 4.3.4",
    says: "what was validated is fresh again, for as long as the 304 says",
    steps: [
      filledWith([...STALE, TAG]),
      { origin: confirmed(TAG, ["Cache-Control", "max-age=4"]), expect: { from: "validation", body: "#1" } },
      reused(),
      { ...forwarded(), afterSeconds: 4.2 },
    ],
  },
  {
    id: "validated-by-stored-lifetime",
    kind: "must",
    clause: "9111 4.3.4",
    says: "a 304 that says nothing of the lifetime leaves the stored one",
    steps: [
      filledWith([...STALE, TAG]),
      { origin: confirmed(TAG), expect: { from: "validation", body: "#1" } },
      reused({}, { headers: { "cache-control": STALE[0]?.[1] as string, age: /^[0-5]$/ } }),
    ],
  },
  ...strongAndWeak(),
  ...withConditionsOfItsOwn(),
  {
    id: "validates-vary-fields",
    kind: "must",
    clause: "9111 4.3.1",
    says: "a validation has the fields that Vary names",
    steps: [
      filledWith([...STALE, TAG, ["Vary", "X-A"]], {}, { headers: [["X-A", "1"]] }),
      {
        send: { headers: [["X-A", "1"]] },
        origin: confirmed(AN_HOUR, TAG, ["Vary", "X-A"]),
        expect: { from: "validation", body: "#1", asked: { headers: { "x-a": "1", "if-none-match": '"a"' } } },
      },
    ],
  },
  {
    id: "validates-own-variant",
    kind: "must",
    clause: "9111 4.1",
    says: "another variant is not taken for validated by a 304 about this one",
    steps: [
      filledWith([...STALE, TAG, ["Vary", "X-A"]], {}, { headers: [["X-A", "1"]] }),
      filledWith([...STALE, ["ETag", '"b"'], ["Vary", "X-A"]], {}, { headers: [["X-A", "2"]] }),
      {
        send: { headers: [["X-A", "2"]] },
        origin: confirmed(AN_HOUR, ["ETag", '"b"'], ["Vary", "X-A"]),
        expect: { from: "validation", body: "#2" },
      },
    ],
  },
  {
    id: "validates-once-for-many",
    kind: "may",
    clause: "9111 4",
    says: "many who wait for the same validation cause one",
    steps: [
      filledWith([...STALE, TAG]),
      {
        together: [{}, {}, {}, {}],
        origin: { ...confirmed(AN_HOUR, TAG), delayMs: 300 },
        expect: { body: "#1", asked: { times: 1 } },
      },
    ],
  },
];

/** Which 304 is about what is stored (RFC 9111 section 4.3.4). */
function strongAndWeak(): Case[] {
  const rows: readonly (readonly [
    id: string,
    kind: Case["kind"],
    says: string,
    stored: Lines,
    sent: Lines,
    outcome: "same" | "another",
  ])[] = [
    [
      "strong-another",
      "must",
      "a 304 with another strong ETag does not update what is stored",
      [TAG],
      [["ETag", '"b"']],
      "another",
    ],
    [
      "strong-for-weak",
      "must",
      "a 304 with a strong ETag does not update what has the same, but weak",
      [["ETag", 'W/"a"']],
      [TAG],
      "another",
    ],
    [
      "weak-same",
      "must",
      "a 304 with the same weak ETag updates what is stored",
      [["ETag", 'W/"a"']],
      [["ETag", 'W/"a"']],
      "same",
    ],
    ["weak-for-strong", "must", "a weak ETag in a 304 matches the same strong one", [TAG], [["ETag", 'W/"a"']], "same"],
    [
      "weak-another",
      "must",
      "a 304 with another weak ETag does not update what is stored",
      [["ETag", 'W/"a"']],
      [["ETag", 'W/"b"']],
      "another",
    ],
    ["date-same", "must", "a 304 with the same Last-Modified updates what is stored", [DATED], [DATED], "same"],
    [
      "date-another",
      "must",
      "a 304 with another Last-Modified does not update what is stored",
      [DATED],
      [["Last-Modified", "Thu, 22 Oct 2015 07:28:00 GMT"]],
      "another",
    ],
    ["no-validator", "may", "a 304 without a validator is about what was asked for", [TAG], [], "same"],
    ["no-validator-date", "may", "a 304 without a validator is about what was asked for by date", [DATED], [], "same"],
  ];
  return rows.map(([id, kind, says, stored, sent, outcome]) => ({
    id: `304-${id}`,
    kind,
    clause: "9111 4.3.4",
    says,
    steps: [
      filledWith([...STALE, ...stored]),
      outcome === "same"
        ? { origin: confirmed(AN_HOUR, ...sent), expect: { from: "validation", body: "#1" } }
        : {
            origin: [confirmed(AN_HOUR, ...sent), { headers: [AN_HOUR] }],
            expect: {
              status: 200,
              body: "#3",
              asked: { times: 2, headers: { "if-none-match": null, "if-modified-since": null } },
            },
          },
    ],
  }));
}

/** A client's own conditions meet what is stale (RFC 9111 section 4.3.2). */
function withConditionsOfItsOwn(): Case[] {
  const stored = filledWith([...STALE, TAG]);
  return [
    {
      id: "client-has-same",
      kind: "should",
      clause: "9111 4.3.2",
      says: "a client that has what is stale gets 304 once it is validated",
      steps: [
        stored,
        {
          send: { headers: [["If-None-Match", '"a"']] },
          origin: confirmed(AN_HOUR, TAG),
          expect: { from: "validation", status: 304, body: "", headers: { etag: '"a"' } },
        },
      ],
    },
    {
      id: "client-has-another",
      kind: "must",
      clause: "9111 4.3.2",
      says: "a client that has something else gets what is stored, once it is validated",
      steps: [
        stored,
        {
          send: { headers: [["If-None-Match", '"old"']] },
          origin: confirmed(AN_HOUR, TAG),
          expect: { from: "validation", status: 200, body: "#1", asked: { headers: { "if-none-match": /"a"/ } } },
        },
      ],
    },
    {
      id: "client-has-date",
      kind: "should",
      clause: "9111 4.3.2",
      says: "a client that has a date gets 304 once what is stale is validated",
      steps: [
        filledWith([...STALE, DATED]),
        {
          send: { headers: [["If-Modified-Since", DATED[1]]] },
          origin: confirmed(AN_HOUR, DATED),
          expect: { from: "validation", status: 304, body: "" },
        },
      ],
    },
    {
      id: "client-has-newer",
      kind: "should",
      clause: "9111 4.3.2",
      says: "a client that has what the origin has now gets 304, whatever is stored",
      steps: [
        stored,
        {
          send: { headers: [["If-None-Match", '"b"']] },
          origin: { headers: [AN_HOUR, ["ETag", '"b"']] },
          expect: { status: 304, body: "", asked: { times: 1 } },
        },
      ],
    },
  ];
}

export const validation: Group = { name: "validation", cases: [...asked, ...validated, ...others] };
