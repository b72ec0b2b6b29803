import type { StoredEntry } from "../../schema/entry.ts";
import { lifetimeSeconds } from "../../schema/entry.ts";
import type { CopyExplained } from "../../schema/explain.ts";
import { formatVersion } from "../../schema/version.ts";
import { ageOf } from "./verdict.ts";

/** What people are told of an entry in a cache. */
export function copyTold(entry: StoredEntry, nowMs: number): CopyExplained {
  const { status, bytes, tags, permanent, asOf, storedAtMs, ttlSeconds } = entry;
  const ageSeconds = ageOf(entry, nowMs);
  const left = (untilSeconds: number) => Math.max(0, untilSeconds - ageSeconds);
  return {
    status,
    bytes,
    tags: [...tags],
    permanent,
    asOf: formatVersion(asOf),
    storedAt: new Date(storedAtMs),
    ageSeconds,
    left: {
      freshSeconds: left(ttlSeconds),
      staleWhileRevalidateSeconds: left(ttlSeconds + entry.staleWhileRevalidateSeconds),
      staleIfErrorSeconds: left(ttlSeconds + entry.staleIfErrorSeconds),
      keptSeconds: left(lifetimeSeconds(entry)),
    },
  };
}
