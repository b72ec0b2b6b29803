import type { EntryToJudge } from "../../../schema/entry.ts";
import type { Key, NormalUrl } from "../../../schema/key.ts";
import type { CacheName, Tag } from "../../../schema/names.ts";
import type { PurgeEntry, Selector } from "../../../schema/purge.ts";
import { encodePurge } from "../../../schema/records.ts";
import { logState } from "../../../src/log/verdict.ts";
import type { View } from "../../../src/log/view.ts";
import { advance } from "../../../src/log/view.ts";

const EPOCH = "0123456789abcdef";
const CACHES = ["pages", "products", "search"] as CacheName[];

/** A way to be judged: `judge` is timed, `prepare` is not. */
export interface JudgingBlock {
  readonly name: string;
  prepare(): void;
  /** Judges as many entries as a block has; how many were in force. */
  judge(): number;
}

/** Verdicts on entries with 8 tags, of which the view's records hit none or each, `judged` in a block. */
export function blocksOf(records: number, judged: number): JudgingBlock[] {
  const prefixes = records / 10;
  const mixed = mixedView(records);
  const withoutPrefixes = viewOf(mixedRecords(records, 0));
  const spread = viewOf(mixedRecords(records, prefixes, spreadPrefix));
  return [
    block("judge-10k", mixed, judged, "in-force"),
    block("judge-10k-hit", mixed, judged, "purged"),
    block("judge-10k-no-prefixes", withoutPrefixes, judged, "in-force"),
    block("judge-10k-no-prefixes-hit", withoutPrefixes, judged, "purged"),
    block("judge-10k-spread", spread, judged, "in-force", `${"long/".repeat(200)}`),
  ];
}

function block(name: string, view: View, judged: number, state: "in-force" | "purged", path = ""): JudgingBlock {
  const texts = Array.from({ length: judged }, (_, at) => JSON.stringify(entry(at, state, path)));
  let entries: EntryToJudge[] = [];
  return {
    name,
    // As on the way of a hit: the strings have just been read from the entry's header, and nothing is known of them.
    prepare: () => {
      entries = texts.map((text) => JSON.parse(text) as EntryToJudge);
    },
    judge: () => {
      let inForce = 0;
      for (const one of entries) if (logState(one, view).state === "in-force") inForce += 1;
      if (inForce !== (state === "in-force" ? judged : 0)) throw new Error(`${name}: ${inForce} entries in force`);
      return inForce;
    },
  };
}

/** An entry from before all records. The last of its tags decides whether a record hits it. */
function entry(at: number, state: "in-force" | "purged", path: string): EntryToJudge {
  const url = `https://shop.example/kept/${path}category-${at % 50}/item-${at}?page=2&size=l`;
  const tags = Array.from({ length: 7 }, (_, nth) => `kept:${nth}:${at}`);
  return {
    url: url as NormalUrl,
    key: `${url}&larder=bench/products/GET/accept-language=en` as Key,
    cache: "products" as CacheName,
    tags: [...tags, state === "in-force" ? `kept:7:${at}` : "product:1"] as Tag[],
    permanent: false,
    asOf: { epoch: EPOCH, seq: 0 },
  };
}

/** A view of live records of all kinds, a tenth of them prefixes. */
export function mixedView(records: number): View {
  return viewOf(mixedRecords(records, records / 10));
}

function viewOf(records: readonly PurgeEntry[]): View {
  const encoded = records.map((record) => encodePurge(record.seq, JSON.stringify(record.selectors), record.mode));
  const slice = { epoch: EPOCH, head: records.length, from: 0, whole: true, records: encoded.join(",") };
  const view = advance(undefined, slice);
  if (view === undefined || view.floor > 0) throw new Error("not all records are live");
  return view;
}

/** Live records of every kind, in the shares a shop may have; none hits an entry whose tags are all `kept`. */
function mixedRecords(records: number, prefixes: number, prefixOf = shopPrefix): PurgeEntry[] {
  return Array.from({ length: records }, (_, at) => {
    const mode = at % 20 === 7 ? "soft" : "hard";
    const selector = at < prefixes ? { prefix: prefixOf(at) } : selectorOf(at);
    const cache = CACHES[at % 4];
    return { seq: at + 1, mode, selectors: [{ ...selector, ...(cache === undefined ? {} : { cache }) }] };
  });
}

function selectorOf(at: number): Selector {
  const tag = `product:${at}` as Tag;
  const url = `https://shop.example/products/${at}` as NormalUrl;
  switch (at % 10) {
    case 0:
      return { url };
    case 1:
      return { key: `${url}?larder=bench/products/GET/` as Key };
    case 2:
      return { allOf: ["kept:0:1" as Tag, tag] };
    case 3:
      return { tags: [tag], prefix: "https://shop.example/products/" };
    default:
      return { tags: at === 5_005 ? ["product:1" as Tag, tag] : [tag] };
  }
}

/** Prefixes as people write them: 60 lengths or so. */
function shopPrefix(at: number): string {
  return `https://shop.example/kept/${"sub/".repeat(at % 10)}section-${"x".repeat(at % 5)}${at}/`;
}

/** As many lengths as prefixes. */
function spreadPrefix(at: number): string {
  return `https://shop.example/kept/${"long/".repeat(200).slice(0, at)}!`;
}
