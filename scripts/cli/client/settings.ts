import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import type { CacheFlags } from "../flags.ts";
import { UsageError } from "../usage-error.ts";

const text = v.optional(v.pipe(v.string("must be a string"), v.minLength(1, "must not be empty")));

const SectionSchema = v.strictObject(
  { url: text, token: text, namespace: text, cache: text, site: text },
  "must be an object of url, token, namespace, cache and site",
);

const FileSchema = v.strictObject(
  {
    ...SectionSchema.entries,
    environments: v.optional(v.record(v.string(), SectionSchema, "must be an object of sections by name")),
  },
  "must be an object of url, token, namespace, cache, site and environments",
);

type Section = v.InferOutput<typeof SectionSchema>;

/** Whom a command asks, as whom, and about what. */
export interface Settings {
  /** The reserved prefix of the coordinator, without a slash at its end. */
  readonly base: string;
  readonly token: string | undefined;
  readonly namespace: string;
  readonly cache: string | undefined;
  /** What paths are of: an origin such as `https://www.example.com`. */
  readonly site: string;
  readonly timeoutSeconds: number;
}

/**
 * From the flags; then from the section of `.larderrc` that `--environment` names, which goes before variables, so that what
 * a shell has left over never sends a purge elsewhere; then from variables; then from the rest of `.larderrc`. Only the
 * nearest `.larderrc` counts, upwards from the working directory: so no project's URL gets another's token.
 *
 * @throws UsageError naming what is missing or wrong, and where
 */
export function settingsOf(
  flags: CacheFlags & { readonly site?: string },
  variables: NodeJS.ProcessEnv = process.env,
  directory = process.cwd(),
): Settings {
  const file = nearest(directory);
  const { environments = {}, ...rest } = file === undefined ? {} : read(file);
  const named = flags.environment === undefined ? {} : environment(flags.environment, environments, file);
  const fromVariables: Section = {
    url: variables["LARDER_URL"] || undefined,
    token: variables["LARDER_TOKEN"] || undefined,
    namespace: variables["LARDER_NAMESPACE"] || undefined,
  };
  const fromFlags: Section = { ...flags, url: flags.server };
  const pick = (name: keyof Section) => fromFlags[name] ?? named[name] ?? fromVariables[name] ?? rest[name];
  const url = pick("url");
  if (url === undefined) {
    throw new UsageError(
      "which coordinator? Give --server https://…, set LARDER_URL, or write a url into .larderrc (docs/cli.md)",
    );
  }
  const server = httpUrl(url, "the coordinator's URL");
  const site = pick("site");
  return {
    base: `${server.origin}${server.pathname === "/" ? "/.larder" : server.pathname.replace(/\/+$/, "")}`,
    token: pick("token"),
    namespace: pick("namespace") ?? "default",
    cache: pick("cache"),
    site: site === undefined ? server.origin : httpUrl(site, "--site").origin,
    timeoutSeconds: flags.timeout,
  };
}

function httpUrl(url: string, what: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new UsageError(`${what} must be as in https://larder.example.com, and not ${url}`);
  }
  if (parsed.username !== "" || parsed.password !== "") {
    throw new UsageError(`${what} must hold no user name; the token goes in --token or LARDER_TOKEN`);
  }
  return parsed;
}

function environment(name: string, all: Readonly<Record<string, Section>>, file: string | undefined): Section {
  const section = Object.hasOwn(all, name) ? all[name] : undefined;
  if (section !== undefined) return section;
  const declared = Object.keys(all);
  const where = file === undefined ? "there is no .larderrc" : `${file} declares ${declared.join(", ") || "none"}`;
  throw new UsageError(`--environment ${name} is not declared: ${where}`);
}

function nearest(from: string): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const file = join(directory, ".larderrc");
    if (existsSync(file)) return file;
    if (dirname(directory) === directory) return undefined;
  }
}

function read(file: string): v.InferOutput<typeof FileSchema> {
  let content: string;
  try {
    content = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as Error).message}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (error) {
    throw new UsageError(`${file} is not JSON: ${(error as Error).message}`);
  }
  const result = v.safeParse(FileSchema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  const unknown =
    issue.expected === "never"
      ? "is not a setting; there are url, token, namespace, cache, site, and environments"
      : issue.message;
  throw new UsageError(`${file}: ${path ?? "it"} ${unknown}`);
}
