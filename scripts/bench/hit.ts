/**
 * What a 10 KB hit costs: a bare Worker's `caches.default.match` against Larder in the app's isolate, and a bare
 * service-binding hop that does the same match against Larder over RPC. docs/performance.md tells how and why so.
 *
 *     npm run bench:hit -- [--seconds 60]
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ratioOf } from "./blocks.ts";
import { bundleCoordinator, bundleModule } from "./bundles.ts";
import { inDirectory } from "./directory.ts";
import { printRatios, printRows } from "./report.ts";
import type { Ratio, Row } from "./results.ts";
import { record } from "./results.ts";
import { estimate, median, rounded } from "./statistics.ts";
import type { BenchCase } from "./workerd.ts";
import { benchmark, compatibilityDate, configuration } from "./workerd.ts";

const ROUNDS = 220;
const BATCH = 20;
/** The first rounds of a process warm its optimiser up, and are not counted. */
const WARM_UP_ROUNDS = 20;

/** In scripts/bench/workers/hits.ts: whole requests to a Worker, and the look-up alone. */
const variants = [
  "hit-bare",
  "hit-bare-again",
  "hit-in-isolate",
  "hit-hop",
  "hit-over-rpc",
  "match-bare",
  "match-in-isolate",
  "match-hop",
  "match-over-rpc",
] as const;
type Variant = (typeof variants)[number];
/** What one hit cost in the blocks of each variant, in microseconds; the blocks of one index ran within milliseconds. */
type Blocks = Readonly<Record<Variant, number[]>>;

const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" } } });
const seconds = Number(values.seconds);
if (!(seconds > 0)) {
  console.error("--seconds: must be a number above 0");
  process.exit(2);
}

await inDirectory(main);

async function main(directory: string): Promise<void> {
  const coordinator = await bundleCoordinator(join(directory, "coordinator"));
  const client = await bundleModule("scripts/bench/workers/client-only.ts", join(directory, "client-only.js"));
  for (const name of ["hits", "app-bare", "app-in-isolate", "app-hop", "app-over-rpc", "hop", "store"]) {
    await bundleModule(`scripts/bench/workers/${name}.ts`, join(directory, `${name}.js`));
  }

  const cpu = noBlocks();
  const wall = noBlocks();
  const endsAtMs = performance.now() + seconds * 1000;
  let processes = 0;
  do {
    processes += 1;
    const cases = await benchmark(directory, await config(directory, processes), "hits");
    for (const { name, cpuNs, wallNs } of counted(cases)) {
      cpu[name].push(cpuNs / 1000);
      wall[name].push(wallNs / 1000);
    }
    process.stderr.write(`\r${processes} processes, ${cpu["hit-bare"].length * BATCH} hits a variant `);
  } while (performance.now() < endsAtMs);
  process.stderr.write("\n\n");

  const rows: Row[] = variants.map((name) => timing(name, cpu[name], wall[name]));
  const ratios = {
    "hit-in-isolate": quotient(cpu, "hit-in-isolate", "hit-bare", 1.1),
    "hit-over-rpc": quotient(cpu, "hit-over-rpc", "hit-hop", 1.1),
    "hit-control": quotient(cpu, "hit-bare-again", "hit-bare"),
    "match-in-isolate": quotient(cpu, "match-in-isolate", "match-bare"),
    "match-over-rpc": quotient(cpu, "match-over-rpc", "match-hop"),
  };
  const sizes = [
    { name: "bundle-coordinator", bytes: coordinator.bytes, gzipBytes: coordinator.gzipBytes },
    { name: "bundle-client", bytes: client.bytes, gzipBytes: client.gzipBytes },
  ];
  await record({ benchmark: "hit", rows: [...rows, ...sizes], ratios });
  printRows(rows);
  printRows(sizes);
  printRatios(ratios);
}

/** Bare workerd, all Workers in one process; the cache of all of them is one map. */
async function config(directory: string, seed: number): Promise<string> {
  const cache = "store";
  const objects = join(directory, `objects-${seed}`);
  await mkdir(objects);
  return configuration(
    [
      {
        name: "hits",
        module: "hits.js",
        cache,
        services: {
          APP_BARE: "app-bare",
          APP_IN_ISOLATE: "app-in-isolate",
          APP_HOP: "app-hop",
          APP_OVER_RPC: "app-over-rpc",
          HOP: "hop",
          LARDER: "coordinator",
        },
        settings: { ROUNDS, BATCH, SEED: seed * ROUNDS },
      },
      { name: "app-bare", module: "app-bare.js", cache },
      { name: "app-in-isolate", module: "app-in-isolate.js", cache, services: { LARDER: "coordinator" } },
      { name: "app-hop", module: "app-hop.js", cache, services: { HOP: "hop" } },
      { name: "app-over-rpc", module: "app-over-rpc.js", cache, services: { LARDER: "coordinator" } },
      { name: "hop", module: "hop.js", cache },
      { name: "coordinator", module: "coordinator/worker.js", cache, objects: { NAMESPACES: "CacheNamespace" } },
      { name: "store", module: "store.js" },
    ],
    objects,
    await compatibilityDate(),
  );
}

/** The blocks after the warm-up. */
function counted(cases: readonly BenchCase[]): { name: Variant; cpuNs: number; wallNs: number }[] {
  return cases.flatMap(({ name: label, cpuNs, wallNs }) => {
    const [round, variant] = label.split("/");
    const name = variants.find((known) => known === variant);
    const [cpuSample] = cpuNs.samples;
    const [wallSample] = wallNs.samples;
    if (name === undefined || cpuSample === undefined || wallSample === undefined)
      throw new Error(`${label}: no sample`);
    return Number(round) < WARM_UP_ROUNDS ? [] : [{ name, cpuNs: cpuSample, wallNs: wallSample }];
  });
}

/** Wall time, and beside it the processor time of workerd's one thread: on an idle machine they are the same. */
function timing(name: Variant, cpu: readonly number[], wall: readonly number[]): Row {
  const { median: medianUs, low, high } = estimate(wall);
  return {
    name,
    medianUs: rounded(medianUs),
    lowUs: rounded(low),
    highUs: rounded(high),
    cpuMedianUs: rounded(median(cpu)),
    minUs: rounded(Math.min(...wall)),
    hits: wall.length * BATCH,
  };
}

/** Of processor time. */
function quotient(cpu: Blocks, above: Variant, below: Variant, atMost?: number): Ratio {
  return ratioOf(cpu[above], cpu[below], atMost);
}

function noBlocks(): Blocks {
  return Object.fromEntries(variants.map((name): [Variant, number[]] => [name, []])) as Blocks;
}
