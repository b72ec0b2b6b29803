import type { PurgeEntry, PurgeMode, PurgeRecord, Selector } from "../../schema/purge.ts";
import type { Purgeable } from "./anchors.ts";
import { Anchors, matches } from "./anchors.ts";

/** A selector that names more than its anchor does. */
interface Conditional {
  readonly seq: number;
  readonly selector: Selector;
}

/** The selectors of one mode, in one cache or in all. */
class Scope {
  /** Of selectors that name one thing, only the newest record matters: it is newer than `asOf` or none is. */
  readonly #plain = new Anchors<number>();
  readonly #conditional = new Anchors<Conditional[]>();
  #hasConditional = false;

  add(seq: number, selector: Selector): void {
    if (namesOneThing(selector)) {
      this.#plain.update(selector, (newest = 0) => Math.max(newest, seq));
      return;
    }
    this.#hasConditional = true;
    this.#conditional.update(selector, (list = []) => {
      list.push({ seq, selector });
      return list;
    });
  }

  newest(entry: Purgeable, reach: "all" | "exact"): number {
    let newest = 0;
    const raise = (seq = 0) => {
      if (seq > newest) newest = seq;
    };
    const raiseIfMet = (list: readonly Conditional[] = []) => {
      for (const { seq, selector } of list) if (seq > newest && matches(selector, entry)) newest = seq;
    };
    if (reach === "all") {
      this.#plain.visit(entry, raise);
      if (this.#hasConditional) this.#conditional.visit(entry, raiseIfMet);
    } else {
      this.#plain.visitExact(entry, raise);
      if (this.#hasConditional) this.#conditional.visitExact(entry, raiseIfMet);
    }
    return newest;
  }
}

function namesOneThing({ url, key, tags, allOf, prefix }: Selector): boolean {
  const named = [url, key, tags, allOf, prefix].filter((part) => part !== undefined).length;
  return named === 0 || (named === 1 && (allOf === undefined || allOf.length === 1));
}

/** The selectors of one mode. */
class Layer {
  readonly #whole = new Scope();
  readonly #caches = new Map<string, Scope>();

  add(seq: number, selectors: readonly Selector[]): void {
    for (const selector of selectors) this.#scopeOf(selector.cache).add(seq, selector);
  }

  newest(entry: Purgeable, reach: "all" | "exact"): number {
    return Math.max(this.#whole.newest(entry, reach), this.#caches.get(entry.cache)?.newest(entry, reach) ?? 0);
  }

  #scopeOf(cache: string | undefined): Scope {
    if (cache === undefined) return this.#whole;
    const scope = this.#caches.get(cache) ?? new Scope();
    this.#caches.set(cache, scope);
    return scope;
  }
}

/** The purge records in force, in a form in which an entry is judged in a few look-ups, however many there are. */
export class PurgeIndex {
  readonly #records = new Map<number, PurgeEntry>();
  #layers: Readonly<Record<PurgeMode, Layer>> = emptyLayers();
  #size = 0;
  /** The automatic record of each list of selectors: a newer one of the same makes it superfluous. */
  readonly #automatic = new Map<string, number>();
  /** Whether a record has been taken out since the layers were made. */
  #outdated = false;

  constructor(records: Iterable<PurgeRecord> = []) {
    for (const record of records) this.add(record);
  }

  /** How many URLs, keys, tags and prefixes the records name: what an index takes up. */
  get size(): number {
    return this.#size;
  }

  /** Adds a purge, or takes out the one a revocation names; one that is not there has no effect here any more. */
  add(record: PurgeRecord): void {
    if ("revokes" in record) {
      this.#remove(record.revokes);
      return;
    }
    if (this.#records.has(record.seq)) return;
    if (record.automatic === true) this.#supersede(record);
    this.#records.set(record.seq, record);
    this.#size += sizeOf(record);
    if (!this.#outdated) this.#layers[record.mode].add(record.seq, record.selectors);
  }

  /** Drops the oldest records until at most `most` things are named; the sequence number of the last one dropped. */
  keepNewest(most: number): number {
    let last = 0;
    for (const seq of this.#records.keys()) {
      if (this.#size <= most) break;
      this.#remove(seq);
      last = seq;
    }
    return last;
  }

  #remove(seq: number): void {
    this.#outdated = this.#forget(seq) || this.#outdated;
  }

  /** What the earlier one hung on its anchors is older than what is about to be hung there, so it need not be taken off. */
  #supersede({ seq, selectors }: PurgeEntry): void {
    const name = JSON.stringify(selectors);
    const earlier = this.#automatic.get(name);
    if (earlier !== undefined) this.#forget(earlier);
    this.#automatic.set(name, seq);
  }

  #forget(seq: number): boolean {
    const record = this.#records.get(seq);
    if (record === undefined) return false;
    this.#size -= sizeOf(record);
    return this.#records.delete(seq);
  }

  /** An index of the same records but one. */
  without(seq: number): PurgeIndex {
    return new PurgeIndex([...this.#records.values()].filter((record) => record.seq !== seq));
  }

  /** The newest record that makes the entry invalid; 0 where none does. */
  newestHard(entry: Purgeable): number {
    const { hard, erase } = this.#current();
    return Math.max(hard.newest(entry, entry.permanent ? "exact" : "all"), erase.newest(entry, "all"));
  }

  /** The newest record that makes the entry stale; 0 where none does. */
  newestSoft(entry: Purgeable): number {
    return this.#current().soft.newest(entry, entry.permanent ? "exact" : "all");
  }

  #current(): Readonly<Record<PurgeMode, Layer>> {
    if (this.#outdated) {
      this.#layers = emptyLayers();
      for (const { seq, mode, selectors } of this.#records.values()) this.#layers[mode].add(seq, selectors);
      this.#outdated = false;
    }
    return this.#layers;
  }
}

function sizeOf({ selectors }: PurgeEntry): number {
  return selectors.reduce((sum, { tags, allOf }) => sum + Math.max(1, (tags?.length ?? 0) + (allOf?.length ?? 0)), 0);
}

function emptyLayers(): Readonly<Record<PurgeMode, Layer>> {
  return { hard: new Layer(), soft: new Layer(), erase: new Layer() };
}
