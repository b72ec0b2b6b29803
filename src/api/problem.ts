import type { ErrorCode } from "../../schema/errors.ts";
import { asLarderError, LarderError } from "../../schema/errors.ts";
import { log } from "../telemetry/log.ts";
import { answer } from "./answer.ts";

interface Kind {
  readonly status: number;
  /** One for every code, whatever the details (RFC 9457 section 3.1.3). */
  readonly title: string;
}

/** What each code is over HTTP. */
export const kinds: Readonly<Record<ErrorCode, Kind>> = {
  "invalid-input": { status: 400, title: "Invalid input" },
  "body-too-large": { status: 413, title: "Body too large" },
  forbidden: { status: 403, title: "Forbidden" },
  "insufficient-scope": { status: 403, title: "Insufficient scope" },
  "too-many-entries": { status: 409, title: "Too many entries" },
  "not-revocable": { status: 409, title: "Not revocable" },
  "not-empty": { status: 409, title: "Not empty" },
  unauthorized: { status: 401, title: "Unauthorized" },
  "api-closed": { status: 403, title: "The API is closed" },
  "not-found": { status: 404, title: "Not found" },
  "method-not-allowed": { status: 405, title: "Method not allowed" },
  "upgrade-required": { status: 426, title: "Upgrade required" },
  unreachable: { status: 503, title: "The namespace is unreachable" },
  "not-bound": { status: 500, title: "A binding is missing" },
  internal: { status: 500, title: "Internal error" },
};

/** The problem document of RFC 9457 for an error: its code, and the field and the limit where it has them. */
export function problem(error: LarderError, headers: Readonly<Record<string, string>> = {}): Response {
  const { code, message: detail, field, limit } = error;
  const status = statusOf(error);
  // Members that are undefined are left out of JSON.
  const body = { type: `urn:larder:problem:${code}`, title: kinds[code].title, status, detail, code, field, limit };
  return answer(body, { status, type: "application/problem+json", headers });
}

/**
 * The problem document for anything thrown. Errors of Larder tell what to do; of others the client learns no more than
 * that something failed, and the log gets the rest.
 */
export function problemOf(thrown: unknown): Response {
  const known = asLarderError(thrown);
  if (known !== undefined) return problem(known, known.code === "unreachable" ? RETRY_SOON : {});
  log("error", "a request to the API failed", {}, thrown);
  const fault = new LarderError("internal", "The request failed inside Larder; the coordinator's log says why");
  return unreachable(thrown) ?? problem(fault);
}

function statusOf({ code, field }: LarderError): number {
  // A body in another format is bad input like any other, but HTTP has a status of its own for it (RFC 9110 section 15.5.16).
  return code === "invalid-input" && field === "content-type" ? 415 : kinds[code].status;
}

const RETRY_SOON = { "Retry-After": "1" };
const RETRY_LATER = { "Retry-After": "10" };

/**
 * The answer when the platform failed rather than the object's code: it then marks what it throws
 * (developers.cloudflare.com/durable-objects/best-practices/error-handling). An overloaded object is to be left alone
 * for a while; after anything else the same request may be sent again, since a purge made twice costs a refill at most.
 */
function unreachable(thrown: unknown): Response | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { overloaded, retryable, durableObjectReset } = thrown as Error & Readonly<Record<string, unknown>>;
  if (overloaded === true) {
    const message = "The namespace has more requests than it can take; wait before sending this one again";
    return problem(new LarderError("unreachable", message), RETRY_LATER);
  }
  if (retryable !== true && durableObjectReset !== true && !thrown.message.startsWith("Network connection lost")) {
    return undefined;
  }
  const message =
    "The namespace did not answer, and may or may not have done what was asked; send the request again: " +
    "a purge made twice costs at most a refill";
  return problem(new LarderError("unreachable", message), RETRY_SOON);
}
