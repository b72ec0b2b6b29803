import { type Command, Option } from "commander";
import { asksCache, type CacheFlags, collected, wholeNumber } from "../flags.ts";
import { type PaceFlags, paced } from "./refill.ts";

/** What a purge, or a schedule of it, is to hit and how. */
export interface SelectionFlags extends PaceFlags {
  readonly tag?: readonly string[];
  readonly allOf?: readonly string[];
  readonly prefix?: readonly string[];
  readonly path?: readonly string[];
  readonly url?: readonly string[];
  readonly key?: string;
  readonly all?: true;
  readonly site?: string;
  readonly soft?: true;
  readonly erase?: true;
  readonly maxEntries?: number;
  readonly reason?: string;
  readonly refill?: true | number;
}

export interface PurgeFlags extends CacheFlags, SelectionFlags {
  readonly immediate?: true;
  readonly dryRun?: true;
  readonly yes?: true;
}

/** The flags of {@link SelectionFlags}. */
export function selects(command: Command): Command {
  const withSelection = command
    .option("-t, --tag <tag>", "entries with this tag, or with any that are given", collected)
    .option("--all-of <tag>", "entries with all tags that are given so", collected)
    .option("--prefix <url>", "entries whose URL begins so", collected)
    .option("--path <path>", "entries of a path of the site, or of all below it with /* at its end", collected)
    .option("--url <url>", "entries of a URL, in all variants", collected)
    .option("--key <key>", "one variant, by its key")
    .option("--all", "everything, in the cache or in the namespace")
    .option("--site <url>", "whose paths --path means; the coordinator's own when left out")
    .option("--soft", "makes it stale instead of gone")
    .addOption(new Option("--erase", "also removes it; cannot be taken back").conflicts("soft"))
    .option("--max-entries <n>", "refuses to hit more than so many", wholeNumber(0))
    .option("--reason <text>", "why, for the history")
    .addOption(
      new Option("--refill [n]", "fetches what it hits anew, at most so many URLs; 100 when left out")
        .conflicts("erase")
        .argParser(wholeNumber(1)),
    );
  return paced(withSelection);
}

/** `larder purge`. */
export function addPurge(program: Command): void {
  const command = program
    .command("purge")
    .summary("invalidate entries everywhere, or see what that would hit")
    .description(
      "Invalidates entries everywhere. Kinds together mean entries for which all hold. On a terminal it first tells what it would hit, and asks.",
    );
  selects(asksCache(command))
    .option("--dry-run", "changes nothing, and tells what it would hit")
    .option("--immediate", "comes into force at once, though the cache gathers purges")
    .option("-y, --yes", "does not ask; needed for --all and --erase where nobody can be asked")
    .addHelpText(
      "after",
      `
Examples:
  larder purge --tag product:123 --reason "new price"
  larder purge --path '/p/*' --cache pages --soft
  larder purge --url https://www.example.com/about --dry-run
  larder purge --all --yes --json | jq -r .version
  larder purge --tag prices --soft --refill 500 --per-second 20

Exit codes: 0 purged, 1 failed or answered no, 2 usage, 3 refused, 4 the coordinator cannot be reached.
`,
    )
    .action(async (flags: PurgeFlags) => (await import("../purging.ts")).purge(flags));
}

/** `larder cache-clear`, as Layer0's command line has it. */
export function addCacheClear(program: Command): void {
  const command = program
    .command("cache-clear")
    .summary("purge as Layer0's command line does")
    .description("Purges by path or surrogate key, and everything where neither is given.");
  asksCache(command)
    .option("--path <path>", "as of purge", collected)
    .option("--surrogate-key <tag>", "the same as --tag of purge", collected)
    .option("--site <url>", "whose paths --path means; the coordinator's own when left out")
    .option("--reason <text>", "why, for the history")
    .option("-y, --yes", "does not ask; needed for everything where nobody can be asked")
    .addHelpText(
      "after",
      `
Examples:
  larder cache-clear --surrogate-key product:123
  larder cache-clear --path '/p/*' --environment production
`,
    )
    .action(async ({ surrogateKey, ...flags }: ClearFlags) => {
      const { purge } = await import("../purging.ts");
      const named = surrogateKey === undefined ? {} : { tag: surrogateKey };
      const all = surrogateKey === undefined && flags.path === undefined;
      return purge({ ...flags, ...named, ...(all ? { all: true as const } : {}) });
    });
}

interface ClearFlags extends CacheFlags {
  readonly path?: readonly string[];
  readonly surrogateKey?: readonly string[];
  readonly site?: string;
  readonly reason?: string;
  readonly yes?: true;
}
