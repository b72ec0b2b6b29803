import { splitList } from "./list.ts";

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
 * A copy of `headers` with the end-to-end fields only: without those above and those that Connection names (RFC 9110
 * section 7.6.1). Several Set-Cookie lines stay several (RFC 6265 section 3: they must not be joined).
 *
 * Connection may name any field, Cache-Control among them, and whoever sent it is obeyed. So decide what may be stored
 * by the fields as they came, and strip afterwards.
 */
export function endToEndHeaders(headers: Headers): Headers {
  const named = new Set(splitList(headers.get("connection") ?? "").map((name) => name.toLowerCase()));
  const kept = new Headers();
  for (const [name, value] of headers) {
    if (!HOP_BY_HOP.has(name) && !named.has(name)) kept.append(name, value);
  }
  return kept;
}
