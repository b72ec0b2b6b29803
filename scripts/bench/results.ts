import { readFile, rename, writeFile } from "node:fs/promises";
import { arch, availableParallelism, cpus, totalmem } from "node:os";

/** One line of a benchmark's table; numbers carry their unit in their name. */
export interface Row {
  readonly name: string;
  readonly [figure: string]: number | string;
}

/** What one benchmark found. */
export interface Findings {
  /** Its name: a later run of it replaces everything it has written. */
  readonly benchmark: string;
  readonly rows: readonly Row[];
  readonly ratios?: Readonly<Record<string, Ratio>>;
}

/** A quotient of two costs with its goal, where there is one. */
export interface Ratio {
  readonly value: number;
  /** The 95 % confidence interval. */
  readonly low: number;
  readonly high: number;
  readonly atMost?: number;
}

interface Results {
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryGiB: number; readonly arch: string };
  readonly versions: Readonly<Record<"node" | "workerd" | "larder", string>>;
  readonly rows: readonly (Row & { readonly benchmark: string })[];
  readonly ratios: Readonly<Record<string, number>>;
  /** Where the ratios lie with 95 % confidence. */
  readonly intervals: Readonly<Record<string, readonly [low: number, high: number]>>;
}

const root = new URL("../../", import.meta.url);
const file = new URL("bench/results.json", root);

/** Writes what a benchmark found into `bench/results.json` and leaves what the other benchmarks found as it is. */
export async function record({ benchmark, rows, ratios = {} }: Findings): Promise<void> {
  const before = await readResults();
  const results: Results = {
    machine: machine(),
    versions: await versions(),
    rows: [
      ...(before?.rows ?? []).filter((row) => row.benchmark !== benchmark),
      ...rows.map(({ name, ...figures }) => ({ name, benchmark, ...figures })),
    ],
    ratios: { ...before?.ratios, ...mapValues(ratios, ({ value }) => value) },
    intervals: { ...before?.intervals, ...mapValues(ratios, ({ low, high }) => [low, high] as const) },
  };
  const unfinished = new URL("bench/results.json.new", root);
  await writeFile(unfinished, `${JSON.stringify(results, null, 2)}\n`);
  await rename(unfinished, file);
}

async function readResults(): Promise<Results | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Results;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** What the figures depend on, and nothing that tells whose machine it was. */
function machine(): Results["machine"] {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    arch: arch(),
  };
}

async function versions(): Promise<Results["versions"]> {
  return {
    node: process.versions.node,
    workerd: await versionOf("node_modules/workerd/package.json"),
    larder: await versionOf("package.json"),
  };
}

async function versionOf(manifest: string): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL(manifest, root), "utf8")) as { version: string };
  return version;
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
