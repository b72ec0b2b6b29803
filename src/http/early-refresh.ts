/*
 * Two remedies for many entries that end in one second, by chance alone: no one has to agree with anyone. `random` is a
 * number in [0, 1), as `Math.random` gives it.
 */

/**
 * `ttlSeconds`, shortened by a random whole number of seconds, each as likely as the others, up to the share `jitter`
 * of it. In whole seconds, never below 1 and never above `ttlSeconds`, which is a whole number from 1.
 *
 * Of a response that came with an age, give what is left of its lifetime: shortened as a whole, it could be over at
 * once.
 */
export function jittered(ttlSeconds: number, jitter: number, random: number): number {
  const most = Math.floor(ttlSeconds * jitter);
  return Math.max(1, ttlSeconds - Math.floor(random * (most + 1)));
}

/** An entry that is still fresh, and what getting it anew costs. */
export interface RefreshInput {
  readonly ageSeconds: number;
  readonly ttlSeconds: number;
  /** How long its maker took to answer: the longer, the earlier a refresh has to begin. 0 where that is not known. */
  readonly fillSeconds: number;
  /** 1 is what the paper starts from; more refreshes earlier, 0 never. */
  readonly beta: number;
  readonly random: number;
}

/**
 * Whether this request is the one to refresh an entry before its end: XFetch, of Vattani, Chierichetti and Lowenstein,
 * "Optimal Probabilistic Cache Stampede Prevention" (VLDB 2015). Each request decides for itself, and the more of them
 * there are the sooner one does. With `left` seconds to go it is due with the probability
 *
 *     exp(-left / (beta * fillSeconds))
 *
 * and always once nothing is left. Never with a `beta` or `fillSeconds` of 0.
 */
export function isDueEarly({ ageSeconds, ttlSeconds, fillSeconds, beta, random }: RefreshInput): boolean {
  const scaleSeconds = beta * fillSeconds;
  if (scaleSeconds <= 0) return false;
  // The paper takes the logarithm of a number in (0, 1], which 1 - random is: random itself may be 0.
  const aheadSeconds = -Math.log1p(-random) * scaleSeconds;
  return ageSeconds + aheadSeconds >= ttlSeconds;
}
