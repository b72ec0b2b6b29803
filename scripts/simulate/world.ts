import { Agenda } from "./agenda.ts";
import type { Cache, Delay, Setting } from "./isolate.ts";
import { Isolate } from "./isolate.ts";
import { Namespace } from "./namespace.ts";
import { Tally } from "./tally.ts";

/** A request or a purge that comes to an isolate of a data centre. */
export interface Arrival {
  readonly atMs: number;
  readonly kind: "request" | "purge";
  readonly dataCentre: number;
  readonly isolate: number;
  readonly key: number;
}

export interface Size {
  readonly dataCentres: number;
  /** In each data centre. */
  readonly isolates: number;
}

/** One namespace, the data centres that use it, and the clock they share. */
export class World {
  readonly namespace = new Namespace();
  readonly #agenda = new Agenda();
  readonly #isolates: readonly (readonly Isolate[])[];
  #tally = new Tally();

  constructor({ dataCentres, isolates }: Size, setting: Setting, delay: (dataCentre: number) => Delay) {
    const world = this;
    this.#isolates = Array.from({ length: dataCentres }, (_, dataCentre) => {
      const cache: Cache = new Map();
      const parts = {
        setting,
        agenda: this.#agenda,
        namespace: this.namespace,
        cache,
        delay: () => delay(dataCentre),
        get tally() {
          return world.#tally;
        },
      };
      return Array.from({ length: isolates }, () => new Isolate(parts));
    });
  }

  get tally(): Tally {
    return this.#tally;
  }

  /** Forgets at that time what has been counted until then. The first purge after it is known once `run` has ended. */
  countFrom(atMs: number): { readonly firstPurge: number } {
    const counted = { firstPurge: 1 };
    this.#agenda.after(atMs, () => {
      this.#tally = new Tally();
      counted.firstPurge = this.namespace.head + 1;
    });
    return counted;
  }

  /** Lets the arrivals come, each when everything that was due by then has been done. */
  run(arrivals: Iterable<Arrival>, untilMs: number): void {
    for (const { atMs, kind, dataCentre, isolate, key } of arrivals) {
      this.#agenda.runUntil(atMs);
      const here = this.#isolates[dataCentre]?.[isolate];
      if (kind === "request") here?.request(key);
      else here?.purge(key);
    }
    this.#agenda.runUntil(untilMs);
  }
}
