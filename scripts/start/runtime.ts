import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import type { BundledWorker } from "./bundle.ts";
import { host } from "./ports.ts";
import { withoutNewSignalListeners } from "./signals.ts";

/** A Worker, the port it listens on, and what it is given besides what its wrangler.toml says. */
export interface Placement {
  readonly worker: BundledWorker;
  readonly port: number;
  readonly bindings: Readonly<Record<string, string>>;
}

/**
 * Runs the Workers in one workerd, so that service bindings between them are in-process and all share one cache, and
 * resolves once workerd listens. Caches and objects' storage are kept in `stateFolder`.
 *
 * Each Worker has a socket of its own. Miniflare's entry Worker, which `wrangler dev` puts in front, is not in between:
 * it overwrites `Accept-Encoding` and compresses what comes back, while a cache is best tried with nothing in the way.
 */
export async function runWorkers(placements: readonly Placement[], stateFolder: string): Promise<Miniflare> {
  const workers = placements.map(({ worker, port, bindings }) => ({
    ...worker.options,
    name: worker.name,
    modules: true,
    script: worker.script,
    bindings: { ...worker.bindings, ...worker.version, ...bindings },
    unsafeDirectSockets: [{ host, port }],
  }));
  const miniflare = withoutNewSignalListeners(
    () =>
      new Miniflare(
        convertV4MiniflareOptions({
          workers,
          host,
          port: 0,
          cf: false,
          log: new Log(LogLevel.WARN),
          handleStructuredLogs: ({ level, message }) => {
            const stream = level === "error" || level === "warn" ? process.stderr : process.stdout;
            stream.write(`${message}\n`);
          },
          resourcePersistencePath: stateFolder,
        }),
      ),
  );
  await miniflare.ready;
  return miniflare;
}
