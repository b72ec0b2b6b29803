/** What the object of a namespace is asked. */
export type Call = "sync" | "complete" | "purge";

/** The namespace object: a log of purges, each of one key. */
export class Namespace {
  /** When each purge was logged, from sequence number 1. */
  readonly #loggedAtMs: number[] = [];
  /** The purges of each key, oldest first. */
  readonly #ofKey = new Map<number, number[]>();

  get head(): number {
    return this.#loggedAtMs.length;
  }

  purge(key: number, nowMs: number): void {
    const seq = this.#loggedAtMs.push(nowMs);
    const earlier = this.#ofKey.get(key);
    if (earlier === undefined) this.#ofKey.set(key, [seq]);
    else earlier.push(seq);
  }

  /** Whether the log up to `head` has a purge of the key that is newer than `asOf`. */
  hasPurged(key: number, asOf: number, head = this.head): boolean {
    return this.firstPurge(key, asOf, head) !== undefined;
  }

  /** The oldest purge of the key that is newer than `asOf`, by what the log holds up to `head`. */
  firstPurge(key: number, asOf: number, head = this.head): number | undefined {
    const seq = this.#ofKey.get(key)?.find((candidate) => candidate > asOf);
    return seq !== undefined && seq <= head ? seq : undefined;
  }

  loggedAtMs(seq: number): number {
    return this.#loggedAtMs[seq - 1] ?? Number.NaN;
  }
}
