import type { Command } from "commander";
import { asksCache, asksNamespace, type CacheFlags, type NamespaceFlags, wholeNumber } from "../flags.ts";
import { type SelectionFlags, selects } from "./purge.ts";

export interface ScheduleFlags extends CacheFlags, SelectionFlags {
  readonly timeZone?: string;
  readonly warm?: string;
  readonly warmTop?: number;
}

/** `larder schedule list`, `add` and `remove`. */
export function addSchedule(program: Command): void {
  const schedule = program.command("schedule").summary("purges and refills that are made again and again");

  asksNamespace(schedule.command("list").summary("all of them, the next to come first"))
    .addHelpText("after", "\nExamples:\n  larder schedule list\n")
    .action(async (flags: NamespaceFlags) => (await import("../scheduling.ts")).list(flags));

  selects(asksCache(schedule.command("add").summary("have a purge or a refill made again and again")))
    .argument("<cron>", 'minute, hour, day of the month, month, day of the week, as in "0 6 * * 1-5"')
    .option("--warm <source>", "instead of a purge: a sitemap by its URL, or a file with URLs, to be fetched")
    .option("--warm-top <n>", "instead of a purge: the URLs asked for most, to be fetched", wholeNumber(1))
    .option("--time-zone <name>", "whose clock that is, such as Europe/Berlin; UTC when left out")
    .addHelpText(
      "after",
      `
Examples:
  larder schedule add "0 6 * * 1-5" --time-zone Europe/Berlin --tag prices --soft
  larder schedule add "30 3 * * *" --all --reason "every night"
  larder schedule add "0 5 * * *" --warm https://www.example.com/sitemap.xml --per-second 5
`,
    )
    .action(async (cron: string, flags: ScheduleFlags) => (await import("../scheduling.ts")).add(cron, flags));

  asksNamespace(schedule.command("remove").summary("end a schedule"))
    .argument("<id>", "its id, as list tells")
    .addHelpText("after", "\nExamples:\n  larder schedule remove 0123456789abcdef\n")
    .action(async (id: string, flags: NamespaceFlags) => (await import("../scheduling.ts")).remove(id, flags));
}
