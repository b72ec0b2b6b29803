import { env } from "cloudflare:workers";
import type { Happening } from "../../schema/events.ts";
import type { CacheName } from "../../schema/names.ts";

/** How much is logged: each level with those before it. */
const levels = ["off", "error", "warn", "info", "debug"] as const;
type Setting = (typeof levels)[number];
export type Level = Exclude<Setting, "off">;

/** What a line tells beside its message. No credential, cookie or body is ever among it. */
export type Details = Readonly<Record<string, string | number | boolean | undefined>>;

/** Characters of one value in a line. */
const MOST_CHARACTERS = 500;

let threshold: number | undefined;

/**
 * Logs one line of JSON, by the console's method for its level, so that tools that read Workers' logs know it
 * (developers.cloudflare.com/workers/observability/logs/workers-logs). What is logged is chosen by `LARDER_LOG`.
 *
 * @param error what was thrown: its stack is for the log alone, and never goes to a client
 */
export function log(level: Level, message: string, details: Details = {}, error?: unknown): void {
  threshold ??= thresholdOf(env.LARDER_LOG);
  if (levels.indexOf(level) > threshold) return;
  console[level](lineOf(level, message, details, error, new Date()));
}

/** Where the setting stands among the levels. A wrong one is told of once, and is `warn`. */
function thresholdOf(setting: string | undefined): number {
  const known = (levels as readonly (string | undefined)[]).indexOf(setting);
  if (known === -1 && setting !== undefined && setting !== "") {
    const details = { setting: "LARDER_LOG", value: setting };
    console.warn(
      lineOf("warn", `must be one of ${levels.join(", ")}; it is taken for warn`, details, undefined, new Date()),
    );
  }
  return known === -1 ? levels.indexOf("warn") : known;
}

/** For tests, and for whoever has changed the setting: it is read anew with the next line. */
export function readLevelAnew(): void {
  threshold = undefined;
}

/** One line, whatever is in it: JSON has no raw line ends. */
export function lineOf(level: Level, message: string, details: Details, error: unknown, at: Date): string {
  const told = Object.entries(details).map(([name, value]) => [name, typeof value === "string" ? short(value) : value]);
  return JSON.stringify({
    level,
    at,
    message: `larder: ${message}`,
    ...Object.fromEntries(told),
    ...(error === undefined ? {} : { error: errorIn(error) }),
  });
}

function short(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

function errorIn(error: unknown): object {
  if (!(error instanceof Error)) return { message: short(String(error)) };
  const { name, message, stack } = error;
  return { name, message: short(message), ...(stack === undefined ? {} : { stack }) };
}

/** Logs what happens in a cache, by its kind: look-ups are only for whoever looks for something. */
export function logEvent(event: Happening, cache: CacheName | undefined, rule: string | undefined): void {
  const level = levelOf(event);
  // The way of every hit: nothing is made of it when nobody reads it.
  threshold ??= thresholdOf(env.LARDER_LOG);
  if (levels.indexOf(level) <= threshold) log(level, event.type, { cache, rule, ...detailsOf(event) });
}

function levelOf({ type }: Happening): Level {
  switch (type) {
    case "purge":
    case "revoke":
      return "info";
    case "fill-failed":
    case "error":
      return "warn";
    default:
      return "debug";
  }
}

function detailsOf({ type: _, ...event }: Happening): Details {
  if (!("entry" in event)) return event;
  const { entry, ...rest } = event;
  return { ...rest, key: entry.key, bytes: entry.bytes };
}
