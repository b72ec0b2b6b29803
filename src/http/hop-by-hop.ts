import { splitList, TOKEN } from "./list.ts";

/**
 * Fields that mean something only between two neighbours.
 *
 * - RFC 9110 section 7.6.1 names these to be removed even where Connection does not name them.
 * - RFC 9110 section 11.7 and RFC 9111 section 3.1: what is said to and by a proxy is not for anyone after it.
 * - RFC 9110 section 6.6.2: Trailer announces fields after the content, and the Fetch API hands on none.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "trailer",
]);

/**
 * What the platform adds to a request (developers.cloudflare.com/fundamentals/reference/http-headers) is no part of the
 * message that Connection came with: naming it there, a client could hide its address from the origin.
 */
const BY_THE_PLATFORM = /^(?:cf-.*|true-client-ip|x-forwarded-for|x-real-ip)$/;

/**
 * A copy of `headers` with the end-to-end fields only: without those above and those that Connection names (RFC 9110
 * section 7.6.1). Several Set-Cookie lines stay several (RFC 6265 section 3: they must not be joined).
 *
 * Fields are taken out of a copy of the whole: in workerd a value that is read and set again is encoded anew, and bytes
 * that are no UTF-8 are lost by it (RFC 9110 section 5.5 calls them opaque).
 */
export function endToEndHeaders(headers: Headers): Headers {
  const kept = new Headers(headers);
  for (const name of [...HOP_BY_HOP, ...namedByConnection(headers)]) kept.delete(name);
  return kept;
}

/** The end-to-end fields of `headers` that Connection names (RFC 9110 section 7.6.1), in lower case. */
export function namedByConnection(headers: Headers): readonly string[] {
  const connection = headers.get("connection");
  if (connection === null) return [];
  const names = splitList(connection).map((name) => name.toLowerCase());
  return names.filter(
    (name) => TOKEN.test(name) && !HOP_BY_HOP.has(name) && !BY_THE_PLATFORM.test(name) && headers.has(name),
  );
}
