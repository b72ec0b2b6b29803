import type { EntryFacts, EntryToJudge } from "../../schema/entry.ts";
import { lifetimeSeconds, servableSeconds } from "../../schema/entry.ts";
import type { View } from "./view.ts";

/** What may be done with an entry. */
export type Verdict =
  /** Serve it. */
  | { readonly state: "fresh"; readonly ageSeconds: number }
  /** Serve it while it is refreshed (RFC 5861 section 3). */
  | { readonly state: "stale"; readonly ageSeconds: number }
  /** Serve it only when the origin fails (RFC 5861 section 4). */
  | { readonly state: "error-only"; readonly ageSeconds: number }
  /** Serve it once the origin has confirmed it (RFC 9111 section 4.3). */
  | { readonly state: "revalidate"; readonly ageSeconds: number }
  /** Its last window has ended. */
  | { readonly state: "expired" }
  /** A purge newer than its maker's knowledge hits it; `by` is that record's sequence number, 0 for another epoch. */
  | { readonly state: "purged"; readonly by: number }
  /** It is older than the log that is known here. */
  | { readonly state: "unknown" };

/** What the log alone makes of an entry. */
export type LogState =
  | { readonly state: "in-force" }
  | { readonly state: "soft-purged"; readonly by: number }
  | Extract<Verdict, { state: "purged" | "unknown" }>;

/**
 * The one judgement of an entry. Serving, refreshing, storing, counting and explaining all ask it.
 *
 * Purges are judged first and by sequence numbers alone; clocks only decide how fresh a valid entry is.
 */
export function verdict(entry: EntryFacts, view: View, nowMs: number): Verdict {
  return byAge(entry, logState(entry, view), nowMs);
}

/** The part of {@link verdict} that needs no clock. */
export function logState(entry: EntryToJudge, view: View): LogState {
  if (entry.asOf.epoch !== view.epoch) return { state: "purged", by: 0 };
  const { seq } = entry.asOf;
  const hard = view.index.newestHard(entry);
  if (hard > seq) return { state: "purged", by: hard };
  if (seq < view.floor) return { state: "unknown" };
  const soft = view.index.newestSoft(entry);
  return soft > seq ? { state: "soft-purged", by: soft } : { state: "in-force" };
}

/** The part of {@link verdict} that follows once the log has been asked. */
export function byAge(entry: EntryFacts, log: LogState, nowMs: number): Verdict {
  if (log.state === "purged" || log.state === "unknown") return log;
  const ageSeconds = ageOf(entry, nowMs);
  const beyondFresh = ageSeconds - entry.ttlSeconds;
  if (beyondFresh < 0)
    return log.state === "in-force" ? { state: "fresh", ageSeconds } : softened(entry, ageSeconds, log.by);
  if (beyondFresh < entry.staleWhileRevalidateSeconds) return { state: "stale", ageSeconds };
  if (ageSeconds < servableSeconds(entry)) return { state: "error-only", ageSeconds };
  if (ageSeconds < lifetimeSeconds(entry)) return { state: "revalidate", ageSeconds };
  return { state: "expired" };
}

/** A fresh entry that a soft purge hits is in the first of its stale windows, and gone if it has none. */
function softened(entry: EntryFacts, ageSeconds: number, by: number): Verdict {
  if (entry.staleWhileRevalidateSeconds > 0) return { state: "stale", ageSeconds };
  if (entry.staleIfErrorSeconds > 0) return { state: "error-only", ageSeconds };
  return entry.keepSeconds > 0 ? { state: "revalidate", ageSeconds } : { state: "purged", by };
}

/** RFC 9111 section 4.2.3: the age it came with and the time it has been here; a clock set back counts as no time. */
export function ageOf(entry: EntryFacts, nowMs: number): number {
  return entry.initialAgeSeconds + Math.max(0, (nowMs - entry.storedAtMs) / 1000);
}
