import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { CacheOptions } from "../../../schema/options.ts";
import type { DeclarationReader } from "../../../src/client/declared.ts";
import { DECLARATION_READER } from "../../../src/client/declared.ts";
import type { Bundle } from "./bundle.ts";
import { pretendToBeWorkers } from "./workers-globals.ts";

/** What `cache()` was given, and where. */
export interface Declared {
  readonly options: CacheOptions;
  /** Made where it was declared: its stack says at which line of which file. */
  readonly at: Error;
}

/** What came of running the top level of a module. */
export interface Loaded {
  readonly path: string;
  readonly declared: readonly Declared[];
  /** What it exports as its default; undefined where it has thrown. */
  readonly exported: unknown;
  readonly thrown: unknown;
}

const MOST_SECONDS = 10;
/** `cache()` may be called by helpers of helpers. */
const MOST_FRAMES = 100;

/** Runs the bundle in this process, from a file in `directory`. What it says by its console goes to stderr. */
export async function load(
  { code }: Bundle,
  directory: string,
  environment: Readonly<Record<string, string>>,
): Promise<Loaded> {
  const path = join(directory, `${randomUUID()}.mjs`);
  await writeFile(path, code);
  const declared: Declared[] = [];
  const reader: DeclarationReader = (options) => {
    declared.push({ options, at: new Error("declared") });
    // Whatever is wrong with it, the others are to be seen, too.
    return { name: "checked" };
  };
  // Places are worked out from where things are in the bundle.
  process.setSourceMapsEnabled(false);
  Error.stackTraceLimit = MOST_FRAMES;
  Object.assign(globalThis, { [DECLARATION_READER]: reader });
  pretendToBeWorkers(environment);
  // Of what the top level leaves to itself, nothing is waited for.
  process.on("unhandledRejection", () => undefined);
  Object.assign(console, { log: console.error, info: console.error, debug: console.error });
  try {
    const imported = import(pathToFileURL(path).href) as Promise<{ readonly default?: unknown }>;
    const late = delay(MOST_SECONDS * 1000).then(() => {
      throw new Error(`its top level has not come to its end within ${MOST_SECONDS} seconds`);
    });
    const module = await Promise.race([imported, late]);
    return { path, declared, exported: module.default, thrown: undefined };
  } catch (thrown) {
    return { path, declared, exported: undefined, thrown: thrown ?? new Error("it threw nothing") };
  }
}
