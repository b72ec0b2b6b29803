import type { CounterName } from "../schema/counters.ts";
import { countersOf } from "../schema/counters.ts";
import type { CacheEvent } from "../schema/events.ts";
import { EVERY_CACHE } from "../schema/limits.ts";
import type { CounterReport } from "../schema/rpc.ts";
import type { Counted } from "../src/telemetry/data-point.ts";
import type { Stats } from "./stats.ts";
import { countedInReport } from "./stats.ts";
import type { AskedFor, Top } from "./top.ts";
import { askedByPut, askedInReport } from "./top.ts";

/** What one transaction has come to. */
export interface Recorded {
  /** What the object itself has seen. */
  readonly events: readonly CacheEvent[];
  /** What of it, and of an isolate's report, is counted. */
  readonly counted: readonly Counted[];
}

/** Hears of what has been recorded, once it is sure. */
export type Listener = (recorded: Recorded) => void;

/**
 * The one way by which anything is counted or told: events are counted in the transaction that they happen in, and told
 * to the listeners when that has ended. So what is rolled back is neither counted nor told.
 */
export class Recorder {
  readonly #storage: DurableObjectStorage;
  readonly #stats: Stats;
  readonly #top: Top;
  readonly #listeners: readonly Listener[];
  #events: CacheEvent[] = [];
  #counted: Counted[] = [];
  /** How much of what is counted has been written. */
  #written = 0;
  #asked: AskedFor[] = [];

  constructor(parts: { storage: DurableObjectStorage; stats: Stats; top: Top; listeners: readonly Listener[] }) {
    this.#storage = parts.storage;
    this.#stats = parts.stats;
    this.#top = parts.top;
    this.#listeners = parts.listeners;
  }

  /** Runs `work` as one change of the storage, in which what an isolate reports is counted, too. */
  transaction<Result>(report: CounterReport | undefined, work: (nowMs: number) => Result): Result {
    this.#events = [];
    this.#counted = [];
    this.#written = 0;
    this.#asked = [];
    const result = this.#storage.transactionSync(() => {
      const nowMs = Date.now();
      if (report !== undefined && this.#stats.takeIn(report, nowMs)) {
        this.#counted.push(...countedInReport(report));
        this.#asked.push(...askedInReport(report));
      }
      const worked = work(nowMs);
      this.settle(nowMs);
      return worked;
    });
    const recorded = { events: this.#events, counted: this.#counted };
    if (recorded.events.length + recorded.counted.length > 0) for (const listen of this.#listeners) listen(recorded);
    return result;
  }

  /**
   * Records what happens, inside a transaction.
   *
   * @param dataCentre where it happened, as people name it; empty where that is not known, or nowhere in particular
   */
  record(event: CacheEvent, dataCentre = ""): void {
    this.#events.push(event);
    this.#asked.push(...askedByPut(event));
    const { cache = EVERY_CACHE, rule = "" } = event;
    const counts: Partial<Record<CounterName, number>> = {};
    for (const [name, by] of countersOf(event)) if (by > 0) counts[name] = by;
    if (Object.keys(counts).length > 0) this.#counted.push({ cache, dataCentre, rule, counts });
  }

  /** Writes what has been counted so far, inside a transaction: for whoever is about to read it. */
  settle(nowMs: number): void {
    this.#stats.add(this.#counted.slice(this.#written), nowMs);
    this.#written = this.#counted.length;
    this.#top.add(this.#asked.splice(0), nowMs);
  }
}
