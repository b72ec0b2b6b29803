import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./children.ts";

const workerd = join(fileURLToPath(new URL("../../node_modules", import.meta.url)), ".bin", "workerd");

/** A Worker of a benchmark's configuration. */
export interface WorkerService {
  readonly name: string;
  /** Its one module, relative to the configuration. */
  readonly module: string;
  /** The service behind its `caches.default`. */
  readonly cache?: string;
  /** Service bindings: the binding's name and the service it leads to. */
  readonly services?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, number | string>>;
  /** Durable Object classes, by the name of their binding: the module's own, or those of another service. */
  readonly objects?: Readonly<Record<string, string | { readonly className: string; readonly service: string }>>;
}

/** The one that wrangler.toml says: the Workers run as they would be deployed. */
export async function compatibilityDate(): Promise<string> {
  const settings = await readFile(new URL("../../wrangler.toml", import.meta.url), "utf8");
  const date = /^compatibility_date = "([\d-]+)"$/m.exec(settings)?.[1];
  if (date === undefined) throw new Error("wrangler.toml has no compatibility_date");
  return date;
}

/** The service that is the directory of the objects: a Worker can leave a file there, by PUT. */
export const DISK = "objects";

/**
 * The configuration of a process that holds these Workers and keeps their objects in `directory`. It has no socket,
 * and no way out to any network.
 */
export function configuration(
  services: readonly WorkerService[],
  directory: string,
  compatibilityDate: string,
): string {
  return [
    'using Workerd = import "/workerd/workerd.capnp";',
    "const config :Workerd.Config = (services = [",
    ...services.map((service) => `  (name = ${text(service.name)}, worker = ${worker(service, compatibilityDate)}),`),
    // Objects in memory have no SQLite.
    `  (name = ${text(DISK)}, disk = (path = ${text(directory)}, writable = true)),`,
    '  (name = "internet", network = (allow = [])),',
    "]);",
    "",
  ].join("\n");
}

function worker({ module, cache, services, settings, objects }: WorkerService, compatibilityDate: string): string {
  const bindings = [
    ...Object.entries(services ?? {}).map(([name, service]) => `(name = ${text(name)}, service = ${text(service)})`),
    ...Object.entries(settings ?? {}).map(
      ([name, value]) => `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`,
    ),
    ...Object.entries(objects ?? {}).map(
      ([name, cls]) => `(name = ${text(name)}, durableObjectNamespace = ${designator(cls)})`,
    ),
  ];
  const own = Object.values(objects ?? {}).filter((cls) => typeof cls === "string");
  const classes = own.map((cls) => `(className = ${text(cls)}, uniqueKey = ${text(cls)}, enableSql = true)`);
  return [
    `(modules = [(name = ${text(module)}, esModule = embed ${text(module)})]`,
    `compatibilityDate = ${text(compatibilityDate)}`,
    ...(cache === undefined ? [] : [`cacheApiOutbound = ${text(cache)}`]),
    ...(classes.length === 0
      ? []
      : [`durableObjectNamespaces = [${classes}]`, `durableObjectStorage = (localDisk = ${text(DISK)})`]),
    `bindings = [${bindings.join(", ")}])`,
  ].join(", ");
}

type ObjectClass = NonNullable<WorkerService["objects"]>[string];

function designator(cls: ObjectClass): string {
  return typeof cls === "string"
    ? text(cls)
    : `(className = ${text(cls.className)}, serviceName = ${text(cls.service)})`;
}

/** A string literal of the Cap'n Proto schema language, whose escapes are those of JSON. */
function text(value: string): string {
  return JSON.stringify(value);
}

/** What `workerd bench --format json` reports of one case. */
export interface BenchCase {
  readonly name: string;
  readonly status: string;
  readonly wallNs: { readonly samples: readonly number[] };
  readonly cpuNs: { readonly samples: readonly number[] };
}

interface BenchReport {
  readonly groups: readonly { readonly cases: readonly BenchCase[] }[];
}

/**
 * Runs `workerd bench` in `directory` on the service `name`, which exports `bench`, in a process of its own.
 *
 * @throws Error with workerd's own words when a case fails
 */
export async function benchmark(directory: string, config: string, name: string): Promise<readonly BenchCase[]> {
  const configPath = join(directory, "config.capnp");
  const reportPath = join(directory, "report.json");
  await writeFile(configPath, config);
  await run(workerd, ["bench", configPath, name, "--format", "json", "--output", reportPath]);
  const { groups } = JSON.parse(await readFile(reportPath, "utf8")) as BenchReport;
  const cases = groups.flatMap((group) => group.cases);
  const failed = cases.find(({ status }) => status !== "ok");
  if (failed !== undefined) throw new Error(`${failed.name}: ${failed.status}`);
  return cases;
}
