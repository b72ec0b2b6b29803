import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Interrupted } from "./children.ts";

/**
 * Runs a benchmark with a directory of its own, which goes when it has ended, however it ends. After SIGINT or SIGTERM
 * the exit code is the one a shell gives.
 */
export async function inDirectory(main: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "larder-bench-"));
  try {
    await main(directory);
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
    process.exitCode = error.exitCode;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
