import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";
import { blocksOf, ratioOf, samplesOf, timing } from "./blocks.ts";
import { bundleModule } from "./bundles.ts";
import type { Ratio, Row } from "./results.ts";
import type { BenchCase } from "./workerd.ts";
import { benchmark, compatibilityDate, configuration } from "./workerd.ts";

const ROUNDS = 220;
/** The first rounds of a process warm its optimiser up, and are not counted. */
const WARM_UP_ROUNDS = 20;
/** Where code and data come to lie in memory differs between processes. */
const PROCESSES = 4;

/** In scripts/bench/workers/misses.ts. */
const cases = ["round-trip", "round-trip-write", "miss-bare", "miss-larder-answer", "miss-larder"] as const;

/** One miss after the other, of a key of its own each, from an origin that takes no time. */
export async function lonelyMisses(
  directory: string,
): Promise<{ readonly rows: readonly Row[]; readonly ratios: Readonly<Record<string, Ratio>> }> {
  await bundleModule("scripts/bench/workers/misses.ts", join(directory, "misses.js"), [tellingWhenDone]);
  for (const name of ["misses-coordinator", "store"]) {
    await bundleModule(`scripts/bench/workers/${name}.ts`, join(directory, `${name}.js`));
  }
  const found: BenchCase[] = [];
  for (let at = 0; at < PROCESSES; at += 1) {
    process.stderr.write(`\rmisses: process ${at + 1} of ${PROCESSES} `);
    found.push(...(await benchmark(directory, await config(directory, at), "misses")));
  }
  const blocks = blocksOf(found, WARM_UP_ROUNDS);
  // Of wall time, as part of what a miss costs is waiting for the disk; of processor time for when others use the disk.
  const samples = (name: (typeof cases)[number]) => samplesOf(blocks.wall, name);
  const cpuSamples = (name: (typeof cases)[number]) => samplesOf(blocks.cpu, name);
  return {
    rows: cases.map((name) => timing(name, blocks)),
    ratios: {
      "miss-over-round-trip": ratioOf(added(samples), samples("round-trip"), 2.5),
      "miss-over-round-trip-cpu": ratioOf(added(cpuSamples), cpuSamples("round-trip")),
      "miss-over-round-trip-whole": ratioOf(samples("miss-larder"), samples("round-trip")),
      "miss-over-round-trip-answer": ratioOf(samples("miss-larder-answer"), samples("round-trip")),
      "write-over-round-trip": ratioOf(samples("round-trip-write"), samples("round-trip")),
    },
  };
}

/** What Larder's miss costs more than the same miss by hand, round by round. */
function added(samples: (name: "miss-larder" | "miss-bare") => readonly number[]): readonly number[] {
  const byHand = samples("miss-bare");
  return samples("miss-larder").map((cost, at) => cost - (byHand[at] ?? Number.NaN));
}

async function config(directory: string, seed: number): Promise<string> {
  const objects = join(directory, `miss-objects-${seed}`);
  await mkdir(objects);
  return configuration(
    [
      {
        name: "misses",
        module: "misses.js",
        cache: "store",
        services: { LARDER: "coordinator" },
        settings: { ROUNDS, SEED: seed * ROUNDS },
      },
      {
        name: "coordinator",
        module: "misses-coordinator.js",
        cache: "store",
        objects: { NAMESPACES: "MeasuredNamespace" },
      },
      { name: "store", module: "store.js" },
    ],
    objects,
    await compatibilityDate(),
  );
}

const pending = fileURLToPath(new URL("workers/pending.ts", import.meta.url));

/** Gives the bundle its own `waitUntil`, by which it can be known when the work behind an answer has ended. */
const tellingWhenDone: Plugin = {
  name: "telling-when-done",
  setup(build) {
    build.onResolve({ filter: /^cloudflare:workers$/ }, ({ importer }) =>
      importer === pending ? undefined : { path: pending },
    );
  },
};
