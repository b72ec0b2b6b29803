import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../usage-error.ts";
import type { BundleSettings } from "./bundle.ts";

/** A file to check. */
export interface Target {
  /** Absolute. */
  readonly file: string;
  /** `asked`: it was named. `found`: it is checked if it declares caches. */
  readonly why: "asked" | "found";
}

export interface Targets {
  readonly targets: readonly Target[];
  /** As wrangler's configuration has them. */
  readonly vars: Readonly<Record<string, string>>;
  readonly settings: BundleSettings;
}

const WRANGLER_FILES = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"];

/**
 * The files that were named, or else those that are usual.
 *
 * @throws UsageError where there is none
 */
export async function targetsOf(files: readonly string[]): Promise<Targets> {
  if (files.length > 0) return { targets: files.map(asked), vars: {}, settings: {} };
  const config = resolve("larder.config.ts");
  const targets: Target[] = existsSync(config) ? [{ file: config, why: "asked" }] : [];
  const wranglerFile = WRANGLER_FILES.find((name) => existsSync(name));
  if (wranglerFile === undefined) {
    if (targets.length > 0) return { targets, vars: {}, settings: {} };
    throw new UsageError("there is no larder.config.ts here, and no wrangler.toml; name the files to check");
  }
  const { main, vars, define = {}, alias = {} } = await readWrangler(resolve(wranglerFile));
  if (main !== undefined) targets.push({ file: main, why: "found" });
  return { targets, vars: Object.fromEntries(Object.entries(vars).filter(isText)), settings: { define, alias } };
}

function asked(file: string): Target {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
    throw new UsageError(`${file}: there is no such file`);
  return { file: resolve(file), why: "asked" };
}

interface WranglerConfig extends BundleSettings {
  readonly main?: string;
  readonly vars: Readonly<Record<string, unknown>>;
}

/** By the project's own wrangler, which knows the file's forms and environments. */
async function readWrangler(config: string): Promise<WranglerConfig> {
  let path: string;
  try {
    path = createRequire(join(process.cwd(), "larder.config.ts")).resolve("wrangler");
  } catch {
    throw new UsageError(`${config} takes wrangler to be read, which is not installed here; name the files to check`);
  }
  const wrangler = (await import(pathToFileURL(path).href)) as {
    unstable_readConfig(options: { readonly config: string }): WranglerConfig;
  };
  try {
    return wrangler.unstable_readConfig({ config });
  } catch (error) {
    throw new UsageError(`${config}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function isText(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === "string";
}
