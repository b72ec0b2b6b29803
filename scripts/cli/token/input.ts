import { readFileSync } from "node:fs";
import { UsageError } from "../usage-error.ts";

/** What is in a file, or comes from stdin where that is `-`, without the white space around it. */
export async function textIn(file: string, what: string): Promise<string> {
  if (file === "-") return fromStdin(what);
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new UsageError(`${what} cannot be read: ${(error as Error).message}`);
  }
}

async function fromStdin(what: string): Promise<string> {
  const { stdin } = process;
  if (stdin.isTTY) process.stderr.write(`larder: type or paste ${what}, and end with Ctrl-D\n`);
  const chunks: Buffer[] = [];
  for await (const chunk of stdin) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString().trim();
  if (text === "") throw new UsageError(`${what} is empty: nothing came from stdin`);
  return text;
}
