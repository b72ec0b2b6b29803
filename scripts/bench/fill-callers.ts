import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { bundleModule } from "./bundles.ts";
import type { Burst, Contestant } from "./contestants.ts";
import { contestants, DATA_CENTRES } from "./contestants.ts";
import type { Row } from "./results.ts";
import { median, quantile, rounded } from "./statistics.ts";
import type { WorkerService } from "./workerd.ts";
import { benchmark, compatibilityDate, configuration, DISK } from "./workerd.ts";

const CALLERS = 1000;
const ORIGIN_MS = 50;
/** The first rounds warm the optimiser up, and are not counted. */
const WARM_UP_ROUNDS = 2;

/** Bursts of 1,000 callers of one cold key, `rounds` of them for each contestant. */
export async function callersOfOneKey(directory: string, rounds: number): Promise<readonly Row[]> {
  for (const name of ["fills", "fill-origin", "store", ...contestants.map((name) => `fill-${name}`)]) {
    await bundleModule(`scripts/bench/workers/${name}.ts`, join(directory, `${name}.js`));
  }
  await bundleModule("src/worker.ts", join(directory, "coordinator.js"));
  const objects = join(directory, "caller-objects");
  await mkdir(objects);
  const config = configuration(workers(rounds + WARM_UP_ROUNDS), objects, await compatibilityDate());
  process.stderr.write(`\rcallers: ${rounds} rounds, and ${WARM_UP_ROUNDS} to warm up `);
  await benchmark(directory, config, "fills");
  process.stderr.write("\n\n");
  const bursts = JSON.parse(await readFile(join(objects, "bursts.json"), "utf8")) as readonly Burst[];
  const counted = bursts.slice(WARM_UP_ROUNDS * contestants.length);
  const rows = contestants.map((contestant) => row(contestant, counted));
  const requests = rows.map(({ name, originRequests }) => [name.replace("fill-", ""), originRequests]);
  return [{ name: "origin-requests-per-1000", ...Object.fromEntries(requests) }, ...rows];
}

/** One process, and in it as many data centres, each with a cache, a coordinator and an isolate of each contestant. */
function workers(rounds: number): WorkerService[] {
  const dataCentres = Array.from({ length: DATA_CENTRES }, (_, at) => at);
  const apps = dataCentres.flatMap((at) =>
    contestants.map((contestant) => ({
      name: `${contestant}-${at}`,
      module: `fill-${contestant}.js`,
      cache: `store-${at}`,
      services: { SHOP: "origin", LARDER: `coordinator-${at}` },
    })),
  );
  return [
    {
      name: "fills",
      module: "fills.js",
      services: { SHOP: "origin", REPORT: DISK, ...Object.fromEntries(apps.map(({ name }) => [name, name])) },
      settings: { ROUNDS: rounds, CALLERS },
    },
    { name: "origin", module: "fill-origin.js", settings: { ORIGIN_MS } },
    ...apps,
    ...dataCentres.map((at) => ({ name: `store-${at}`, module: "store.js" })),
    ...dataCentres.map((at) => ({
      name: `coordinator-${at}`,
      module: "coordinator.js",
      cache: `store-${at}`,
      // The objects are the same, whichever data centre asks.
      objects: { NAMESPACES: at === 0 ? "CacheNamespace" : { className: "CacheNamespace", service: "coordinator-0" } },
    })),
  ];
}

/** Medians of the rounds, with the lowest and the highest of them. */
function row(contestant: Contestant, bursts: readonly Burst[]): Row {
  const own = bursts.filter((burst) => burst.contestant === contestant);
  const requests = own.map(({ originRequests, waitsMs }) => (originRequests * 1000) / waitsMs.length);
  const waits = own.map(({ waitsMs }) => waitsMs.toSorted((a, b) => a - b));
  const p50Ms = waits.map((waitsMs) => quantile(waitsMs, 0.5));
  const p99Ms = waits.map((waitsMs) => quantile(waitsMs, 0.99));
  return {
    name: `fill-${contestant}`,
    originRequests: rounded(median(requests)),
    lowRequests: Math.min(...requests),
    highRequests: Math.max(...requests),
    p50Ms: rounded(median(p50Ms)),
    p50LowMs: rounded(Math.min(...p50Ms)),
    p50HighMs: rounded(Math.max(...p50Ms)),
    p99Ms: rounded(median(p99Ms)),
    p99LowMs: rounded(Math.min(...p99Ms)),
    p99HighMs: rounded(Math.max(...p99Ms)),
    rounds: own.length,
  };
}
