/**
 * Values hung on prefixes, found by a text that begins with them: one binary search, and then as many steps as there
 * are prefixes that the nearest one lies in.
 *
 * In sorted order every text between a prefix and a text that begins with it begins with it too. So all prefixes of a
 * text are found from its nearest predecessor: that one itself, or those that enclose it.
 */
export class Prefixes<Value> {
  readonly #values = new Map<string, Value>();
  /** Made when first asked for, and anew after a prefix was added. */
  #sorted: readonly string[] | undefined;
  /** For each of `#sorted`, the longest other prefix it begins with; -1 where there is none. */
  #enclosing: readonly number[] = [];

  get size(): number {
    return this.#values.size;
  }

  update(prefix: string, change: (value: Value | undefined) => Value): void {
    const value = this.#values.get(prefix);
    if (value === undefined) this.#sorted = undefined;
    this.#values.set(prefix, change(value));
  }

  visit(text: string, visit: (value: Value | undefined) => void): void {
    const sorted = this.#sorted ?? this.#sort();
    let at = lastNotAfter(sorted, text);
    while (at >= 0) {
      const prefix = sorted[at] ?? "";
      if (text.startsWith(prefix)) visit(this.#values.get(prefix));
      at = this.#enclosing[at] ?? -1;
    }
  }

  #sort(): readonly string[] {
    const sorted = [...this.#values.keys()].sort((a, b) => (a < b ? -1 : 1));
    const open: number[] = [];
    this.#enclosing = sorted.map((prefix, at) => {
      while (open.length > 0 && !prefix.startsWith(sorted[open.at(-1) ?? 0] ?? "")) open.pop();
      const enclosing = open.at(-1) ?? -1;
      open.push(at);
      return enclosing;
    });
    this.#sorted = sorted;
    return sorted;
  }
}

/** The index of the last of `sorted` that does not come after `text`; -1 where all do. */
function lastNotAfter(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? "") <= text) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
