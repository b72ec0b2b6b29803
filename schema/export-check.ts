import { LarderError } from "./errors.ts";
import type { EndLine, EntryLine, LogLine, NamespaceLine } from "./export.ts";
import { limits } from "./limits.ts";

/** Lines come in this order, those of one rank mixed. */
const ranks = { purge: 0, revocation: 0, deployment: 1, schedule: 2, entry: 3, end: 4 } as const;

type Counted = Omit<EndLine, "kind">;

const countOf: Readonly<Record<Exclude<keyof typeof ranks, "end">, keyof Counted>> = {
  purge: "records",
  revocation: "records",
  deployment: "deployments",
  schedule: "schedules",
  entry: "entries",
};

/**
 * What no line shows by itself: that the log of an export is one, in order and up to its head, and that nothing is missing
 * or there twice. Whoever has a file asks it, and the object that takes the log over.
 */
export class ExportCheck {
  readonly #namespace: NamespaceLine;
  readonly #counts: Record<keyof Counted, number> = { records: 0, deployments: 0, schedules: 0, entries: 0 };
  readonly #revoked = new Set<number>();
  readonly #deployments = new Set<string>();
  readonly #schedules = new Set<string>();
  #rank = 0;
  #last = 0;

  /** @throws LarderError `invalid-input`, as all of it does */
  constructor(namespace: NamespaceLine) {
    const { head, floor } = namespace;
    if (floor > head) throw wrong("floor", `must not be above the head of the log, ${head} (got ${floor})`);
    this.#namespace = namespace;
  }

  get counts(): Counted {
    return this.#counts;
  }

  /** The next line, which is right by itself. */
  add(line: LogLine | EntryLine): void {
    const rank = ranks[line.kind];
    if (rank < this.#rank) throw wrong("kind", `"${line.kind}" must not come any more: ${ORDER}`);
    this.#rank = rank;
    this.#counts[countOf[line.kind]] += 1;
    switch (line.kind) {
      case "purge":
        this.#record(line.seq);
        if (line.automatic && line.mode !== "hard") throw wrong("mode", 'must be "hard" where automatic is true');
        break;
      case "revocation":
        this.#record(line.seq);
        this.#revocation(line);
        break;
      case "deployment":
        this.#isWithin("purgeSeq", line.purgeSeq);
        once(this.#deployments, "id", `${line.cache} ${line.id}`);
        break;
      case "schedule":
        once(this.#schedules, "id", line.id);
        if ((line.purge === undefined) === (line.warm === undefined)) {
          throw wrong("purge", "must be there, or warm, and not both");
        }
        if (this.#schedules.size > limits.schedules) {
          throw wrong("kind", `a namespace has at most ${limits.schedules} schedules`, limits.schedules);
        }
        break;
      default:
    }
  }

  #record(seq: number): void {
    if (seq <= this.#last) throw wrong("seq", `must be above that of the record before, ${this.#last} (got ${seq})`);
    this.#isWithin("seq", seq);
    this.#last = seq;
  }

  #isWithin(field: string, seq: number): void {
    const { head } = this.#namespace;
    if (seq > head) throw wrong(field, `must not be above the head of the log, ${head} (got ${seq})`);
  }

  #revocation({ seq, revokes }: { readonly seq: number; readonly revokes: number }): void {
    if (revokes >= seq) throw wrong("revokes", `must be of an earlier purge than ${seq} (got ${revokes})`);
    if (this.#revoked.has(revokes)) throw wrong("revokes", `purge ${revokes} has been taken back already`);
    this.#revoked.add(revokes);
  }

  /** The log reaches its head, and there are as many lines as there should be; `counts` may leave out what is not known. */
  finish(counts: Partial<Counted>): void {
    const { head, floor } = this.#namespace;
    if (Math.max(floor, this.#last) !== head) {
      throw wrong("head", `is ${head}, and the records end at ${this.#last}: what comes after it is missing`);
    }
    for (const [name, expected] of Object.entries(counts) as [keyof Counted, number][]) {
      const found = this.#counts[name];
      if (found !== expected)
        throw wrong(name, `should be ${expected}, and there are ${found}: the export is not whole`);
    }
  }
}

const ORDER = "the log comes first, then deployments, schedules and entries";

function once(seen: Set<string>, field: string, name: string): void {
  if (seen.has(name)) throw wrong(field, "is there twice");
  seen.add(name);
}

function wrong(field: string, fault: string, limit?: number): LarderError {
  return new LarderError("invalid-input", `${field}: ${fault}`, { field, ...(limit === undefined ? {} : { limit }) });
}
