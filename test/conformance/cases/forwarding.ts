import type { Case, Group, Lines, Sent } from "../case.ts";
import { forwarded, reused } from "../case.ts";

const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;

/** Fields of a request, and what of them reaches the origin. */
interface Row extends Omit<Case, "steps"> {
  readonly sent: Lines;
  readonly got: Readonly<Record<string, string | RegExp | null>>;
}

const requests: readonly Row[] = [
  {
    id: "connection-named",
    kind: "must",
    clause: "9110 7.6.1",
    says: "fields that Connection names are not forwarded",
    sent: [
      ["Connection", "x-a, X-B"],
      ["X-A", "1"],
      ["X-B", "1"],
      ["X-C", "1"],
    ],
    got: { "x-a": null, "x-b": null, "x-c": "1", connection: null },
  },
  {
    id: "connection-lines",
    kind: "must",
    clause: "9110 7.6.1",
    says: "fields that several Connection lines name are not forwarded",
    sent: [
      ["Connection", "x-a"],
      ["Connection", "x-b"],
      ["X-A", "1"],
      ["X-B", "1"],
    ],
    got: { "x-a": null, "x-b": null },
  },
  {
    id: "keep-alive",
    kind: "must",
    clause: "9110 7.6.1",
    says: "Keep-Alive is not forwarded",
    sent: [["Keep-Alive", "timeout=5"]],
    got: { "keep-alive": null },
  },
  {
    id: "proxy-connection",
    kind: "must",
    clause: "9110 7.6.1",
    says: "Proxy-Connection is not forwarded",
    sent: [["Proxy-Connection", "keep-alive"]],
    got: { "proxy-connection": null },
  },
  {
    id: "te",
    kind: "must",
    clause: "9110 10.1.4",
    says: "TE is not forwarded",
    sent: [
      ["Connection", "TE"],
      ["TE", "trailers"],
    ],
    got: { te: null },
  },
  {
    id: "te-unnamed",
    kind: "must",
    clause: "9110 7.6.1",
    says: "TE that Connection does not name is not forwarded either",
    sent: [["TE", "trailers"]],
    got: { te: null },
  },
  {
    id: "upgrade",
    kind: "must",
    clause: "9110 7.8",
    says: "a protocol that nobody here speaks is not offered to the origin",
    sent: [
      ["Connection", "Upgrade, HTTP2-Settings"],
      ["Upgrade", "h2c"],
      ["HTTP2-Settings", "AAMAAABkAAQAAP__"],
    ],
    got: { upgrade: null, "http2-settings": null },
  },
  {
    id: "proxy-authorization",
    kind: "should",
    clause: "9110 11.7.2",
    says: "Proxy-Authorization is not forwarded",
    sent: [["Proxy-Authorization", "Basic x"]],
    got: { "proxy-authorization": null },
  },
  {
    id: "via",
    kind: "must",
    clause: "9110 7.6.3",
    says: "Via names this gateway to the origin",
    sent: [],
    got: { via: /^1\.1 \S+$/ },
  },
  {
    id: "via-appended",
    kind: "must",
    clause: "9110 7.6.3",
    says: "Via names this gateway after those before it",
    sent: [["Via", "1.0 fred"]],
    got: { via: /^1\.0 fred, 1\.1 \S+$/ },
  },
  {
    id: "unknown",
    kind: "must",
    clause: "9110 5.1",
    says: "unknown fields of a request are forwarded",
    sent: [["X-Unheard-Of", 'a;b="c, d"']],
    got: { "x-unheard-of": 'a;b="c, d"' },
  },
  {
    id: "lines",
    kind: "must",
    clause: "9110 5.2",
    says: "several lines of a request's field keep their order",
    sent: [
      ["X-A", "1"],
      ["X-A", "2"],
      ["X-A", "3"],
    ],
    got: { "x-a": "1, 2, 3" },
  },
  {
    id: "cookies",
    kind: "must",
    clause: "9110 5.1",
    says: "cookies are forwarded",
    sent: [["Cookie", "a=1; b=2"]],
    got: { cookie: "a=1; b=2" },
  },
  {
    id: "empty-field",
    kind: "must",
    clause: "9110 5.5",
    says: "empty fields of a request are forwarded",
    sent: [["X-Empty", ""]],
    got: { "x-empty": "" },
  },
  {
    id: "utf-8",
    kind: "should",
    clause: "9110 5.5",
    says: "bytes of UTF-8 in a request's field are forwarded as they came",
    sent: [["X-A", "\u00c3\u00bc"]],
    got: { "x-a": "\u00c3\u00bc" },
  },
  {
    id: "latin-1",
    kind: "should",
    clause: "9110 5.5",
    says: "bytes of ISO 8859-1 in a request's field are forwarded as they came",
    sent: [["X-A", "\u00fc"]],
    got: { "x-a": "\u00fc" },
  },
  {
    id: "accept",
    kind: "must",
    clause: "9110 12.1",
    says: "the client's preferences are forwarded",
    sent: [
      ["Accept", "text/html;q=0.8, */*;q=0.1"],
      ["Accept-Language", "de, en;q=0.5"],
    ],
    got: { accept: "text/html;q=0.8, */*;q=0.1", "accept-language": "de, en;q=0.5" },
  },
  {
    id: "condition",
    kind: "may",
    clause: "9111 4.3.1",
    says: "a condition on what is not stored is not forwarded: it would bring nothing to store",
    sent: [["If-Modified-Since", "Wed, 21 Oct 2015 07:28:00 GMT"]],
    got: { "if-modified-since": null },
  },
  {
    id: "forwarding-fields",
    kind: "should",
    clause: "7239 8.1",
    says: "what a client claims in a forwarding field does not reach the origin",
    sent: [
      ["X-Forwarded-Host", "evil.example"],
      ["X-Forwarded-Proto", "gopher"],
    ],
    got: { "x-forwarded-host": /^(?!evil)/, "x-forwarded-proto": "http" },
  },
];

/** Fields of a response, and what of them reaches the client, on a miss and on a hit. */
const responses: readonly Row[] = [
  {
    id: "connection-named",
    kind: "must",
    clause: "9110 7.6.1",
    says: "fields that Connection names are neither passed on nor stored",
    sent: [
      ["Connection", "a, B"],
      ["A", "1"],
      ["B", "2"],
      ["C", "3"],
    ],
    got: { a: null, b: null, c: "3" },
  },
  {
    id: "connection-lines",
    kind: "must",
    clause: "9110 7.6.1",
    says: "fields that several Connection lines name are neither passed on nor stored",
    sent: [
      ["Connection", "a"],
      ["Connection", "b"],
      ["A", "1"],
      ["B", "2"],
    ],
    got: { a: null, b: null },
  },
  {
    id: "keep-alive",
    kind: "must",
    clause: "9110 7.6.1",
    says: "Keep-Alive is not passed on",
    sent: [["Keep-Alive", "timeout=77"]],
    got: { "keep-alive": null },
  },
  {
    id: "proxy-authenticate",
    kind: "must",
    clause: "9111 3.1",
    says: "Proxy-Authenticate is not stored",
    sent: [["Proxy-Authenticate", "Basic"]],
    got: { "proxy-authenticate": null },
  },
  {
    id: "proxy-authentication-info",
    kind: "must",
    clause: "9111 3.1",
    says: "Proxy-Authentication-Info is not stored",
    sent: [["Proxy-Authentication-Info", "a=b"]],
    got: { "proxy-authentication-info": null },
  },
  {
    id: "proxy-authorization",
    kind: "must",
    clause: "9111 3.1",
    says: "Proxy-Authorization is not stored",
    sent: [["Proxy-Authorization", "a=b"]],
    got: { "proxy-authorization": null },
  },
  {
    id: "proxy-connection",
    kind: "must",
    clause: "9110 7.6.1",
    says: "Proxy-Connection is not passed on",
    sent: [["Proxy-Connection", "close"]],
    got: { "proxy-connection": null },
  },
  {
    id: "te",
    kind: "must",
    clause: "9110 7.6.1",
    says: "TE is not passed on",
    sent: [["TE", "trailers"]],
    got: { te: null },
  },
  {
    id: "upgrade",
    kind: "must",
    clause: "9110 7.6.1",
    says: "Upgrade is not passed on",
    sent: [["Upgrade", "h2c"]],
    got: { upgrade: null },
  },
  {
    id: "via",
    kind: "may",
    clause: "9110 7.6.3",
    says: "Via of a response names this gateway once, after those nearer the origin",
    sent: [["Via", "1.0 inner"]],
    got: { via: /^1\.0 inner, 1\.1 [^,]+$/ },
  },
  {
    id: "lines",
    kind: "must",
    clause: "9110 5.2",
    says: "several lines of a response's field keep their order",
    sent: [
      ["X-A", "1"],
      ["X-A", "2"],
      ["X-A", "3"],
    ],
    got: { "x-a": "1, 2, 3" },
  },
  {
    id: "empty-field",
    kind: "must",
    clause: "9111 3.1",
    says: "empty fields of a response are kept",
    sent: [["X-Empty", ""]],
    got: { "x-empty": "" },
  },
  {
    id: "utf-8",
    kind: "should",
    clause: "9110 5.5",
    says: "bytes of UTF-8 in a response's field are kept as they came",
    sent: [["X-A", "\u00c3\u00bc"]],
    got: { "x-a": "\u00c3\u00bc" },
  },
  {
    id: "server",
    kind: "should",
    clause: "9110 10.2.4",
    says: "Server is that of the origin",
    sent: [["Server", "odd/1.0"]],
    got: { server: "odd/1.0" },
  },
  {
    id: "allow",
    kind: "must",
    clause: "9110 10.2.1",
    says: "Allow is not changed",
    sent: [["Allow", "GET, HEAD"]],
    got: { allow: "GET, HEAD" },
  },
  {
    id: "content-type",
    kind: "must",
    clause: "9110 7.7",
    says: "Content-Type is not changed",
    sent: [["Content-Type", "TEXT/HTML; Charset=utf-8"]],
    got: { "content-type": "TEXT/HTML; Charset=utf-8" },
  },
  {
    id: "no-content-type",
    kind: "must",
    clause: "9110 7.7",
    says: "Content-Type is not made up",
    sent: [],
    got: { "content-type": null },
  },
];

const BY_FETCH = "fetch of workerd parses every URL by the WHATWG rules, which change this";

/** Paths and queries, and why some are changed. */
const targets: readonly (readonly [id: string, sent: Sent, pending?: string])[] = [
  ["unreserved-encoded", { path: "%7e" }],
  ["hex-case", { path: "a%2fb%2F" }],
  ["double-slash", { path: "a//b" }],
  ["slash-at-end", { path: "a/" }],
  ["dot-inside", { path: "a.b/.c" }],
  ["dot-segment", { path: "a/./b" }, BY_FETCH],
  ["two-dots", { path: "a/../b" }, BY_FETCH],
  ["encoded-dots", { path: "a/%2e%2e/b" }, BY_FETCH],
  ["malformed-encoding", { path: "a%zz" }],
  ["sub-delimiters", { path: "a;b=c,d!$&'()*+:@" }],
  ["backslash", { path: "a\\b" }, BY_FETCH],
  ["pipe", { path: "a|b" }],
  ["quote", { path: 'a"b' }, BY_FETCH],
  ["query", { query: "?b=2&a=1&b=3" }],
  ["query-encoding", { query: "?q=%20+%c3%BC&x=a/b?c" }],
  ["query-empty-parts", { query: "?&&a&=b&" }],
  ["query-quote", { query: "?q='a'" }, BY_FETCH],
  ["empty-query", { query: "?" }],
];

const told = ({ sent: _, got: __, ...about }: Row) => about;

export const forwarding: Group = {
  name: "forwarding",
  cases: [
    ...requests.map(
      (row): Case => ({
        ...told(row),
        id: `request-${row.id}`,
        steps: [forwarded({ headers: row.sent }, { asked: { headers: row.got } })],
      }),
    ),
    ...responses.map(
      (row): Case => ({
        ...told(row),
        id: `response-${row.id}`,
        steps: [
          { origin: { headers: [AN_HOUR, ...row.sent] }, expect: { from: "origin", headers: row.got } },
          reused({}, { headers: row.got }),
        ],
      }),
    ),
    ...targets.map(([id, sent, pending]): Case => {
      const target = `${sent.path ?? "page"}${sent.query ?? ""}`;
      return {
        id: `target-${id}`,
        kind: "should",
        clause: "9110 7.7",
        says: `path and query are forwarded as they came: ${target}`,
        ...(pending === undefined ? {} : { pending }),
        steps: [forwarded(sent, { asked: { target } })],
      };
    }),
  ],
};
