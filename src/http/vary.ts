import { splitList, TOKEN, trimOws } from "./list.ts";

/**
 * The header names of all `Vary` lines (RFC 9110 section 12.5.5): lower-case, sorted, without repeats. `*` when one of
 * them is `*`, or is no field name: what the response varies on then cannot be known, and no request matches it.
 */
export function varyNames(headers: Headers): readonly string[] | "*" {
  const members = splitList(headers.get("vary") ?? "");
  if (members.some((member) => member === "*" || !TOKEN.test(member))) return "*";
  return [...new Set(members.map((member) => member.toLowerCase()))].sort();
}

/** The content codings Larder tells variants apart by, in the order of their names. */
const CODINGS = ["br", "gzip"] as const;

/**
 * Which of br and gzip the client accepts, in one spelling: `br, gzip`, `br`, `gzip` or nothing. There are thousands of
 * spellings of `Accept-Encoding` and origins that answer in four ways, so this is what variants are keyed by.
 *
 * RFC 9110 section 12.5.3: a weight of 0 refuses; `*` speaks for every coding not named; `x-gzip` is `gzip` (section
 * 8.4.1.3). A request without the field accepts any coding by the letter, but its sender most likely knows none, and
 * servers answer it with none. A member with a malformed weight counts as refused.
 */
export function normalizedAcceptEncoding(headers: Headers): string {
  const accepted = new Map<string, boolean>();
  for (const member of splitList(headers.get("accept-encoding") ?? "")) {
    const [coding = "", ...parameters] = member.split(";").map((part) => trimOws(part).toLowerCase());
    const name = coding === "x-gzip" ? "gzip" : coding;
    // The first mention counts, so that `gzip;q=0, gzip` stays refused.
    if (!accepted.has(name)) accepted.set(name, isPositiveWeight(parameters));
  }
  return CODINGS.filter((coding) => (accepted.get(coding) ?? accepted.get("*")) === true).join(", ");
}

/** RFC 9110 section 12.4.2: 0 to 1 with up to three decimals; none is 1. */
function isPositiveWeight(parameters: readonly string[]): boolean {
  if (parameters.length === 0) return true;
  const weight = /^q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.exec(parameters[0] ?? "")?.[1];
  return weight !== undefined && parameters.length === 1 && Number(weight) > 0;
}
