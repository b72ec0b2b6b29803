import type { Case, Group, Row } from "../case.ts";
import { at, filledWith, forwarded, notReusedCases, reusedCases } from "../case.ts";

/** Statuses with explicit freshness. Unknown ones are treated as the first of their class (RFC 9110 section 15). */
const statuses = [
  200, 203, 204, 205, 299, 300, 301, 302, 303, 307, 308, 400, 403, 404, 405, 410, 414, 418, 451, 499, 500, 501, 502,
  503, 504, 599,
];

const withoutContent = new Set([204, 205]);

function ofStatus(status: number) {
  const body = withoutContent.has(status) ? "" : "#1";
  return { answer: { status, body }, expect: { status, body } };
}

const fresh = statuses.map(
  (status): Row => [
    `fresh-${status}`,
    "may",
    "9111 3",
    `a ${status} with explicit freshness is reused`,
    "max-age=3600",
    ofStatus(status),
  ],
);

const stale = statuses.map(
  (status): Row => [
    `stale-${status}`,
    "must",
    "9111 4",
    `a ${status} that has expired is not reused`,
    [
      ["Expires", at(-5000)],
      ["Last-Modified", at(-100_000)],
    ],
    ofStatus(status),
  ],
);

/** RFC 6585 sections 3 to 6. */
const neverStored = [428, 429, 431, 511].map(
  (status): Row => [
    `never-${status}`,
    "must",
    `6585 ${[428, 429, 431, 511].indexOf(status) + 3}`,
    `a ${status} is not stored, whatever it says`,
    "max-age=3600, public",
    { answer: { status } },
  ],
);

/** Answers to what one client has asked besides the URL. */
const ofOneRequest: readonly Case[] = [
  {
    id: "never-412",
    kind: "should",
    clause: "9110 15.5.13",
    says: "a 412 is not served to who has asked for no condition",
    steps: [filledWith("max-age=3600", { status: 412 }, { headers: [["If-Match", '"x"']] }), forwarded()],
  },
  {
    id: "never-416",
    kind: "should",
    clause: "9110 15.5.17",
    says: "a 416 is not served to who has asked for no range",
    steps: [
      filledWith(
        [
          ["Cache-Control", "max-age=3600"],
          ["Content-Range", "bytes */10"],
        ],
        { status: 416 },
        { headers: [["Range", "bytes=50-"]] },
      ),
      forwarded(),
    ],
  },
  {
    id: "never-304",
    kind: "must",
    clause: "9111 4.3.3",
    says: "a 304 without a condition of ours is not stored",
    steps: [
      {
        origin: { status: 304, unasked: true, headers: [["Cache-Control", "max-age=3600"]] },
        expect: { status: [304, 502] },
      },
      forwarded(),
    ],
  },
];

export const statusCases: Group = {
  name: "statuses",
  cases: [...reusedCases(fresh), ...notReusedCases(stale), ...notReusedCases(neverStored), ...ofOneRequest],
};
