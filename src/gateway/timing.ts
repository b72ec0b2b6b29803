import { cacheOutcome } from "../http/cache-status.ts";

/** How long an answer took, and how long the origin took of it, where that was asked; in milliseconds. */
export interface Times {
  readonly totalMs: number;
  readonly originMs: number | undefined;
}

/**
 * What `Server-Timing` is to say (www.w3.org/TR/server-timing): `larder` with what came of the look-up, and `origin`. The
 * clock of a Worker stands still between two waits, so that what needs no wait takes no time
 * (developers.cloudflare.com/workers/runtime-apis/performance).
 */
export function timing(headers: Headers, { totalMs, originMs }: Times): string {
  const outcome = cacheOutcome(headers);
  const larder = `larder;dur=${totalMs}${outcome === undefined ? "" : `;desc="${outcome}"`}`;
  return originMs === undefined ? larder : `${larder}, origin;dur=${originMs}`;
}
