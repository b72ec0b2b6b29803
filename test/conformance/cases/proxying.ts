import type { Case, Group } from "../case.ts";
import { filledWith, forwarded, GZIP, reused } from "../case.ts";

const NO_INTERIM = "the Fetch API gives a Worker neither a way to see interim responses nor one to send them";
const ENCODED_ANEW = "workerd decodes what a Worker reads, and encodes what is served from the cache anew";

const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;

const redirects = [301, 302, 303, 307, 308].map(
  (status): Case => ({
    id: `redirect-${status}`,
    kind: "must",
    clause: "9110 15.4",
    says: `a ${status} is passed on and not followed`,
    steps: [
      {
        origin: { status, headers: [["Location", "{base}/elsewhere"]] },
        expect: { from: "origin", status, headers: { location: /\/elsewhere$/ } },
      },
    ],
  }),
);

const others: readonly Case[] = [
  {
    id: "location-kept",
    kind: "must",
    clause: "9110 10.2.2",
    says: "a relative Location stays as it is, from the cache too",
    steps: [
      {
        origin: { status: 301, headers: [AN_HOUR, ["Location", "../other?x#y"]] },
        expect: { from: "origin", headers: { location: "../other?x#y" } },
      },
      reused({}, { status: 301, headers: { location: "../other?x#y" } }),
    ],
  },
  {
    id: "interim-103",
    kind: "should",
    clause: "9110 15.2",
    says: "early hints are passed on",
    pending: NO_INTERIM,
    steps: [
      {
        origin: { headers: [AN_HOUR], interim: [{ status: 103, headers: [["Link", "</a>; rel=preload"]] }] },
        expect: { from: "origin", interim: [103] },
      },
    ],
  },
  {
    id: "interim-102",
    kind: "should",
    clause: "9110 15.2",
    says: "interim responses other than early hints are passed on",
    pending: NO_INTERIM,
    steps: [{ origin: { headers: [AN_HOUR], interim: [{ status: 102 }] }, expect: { from: "origin", interim: [102] } }],
  },
  {
    id: "interim-not-final",
    kind: "must",
    clause: "9111 3",
    says: "an interim response is not stored: the final one is",
    steps: [
      filledWith([AN_HOUR], { interim: [{ status: 103, headers: [["Link", "</a>; rel=preload"]] }] }),
      reused({}, { interim: [] }),
    ],
  },
  {
    id: "interim-fields",
    kind: "must",
    clause: "9110 15.2",
    says: "the fields of an interim response are not the final one's",
    steps: [
      filledWith([AN_HOUR], {
        interim: [
          {
            status: 103,
            headers: [
              ["Link", "</a>; rel=preload"],
              ["Cache-Control", "no-store"],
            ],
          },
        ],
      }),
      reused({}, { headers: { link: null, "cache-control": "max-age=3600" } }),
    ],
  },
  {
    id: "trailers",
    kind: "may",
    clause: "9110 6.5.1",
    says: "trailers are discarded",
    steps: [
      {
        origin: { headers: [AN_HOUR, ["Trailer", "X-Sum"]], trailers: [["X-Sum", "1"]] },
        expect: { from: "origin", headers: { "x-sum": null, trailer: null }, trailers: { "x-sum": null } },
      },
    ],
  },
  {
    id: "set-cookie-lines",
    kind: "must",
    clause: "6265 3",
    says: "several Set-Cookie lines stay several",
    steps: [
      {
        origin: {
          headers: [
            ["Set-Cookie", "a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT"],
            ["Set-Cookie", "b=2"],
          ],
        },
        expect: { from: "origin", headers: { "set-cookie": "a=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT, b=2" } },
      },
    ],
  },
  {
    id: "expect-continue",
    kind: "must",
    clause: "9110 10.1.1",
    says: "a request that expects 100-continue is answered",
    steps: [
      forwarded({ method: "POST", body: "abc", headers: [["Expect", "100-continue"]] }, { asked: { body: "abc" } }),
    ],
  },
  {
    id: "expect-unknown",
    kind: "may",
    clause: "9110 10.1.1",
    says: "a request that expects what nobody knows is answered with 417 here",
    steps: [{ send: { headers: [["Expect", "200-ok"]] }, expect: { from: "gateway", status: 417 } }],
  },
  {
    id: "interim-as-final",
    kind: "must",
    clause: "9110 15.2",
    says: "an interim status that nothing follows is no answer: what came of it is told as a bad gateway",
    steps: [
      {
        origin: { status: 101 },
        expect: { from: "origin", status: 502 },
      },
      forwarded(),
    ],
  },
  {
    id: "date-added",
    kind: "must",
    clause: "9110 6.6.1",
    says: "what comes without a Date goes on with that of its arrival",
    steps: [{ origin: { date: "none" }, expect: { from: "origin", headers: { date: / GMT$/ } } }],
  },
  {
    id: "location-of-origin",
    kind: "may",
    clause: "9110 10.2.2",
    says: "a Location that names the origin's own authority is passed on as it is",
    steps: [
      {
        origin: { status: 302, headers: [["Location", "{origin}{base}/x"]] },
        expect: { from: "origin", headers: { location: { asInAnswer: 1 } } },
      },
    ],
  },
  {
    id: "length-and-chunked",
    kind: "must",
    clause: "9112 6.3",
    says: "of a request with both lengths only its chunks count, and no Content-Length is forwarded",
    steps: [
      forwarded(
        { method: "POST", body: "abc", headers: [["Transfer-Encoding", "chunked"]] },
        { asked: { body: "abc", headers: { "content-length": null, "transfer-encoding": "chunked" } } },
      ),
    ],
  },
  {
    id: "get-with-content",
    kind: "may",
    clause: "9110 9.3.1",
    says: "the content of a GET, which has no meaning, goes no further, and what it brought is for all",
    steps: [
      {
        send: { body: "abc" },
        origin: { headers: [AN_HOUR] },
        expect: { from: "origin", asked: { body: "", headers: { "content-length": null, "transfer-encoding": null } } },
      },
      reused(),
    ],
  },
  {
    id: "chunked-from-origin",
    kind: "must",
    clause: "9112 6.1",
    says: "Transfer-Encoding of a response is not stored: a hit has a length",
    steps: [
      filledWith([AN_HOUR, ["Transfer-Encoding", "chunked"]], { body: "0123456789" }),
      reused({}, { body: "0123456789", headers: { "content-length": "10", "transfer-encoding": null } }),
    ],
  },
  {
    id: "content-length",
    kind: "should",
    clause: "9110 8.6",
    says: "Content-Length is told, on a miss and on a hit",
    steps: [
      {
        origin: { headers: [AN_HOUR], body: "0123456789" },
        expect: { from: "origin", headers: { "content-length": "10" } },
      },
      reused({}, { body: "0123456789", headers: { "content-length": "10", "transfer-encoding": null } }),
    ],
  },
  {
    id: "no-content",
    kind: "must",
    clause: "9110 8.6",
    says: "a 204 has neither content nor length",
    steps: [
      {
        origin: { status: 204, headers: [AN_HOUR] },
        expect: { from: "origin", body: "", headers: { "content-length": null, "transfer-encoding": null } },
      },
      reused({}, { status: 204, body: "", headers: { "content-length": null, "transfer-encoding": null } }),
    ],
  },
  {
    id: "binary",
    kind: "must",
    clause: "9110 7.7",
    says: "content is passed on byte for byte, from the cache too",
    steps: [
      {
        origin: {
          headers: [AN_HOUR],
          body: Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join(""),
        },
        expect: { from: "origin" },
      },
      reused({}, { body: Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("") }),
    ],
  },
  {
    id: "no-transform-gzip",
    kind: "must",
    clause: "9111 5.2.2.6",
    says: "encoded content that says no-transform is passed on byte for byte, from the cache too",
    pending: ENCODED_ANEW,
    steps: [
      {
        send: { headers: [["Accept-Encoding", "gzip"]] },
        origin: {
          headers: [["Cache-Control", "max-age=3600, no-transform"]],
          encoding: "gzip",
          body: "0123456789".repeat(100),
        },
        expect: { from: "origin", body: { encodedAsInAnswer: 1 } },
      },
      { send: { headers: [["Accept-Encoding", "gzip"]] }, expect: { from: "cache", body: { encodedAsInAnswer: 1 } } },
    ],
  },
  {
    id: "gzip-strong-etag",
    kind: "must",
    clause: "9110 8.8.1",
    says: "encoded content with a strong ETag is the same bytes from the cache",
    pending: ENCODED_ANEW,
    steps: [
      {
        send: { headers: [["Accept-Encoding", "gzip"]] },
        origin: { headers: [AN_HOUR, ["ETag", '"a"']], encoding: "gzip", body: "0123456789".repeat(100) },
        expect: { from: "origin", body: { encodedAsInAnswer: 1 }, headers: { etag: '"a"' } },
      },
      {
        send: { headers: [["Accept-Encoding", "gzip"]] },
        expect: { from: "cache", body: { encodedAsInAnswer: 1 }, headers: { etag: '"a"' } },
      },
    ],
  },
  {
    id: "gzip-not-for-identity",
    kind: "may",
    clause: "9110 12.5.3",
    says: "who does not accept gzip does not get it, though Vary was forgotten",
    steps: [
      {
        send: { headers: [["Accept-Encoding", "gzip"]] },
        origin: { headers: [AN_HOUR], encoding: "gzip", body: "plain" },
        expect: { from: "origin", body: GZIP, headers: { "content-encoding": "gzip" } },
      },
      {
        origin: { headers: [AN_HOUR], body: "plain" },
        expect: { status: 200, body: "plain", headers: { "content-encoding": null } },
      },
    ],
  },
  {
    id: "gzip-not-for-identity-weak",
    kind: "must",
    clause: "9110 8.8.1",
    says: "who gets encoded content decoded gets a weak validator, and the next who accepts gzip the strong one",
    steps: [
      {
        send: { headers: [["Accept-Encoding", "gzip"]] },
        origin: { headers: [AN_HOUR, ["ETag", '"a"']], encoding: "gzip", body: "plain" },
        expect: { from: "origin", body: GZIP, headers: { "content-encoding": "gzip", etag: '"a"' } },
      },
      {
        send: { headers: [["Accept-Encoding", "gzip;q=0, br"]] },
        expect: { from: "cache", body: "plain", headers: { "content-encoding": null, etag: 'W/"a"' } },
      },
      {
        send: { headers: [["If-None-Match", '"a"']] },
        expect: { from: "cache", status: 304, headers: { etag: 'W/"a"' } },
      },
      {
        send: { headers: [["Accept-Encoding", "x-gzip"]] },
        expect: { from: "cache", body: GZIP, headers: { "content-encoding": "gzip", etag: '"a"' } },
      },
    ],
  },
  {
    id: "gzip-not-for-identity-range",
    kind: "may",
    clause: "9110 14.2",
    says: "who gets encoded content decoded may have a part of it",
    steps: [
      {
        send: { headers: [["Accept-Encoding", "gzip"]] },
        origin: { headers: [AN_HOUR], encoding: "gzip", body: "0123456789" },
        expect: { from: "origin", body: GZIP },
      },
      {
        send: { headers: [["Range", "bytes=2-3"]] },
        expect: { from: "cache", status: 206, body: "23", headers: { "content-encoding": null } },
      },
    ],
  },
  {
    id: "gzip-no-transform-identity",
    kind: "must",
    clause: "9111 5.2.2.6",
    says: "what says no-transform stays encoded, though Vary was forgotten",
    steps: [
      {
        send: { headers: [["Accept-Encoding", "gzip"]] },
        origin: { headers: [["Cache-Control", "max-age=3600, no-transform"]], encoding: "gzip", body: "plain" },
        expect: { from: "origin", body: GZIP },
      },
      { expect: { from: "cache", body: GZIP, headers: { "content-encoding": "gzip" } } },
    ],
  },
];

export const proxying: Group = {
  name: "proxying",
  cases: [...redirects, ...others],
};
