/** A median and the interval it lies in with 95 % confidence. */
export interface Estimate {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 1000;

/** @throws Error when there is no sample */
export function median(samples: readonly number[]): number {
  return quantile(
    samples.toSorted((a, b) => a - b),
    0.5,
  );
}

/**
 * The median with a percentile bootstrap interval: the median of as many samples drawn with replacement, a thousand
 * times over. It supposes nothing about how the samples are distributed, and times have long tails.
 */
export function estimate(samples: readonly number[]): Estimate {
  const medians = Array.from({ length: RESAMPLES }, () => {
    return median(samples.map(() => samples[Math.floor(Math.random() * samples.length)] ?? Number.NaN));
  }).sort((a, b) => a - b);
  return { median: median(samples), low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}

/** To three decimals, which is more than any figure is good for. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** @throws Error when there is no sample */
export function quantile(sorted: readonly number[], fraction: number): number {
  const position = (sorted.length - 1) * fraction;
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) throw new Error("no samples");
  return below + (above - below) * (position - Math.floor(position));
}
