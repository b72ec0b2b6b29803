import { limits } from "../schema/limits.ts";
import type { CacheName, Tag } from "../schema/names.ts";
import type { Selector } from "../schema/purge.ts";
import type { CheckedPurgeRequest } from "../schema/purge-request.ts";
import type { Debounce } from "../schema/refill.ts";

/** Purges of one cache that have been gathered. */
export interface Burst {
  readonly debounce: Debounce;
  /** What to make of them. */
  readonly request: CheckedPurgeRequest;
  /** Who has made them. */
  readonly by: string;
}

interface Row extends Record<string, SqlStorageValue> {
  id: number;
  selectors: string;
  by: string;
  reason: string | null;
  at_ms: number;
}

/**
 * Purges that wait so that a burst of them becomes one. They wait from the first of a burst, and no longer for those that
 * follow: however many come, what was purged is stale after the time that the cache's declaration says.
 */
export class Gathering {
  readonly #sql: SqlStorage;
  readonly #debounces: Map<string, Debounce>;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    const rows = sql.exec<{ cache: string; debounce: string }>("SELECT cache, debounce FROM debounces").toArray();
    this.#debounces = new Map(rows.map(({ cache, debounce }) => [cache, JSON.parse(debounce) as Debounce]));
  }

  /** What is put into a cache says how it is declared. Inside a transaction; written only where that has changed. */
  learn(cache: string, debounce: Debounce | undefined): void {
    const known = this.#debounces.get(cache);
    if (debounce === undefined) {
      if (known === undefined) return;
      this.#debounces.delete(cache);
      this.#sql.exec("DELETE FROM debounces WHERE cache = ?", cache);
      return;
    }
    const text = JSON.stringify(debounce);
    if (JSON.stringify(known) === text) return;
    this.#debounces.set(cache, debounce);
    this.#sql.exec(
      "INSERT INTO debounces (cache, debounce) VALUES (?, ?) ON CONFLICT (cache) DO UPDATE SET debounce = excluded.debounce",
      cache,
      text,
    );
  }

  /** How a cache gathers purges; undefined where it does not. */
  of(cache: string | undefined): Debounce | undefined {
    return cache === undefined ? undefined : this.#debounces.get(cache);
  }

  /** Takes a purge, inside a transaction; when it comes into force. */
  add(
    cache: string,
    {
      selectors,
      by,
      reason,
    }: { readonly selectors: readonly Selector[]; readonly by: string; readonly reason: string | undefined },
    seconds: number,
    nowMs: number,
  ): number {
    const [first] = this.#sql.exec<{ due: number | null; purges: number }>(
      "SELECT MIN(due_at_ms) AS due, COUNT(*) AS purges FROM gathered WHERE cache = ?",
      cache,
    );
    const isFull = (first?.purges ?? 0) >= limits.gatheredPurges;
    const dueMs = isFull ? nowMs : (first?.due ?? nowMs + seconds * 1000);
    this.#sql.exec(
      `INSERT INTO gathered (cache, selectors, "by", reason, at_ms, due_at_ms) VALUES (?, ?, ?, ?, ?, ?)`,
      ...[cache, JSON.stringify(selectors), by, reason ?? null, nowMs, dueMs],
    );
    return dueMs;
  }

  nextDueMs(): number | undefined {
    const [row] = this.#sql.exec<{ at: number | null }>("SELECT MIN(due_at_ms) AS at FROM gathered");
    return row?.at ?? undefined;
  }

  /** Takes a burst out that is due, as much of it as goes into one purge; inside a transaction. */
  take(nowMs: number): Burst | undefined {
    const [due] = this.#sql.exec<{ cache: CacheName }>(
      "SELECT cache FROM gathered WHERE due_at_ms <= ? ORDER BY due_at_ms LIMIT 1",
      nowMs,
    );
    if (due === undefined) return undefined;
    const { cache } = due;
    const rows = this.#sql.exec<Row>("SELECT * FROM gathered WHERE cache = ? ORDER BY id", cache);
    const taken: Row[] = [];
    const selectors: Selector[] = [];
    let characters = 0;
    for (const row of rows) {
      const more = JSON.parse(row.selectors) as Selector[];
      characters += row.selectors.length;
      const isTooMuch =
        characters > limits.selectorsCharacters || selectors.length + more.length > limits.selectorsPerPurge;
      if (taken.length > 0 && isTooMuch && !more.every(isOfTags)) break;
      taken.push(row);
      selectors.push(...more);
    }
    const last = taken.at(-1)?.id ?? 0;
    this.#sql.exec("DELETE FROM gathered WHERE cache = ? AND id <= ?", cache, last);
    const forWhom = [...new Set(taken.map(({ by }) => by))].join(", ").slice(0, MOST_CHARACTERS.by);
    return {
      // The declaration may have changed in between.
      debounce: this.#debounces.get(cache) ?? NO_LONGER,
      request: { cache, soft: true, ...selectionOf(joined(selectors)), reason: reasonFor(taken, nowMs) },
      by: forWhom,
    };
  }
}

const MOST_CHARACTERS = { by: 200, reason: limits.reasonCharacters };

function reasonFor(rows: readonly Row[], nowMs: number): string {
  const seconds = Math.ceil((nowMs - (rows[0]?.at_ms ?? nowMs)) / 1000);
  const what = `${rows.length} ${rows.length === 1 ? "purge" : "purges"} gathered in ${seconds} s`;
  const reasons = [...new Set(rows.flatMap(({ reason }) => reason ?? []))];
  const text = reasons.length === 0 ? what : `${what}: ${reasons.join("; ")}`;
  return text.slice(0, MOST_CHARACTERS.reason);
}

function selectionOf(selectors: readonly Selector[]): Pick<CheckedPurgeRequest, "any" | "everything"> {
  if (selectors.some(isEverything)) return { everything: true };
  return { any: selectors.map(({ cache: _, ...selector }) => selector) as NonNullable<CheckedPurgeRequest["any"]> };
}

function isEverything(selector: Selector): boolean {
  return Object.keys(selector).every((name) => name === "cache");
}

function isOfTags(selector: Selector): boolean {
  return Object.keys(selector).every((name) => name === "cache" || name === "tags");
}

/** Of a cache that has ceased to gather purges while some waited. */
const NO_LONGER: Debounce = { seconds: 1, refill: { top: limits.refillUrls, concurrency: 4, perSecond: 10 } };

/** The same selection in fewer selectors: what is named by tags alone is named by all of them at once. */
function joined(selectors: readonly Selector[]): readonly Selector[] {
  const everything = selectors.find(isEverything);
  if (everything !== undefined) return [everything];
  const tags = new Set(selectors.filter(isOfTags).flatMap(({ tags: named = [] }) => named));
  const rest = new Map<string, Selector>();
  for (const selector of selectors) if (!isOfTags(selector)) rest.set(JSON.stringify(selector), selector);
  const [{ cache } = {}] = selectors;
  const named = inLists([...tags]).map((list) => ({ ...(cache === undefined ? {} : { cache }), tags: list }));
  return [...named, ...rest.values()];
}

/** Tags in lists as long as a purge may name at once. */
function inLists(tags: readonly Tag[]): Tag[][] {
  const lists: Tag[][] = [];
  let characters = Number.POSITIVE_INFINITY;
  for (const tag of tags) {
    const last = lists.at(-1);
    if (
      last === undefined ||
      last.length >= limits.tagsPerEntry ||
      characters + tag.length + 1 > limits.tagsTotalCharacters
    ) {
      lists.push([tag]);
      characters = tag.length;
    } else {
      last.push(tag);
      characters += tag.length + 1;
    }
  }
  return lists;
}
