import type { EntriesPage, NamespacesPage, TagsPage } from "../../schema/listing.ts";
import type { PurgeHistoryItem, PurgeHistoryPage } from "../../schema/purge.ts";
import type { Wire } from "../../schema/wire.ts";
import { bytes, clock, count, fromNow, selection } from "../../src/dashboard/app/format.ts";
import { Api, type Query } from "./client/api.ts";
import { settingsOf } from "./client/settings.ts";
import type { EntriesFlags, HistoryFlags, PageFlags, TagsFlags } from "./commands/looking.ts";
import type { ConnectionFlags } from "./flags.ts";
import { say } from "./output/say.ts";
import { type Column, table } from "./output/table.ts";
import { printed } from "./print.ts";

export async function namespaces(flags: ConnectionFlags & PageFlags): Promise<void> {
  const api = new Api(settingsOf(flags));
  return list<Wire<NamespacesPage>, "namespaces">(flags, "namespaces", (page) => api.get("/v1/namespaces", page), {
    columns: [{ head: "Namespace" }, { head: "Since" }],
    row: ({ name, since }) => [name, clock(since)],
  });
}

export async function entries(flags: EntriesFlags): Promise<void> {
  const settings = settingsOf(flags);
  const api = new Api(settings);
  const { tag, prefix, state } = flags;
  const wanted = { cache: settings.cache, tag, prefix, state };
  const ask = (page: Query) => api.get<Wire<EntriesPage>>(api.of("/entries"), { ...wanted, ...page });
  return list<Wire<EntriesPage>, "entries">(flags, "entries", ask, {
    columns: [
      { head: "URL" },
      { head: "Cache" },
      { head: "State" },
      { head: "Status", align: "right" },
      { head: "Size", align: "right" },
      { head: "Stored", align: "right" },
      { head: "Fresh until", align: "right" },
      { head: "Tags" },
    ],
    row: (entry) => [
      entry.url,
      entry.cache,
      entry.permanent ? `${entry.state}, permanent` : entry.state,
      String(entry.status),
      bytes(entry.bytes),
      fromNow(entry.storedAt),
      fromNow(entry.freshUntil),
      entry.tags.join(" "),
    ],
  });
}

export async function tags(flags: TagsFlags): Promise<void> {
  const settings = settingsOf(flags);
  const api = new Api(settings);
  const wanted = { cache: settings.cache, prefix: flags.prefix };
  return list<Wire<TagsPage>, "tags">(flags, "tags", (page) => api.get(api.of("/tags"), { ...wanted, ...page }), {
    columns: [{ head: "Tag" }, { head: "Cache" }, { head: "Entries", align: "right" }],
    row: ({ tag, cache, entries: carried }) => [tag, cache, count(carried)],
  });
}

export async function history(flags: HistoryFlags): Promise<void> {
  const api = new Api(settingsOf(flags));
  const { limit, before } = flags;
  const page = await api.get<Wire<PurgeHistoryPage>>(api.of("/purges"), { limit, before });
  return say(flags, page, () => {
    if (page.purges.length === 0) return "Nothing has been purged.\n";
    const shown = table(
      [
        { head: "No.", align: "right" },
        { head: "When" },
        { head: "What" },
        { head: "Mode" },
        { head: "Entries", align: "right" },
        { head: "By" },
        { head: "Why" },
      ],
      page.purges.map((purge) => [
        String(purge.seq),
        clock(purge.at),
        selection(purge.selectors as PurgeHistoryItem["selectors"]),
        purge.revoked === undefined ? purge.mode : `${purge.mode}, taken back by ${purge.revoked.by}`,
        `${purge.approximate === true ? "about " : ""}${count(purge.purged)}`,
        purge.by,
        purge.reason ?? "",
      ]),
    );
    return page.before === undefined ? shown : `${shown}More: --before ${page.before}\n`;
  });
}

type Items<Page, Name extends keyof Page> = Page[Name] extends readonly (infer Item)[] ? Item : never;

/** A page of a list, or all of it page by page. */
async function list<Page extends { readonly after?: string | undefined }, Name extends keyof Page>(
  flags: PageFlags & { readonly json?: true },
  name: Name,
  ask: (page: Query) => Promise<Page>,
  { columns, row }: { readonly columns: readonly Column[]; row(item: Items<Page, Name>): readonly string[] },
): Promise<void> {
  const itemsOf = (page: Page) => page[name] as readonly Items<Page, Name>[];
  const shown = (page: Page) => table(columns, itemsOf(page).map(row));
  if (flags.everything !== true) {
    const page = await ask({ limit: flags.limit, after: flags.after });
    return say(flags, page, () => {
      if (itemsOf(page).length === 0 && page.after === undefined) return `There are no ${String(name)}.\n`;
      return page.after === undefined ? shown(page) : `${shown(page)}More: --after '${page.after}'\n`;
    });
  }
  let after: string | undefined;
  do {
    const page = await ask({ limit: 200, after });
    after = page.after;
    if ((await saidAll(flags, itemsOf(page) as readonly object[], () => shown(page))) === "closed") return;
  } while (after !== undefined);
}

async function saidAll(
  flags: { readonly json?: true },
  items: readonly object[],
  text: () => string,
): Promise<"read" | "closed"> {
  if (items.length === 0) return "read";
  if (flags.json !== true) return printed(text());
  return printed(items.map((item) => `${JSON.stringify(item)}\n`).join(""));
}
