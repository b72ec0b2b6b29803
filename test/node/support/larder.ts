import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** How a process ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run of `node scripts/start.ts`; disposing of it ends it. */
export interface Larder extends AsyncDisposable {
  readonly pid: number;
  readonly coordinator: string;
  readonly app: string;
  /** What it printed before it was ready. */
  readonly hints: string;
  /** Sends the signal, to its whole process group where asked, and waits for the end. */
  stop(signal: "SIGINT" | "SIGTERM", to?: "process" | "group"): Promise<Ended>;
}

/** Starts it and waits for its ready line. @throws with everything it printed when it ends before that. */
export async function startLarder(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Larder> {
  const { child, said, ended } = launch(args, env);
  const { promise: ready, resolve } = Promise.withResolvers<RegExpExecArray>();
  child.stdout?.on("data", () => {
    const line = /^ready (\S+) (\S+)$/m.exec(said.stdout);
    if (line !== null) resolve(line);
  });
  const outcome = await Promise.race([ready, ended]);
  if (!Array.isArray(outcome)) throw new Error(`it ended before it was ready: ${JSON.stringify(outcome)}`);
  const [line, coordinator = "", app = ""] = outcome;
  const pid = child.pid ?? Number.NaN;
  return {
    pid,
    coordinator,
    app,
    hints: said.stdout.slice(0, said.stdout.indexOf(line)),
    async stop(signal, to = "process") {
      process.kill(to === "group" ? -pid : pid, signal);
      return ended;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** Runs it to its end. */
export function runLarder(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return launch(args, env).ended;
}

/** In a process group of its own, as a terminal would start it. */
function launch(args: readonly string[], env: NodeJS.ProcessEnv) {
  const child: ChildProcess = spawn(process.execPath, ["scripts/start.ts", ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const said = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said.stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said.stderr += text;
  });
  const ended = once(child, "close").then(([code]: (number | null)[]): Ended => ({ code: code ?? null, ...said }));
  return { child, said, ended };
}
