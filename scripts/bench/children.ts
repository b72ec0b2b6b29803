import { spawn } from "node:child_process";

/** SIGINT or SIGTERM came. */
export class Interrupted extends Error {
  /** What a shell gives for a program that the signal ended. */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`ended by ${signal}`);
    this.exitCode = signal === "SIGINT" ? 130 : 143;
  }
}

/**
 * Runs a program to its end. SIGINT and SIGTERM end it too, by its own id.
 *
 * @throws Interrupted after one of these signals; Error with what it printed when it does not end with 0
 */
export async function run(
  program: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<void> {
  const child = spawn(program, args, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
    });
  }
  let interrupted: NodeJS.Signals | undefined;
  const interrupt = (signal: NodeJS.Signals): void => {
    interrupted = signal;
    child.kill("SIGTERM");
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  }).finally(() => process.off("SIGINT", interrupt).off("SIGTERM", interrupt));
  if (interrupted !== undefined) throw new Interrupted(interrupted);
  if (code !== 0) throw new Error(`${program} ended with ${code}\n${printed}`);
}
