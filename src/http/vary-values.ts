import { splitList, splitParameters, trimOws } from "./list.ts";
import { normalizedAcceptEncoding } from "./vary.ts";

/**
 * The value of a request's field as keys hold it; null where the request has none.
 *
 * Two requests have one key where a cache may take their fields for the same (RFC 9111 section 4.1): where they differ
 * in white space that the field's syntax allows, in how they are split into lines, or in a way that its definition says
 * means nothing. So fields whose definition is not known here only lose the white space around them and around commas.
 *
 * @param name lower-case
 */
export function normalizedValue(name: string, headers: Headers): string | null {
  // Origins answer it in four ways at most; vary.ts says why a request without it has the empty value.
  if (name === "accept-encoding") return normalizedAcceptEncoding(headers);
  const value = headers.get(name);
  if (value === null) return null;
  const members = LISTS.get(name);
  if (members === undefined) return value.includes('"') ? trimOws(value) : trimOws(value).replace(AROUND_COMMA, ",");
  return splitList(value)
    .map((member) => spelled(member, members))
    .join(",");
}

/** No field is known that means something else without it, but inside quoted strings. */
const AROUND_COMMA = /[ \t]*,[ \t]*/g;

/**
 * What a list's members are made of: what is all the same in either case, what has parameters whose values are not, or
 * directives, which have arguments but no parameters.
 */
type Members = "ranges" | "parametrised" | "directives";

/**
 * List fields of requests (RFC 9110 section 5.6.1), of which empty members mean nothing. Media types, languages,
 * charsets, transfer codings and directives are the same in either case (sections 8.3.1, 12.5.4, 8.3.2, 10.1.4, and RFC
 * 9111 section 5.2); the values of their parameters need not be. Entity-tags are no such members: list.ts tells why.
 */
const LISTS: ReadonlyMap<string, Members> = new Map([
  ["accept", "parametrised"],
  ["accept-charset", "ranges"],
  ["accept-language", "ranges"],
  ["cache-control", "directives"],
  ["pragma", "directives"],
  ["te", "parametrised"],
]);

function spelled(member: string, members: Members): string {
  switch (members) {
    case "ranges":
      return splitParameters(member).join(";").toLowerCase();
    case "parametrised":
      return splitParameters(member).map(withLowerCaseName).join(";");
    case "directives":
      return withLowerCaseName(member);
  }
}

function withLowerCaseName(parameter: string): string {
  const end = parameter.indexOf("=");
  return end === -1 ? parameter.toLowerCase() : parameter.slice(0, end).toLowerCase() + parameter.slice(end);
}
