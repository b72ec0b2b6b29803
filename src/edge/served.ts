import type { StoredEntry } from "../../schema/entry.ts";
import type { MissReason } from "../../schema/events.ts";
import type { CacheConfig } from "../../schema/options.ts";
import { cacheStatus } from "../http/cache-status.ts";
import { hasPreconditions, notModifiedHeaders, preconditionOutcome } from "../http/conditional.ts";
import { decodeUnlessAccepted } from "../http/content-coding.ts";
import { withholdTargets } from "../http/targeted-control.ts";
import type { InCache } from "../store/data-centre-cache.ts";
import { givenFields, giveOut } from "../store/stored-form.ts";
import { forwardReason } from "./forward-reason.ts";
import { respond, respondInFull } from "./respond.ts";

/** How an entry came to answer a request. */
export type How =
  /** It lay in the data centre's cache; `unconfirmed`: the view it was judged by is older than the bound. */
  | { readonly by: "cache"; readonly view: "confirmed" | "unconfirmed" }
  /** It was stale, and the origin has confirmed it. */
  | { readonly by: "confirmation" }
  /** It was stale, and the origin has failed: with this status, or in this way. */
  | {
      readonly by: "stand-in";
      readonly view: "confirmed" | "unconfirmed";
      readonly failure: number | "unreachable" | "timeout" | undefined;
    }
  /** It was missing for that reason, and another's fill brought it, here or by the shield. */
  | { readonly by: "wait" | "shield"; readonly reason: MissReason };

/** An entry in the data centre's cache, how old it is, and how it came to answer. */
export interface Served extends Pick<InCache, "stored" | "body"> {
  readonly found: Extract<InCache["found"], { kind: "entry" }>;
  readonly ageSeconds: number;
  readonly how: How;
}

/** What a cache's declaration says of what clients are told. */
type Telling = Pick<CacheConfig, "targetedControl" | "targetedControlToClient">;

/**
 * The answer that a stored entry makes. Takes its body over: it is sent, or cancelled.
 *
 * Conditions are judged by what is stored, before a response is made of it: for a 304 none has to be. But what clients do not
 * get as it is stored has to be made first.
 */
export function serve(request: Request, served: Served, telling: Telling): Response {
  const { stored, found, body } = served;
  // Read once: each look at a field of a Request is one into the runtime.
  const { method, headers } = request;
  if (found.coding !== undefined || method === "POST" || telling.targetedControlToClient === "remove") {
    const whole = giveOut(stored, found, body);
    if (found.coding !== undefined) decodeUnlessAccepted(headers, whole.headers);
    withholdTargets(whole.headers, telling);
    markServed(whole.headers, served);
    return respond(request, whole, found.entry.bytes);
  }
  const notModified = notModifiedBy(headers, served);
  if (notModified !== undefined) {
    // Nobody waits for this, and a body that cannot be cancelled has ended already.
    body?.cancel().catch(() => undefined);
    return notModified;
  }
  const whole = giveOut(stored, found, body);
  markServed(whole.headers, served);
  return respondInFull({ method, headers }, whole, found.entry.bytes);
}

/** The 304 that a stored entry makes, where that is the answer to a GET or HEAD with these fields. */
export function notModifiedBy(asked: Headers, served: Omit<Served, "body">): Response | undefined {
  if (!hasPreconditions(asked)) return undefined;
  const { stored, found, how, ageSeconds } = served;
  const given = givenFields(stored, found);
  const { entry } = found;
  if (preconditionOutcome(asked, { status: entry.status, headers: given }) === "send") return undefined;
  const headers = notModifiedHeaders(given);
  const before = headers["cache-status"];
  const own = statusOf(entry, ageSeconds, how);
  headers["age"] = ageField(ageSeconds);
  headers["cache-status"] = before === undefined ? own : `${before}, ${own}`;
  return new Response(null, { status: 304, headers });
}

/** Says on a response out of a cache how old it is and how it was found (RFC 9111 section 5.1, RFC 9211). */
export function markServed(headers: Headers, { found, ageSeconds, how }: Pick<Served, "found" | "ageSeconds" | "how">) {
  headers.set("age", ageField(ageSeconds));
  headers.append("cache-status", statusOf(found.entry, ageSeconds, how));
}

function ageField(ageSeconds: number): string {
  return String(Math.floor(ageSeconds));
}

/** What is added to the `Cache-Status` list. */
function statusOf({ ttlSeconds }: StoredEntry, ageSeconds: number, how: How): string {
  const left = ttlSeconds - ageSeconds;
  switch (how.by) {
    case "cache":
      return how.view === "confirmed"
        ? cacheStatus({ outcome: "hit", ttlSeconds: left })
        : cacheStatus({ outcome: "hit", ttlSeconds: left, detail: how.view });
    case "confirmation":
      return cacheStatus({ outcome: "forwarded", reason: "stale", status: 304, storage: "stored", ttlSeconds: left });
    case "stand-in": {
      const { failure, view } = how;
      const status = typeof failure === "number" ? { status: failure } : {};
      // There is one detail, and what may break the bound of purges goes first.
      const detail = view === "unconfirmed" ? view : typeof failure === "string" ? failure : undefined;
      const told = detail === undefined ? {} : { detail };
      return cacheStatus({ outcome: "forwarded", reason: "stale", ...status, ttlSeconds: left, ...told });
    }
    case "wait":
    case "shield": {
      const forwarded = { outcome: "forwarded", reason: forwardReason(how.reason), ttlSeconds: left } as const;
      if (how.by === "wait") return cacheStatus({ ...forwarded, request: "collapsed" });
      const shield = cacheStatus({ outcome: "hit", ttlSeconds: left }, "Larder-Shield");
      return `${shield}, ${cacheStatus({ ...forwarded, storage: "stored" })}`;
    }
  }
}
