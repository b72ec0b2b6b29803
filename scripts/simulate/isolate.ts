import type { Agenda } from "./agenda.ts";
import type { Call, Namespace } from "./namespace.ts";
import type { Tally } from "./tally.ts";

/** How long a call is on its way to the object, and its reply on the way back. */
export interface Delay {
  readonly outMs: number;
  readonly backMs: number;
}

/** An entry in a data centre's cache. */
interface Entry {
  /** The head of the log as its maker knew it before the origin was asked. */
  readonly asOf: number;
  readonly storedAtMs: number;
}

/** A data centre's cache: by key. */
export type Cache = Map<number, Entry>;

export interface Setting {
  /** `purgeLagSeconds`, in milliseconds. */
  readonly lagMs: number;
  readonly ttlMs: number;
  /** How long the origin takes to answer. */
  readonly originMs: number;
}

export interface Parts {
  readonly setting: Setting;
  readonly agenda: Agenda;
  readonly namespace: Namespace;
  /** Of the data centre the isolate is in. */
  readonly cache: Cache;
  /** Drawn anew for each call. */
  readonly delay: () => Delay;
  readonly tally: Tally;
}

/** How long after a flush was due the engine no longer believes that it comes (`SYNC_TIMEOUT_MS` there). */
const FLUSH_LOST_MS = 3_000;

/**
 * One isolate by the rules of src/edge/view-keeper.ts and src/edge/edge.ts, without what needs no time: keys are
 * numbers, a purge hits one of them, and bodies are not there. The object is never unreachable, and isolates live on.
 */
export class Isolate {
  readonly #parts: Parts;
  /** How far this isolate knows the log; undefined before the first reply. */
  #head: number | undefined;
  #confirmedAtMs = Number.NEGATIVE_INFINITY;
  /** Who waits for the sync that is under way. */
  #syncing: (() => void)[] | undefined;
  /** Whether something has been counted that no call has taken along yet, and whether a call is carrying counts. */
  #counts: { pending: boolean; sent: boolean } = { pending: false, sent: false };
  #flushDueMs = Number.NEGATIVE_INFINITY;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  request(key: number): void {
    const { agenda, cache, setting } = this.#parts;
    // Looked for first, judged when the view is there: another fill may end in between.
    const entry = cache.get(key);
    const ageMs = agenda.nowMs - this.#confirmedAtMs;
    if (this.#head === undefined || ageMs > setting.lagMs) {
      this.#parts.tally.waited();
      this.#sync(() => this.#answer(key, entry));
      return;
    }
    if (ageMs > setting.lagMs / 2) this.#sync();
    this.#answer(key, entry);
  }

  purge(key: number): void {
    const { agenda, namespace } = this.#parts;
    this.#call("purge", () => namespace.purge(key, agenda.nowMs));
  }

  #answer(key: number, entry: Entry | undefined): void {
    const { agenda, namespace, setting, tally } = this.#parts;
    const head = this.#head ?? 0;
    if (entry === undefined) this.#miss(key, head, "absent");
    else if (namespace.hasPurged(key, entry.asOf, head)) this.#miss(key, head, "purged");
    else if (agenda.nowMs - entry.storedAtMs >= setting.ttlMs) this.#miss(key, head, "expired");
    else {
      const overlooked = namespace.firstPurge(key, entry.asOf);
      tally.hit(overlooked, overlooked === undefined ? 0 : agenda.nowMs - namespace.loggedAtMs(overlooked));
      this.#count();
    }
  }

  #miss(key: number, asOf: number, reason: "absent" | "purged" | "expired"): void {
    const { agenda, cache, setting, tally } = this.#parts;
    tally.miss(reason);
    this.#count();
    agenda.after(setting.originMs, () => {
      // What the origin was asked.
      this.#count();
      cache.set(key, { asOf, storedAtMs: agenda.nowMs });
      // Storing takes a moment: a reply that has come by then is there before the report is made.
      agenda.after(0, () => this.#complete(key, asOf));
    });
  }

  #complete(key: number, asOf: number): void {
    const { namespace, tally } = this.#parts;
    let refused = false;
    const judge = () => {
      refused = namespace.hasPurged(key, asOf);
    };
    this.#call("complete", judge, () => {
      if (!refused) return;
      tally.refused();
      this.#count();
    });
  }

  /** One sync at a time, whoever waits for it. */
  #sync(then?: () => void): void {
    if (this.#syncing === undefined) {
      this.#syncing = [];
      this.#call(
        "sync",
        () => undefined,
        () => {
          const waiting = this.#syncing ?? [];
          this.#syncing = undefined;
          for (const waiter of waiting) waiter();
        },
      );
    }
    if (then !== undefined) this.#syncing.push(then);
  }

  /** Every call takes the counts along, and every reply brings the log since the head that the call named. */
  #call(name: Call, atObject: () => void, then?: () => void): void {
    const { agenda, namespace, delay, tally } = this.#parts;
    const { outMs, backMs } = delay();
    const askedAtMs = agenda.nowMs;
    const since = this.#head ?? 0;
    const carries = this.#counts.pending && !this.#counts.sent;
    if (carries) this.#counts = { pending: false, sent: true };
    agenda.after(outMs, () => {
      atObject();
      const { head } = namespace;
      tally.called(name, head - since);
      agenda.after(backMs, () => {
        if (carries) this.#counts.sent = false;
        this.#head = Math.max(this.#head ?? 0, head);
        this.#confirmedAtMs = Math.max(this.#confirmedAtMs, askedAtMs);
        then?.();
      });
    });
  }

  /** Counts are handed over after half the bound even if nothing else follows. */
  #count(): void {
    const { agenda, setting } = this.#parts;
    this.#counts.pending = true;
    if (agenda.nowMs < this.#flushDueMs + FLUSH_LOST_MS) return;
    this.#flushDueMs = agenda.nowMs + setting.lagMs / 2;
    agenda.after(setting.lagMs / 2, () => {
      this.#flushDueMs = Number.NEGATIVE_INFINITY;
      if (this.#counts.pending || this.#counts.sent) this.#sync();
    });
  }
}
