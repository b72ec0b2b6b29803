import { type Command, InvalidArgumentError } from "commander";
import { rerunByNewerNode } from "./newer-node.ts";
import { printed } from "./print.ts";

const examples = `
Examples:
  larder check                                    larder.config.ts, and the Worker that wrangler.toml names
  larder check src/index.ts                       the caches that one Worker declares
  larder check --env ORIGIN=https://shop.example  with what the environment will hold
  larder check --json | jq '.findings[].kind'     for programs

Exit codes: 0 no errors, 1 errors, 2 the command cannot be followed.
`;

/** `larder check`. */
export function addCheck(program: Command): void {
  program
    .command("check")
    .summary("find mistakes in larder.config.ts and in the caches of Workers")
    .description(
      "Finds mistakes in configuration before it is deployed: unreachable and overlapping rules and routes, unknown options, invalid patterns. The files are run as far as their top level goes.",
    )
    .argument("[files...]", "configurations of the gateway, or Workers that declare caches")
    .option("--json", "one JSON document instead of lines")
    .option("--env <NAME=VALUE>", "a variable that Workers find in their env; may be repeated", withVariable)
    .addHelpText("after", examples)
    .action(async (files: readonly string[], options: { readonly json?: true; readonly env?: Variables }) => {
      const rerun = rerunByNewerNode();
      if (rerun !== undefined) process.exit(rerun);
      const { check } = await import("./check/run.ts");
      const form = options.json === true ? "json" : "text";
      const { output, code } = await check(files, { form, environment: options.env ?? {} });
      // What was checked may have left timers and sockets behind.
      await printed(output);
      process.exit(code);
    });
}

type Variables = Readonly<Record<string, string>>;

function withVariable(text: string, before: Variables = {}): Variables {
  const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError("It must be as in ORIGIN=https://www.example.com.");
  return { ...before, [name]: value };
}
