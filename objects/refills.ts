import type { CacheName } from "../schema/names.ts";
import type { Selector } from "../schema/purge.ts";
import type { CheckedRefill, CheckedWarmRequest, Refill, RefillMark } from "../schema/refill.ts";
import { log } from "../src/telemetry/log.ts";
import type { Timed } from "./alarm.ts";
import type { Fills } from "./fills.ts";
import type { OriginPace } from "./origin-pace.ts";
import type { PurgeLog } from "./purge-log.ts";
import type { Recorder } from "./recorder.ts";
import type { RefillItem } from "./refill-items.ts";
import { entriesHit, urlOf } from "./refill-items.ts";
import type { Clock, ItemOutcome } from "./refill-run.ts";
import { run } from "./refill-run.ts";
import { RefillStore } from "./refill-store.ts";
import type { TagIndex } from "./tag-index.ts";
import type { Top } from "./top.ts";

/** The alarm looks that often whether what runs has ended with the object's instance. */
const WATCH_MS = 30_000;
/** What was asked for most is looked for in so many seconds. */
const ASKED_SECONDS = 86_400;

/** What has been answered is stored by then, or not at all. */
const STORED_WITHIN_MS = 3_000;
const LOOK_MS = 20;

/** Asks for one thing; `add` takes what it names. Never throws. */
export type AskItem = (
  item: RefillItem,
  mark: RefillMark,
  add: (items: readonly RefillItem[]) => number,
) => Promise<ItemOutcome>;

export interface RefillParts {
  readonly sql: SqlStorage;
  readonly fills: Fills;
  readonly index: TagIndex;
  readonly log: PurgeLog;
  readonly top: Top;
  readonly recorder: Recorder;
  readonly pace: OriginPace;
  readonly ask: AskItem;
  readonly waitUntil: (work: Promise<void>) => void;
}

const clock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/**
 * Fetches what has been purged, or named, at a pace, so that it is cached before it is asked for. One runs at a time, the
 * others wait for it: so the pace is that of the namespace. It runs behind the alarm that has begun it, which comes again
 * while it runs: should the object's instance end in the middle, the next goes on where it had come to.
 */
export class Refills implements Timed {
  readonly slackMs = 0;
  readonly #parts: RefillParts;
  readonly #store: RefillStore;
  readonly #stopped = new Set<string>();
  #watchedAtMs: number | undefined;

  constructor(parts: RefillParts) {
    this.#parts = parts;
    this.#store = new RefillStore(parts.sql, (seq) => parts.log.versionAt(seq));
    // What is stale is not to be refreshed faster because the object's instance has ended.
    this.#hold();
  }

  /** Whether so many wait that there can be no more. */
  get isFull(): boolean {
    return this.#store.isFull;
  }

  /** Of what a purge hits, in its transaction; undefined where that is nothing that can be fetched. */
  afterPurge(
    {
      selectors,
      seq,
      cache,
    }: { readonly selectors: readonly Selector[]; readonly seq: number; readonly cache: string | undefined },
    { top: limit, concurrency, perSecond }: CheckedRefill,
    by: string,
    nowMs: number,
  ): Refill | undefined {
    const asked = this.#asked(cache as CacheName | undefined, nowMs);
    const items = entriesHit(this.#parts.index, selectors, { limit, asked, nowMs });
    if (items.length === 0) return undefined;
    const reason = `after purge ${seq}`;
    return this.#add({ kind: "purge", cache, by, reason, afterSeq: seq, concurrency, perSecond, items }, nowMs);
  }

  /** @throws LarderError `invalid-input` where too many wait already */
  warm({ cache, urls, sitemap, top, concurrency, perSecond, reason }: CheckedWarmRequest, by: string): Refill {
    return this.#parts.recorder.transaction(undefined, (nowMs) => {
      const most = top === undefined ? [] : this.#asked(cache, nowMs).slice(0, top);
      const items: RefillItem[] = [
        ...(urls ?? []).map((url) => ({ kind: "url", url }) as const),
        ...(sitemap === undefined ? [] : [{ kind: "sitemap", url: sitemap } as const]),
        ...most.map((key) => ({ kind: "entry", key }) as RefillItem),
      ];
      return this.#add({ kind: "warm", cache, by, reason, afterSeq: undefined, concurrency, perSecond, items }, nowMs);
    });
  }

  #asked(cache: CacheName | undefined, nowMs: number): string[] {
    const request = {
      cache,
      of: "keys",
      by: "hits",
      windowSeconds: ASKED_SECONDS,
      limit: Number.POSITIVE_INFINITY,
    } as const;
    return this.#parts.top.of(request, nowMs).names.map(({ name }) => name);
  }

  #add(refill: Parameters<RefillStore["add"]>[0], nowMs: number): Refill {
    const added = this.#store.add(refill, nowMs);
    this.#hold();
    this.#record(added);
    return added;
  }

  /** The newest first. */
  list(): Refill[] {
    return this.#store.list();
  }

  /** @throws LarderError `not-found` */
  one(id: string): Refill {
    return this.#store.one(id);
  }

  /** Ends it; what is under way is not called back. One that has ended stays as it is. @throws LarderError `not-found` */
  stop(id: string): Refill {
    return this.#parts.recorder.transaction(undefined, (nowMs) => {
      const { state } = this.#store.one(id);
      if (state !== "waiting" && state !== "running") return this.#store.one(id);
      if (state === "running") this.#stopped.add(id);
      this.#store.ended(id, "stopped", nowMs);
      this.#hold();
      const stopped = this.#store.one(id);
      this.#record(stopped);
      return stopped;
    });
  }

  nextDueMs(): number | undefined {
    const next = this.#store.next();
    if (next === undefined) return undefined;
    return this.#watchedAtMs === undefined ? next.createdAt.getTime() : this.#watchedAtMs + WATCH_MS;
  }

  /** Begins, or sees that what has begun runs still. */
  run(nowMs: number): undefined {
    const isRunning = this.#watchedAtMs !== undefined;
    this.#watchedAtMs = nowMs;
    if (!isRunning) this.#parts.waitUntil(this.#runAll());
  }

  async #runAll(): Promise<void> {
    try {
      for (let next = this.#store.next(); next !== undefined; next = this.#store.next()) await this.#runOne(next);
    } catch (error) {
      log("error", "a refill was interrupted, and goes on with the next alarm", {}, error);
    } finally {
      this.#watchedAtMs = undefined;
    }
  }

  /** From when a purge has made something stale until it has been refilled, nobody refreshes it faster. */
  #hold(): void {
    const { caches, perSecond } = this.#store.pace();
    this.#parts.pace.hold(caches, perSecond);
  }

  async #runOne({
    id,
    cache,
    concurrency,
    perSecond,
    afterSeq,
    ...progress
  }: NonNullable<ReturnType<RefillStore["next"]>>) {
    const { recorder, pace, ask } = this.#parts;
    this.#change(id, (nowMs) => this.#store.started(id, nowMs));
    let chunk: ReturnType<RefillStore["chunk"]>;
    const item = (at: number) => {
      if (chunk === undefined || at < chunk.start || at >= chunk.start + chunk.items.length) {
        chunk = this.#store.chunk(id, at);
      }
      return chunk?.items[at - chunk.start];
    };
    const add = (items: readonly RefillItem[]) => recorder.transaction(undefined, () => this.#store.append(id, items));
    const drawn = {
      waitMs: (nowMs: number) => pace.waitMs(nowMs),
      draw: (drawnFor: RefillItem, nowMs: number) => pace.draw(urlOf(drawnFor), nowMs),
      pauseUntil: (atMs: number) => pace.pauseUntil(atMs),
    };
    const end = await run(
      {
        concurrency,
        progress,
        item,
        isStopped: () => this.#stopped.has(id),
        isFilled: (each) => this.#isFilled(each, afterSeq),
        ask: async (each) => {
          const { view } = this.#parts.log;
          const outcome = await ask(each, { cache, after: this.#parts.log.versionAt(view.head) }, add);
          pace.settled(urlOf(each));
          return this.#checked(each, afterSeq, outcome);
        },
        came: (far, failure) => this.#change(id, (nowMs) => this.#store.came(id, far, failure, nowMs)),
      },
      drawn,
      clock,
    );
    if (end !== "stopped") this.#change(id, (nowMs) => this.#store.ended(id, end, nowMs));
    this.#stopped.delete(id);
  }

  /** An answer may be what was stored before, where the origin has failed, and what it says now may be nothing to keep. */
  async #checked(item: RefillItem, afterSeq: number | undefined, outcome: ItemOutcome): Promise<ItemOutcome> {
    if (outcome.kind !== "filled" || item.kind !== "entry" || afterSeq === undefined) return outcome;
    // It is stored behind the answer.
    const dueMs = clock.nowMs() + STORED_WITHIN_MS;
    while (!this.#isFilled(item, afterSeq) && clock.nowMs() < dueMs) await clock.sleep(LOOK_MS);
    if (this.#isFilled(item, afterSeq)) return outcome;
    const note = this.#parts.fills.note(item.key);
    if (note !== undefined && note.retryAtMs > Date.now()) {
      return { kind: "failed", message: "the origin has failed", busy: { seconds: 0 } };
    }
    return { kind: "failed", message: "was answered, and not stored under the same key" };
  }

  /** Whether somebody has stored it anew since the purge. */
  #isFilled(item: RefillItem, afterSeq: number | undefined): boolean {
    if (item.kind !== "entry" || afterSeq === undefined) return false;
    const row = this.#parts.index.row(item.key);
    return row !== undefined && row.entry.asOfSeq >= afterSeq;
  }

  #change(id: string, work: (nowMs: number) => void): void {
    this.#parts.recorder.transaction(undefined, (nowMs) => {
      work(nowMs);
      this.#record(this.#store.one(id));
    });
    this.#hold();
  }

  #record({ id, state, cache, total, filled, failed, skipped }: Refill): void {
    const of = { cache: cache as CacheName | undefined, rule: undefined };
    this.#parts.recorder.record({ type: "refill", ...of, id, state, total, filled, failed, skipped });
  }
}
