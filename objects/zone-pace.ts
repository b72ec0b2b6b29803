import type { ZoneOperation } from "../schema/zone.ts";
import { levelAt, tokenAtMs } from "./token-bucket.ts";
import type { Outcome } from "./zone-request.ts";
import type { Plan } from "./zone-settings.ts";
import type { ZoneState } from "./zone-state.ts";

/** The first pause after a request that failed, and the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5 * 60_000;
/** A zone or a token that is not accepted may have been mended by then. */
const BLOCKED_MS = 10 * 60_000;
/** A pause that is asked for may be this long. */
const LONGEST_RETRY_AFTER_MS = 24 * 60 * 60_000;

/** When the next request may be made. */
export function requestAtMs({ level, notBeforeMs }: ZoneState, plan: Plan): number {
  return Math.max(notBeforeMs, tokenAtMs(level, plan));
}

/** A request begins. */
export function begun(state: ZoneState, plan: Plan, nowMs: number): ZoneState {
  const { tokens, atMs } = levelAt(state.level, plan, nowMs);
  const level = { tokens: Math.max(0, tokens - 1), atMs };
  return { ...state, level, underWay: true, requests: state.requests + 1 };
}

/** A request has ended: the bucket has not filled in the meantime, see `levelAt`. */
export function ended(state: ZoneState, nowMs: number): ZoneState {
  const { tokens, atMs } = state.level;
  return { ...state, level: { tokens, atMs: Math.max(atMs, nowMs) }, underWay: false };
}

/** What came of a request. */
export interface Result {
  readonly outcome: Outcome;
  /** How many operations it was for. */
  readonly operations: number;
  /** The one that was given up. */
  readonly givenUp: ZoneOperation | undefined;
}

/** @param random from 0 up to 1: namespaces that were held up together are not to come back together */
export function settled(
  before: ZoneState,
  { outcome, operations, givenUp }: Result,
  nowMs: number,
  random: number,
): ZoneState {
  const state: ZoneState = { ...ended(before, nowMs), failures: 0, notBeforeMs: 0, hold: "none" };
  if (outcome.kind === "done") return { ...state, sent: state.sent + operations, lastSuccessAtMs: nowMs };
  const { message } = outcome;
  const failed: ZoneState = { ...state, lastError: { atMs: nowMs, message } };
  switch (outcome.kind) {
    case "refused":
      if (givenUp === undefined) return failed;
      return { ...state, refused: state.refused + 1, lastError: { atMs: nowMs, message, operation: givenUp } };
    case "blocked":
      return { ...failed, hold: "blocked", notBeforeMs: nowMs + jittered(BLOCKED_MS, random) };
    case "limited":
    case "failed": {
      const failures = before.failures + 1;
      const notBeforeMs = nowMs + pauseMs(outcome, failures, random);
      // Somebody else draws from the account's bucket. It has one token then, and no more is known of it.
      const level = outcome.kind === "limited" ? { tokens: 1, atMs: notBeforeMs } : state.level;
      return { ...failed, level, failures, notBeforeMs, hold: "pause" };
    }
  }
}

/** What was told is obeyed; otherwise each pause is about twice as long as the one before. */
function pauseMs(
  { kind, retryAfterMs }: Extract<Outcome, { kind: "limited" | "failed" }>,
  failures: number,
  random: number,
): number {
  const toldMs = Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS);
  const ownMs = jittered(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 20)), random);
  // Nobody who has had too much means that it may come again at once.
  return kind === "limited" && toldMs > 0 ? toldMs : Math.max(toldMs, ownMs);
}

/** From half of it to all. */
function jittered(ms: number, random: number): number {
  return Math.ceil(ms * (0.5 + random / 2));
}
