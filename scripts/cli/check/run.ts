import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { stop as stopEsbuild } from "esbuild";
import { asLarderError } from "../../../schema/errors.ts";
import { packageRoot } from "../package-root.ts";
import { type Bundle, type BundleSettings, bundleFile } from "./bundle.ts";
import { cacheFindings, optionFinding, startOf } from "./caches.ts";
import type { Finding } from "./finding.ts";
import { gatewayConfigOf, gatewayFindings } from "./gateway.ts";
import { load } from "./load.ts";
import { fieldPath, Places } from "./places.ts";
import { count, jsonReport, textReport } from "./report.ts";
import { type Target, targetsOf } from "./targets.ts";

export interface CheckOptions {
  readonly form: "text" | "json";
  /** What the environment is to hold, besides wrangler's vars. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What the process is to say, and its exit code. */
export interface Outcome {
  readonly output: string;
  readonly code: 0 | 1;
}

/** @throws UsageError where there is no file to check */
export async function check(files: readonly string[], { form, environment }: CheckOptions): Promise<Outcome> {
  const { targets, vars, settings } = await targetsOf(files);
  const directory = await realpath(await mkdtemp(join(tmpdir(), "larder-check-")));
  const findings: Finding[] = [];
  try {
    for (const target of targets) {
      findings.push(...(await fileFindings(target, directory, settings, { ...vars, ...environment })));
    }
  } finally {
    await stopEsbuild();
    await rm(directory, { recursive: true, force: true });
  }
  const distinct = uniqueBy(findings, ({ kind, message, place }) => JSON.stringify([place, kind, message]));
  const checked = targets.map(({ file }) => file);
  const output = form === "json" ? jsonReport(distinct, checked) : textReport(distinct);
  return { output, code: count(distinct, "error") > 0 ? 1 : 0 };
}

/** What two files import is declared in both. */
function uniqueBy<Item>(items: readonly Item[], nameOf: (item: Item) => string): readonly Item[] {
  return [...new Map(items.map((item) => [nameOf(item), item])).values()];
}

async function fileFindings(
  { file, why }: Target,
  directory: string,
  settings: BundleSettings,
  environment: Readonly<Record<string, string>>,
): Promise<readonly Finding[]> {
  const bundle = await bundleFile(file, directory, settings);
  if ("length" in bundle) return bundle;
  if (why === "found" && !declaresCaches(bundle)) return [];
  const { path, declared, exported, thrown } = await load(bundle, directory, environment);
  const places = new Places(bundle, directory, path, packageRoot());
  const findings = declared.flatMap((each) => cacheFindings(each, places, file));
  if (thrown !== undefined) return [...findings, thrownFinding(thrown, places, file)];
  const config = gatewayConfigOf(exported);
  if (config !== undefined) return [...findings, ...gatewayFindings(config, environment["ORIGIN"], places, file)];
  if (declared.length > 0) return findings;
  const message =
    "declares nothing to check: neither is its default export a defineConfig(), nor does its top level call cache()";
  return [{ severity: "warning", kind: "no-declaration", message, place: startOf(file) }];
}

/** Whether it holds the file of Larder that `cache` is in, of this copy of Larder or of the project's own. */
function declaresCaches({ inputs }: Bundle): boolean {
  const declaring = join("src", "client", "cache.ts");
  const here = join(packageRoot(), declaring);
  return inputs.some((input) => input === here || input.endsWith(join(sep, "node_modules", "larder", declaring)));
}

/** What a module that cannot be loaded has thrown. */
function thrownFinding(thrown: unknown, places: Places, file: string): Finding {
  const error = asLarderError(thrown);
  const field = fieldPath(error?.field ?? "");
  const place = (thrown instanceof Error ? places.of(thrown, field) : undefined) ?? startOf(file);
  if (error !== undefined) return optionFinding(error, place);
  const message = `throws while it is loaded: ${String(thrown)}`;
  return { severity: "error", kind: "throws", message, place };
}
