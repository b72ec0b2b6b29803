import type { Ratio, Row } from "./results.ts";
import { estimate, median, rounded } from "./statistics.ts";
import type { BenchCase } from "./workerd.ts";

/** What is measured once a round, in microseconds; what has one index was measured within the same round. */
export interface Blocks {
  readonly cpu: ReadonlyMap<string, readonly number[]>;
  readonly wall: ReadonlyMap<string, readonly number[]>;
}

/** The cases named `<round>/<name>`, without the rounds that warm the optimiser up. */
export function blocksOf(cases: readonly BenchCase[], warmUpRounds: number): Blocks {
  const cpu = new Map<string, number[]>();
  const wall = new Map<string, number[]>();
  for (const { name: label, cpuNs, wallNs } of cases) {
    const [round, name = ""] = label.split("/");
    const [cpuSample] = cpuNs.samples;
    const [wallSample] = wallNs.samples;
    if (cpuSample === undefined || wallSample === undefined) throw new Error(`${label}: no sample`);
    if (Number(round) < warmUpRounds) continue;
    append(cpu, name, cpuSample / 1000);
    append(wall, name, wallSample / 1000);
  }
  return { cpu, wall };
}

function append(samples: Map<string, number[]>, name: string, sample: number): void {
  const found = samples.get(name);
  if (found === undefined) samples.set(name, [sample]);
  else found.push(sample);
}

/** @throws Error when nothing of that name was measured */
export function samplesOf(costs: ReadonlyMap<string, readonly number[]>, name: string): readonly number[] {
  const found = costs.get(name);
  if (found === undefined) throw new Error(`${name}: not measured`);
  return found;
}

/** Wall time, and beside it the processor time of workerd's one thread. `each` is how many a block holds. */
export function timing(name: string, { cpu, wall }: Blocks, each = 1): Row {
  const costs = samplesOf(wall, name).map((cost) => cost / each);
  const { median: medianUs, low, high } = estimate(costs);
  return {
    name,
    medianUs: rounded(medianUs),
    lowUs: rounded(low),
    highUs: rounded(high),
    cpuMedianUs: rounded(median(samplesOf(cpu, name)) / each),
    minUs: rounded(Math.min(...costs)),
    samples: costs.length,
  };
}

/**
 * The median of quotients that were each taken within one round, so that what slows the whole machine for a while cancels
 * out.
 */
export function ratioOf(dividends: readonly number[], divisors: readonly number[], atMost?: number): Ratio {
  const quotients = dividends.map((cost, at) => cost / (divisors[at] ?? Number.NaN));
  const { median: value, low, high } = estimate(quotients);
  const found = { value: rounded(value), low: rounded(low), high: rounded(high) };
  return atMost === undefined ? found : { ...found, atMost };
}
