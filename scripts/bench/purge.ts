/**
 * What purges cost in one namespace: a purge of a tag on 10, 1,000 (the most that are judged one by one), 10,000 and
 * 1,000,000 entries, and a view of 10,000 records to judge by, to send and to hold.
 *
 *     npm run bench:purge -- [--rounds 100]
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Blocks } from "./blocks.ts";
import { blocksOf, ratioOf, samplesOf, timing } from "./blocks.ts";
import { bundleModule } from "./bundles.ts";
import { inDirectory } from "./directory.ts";
import { keptReply, retainedByView } from "./purge-view.ts";
import { printRatios, printRows } from "./report.ts";
import type { Ratio } from "./results.ts";
import { record } from "./results.ts";
import { roundsOf } from "./rounds.ts";
import { median, rounded } from "./statistics.ts";
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

const { values } = parseArgs({ options: { rounds: { type: "string", default: "100" } } });
const rounds = roundsOf(values.rounds);

await inDirectory(main);

async function main(directory: string): Promise<void> {
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
  const blocks = blocksOf(await benchmark(directory, config, worker.name), WARM_UP_ROUNDS);
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

/** Of wall time, as the caller of a purge waits for the disk too. */
function quotient({ wall }: Blocks, above: string, below: string, atMost?: number): Ratio {
  return ratioOf(samplesOf(wall, above), samplesOf(wall, below), atMost);
}

/** The median of several: what else lies on the heap comes and goes. */
function memory(reply: Uint8Array): number {
  return median(Array.from({ length: 5 }, () => retainedByView(reply)));
}
