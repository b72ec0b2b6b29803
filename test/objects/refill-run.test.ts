import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OriginPace } from "../../objects/origin-pace.ts";
import type { RefillItem } from "../../objects/refill-items.ts";
import { urlOf } from "../../objects/refill-items.ts";
import type { ItemOutcome } from "../../objects/refill-run.ts";
import { run } from "../../objects/refill-run.ts";
import type { AbsoluteUrl } from "../../schema/key.ts";
import type { RefillProgress } from "../../schema/refill.ts";

/** A clock that goes on to the next thing that waits for it whenever nothing else is left to do. */
class VirtualClock {
  #nowMs = 1_000_000;
  #waiting: { readonly atMs: number; readonly go: () => void }[] = [];

  nowMs = () => this.#nowMs;

  sleep = (ms: number) =>
    new Promise<void>((go) => {
      this.#waiting.push({ atMs: this.#nowMs + ms, go });
    });

  /** Goes on until `work` has ended. */
  async until<Result>(work: Promise<Result>): Promise<Result> {
    let ended = false;
    const watched = work.finally(() => {
      ended = true;
    });
    while (!ended) {
      // Whatever follows from what has happened is done when this has come.
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
      if (ended) break;
      this.#waiting.sort((a, b) => a.atMs - b.atMs);
      const next = this.#waiting.shift();
      if (next === undefined) throw new Error("nothing would ever happen again");
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.go();
    }
    return watched;
  }
}

interface Begun {
  readonly url: string;
  readonly atMs: number;
}

const NOTHING: RefillProgress = { total: 0, filled: 0, failed: 0, skipped: 0 };

function itemsOf(many: number): RefillItem[] {
  return Array.from({ length: many }, (_, at) => ({ kind: "url", url: `https://a.example/${at}` as AbsoluteUrl }));
}

/** A run over items, each answered after so many milliseconds. */
function running(options: {
  readonly items: RefillItem[];
  readonly perSecond: number;
  readonly concurrency: number;
  readonly answer?: (
    at: number,
    item: RefillItem,
    nowMs: number,
  ) => { readonly afterMs: number; readonly outcome: ItemOutcome };
  readonly progress?: RefillProgress;
  readonly filled?: ReadonlySet<string>;
  readonly stopAtMs?: number;
}) {
  const { items, perSecond, concurrency, filled = new Set(), progress = NOTHING } = options;
  const clock = new VirtualClock();
  const beganMs = clock.nowMs();
  const pace = new OriginPace();
  pace.hold([undefined], perSecond);
  const begun: Begun[] = [];
  const told: Omit<RefillProgress, "total">[] = [];
  const failures: string[] = [];
  let underWay = 0;
  let most = 0;
  const ended = run(
    {
      concurrency,
      progress,
      item: (at) => items[at],
      isStopped: () => options.stopAtMs !== undefined && clock.nowMs() - beganMs >= options.stopAtMs,
      isFilled: (item) => filled.has(urlOf(item)),
      ask: async (item) => {
        underWay += 1;
        most = Math.max(most, underWay);
        begun.push({ url: urlOf(item), atMs: clock.nowMs() });
        const at = items.indexOf(item);
        const { afterMs, outcome } = options.answer?.(at, item, clock.nowMs()) ?? {
          afterMs: 50,
          outcome: { kind: "filled" },
        };
        await clock.sleep(afterMs);
        underWay -= 1;
        return outcome;
      },
      came: (counts, failure) => {
        told.push(counts);
        if (failure !== undefined) failures.push(failure.message);
      },
    },
    {
      waitMs: (nowMs) => pace.waitMs(nowMs),
      draw: (item, nowMs) => pace.draw(urlOf(item), nowMs),
      pauseUntil: (atMs) => pace.pauseUntil(atMs),
    },
    clock,
  );
  return { clock, begun, told, failures, most: () => most, end: () => clock.until(ended), pace };
}

/** The shortest time in which so many requests began. */
function shortestSpan(begun: readonly Begun[], many: number): number {
  const times = begun.map(({ atMs }) => atMs).sort((a, b) => a - b);
  return Math.min(...times.slice(many - 1).map((atMs, at) => atMs - (times[at] ?? 0)));
}

describe("a run", () => {
  it("asks for each once, in order, at its pace, and tells how far it has come", async () => {
    const { begun, told, end } = running({ items: itemsOf(30), perSecond: 10, concurrency: 4 });
    expect(await end()).toBe("done");
    expect(begun.map(({ url }) => url)).toEqual(itemsOf(30).map(urlOf));
    expect(shortestSpan(begun, 11)).toBeGreaterThanOrEqual(1000);
    expect(told.at(-1)).toEqual({ filled: 30, failed: 0, skipped: 0 });
    // Once a second, and at the end.
    expect(told).toHaveLength(3);
  });

  it("never goes beyond its pace or its concurrency, whatever the origin takes and answers", async () => {
    const outcome = fc.constantFrom<ItemOutcome>(
      { kind: "filled" },
      { kind: "failed", message: "answered 404" },
      { kind: "failed", message: "answered 503", busy: { seconds: 0 } },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 3000 }), outcome }), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 50 }),
        async (answers, concurrency, perSecond) => {
          const items = itemsOf(answers.length);
          const answer = (at: number) => answers[at] ?? { afterMs: 0, outcome: { kind: "filled" } as const };
          const { begun, told, most, end } = running({ items, perSecond, concurrency, answer });
          const state = await end();
          expect(most()).toBeLessThanOrEqual(concurrency);
          const urls = begun.map(({ url }) => url);
          expect(new Set(urls).size).toBe(urls.length);
          for (let many = 2; many <= Math.min(begun.length, 12); many += 1) {
            expect(shortestSpan(begun, many)).toBeGreaterThanOrEqual(((many - 1) * 1000) / perSecond - 1e-6);
          }
          const { filled, failed, skipped } = told.at(-1) ?? NOTHING;
          expect(filled + failed + skipped).toBe(begun.length);
          expect(filled).toBe(begun.filter((_, at) => answers[at]?.outcome.kind === "filled").length);
          if (state === "done") expect(begun).toHaveLength(items.length);
          else expect(answers.filter(({ outcome: { kind } }) => kind === "failed").length).toBeGreaterThanOrEqual(10);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("goes on from where it had come to, and counts on from there", async () => {
    const progress = { total: 30, filled: 10, failed: 2, skipped: 3 };
    const { begun, told, end } = running({ items: itemsOf(30), perSecond: 100, concurrency: 2, progress });
    await end();
    expect(begun.map(({ url }) => url)).toEqual(itemsOf(30).slice(15).map(urlOf));
    expect(told.at(-1)).toEqual({ filled: 25, failed: 2, skipped: 3 });
  });

  it("tells only of what nothing before is under way of, so that nothing is left out after an interruption", async () => {
    const answer = (at: number) => ({ afterMs: at === 0 ? 5000 : 10, outcome: { kind: "filled" } as const });
    const { told, end } = running({ items: itemsOf(20), perSecond: 10, concurrency: 3, answer });
    await end();
    const before = told.filter(({ filled }) => filled === 0);
    expect(before.length).toBeGreaterThan(0);
    expect(told.at(-1)?.filled).toBe(20);
  });

  it("passes over what has been filled already, without waiting for its pace", async () => {
    const items = itemsOf(1000);
    const filled = new Set(items.slice(0, 990).map(urlOf));
    const { begun, told, end } = running({ items, perSecond: 1, concurrency: 1, filled });
    await end();
    expect(begun).toHaveLength(10);
    expect(told.at(-1)).toEqual({ filled: 10, failed: 0, skipped: 990 });
  });

  it("leaves an origin alone that cannot answer: twice as long each time, or as long as it says", async () => {
    const answer = (at: number) => {
      const busy = { seconds: at === 2 ? 30 : 0 };
      const outcome: ItemOutcome = at < 3 ? { kind: "failed", message: "answered 503", busy } : { kind: "filled" };
      return { afterMs: 0, outcome };
    };
    const { begun, failures, end } = running({ items: itemsOf(5), perSecond: 1000, concurrency: 1, answer });
    await end();
    const waits = begun.slice(1).map(({ atMs }, at) => Math.round((atMs - (begun[at]?.atMs ?? 0)) / 1000));
    expect(waits).toEqual([1, 2, 30, 0]);
    expect(failures.at(-1)).toBe("answered 503");
  });

  it("gives up after ten failures in a row, and not after as many with an answer in between", async () => {
    const failed: ItemOutcome = { kind: "failed", message: "answered 500", busy: { seconds: 0 } };
    const always = running({
      items: itemsOf(50),
      perSecond: 100,
      concurrency: 1,
      answer: () => ({ afterMs: 0, outcome: failed }),
    });
    expect(await always.end()).toBe("failed");
    expect(always.begun).toHaveLength(10);
    const mostly = running({
      items: itemsOf(50),
      perSecond: 100,
      concurrency: 1,
      answer: (at) => ({ afterMs: 0, outcome: at % 9 === 0 ? { kind: "filled" } : failed }),
    });
    expect(await mostly.end()).toBe("done");
  });

  it("stops within a second of being told, and lets what is under way end", async () => {
    const { begun, told, end } = running({ items: itemsOf(500), perSecond: 10, concurrency: 2, stopAtMs: 2000 });
    expect(await end()).toBe("stopped");
    expect(begun.length).toBeLessThanOrEqual(26);
    expect(told.at(-1)?.filled).toBe(begun.length);
  });

  it("asks for what a sitemap adds while it runs", async () => {
    const items: RefillItem[] = [{ kind: "sitemap", url: "https://a.example/sitemap.xml" as AbsoluteUrl }];
    const answer = (at: number) => {
      if (at === 0) items.push(...itemsOf(5));
      return { afterMs: 100, outcome: { kind: "filled" } as const };
    };
    const { told, end } = running({ items, perSecond: 100, concurrency: 4, answer });
    expect(await end()).toBe("done");
    expect(told.at(-1)?.filled).toBe(6);
  });
});

describe("the pace", () => {
  it("is shared with those who refresh what is stale, in the cache that is refilled alone", () => {
    const pace = new OriginPace();
    pace.hold(["pages"], 2);
    pace.draw("https://a.example/1" as AbsoluteUrl, 0);
    expect(pace.mayRefresh("pages", "https://a.example/2", 100)).toBe(400);
    expect(pace.mayRefresh("images", "https://a.example/2", 100)).toBe(true);
    expect(pace.mayRefresh("pages", "https://a.example/2", 500)).toBe(true);
    expect(pace.waitMs(600)).toBe(400);
    expect(pace.mayRefresh("pages", "https://a.example/3", 600)).toBe(400);
    pace.hold([], 1);
    expect(pace.mayRefresh("pages", "https://a.example/3", 600)).toBe(true);
  });

  it("lets a request of the refill's own through once, which has been counted", () => {
    const pace = new OriginPace();
    pace.hold([undefined], 1);
    pace.draw("https://a.example/?b=1&a=2" as AbsoluteUrl, 0);
    expect(pace.mayRefresh("pages", "https://a.example/?a=2&b=1", 100)).toBe(true);
    expect(pace.mayRefresh("pages", "https://a.example/?a=2&b=1", 200)).toBe(800);
  });
});
