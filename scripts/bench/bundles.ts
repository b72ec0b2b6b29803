import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Plugin } from "esbuild";
import { build } from "esbuild";
import { run } from "./children.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Bundle {
  readonly path: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

/** Bundles a module as wrangler does: one ES module, not minified, the runtime's own modules left out. */
export async function bundleModule(entry: string, path: string, plugins: Plugin[] = []): Promise<Bundle> {
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: path,
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    plugins,
    logLevel: "error",
  });
  return measure(path);
}

/** Bundles the coordinator into `directory` with wrangler itself, as a deploy would upload it. */
export async function bundleCoordinator(directory: string): Promise<Bundle> {
  await mkdir(directory, { recursive: true });
  await run(
    process.execPath,
    [join(root, "node_modules/wrangler/bin/wrangler.js"), "deploy", "--dry-run", "--outdir", directory, "--cwd", root],
    { CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false", CI: "true" },
  );
  const modules = (await readdir(directory)).filter((name) => name.endsWith(".js"));
  const [module] = modules;
  if (module === undefined || modules.length > 1) throw new Error(`one module expected, found ${modules.join(", ")}`);
  return measure(join(directory, module));
}

async function measure(path: string): Promise<Bundle> {
  const module = await readFile(path);
  return { path, bytes: module.byteLength, gzipBytes: gzipSync(module).byteLength };
}
