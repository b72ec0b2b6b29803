import type { EndLine, ExportPage, LogLine, NamespaceLine } from "../../schema/export.ts";
import type { EntriesPage } from "../../schema/listing.ts";
import type { Wire } from "../../schema/wire.ts";
import { Api } from "./client/api.ts";
import { settingsOf } from "./client/settings.ts";
import { exitCodes, Failure } from "./failure.ts";
import type { NamespaceFlags } from "./flags.ts";
import { printed } from "./print.ts";

/** As many as the API gives at a time. */
const PAGE = 200;

/** Writes what a namespace's object knows: a line of JSON for each thing, whatever it is. */
export async function exported(flags: NamespaceFlags): Promise<void> {
  const api = new Api(settingsOf(flags));
  for await (const lines of written(api)) {
    if ((await printed(lines.map((line) => `${JSON.stringify(line)}\n`).join(""))) === "closed") return;
  }
}

async function* written(api: Api): AsyncGenerator<readonly object[]> {
  const { namespace, lines } = await readLog(api);
  yield [namespace];
  yield lines;
  let entries = 0;
  let after: string | undefined;
  do {
    const page = await api.get<Wire<EntriesPage>>(api.of("/entries"), { limit: PAGE, after });
    entries += page.entries.length;
    yield page.entries.map((entry) => ({ kind: "entry", ...entry }));
    after = page.after;
  } while (after !== undefined);
  const many = (...kinds: LogLine["kind"][]) => lines.filter(({ kind }) => kinds.includes(kind)).length;
  const records = many("purge", "revocation");
  const end: EndLine = {
    ...{ kind: "end", records, deployments: many("deployment"), schedules: many("schedule"), entries },
  };
  yield [end];
}

/** All of the log, as of the last page: that is why nothing is written before. */
async function readLog(api: Api): Promise<{ namespace: NamespaceLine; lines: readonly LogLine[] }> {
  const lines: LogLine[] = [];
  let epoch: string | undefined;
  let after: number | undefined;
  for (;;) {
    const page: ExportPage = await api.get(api.of("/export"), { after });
    epoch ??= page.epoch;
    if (page.epoch !== epoch) {
      const message = "the namespace was emptied, or taken over, while it was read; export it again";
      throw new Failure("emptied", message, exitCodes.failed);
    }
    lines.push(...page.lines);
    if (page.namespace !== undefined) return { namespace: page.namespace, lines: withoutReplaced(lines) };
    after = page.after;
  }
}

/** What followed from a request takes the place of an earlier one of just the same, which an earlier page may have. */
function withoutReplaced(lines: readonly LogLine[]): LogLine[] {
  const newest = new Map<string, LogLine>();
  const named = (line: LogLine) =>
    line.kind === "purge" && line.automatic === true ? JSON.stringify(line.selectors) : undefined;
  for (const line of lines) {
    const name = named(line);
    if (name !== undefined) newest.set(name, line);
  }
  return lines.filter((line) => {
    const name = named(line);
    return name === undefined || newest.get(name) === line;
  });
}
