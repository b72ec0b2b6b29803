import type { RefillProgress } from "../schema/refill.ts";
import type { RefillItem } from "./refill-items.ts";

/** What became of one item. `busy`: the origin is to be left alone for so long, or for longer each time. */
export type ItemOutcome =
  | { readonly kind: "filled" | "skipped" }
  | { readonly kind: "failed"; readonly message: string; readonly busy?: { readonly seconds: number } };

/** How a run sees what it works on. */
export interface RunOf {
  readonly concurrency: number;
  readonly progress: RefillProgress;
  /** The item at that place; undefined where there is none. */
  item(at: number): RefillItem | undefined;
  isStopped(): boolean;
  /** Whether it has been filled since it became due. */
  isFilled(item: RefillItem): boolean;
  /** May add items, as a sitemap does. Never throws. */
  ask(item: RefillItem): Promise<ItemOutcome>;
  /** Hears how far it has come: of all before that place, what has become of each. */
  came(progress: Omit<RefillProgress, "total">, failure: Failure | undefined): void;
}

export interface Failure {
  readonly item: RefillItem;
  readonly message: string;
}

export interface Clock {
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

/** The pace, as a run draws on it. */
export interface Drawn {
  waitMs(nowMs: number): number;
  draw(item: RefillItem, nowMs: number): void;
  pauseUntil(atMs: number): void;
}

/** So many in a row that the origin could not answer, and it is given up. */
const MOST_FAILURES = 10;
const LONGEST_PAUSE_MS = 60_000;
/** It looks that often whether it has been stopped. */
const LOOK_MS = 500;
/** And tells that often how far it has come. */
const TELL_MS = 1_000;

/**
 * Asks for one item after the other, never faster than the pace and never more than `concurrency` at a time. What it tells
 * is about all items up to one: should it end in the middle, it goes on from there, and asks anew for a few.
 */
export async function run(of: RunOf, pace: Drawn, clock: Clock): Promise<"done" | "stopped" | "failed"> {
  const settled = new Settled(of.progress);
  const underWay = new Set<Promise<void>>();
  let failures = 0;
  let toldAtMs = clock.nowMs();
  let failure: Failure | undefined;
  const tell = (when: "now" | "in-time") => {
    if (when === "in-time" && clock.nowMs() < toldAtMs + TELL_MS) return;
    toldAtMs = clock.nowMs();
    of.came(settled.counts, failure);
    failure = undefined;
  };
  const settle = (at: number, item: RefillItem, outcome: ItemOutcome) => {
    settled.set(at, outcome.kind);
    if (outcome.kind === "filled") failures = 0;
    if (outcome.kind === "failed") failure = { item, message: outcome.message };
    if (outcome.kind === "failed" && outcome.busy !== undefined) {
      failures += 1;
      const ownMs = Math.min(LONGEST_PAUSE_MS, 1000 * 2 ** (failures - 1));
      pace.pauseUntil(clock.nowMs() + Math.max(ownMs, outcome.busy.seconds * 1000));
    }
    tell("in-time");
  };
  let at = settled.reached;
  let end: "done" | "stopped" | "failed" = "done";
  while (true) {
    if (of.isStopped()) end = "stopped";
    else if (failures >= MOST_FAILURES) end = "failed";
    if (end !== "done") break;
    const item = of.item(at);
    if (item === undefined) {
      // One that is under way may be a sitemap, which adds some.
      if (underWay.size === 0) break;
      await Promise.race(underWay);
      continue;
    }
    if (of.isFilled(item)) {
      settle(at, item, { kind: "skipped" });
      at += 1;
      continue;
    }
    if (underWay.size >= of.concurrency) {
      await Promise.race([...underWay, clock.sleep(LOOK_MS)]);
      continue;
    }
    const waitMs = pace.waitMs(clock.nowMs());
    if (waitMs > 0) {
      await clock.sleep(Math.min(waitMs, LOOK_MS));
      continue;
    }
    pace.draw(item, clock.nowMs());
    const own = at;
    at += 1;
    const asked = of.ask(item).then((outcome) => {
      underWay.delete(asked);
      settle(own, item, outcome);
    });
    underWay.add(asked);
  }
  await Promise.all(underWay);
  tell("now");
  return end;
}

/** What has become of the items, as far as none before is under way. */
class Settled {
  #counts: Omit<RefillProgress, "total">;
  reached: number;
  readonly #ahead = new Map<number, ItemOutcome["kind"]>();

  constructor({ filled, failed, skipped }: RefillProgress) {
    this.#counts = { filled, failed, skipped };
    this.reached = filled + failed + skipped;
  }

  get counts(): Omit<RefillProgress, "total"> {
    return this.#counts;
  }

  set(at: number, kind: ItemOutcome["kind"]): void {
    this.#ahead.set(at, kind);
    for (let next = this.#ahead.get(this.reached); next !== undefined; next = this.#ahead.get(this.reached)) {
      this.#ahead.delete(this.reached);
      this.#counts = { ...this.#counts, [next]: this.#counts[next] + 1 };
      this.reached += 1;
    }
  }
}
