import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { limits } from "../../../schema/limits.ts";
import { UsageError } from "../usage-error.ts";
import { wrongLine } from "./wrong-line.ts";

export interface NumberedLine {
  /** From 1 on, as editors count. */
  readonly number: number;
  readonly text: string;
}

/** A file that can be read twice: once to check all of it, and then to send it. */
export interface Source extends AsyncDisposable {
  /** As messages call it. */
  readonly name: string;
  lines(): AsyncGenerator<NumberedLine>;
}

/** @param file a path; `-` for what comes in, which is put by until it has been sent */
export async function sourceOf(file: string): Promise<Source> {
  if (file !== "-") return { name: file, lines: () => linesOf(file, file), [Symbol.asyncDispose]: async () => {} };
  if (process.stdin.isTTY === true) throw new UsageError("which file? Give its name, or hand it over as in: < FILE");
  const directory = await mkdtemp(join(tmpdir(), "larder-import-"));
  const path = join(directory, "export.jsonl");
  const name = "the input";
  const gone = () => rm(directory, { recursive: true, force: true });
  try {
    await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }));
  } catch (error) {
    await gone();
    throw new UsageError(`${name} cannot be read: ${(error as Error).message}`);
  }
  return { name, lines: () => linesOf(path, name), [Symbol.asyncDispose]: gone };
}

const NEWLINE = 0x0a;

/** A line that is too long is refused before it has been read to its end. */
async function* linesOf(path: string, name: string): AsyncGenerator<NumberedLine> {
  let number = 1;
  let begun: Buffer[] = [];
  let bytes = 0;
  const grow = (part: Buffer) => {
    bytes += part.length;
    if (bytes > limits.exportLineBytes) {
      const fault = `must be at most ${limits.exportLineBytes} bytes`;
      throw wrongLine(name, number, fault, { limit: limits.exportLineBytes });
    }
    begun.push(part);
  };
  const ended = (): NumberedLine => {
    const line = { number, text: textOf(Buffer.concat(begun), name, number) };
    begun = [];
    bytes = 0;
    number += 1;
    return line;
  };
  for await (const chunk of chunksOf(path, name)) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      grow(chunk.subarray(from, end));
      yield ended();
      from = end + 1;
    }
    grow(chunk.subarray(from));
  }
  if (bytes > 0) yield ended();
}

async function* chunksOf(path: string, name: string): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Buffer;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new UsageError(`${name} cannot be read: ${message}`);
  }
}

function textOf(bytes: Buffer, name: string, number: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw wrongLine(name, number, "is not UTF-8");
  }
}
