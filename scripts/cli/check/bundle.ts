import { readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { join, resolve } from "node:path";
import type { BuildFailure, Message, Plugin } from "esbuild";
import { build } from "esbuild";
import type { Finding } from "./finding.ts";
import { WORKERS_MODULE } from "./workers-globals.ts";

/** A file and all that it imports, as one module. */
export interface Bundle {
  readonly code: string;
  /** As of tc39.es/ecma426; its sources are relative to the directory the bundle was made for. */
  readonly sourceMap: string;
  /** The files in it, absolute. */
  readonly inputs: readonly string[];
}

/** How the project's wrangler.toml has it bundled, where that is known. */
export interface BundleSettings {
  readonly define?: Readonly<Record<string, string>>;
  readonly alias?: Readonly<Record<string, string>>;
}

/**
 * Bundles as `wrangler deploy` does, but for `cloudflare:*`, which are modules of the runtime: what they hold is what
 * {@link WORKERS_MODULE} does.
 *
 * @param directory that the bundle is to be put in
 * @returns what is wrong, where it cannot be bundled
 */
export async function bundleFile(
  file: string,
  directory: string,
  { define = {}, alias = {} }: BundleSettings,
): Promise<Bundle | readonly Finding[]> {
  try {
    const { outputFiles, metafile } = await build({
      entryPoints: [file],
      bundle: true,
      write: false,
      metafile: true,
      outfile: join(directory, "bundle.mjs"),
      format: "esm",
      target: "es2024",
      platform: "neutral",
      conditions: ["workerd", "worker", "browser"],
      mainFields: ["browser", "module", "main"],
      external: ["node:*", ...builtinModules],
      plugins: [workersModules, otherFiles],
      loader: { ".bin": "binary", ".wasm": "binary" },
      define: { ...define },
      alias: { ...alias },
      sourcemap: "external",
      logLevel: "silent",
    });
    const text = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? "";
    return {
      code: text("bundle.mjs"),
      sourceMap: text(".map"),
      inputs: Object.keys(metafile.inputs).map((input) => resolve(input)),
    };
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    return error.errors.map((message) => findingOf(message, file));
  }
}

const workersModules: Plugin = {
  name: "cloudflare",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^cloudflare:/ }, ({ path }) => ({ path, namespace: "cloudflare" }));
    onLoad({ filter: /^/, namespace: "cloudflare" }, () => ({
      contents: `module.exports = globalThis[Symbol.for(${JSON.stringify(WORKERS_MODULE.description)})];`,
      loader: "js",
    }));
  },
};

/** Which files are modules of text, a project's wrangler.toml says; all that esbuild does not know is taken for that here. */
const otherFiles: Plugin = {
  name: "other files",
  setup({ onLoad }) {
    onLoad({ filter: /\.[^./\\]+$/, namespace: "file" }, async ({ path }) =>
      KNOWN.test(path) ? undefined : { contents: await readFile(path), loader: "text" },
    );
  },
};

const KNOWN = /\.(?:[cm]?[jt]s|[jt]sx|json|css|bin|wasm)$/;

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

function findingOf({ text, location }: Message, file: string): Finding {
  const place =
    location === null
      ? { file, line: 1, column: 1 }
      : { file: resolve(location.file), line: location.line, column: location.column + 1 };
  return { severity: "error", kind: "syntax", message: text, place };
}
