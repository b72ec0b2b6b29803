import type { ImportedEntries, ImportState } from "../../schema/import.ts";
import { formatVersion } from "../../schema/version.ts";
import { count } from "../../src/dashboard/app/format.ts";
import { Api } from "./client/api.ts";
import { settingsOf } from "./client/settings.ts";
import type { ImportFlags } from "./commands/transfer.ts";
import { exitCodes, Failure } from "./failure.ts";
import { type CheckedExport, checked } from "./importing/check.ts";
import { type Source, sourceOf } from "./importing/lines.ts";
import { partsOf } from "./importing/parts.ts";
import { say } from "./output/say.ts";
import { StatusLine } from "./output/status-line.ts";
import { plain, styled } from "./output/style.ts";

const LOG = ["purge", "revocation", "deployment", "schedule"];

/** Makes an empty namespace what a file has of another. Nothing is sent before all of the file has been checked. */
export async function imported(file: string, flags: ImportFlags): Promise<void> {
  const api = new Api(settingsOf(flags));
  await using source = await sourceOf(file);
  const progress = new StatusLine(flags);
  progress.tell("Checking …");
  try {
    const found = await checked(source);
    if (flags.dryRun === true) {
      await begun(api, found, { dryRun: true });
      progress.done();
      return await say(flags, { dryRun: true, ...told(api, found) }, () => `Would import ${summary(api, found)}`);
    }
    const entries = await carriedOut(api, source, found, progress);
    progress.done();
    await say(flags, { ...told(api, found), imported: entries }, () => report(api, found, entries));
  } catch (error) {
    progress.done();
    throw error;
  }
}

/** Each of its requests may be sent again, so all of it may be: one that was cut off is gone on with. */
async function carriedOut(
  api: Api,
  source: Source,
  found: CheckedExport,
  progress: StatusLine,
): Promise<ImportedEntries> {
  const { state } = await begun(api, found);
  try {
    if (state === "begun") await logTakenOver(api, source, found, progress);
    const came = await entriesAdded(api, source, found, progress);
    await api.delete(pathOf(api, found));
    return came;
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    const message = `${error.message}; the import is not done: give the same command again, and it goes on`;
    throw new Failure(error.code, message, error.exitCode, error.details);
  }
}

async function logTakenOver(api: Api, source: Source, found: CheckedExport, progress: StatusLine): Promise<void> {
  const { entries: _, ...counts } = found.counts;
  const all = count(counts.records + counts.deployments + counts.schedules);
  let part = 0;
  let sent = 0;
  try {
    for await (const lines of partsOf(source, LOG)) {
      await api.post(pathOf(api, found, "/parts"), { part, lines });
      part += 1;
      sent += lines.length;
      progress.tell(`Log: ${count(sent)} of ${all} lines`);
    }
    await api.post(pathOf(api, found, "/apply"), counts);
  } catch (error) {
    // Nobody will go on with what has been refused. Should this fail, it is forgotten after a day.
    if (!isUnreachable(error)) await api.delete(pathOf(api, found)).catch(() => undefined);
    throw error;
  }
}

async function entriesAdded(
  api: Api,
  source: Source,
  found: CheckedExport,
  progress: StatusLine,
): Promise<ImportedEntries> {
  const came = { added: 0, present: 0, expired: 0, foreign: 0 };
  let sent = 0;
  for await (const lines of partsOf(source, ["entry"])) {
    const some = await api.post<ImportedEntries>(pathOf(api, found, "/entries"), { lines });
    for (const name of Object.keys(came) as (keyof typeof came)[]) came[name] += some[name];
    sent += lines.length;
    progress.tell(`Entries: ${count(sent)} of ${count(found.counts.entries)}`);
  }
  return came;
}

function isUnreachable(error: unknown): error is Failure {
  return error instanceof Failure && error.exitCode === exitCodes.unreachable;
}

function pathOf(api: Api, { id }: CheckedExport, rest = ""): string {
  return api.of(`/imports/${id}${rest}`);
}

function begun(api: Api, { id, namespace }: CheckedExport, how: { readonly dryRun?: true } = {}): Promise<ImportState> {
  return api.post(api.of("/imports"), { id, namespace, ...how });
}

/** For programs. */
function told(api: Api, { namespace, counts }: CheckedExport) {
  const { epoch, head, floor, namespace: from, at } = namespace;
  return {
    namespace: api.settings.namespace,
    from,
    at,
    version: formatVersion({ epoch, seq: head }),
    floor,
    ...counts,
  };
}

function summary(api: Api, { namespace: line, counts }: CheckedExport): string {
  const { namespace, base } = api.settings;
  const parts = [
    many(counts.records, "record", "records"),
    many(counts.deployments, "deployment", "deployments"),
    many(counts.schedules, "schedule", "schedules"),
    many(counts.entries, "entry", "entries"),
  ];
  const where = `${plain(line.namespace)}, as of ${line.at}, into ${plain(namespace)} at ${new URL(base).host}`;
  const version = formatVersion({ epoch: line.epoch, seq: line.head });
  return `${where}: ${parts.join(", ")}; the log is at ${version}\n`;
}

function report(api: Api, found: CheckedExport, { added, present, expired, foreign }: ImportedEntries): string {
  const parts = [
    `${count(added)} listed`,
    ...(present === 0 ? [] : [`${count(present)} were there already`]),
    ...(expired === 0 ? [] : [`${count(expired)} had expired`]),
    ...(foreign === 0 ? [] : [`${count(foreign)} were stored after the log was read`]),
  ];
  const isRenamed = found.namespace.namespace !== api.settings.namespace;
  return [
    `${styled("green", "Imported")} ${summary(api, found)}`,
    `Entries: ${parts.join(", ")}\n`,
    ...(isRenamed
      ? ["The names differ, and keys hold the name: what lies in caches is not found under the new one\n"]
      : []),
    `Purge and store nothing in ${plain(found.namespace.namespace)} where it comes from any more: one log must not go on in two places\n`,
  ].join("");
}

function many(number: number, one: string, more: string): string {
  return `${count(number)} ${number === 1 ? one : more}`;
}
