import type { CounterName, Counts } from "./counters.ts";
import { counterNames, originBuckets } from "./counters.ts";
import type { BypassReason, LookedUpReason, RefusalReason } from "./events.ts";

/** What the counters come to, for people. `docs/observability.md` says of each what it counts. */
export interface Figures {
  /** Look-ups that were answered, in whatever way: `hits`, `waits`, `misses` and `bypasses` together. */
  readonly requests: number;
  /** Answered from what is stored. */
  readonly hits: number;
  readonly hitsByState: Readonly<Record<"fresh" | "stale" | "shield", number>>;
  /** Answered by what another's fill had just stored. */
  readonly waits: number;
  /** Went to the origin, as nothing that is stored answers. */
  readonly misses: number;
  readonly missesByReason: Readonly<Partial<Record<LookedUpReason, number>>>;
  /** Went past the cache. */
  readonly bypasses: number;
  readonly bypassesByReason: Readonly<Partial<Record<BypassReason, number>>>;
  /** Of the misses: answered by what is stored after all, as the origin had failed. */
  readonly standIns: number;
  readonly origin: OriginFigures;
  readonly puts: number;
  /** Responses that were offered and not stored. */
  readonly refusals: number;
  readonly refusalsByReason: Readonly<Partial<Record<RefusalReason, number>>>;
  /** Bytes of the bodies of what answered from the cache, and of what was stored; decoded. */
  readonly bytesServed: number;
  readonly bytesStored: number;
  readonly deletes: number;
  readonly purges: number;
  /** Entries that purges hit. */
  readonly purged: number;
  readonly revocations: number;
  /** Entries that were in force again after a purge had been taken back. */
  readonly restored: number;
  /** What requests by unsafe methods made invalid (RFC 9111 section 4.4), one for each URL or group. */
  readonly invalidations: number;
  /** What Larder itself could not do. */
  readonly errors: number;
}

/** What was asked of the origin, for those who asked and to refresh what is stale. */
export interface OriginFigures {
  readonly requests: number;
  /** Of these, answered by 500 or more, not in time, or not at all. */
  readonly errors: number;
  /** Milliseconds they took, together. */
  readonly ms: number;
  /** How many took up to so many milliseconds and longer than the one before; null is without end. */
  readonly byTime: readonly { readonly upToMs: number | null; readonly requests: number }[];
}

/** The counters as people read them. */
export function figuresOf(counts: Counts): Figures {
  const of = (name: CounterName) => counts[name] ?? 0;
  const hitsByState = { fresh: of("hits.fresh"), stale: of("hits.stale"), shield: of("hits.shield") };
  const hits = hitsByState.fresh + hitsByState.stale + hitsByState.shield;
  const missed = reasons<LookedUpReason>(counts, "misses.");
  const bypassed = reasons<BypassReason>(counts, "bypasses.");
  const refused = reasons<RefusalReason>(counts, "refusals.");
  const waits = of("waits");
  return {
    requests: hits + waits + missed.sum + bypassed.sum,
    hits,
    hitsByState,
    waits,
    misses: missed.sum,
    missesByReason: missed.by,
    bypasses: bypassed.sum,
    bypassesByReason: bypassed.by,
    standIns: of("stand-ins"),
    origin: {
      requests: of("origin.requests"),
      errors: of("origin.errors"),
      ms: of("origin.ms"),
      byTime: byTime(counts),
    },
    puts: of("puts"),
    refusals: refused.sum,
    refusalsByReason: refused.by,
    bytesServed: of("bytes.served"),
    bytesStored: of("bytes.stored"),
    deletes: of("deletes"),
    purges: of("purges"),
    purged: of("purged"),
    revocations: of("revocations"),
    restored: of("restored"),
    invalidations: of("invalidations"),
    errors: of("errors.object") + of("errors.cache"),
  };
}

/** What the counters of one kind come to, and those of them that are not zero. */
function reasons<Reason extends string>(counts: Counts, kind: string) {
  const by: Partial<Record<Reason, number>> = {};
  let sum = 0;
  for (const name of counterNames) {
    const count = counts[name] ?? 0;
    if (count === 0 || !name.startsWith(kind)) continue;
    by[name.slice(kind.length) as Reason] = count;
    sum += count;
  }
  return { by, sum };
}

function byTime(counts: Counts): OriginFigures["byTime"] {
  return originBuckets.map(([name, ms]) => ({
    upToMs: Number.isFinite(ms) ? ms : null,
    requests: counts[name] ?? 0,
  }));
}
