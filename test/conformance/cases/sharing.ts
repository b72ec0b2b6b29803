import type { Case, Group } from "../case.ts";
import { filledWith } from "../case.ts";

const AN_HOUR = ["Cache-Control", "max-age=3600"] as const;
const four = [{}, {}, {}, {}];

/** Many who ask the same at once (RFC 9111 section 4). */
const cases: readonly Case[] = [
  {
    id: "collapsed",
    kind: "may",
    clause: "9111 4",
    says: "many who ask the same at once cause one request",
    steps: [
      {
        together: four,
        origin: { headers: [AN_HOUR], delayMs: 400 },
        expect: { status: 200, body: "#1", asked: { times: 1 } },
      },
    ],
  },
  {
    id: "collapsed-conditions",
    kind: "must",
    clause: "9111 4.3.2",
    says: "many who ask the same at once are each answered by their own condition",
    steps: [
      {
        together: [{}, { headers: [["If-None-Match", '"a"']] }],
        origin: { headers: [AN_HOUR, ["ETag", '"a"']], delayMs: 400 },
        expect: { status: [200, 304], bodies: 2, asked: { times: 1 } },
      },
    ],
  },
  {
    id: "shared-no-store",
    kind: "must",
    clause: "9111 4",
    says: "what may not be stored goes to one of those who ask at once",
    steps: [
      {
        together: four,
        origin: { headers: [["Cache-Control", "no-store"]], delayMs: 200 },
        expect: { status: 200, bodies: 4, asked: { times: 4 } },
      },
    ],
  },
  {
    id: "shared-private",
    kind: "must",
    clause: "9111 5.2.2.7",
    says: "what is private goes to one of those who ask at once",
    steps: [
      {
        together: four,
        origin: { headers: [["Cache-Control", "private, max-age=3600"]], delayMs: 200 },
        expect: { status: 200, bodies: 4, asked: { times: 4 } },
      },
    ],
  },
  {
    id: "shared-no-cache",
    kind: "must",
    clause: "9111 5.2.2.4",
    says: "what says no-cache goes to one of those who ask at once",
    steps: [
      {
        together: four,
        origin: { headers: [["Cache-Control", "no-cache"]], delayMs: 200 },
        expect: { status: 200, bodies: 4, asked: { times: 4 } },
      },
    ],
  },
  {
    id: "shared-set-cookie",
    kind: "may",
    clause: "9111 7.3",
    says: "what sets a cookie goes to one of those who ask at once",
    steps: [
      {
        together: four,
        origin: { headers: [AN_HOUR, ["Set-Cookie", "a=b"]], delayMs: 200 },
        expect: { status: 200, bodies: 4, asked: { times: 4 } },
      },
    ],
  },
  {
    id: "shared-max-age-0",
    kind: "must",
    clause: "9111 4.2",
    says: "what is stale at once goes to one of those who ask at once",
    steps: [
      { origin: { headers: [["Cache-Control", "max-age=0"]] }, expect: { from: "origin" } },
      {
        together: four,
        origin: { headers: [["Cache-Control", "max-age=0"]], delayMs: 200 },
        expect: { status: 200, bodies: 4, asked: { times: 4 } },
      },
    ],
  },
  {
    id: "shared-vary",
    kind: "must",
    clause: "9111 4.1",
    says: "those who ask at once get the variant they ask for",
    steps: [
      {
        together: [{ headers: [["X-A", "1"]] }, { headers: [["X-A", "2"]] }],
        origin: { headers: [AN_HOUR, ["Vary", "X-A"]], delayMs: 200 },
        expect: { status: 200, bodies: 2, asked: { times: 2 } },
      },
    ],
  },
  {
    id: "shared-credentials",
    kind: "must",
    clause: "9111 3.5",
    says: "those who ask at once with other credentials get their own answers",
    steps: [
      {
        together: [{ headers: [["Authorization", "Basic a"]] }, { headers: [["Authorization", "Basic b"]] }, {}],
        origin: { headers: [AN_HOUR], delayMs: 200 },
        expect: { status: 200, bodies: 3, asked: { times: 3 } },
      },
    ],
  },
  {
    id: "shared-error",
    kind: "may",
    clause: "9111 4",
    says: "an error is for one of those who ask at once, and another asks next",
    steps: [
      {
        together: [{}, {}],
        order: "as-asked",
        origin: [{ status: 503, delayMs: 300 }, { headers: [AN_HOUR] }],
        expect: { status: [200, 503], bodies: 2, asked: { times: 2 } },
      },
    ],
  },
  {
    id: "shared-vary-star",
    kind: "must",
    clause: "9111 4.1",
    says: "what varies on everything goes to one of those who ask at once",
    steps: [
      {
        together: four,
        origin: { headers: [AN_HOUR, ["Vary", "*"]], delayMs: 200 },
        expect: { status: 200, bodies: 4, asked: { times: 4 } },
      },
    ],
  },
  {
    id: "one-clients-cookie",
    kind: "must",
    clause: "9111 7.3",
    says: "a cookie set for one is not served to another",
    steps: [filledWith([AN_HOUR, ["Set-Cookie", "session=1"]]), { expect: { headers: { "set-cookie": null } } }],
  },
];

export const sharing: Group = { name: "sharing", cases };
