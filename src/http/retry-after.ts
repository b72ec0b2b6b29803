import { parseDeltaSeconds } from "./delta-seconds.ts";
import { parseHttpDate } from "./http-date.ts";

/** RFC 9110 section 10.2.3: in how many milliseconds to come back; 0 where it does not say. */
export function retryAfterMs(field: string | null, nowMs: number): number {
  if (field === null) return 0;
  const seconds = parseDeltaSeconds(field.trim());
  if (seconds !== undefined) return seconds * 1000;
  const atMs = parseHttpDate(field.trim());
  return atMs === undefined ? 0 : Math.max(0, atMs - nowMs);
}
