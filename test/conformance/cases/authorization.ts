import type { Case, Group, Lines } from "../case.ts";
import { at, filledWith, forwarded, reused } from "../case.ts";

const credentials: Lines = [["Authorization", "Basic QWxhZGRpbjpvcGVu"]];

/** What makes the answer to a request with credentials one for all, and what does not (RFC 9111 section 3.5). */
const responses: readonly (readonly [id: string, outcome: "shared" | "personal", lines: Lines])[] = [
  ["max-age", "personal", [["Cache-Control", "max-age=3600"]]],
  ["expires", "personal", [["Expires", at(3600)]]],
  ["heuristic", "personal", [["Last-Modified", at(-100_000)]]],
  ["proxy-revalidate", "personal", [["Cache-Control", "max-age=3600, proxy-revalidate"]]],
  ["immutable", "personal", [["Cache-Control", "max-age=3600, immutable"]]],
  ["no-transform", "personal", [["Cache-Control", "max-age=3600, no-transform"]]],
  ["quoted-public", "personal", [["Cache-Control", 'max-age=3600, ext="public"']]],
  ["public-private", "personal", [["Cache-Control", "max-age=3600, public, private"]]],
  ["public-no-store", "personal", [["Cache-Control", "max-age=3600, public, no-store"]]],
  ["must-revalidate-argument", "personal", [["Cache-Control", "max-age=3600, must-revalidate=1"]]],
  ["must-revalidate-empty", "personal", [["Cache-Control", "max-age=3600, must-revalidate="]]],
  ["public-argument", "personal", [["Cache-Control", "max-age=3600, public=1"]]],
  ["public", "shared", [["Cache-Control", "max-age=3600, public"]]],
  ["public-case", "shared", [["Cache-Control", "max-age=3600, PUBLIC"]]],
  ["must-revalidate", "shared", [["Cache-Control", "max-age=3600, must-revalidate"]]],
  ["s-maxage", "shared", [["Cache-Control", "s-maxage=3600"]]],
];

const tabled = responses.map(([id, outcome, lines]): Case => {
  const isShared = outcome === "shared";
  return {
    id: `authorization-${id}`,
    kind: isShared ? "may" : "must",
    clause: "9111 3.5",
    says: `the answer to a request with credentials is ${isShared ? "" : "not "}for others with ${id}`,
    steps: [filledWith(lines, {}, { headers: credentials }), isShared ? reused() : forwarded()],
  };
});

export const authorization: Group = {
  name: "authorization",
  cases: [
    ...tabled,
    {
      id: "authorization-passed-on",
      kind: "must",
      clause: "9110 11.6.2",
      says: "credentials for the origin are passed on unchanged",
      steps: [forwarded({ headers: credentials }, { asked: { headers: { authorization: "Basic QWxhZGRpbjpvcGVu" } } })],
    },
    {
      id: "authorization-other-user",
      kind: "must",
      clause: "9111 3.5",
      says: "the answer to one's credentials is not another's",
      steps: [
        filledWith("max-age=3600", {}, { headers: credentials }),
        forwarded({ headers: [["Authorization", "Basic other"]] }),
      ],
    },
    {
      id: "authorization-same-user",
      kind: "must",
      clause: "9111 3.5",
      says: "what was asked for with credentials is not reused for the same credentials either",
      steps: [filledWith("max-age=3600", {}, { headers: credentials }), forwarded({ headers: credentials })],
    },
    {
      id: "authorization-on-hit",
      kind: "may",
      clause: "9111 4",
      says: "what is for all is for a request with credentials, too",
      steps: [filledWith("max-age=3600"), reused(), reused({ headers: credentials })],
    },
    {
      id: "authorization-s-maxage-malformed",
      kind: "must",
      clause: "9111 3.5",
      says: "the answer to a request with credentials is not kept for others, even to be validated, by a malformed s-maxage",
      steps: [
        filledWith(
          [
            ["Cache-Control", "s-maxage=soon"],
            ["ETag", '"a"'],
          ],
          {},
          { headers: credentials },
        ),
        forwarded({}, { asked: { headers: { "if-none-match": null } } }),
      ],
    },
    {
      id: "must-revalidate-argument-stale",
      kind: "may",
      clause: "9111 5.2.2.2",
      says: "must-revalidate with an argument forbids serving stale all the same",
      steps: [
        filledWith([
          ["Cache-Control", "max-age=10, must-revalidate=1, stale-while-revalidate=3600"],
          ["Age", "20"],
        ]),
        forwarded(),
      ],
    },
    {
      id: "authorization-stale-must-revalidate",
      kind: "must",
      clause: "9111 5.2.2.2",
      says: "what was stored by leave of must-revalidate is not served stale",
      steps: [
        filledWith(
          [
            ["Cache-Control", "max-age=10, must-revalidate, stale-while-revalidate=3600"],
            ["Age", "20"],
          ],
          {},
          { headers: credentials },
        ),
        forwarded(),
      ],
    },
  ],
};
