import type { Case, Group, Lines } from "../case.ts";
import { at, filledWith, forwarded, reused, STALE } from "../case.ts";

const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;
const LOST_IN_SIMULATOR = "the local simulator's cache reads fields as UTF-8, and loses bytes that are none";

/** Responses whose Connection names a field that is for all recipients (RFC 9110 section 7.6.1 forbids it). */
const misnamed: readonly (readonly [id: string, lines: Lines, says: string])[] = [
  [
    "no-store",
    [
      ["Connection", "Cache-Control"],
      ["Cache-Control", "no-store"],
      ["Expires", at(3600)],
    ],
    "no-store forbids storing",
  ],
  [
    "private",
    [
      ["Connection", "cache-control"],
      ["Cache-Control", "private, max-age=3600"],
      ["Last-Modified", at(-1_000_000)],
    ],
    "private forbids storing",
  ],
  [
    "cdn-cache-control",
    [
      ["Connection", "CDN-Cache-Control"],
      ["CDN-Cache-Control", "no-store"],
      ["Cache-Control", "max-age=3600"],
    ],
    "no-store of CDN-Cache-Control forbids storing",
  ],
  [
    "vary",
    [
      ["Connection", "Vary"],
      ["Vary", "*"],
      ["CDN-Cache-Control", "max-age=3600"],
    ],
    "Vary forbids reuse",
  ],
  ["set-cookie", [["Connection", "Set-Cookie"], ["Set-Cookie", "a=b"], AN_HOUR], "Set-Cookie forbids storing"],
  ["age", [["Connection", "Age"], ["Age", "7200"], AN_HOUR], "Age counts"],
  [
    "expires",
    [
      ["Connection", "Expires"],
      ["Expires", "0"],
      ["Last-Modified", at(-1_000_000)],
    ],
    "Expires counts",
  ],
];

const named = misnamed.map(
  ([id, lines, says]): Case => ({
    id: `connection-names-${id}`,
    kind: "must",
    clause: "9110 7.6.1",
    says: `${says}, though Connection names it`,
    steps: [
      { origin: { headers: lines }, expect: { from: "origin", headers: { "cache-control": "no-store" } } },
      forwarded(),
    ],
  }),
);

const requests: readonly Case[] = [
  {
    id: "connection-named-variant",
    kind: "must",
    clause: "9111 4.1",
    says: "a field that Connection names chooses no variant, since the origin did not get it",
    steps: [
      {
        send: {
          headers: [
            ["Connection", "X-A"],
            ["X-A", "1"],
          ],
        },
        origin: { headers: [AN_HOUR, ["Vary", "X-A"]] },
        expect: { from: "origin", asked: { headers: { "x-a": null } } },
      },
      reused(),
      forwarded({ headers: [["X-A", "1"]] }),
    ],
  },
  {
    id: "connection-named-content",
    kind: "must",
    clause: "9110 7.6.1",
    says: "a request loses the field that Connection names, and not its content",
    steps: [
      forwarded(
        {
          method: "POST",
          body: "abc",
          headers: [
            ["Connection", "X-A"],
            ["X-A", "1"],
          ],
        },
        { asked: { body: "abc", headers: { "x-a": null } } },
      ),
    ],
  },
  {
    id: "connection-named-cache-control",
    kind: "must",
    clause: "9111 5.2.1.4",
    says: "no-cache of a request counts here though Connection names it, and goes no further",
    steps: [
      filledWith([AN_HOUR]),
      reused(),
      forwarded(
        {
          headers: [
            ["Connection", "Cache-Control"],
            ["Cache-Control", "no-cache"],
          ],
        },
        { asked: { headers: { "cache-control": null } } },
      ),
    ],
  },
  {
    id: "connection-named-304",
    kind: "must",
    clause: "9110 7.6.1",
    says: "no-store of a 304 forbids to keep what it confirms, though Connection names it",
    steps: [
      filledWith([...STALE, ["ETag", '"a"']]),
      {
        origin: [
          {
            status: 304,
            headers: [
              ["Connection", "Cache-Control"],
              ["Cache-Control", "no-store"],
              ["ETag", '"a"'],
            ],
          },
          {},
        ],
        expect: { status: 200 },
      },
      forwarded(),
    ],
  },
];

const hops: readonly Case[] = [
  {
    id: "max-forwards-0-options",
    kind: "must",
    clause: "9110 7.6.2",
    says: "OPTIONS with Max-Forwards: 0 is answered here",
    steps: [
      {
        send: { method: "OPTIONS", headers: [["Max-Forwards", "0"]] },
        expect: {
          from: "gateway",
          status: [200, 204],
          headers: { allow: /\bGET\b.*\bOPTIONS\b/, "content-length": null, "transfer-encoding": null },
        },
      },
    ],
  },
  {
    id: "max-forwards-0-trace",
    kind: "must",
    clause: "9110 7.6.2",
    says: "TRACE with Max-Forwards: 0 is not forwarded",
    steps: [
      {
        send: { method: "TRACE", headers: [["Max-Forwards", "0"]] },
        expect: { from: "gateway", status: [200, 405, 501] },
      },
    ],
  },
  {
    id: "trace-echo",
    kind: "should",
    clause: "9110 9.3.8",
    says: "TRACE that goes no further is answered with the request as it came",
    steps: [
      {
        send: {
          method: "TRACE",
          headers: [
            ["Max-Forwards", "0"],
            ["Via", "1.0 fred"],
          ],
        },
        expect: {
          from: "gateway",
          body: /^TRACE \/\S+\/page HTTP\/1\.1\r\n(?=[\s\S]*^max-forwards: 0\r$)(?=[\s\S]*^via: 1\.0 fred\r$)[\s\S]*\r\n\r\n$/m,
          headers: { "content-type": "message/http", "cache-control": "no-store" },
        },
      },
    ],
  },
  {
    id: "trace-sensitive",
    kind: "should",
    clause: "9110 9.3.8",
    says: "what is likely to be secret is not in the answer to TRACE",
    steps: [
      {
        send: {
          method: "TRACE",
          headers: [
            ["Max-Forwards", "0"],
            ["Cookie", "a=hidden"],
            ["Authorization", "Basic hidden"],
            ["Proxy-Authorization", "Basic hidden"],
            ["X-Api-Key", "hidden"],
            ["X-Access-Token", "hidden"],
          ],
        },
        expect: { from: "gateway", body: /^(?![\s\S]*hidden)/ },
      },
    ],
  },
  ...["OPTIONS", "TRACE"].map(
    (method): Case => ({
      id: `max-forwards-counted-${method.toLowerCase()}`,
      kind: "must",
      clause: "9110 7.6.2",
      says: `Max-Forwards of ${method} is counted down`,
      steps: [
        forwarded({ method, headers: [["Max-Forwards", "5"]] }, { asked: { headers: { "max-forwards": "4" } } }),
        forwarded({ method, headers: [["Max-Forwards", "1"]] }, { asked: { headers: { "max-forwards": "0" } } }),
      ],
    }),
  ),
  {
    id: "max-forwards-most",
    kind: "must",
    clause: "9110 7.6.2",
    says: "Max-Forwards beyond what can be counted is forwarded as the most that can",
    steps: [
      forwarded(
        { method: "OPTIONS", headers: [["Max-Forwards", "99999999999999999999"]] },
        { asked: { headers: { "max-forwards": "2147483647" } } },
      ),
    ],
  },
  ...["-1", "0x0", "1, 0", "soon"].map(
    (value): Case => ({
      id: `max-forwards-malformed-${value.replace(/\W+/g, "-")}`,
      kind: "may",
      clause: "9110 7.6.2",
      says: `Max-Forwards: ${value}, which is no number of hops, is forwarded as it came`,
      steps: [
        forwarded(
          { method: "OPTIONS", headers: [["Max-Forwards", value]] },
          { asked: { headers: { "max-forwards": value } } },
        ),
      ],
    }),
  ),
  {
    id: "max-forwards-get",
    kind: "may",
    clause: "9110 7.6.2",
    says: "Max-Forwards of GET is ignored",
    steps: [forwarded({ headers: [["Max-Forwards", "0"]] }, { asked: { headers: { "max-forwards": "0" } } })],
  },
];

const bytes: readonly Case[] = [
  {
    id: "response-latin-1",
    kind: "should",
    clause: "9110 5.5",
    says: "bytes of ISO 8859-1 in a response's field are passed on as they came",
    steps: [
      { origin: { headers: [AN_HOUR, ["X-A", "\u00fc"]] }, expect: { from: "origin", headers: { "x-a": "\u00fc" } } },
    ],
  },
  {
    id: "response-latin-1-not-stored",
    kind: "should",
    clause: "9110 5.5",
    says: "bytes of ISO 8859-1 in a field of what is not stored are passed on as they came",
    steps: [
      {
        origin: {
          headers: [
            ["Cache-Control", "no-store"],
            ["X-A", "a\u00ff\u0080"],
          ],
        },
        expect: { from: "origin", headers: { "x-a": "a\u00ff\u0080" } },
      },
    ],
  },
  {
    id: "vary-latin-1",
    kind: "must",
    clause: "9111 4.1",
    says: "values that differ only in bytes of ISO 8859-1 are told apart",
    steps: [
      filledWith([AN_HOUR, ["Vary", "X-A"]], {}, { headers: [["X-A", "\u00fc"]] }),
      forwarded({ headers: [["X-A", "\u00e4"]] }),
    ],
  },
  {
    id: "response-latin-1-hit",
    kind: "should",
    clause: "9110 5.5",
    says: "bytes of ISO 8859-1 in a response's field are kept as they came",
    pending: LOST_IN_SIMULATOR,
    steps: [filledWith([AN_HOUR, ["X-A", "\u00fc"]]), reused({}, { headers: { "x-a": "\u00fc" } })],
  },
];

/** What is said between two neighbours, and by each hop. */
export const neighbours: Group = { name: "neighbours", cases: [...named, ...requests, ...hops, ...bytes] };
