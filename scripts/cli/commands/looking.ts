import { type Command, Option } from "commander";
import {
  asksCache,
  asksCoordinator,
  asksNamespace,
  type CacheFlags,
  type ConnectionFlags,
  collected,
  type NamespaceFlags,
  seconds,
  wholeNumber,
} from "../flags.ts";

export interface PageFlags {
  readonly limit?: number;
  readonly after?: string;
  readonly everything?: true;
}

export interface HistoryFlags extends NamespaceFlags {
  readonly limit?: number;
  readonly before?: number;
}

export interface EntriesFlags extends CacheFlags, PageFlags {
  readonly tag?: string;
  readonly prefix?: string;
  readonly state?: string;
}

export interface TagsFlags extends CacheFlags, PageFlags {
  readonly prefix?: string;
}

export interface StatsFlags extends CacheFlags {
  readonly window?: number;
  readonly by?: string;
  readonly watch?: true;
  readonly interval: number;
}

export interface TopFlags extends CacheFlags {
  readonly of: string;
  readonly by?: string;
  readonly window?: number;
  readonly limit?: number;
}

export interface ExplainFlags extends CacheFlags {
  readonly method?: string;
  readonly header?: readonly string[];
}

function paged(command: Command): Command {
  return command
    .option("--limit <n>", "how many", wholeNumber(1))
    .option("--after <end>", "those after the end of the last page")
    .addOption(new Option("--everything", "all pages; with --json one line for each").conflicts(["limit", "after"]));
}

/** `larder namespaces`, `history`, `revoke`, `entries`, `tags`, `stats`, `top` and `explain`. */
export function addLooking(program: Command): void {
  paged(asksCoordinator(program.command("namespaces").summary("list the namespaces of a coordinator")))
    .addHelpText("after", "\nExamples:\n  larder namespaces --json | jq -r '.namespaces[].name'\n")
    .action(async (flags: ConnectionFlags & PageFlags) => (await import("../listing.ts")).namespaces(flags));

  asksNamespace(program.command("history").summary("who purged what, when and why"))
    .option("--limit <n>", "how many", wholeNumber(1))
    .option("--before <seq>", "those before this number", wholeNumber(1))
    .addHelpText(
      "after",
      "\nExamples:\n  larder history --limit 10\n  larder history --json | jq '.purges[] | select(.by != \"token\")'\n",
    )
    .action(async (flags: HistoryFlags) => (await import("../listing.ts")).history(flags));

  asksNamespace(program.command("revoke").summary("take a purge back"))
    .description("Takes a purge back: what is still stored, and has not been refilled, is in force again.")
    .argument("<seq>", "the purge's number in the history", wholeNumber(1))
    .addHelpText("after", "\nExamples:\n  larder revoke 42\n")
    .action(async (seq: number, flags: NamespaceFlags) => (await import("../purging.ts")).revoke(seq, flags));

  paged(asksCache(program.command("entries").summary("list what is stored")))
    .option("-t, --tag <tag>", "those with this tag")
    .option("--prefix <url>", "those whose URL begins so")
    .option("--state <state>", "fresh, stale or purged")
    .addHelpText(
      "after",
      "\nExamples:\n  larder entries --tag product:123\n  larder entries --state purged --everything --json\n",
    )
    .action(async (flags: EntriesFlags) => (await import("../listing.ts")).entries(flags));

  paged(asksCache(program.command("tags").summary("list tags, and how many entries carry each")))
    .option("--prefix <text>", "those that begin so")
    .addHelpText("after", "\nExamples:\n  larder tags --prefix product:\n")
    .action(async (flags: TagsFlags) => (await import("../listing.ts")).tags(flags));

  asksCache(program.command("stats").summary("hits, misses, origin time and sizes"))
    .option("--window <time>", "of the last 15m, 24h, 7d; since ever when left out", seconds)
    .option("--by <what>", "apart by cache, rule or dataCentre")
    .option("--watch", "again and again, until Ctrl-C")
    .addOption(new Option("--interval <time>", "with --watch: how often").default(2, "2s").argParser(seconds))
    .addHelpText("after", "\nExamples:\n  larder stats --window 1h --by cache\n  larder stats --watch\n")
    .action(async (flags: StatsFlags) => (await import("../statistics.ts")).stats(flags));

  asksCache(program.command("top").summary("what is asked for most"))
    .argument("[of]", "keys or tags", "keys")
    .option("--by <what>", "hits, misses or bytes")
    .option("--window <time>", "of the last 1h to 2d", seconds)
    .option("--limit <n>", "how many", wholeNumber(1))
    .addHelpText("after", "\nExamples:\n  larder top\n  larder top tags --by misses --window 6h\n")
    .action(async (of: string, flags: Omit<TopFlags, "of">) =>
      (await import("../statistics.ts")).top({ ...flags, of }),
    );

  asksCache(program.command("explain").summary("why a request is, or is not, answered from the cache"))
    .argument("<url>", "the request's")
    .option("--method <method>", "the request's; GET when left out")
    .option("--header <field>", 'a header of the request, as in "Accept-Language: de"', collected)
    .addHelpText("after", "\nExamples:\n  larder explain https://www.example.com/p/1 --cache gateway\n")
    .action(async (url: string, flags: ExplainFlags) => (await import("../explaining.ts")).explain(url, flags));
}
