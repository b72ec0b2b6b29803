import type { Command } from "commander";
import { asksCache, type CacheFlags } from "../flags.ts";

export interface TailFlags extends CacheFlags {
  readonly kinds?: string;
  readonly since?: string;
}

/** `larder tail`. */
export function addTail(program: Command): void {
  asksCache(program.command("tail").summary("follow what happens, live"))
    .description(
      "Follows the live feed until Ctrl-C: a line for each event. It connects again by itself, and misses no purge.",
    )
    .option("--kinds <kinds>", "of counts, purges, fills, refills, with commas; all but counts when left out")
    .option("--since <version>", "first the purges after this version, or number of the history")
    .addHelpText(
      "after",
      `
Examples:
  larder tail
  larder tail --kinds counts,purges --cache pages
  larder tail --since 40 --json | jq -r 'select(.kind == "purge") | .reason'
`,
    )
    .action(async (flags: TailFlags) => (await import("../tailing.ts")).tail(flags));
}
