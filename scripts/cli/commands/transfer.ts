import type { Command } from "commander";
import { asksNamespace, type NamespaceFlags } from "../flags.ts";

export interface ImportFlags extends NamespaceFlags {
  readonly dryRun?: true;
}

/** `larder export` and `import`. */
export function addTransfer(program: Command): void {
  asksNamespace(program.command("export").summary("write what a namespace holds, as JSON lines"))
    .description(
      "Writes where the log stands, the log, deployments, schedules and the index of entries, a line of JSON for each. The last line, of the kind end, says that it is whole.",
    )
    .addHelpText(
      "after",
      `
Examples:
  larder export -n storefront > storefront.jsonl
  larder export -n storefront | jq -r 'select(.kind == "purge") | [.at, .by, .reason] | @tsv'
`,
    )
    .action(async (flags: NamespaceFlags) => (await import("../exporting.ts")).exported(flags));

  asksNamespace(program.command("import").summary("make an empty namespace what was exported of another"))
    .description(
      "Takes over the log, so that entries and versions are judged as they were, deployments, schedules and the index of entries. The namespace must be one in which nothing has been stored, purged or scheduled; the one that was exported is to be retired.",
    )
    .argument("[file]", "what larder export has written; - for what comes in", "-")
    .option("--dry-run", "check the file, and that the namespace is empty, and change nothing")
    .addHelpText(
      "after",
      "\nExamples:\n  larder import -n storefront storefront.jsonl --dry-run\n  larder import -n storefront storefront.jsonl\n",
    )
    .action(async (file: string, flags: ImportFlags) => (await import("../importing.ts")).imported(file, flags));
}
