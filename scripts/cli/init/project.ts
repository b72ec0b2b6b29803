import { existsSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { UsageError } from "../usage-error.ts";
import type { Addition, Config } from "./additions.ts";
import { withAdditions } from "./additions.ts";
import { addToJsonc, parseJsonc } from "./edit-jsonc.ts";
import { addToToml, parseToml, tomlOf } from "./edit-toml.ts";

/** In the order in which wrangler looks for them. */
const FILES = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

/** A file's text before and after; `before` is undefined where there is no such file. */
export interface Change {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string;
}

/** A project's configuration of wrangler. */
export interface Project {
  readonly directory: string;
  readonly path: string;
  readonly text: string;
  readonly config: Config;
}

/** @throws UsageError where there is none, or it cannot be read */
export function openProject(directory: string): Project {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`${directory}: there is no such directory`);
  }
  const name = FILES.find((file) => existsSync(join(directory, file)));
  if (name === undefined) {
    throw new UsageError(
      `there is no wrangler.toml, .json or .jsonc in ${resolve(directory)}: call this in a Worker project, such as npm create cloudflare makes`,
    );
  }
  const path = join(directory, name);
  const text = readFileSync(path, "utf8");
  try {
    return { directory, path, text, config: name.endsWith(".toml") ? parseToml(text) : parseJsonc(text) };
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

/**
 * The configuration with what it lacked, all else as it was.
 *
 * @throws UsageError where its form does not let that be added, with what to add by hand
 */
export function edited({ path, text, config }: Project, lacking: readonly Addition[]): Change {
  const isToml = path.endsWith(".toml");
  let after: string;
  let reread: Config | undefined;
  try {
    after = isToml ? addToToml(text, lacking) : addToJsonc(text, lacking);
    reread = isToml ? parseToml(after) : parseJsonc(after);
  } catch {
    after = text;
  }
  // TOML's tables have no prototype, and clones have.
  if (reread !== undefined && isDeepStrictEqual(comparable(reread), comparable(withAdditions(config, lacking)))) {
    return { path, before: text, after };
  }
  const lines = isToml ? tomlOf(lacking) : `\n${JSON.stringify(withAdditions({}, lacking), null, 2)}\n`;
  throw new UsageError(`${path} is written in a form that cannot be added to safely; add this by hand:\n${lines}`);
}

function comparable(config: Config): unknown {
  return JSON.parse(JSON.stringify(config));
}

/** The file that wrangler starts from. */
export function mainOf({ directory, config, path }: Project): { readonly path: string; readonly text: string } {
  const { main } = config;
  if (typeof main !== "string")
    throw new UsageError(`${path} has no main, to which --standalone has to add the object's class`);
  const file = join(directory, main);
  if (!existsSync(file)) throw new UsageError(`${file}, the main of ${path}, is not there`);
  return { path: file, text: readFileSync(file, "utf8") };
}

/** As seen from the working directory. */
export function shown(path: string): string {
  return relative(".", path) || path;
}
