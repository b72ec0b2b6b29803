/**
 * How long purges take to hold everywhere, and what that costs the object of a namespace, by simulation.
 * docs/sizing.md tells how to read it.
 *
 *     npm run simulate -- [--lag 2,5,15,30] [--isolates 4] … (--help lists them)
 */
import { writeFile } from "node:fs/promises";
import { printRows } from "./bench/report.ts";
import type { Row } from "./bench/results.ts";
import type { Figures } from "./simulate/figures.ts";
import { figuresOf } from "./simulate/figures.ts";
import type { SimulateOptions } from "./simulate/options.ts";
import { help, parseOptions, UsageError } from "./simulate/options.ts";
import { plot } from "./simulate/plot.ts";
import { seeded } from "./simulate/random.ts";
import { arrivals, links } from "./simulate/traffic.ts";
import { World } from "./simulate/world.ts";

/** The process's exit code. */
async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options === "help") {
    process.stdout.write(help);
    return 0;
  }
  const settings = options.isolates.flatMap((isolates) => options.lag.map((lagSeconds) => ({ isolates, lagSeconds })));
  console.log(`${described(options)}\nseed ${options.seed}\n`);
  const figures = settings.map(({ isolates, lagSeconds }) => simulate(options, isolates, lagSeconds));
  printRows(figures.map(row));
  if (options.svg !== undefined) await save(options.svg, plot(figures, described(options)));
  return 0;
}

async function save(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    throw new UsageError(`--svg: ${error instanceof Error ? error.message : error}`);
  }
}

/** The same arrivals for every setting of one seed; the delays of links are drawn apart from them. */
function simulate(options: SimulateOptions, isolates: number, lagSeconds: number): Figures {
  const size = { dataCentres: options["data-centres"], isolates };
  const setting = { lagMs: lagSeconds * 1000, ttlMs: options.ttl * 1000, originMs: options["origin-ms"] };
  const traffic = {
    requestsPerSecond: options["requests-per-second"],
    purgesPerSecond: options["purges-per-second"],
    keys: options.keys,
    zipf: options.zipf,
  };
  const world = new World(size, setting, links(size, options["link-ms"], seeded(options.seed + 1)));
  // By then every view has been renewed, and what is asked for in a lifetime is stored.
  const warmMs = Math.max(setting.ttlMs, setting.lagMs);
  // Of purges in the first half at least it is known how they ended.
  const countedMs = Math.max(options.seconds * 1000, 2 * setting.lagMs);
  const counted = world.countFrom(warmMs);
  world.run(arrivals(size, traffic, warmMs + countedMs, seeded(options.seed)), warmMs + countedMs);
  const { namespace, tally } = world;
  const purges = Array.from({ length: namespace.head - counted.firstPurge + 1 }, (_, at) => counted.firstPurge + at);
  const over = purges.filter((seq) => namespace.loggedAtMs(seq) <= warmMs + countedMs - setting.lagMs);
  return figuresOf({ lagSeconds, isolates, seconds: countedMs / 1000, purges: over }, tally);
}

function row(figures: Figures): Row {
  return {
    name: `lag ${figures.lagSeconds} s, ${figures.isolates} isolates`,
    "worst s": figures.worstSeconds.toFixed(2),
    "p99 s": figures.p99Seconds.toFixed(2),
    "late hits %": percent(figures.lateShare, 3),
    "hit rate %": percent(figures.hitRate, 1),
    "waits %": percent(figures.waitShare, 2),
    "syncs/s": figures.syncsPerSecond.toFixed(0),
    "object req/s": figures.objectRequestsPerSecond.toFixed(0),
    "synced KB/s": (figures.syncedBytesPerSecond / 1000).toFixed(1),
  };
}

function percent(share: number, digits: number): string {
  return (share * 100).toFixed(digits);
}

/** What all rows have in common. */
function described(options: SimulateOptions): string {
  return [
    `${options["data-centres"]} data centres`,
    `${options["requests-per-second"]} requests/s`,
    `${options.keys} keys (Zipf ${options.zipf})`,
    `${options["purges-per-second"]} purges/s`,
    `links of ${options["link-ms"]} ms`,
    `origin ${options["origin-ms"]} ms`,
    `ttl ${options.ttl} s`,
  ].join(", ");
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`simulate: ${error.message}`);
  process.exitCode = 2;
}
