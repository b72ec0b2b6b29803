import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import type { InitFlags } from "../commands/init.ts";
import { exitCodes, Failure } from "../failure.ts";
import { say } from "../output/say.ts";
import { UsageError } from "../usage-error.ts";
import { additions, environmentsOf } from "./additions.ts";
import { exampleOf } from "./example.ts";
import { type Change, edited, mainOf, openProject, type Project, shown } from "./project.ts";

/** What wrangler's entry has to export beside the app's own. */
const EXPORTS = 'export { CacheNamespace, default as Larder } from "larder/worker";';
/** What the tests run with; the client takes `env` and `waitUntil` from `cloudflare:workers`. */
const TESTED_DATE = "2026-10-23";

/** All is worked out before the first file is written. */
export async function init(directory: string, flags: InitFlags): Promise<void> {
  const { service, standalone = false, env } = flags;
  if (standalone && service !== undefined) {
    throw new UsageError("--service is of another Worker: it does not go with --standalone");
  }
  const project = openProject(directory);
  const lacking = additions(project.config, { service, standalone, env });
  const changes: Change[] = lacking.length === 0 ? [] : [edited(project, lacking)];
  if (standalone) {
    const { path, text } = mainOf(project);
    if (!text.includes("larder/worker")) changes.push({ path, before: text, after: withExports(text) });
  }
  const example = examplePath(project);
  if (!existsSync(example.path)) {
    const namespace = typeof project.config["name"] === "string" ? project.config["name"] : "app";
    changes.push({ path: example.path, before: undefined, after: exampleOf(namespace, example.language, standalone) });
  }
  const notes = notesOf(project, flags);
  if (flags.dryRun !== true) write(changes);
  const files = changes.map(({ path, before }) => ({
    path: shown(path),
    action: before === undefined ? "create" : "change",
  }));
  await say(flags, { dryRun: flags.dryRun === true, files, notes }, () =>
    text(changes, notes, flags.dryRun === true ? "dry" : "done"),
  );
}

function withExports(text: string): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  return `${text}${text === "" || text.endsWith("\n") ? "" : eol}${eol}${EXPORTS}${eol}`;
}

/** Beside the file that wrangler starts from. */
function examplePath({ directory, config: { main } }: Project) {
  const language = typeof main === "string" && /\.[cm]?jsx?$/.test(main) ? ("js" as const) : ("ts" as const);
  return { path: join(directory, typeof main === "string" ? dirname(main) : "src", `caches.${language}`), language };
}

function notesOf(project: Project, { env, standalone }: InitFlags): readonly string[] {
  const notes: string[] = [];
  const others = environmentsOf(project.config).filter((name) => name !== env);
  if (others.length > 0) {
    notes.push(`Environments inherit no bindings: for ${others.join(", ")} call larder init with --env.`);
  }
  const date = project.config["compatibility_date"];
  const day = date instanceof Date ? date.toISOString().slice(0, 10) : String(date ?? "");
  if (day < TESTED_DATE) {
    notes.push(`compatibility_date is ${day || "not set"}; Larder is tested with ${TESTED_DATE}.`);
  }
  if (!dependsOnLarder(project.directory)) {
    notes.push("package.json does not depend on larder yet: npm install it.");
  }
  if (standalone === true) {
    notes.push("Set the secret LARDER_TOKEN for the API and the dashboard: wrangler secret put LARDER_TOKEN.");
  }
  return notes;
}

function dependsOnLarder(directory: string): boolean {
  try {
    const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Record<string, object>;
    return ["dependencies", "devDependencies"].some((kind) => Object.hasOwn(manifest[kind] ?? {}, "larder"));
  } catch {
    return false;
  }
}

/** All are written beside those they take the place of first: what cannot be written leaves everything as it was. */
function write(changes: readonly Change[]): void {
  const besideOf = (path: string) => `${path}.larder-${process.pid}`;
  const written: string[] = [];
  for (const { path, after } of changes) {
    try {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(besideOf(path), after);
      written.push(besideOf(path));
    } catch (error) {
      for (const beside of written) rmSync(beside, { force: true });
      const message = `${shown(path)} cannot be written, and nothing was: ${(error as Error).message}`;
      throw new Failure("not-written", message, exitCodes.failed);
    }
  }
  for (const { path } of changes) renameSync(besideOf(path), path);
}

function text(changes: readonly Change[], notes: readonly string[], how: "dry" | "done"): string {
  const said = notes.map((note) => `${note}\n`).join("");
  if (changes.length === 0) return `Nothing is to be done.\n${said}`;
  if (how === "done") {
    const lines = changes.map(({ path, before }) => `${before === undefined ? "Made" : "Changed"} ${shown(path)}\n`);
    return `${lines.join("")}${said}`;
  }
  const patches = changes.map(({ path, before, after }) =>
    createTwoFilesPatch(
      before === undefined ? "/dev/null" : shown(path),
      shown(path),
      ...([before ?? "", after, undefined, undefined, { headerOptions: FILE_HEADERS_ONLY }] as const),
    ),
  );
  return `${patches.join("")}${said}`;
}
