import { hasPreconditions, notModifiedHeaders, preconditionOutcome } from "../http/conditional.ts";
import { rangeOutcome, sliceBytes } from "../http/range.ts";

/**
 * The answer to `request` that `whole` makes: itself, or what the request's method, conditions and range make of it
 * (RFC 9110 section 13.2.2). Takes the body of `whole` over: it is sent, or cancelled.
 *
 * @param sizeBytes of the body; ranges are sent only where it is known
 */
export function respond(request: Request, whole: Response, sizeBytes?: number): Response {
  const { method, headers } = request;
  // RFC 10008 section 2: conditions and ranges of QUERY mean what they do of GET.
  if (method !== "GET" && method !== "HEAD" && method !== "QUERY") return whole;
  if (hasPreconditions(headers) && preconditionOutcome(headers, whole) === "not-modified") {
    return without(whole, 304, notModifiedHeaders(whole.headers));
  }
  return respondInFull({ method, headers }, whole, sizeBytes);
}

/** As `respond`, to a GET or HEAD whose conditions have been judged and do not make it a 304. */
export function respondInFull(
  { method, headers }: Pick<Request, "method" | "headers">,
  whole: Response,
  sizeBytes?: number,
): Response {
  if (method === "HEAD") {
    const isEncoded = whole.headers.has("content-encoding");
    if (sizeBytes !== undefined && !isEncoded) whole.headers.set("content-length", String(sizeBytes));
    return without(whole, whole.status, whole.headers);
  }
  if (sizeBytes === undefined || whole.body === null || !headers.has("range")) return whole;
  const range = rangeOutcome(headers, { status: whole.status, headers: whole.headers, sizeBytes });
  if (range.kind === "whole") return whole;
  if (range.kind === "unsatisfiable") {
    whole.headers.set("content-range", `bytes */${sizeBytes}`);
    for (const name of OF_THE_WHOLE) whole.headers.delete(name);
    // The lifetime of the whole is not that of this refusal: caches further out would keep it.
    whole.headers.delete("expires");
    whole.headers.set("cache-control", "no-store");
    return without(whole, 416, whole.headers);
  }
  // RFC 9110 section 15.3.7: who asks by If-Range has these.
  if (headers.has("if-range")) for (const name of ["content-language", "last-modified"]) whole.headers.delete(name);
  whole.headers.set("content-range", `bytes ${range.first}-${range.last}/${sizeBytes}`);
  // Of a known length, or it would go out chunked and without Content-Length.
  const part = whole.body
    .pipeThrough(sliceBytes(range.first, range.last))
    .pipeThrough(new FixedLengthStream(range.last - range.first + 1));
  return new Response(part, { status: 206, headers: whole.headers });
}

/** The answer to a request for what is cached, where nothing is (RFC 9111 section 5.2.1.7). */
export function onlyIfCached(): Response {
  return new Response("Gateway timeout: the request is for what is cached, and nothing is.\n", {
    status: 504,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  });
}

/** Fields about the content of a 200, which an answer without it does not have. */
const OF_THE_WHOLE = ["content-type", "content-language", "content-encoding", "etag", "last-modified"];

function without(whole: Response, status: number, headers: HeadersInit): Response {
  // Nobody waits for this, and a body that cannot be cancelled has ended already.
  whole.body?.cancel().catch(() => undefined);
  return new Response(null, { status, headers });
}
