import type * as v from "valibot";
import type { EntryState } from "../schema/entry-states.ts";
import type { EntriesPage, EntriesRequestSchema, ListedEntry, TagsPage, TagsRequestSchema } from "../schema/listing.ts";
import type { Selector } from "../schema/purge.ts";
import { judgement } from "./judgement.ts";
import type { PurgeLog } from "./purge-log.ts";
import type { IndexedRow, TagIndex } from "./tag-index.ts";

/** Rows looked at for one page: of those who ask for a rare state, most get a short page rather than a slow one. */
const MOST_LOOKED_AT = 1_000;

/** What the index has, for people: pages of entries and of tags. */
export class Listing {
  readonly #index: TagIndex;
  readonly #log: PurgeLog;

  constructor(index: TagIndex, log: PurgeLog) {
    this.#index = index;
    this.#log = log;
  }

  /** Entries whose lifetime has not ended, in the order of their keys. */
  entries(request: v.InferOutput<typeof EntriesRequestSchema>, nowMs: number): EntriesPage {
    const { cache, tag, prefix, state, limit, after } = request;
    const selector: Selector = {
      ...(cache === undefined ? {} : { cache }),
      ...(tag === undefined ? {} : { tags: [tag] }),
      ...(prefix === undefined ? {} : { prefix }),
    };
    const most = state === undefined ? limit : MOST_LOOKED_AT;
    const rows = this.#index.rows(selector, after, most, nowMs);
    const entries: ListedEntry[] = [];
    let last: string | undefined;
    for (const row of rows) {
      const listed = this.#listed(row, nowMs);
      last = listed.key;
      if (state === undefined || listed.state === state) entries.push(listed);
      if (entries.length === limit) break;
    }
    const isLast = rows.length < most && last === rows.at(-1)?.entry.key;
    return { entries, ...(last === undefined || isLast ? {} : { after: last }) };
  }

  #listed({ entry, status, bytes, storedAtMs, freshUntilMs, servableUntilMs }: IndexedRow, nowMs: number): ListedEntry {
    const { key, url, cache, tags, permanent, asOfSeq } = entry;
    const asOf = { epoch: this.#log.view.epoch, seq: asOfSeq };
    const { state: inLog } = judgement({ key, url, cache, tags, permanent, asOf }, this.#log.view);
    const isFresh = inLog === "in-force" && freshUntilMs > nowMs;
    const state: EntryState = inLog === "purged" ? "purged" : isFresh ? "fresh" : "stale";
    return {
      ...{ key, url, cache, status, bytes, tags, permanent, state },
      storedAt: new Date(storedAtMs),
      freshUntil: new Date(freshUntilMs),
      expiresAt: new Date(servableUntilMs),
      asOf: this.#log.versionAt(asOfSeq),
    };
  }

  tags({ cache, prefix, after, limit }: v.InferOutput<typeof TagsRequestSchema>): TagsPage {
    const tags = this.#index.tags(cache, prefix, after, limit);
    const last = tags.at(-1);
    return { tags, ...(last === undefined || tags.length < limit ? {} : { after: `${last.tag},${last.cache}` }) };
  }
}
