import type { CounterName } from "../../schema/counters.ts";
import { countersOf } from "../../schema/counters.ts";
import type { Happening } from "../../schema/events.ts";
import { EVERY_CACHE, limits } from "../../schema/limits.ts";
import type { CacheName } from "../../schema/names.ts";
import type { CounterReport } from "../../schema/rpc.ts";
import { newEpoch } from "../../schema/version.ts";
import { AskedMost } from "./asked-most.ts";

/** A report whose call has not ended by then is sent again; the object knows its number. */
const REPLY_DUE_MS = 30_000;

type Tally = Partial<Record<CounterName, number>>;

/**
 * What this isolate has counted for one namespace and not yet handed over. One report is under way at a time, and it
 * is sent again, with its number, until a call that carried it has succeeded: so each event counts exactly once, and
 * an isolate that dies loses what it had not yet handed over.
 */
export class Counts {
  readonly #reporter = newEpoch();
  /** By cache, and in each by rule. */
  #tallies = new Map<CacheName | typeof EVERY_CACHE, Map<string | undefined, Tally>>();
  readonly #asked = new Map<CacheName, AskedMost>();
  #batch = 0;
  #sent: { report: CounterReport; atMs: number | undefined } | undefined;

  get dirty(): boolean {
    return this.#tallies.size > 0 || this.#sent !== undefined;
  }

  /** Counts what happens in a cache, or in none of the namespace's in particular, by a rule or by none. */
  add(cache: CacheName | undefined, rule: string | undefined, event: Happening): void {
    const tally = this.#tallyOf(cache ?? EVERY_CACHE, rule);
    for (const [name, by] of countersOf(event)) tally[name] = (tally[name] ?? 0) + by;
    if (cache !== undefined) this.#askedOf(cache).add(event);
  }

  #askedOf(cache: CacheName): AskedMost {
    let asked = this.#asked.get(cache);
    if (asked === undefined) {
      asked = new AskedMost();
      this.#asked.set(cache, asked);
    }
    return asked;
  }

  #tallyOf(cache: CacheName | typeof EVERY_CACHE, rule: string | undefined): Tally {
    let tallies = this.#tallies.get(cache);
    if (tallies === undefined) {
      tallies = new Map();
      this.#tallies.set(cache, tallies);
    }
    let tally = tallies.get(rule);
    if (tally === undefined) {
      tally = {};
      tallies.set(rule, tally);
    }
    return tally;
  }

  /**
   * The report for the next call to carry; undefined when there is none, or another call carries it.
   *
   * @param dataCentre where this isolate is, as people name it; empty where that is not known
   */
  take(nowMs: number, dataCentre: string): CounterReport | undefined {
    if (this.#sent === undefined) {
      if (this.#tallies.size === 0) return undefined;
      this.#batch += 1;
      const counts = [...this.#tallies].flatMap(([cache, tallies]) =>
        [...tallies].map(([rule = "", tally]) => ({
          cache,
          rule: rule.slice(0, limits.ruleCharacters),
          counts: tally,
        })),
      );
      this.#tallies = new Map();
      const top = [...this.#asked].flatMap(([cache, asked]) => {
        const most = asked.take();
        return most === undefined ? [] : [{ cache, ...most }];
      });
      const report = { reporter: this.#reporter, batch: this.#batch, dataCentre, counts, top };
      this.#sent = { report, atMs: undefined };
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
