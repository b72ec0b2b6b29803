import type { AbsoluteUrl } from "../schema/key.ts";
import { sortedUrl } from "../schema/key.ts";

/** After this long a request that a refill has made has come to its own turn, or never will. */
const EXPECTED_MS = 10_000;

/**
 * How often the origin is asked while a refill runs: by the refill itself, and by whoever refreshes what is stale. The two
 * draw on one allowance, so that together they never ask more often than the refill may. In memory: after an eviction the
 * next request is at most one more than the pace allows.
 */
export class OriginPace {
  #of: { readonly caches: ReadonlySet<string | undefined>; readonly betweenMs: number } | undefined;
  #nextAtMs = 0;
  /** URLs the refill has drawn for, and until when these count. */
  readonly #expected = new Map<string, number>();

  /** Those that are held to it: undefined among them holds all. None, and nobody is. */
  hold(caches: readonly (string | undefined)[], perSecond: number): void {
    this.#of = caches.length === 0 ? undefined : { caches: new Set(caches), betweenMs: 1000 / perSecond };
    if (this.#of === undefined) this.#expected.clear();
  }

  /** Milliseconds until the refill may make its next request. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#nextAtMs - nowMs);
  }

  /** The refill asks for a URL: what comes of that may go to the origin. */
  draw(url: AbsoluteUrl, nowMs: number): void {
    for (const [expected, untilMs] of this.#expected) {
      // In the order of their times.
      if (untilMs > nowMs) break;
      this.#expected.delete(expected);
    }
    this.#expected.set(sortedUrl(url), nowMs + EXPECTED_MS);
    this.#spend(nowMs);
  }

  /** What was asked for has come. */
  settled(url: AbsoluteUrl): void {
    this.#expected.delete(sortedUrl(url));
  }

  /** Nothing is asked before then: the origin has had too much. */
  pauseUntil(atMs: number): void {
    this.#nextAtMs = Math.max(this.#nextAtMs, atMs);
  }

  /** Whether something stale may be refreshed now, which counts if so; or in how many milliseconds to ask again. */
  mayRefresh(cache: string, url: string, nowMs: number): true | number {
    if (this.#of === undefined || !(this.#of.caches.has(cache) || this.#of.caches.has(undefined))) return true;
    if (this.#expected.delete(url)) return true;
    const waitMs = this.waitMs(nowMs);
    if (waitMs > 0) return waitMs;
    this.#spend(nowMs);
    return true;
  }

  #spend(nowMs: number): void {
    this.#nextAtMs = nowMs + (this.#of?.betweenMs ?? 0);
  }
}
