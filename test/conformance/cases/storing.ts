import type { Case, Group, Row } from "../case.ts";
import { at, filledWith, forwarded, notReusedCases, reused, reusedCases, STALE } from "../case.ts";

const allowed: readonly Row[] = [
  ["unknown-directives", "must", "9111 5.2.3", "unknown directives are ignored", "foo, bar=baz, max-age=3600"],
  [
    "request-directive-in-response",
    "must",
    "9111 5.2.3",
    "a request's directive means nothing in a response",
    "only-if-cached, max-stale=0, max-age=3600",
  ],
  [
    "quoted-no-store",
    "may",
    "9111 5.2",
    "no-store inside another directive's argument is not one",
    'ext="no-store", max-age=3600',
  ],
  [
    "quoted-comma-private",
    "may",
    "9111 5.2",
    "a comma inside an argument does not begin a directive",
    'ext="a, private, b", max-age=3600',
  ],
  [
    "escaped-quote",
    "may",
    "9110 5.6.4",
    "an escaped quote does not end an argument",
    'ext="a\\", no-store, \\"b", max-age=3600',
  ],
  [
    "must-understand-known",
    "should",
    "9111 5.2.2.3",
    "must-understand goes before no-store where the status is understood",
    "must-understand, no-store, max-age=3600",
  ],
  [
    "response-pragma",
    "may",
    "9111 5.4",
    "Pragma means nothing in a response",
    [
      ["Cache-Control", "max-age=3600"],
      ["Pragma", "no-cache"],
    ],
  ],
  [
    "response-pragma-extension",
    "may",
    "9111 5.4",
    "an unknown Pragma means nothing in a response",
    [
      ["Cache-Control", "max-age=3600"],
      ["Pragma", "unknown"],
    ],
  ],
  ["immutable-fresh", "may", "8246 2", "a fresh immutable response is reused", "max-age=3600, immutable"],
  ["immutable-argument", "should", "8246 2", "an argument of immutable is ignored", "max-age=3600, immutable=1"],
  [
    "attachment",
    "may",
    "9111 3",
    "a download is reused",
    [
      ["Cache-Control", "max-age=3600"],
      ["Content-Disposition", "attachment; filename=a.txt"],
    ],
  ],
  [
    "must-revalidate-fresh",
    "may",
    "9111 5.2.2.2",
    "must-revalidate says nothing of what is fresh",
    "max-age=3600, must-revalidate",
  ],
  [
    "proxy-revalidate-fresh",
    "may",
    "9111 5.2.2.8",
    "proxy-revalidate says nothing of what is fresh",
    "max-age=3600, proxy-revalidate",
  ],
  [
    "empty-body",
    "may",
    "9111 3",
    "a response without content is reused",
    "max-age=3600",
    { answer: { body: "" }, expect: { body: "" } },
  ],
];

const forbidden: readonly Row[] = [
  ["no-store", "must", "9111 5.2.2.5", "no-store is not stored", "no-store"],
  ["no-store-case", "must", "9111 5.2", "directives are compared without case", "No-StOrE, max-age=3600"],
  [
    "no-store-max-age",
    "must",
    "9111 5.2.2.5",
    "no-store goes before max-age and Expires",
    [
      ["Cache-Control", "max-age=3600, no-store"],
      ["Expires", at(3600)],
    ],
  ],
  [
    "no-store-second-line",
    "must",
    "9110 5.3",
    "all lines of Cache-Control count",
    [
      ["Cache-Control", "max-age=3600"],
      ["Cache-Control", "no-store"],
    ],
  ],
  ["no-store-no-space", "must", "9110 5.6.1", "the space after a comma is optional", "max-age=3600,no-store,public"],
  ["no-store-tab", "must", "9110 5.6.3", "white space may be tabs", "max-age=3600,\t\tno-store"],
  [
    "no-store-empty-members",
    "must",
    "9110 5.6.1.2",
    "empty members of a list are ignored",
    ", ,max-age=3600,, no-store,",
  ],
  [
    "no-store-argument",
    "should",
    "9111 5.2.2.5",
    "no-store with an argument is taken to be meant",
    "max-age=3600, no-store=yes",
  ],
  [
    "no-store-open-quote",
    "may",
    "9111 5.2",
    "a quote that is never closed hides no no-store",
    'max-age=3600, ext="a, no-store',
  ],
  ["private", "must", "9111 5.2.2.7", "private is not stored", "private, max-age=3600"],
  ["private-case", "must", "9111 5.2", "private is compared without case", "PRIVATE, max-age=3600"],
  ["private-s-maxage", "must", "9111 5.2.2.7", "s-maxage does not make private shared", "private, s-maxage=3600"],
  [
    "private-public",
    "should",
    "9111 4.2.1",
    "of private and public the stricter counts",
    "public, private, max-age=3600",
  ],
  [
    "no-cache",
    "must",
    "9111 5.2.2.4",
    "no-cache is not reused without validation",
    [
      ["Cache-Control", "max-age=3600, no-cache"],
      ["Expires", at(3600)],
    ],
  ],
  ["no-cache-case", "must", "9111 5.2", "no-cache is compared without case", "max-age=3600, No-CaChE"],
  ["no-cache-public", "must", "9111 5.2.2.4", "public does not undo no-cache", "public, no-cache, s-maxage=3600"],
  [
    "must-understand-unknown",
    "must",
    "9111 5.2.2.3",
    "must-understand forbids a status that is not understood",
    "must-understand, max-age=3600",
    { answer: { status: 299 } },
  ],
  [
    "must-understand-unknown-no-store",
    "must",
    "9111 5.2.2.3",
    "must-understand does not undo no-store where the status is not understood",
    "must-understand, no-store, max-age=3600",
    { answer: { status: 599 } },
  ],
  ["nothing-said", "may", "9111 3", "what says nothing of itself is not kept", []],
  ["public-alone", "may", "9111 5.2.2.9", "public alone is no lifetime", "public"],
  ["immutable-alone", "must", "8246 2", "immutable is no lifetime", "immutable"],
  [
    "immutable-stale",
    "must",
    "8246 2",
    "immutable does not prolong a lifetime",
    [
      ["Cache-Control", "max-age=10, immutable"],
      ["Age", "20"],
    ],
  ],
  [
    "set-cookie",
    "may",
    "9111 7.3",
    "what sets a cookie is not kept: it was set for one",
    [
      ["Cache-Control", "max-age=3600"],
      ["Set-Cookie", "a=b"],
    ],
  ],
];

const others: readonly Case[] = [
  {
    id: "private-field",
    kind: "must",
    clause: "9111 5.2.2.7",
    says: "a field that private names is not served to another",
    steps: [
      filledWith([
        ["Cache-Control", 'max-age=3600, private="X-Name"'],
        ["X-Name", "Ann"],
      ]),
      { expect: { headers: { "x-name": null } } },
    ],
  },
  {
    id: "no-cache-field",
    kind: "must",
    clause: "9111 5.2.2.4",
    says: "a field that no-cache names is not reused without validation",
    steps: [
      filledWith([
        ["Cache-Control", 'max-age=3600, no-cache="X-Nonce, X-Other"'],
        ["X-Nonce", "1"],
        ["X-Other", "1"],
      ]),
      { expect: { headers: { "x-nonce": null, "x-other": null } } },
    ],
  },
  {
    id: "no-cache-token-field",
    kind: "must",
    clause: "9111 5.2.2.4",
    says: "a field that no-cache names without quotes is not reused without validation",
    steps: [
      filledWith([
        ["Cache-Control", "max-age=3600, no-cache=X-Nonce"],
        ["X-Nonce", "1"],
      ]),
      { expect: { headers: { "x-nonce": null } } },
    ],
  },
  {
    id: "request-no-store",
    kind: "must",
    clause: "9111 5.2.1.5",
    says: "the answer to a request with no-store is not stored",
    steps: [filledWith("max-age=3600", {}, { headers: [["Cache-Control", "no-store"]] }), forwarded()],
  },
  {
    id: "request-no-store-case",
    kind: "must",
    clause: "9111 5.2",
    says: "no-store of a request counts in any case, and among others",
    steps: [filledWith("max-age=3600", {}, { headers: [["cache-control", "foo, No-Store"]] }), forwarded()],
  },
  {
    id: "request-no-store-stale",
    kind: "must",
    clause: "9111 5.2.1.5",
    says: "the answer to a request with no-store does not take the place of what is stale",
    steps: [
      filledWith(STALE),
      filledWith("max-age=3600", {}, { headers: [["Cache-Control", "no-store"]] }),
      forwarded({}, {}, { headers: STALE }),
    ],
  },
  {
    id: "request-cookie",
    kind: "may",
    clause: "9111 4",
    says: "a request with a cookie is answered from the cache",
    steps: [filledWith("max-age=3600"), reused({ headers: [["Cookie", "a=b"]] })],
  },
  {
    id: "cut-length",
    kind: "must",
    clause: "9111 3.3",
    says: "a body shorter than its Content-Length is not kept as a whole",
    steps: [
      {
        origin: { headers: [["Cache-Control", "max-age=3600"]], fault: "cut" },
        expect: { from: "origin", end: "cut" },
      },
      forwarded(),
    ],
  },
  {
    id: "cut-chunked",
    kind: "must",
    clause: "9111 3.3",
    says: "a body whose chunks do not end is not kept as a whole",
    steps: [
      {
        origin: { headers: [["Cache-Control", "max-age=3600"]], fault: "cut-chunked" },
        expect: { from: "origin", end: "cut" },
      },
      forwarded(),
    ],
  },
  {
    id: "unknown-fields-kept",
    kind: "must",
    clause: "9111 3.1",
    says: "all header fields are stored, unknown ones too",
    steps: [
      filledWith([
        ["Cache-Control", "max-age=3600"],
        ["Content-Type", "text/x-odd; charset=utf-8"],
        ["X-Unheard-Of", 'a;b="c, d"'],
        ["Content-Foo", "1"],
        ["Strict-Transport-Security", "max-age=1"],
        ["X-Frame-Options", "DENY"],
        ["WWW-Authenticate", 'Basic realm="a"'],
        ["Clear-Site-Data", '"cache"'],
        ["Content-Security-Policy", "default-src 'self'"],
        ["Link", "</a>; rel=preload"],
        ["Link", "</b>; rel=preload"],
        ["Content-Language", "en"],
      ]),
      reused(
        {},
        {
          headers: {
            "content-type": "text/x-odd; charset=utf-8",
            "x-unheard-of": 'a;b="c, d"',
            "content-foo": "1",
            "strict-transport-security": "max-age=1",
            "x-frame-options": "DENY",
            "www-authenticate": 'Basic realm="a"',
            "clear-site-data": '"cache"',
            "content-security-policy": "default-src 'self'",
            link: "</a>; rel=preload, </b>; rel=preload",
            "content-language": "en",
          },
        },
      ),
    ],
  },
  {
    id: "trailers-apart",
    kind: "must",
    clause: "9111 3.1",
    says: "trailer fields do not become header fields",
    steps: [
      filledWith(
        [
          ["Cache-Control", "max-age=3600"],
          ["Trailer", "X-Sum"],
        ],
        { trailers: [["X-Sum", "1"]] },
      ),
      reused({}, { headers: { "x-sum": null } }),
    ],
  },
];

export const storing: Group = {
  name: "storing",
  cases: [...reusedCases(allowed), ...notReusedCases(forbidden), ...others],
};
