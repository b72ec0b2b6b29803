import { parseArgs } from "node:util";

export const help = `Usage: npm start -- [options]

Runs Larder on this machine: the coordinator, an example app Worker bound to it, and a slow origin behind the app.

Options:
  --port N      the coordinator's port (default 8787); the example app takes the next one, the slow origin the one after
  --origin URL  instead of the example: the coordinator alone, as a caching gateway in front of this site.
                Nothing but the coordinator is started, and the ready line names its URL twice.
  --fresh       forget what earlier runs on this port, with this origin, have cached and counted
  --state DIR   where state is kept over restarts (default .wrangler/state)
  --help        this text

Environment:
  LARDER_TOKEN     the bearer token of the REST API (default: .dev.vars, or else a random one for this run)
  ORIGIN_DELAY_MS  how long the slow origin takes to answer (default 300)

It listens on 127.0.0.1 only, prints "ready <coordinator url> <app url>" once both answer, and ends on Ctrl-C or SIGTERM.
`;

export interface StartOptions {
  readonly port: number;
  /** The site to stand in front of; without one the example and its slow origin are started. */
  readonly origin: URL | undefined;
  readonly keep: "kept" | "fresh";
  readonly stateDirectory: string;
  /** How long the slow origin waits before it answers. */
  readonly originDelayMs: number;
}

/** An option that cannot be followed; the message names it and says what would do. */
export class UsageError extends Error {}

/** Ports the run needs: one for a gateway, three in a row for the example. */
export function portsOf(options: Pick<StartOptions, "port" | "origin">): readonly number[] {
  const { port, origin } = options;
  return origin === undefined ? [port, port + 1, port + 2] : [port];
}

/** @throws {UsageError} on anything it does not know or cannot use. */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): StartOptions | "help" {
  const values = new Map<string, string>();
  for (const token of tokensOf(args)) {
    if (token.kind !== "option")
      throw new UsageError(`${JSON.stringify(argument(token))} is not an option; see --help`);
    const { rawName, value } = token;
    if (takesValue(rawName)) {
      if (value === undefined || value === "") throw new UsageError(`${rawName} needs a value; see --help`);
      values.set(rawName, value);
    } else if (rawName === "--fresh" || rawName === "--help") {
      if (value !== undefined) throw new UsageError(`${rawName} takes no value`);
      values.set(rawName, "");
    } else {
      throw new UsageError(`${rawName} is not an option; see --help`);
    }
  }
  if (values.has("--help")) return "help";

  const origin = parseOrigin(values.get("--origin"));
  const port = parsePort(values.get("--port") ?? "8787", origin === undefined ? 65_533 : 65_535);
  if (origin !== undefined && isLoopback(origin.hostname) && Number(origin.port || 80) === port) {
    throw new UsageError(`--origin ${origin.origin} is the coordinator's own address; use another --port`);
  }
  return {
    port,
    origin,
    keep: values.has("--fresh") ? "fresh" : "kept",
    stateDirectory: values.get("--state") ?? ".wrangler/state",
    originDelayMs: parseDelay(env["ORIGIN_DELAY_MS"] ?? "300"),
  };
}

function takesValue(name: string): boolean {
  return name === "--port" || name === "--origin" || name === "--state";
}

function tokensOf(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: { port: { type: "string" }, origin: { type: "string" }, state: { type: "string" } },
    strict: false,
    tokens: true,
  }).tokens;
}

function argument(token: { readonly kind: "positional"; readonly value: string } | { readonly kind: string }): string {
  return "value" in token ? token.value : "--";
}

function wholeNumber(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function parsePort(text: string, highest: number): number {
  const port = wholeNumber(text);
  if (port === undefined || port < 1 || port > highest) {
    throw new UsageError(`--port must be a whole number from 1 to ${highest}, not ${JSON.stringify(text)}`);
  }
  return port;
}

function parseOrigin(text: string | undefined): URL | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new UsageError(
      `--origin must be an http or https URL such as http://127.0.0.1:3000, not ${JSON.stringify(text)}`,
    );
  }
  if (url.username !== "" || url.password !== "")
    throw new UsageError("--origin must not hold a user name or password");
  if (url.search !== "" || url.hash !== "" || url.pathname !== "/") {
    throw new UsageError(
      `--origin must be a site without path or query, such as ${url.origin}, not ${JSON.stringify(text)}`,
    );
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === "127.0.0.1" || hostname === "localhost";
}

function parseDelay(text: string): number {
  const delayMs = wholeNumber(text);
  if (delayMs === undefined || delayMs > 60_000) {
    throw new UsageError(
      `ORIGIN_DELAY_MS must be a whole number of milliseconds up to 60000, not ${JSON.stringify(text)}`,
    );
  }
  return delayMs;
}
