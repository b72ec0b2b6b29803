import { LarderError } from "../../schema/errors.ts";
import { endToEndHeaders, namedByConnection } from "../http/hop-by-hop.ts";
import { normalizedAcceptEncoding } from "../http/vary.ts";
import { countDown } from "./max-forwards.ts";

/** Our name in `Via` (RFC 9110 section 7.6.3). */
const VIA = "1.1 larder";

/** Conditions a cache answers itself: passed on, they would bring a 304 where a response to keep is wanted. */
const CONDITIONS = ["if-none-match", "if-modified-since"];

/** Fields of a response by which a cache knows what it may keep, for whom, for how long, and what makes it invalid. */
const CACHES_GO_BY: ReadonlySet<string> = new Set([
  ...["cache-control", "expires", "pragma", "age", "date"],
  ...["vary", "set-cookie", "cache-tag", "cache-groups"],
]);

/** Where requests go. */
export interface Destination {
  readonly base: URL;
  /** The fields that go before `Cache-Control` in its responses (RFC 9213), in lower case. */
  readonly targets: readonly string[];
}

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
  { base, targets }: Destination,
  request: Request,
  conditions?: Headers,
  content?: Uint8Array,
): Promise<Response> {
  const isSwitch = isWebSocket(request.headers);
  const isRead = request.method === "GET" || request.method === "HEAD";
  const response = await fetch(at(base, new URL(request.url)), {
    method: request.method,
    headers: isRead || content !== undefined ? readHeaders(request, conditions) : forwardedHeaders(request),
    // `fetch` refuses content with these. It would have no meaning (RFC 9110 section 9.3.1), so it goes no further.
    body: isRead ? null : (content ?? request.body),
    redirect: "manual",
  });
  if (isSwitch && response.webSocket != null) return response;
  // RFC 9110 section 15.2: an interim status is no answer. The runtime can hand one on as if it were.
  if (response.status < 200) throw new Error(`the origin answered with the interim status ${response.status} only`);
  const { status, statusText } = response;
  return new Response(response.body, { status, statusText, headers: answeredHeaders(response.headers, targets) });
}

/** The one protocol that a Worker can switch to; another is not to be offered to the origin in the client's name. */
function isWebSocket(headers: Headers): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket";
}

/** The fields a request goes on with. */
function forwardedHeaders({ url, method, headers }: Request): Headers {
  const { host, protocol } = new URL(url);
  const forwarded = endToEndHeaders(headers);
  forwarded.delete("larder-at-least");
  forwarded.append("via", VIA);
  forwarded.set("x-forwarded-host", host);
  forwarded.set("x-forwarded-proto", protocol.slice(0, -1));
  if (isWebSocket(headers)) forwarded.set("upgrade", "websocket");
  countDown(method, forwarded);
  return forwarded;
}

function readHeaders(request: Request, conditions: Headers | undefined): Headers {
  const forwarded = forwardedHeaders(request);
  forwarded.delete("content-length");
  for (const name of CONDITIONS) forwarded.delete(name);
  for (const [name, value] of conditions ?? []) forwarded.set(name, value);
  forwarded.set("accept-encoding", normalizedAcceptEncoding(request.headers) || "identity");
  return forwarded;
}

/** The fields a response goes on with, and is stored with. */
function answeredHeaders(headers: Headers, targets: readonly string[]): Headers {
  const answered = endToEndHeaders(headers);
  answered.append("via", VIA);
  // RFC 9110 section 6.6.1: who receives a response without a Date and passes it on adds that of its arrival.
  if (!answered.has("date")) answered.set("date", new Date().toUTCString());
  // RFC 9110 section 7.6.1 has what Connection names removed, and forbids its sender to name what is for all recipients,
  // as these are. What is left of such a response may look as if it could be kept, so no cache is to keep it.
  if (namedByConnection(headers).some((name) => CACHES_GO_BY.has(name) || targets.includes(name))) {
    for (const target of targets) answered.delete(target);
    answered.set("cache-control", "no-store");
  }
  return answered;
}
