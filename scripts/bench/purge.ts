/**
 * What purges cost in one namespace: a purge of a tag on 10, 1,000 (the most that are judged one by one), 10,000 and
 * 1,000,000 entries, and a view of 10,000 records to judge by, to send and to hold.
 *
 *     npm run bench:purge -- [--rounds 100]
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundleModule } from "./bundles.ts";
import { Interrupted } from "./children.ts";
import { keptReply, retainedByView } from "./purge-view.ts";
import { printRatios, printRows } from "./report.ts";
import type { Ratio, Row } from "./results.ts";
import { record } from "./results.ts";
import { estimate, median, rounded } from "./statistics.ts";
import type { BenchCase } from "./workerd.ts";
import { benchmark, compatibilityDate, configuration } from "./workerd.ts";

/** Entries judged in a block. */
const JUDGED = 100;
/** Records in a view. */
const RECORDS = 10_000;
/** The first rounds warm the optimiser up, and are not counted. */
const WARM_UP_ROUNDS = 10;

/** In scripts/bench/workers/purge-calls.ts: one call over RPC. */
const purges = ["purge-10", "purge-1k", "purge-10k", "purge-1m", "purge-1m-by-prefix", "purge-1m-by-cache"] as const;
/** In scripts/bench/workers/purge-judging.ts: the verdict on one entry. */
const verdicts = [
  "judge-10k",
  "judge-10k-hit",
  "judge-10k-no-prefixes",
  "judge-10k-no-prefixes-hit",
  "judge-10k-spread",
] as const;

/** What is measured once a round, in microseconds; what has one index was measured within the same round. */
interface Blocks {
  readonly cpu: Map<string, number[]>;
  readonly wall: Map<string, number[]>;
}

const { values } = parseArgs({ options: { rounds: { type: "string", default: "100" } } });
const rounds = Number(values.rounds);
if (!(Number.isSafeInteger(rounds) && rounds > 0 && rounds <= 1000)) {
  console.error("--rounds: must be a whole number from 1 to 1000");
  process.exit(2);
}

const directory = await mkdtemp(join(tmpdir(), "larder-bench-"));
try {
  await main();
} catch (error) {
  if (!(error instanceof Interrupted)) throw error;
  process.exitCode = error.exitCode;
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function main(): Promise<void> {
  await bundleModule("scripts/bench/workers/purge-calls.ts", join(directory, "purge-calls.js"));
  const objects = join(directory, "objects");
  await mkdir(objects);
  const worker = {
    name: "purge-calls",
    module: "purge-calls.js",
    objects: { NAMESPACES: "FilledNamespace" },
    settings: { ROUNDS: rounds + WARM_UP_ROUNDS, JUDGED, RECORDS, SEED: 1 },
  };
  const config = configuration([worker], objects, await compatibilityDate());
  const blocks = counted(await benchmark(directory, config, worker.name));
  const reply = await keptReply(join(objects, "FilledNamespace"), "slice");

  const calls = purges.map((name) => timing(name, blocks));
  const judgements = verdicts.map((name) => timing(name, blocks, JUDGED));
  const sizes = [
    { name: "view-bytes", bytesPerRecord: rounded(reply.byteLength / RECORDS), records: RECORDS },
    { name: "view-memory", bytes: Math.round(memory(reply)), records: RECORDS },
  ];
  const ratios = {
    "purge-1m-over-10": quotient(blocks, "purge-1m", "purge-10", 2),
    "purge-1k-over-10": quotient(blocks, "purge-1k", "purge-10"),
    "purge-10k-over-10": quotient(blocks, "purge-10k", "purge-10"),
  };
  await record({ benchmark: "purge", rows: [...calls, ...judgements, ...sizes], ratios });
  printRows(calls);
  printRows(judgements);
  for (const row of sizes) printRows([row]);
  printRatios(ratios);
}

/** The blocks after the warm-up. */
function counted(cases: readonly BenchCase[]): Blocks {
  const blocks: Blocks = { cpu: new Map(), wall: new Map() };
  for (const { name: label, cpuNs, wallNs } of cases) {
    const [round, name = ""] = label.split("/");
    const [cpu] = cpuNs.samples;
    const [wall] = wallNs.samples;
    if (cpu === undefined || wall === undefined) throw new Error(`${label}: no sample`);
    if (Number(round) < WARM_UP_ROUNDS) continue;
    blocks.cpu.set(name, [...(blocks.cpu.get(name) ?? []), cpu / 1000]);
    blocks.wall.set(name, [...(blocks.wall.get(name) ?? []), wall / 1000]);
  }
  return blocks;
}

/** Wall time, and beside it the processor time of workerd's one thread. */
function timing(name: string, { cpu, wall }: Blocks, each = 1): Row {
  const costs = samples(wall, name).map((cost) => cost / each);
  const { median: medianUs, low, high } = estimate(costs);
  return {
    name,
    medianUs: rounded(medianUs),
    lowUs: rounded(low),
    highUs: rounded(high),
    cpuMedianUs: rounded(median(samples(cpu, name)) / each),
    minUs: rounded(Math.min(...costs)),
    samples: costs.length,
  };
}

/** Of wall time, as the caller of a purge waits for the disk too; round by round, so that a slow while cancels out. */
function quotient({ wall }: Blocks, above: string, below: string, atMost?: number): Ratio {
  const divisors = samples(wall, below);
  const quotients = samples(wall, above).map((cost, at) => cost / (divisors[at] ?? Number.NaN));
  const { median: value, low, high } = estimate(quotients);
  const found = { value: rounded(value), low: rounded(low), high: rounded(high) };
  return atMost === undefined ? found : { ...found, atMost };
}

function samples(costs: ReadonlyMap<string, number[]>, name: string): readonly number[] {
  const found = costs.get(name);
  if (found === undefined) throw new Error(`${name}: not measured`);
  return found;
}

/** The median of several: what else lies on the heap comes and goes. */
function memory(reply: Uint8Array): number {
  return median(Array.from({ length: 5 }, () => retainedByView(reply)));
}
