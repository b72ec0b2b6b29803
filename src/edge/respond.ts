import { notModifiedHeaders, preconditionOutcome } from "../http/conditional.ts";
import { rangeOutcome, sliceBytes } from "../http/range.ts";

/** A response that can be sent whole, in part, or not at all because the client has it. */
export interface Sendable {
  readonly status: number;
  readonly headers: Headers;
  /** Where it is known, ranges of it can be sent. */
  readonly sizeBytes?: number;
}

type Body = ReadableStream<Uint8Array> | null;

/** Statuses whose responses have no content (RFC 9110 section 6.4.1); a Response with one takes no body. */
const NO_CONTENT: ReadonlySet<number> = new Set([204, 205, 304]);

/**
 * The answer to `request`: `sendable`, or what its conditions and its range make of it (RFC 9110 section 13.2.2).
 * Takes `body` over: it is sent, or cancelled.
 */
export function respond(request: Request, sendable: Sendable, body: Body): Response {
  const { status, headers } = sendable;
  const safe = request.method === "GET" || request.method === "HEAD";
  if (safe && preconditionOutcome(request.headers, sendable) === "not-modified") {
    return without(body, 304, notModifiedHeaders(headers));
  }
  if (request.method === "HEAD" || NO_CONTENT.has(status)) return without(body, status, headers);
  if (sendable.sizeBytes === undefined || body === null || !request.headers.has("range")) {
    return new Response(body, { status, headers });
  }
  const { sizeBytes } = sendable;
  const range = rangeOutcome(request.headers, { status, headers, sizeBytes });
  if (range.kind === "whole") return new Response(body, { status, headers });
  if (range.kind === "unsatisfiable") {
    headers.set("content-range", `bytes */${sizeBytes}`);
    headers.delete("content-length");
    return without(body, 416, headers);
  }
  headers.set("content-range", `bytes ${range.first}-${range.last}/${sizeBytes}`);
  headers.set("content-length", String(range.last - range.first + 1));
  const part = body.pipeThrough(sliceBytes(range.first, range.last));
  return new Response(part.pipeThrough(new FixedLengthStream(range.last - range.first + 1)), { status: 206, headers });
}

function without(body: Body, status: number, headers: Headers): Response {
  // Nobody waits for this, and a body that cannot be cancelled has ended already.
  body?.cancel().catch(() => undefined);
  return new Response(null, { status, headers });
}
