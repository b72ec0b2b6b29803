import type { Acquire, Turn } from "../schema/fills.ts";
import type { Key } from "../schema/key.ts";

/** How often it is looked whether those who wait wait for anything still. */
const LOOK_MS = 1_000;

/** A fill, wherever it goes on; or what the shield has sent to the waiter's own data centre. */
export type Awaited = "fill" | "transfer";

const SCOUT: Turn = { kind: "again", scout: true };

interface Waiter {
  readonly dataCentre: string;
  readonly have: Acquire["have"];
  readonly awaited: Awaited;
  answer(turn: Turn): void;
}

/**
 * Who waits for which fill. In memory alone: a call that waits ends with the object's instance, and its caller asks
 * again.
 *
 * Nobody is handed a lease here. Who is woken asks again, and the first to ask leads: a caller that has gone away in
 * the meantime can be woken but never lead. If nothing has come of it within a second, another is woken.
 */
export class WaitingList {
  readonly #waiters = new Map<Key, Set<Waiter>>();
  /** Whether there is something to wait for. */
  readonly #isDue: (key: Key, dataCentre: string, awaited: Awaited) => boolean;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(isDue: (key: Key, dataCentre: string, awaited: Awaited) => boolean) {
    this.#isDue = isDue;
  }

  count(key: Key): number {
    return this.#waiters.get(key)?.size ?? 0;
  }

  /** Waits to be woken, and for `ask.waitMs` at most. */
  join({ place, dataCentre, have, waitMs }: Acquire, awaited: Awaited): Promise<Turn> {
    const { key } = place;
    return new Promise((resolve) => {
      const waiters = this.#waiters.get(key) ?? new Set();
      const waiter: Waiter = {
        dataCentre,
        have,
        awaited,
        answer: (turn) => {
          clearTimeout(timeout);
          waiters.delete(waiter);
          if (waiters.size === 0 && this.#waiters.get(key) === waiters) this.#waiters.delete(key);
          resolve(turn);
        },
      };
      const timeout = setTimeout(() => waiter.answer({ kind: "waiting" }), waitMs);
      this.#waiters.set(key, waiters.add(waiter));
      this.#timer ??= setInterval(() => this.#look(), LOOK_MS);
    });
  }

  /** Wakes those the condition holds for. */
  wake(key: Key, turn: Turn, isMeant: (waiter: Pick<Waiter, "dataCentre" | "have">) => boolean = () => true): void {
    for (const waiter of [...(this.#waiters.get(key) ?? [])]) if (isMeant(waiter)) waiter.answer(turn);
  }

  /** Wakes the one who has waited longest, of those who have nothing to serve if there are any. */
  wakeOne(key: Key): void {
    const waiters = [...(this.#waiters.get(key) ?? [])];
    const next = waiters.find(({ have }) => have === "nothing") ?? waiters[0];
    next?.answer(SCOUT);
  }

  /** Wakes one of each data centre. */
  wakeOneOfEach(key: Key): void {
    const waiters = this.#waiters.get(key) ?? [];
    for (const waiter of firstOfEach(waiters, ({ dataCentre }) => dataCentre)) waiter.answer(SCOUT);
  }

  #look(): void {
    if (this.#waiters.size === 0 && this.#timer !== undefined) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    for (const [key, waiters] of [...this.#waiters]) {
      for (const waiter of firstOfEach(waiters, ({ dataCentre, awaited }) => `${awaited} ${dataCentre}`)) {
        if (!this.#isDue(key, waiter.dataCentre, waiter.awaited)) waiter.answer(SCOUT);
      }
    }
  }
}

/** The one who has waited longest, of each group. */
function firstOfEach(waiters: Iterable<Waiter>, groupOf: (waiter: Waiter) => string): Waiter[] {
  const firsts = new Map<string, Waiter>();
  for (const waiter of waiters) {
    const group = groupOf(waiter);
    if (!firsts.has(group)) firsts.set(group, waiter);
  }
  return [...firsts.values()];
}
