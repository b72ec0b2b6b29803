import { LarderError } from "../../schema/errors.ts";
import { endToEndHeaders } from "../http/hop-by-hop.ts";
import { normalizedAcceptEncoding } from "../http/vary.ts";

/** Our name in `Via` (RFC 9110 section 7.6.3). */
const VIA = "1.1 larder";

/** Conditions a cache answers itself: passed on, they would bring a 304 where a response to keep is wanted. */
const CONDITIONS = ["if-none-match", "if-modified-since"];

/**
 * The base URL of an origin, checked.
 *
 * @throws LarderError `invalid-input` unless it is scheme, host and port and nothing more
 */
export function parseOrigin(text: string): URL {
  const url = URL.parse(text);
  const plain = url !== null && url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
  if (plain && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw new LarderError(
    "invalid-input",
    "ORIGIN: must be scheme, host and port only, such as https://www.example.com or http://127.0.0.1:3000",
    { field: "ORIGIN" },
  );
}

/** What was asked for, at the origin. Set part by part: resolved as one text, a path of `//host/` would name a host. */
export function at(origin: URL, asked: URL): URL {
  const url = new URL(origin);
  url.pathname = asked.pathname;
  url.search = asked.search;
  // A query that is empty is one still, and `search` does not tell it from none.
  if (asked.search === "" && /^[^#]*\?/.test(asked.href)) url.search = "?";
  return url;
}

/**
 * Asks the origin what the client asked us, as a proxy does (RFC 9110 section 7.6). Redirects are not followed.
 *
 * @param conditions by which to ask whether what the cache has is valid still, in the place of the client's own
 * @param content of the request, where that has been read already
 */
export async function fetchOrigin(
  origin: URL,
  request: Request,
  conditions?: Headers,
  content?: Uint8Array,
): Promise<Response> {
  const asked = new URL(request.url);
  const headers = endToEndHeaders(request.headers);
  headers.delete("larder-at-least");
  headers.append("via", VIA);
  headers.set("x-forwarded-host", asked.host);
  headers.set("x-forwarded-proto", asked.protocol.slice(0, -1));
  const isSwitch = request.headers.has("upgrade");
  if (isSwitch) headers.set("upgrade", request.headers.get("upgrade") ?? "");
  if (request.method === "GET" || request.method === "HEAD" || content !== undefined) {
    for (const name of CONDITIONS) headers.delete(name);
    for (const [name, value] of conditions ?? []) headers.set(name, value);
    headers.set("accept-encoding", normalizedAcceptEncoding(request.headers) || "identity");
  }
  const response = await fetch(at(origin, asked), {
    method: request.method,
    headers,
    body: content ?? request.body,
    redirect: "manual",
  });
  if (isSwitch && response.webSocket != null) return response;
  // RFC 9110 section 15.2: an interim status is no answer. The runtime can hand one on as if it were.
  if (response.status < 200) throw new Error(`the origin answered with the interim status ${response.status} only`);
  const answered = endToEndHeaders(response.headers);
  answered.append("via", VIA);
  // RFC 9110 section 6.6.1: who receives a response without a Date and passes it on adds that of its arrival.
  if (!answered.has("date")) answered.set("date", new Date().toUTCString());
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers: answered });
}
