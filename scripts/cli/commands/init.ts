import type { Command } from "commander";

export interface InitFlags {
  readonly service?: string;
  readonly standalone?: true;
  readonly env?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

/** `larder init`. */
export function addInit(program: Command): void {
  program
    .command("init")
    .summary("give a Worker project what it needs to use Larder")
    .description(
      "Adds the binding to the coordinator to wrangler.toml, .json or .jsonc, keeping its comments, and a file that declares a cache. What is there already stays; a second time nothing changes.",
    )
    .argument("[directory]", "the project's", ".")
    .option("--service <name>", 'the coordinator\'s Worker; "larder" when left out')
    .option("--standalone", "no coordinator of its own: this Worker has the object, too")
    .option("-e, --env <name>", "adds to this environment of the configuration, which inherits no bindings")
    .option("--dry-run", "shows what would change, and changes nothing")
    .option("--json", "one JSON document, for programs")
    .addHelpText(
      "after",
      `
Examples:
  larder init --dry-run
  larder init --service my-larder
  larder init --standalone
  larder init --env production --service larder-production
`,
    )
    .action(async (directory: string, flags: InitFlags) => (await import("../init/run.ts")).init(directory, flags));
}
