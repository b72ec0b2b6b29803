import CachePolicy from "http-cache-semantics";
import type { EntryFacts } from "../../../schema/entry.ts";
import { servableSeconds } from "../../../schema/entry.ts";
import { heuristicLifetimeSeconds, initialAgeSeconds, responseLifetimeSeconds } from "../../../src/http/freshness.ts";
import type { StoreVerdict } from "../../../src/http/storable.ts";
import { storeVerdict } from "../../../src/http/storable.ts";
import { ageOf } from "../../../src/log/verdict.ts";
import type { Exchange } from "./exchange.ts";
import { NOW_MS, requestHeaders, responseHeaders } from "./exchange.ts";

/**
 * What both are asked of an exchange.
 *
 * - `storing`: whether a shared cache may keep the response.
 * - `lifetime`: for how many seconds it is fresh. Asked where the other would keep it, which else says 0, and Larder would,
 *   or would but for its lifetime.
 * - `age`: how many seconds old it is, some time after it came.
 * - `remaining`: for how many seconds after that it is of any use, the stale windows included. Asked where both would keep
 *   it.
 */
export type Question = "storing" | "lifetime" | "age" | "remaining";

export const QUESTIONS: readonly Question[] = ["storing", "lifetime", "age", "remaining"];

/** In whole seconds: the other counts fractions of a guessed lifetime. */
export interface Opinions {
  readonly larder: boolean | number;
  readonly other: boolean | number;
}

/** What Larder and http-cache-semantics answer; undefined where the question does not arise. */
export function opinionsOn(question: Question, exchange: Exchange): Opinions | undefined {
  const verdict = verdictOn(exchange);
  const policy = new Policy(
    { method: exchange.method, headers: Object.fromEntries(requestHeaders(exchange)) },
    { status: exchange.status, headers: Object.fromEntries(responseHeaders(exchange)) },
    { shared: true },
  );
  if (question === "storing") return { larder: verdict.store, other: policy.storable() };
  const isOnlyStale = !verdict.store && verdict.reason === "no-max-age";
  if (question === "lifetime") {
    if (!policy.storable() || !(verdict.store || isOnlyStale)) return undefined;
    return { larder: lifetimeOf(exchange), other: Math.floor(policy.maxAge()) };
  }
  policy.laterSeconds = exchange.laterSeconds;
  if (question === "age") return { larder: ageLater(exchange), other: policy.age() };
  if (!policy.storable() || !verdict.store) return undefined;
  const remaining = servableSeconds(verdict) - ageLater(exchange);
  return { larder: Math.max(0, remaining), other: Math.floor(policy.timeToLive() / 1000) };
}

/** The other with a clock of its own. */
class Policy extends CachePolicy {
  laterSeconds: number | undefined;

  now(): number {
    return NOW_MS + (this.laterSeconds ?? 0) * 1000;
  }
}

/** With nothing declared, guessing allowed as the other allows it, and nothing kept only to be confirmed. */
export function verdictOn(exchange: Exchange): StoreVerdict {
  return storeVerdict({
    request: { method: exchange.method, headers: requestHeaders(exchange) },
    response: { status: exchange.status, headers: responseHeaders(exchange) },
    declared: {},
    declaredVary: [],
    heuristics: "on",
    nowMs: NOW_MS,
  });
}

function lifetimeOf(exchange: Exchange): number {
  const headers = responseHeaders(exchange);
  return responseLifetimeSeconds(headers, NOW_MS) ?? heuristicLifetimeSeconds(exchange.status, headers) ?? 0;
}

function ageLater(exchange: Exchange): number {
  const initial = initialAgeSeconds(responseHeaders(exchange), NOW_MS);
  // Of an entry nothing else has a part in its age.
  const entry = { initialAgeSeconds: initial, storedAtMs: NOW_MS } as EntryFacts;
  return ageOf(entry, NOW_MS + exchange.laterSeconds * 1000);
}
