import { notModifiedHeaders, preconditionOutcome } from "../http/conditional.ts";
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
  if (
    (headers.has("if-none-match") || headers.has("if-modified-since")) &&
    preconditionOutcome(headers, whole) === "not-modified"
  ) {
    return without(whole, 304, notModifiedHeaders(whole.headers));
  }
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
    return without(whole, 416, whole.headers);
  }
  whole.headers.set("content-range", `bytes ${range.first}-${range.last}/${sizeBytes}`);
  // Of a known length, or it would go out chunked and without Content-Length.
  const part = whole.body
    .pipeThrough(sliceBytes(range.first, range.last))
    .pipeThrough(new FixedLengthStream(range.last - range.first + 1));
  return new Response(part, { status: 206, headers: whole.headers });
}

function without(whole: Response, status: number, headers: Headers): Response {
  // Nobody waits for this, and a body that cannot be cancelled has ended already.
  whole.body?.cancel().catch(() => undefined);
  return new Response(null, { status, headers });
}
