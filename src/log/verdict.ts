import type { EntryFacts } from "../../schema/entry.ts";
import { lifetimeSeconds } from "../../schema/entry.ts";
import type { View } from "./view.ts";

/** What may be done with an entry. */
export type Verdict =
  /** Serve it. */
  | { readonly state: "fresh"; readonly ageSeconds: number }
  /** Serve it while it is refreshed (RFC 5861 section 3). */
  | { readonly state: "stale"; readonly ageSeconds: number }
  /** Serve it only when the origin fails (RFC 5861 section 4). */
  | { readonly state: "error-only"; readonly ageSeconds: number }
  /** Its last window has ended. */
  | { readonly state: "expired" }
  /** A purge newer than its maker's knowledge hits it; `by` is that record's sequence number, 0 for another epoch. */
  | { readonly state: "purged"; readonly by: number }
  /** It is older than the log that is known here. */
  | { readonly state: "unknown" };

/**
 * The one judgement of an entry. Serving, refreshing, storing, counting and explaining all ask it.
 *
 * Purges are judged first and by sequence numbers alone; clocks only decide how fresh a valid entry is.
 */
export function verdict(entry: EntryFacts, view: View, nowMs: number): Verdict {
  const purge = purgeVerdict(entry, view);
  if (purge !== undefined) return purge;
  const ageSeconds = ageOf(entry, nowMs);
  const beyondFresh = ageSeconds - entry.ttlSeconds;
  if (beyondFresh < 0) return { state: "fresh", ageSeconds };
  if (beyondFresh < entry.staleWhileRevalidateSeconds) return { state: "stale", ageSeconds };
  if (ageSeconds < lifetimeSeconds(entry)) return { state: "error-only", ageSeconds };
  return { state: "expired" };
}

/** The part of {@link verdict} that needs no clock: undefined when no purge stands against the entry. */
export function purgeVerdict(
  entry: Pick<EntryFacts, "key" | "url" | "cache" | "tags" | "asOf">,
  view: View,
): Extract<Verdict, { state: "purged" | "unknown" }> | undefined {
  if (entry.asOf.epoch !== view.epoch) return { state: "purged", by: 0 };
  if (entry.asOf.seq < view.floor) return { state: "unknown" };
  const by = view.index.newestMatch(entry);
  return by > entry.asOf.seq ? { state: "purged", by } : undefined;
}

/** RFC 9111 section 4.2.3: the age it came with and the time it has been here; a clock set back counts as no time. */
function ageOf(entry: EntryFacts, nowMs: number): number {
  return entry.initialAgeSeconds + Math.max(0, (nowMs - entry.storedAtMs) / 1000);
}
