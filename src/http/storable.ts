import { lifetimeSeconds } from "../../schema/entry.ts";
import type { RefusalReason } from "../../schema/events.ts";
import { limits } from "../../schema/limits.ts";
import { parseCacheControl } from "./cache-control.ts";
import { conditionsFor } from "./freshen.ts";
import type { StaleWindows } from "./freshness.ts";
import {
  forbidsStale,
  heuristicLifetimeSeconds,
  initialAgeSeconds,
  responseLifetimeSeconds,
  staleWindows,
} from "./freshness.ts";
import { isHeuristicallyCacheable, isStorableStatus, isUnderstoodStatus } from "./status.ts";
import type { ResponseControl } from "./targeted-control.ts";
import { responseControl } from "./targeted-control.ts";
import { varyNames } from "./vary.ts";

export interface StoreInput {
  readonly request: { readonly method: string; readonly headers: Headers };
  readonly response: { readonly status: number; readonly headers: Headers };
  /** That the request's body is in the key, so that methods which have one can be answered from the cache. */
  readonly isKeyedByBody?: boolean;
  /** What the app says of this entry; it goes before what the response says. */
  readonly declared: {
    /** What is said of this response's status in particular; it goes before `ttlSeconds`. */
    readonly byStatusSeconds?: number;
    readonly ttlSeconds?: number;
    readonly staleWhileRevalidateSeconds?: number;
    readonly staleIfErrorSeconds?: number;
  };
  /** The request headers the key is made of anyway, lower-case. */
  readonly declaredVary: readonly string[];
  /** Whether what says that it is for one user only is kept all the same; `refuse` when left out. */
  readonly privateResponses?: "refuse" | "keep";
  /** Whether a lifetime may be guessed from Last-Modified. */
  readonly heuristics: "on" | "off";
  readonly nowMs: number;
  /** How long the origin took to answer (RFC 9111 section 4.2.3). */
  readonly responseDelaySeconds?: number;
  /** For how long after its lifetime a response is kept, to be confirmed by the origin or served when that is away. */
  readonly keepSeconds?: number;
  /** The targeted fields that go before `Cache-Control`, lower-case; `TARGETS` when left out. */
  readonly targets?: readonly string[];
}

/** Lifetimes in seconds of age; from arrival on none is longer than {@link limits.ttlSeconds}. */
export interface StoreLifetimes extends StaleWindows {
  readonly ttlSeconds: number;
  readonly initialAgeSeconds: number;
  readonly keepSeconds: number;
}

export type StoreVerdict =
  | (StoreLifetimes & {
      readonly store: true;
      /** What the response varies on beyond `declaredVary`: lower-case, sorted. */
      readonly varyNames: readonly string[];
    })
  | { readonly store: false; readonly reason: RefusalReason };

/** Whether a response may be stored in a shared cache, and for how long (RFC 9111 section 3). */
export function storeVerdict(input: StoreInput): StoreVerdict {
  const control = responseControl(input.response.headers, input.targets);
  const names = varyNames(input.response.headers);
  const reason = refusalOf(input, control);
  if (reason !== undefined) return refuse(reason);
  const undeclared = names === "*" ? names : names.filter((name) => !input.declaredVary.includes(name));
  if (undeclared === "*" || undeclared.length + input.declaredVary.length > limits.varyHeaders) return refuse("vary");
  const lifetimes = lifetimesOf(input, control);
  return typeof lifetimes === "string" ? refuse(lifetimes) : { store: true, ...lifetimes, varyNames: undeclared };
}

function refuse(reason: RefusalReason): StoreVerdict {
  return { store: false, reason };
}

/** Everything that forbids storing, however long the response would be fresh. */
function refusalOf(input: StoreInput, control: ResponseControl): RefusalReason | undefined {
  const { request, response, declaredVary } = input;
  if (request.method !== "GET" && input.isKeyedByBody !== true) return "method";
  if (!isStorableStatus(response.status)) return "code";
  const noStore = noStoreRefusal(input, control);
  if (noStore !== undefined) return noStore;
  // A `private` or `no-cache` that names fields would allow storing the rest (RFC 9111 sections 5.2.2.4 and 5.2.2.7),
  // and allows treating it as one that names none, which cannot leak a field to the wrong user.
  if (control.private !== undefined && input.privateResponses !== "keep") return "private";
  if (control.noCache !== undefined && keepSecondsOf(input, control) === 0) return "no-cache";
  if (response.headers.has("set-cookie")) return "set-cookie";
  // RFC 9111 section 3.5.
  const isPersonal = request.headers.has("authorization") && !declaredVary.includes("authorization");
  return isPersonal && !control.permitsSharing ? "authorization" : undefined;
}

/**
 * RFC 9111 section 5.2.1.5 and 5.2.2.5, and section 5.2.2.3: with `must-understand` a cache that knows the status
 * stores in spite of the response's `no-store`, and one that does not know it stores in no case.
 */
function noStoreRefusal({ request, response }: StoreInput, { flags }: ResponseControl): RefusalReason | undefined {
  if (parseCacheControl(request.headers).flags.has("no-store")) return "no-store";
  if (!flags.has("must-understand")) return flags.has("no-store") ? "no-store" : undefined;
  if (isUnderstoodStatus(response.status)) return undefined;
  return flags.has("no-store") ? "no-store" : "code";
}

function lifetimesOf(input: StoreInput, control: ResponseControl): StoreLifetimes | "code" | "no-max-age" {
  const { response, declared, heuristics, nowMs } = input;
  const windows = { ...windowsOf(input, control), keepSeconds: keepSecondsOf(input, control) };
  // RFC 9111 section 5.2.2.4: never to be served without the origin's confirmation, so never fresh.
  if (control.noCache !== undefined) return toBeConfirmed(input, windows.keepSeconds);
  // Whoever names a status means it, so this one need not be cacheable by default.
  if (declared.byStatusSeconds !== undefined) return declaredLifetimes(input, declared.byStatusSeconds, windows);
  const own = responseLifetimeSeconds(response.headers, nowMs, control);
  if (declared.ttlSeconds !== undefined) {
    // The declaration is about answers as the app means them. An error or a redirect that happens in their place is
    // stored only where the origin itself says so (RFC 9111 section 3, last list).
    if (!isHeuristicallyCacheable(response.status) && (own ?? 0) === 0) return "code";
    return declaredLifetimes(input, declared.ttlSeconds, windows);
  }
  const guessed =
    heuristics === "on" ? heuristicLifetimeSeconds(response.status, response.headers, control) : undefined;
  const ttlSeconds = capped(own ?? guessed ?? 0);
  const ageSeconds = ageOnArrival(input);
  if (ageSeconds < lifetimeSeconds({ ttlSeconds, ...windows }) && (ttlSeconds > 0 || own !== undefined)) {
    return { ttlSeconds, initialAgeSeconds: ageSeconds, ...windows };
  }
  const mayBeKept = own !== undefined || isHeuristicallyCacheable(response.status) || control.flags.has("public");
  const canBeConfirmed = windows.keepSeconds > 0 && conditionsFor(response.headers) !== undefined;
  return mayBeKept && canBeConfirmed ? toBeConfirmed(input, windows.keepSeconds) : "no-max-age";
}

/** Stale from the first, but worth keeping: the origin need not send it again if it confirms it. */
function toBeConfirmed(input: StoreInput, keepSeconds: number): StoreLifetimes {
  const ageSeconds = capped(ageOnArrival(input));
  const none = { ttlSeconds: 0, staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0 };
  return { ...none, initialAgeSeconds: ageSeconds, keepSeconds: capped(ageSeconds + keepSeconds) };
}

/** What is stale is of use where there is a validator to confirm it by, or where it may be served as it is. */
function keepSecondsOf({ response: { headers }, keepSeconds = 0 }: StoreInput, control: ResponseControl): number {
  return conditionsFor(headers) === undefined && forbidsStale(control) ? 0 : capped(keepSeconds);
}

/** A declaration is about time in this cache, so it counts from an age on arrival that `Age` goes on telling. */
function declaredLifetimes(
  input: StoreInput,
  seconds: number,
  windows: StaleWindows & Pick<StoreLifetimes, "keepSeconds">,
): StoreLifetimes | "no-max-age" {
  if (seconds === 0) return "no-max-age";
  const ageSeconds = capped(ageOnArrival(input));
  return { ttlSeconds: capped(seconds) + ageSeconds, initialAgeSeconds: ageSeconds, ...windows };
}

function ageOnArrival({ response, nowMs, responseDelaySeconds }: StoreInput): number {
  return initialAgeSeconds(response.headers, nowMs, responseDelaySeconds);
}

function windowsOf({ response, declared }: StoreInput, control: ResponseControl): StaleWindows {
  // An error is kept to spare an origin that fails. Once it may have recovered, its old error is of no use to anyone.
  if (declared.byStatusSeconds !== undefined && response.status >= 500) {
    return { staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0 };
  }
  const own = staleWindows(response.headers, control);
  return {
    staleWhileRevalidateSeconds: capped(declared.staleWhileRevalidateSeconds ?? own.staleWhileRevalidateSeconds),
    staleIfErrorSeconds: capped(declared.staleIfErrorSeconds ?? own.staleIfErrorSeconds),
  };
}

function capped(seconds: number): number {
  return Math.min(seconds, limits.ttlSeconds);
}
