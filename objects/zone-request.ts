import * as v from "valibot";
import type { ZoneOperation } from "../schema/zone.ts";
import { retryAfterMs as retryAfterMsIn } from "../src/http/retry-after.ts";
import type { ZoneSettings } from "./zone-settings.ts";

/** An answer that has not come by then will not. */
const ANSWER_WITHIN_MS = 10_000;
/** Characters of what the API says that are kept. */
const MESSAGE_CHARACTERS = 300;

const FIELDS = { tag: "tags", prefix: "prefixes", host: "hosts" } as const;

/** What has come of a request. */
export type Outcome =
  /** The zone has forgotten it all. */
  | { readonly kind: "done" }
  /** One of the operations at least is none that the API takes; which, it does not say. */
  | { readonly kind: "refused"; readonly message: string }
  /** The zone or the token is not accepted, whatever is asked. */
  | { readonly kind: "blocked"; readonly message: string }
  /** More than the plan allows. `retryAfterMs`: what it says of when to come back, 0 where nothing. */
  | { readonly kind: "limited"; readonly message: string; readonly retryAfterMs: number }
  /** What has become of it is not known; `retryAfterMs` as above. */
  | { readonly kind: "failed"; readonly message: string; readonly retryAfterMs: number };

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Asks the zone to forget these, which are all of one kind
 * (developers.cloudflare.com/api/resources/cache/methods/purge). It never throws.
 */
export async function requestPurge(
  { api, zoneId, token }: ZoneSettings,
  operations: readonly ZoneOperation[],
  fetch: Fetch,
): Promise<Outcome> {
  const [first] = operations;
  if (first === undefined) return { kind: "done" };
  try {
    const response = await fetch(`${api}/zones/${encodeURIComponent(zoneId)}/purge_cache`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ [FIELDS[first.kind]]: operations.map(({ value }) => value) }),
      // The token is for nobody else.
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    return outcomeOf(response.status, response.headers.get("retry-after"), await response.text(), Date.now());
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { kind: "failed", message: `no answer: ${why}`.slice(0, MESSAGE_CHARACTERS), retryAfterMs: 0 };
  }
}

/** The form of all answers of Cloudflare's API (developers.cloudflare.com/fundamentals/api/how-to/make-api-calls). */
const AnswerSchema = v.object({
  success: v.boolean(),
  errors: v.optional(
    v.nullable(v.array(v.object({ code: v.optional(v.number()), message: v.optional(v.string()) }))),
    [],
  ),
});

/** What an answer means. Success is only what says so itself. */
function outcomeOf(status: number, retryAfter: string | null, body: string, nowMs: number): Outcome {
  const answer = v.safeParse(AnswerSchema, fromJson(body));
  const errors = answer.success ? (answer.output.errors ?? []) : [];
  const said = errors.map(({ code, message }) => [code, message].filter((part) => part !== undefined).join(" "));
  const message = [String(status), ...said].join(": ").slice(0, MESSAGE_CHARACTERS);
  // In seconds (developers.cloudflare.com/fundamentals/api/reference/limits).
  const retryAfterMs = retryAfterMsIn(retryAfter, nowMs);
  if (status === 429) return { kind: "limited", message, retryAfterMs };
  if (status >= 300 && status !== 408 && status < 500 && !isAboutOperations(status))
    return { kind: "blocked", message };
  if (isAboutOperations(status) && answer.success) {
    return errors.some(isAboutCaller) ? { kind: "blocked", message } : { kind: "refused", message };
  }
  if (status === 200 && answer.success && answer.output.success) return { kind: "done" };
  return { kind: "failed", message, retryAfterMs };
}

/** Whether such an answer, where it is the API's own, is about what the request holds. */
function isAboutOperations(status: number): boolean {
  return status === 400 || status === 413 || status === 422;
}

/**
 * Whether an error is about the request's header, its route or its token, which come as 400, too: 6003 "Invalid request
 * headers", 7003 "Could not route to …, perhaps your object identifier is invalid?", 9109, 10000 "Authentication error".
 * What the purge itself is refused for has lower numbers.
 */
function isAboutCaller({ code = 0 }: { readonly code?: number | undefined }): boolean {
  return code >= 6000 && code < 11_000;
}

function fromJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
