import { createHash } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { StartOptions } from "./options.ts";

/**
 * The folder that holds the caches and the objects' storage of one port and origin, made if it is not there.
 *
 * Port and origin are in its name because keys hold the coordinator's own host name and port, not the origin's: two
 * sites tried one after the other on the same port must not find each other's pages. It also lets two runs on different
 * ports go on side by side, where two runtimes on one SQLite file would not.
 */
export async function openState(options: StartOptions): Promise<string> {
  const folder = join(resolve(options.stateDirectory), `larder-${options.port}-${siteName(options.origin)}`);
  if (options.keep === "fresh") await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}

function siteName(origin: URL | undefined): string {
  if (origin === undefined) return "example";
  const digest = createHash("sha256").update(origin.origin).digest("hex").slice(0, 8);
  return `${origin.hostname.replaceAll(/[^a-z0-9.-]/g, "_").slice(0, 100)}-${digest}`;
}
