import { type Command, InvalidArgumentError } from "commander";
import { asksCache, asksNamespace, type CacheFlags, type NamespaceFlags, wholeNumber } from "../flags.ts";

/** How fast an origin is asked. */
export interface PaceFlags {
  readonly concurrency?: number;
  readonly perSecond?: number;
}

export interface WarmFlags extends CacheFlags, PaceFlags {
  readonly top?: number;
  readonly reason?: string;
  readonly detach?: true;
}

/** The flags of {@link PaceFlags}. */
export function paced(command: Command): Command {
  return command
    .option("--per-second <n>", "requests that may begin in a second, such as 0.5 or 20; 10 when left out", rate)
    .option("--concurrency <n>", "requests that may be under way at one time; 4 when left out", wholeNumber(1));
}

function rate(text: string): number {
  const number = /^\d{1,6}(?:\.\d{1,6})?$/.test(text) ? Number(text) : Number.NaN;
  if (!(number > 0)) throw new InvalidArgumentError("It must be a number above 0.");
  return number;
}

/** `larder warm` and `larder refill list`, `watch` and `stop`. */
export function addRefill(program: Command): void {
  paced(asksCache(program.command("warm").summary("fetch URLs at a pace, so that they are cached")))
    .description(
      "Has the coordinator fetch URLs, and shows how far it has come. Ctrl-C leaves it to itself; larder refill stop ends it.",
    )
    .argument("[source]", "a sitemap by its URL, a file with a URL a line or a sitemap in it, or - for what is read")
    .option("--top <n>", "instead: the URLs that have been asked for most in the last day", wholeNumber(1))
    .option("--reason <text>", "why, for those who look at the list")
    .option("--detach", "does not wait until it has ended")
    .addHelpText(
      "after",
      `
Examples:
  larder warm https://www.example.com/sitemap.xml --per-second 20
  larder warm urls.txt --concurrency 2
  larder warm --top 100 --cache pages --detach

Exit codes: 0 every URL was answered, 1 some were not, or it was stopped, 2 usage, 3 refused, 4 the coordinator cannot be reached.
`,
    )
    .action(async (source: string | undefined, flags: WarmFlags) =>
      (await import("../refilling.ts")).warm(source, flags),
    );

  const refill = program.command("refill").summary("what is fetched at a pace, after a purge or by warm");

  asksNamespace(refill.command("list").summary("those that run, wait, or have ended in the last week"))
    .addHelpText("after", "\nExamples:\n  larder refill list\n")
    .action(async (flags: NamespaceFlags) => (await import("../refilling.ts")).list(flags));

  asksNamespace(refill.command("watch").summary("show how far one has come until it ends"))
    .argument("<id>", "its id, as list tells")
    .addHelpText("after", "\nExamples:\n  larder refill watch 0123456789abcdef\n")
    .action(async (id: string, flags: NamespaceFlags) => (await import("../refilling.ts")).watch(id, flags));

  asksNamespace(refill.command("stop").summary("end one"))
    .argument("<id>", "its id, as list tells")
    .addHelpText("after", "\nExamples:\n  larder refill stop 0123456789abcdef\n")
    .action(async (id: string, flags: NamespaceFlags) => (await import("../refilling.ts")).stop(id, flags));
}
