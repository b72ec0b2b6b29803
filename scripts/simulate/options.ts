import { parseArgs } from "node:util";

/** What a number of an option may be. */
interface Bounds {
  readonly least: number;
  readonly most: number;
  readonly kind: "whole" | "any";
  readonly usual: string;
  readonly help: string;
}

const bounds = {
  "data-centres": { least: 1, most: 2_000, kind: "whole", usual: "330", help: "data centres that get requests" },
  isolates: { least: 1, most: 100, kind: "whole", usual: "4", help: "isolates in each data centre; several: 1,4,16" },
  "requests-per-second": { least: 1, most: 1e6, kind: "any", usual: "2000", help: "requests, over all data centres" },
  keys: { least: 1, most: 1e7, kind: "whole", usual: "2000", help: "different keys that are asked for" },
  zipf: { least: 0, most: 3, kind: "any", usual: "0.9", help: "how much the popular keys prevail (0: not at all)" },
  "purges-per-second": { least: 0, most: 1e4, kind: "any", usual: "5", help: "purges, each of one key" },
  "link-ms": { least: 0, most: 1_000, kind: "any", usual: "80", help: "median round trip to the object; it varies" },
  "origin-ms": { least: 0, most: 30_000, kind: "any", usual: "100", help: "how long the origin takes to answer" },
  ttl: { least: 1, most: 86_400, kind: "any", usual: "300", help: "seconds for which an entry is fresh" },
  lag: { least: 2, most: 3_600, kind: "whole", usual: "2,5,15,30", help: "purgeLagSeconds; several: 2,5,15,30" },
  seconds: {
    least: 1,
    most: 86_400,
    kind: "any",
    usual: "60",
    help: "seconds that are counted after a warm-up; at least twice the lag",
  },
  seed: { least: 0, most: 2 ** 31, kind: "whole", usual: "1", help: "the same seed gives the same figures" },
} as const satisfies Record<string, Bounds>;

type Name = keyof typeof bounds;

/** Options of which several values may be given: there is a row of the table for each. */
const lists: readonly Name[] = ["lag", "isolates"];

export interface SimulateOptions extends Readonly<Record<Exclude<Name, "lag" | "isolates">, number>> {
  readonly lag: readonly number[];
  readonly isolates: readonly number[];
  /** Where the plot is written to. */
  readonly svg: string | undefined;
}

export const help = `Usage: npm run simulate -- [options]

Simulates one cache namespace: data centres with isolates that keep views of its purge log, and the traffic they get.
Prints how long purges take to hold everywhere, and what that costs the namespace's object. docs/sizing.md explains it.

Options:
${Object.entries(bounds)
  .map(([name, { usual, help: text }]) => `  --${name.padEnd(20)} ${text} (default ${usual})`)
  .join("\n")}
  --${"svg FILE".padEnd(20)} also draws the table
  --${"help".padEnd(20)} this text
`;

/** An option that cannot be followed; the message names it and says what would do. */
export class UsageError extends Error {}

/** @throws UsageError on anything it does not know or cannot use */
export function parseOptions(args: readonly string[]): SimulateOptions | "help" {
  const given = valuesOf(args);
  if (given.has("help")) return "help";
  const numbers = (name: Name) => numbersOf(name, given.get(name) ?? bounds[name].usual);
  const number = (name: Name) => numbers(name)[0] ?? Number.NaN;
  return {
    "data-centres": number("data-centres"),
    isolates: numbers("isolates"),
    "requests-per-second": number("requests-per-second"),
    keys: number("keys"),
    zipf: number("zipf"),
    "purges-per-second": number("purges-per-second"),
    "link-ms": number("link-ms"),
    "origin-ms": number("origin-ms"),
    ttl: number("ttl"),
    lag: numbers("lag"),
    seconds: number("seconds"),
    seed: number("seed"),
    svg: given.get("svg"),
  };
}

function valuesOf(args: readonly string[]): ReadonlyMap<string, string> {
  const names = [...Object.keys(bounds), "svg"];
  const options = Object.fromEntries(names.map((name) => [name, { type: "string" } as const]));
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const values = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind !== "option") {
      throw new UsageError(`${JSON.stringify("value" in token ? token.value : "--")} is not an option; see --help`);
    }
    const { name, rawName, value } = token;
    if (rawName === "--help") {
      if (value !== undefined) throw new UsageError("--help takes no value");
    } else if (rawName !== `--${name}` || !names.includes(name)) {
      throw new UsageError(`${rawName} is not an option; see --help`);
    } else if (value === undefined || value === "") {
      throw new UsageError(`${rawName} needs a value; see --help`);
    }
    values.set(name, value ?? "");
  }
  return values;
}

function numbersOf(name: Name, text: string): number[] {
  const { least, most, kind }: Bounds = bounds[name];
  const parts = lists.includes(name) ? text.split(",") : [text];
  return parts.map((part) => {
    const number = /^\d+(\.\d+)?$/.test(part) ? Number(part) : Number.NaN;
    if (!(number >= least && number <= most) || (kind === "whole" && !Number.isInteger(number))) {
      const what = kind === "whole" ? "a whole number" : "a number";
      throw new UsageError(`--${name} must be ${what} from ${least} to ${most}, not ${JSON.stringify(part)}`);
    }
    return number;
  });
}
