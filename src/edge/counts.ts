import type { CounterName, Happening } from "../../schema/events.ts";
import { counterOf } from "../../schema/events.ts";
import type { CacheName } from "../../schema/names.ts";
import type { CounterReport } from "../../schema/rpc.ts";
import { newEpoch } from "../../schema/version.ts";

/** A report whose call has not ended by then is sent again; the object knows its number. */
const REPLY_DUE_MS = 30_000;

/**
 * What this isolate has counted for one namespace and not yet handed over. One report is under way at a time, and it
 * is sent again, with its number, until a call that carried it has succeeded: so each event counts exactly once, and
 * an isolate that dies loses what it had not yet handed over.
 */
export class Counts {
  readonly #reporter = newEpoch();
  #pending = new Map<CacheName, Map<CounterName, number>>();
  #batch = 0;
  #sent: { report: CounterReport; atMs: number | undefined } | undefined;

  get dirty(): boolean {
    return this.#pending.size > 0 || this.#sent !== undefined;
  }

  add(cache: CacheName, event: Happening): void {
    let counters = this.#pending.get(cache);
    if (counters === undefined) {
      counters = new Map();
      this.#pending.set(cache, counters);
    }
    const name = counterOf(event);
    counters.set(name, (counters.get(name) ?? 0) + 1);
  }

  /** The report for the next call to carry; undefined when there is none, or another call carries it. */
  take(nowMs: number): CounterReport | undefined {
    if (this.#sent === undefined) {
      if (this.#pending.size === 0) return undefined;
      this.#batch += 1;
      const counts = [...this.#pending].flatMap(([cache, counters]) =>
        [...counters].map(([counter, count]) => ({ cache, counter, count })),
      );
      this.#pending = new Map();
      this.#sent = { report: { reporter: this.#reporter, batch: this.#batch, counts }, atMs: undefined };
    }
    const { atMs } = this.#sent;
    if (atMs !== undefined && nowMs - atMs < REPLY_DUE_MS) return undefined;
    this.#sent.atMs = nowMs;
    return this.#sent.report;
  }

  /** The call that carried `report` has succeeded. */
  acknowledge(report: CounterReport): void {
    if (this.#sent?.report.batch === report.batch) this.#sent = undefined;
  }

  /** The call that carried `report` has failed: the next call carries it again. */
  keep(report: CounterReport): void {
    if (this.#sent?.report.batch === report.batch) this.#sent.atMs = undefined;
  }
}
