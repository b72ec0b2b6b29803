import type { Plan } from "./zone-settings.ts";

/** How full a bucket was at a time. In storage, so that it outlives the object's instance. */
export interface Level {
  readonly tokens: number;
  /** From when on it fills. Where that lies ahead, it does not yet. */
  readonly atMs: number;
}

/**
 * A token bucket that is never fuller than the one on the other side, as long as nobody else draws from that: it does not
 * fill while a request is under way, which the other side has counted some time between its beginning and its end.
 */
export function levelAt({ tokens, atMs }: Level, { perSecond, bucket }: Plan, nowMs: number): Level {
  if (nowMs <= atMs) return { tokens: Math.min(tokens, bucket), atMs };
  return { tokens: Math.min(bucket, tokens + ((nowMs - atMs) / 1000) * perSecond), atMs: nowMs };
}

/** When there is a token to be had. */
export function tokenAtMs({ tokens, atMs }: Level, { perSecond }: Plan): number {
  return tokens >= 1 ? atMs : atMs + Math.ceil(((1 - tokens) / perSecond) * 1000);
}
