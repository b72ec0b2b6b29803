import { createInterface } from "node:readline/promises";
import { exitCodes, Failure } from "../failure.ts";

/** Whether there is somebody to ask. */
export function isAttended(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** Asks on stderr, so that stdout stays for the answer. Anything but yes ends the command. */
export async function confirmed(question: string): Promise<void> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  // Ends by the signal, as a command that asks nothing does.
  asking.once("SIGINT", () => {
    asking.close();
    process.stderr.write("\n");
    process.kill(process.pid, "SIGINT");
  });
  const ended = new Promise<string>((resolve) => asking.once("close", () => resolve("")));
  const said = await Promise.race([asking.question(`${question} [y/N] `), ended]);
  asking.close();
  if (!/^y(?:es)?$/i.test(said.trim())) throw new Failure("declined", "nothing was purged", exitCodes.failed);
}
