#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { addCheck } from "./cli/check.ts";
import { packageVersion } from "./cli/package-root.ts";
import { UsageError } from "./cli/usage-error.ts";

async function main(args: readonly string[]): Promise<void> {
  const program = new Command("larder")
    .description("Larder, a cache coordinator for Cloudflare Workers.")
    .version(packageVersion())
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "larder: ")) });
  addCheck(program);
  await program.parseAsync(args, { from: "user" });
}

/** The exit code. What commander throws it has told of already. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  console.error(error instanceof UsageError ? `larder: ${error.message}` : error);
  return error instanceof UsageError ? 2 : 1;
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.exitCode = report(error);
});
