import { build } from "esbuild";
import type { SourcelessWorkerOptions } from "wrangler";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from "wrangler";

/** A Worker as its wrangler.toml describes it, with its code in one module. */
export interface BundledWorker {
  readonly name: string;
  readonly script: string;
  /** Its vars, and the secrets in the .dev.vars beside its wrangler.toml. */
  readonly bindings: Readonly<Record<string, string>>;
  readonly options: SourcelessWorkerOptions;
}

/** Reads a wrangler.toml and bundles the Worker it names, resolving packages the way `wrangler deploy` does. */
export async function bundleWorker(configPath: string): Promise<BundledWorker> {
  const config = unstable_readConfig({ config: configPath });
  const { workerOptions, main, define } = unstable_getMiniflareWorkerOptions(config);
  if (config.name === undefined || main === undefined) throw new Error(`${configPath} must set name and main`);
  const { outputFiles } = await build({
    entryPoints: [main],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    mainFields: ["browser", "module", "main"],
    external: ["cloudflare:*", "node:*"],
    define,
    sourcemap: "inline",
    logLevel: "error",
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`${main} bundles to nothing`);
  // The rules say which files are text or data modules; bundled into one module, there are none left.
  const { modulesRules: _, ...options } = workerOptions;
  // Typed as unknown there; neither Worker has a var that is not a string.
  const bindings = { ...(options["bindings"] as Record<string, string> | undefined) };
  return { name: config.name, script: output.text, bindings, options };
}
