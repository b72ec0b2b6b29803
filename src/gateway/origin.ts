import type { KeyPolicy } from "../../schema/key-policy.ts";
import { REFILL_HEADER } from "../../schema/refill.ts";
import { parseCookies } from "../http/cookies.ts";
import { endToEndHeaders, namedByConnection } from "../http/hop-by-hop.ts";
import { keyedUrl } from "../http/keyed-url.ts";
import { preferredLanguage } from "../http/preferred-language.ts";
import { BUCKET_COOKIE, bucketOf, splitVariant } from "../http/traffic-split.ts";
import { normalizedAcceptEncoding } from "../http/vary.ts";
import { DEBUG, TOKEN } from "./debug.ts";
import { countDown } from "./max-forwards.ts";
import type { Plan } from "./plan.ts";
import { removePoison } from "./poison.ts";

/** The query as it came, where the key leaves some of it out and the origin is to know. */
const ORIGINAL_QUERY = "x-larder-original-query";
/** The variants of the traffic splits that the visitor is in. */
const SPLIT = "larder-split";

/** Fields by which a request speaks to Larder alone. */
const OURS = ["larder-at-least", REFILL_HEADER, DEBUG, TOKEN];

/** Our name in `Via` (RFC 9110 section 7.6.3). */
const VIA = "1.1 larder";

/** Conditions a cache answers itself: passed on, they would bring a 304 where a response to keep is wanted. */
const CONDITIONS = ["if-none-match", "if-modified-since"];

/** Fields of a response by which a cache knows what it may keep, for whom, for how long, and what makes it invalid. */
const CACHES_GO_BY: ReadonlySet<string> = new Set([
  ...["cache-control", "expires", "pragma", "age", "date"],
  ...["vary", "set-cookie", "cache-tag", "cache-groups"],
]);

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
  plan: Plan,
  request: Request,
  conditions?: Headers,
  content?: Uint8Array,
): Promise<Response> {
  const isSwitch = isWebSocket(request.headers);
  const isGet = request.method === "GET" || request.method === "HEAD";
  const isRead = isGet || content !== undefined;
  const response = await fetch(at(plan.origin, new URL(isRead ? keptUrl(plan, request) : request.url)), {
    method: request.method,
    headers: isRead ? readHeaders(plan, request, conditions) : forwardedHeaders(request),
    // `fetch` refuses content with these. It would have no meaning (RFC 9110 section 9.3.1), so it goes no further.
    body: isGet ? null : (content ?? request.body),
    redirect: "manual",
  });
  if (isSwitch && response.webSocket != null) return response;
  // RFC 9110 section 15.2: an interim status is no answer. The runtime can hand one on as if it were.
  if (response.status < 200) throw new Error(`the origin answered with the interim status ${response.status} only`);
  const { status, statusText } = response;
  const headers = answeredHeaders(response.headers, plan.config.targetedControl);
  for (const name of plan.removed) headers.delete(name);
  return new Response(response.body, { status, statusText, headers });
}

/** What the key leaves out of the query is kept from the origin, whose answer is for requests that differ in it. */
function keptUrl({ config }: Plan, { url }: Request): string {
  return config.key === undefined ? url : keyedUrl(config.key, url);
}

/** The one protocol that a Worker can switch to; another is not to be offered to the origin in the client's name. */
function isWebSocket(headers: Headers): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket";
}

/** The fields a request goes on with. */
function forwardedHeaders({ url, method, headers }: Request): Headers {
  const { host, protocol } = new URL(url);
  const forwarded = endToEndHeaders(headers);
  for (const name of OURS) forwarded.delete(name);
  forwarded.append("via", VIA);
  forwarded.set("x-forwarded-host", host);
  forwarded.set("x-forwarded-proto", protocol.slice(0, -1));
  if (isWebSocket(headers)) forwarded.set("upgrade", "websocket");
  countDown(method, forwarded);
  return forwarded;
}

/** The same of a request whose answer may be kept. */
function readHeaders({ config, edge }: Plan, request: Request, conditions: Headers | undefined): Headers {
  const { key, languages, vary } = config;
  const forwarded = forwardedHeaders(request);
  removePoison(forwarded, new Set([...vary, ...(key?.headers ?? []).map(({ name }) => name)]));
  forwarded.delete(ORIGINAL_QUERY);
  if (edge.originalQuery === "forward") forwarded.set(ORIGINAL_QUERY, new URL(request.url).search);
  forwarded.delete(SPLIT);
  if (key?.splits !== undefined) forwarded.set(SPLIT, splitsOf(key, request));
  if (languages !== undefined) forwarded.set("accept-language", preferredLanguage(request.headers, languages));
  forwarded.delete("content-length");
  for (const name of CONDITIONS) forwarded.delete(name);
  for (const [name, value] of conditions ?? []) forwarded.set(name, value);
  forwarded.set("accept-encoding", normalizedAcceptEncoding(request.headers) || "identity");
  return forwarded;
}

/** The variants of the traffic splits that a visitor is in: `checkout=b, hero=a`. */
function splitsOf({ splits = [] }: KeyPolicy, { headers }: Request): string {
  const bucket = bucketOf(parseCookies(headers).get(BUCKET_COOKIE));
  return splits.map((split) => `${split.name}=${splitVariant(split, bucket)}`).join(", ");
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
