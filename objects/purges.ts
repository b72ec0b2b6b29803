import { LarderError } from "../schema/errors.ts";
import { limits } from "../schema/limits.ts";
import type { DryRunResult, PurgeMode, PurgeRecord, Selector } from "../schema/purge.ts";
import type { CheckedPurgeRequest } from "../schema/purge-request.ts";
import { modeOf, selectorsOf } from "../schema/purge-request.ts";
import type { LogPoint } from "../schema/version.ts";
import { PurgeIndex } from "../src/log/purge-index.ts";
import type { LogState } from "../src/log/verdict.ts";
import { logState } from "../src/log/verdict.ts";
import { View } from "../src/log/view.ts";
import type { PurgeLog } from "./purge-log.ts";
import type { IndexedEntry, TagIndex } from "./tag-index.ts";
import type { ZonePurge } from "./zone-purge.ts";

/** How many entries, and which where there are few enough to have been looked at one by one. */
interface Count {
  readonly count: number;
  readonly entries: readonly IndexedEntry[] | undefined;
}

/** A purge that has been written and is to be published once its transaction has ended. */
export interface WrittenPurge {
  readonly record: PurgeRecord;
  readonly purged: number;
  readonly approximate: boolean;
  /** Of an erasing purge: what it removed from the index. */
  readonly erased: readonly IndexedEntry["key"][] | undefined;
}

/** What a purge hits, and the purges themselves: counted, tried, made and taken back. Runs inside a transaction. */
export class Purges {
  readonly #log: PurgeLog;
  readonly #index: TagIndex;
  readonly #zone: Pick<ZonePurge, "logged">;

  constructor(log: PurgeLog, index: TagIndex, zone: Pick<ZonePurge, "logged">) {
    this.#log = log;
    this.#index = index;
    this.#zone = zone;
  }

  /** @throws LarderError `too-many-entries`, having changed nothing */
  purge(request: CheckedPurgeRequest, by: string, nowMs: number): WrittenPurge {
    const selectors = selectorsOf(request);
    const mode = modeOf(request);
    const hits = this.#hitBy(selectors, mode);
    const named = mode === "erase" ? this.#named(selectors, nowMs) : undefined;
    const { count, entries } =
      named === undefined ? this.#count(selectors, nowMs, hits) : { count: named.filter(hits).length, entries: named };
    guard(request, count);
    this.#index.remove((named ?? []).map(({ id }) => id));
    const erased = named?.map(({ key }) => key);
    const approximate = entries === undefined;
    const details = { by, atMs: nowMs, reason: request.reason, count, approximate };
    const record = this.#log.append(mode, selectors, details);
    this.#zone.logged(record, nowMs);
    return { record, purged: count, approximate, erased };
  }

  /** How many entries it would hit. @throws LarderError `too-many-entries` */
  weigh(request: CheckedPurgeRequest, nowMs: number): Pick<WrittenPurge, "purged" | "approximate"> {
    const selectors = selectorsOf(request);
    const { count, entries } = this.#count(selectors, nowMs, this.#hitBy(selectors, modeOf(request)));
    guard(request, count);
    return { purged: count, approximate: entries === undefined };
  }

  /** What the purge would do, with a page of what it would hit. */
  tryOut(request: CheckedPurgeRequest, nowMs: number): DryRunResult {
    const selectors = selectorsOf(request);
    const hits = this.#hitBy(selectors, modeOf(request));
    const { count, entries } = this.#count(selectors, nowMs, hits);
    const total = this.#index.totals(request.cache ?? null, nowMs).entries;
    return {
      dryRun: true,
      purged: count,
      ...(entries === undefined ? { approximate: true } : {}),
      share: total === 0 ? 0 : Math.min(1, count / total),
      ...this.#page(selectors, request.after ?? "", nowMs, hits),
    };
  }

  /** A page of what the selectors name and `hits` says yes to. It may be short, and yet not the last. */
  #page(
    selectors: readonly Selector[],
    after: string,
    nowMs: number,
    hits: (entry: IndexedEntry) => boolean,
  ): Pick<DryRunResult, "keys" | "after"> {
    const limit = limits.dryRunPage;
    const pages = selectors.map((selector) => this.#index.page(selector, after, limit, nowMs));
    const ends = pages.flatMap((page) => (page.length < limit ? [] : page.slice(-1))).map(({ key }) => key);
    const named = new Map(pages.flat().map((entry) => [entry.key, entry]));
    // No further than every selector has been followed.
    const [reached] = ends.sort(inOrder);
    const keys = [...named.keys()].sort(inOrder).filter((key) => reached === undefined || key <= reached);
    const page = keys.slice(0, limit);
    const last = keys.length > limit ? page.at(-1) : reached;
    return { keys: page.filter((key) => isHit(named.get(key), hits)), ...(last === undefined ? {} : { after: last }) };
  }

  /** Writes the revocation of `seq`, whose selectors are given; `restored` counts what it brings back into force. */
  revoke(seq: number, selectors: readonly Selector[], by: string, nowMs: number) {
    const { view } = this.#log;
    const after = new View({ epoch: view.epoch, head: view.head + 1, floor: view.floor }, view.index.without(seq));
    const { count, entries } = this.#count(selectors, nowMs, (entry) =>
      isBetter(this.#stateOf(entry, after), this.#stateOf(entry, view)),
    );
    const approximate = entries === undefined;
    const record = this.#log.appendRevocation(seq, { by, atMs: nowMs, reason: undefined, count, approximate });
    return { record, restored: count, approximate };
  }

  /** Whether a purge would change what an entry is worth. */
  #hitBy(selectors: readonly Selector[], mode: PurgeMode): (entry: IndexedEntry) => boolean {
    const { view } = this.#log;
    const probe = new PurgeIndex([{ seq: view.head + 1, mode, selectors }]);
    return (entry) => {
      const { state } = this.#stateOf(entry, view);
      // Which entries it hits is for the index to say: it knows what permanent ones survive.
      if (mode === "soft") return state === "in-force" && probe.newestSoft(entry) > 0;
      return state !== "purged" && probe.newestHard(entry) > 0;
    };
  }

  /** Counts the entries the selectors name that `counts` says yes to; each once, however many selectors name it. */
  #count(selectors: readonly Selector[], nowMs: number, counts: (entry: IndexedEntry) => boolean): Count {
    const estimate = selectors.reduce((sum, selector) => sum + this.#index.estimate(selector), 0);
    if (estimate > limits.countedEntries) {
      // Several selectors may name the same entries.
      const most = selectors.length === 1 ? estimate : this.#index.totals(null, nowMs).entries;
      return { count: Math.min(estimate, most), entries: undefined };
    }
    const entries = new Map<number, IndexedEntry>();
    for (const selector of selectors) {
      for (const entry of this.#index.matching(selector, nowMs)) if (counts(entry)) entries.set(entry.id, entry);
    }
    return { count: entries.size, entries: [...entries.values()] };
  }

  /** All that the selectors name, for an erasing purge. */
  #named(selectors: readonly Selector[], nowMs: number): IndexedEntry[] {
    const entries = new Map<number, IndexedEntry>();
    for (const selector of selectors) {
      for (const entry of this.#index.matching(selector, nowMs)) {
        entries.set(entry.id, entry);
        if (entries.size > limits.erasedEntries) throw tooManyToErase();
      }
    }
    return [...entries.values()];
  }

  #stateOf(entry: IndexedEntry, view: View): LogState {
    const asOf: LogPoint = { epoch: view.epoch, seq: entry.asOfSeq };
    return logState({ ...entry, asOf }, view);
  }
}

/** @throws LarderError `too-many-entries` */
function guard({ maxEntries }: Pick<CheckedPurgeRequest, "maxEntries">, count: number): void {
  if (maxEntries === undefined || count <= maxEntries) return;
  throw new LarderError(
    "too-many-entries",
    `maxEntries: the purge would hit ${count} entries, and at most ${maxEntries} are allowed; narrow it, or raise maxEntries`,
    { field: "maxEntries", limit: maxEntries },
  );
}

/** Whether an entry is better off in the one state than in the other. */
function isBetter(after: LogState, before: LogState): boolean {
  const worth = { "in-force": 2, "soft-purged": 1, unknown: 0, purged: 0 };
  return worth[after.state] > worth[before.state];
}

/** The one cache that all of the selectors are of; undefined where there is none such. */
export function commonCache(selectors: readonly Selector[]): Selector["cache"] {
  const [first] = selectors;
  return selectors.every(({ cache }) => cache === first?.cache) ? first?.cache : undefined;
}

function isHit(entry: IndexedEntry | undefined, hits: (entry: IndexedEntry) => boolean): boolean {
  return entry !== undefined && hits(entry);
}

function inOrder(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function tooManyToErase(): LarderError {
  const most = limits.erasedEntries;
  return new LarderError(
    "too-many-entries",
    `erase: one purge removes at most ${most} entries, and this one names more; narrow it, and make several`,
    { field: "erase", limit: most },
  );
}
