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

/** Asks the origin what the client asked us, as a proxy does (RFC 9110 section 7.6). Redirects are not followed. */
export async function fetchOrigin(origin: URL, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const headers = endToEndHeaders(request.headers);
  headers.append("via", VIA);
  headers.set("x-forwarded-host", url.host);
  headers.set("x-forwarded-proto", url.protocol.slice(0, -1));
  const isSwitch = request.headers.has("upgrade");
  if (isSwitch) headers.set("upgrade", request.headers.get("upgrade") ?? "");
  if (request.method === "GET" || request.method === "HEAD") {
    for (const name of CONDITIONS) headers.delete(name);
    headers.set("accept-encoding", normalizedAcceptEncoding(request.headers) || "identity");
  }
  url.protocol = origin.protocol;
  url.host = origin.host;
  const response = await fetch(url, { method: request.method, headers, body: request.body, redirect: "manual" });
  if (isSwitch && response.webSocket != null) return response;
  const answered = endToEndHeaders(response.headers);
  answered.append("via", VIA);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers: answered });
}
