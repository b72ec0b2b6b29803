/** More hops than there can be. */
const MOST_FORWARDS = 2 ** 31 - 1;

/** What the runtime knows and `fetch` sends on. */
const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE";

/** Names of fields that are likely to hold what only client and origin are to know (RFC 9110 section 9.3.8). */
const SENSITIVE = /auth|cookie|credential|jwt|key|larder|nonce|passw|secret|sess|sig|token/;

/** An OPTIONS of the server as a whole (RFC 9110 section 9.3.7); the runtime puts its `*` right behind the authority. */
const OF_THE_SERVER = /^[a-z]+:\/\/[^/?#]*\*$/;

/**
 * The answer to a request that is to go no further (RFC 9110 section 7.6.2): OPTIONS or TRACE with `Max-Forwards: 0`.
 * So is an OPTIONS of the server as a whole, which `fetch` could only turn into one of `/`. Undefined for all others.
 */
export function finalAnswer(request: Request): Response | undefined {
  const { method } = request;
  if (method !== "OPTIONS" && method !== "TRACE") return undefined;
  const isLast = forwardsLeft(request.headers) === 0;
  if (method === "TRACE") return isLast ? traced(request) : undefined;
  return isLast || OF_THE_SERVER.test(request.url) ? answer(204, null, { allow: METHODS }) : undefined;
}

/** Counts `Max-Forwards` of a request that goes on down by one, for the methods it is about. */
export function countDown(method: string, headers: Headers): void {
  if (method !== "OPTIONS" && method !== "TRACE") return;
  const left = forwardsLeft(headers);
  if (left !== undefined) headers.set("max-forwards", String(Math.min(left - 1, MOST_FORWARDS)));
}

/** Undefined where the field is absent, or malformed and so none of ours. */
function forwardsLeft(headers: Headers): number | undefined {
  const text = headers.get("max-forwards");
  return text !== null && /^[0-9]+$/.test(text) ? Number(text) : undefined;
}

/** RFC 9110 section 9.3.8: the request as it was received, but for what is sensitive. */
function traced({ method, url, headers }: Request): Response {
  const { pathname, search } = new URL(url);
  const fields = [...headers].filter(([name]) => !SENSITIVE.test(name));
  const lines = [`${method} ${pathname}${search} HTTP/1.1`, ...fields.map(([name, value]) => `${name}: ${value}`)];
  return answer(200, `${lines.join("\r\n")}\r\n\r\n`, { "content-type": "message/http" });
}

function answer(status: number, body: string | null, fields: Record<string, string>): Response {
  return new Response(body, { status, headers: { ...fields, "cache-control": "no-store" } });
}
