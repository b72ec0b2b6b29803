import { UsageError } from "../usage-error.ts";

/** As wrangler's configuration file has it; only what is looked at is checked. */
export type Config = Readonly<Record<string, unknown>>;

type Properties = Readonly<Record<string, string | readonly string[]>>;

/** One thing that a configuration lacks. */
export interface Addition {
  /** From the top of the file. */
  readonly path: readonly string[];
  /** `item`: another of the list at the path. `table`: the table at the path, which is not there. */
  readonly as: "item" | "table";
  readonly value: Properties;
}

export interface Wish {
  readonly service: string | undefined;
  readonly standalone: boolean;
  readonly env: string | undefined;
}

/** The binding that `cache()` uses unless it is told of another. */
const BINDING = "LARDER";
/** The names by which the coordinator's code knows them. */
const [OBJECTS, OBJECT_CLASS, VERSIONS, ENTRYPOINT] = [
  ...(["NAMESPACES", "CacheNamespace", "CF_VERSION_METADATA", "Larder"] as const),
];

/**
 * What the configuration lacks for the wish.
 *
 * @throws UsageError where something else has a name that is needed
 */
export function additions(config: Config, wish: Wish): readonly Addition[] {
  const { env, standalone } = wish;
  const base = env === undefined ? [] : ["env", env];
  const section = env === undefined ? config : environment(config, env);
  const binding = standalone
    ? { binding: BINDING, service: ownName(config, section, env), entrypoint: ENTRYPOINT }
    : { binding: BINDING, service: wish.service ?? "larder" };
  const lacking: Addition[] = [];
  if (!hasBinding(section, binding)) lacking.push({ path: [...base, "services"], as: "item", value: binding });
  if (!standalone) return lacking;
  const object = { name: OBJECTS, class_name: OBJECT_CLASS };
  if (!hasObject(section, object)) {
    lacking.push({ path: [...base, "durable_objects", "bindings"], as: "item", value: object });
  }
  // Migrations are inherited by environments that have none of their own.
  const own = env !== undefined && section["migrations"] !== undefined;
  const migrations = listOf((own ? section : config)["migrations"]);
  if (!migrations.some(({ new_sqlite_classes: made }) => Array.isArray(made) && made.includes(OBJECT_CLASS))) {
    const value = { tag: freeTag(migrations), new_sqlite_classes: [OBJECT_CLASS] };
    lacking.push({ path: [...(own ? base : []), "migrations"], as: "item", value });
  }
  if (section["version_metadata"] === undefined) {
    lacking.push({ path: [...base, "version_metadata"], as: "table", value: { binding: VERSIONS } });
  }
  return lacking;
}

/** Names of environments in which bindings have to be declared anew. */
export function environmentsOf(config: Config): readonly string[] {
  return Object.keys(tableOf(config["env"]));
}

/** The configuration with what it lacked. */
export function withAdditions(config: Config, lacking: readonly Addition[]): Config {
  // As JSON has it: TOML's dates are objects of its library's own.
  const made = JSON.parse(JSON.stringify(config)) as Record<string, unknown>;
  for (const { path, as, value } of lacking) {
    let table = made;
    for (const name of path.slice(0, -1)) {
      table[name] ??= {};
      table = table[name] as Record<string, unknown>;
    }
    const last = path.at(-1) ?? "";
    table[last] = as === "table" ? value : [...listOf(table[last]), value];
  }
  return made;
}

function environment(config: Config, name: string): Config {
  const all = environmentsOf(config);
  if (all.includes(name)) return tableOf(tableOf(config["env"])[name]);
  throw new UsageError(`--env ${name} is not in the configuration, which has ${all.join(", ") || "none"}`);
}

/** Wrangler deploys an environment as `<name>-<environment>`, unless that has a name of its own. */
function ownName(config: Config, section: Config, env: string | undefined): string {
  if (typeof section["name"] === "string") return section["name"];
  if (typeof config["name"] !== "string")
    throw new UsageError("the configuration has no name, which --standalone needs");
  return env === undefined ? config["name"] : `${config["name"]}-${env}`;
}

function hasBinding(section: Config, wanted: Properties): boolean {
  const there = listOf(section["services"]).find(({ binding }) => binding === BINDING);
  if (there !== undefined) {
    if (there["service"] === wanted["service"] && there["entrypoint"] === wanted["entrypoint"]) return true;
    const to = `${there["service"]}${there["entrypoint"] === undefined ? "" : `, entrypoint ${there["entrypoint"]}`}`;
    throw new UsageError(`there is a service binding ${BINDING} already, to ${to}: take it out, or change it by hand`);
  }
  if (Object.hasOwn(tableOf(section["vars"]), BINDING)) {
    throw new UsageError(
      `there is a variable ${BINDING} already, which is the name of the binding: give it another name`,
    );
  }
  for (const [kind, list] of Object.entries(section)) {
    if (!listOf(list).some(({ binding }) => binding === BINDING)) continue;
    throw new UsageError(`there is a binding ${BINDING} of another kind already, in ${kind}: give it another name`);
  }
  return false;
}

function hasObject(section: Config, { name, class_name: wanted }: { name: string; class_name: string }): boolean {
  const there = listOf(tableOf(section["durable_objects"])["bindings"]).find((binding) => binding["name"] === name);
  if (there === undefined) return false;
  if (there["class_name"] === wanted) return true;
  throw new UsageError(
    `there is a Durable Object binding ${name} already, of the class ${there["class_name"]}: give it another name`,
  );
}

/** Migrations are known by their tags. */
function freeTag(migrations: readonly Config[]): string {
  const taken = new Set(migrations.map(({ tag }) => tag));
  for (let number = 1; ; number += 1) if (!taken.has(`larder-v${number}`)) return `larder-v${number}`;
}

function tableOf(value: unknown): Config {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Config) : {};
}

function listOf(value: unknown): readonly Config[] {
  return Array.isArray(value) ? value.map(tableOf) : [];
}
