import { limits } from "../../../schema/limits.ts";
import { has } from "./directives.ts";
import type { Exchange } from "./exchange.ts";
import { directive, FRESH } from "./exchange.ts";
import type { Explanation } from "./explanations.ts";
import { verdictOn } from "./opinions.ts";

const MANY_NAMES = Array.from({ length: limits.varyHeaders + 1 }, (_, at) => `x-${at}`).join(", ");

/** Those the other has in its list. */
const UNDERSTOOD: ReadonlySet<number> = new Set([200, 203, 204, 300, 301, 302, 303, 307, 308, 404, 405, 410, 414, 501]);

/** What they make of what allows or forbids storing. */
export const AS_STORING: readonly Explanation[] = [
  {
    id: "head",
    questions: ["storing"],
    applies: ({ method }) => method === "HEAD",
    without: asGet,
    example: { method: "HEAD" },
    says: { larder: false, other: true },
    where: "the answer to HEAD",
    larder: "not stored",
    other: "may be stored",
    clause: "9110 9.3.2",
    right: "both",
  },
  {
    id: "post",
    questions: ["storing"],
    applies: ({ method }) => method === "POST",
    without: asGet,
    example: { method: "POST" },
    says: { larder: false, other: true },
    where: "the answer to POST with a lifetime",
    larder: "not stored",
    other: "may be stored, whatever its `Content-Location`",
    clause: "9110 9.3.3",
    right: "larder",
  },
  {
    id: "status",
    questions: ["storing"],
    applies: ({ status }) => status >= 200 && status !== 206 && status !== 304 && !UNDERSTOOD.has(status),
    without: (exchange) => ({ ...exchange, status: 200 }),
    example: { status: 403 },
    says: { larder: true, other: false },
    where: "201, 403, 500 or another status with a lifetime of its own",
    larder: "stored: any final status may be",
    other: "not stored: only 14 statuses are, as RFC 7234 had it",
    clause: "9111 2",
    right: "both",
  },
  {
    id: "must-understand",
    questions: ["storing", "lifetime", "remaining"],
    applies: ({ directives }) => has(directives, "must-understand") && has(directives, "no-store"),
    without: (exchange) => ({
      ...exchange,
      directives: exchange.directives.filter(({ name }) => name !== "must-understand" && name !== "no-store"),
    }),
    example: { directives: [FRESH, directive("no-store"), directive("must-understand")] },
    says: { larder: true, other: false },
    where: "`no-store, must-understand` on a status whose demands are known",
    larder: "stored",
    other: "not stored: it does not know the directive",
    clause: "9111 5.2.2.3",
    right: "both",
  },
  {
    id: "no-cache",
    questions: ["storing"],
    applies: ({ directives }) => has(directives, "no-cache"),
    without: (exchange) => ({ ...exchange, directives: exchange.directives.filter(({ name }) => name !== "no-cache") }),
    example: { directives: [FRESH, directive("no-cache")] },
    says: { larder: false, other: true },
    where: "`no-cache`",
    larder: "not stored, unless it is to be kept for the origin to confirm it",
    other: "may be stored, with a lifetime of 0",
    clause: "9111 5.2.2.4",
    right: "both",
  },
  {
    id: "set-cookie",
    questions: ["storing"],
    applies: ({ setCookie }) => setCookie !== undefined,
    without: (exchange) => ({ ...exchange, setCookie: undefined }),
    example: { setCookie: "a=1" },
    says: { larder: false, other: true },
    where: "`Set-Cookie`",
    larder: "not stored",
    other: "may be stored; without `public` or `immutable` with a lifetime of 0",
    clause: "9111 7.3",
    right: "both",
  },
  {
    id: "vary-on-anything",
    questions: ["storing"],
    applies: ({ vary = "" }) => vary.includes("*"),
    without: withoutVary,
    example: { vary: "origin, *" },
    says: { larder: false, other: true },
    where: "`Vary: *`, `Vary: origin, *`",
    larder: "not stored: no request would match it",
    other: "may be stored, and matches no request",
    clause: "9111 4.1",
    right: "both",
  },
  {
    id: "vary-on-no-name",
    questions: ["storing"],
    applies: ({ vary = "" }) => /[ "]/.test(vary.replaceAll(", ", "")),
    without: withoutVary,
    example: { vary: "not a name" },
    says: { larder: false, other: true },
    where: "`Vary: not a name`",
    larder: "not stored: what it varies on cannot be known",
    other: "may be stored, and matches every request that has no such field",
    clause: "9110 12.5.5",
    right: "unsettled",
  },
  {
    id: "vary-on-much",
    questions: ["storing"],
    applies: ({ vary = "" }) => vary.split(",").length > limits.varyHeaders,
    without: withoutVary,
    example: { vary: MANY_NAMES },
    says: { larder: false, other: true },
    where: `\`Vary\` with more than ${limits.varyHeaders} names`,
    larder: "not stored: a key holds no more",
    other: "may be stored",
    clause: "9111 2",
    right: "both",
  },
  {
    id: "empty-authorization",
    questions: ["storing"],
    applies: ({ authorization }) => authorization === "",
    without: (exchange) => ({ ...exchange, authorization: undefined }),
    example: { authorization: "" },
    says: { larder: false, other: true },
    where: "a request with an empty `Authorization`",
    larder: "one with credentials",
    other: "one without",
    clause: "9111 3.5",
    right: "larder",
  },
  {
    id: "nothing-to-serve",
    questions: ["storing"],
    applies: (exchange) => {
      const verdict = verdictOn(exchange);
      return !verdict.store && verdict.reason === "no-max-age";
    },
    without: ({ directives, ...exchange }) => ({
      ...exchange,
      directives: [FRESH, ...directives.filter(({ name }) => !name.endsWith("age"))],
      age: undefined,
      date: undefined,
    }),
    example: { directives: [] },
    says: { larder: false, other: true },
    where: "a response without a lifetime, or as old as it on arrival",
    larder: "not stored, unless it is to be kept for the origin to confirm it",
    other: "may be stored, with a lifetime of 0",
    clause: "9111 2",
    right: "both",
  },
];

function asGet(exchange: Exchange): Exchange {
  return { ...exchange, method: "GET" };
}

function withoutVary(exchange: Exchange): Exchange {
  return { ...exchange, vary: undefined };
}
