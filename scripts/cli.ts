#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import { addCommands } from "./cli/commands.ts";
import { Failure } from "./cli/failure.ts";
import { packageVersion } from "./cli/package-root.ts";
import { UsageError } from "./cli/usage-error.ts";

async function main(args: readonly string[]): Promise<void> {
  const program = new Command("larder")
    .description("Larder, a cache coordinator for Cloudflare Workers.")
    .version(packageVersion())
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "larder: ")) });
  addCommands(program);
  program.addHelpText("after", '\nShell completion: eval "$(larder complete bash)"; also zsh, fish and powershell.');
  // The one command that is not declared there: its library would cost all others time.
  if (args[0] === "complete") (await import("@bomb.sh/tab/commander")).default(program);
  await program.parseAsync(args, { from: "user" });
}

/** The exit code. What commander throws it has told of already. With `--json` what failed is a document too, on stderr. */
function report(error: unknown, args: readonly string[]): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const known = error instanceof Failure || error instanceof UsageError;
  if (!known) console.error(error);
  else if (args.includes("--json")) console.error(JSON.stringify(documentOf(error)));
  else console.error(`larder: ${error.message}`);
  if (error instanceof Failure) return error.exitCode;
  return error instanceof UsageError ? 2 : 1;
}

function documentOf(error: Failure | UsageError) {
  const details = error instanceof Failure ? { code: error.code, ...error.details } : { code: "usage" };
  return { error: { ...details, message: error.message } };
}

const args = process.argv.slice(2);
await main(args).catch((error: unknown) => {
  process.exitCode = report(error, args);
});
