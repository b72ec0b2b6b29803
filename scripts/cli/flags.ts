import { type Command, InvalidArgumentError, Option } from "commander";

/** What every command takes that asks a coordinator. */
export interface ConnectionFlags {
  readonly server?: string;
  readonly token?: string;
  readonly environment?: string;
  readonly timeout: number;
  readonly json?: true;
}

export interface NamespaceFlags extends ConnectionFlags {
  readonly namespace?: string;
}

export interface CacheFlags extends NamespaceFlags {
  readonly cache?: string;
}

/** The flags of whoever asks a coordinator about all of it. */
export function asksCoordinator(command: Command): Command {
  return command
    .option("--server <url>", "the coordinator, such as https://larder.example.com (LARDER_URL)")
    .option("--token <token>", "its token (LARDER_TOKEN)")
    .option("--environment <name>", "the section of .larderrc to take these from")
    .addOption(
      new Option("--timeout <seconds>", "how long to wait for each answer").default(30).argParser(secondsUpTo(600)),
    )
    .option("--json", "for programs: one JSON document, or one line for each event");
}

/** Those of whoever asks about a namespace. */
export function asksNamespace(command: Command): Command {
  return asksCoordinator(command).option("-n, --namespace <name>", 'the namespace (LARDER_NAMESPACE; "default")');
}

/** Those of whoever asks about a namespace, or one of its caches. */
export function asksCache(command: Command): Command {
  return asksNamespace(command).option("-c, --cache <name>", "one cache of it");
}

/** For flags that may be repeated. */
export function collected(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** A whole number from `from` on; what else is wrong with it the coordinator says. */
export function wholeNumber(from: number): (text: string) => number {
  return (text) => {
    const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= from)) throw new InvalidArgumentError(`It must be a whole number, ${from} or more.`);
    return number;
  };
}

function secondsUpTo(most: number): (text: string) => number {
  return (text) => {
    const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!(seconds > 0 && seconds <= most)) throw new InvalidArgumentError(`It must be seconds, up to ${most}.`);
    return seconds;
  };
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `90s`, `15m`, `24h`, `7d`, or seconds. */
export function seconds(text: string): number {
  const [, number, unit = "s"] = /^(\d{1,9})([smhd])?$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError("It must be as in 90s, 15m, 24h or 7d.");
  return Number(number) * (units[unit] ?? 1);
}
