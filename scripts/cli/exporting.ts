import type { EntriesPage } from "../../schema/listing.ts";
import type { PurgeHistoryPage } from "../../schema/purge.ts";
import type { Schedule } from "../../schema/schedule.ts";
import type { Wire } from "../../schema/wire.ts";
import { Api } from "./client/api.ts";
import { settingsOf } from "./client/settings.ts";
import type { NamespaceFlags } from "./flags.ts";
import { printed } from "./print.ts";

/** As many as the API gives at a time. */
const PAGE = 200;

/** Writes what a namespace's object knows: a line of JSON for each thing, whatever it is. */
export async function exported(flags: NamespaceFlags): Promise<void> {
  const api = new Api(settingsOf(flags));
  for await (const lines of pages(api)) {
    if ((await printed(lines.map((line) => `${JSON.stringify(line)}\n`).join(""))) === "closed") return;
  }
}

async function* pages(api: Api): AsyncGenerator<readonly object[]> {
  const { namespace } = api.settings;
  yield [{ kind: "namespace", format: 1, namespace, at: new Date() }];
  const { schedules } = await api.get<{ readonly schedules: readonly Wire<Schedule>[] }>(api.of("/schedules"));
  yield schedules.map((schedule) => ({ kind: "schedule", ...schedule }));
  let before: number | undefined;
  do {
    const page = await api.get<Wire<PurgeHistoryPage>>(api.of("/purges"), { limit: PAGE, before });
    yield page.purges.map((purge) => ({ kind: "purge", ...purge }));
    before = page.before;
  } while (before !== undefined);
  let after: string | undefined;
  do {
    const page = await api.get<Wire<EntriesPage>>(api.of("/entries"), { limit: PAGE, after });
    yield page.entries.map((entry) => ({ kind: "entry", ...entry }));
    after = page.after;
  } while (after !== undefined);
  yield [{ kind: "end" }];
}
