import type { ExportPage, LogLine, NamespaceLine } from "../../schema/export.ts";
import type { EntriesPage, ListedEntry } from "../../schema/listing.ts";
import type { Wire } from "../../schema/wire.ts";
import { apiWith, TOKEN } from "./api.ts";

const api = apiWith();

/** What the API answers, whatever that is. */
export async function asked(namespace: string, method: string, path: string, body?: object) {
  const headers = { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const url = `https://a.example/.larder/v1/caches/${namespace}${path}`;
  const response = await api(new Request(url, { method, headers, ...sent }));
  return { status: response.status, body: await response.json<Record<string, unknown>>() };
}

/** What it answers when it does what it was asked. @throws when it does not */
async function got<Reply>(...ask: Parameters<typeof asked>): Promise<Reply> {
  const { status, body } = await asked(...ask);
  if (status >= 300) throw new Error(`${ask[1]} ${ask[2]} answered ${status}: ${JSON.stringify(body)}`);
  return body as Reply;
}

export interface Exported {
  readonly namespace: NamespaceLine;
  readonly lines: readonly LogLine[];
  readonly entries: readonly Wire<ListedEntry>[];
}

/** All that an export has of a namespace. */
export async function exportOf(name: string): Promise<Exported> {
  const lines: LogLine[] = [];
  let namespace: NamespaceLine | undefined;
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page: ExportPage = await got(name, "GET", `/export?after=${after}`);
    lines.push(...page.lines);
    namespace = page.namespace;
    after = page.after;
  }
  if (namespace === undefined) throw new Error("no page was the last");
  const { entries, after } = await got<Wire<EntriesPage>>(name, "GET", "/entries?limit=200");
  if (after !== undefined) throw new Error("there are more entries than this reads");
  return { namespace, lines, entries };
}

export const ID = "00112233445566ff";

export function countsOf(lines: readonly LogLine[]) {
  const many = (...kinds: LogLine["kind"][]) => lines.filter(({ kind }) => kinds.includes(kind)).length;
  return {
    records: many("purge", "revocation"),
    deployments: many("deployment"),
    schedules: many("schedule"),
  };
}

/** Begins an import, and hands its log over in parts of so many lines. */
export async function handOver(name: string, { namespace, lines }: Exported, partLines = 3, id = ID): Promise<void> {
  await got(name, "POST", "/imports", { id, namespace });
  for (let at = 0; at * partLines < lines.length; at += 1) {
    const part = lines.slice(at * partLines, (at + 1) * partLines);
    await got(name, "POST", `/imports/${id}/parts`, { part: at, lines: part });
  }
}

export async function takeOver(name: string, { lines }: Pick<Exported, "lines">, id = ID): Promise<object> {
  return got(name, "POST", `/imports/${id}/apply`, countsOf(lines));
}

export async function addEntries(name: string, entries: Exported["entries"], id = ID): Promise<object> {
  return got(name, "POST", `/imports/${id}/entries`, {
    lines: entries.map((entry) => ({ kind: "entry", ...entry })),
  });
}

/** Makes an empty namespace what was exported. */
export async function importInto(name: string, exported: Exported): Promise<void> {
  await handOver(name, exported);
  await takeOver(name, exported);
  await addEntries(name, exported.entries);
  await got(name, "DELETE", `/imports/${ID}`);
}
