import { help, parseOptions, portsOf, UsageError } from "./start/options.ts";
import { assertFree, PortInUseError } from "./start/ports.ts";
import { aborted, stopSignal } from "./start/signals.ts";

// Read when wrangler and Miniflare are loaded, which is why ./start/run.ts is imported late.
process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
process.env["WRANGLER_SEND_METRICS"] = "false";

/** Runs until it is told to stop; the process's exit code. */
async function main(args: readonly string[]): Promise<number> {
  const stop = stopSignal();
  const options = parseOptions(args, process.env);
  if (options === "help") {
    process.stdout.write(help);
    return 0;
  }
  await assertFree(portsOf(options));
  const { startExample, startGateway } = await import("./start/run.ts");
  await using run =
    options.origin === undefined
      ? await startExample(options, stop)
      : await startGateway(options, options.origin, stop);
  if (!stop.aborted) process.stdout.write(`${run.hints}\nready ${run.coordinatorUrl} ${run.appUrl}\n`);
  await aborted(stop);
  return 0;
}

function report(error: unknown): number {
  const expected = error instanceof UsageError || error instanceof PortInUseError;
  console.error(expected ? `larder: ${error.message}` : error);
  return error instanceof UsageError ? 2 : 1;
}

// Ended by hand, since a connection that a client keeps open would hold the process.
process.exit(await main(process.argv.slice(2)).catch(report));
