import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Ended } from "./larder.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
export const cli = join(root, "dist", "cli", "larder.mjs");

/** A directory with files of a project's own, which is gone once it is disposed of. */
export interface Project extends AsyncDisposable {
  readonly directory: string;
  larder(...args: readonly string[]): Promise<Ended>;
}

/** @param files by their names; `larder` and `larder/config` in their imports are Larder's own modules */
export async function project(files: Readonly<Record<string, string>>): Promise<Project> {
  const directory = await mkdtemp(join(tmpdir(), "larder-cli-"));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text.replace(/(?<=from ")larder(\/\w+)?(?=")/g, moduleOf));
  }
  await mkdir(join(directory, "node_modules"));
  await symlink(join(root, "node_modules", "wrangler"), join(directory, "node_modules", "wrangler"));
  return {
    directory,
    larder: (...args) => runCli(args, directory),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

function moduleOf(name: string): string {
  const paths: Readonly<Record<string, string>> = {
    larder: "src/client/index.ts",
    "larder/config": "src/gateway/config.ts",
    "larder/router": "src/gateway/router.ts",
  };
  return join(root, paths[name] ?? name);
}

/** A run of the CLI that goes on. */
export interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly said: { readonly stdout: string; readonly stderr: string };
  readonly ended: Promise<Ended>;
}

/** Runs the CLI to its end. `reads`: `nothing` closes what it writes to before it can write. */
export async function runCli(args: readonly string[], directory: string, options: RunOptions = {}): Promise<Ended> {
  return startCli(args, directory, options).ended;
}

interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly reads?: "all" | "nothing";
  /** What comes by stdin; nothing does where it is left out. */
  readonly input?: string;
}

export function startCli(
  args: readonly string[],
  directory: string,
  { env = {}, reads = "all", input }: RunOptions = {},
): Running {
  const child = spawn(process.execPath, [cli, ...args], {
    cwd: directory,
    env: { ...process.env, FORCE_COLOR: undefined, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(input);
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.stderr += text;
  });
  if (reads === "nothing") child.stdout.destroy();
  const ended = once(child, "close").then(([code]) => ({ code: (code as number | null) ?? null, ...said }));
  return { child, said, ended };
}
