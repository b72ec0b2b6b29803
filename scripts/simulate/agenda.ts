interface Entry {
  readonly atMs: number;
  /** Of two things due at one time, the one that was planned first comes first. */
  readonly order: number;
  readonly action: () => void;
}

/** The clock of a simulation, and what is due when: a binary heap. */
export class Agenda {
  nowMs = 0;
  readonly #heap: Entry[] = [];
  #planned = 0;

  after(delayMs: number, action: () => void): void {
    const entry = { atMs: this.nowMs + delayMs, order: this.#planned++, action };
    let at = this.#heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!isBefore(entry, this.#heap[parent])) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Does everything that is due by then, and sets the clock. */
  runUntil(untilMs: number): void {
    for (let [next] = this.#heap; next !== undefined && next.atMs <= untilMs; [next] = this.#heap) {
      this.#removeFirst();
      this.nowMs = next.atMs;
      next.action();
    }
    if (Number.isFinite(untilMs)) this.nowMs = untilMs;
  }

  #removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      const child = isBefore(this.#heap[left + 1], this.#heap[left]) ? left + 1 : left;
      if (!isBefore(this.#heap[child], this.#heap[at])) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a === undefined || b === undefined) return;
    this.#heap[one] = b;
    this.#heap[other] = a;
  }
}

function isBefore(a: Entry | undefined, b: Entry | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
