/**
 * What judging one hit costs, without any I/O: the stored metadata, the purge log, freshness, the variant, the client's
 * conditions and the fields a cache adds; beside it what http-cache-semantics does at a hit.
 *
 *     npm run bench:policy -- [--rounds 100]
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Blocks } from "./blocks.ts";
import { blocksOf, ratioOf, samplesOf, timing } from "./blocks.ts";
import { bundleModule } from "./bundles.ts";
import { inDirectory } from "./directory.ts";
import { printRatios, printRows } from "./report.ts";
import type { Ratio, Row } from "./results.ts";
import { record } from "./results.ts";
import { roundsOf } from "./rounds.ts";
import type { BenchCase } from "./workerd.ts";
import { benchmark, compatibilityDate, configuration } from "./workerd.ts";

/** Hits in a block. */
const BATCH = 100;
/** Purge records in the view. */
const RECORDS = 10_000;
/** The first rounds of a process warm its optimiser up, and are not counted. */
const WARM_UP_ROUNDS = 20;
/** Where code and data come to lie in memory differs between processes. */
const PROCESSES = 4;
/** The goal of `policy-hit`, in microseconds. */
const GOAL_US = 15;

/** In scripts/bench/workers/policy.ts. */
const hits = [
  "policy-hit",
  "policy-hit-remembered",
  "policy-hit-unconditional",
  "policy-hit-given-out",
  "policy-variant",
  "policy-parse",
  "policy-parse-remembered",
  "policy-judge",
  "policy-freshness",
  "policy-fields",
  "policy-conditional",
  "http-cache-semantics-hit",
  "http-cache-semantics-hit-in-worker",
] as const;

const { values } = parseArgs({ options: { rounds: { type: "string", default: "100" } } });
const rounds = roundsOf(values.rounds);

await inDirectory(main);

async function main(directory: string): Promise<void> {
  await bundleModule("scripts/bench/workers/policy.ts", join(directory, "policy.js"));
  const objects = join(directory, "objects");
  await mkdir(objects);
  const cases: BenchCase[] = [];
  for (let at = 0; at < PROCESSES; at += 1) {
    const settings = { ROUNDS: rounds + WARM_UP_ROUNDS, BATCH, RECORDS, SEED: at * 1000 };
    const worker = { name: "policy", module: "policy.js", settings };
    const config = configuration([worker], objects, await compatibilityDate());
    cases.push(...(await benchmark(directory, config, worker.name)));
  }
  const blocks = blocksOf(cases, WARM_UP_ROUNDS);
  const rows: Row[] = hits.map((name) => ({ ...timing(name, blocks, BATCH), ...goalOf(name) }));
  const ratios = {
    "policy-over-http-cache-semantics": quotient(blocks, "policy-hit", "http-cache-semantics-hit"),
    "policy-over-http-cache-semantics-in-worker": quotient(
      blocks,
      "policy-hit-given-out",
      "http-cache-semantics-hit-in-worker",
    ),
    "policy-control": quotient(blocks, "policy-hit-again", "policy-hit"),
  };
  await record({ benchmark: "policy", rows, ratios });
  printRows(rows);
  printRatios(ratios);
}

function goalOf(name: string): { atMostUs?: number } {
  return name === "policy-hit" ? { atMostUs: GOAL_US } : {};
}

/** Of processor time. */
function quotient({ cpu }: Blocks, above: string, below: string): Ratio {
  return ratioOf(samplesOf(cpu, above), samplesOf(cpu, below));
}
