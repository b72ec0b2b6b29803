/** Numbers from 0 up to but not including 1. */
export type Random = () => number;

/** SplitMix32: the same numbers for the same seed, on every machine. */
export function seeded(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let bits = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
    return ((bits ^ (bits >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** A sampler of ranks from 0, in which rank `r` is drawn in proportion to `1 / (r + 1) ** exponent` (Zipf's law). */
export function zipf(ranks: number, exponent: number, random: Random): () => number {
  const upTo = new Float64Array(ranks);
  let total = 0;
  for (let rank = 0; rank < ranks; rank += 1) {
    total += (rank + 1) ** -exponent;
    upTo[rank] = total;
  }
  return () => {
    const drawn = random() * total;
    let low = 0;
    let high = ranks - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((upTo[middle] ?? total) > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/** The time to the next of events that come by chance, `perSecond` of them on average (a Poisson process). */
export function gapMs(perSecond: number, random: Random): number {
  return (-Math.log(1 - random()) / perSecond) * 1000;
}

/** Positive, with the given median and a long tail to the right: what round trips look like. */
export function logNormal(median: number, sigma: number, random: Random): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}
