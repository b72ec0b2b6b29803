import { createHash } from "node:crypto";
import { build } from "esbuild";
import type { SourcelessWorkerOptions } from "wrangler";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from "wrangler";

/** A Worker as its wrangler.toml describes it, with its code in one module. */
export interface BundledWorker {
  readonly name: string;
  readonly script: string;
  /** Its vars, and the secrets in the .dev.vars beside its wrangler.toml. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Its version metadata, under the name that it is bound by, where it is. */
  readonly version: Readonly<Record<string, VersionMetadata>>;
  readonly options: SourcelessWorkerOptions;
}

/** As the runtime gives it (developers.cloudflare.com/workers/runtime-apis/bindings/version-metadata). */
type VersionMetadata = { readonly id: string; readonly tag: string; readonly timestamp: string };

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
  const { modulesRules: _, versionMetadata, ...options } = workerOptions;
  // Typed as unknown there; neither Worker has a var that is not a string.
  const bindings = { ...(options["bindings"] as Record<string, string> | undefined) };
  const version = typeof versionMetadata === "string" ? { [versionMetadata]: versionOf(output.text, bindings) } : {};
  return { name: config.name, script: output.text, bindings, version, options };
}

/**
 * The version that such code and settings are: of the same id after a restart, where Miniflare would make up another each
 * time, and so have every restart purge what `onDeploy: "purge"` is for.
 */
function versionOf(script: string, bindings: Readonly<Record<string, string>>): VersionMetadata {
  const hash = createHash("sha256").update(script).update(JSON.stringify(bindings));
  return { id: hash.digest("hex").slice(0, 32), tag: "", timestamp: new Date().toISOString() };
}
