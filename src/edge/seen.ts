import type { StoredEntry } from "../../schema/entry.ts";
import type { MissReason } from "../../schema/events.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { Demand } from "../../schema/rpc.ts";
import { forbidsStale } from "../http/freshness.ts";
import { hasDirectives, requestWish } from "../http/request-directives.ts";
import { responseControl } from "../http/targeted-control.ts";
import type { LogState } from "../log/verdict.ts";
import { byAge } from "../log/verdict.ts";
import type { InCache } from "../store/data-centre-cache.ts";
import { giveOut } from "../store/stored-form.ts";
import type { FoundAt } from "./find.ts";

/** What lies under a request's key, judged. */
export type Seen =
  | { readonly state: Extract<MissReason, "absent" | "expired" | "purged" | "unknown" | "hit-for-miss"> }
  | {
      readonly state: "fresh" | "stale" | "error-only" | "revalidate";
      readonly entry: StoredEntry;
      readonly ageSeconds: number;
      readonly inCache: InCache;
      readonly found: FoundEntry;
    };

export type FoundEntry = Extract<InCache["found"], { kind: "entry" }>;

export type Present = Extract<Seen, { entry: StoredEntry }>;

export function isPresent(seen: Seen): seen is Present {
  return "entry" in seen;
}

/** What is to be made of an entry, once the log has been asked. */
export function seenAs(inCache: InCache, found: FoundEntry, log: LogState, nowMs: number): Seen {
  const { entry } = found;
  const judged = byAge(entry, log, nowMs);
  if (judged.state === "purged" || judged.state === "unknown" || judged.state === "expired") {
    return { state: judged.state };
  }
  return { state: judged.state, ageSeconds: judged.ageSeconds, entry, inCache, found };
}

export type Fitness = "fit" | "unfit" | "unwanted";

/** Whether what is there may answer the request, by its state and by what the request asks. */
export function fitnessFor(
  config: CacheConfig,
  { headers }: Pick<Request, "headers">,
  seen: Present,
  { standIn }: Pick<Demand, "standIn">,
): Fitness {
  if (standIn === "confirmed") return "fit";
  const { state, entry, ageSeconds } = seen;
  const mayBeStale = () => !forbidsStale(responseControl(originalHeaders(seen), config.targetedControl));
  if (config.requestDirectives === "honor" && hasDirectives(headers)) {
    const { ttlSeconds } = entry;
    const origin = standIn === undefined ? "unasked" : "failed";
    const wish = requestWish(headers, { ageSeconds, ttlSeconds, isFresh: state === "fresh", origin, mayBeStale });
    if (wish === "validate") return "unwanted";
    if (wish === "content-if-stale") return "fit";
  }
  if (state === "fresh" || state === "stale") return "fit";
  if (state === "error-only") return standIn === undefined ? "unfit" : "fit";
  return (standIn === "unreachable" || standIn === "timeout") && mayBeStale() ? "fit" : "unfit";
}

/** What a request that cannot be answered is told, in the words of a miss. */
export function reasonFor(seen: Seen, fitness: Fitness, steps: FoundAt["steps"]): MissReason {
  if (!isPresent(seen)) return seen.state === "absent" && steps === 2 ? "variant" : seen.state;
  return fitness === "unwanted" ? "request" : "expired";
}

function originalHeaders({ inCache, found }: Present): Headers {
  return giveOut(inCache.stored, found, null).headers;
}
