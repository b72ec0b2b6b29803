import type { Counts } from "../schema/counters.ts";
import type { CacheEvent } from "../schema/events.ts";
import type { FeedEvent, Frame, LogEvent } from "../schema/feed.ts";
import type { CacheName } from "../schema/names.ts";
import type { CacheStats } from "../schema/stats.ts";
import type { LogPoint } from "../schema/version.ts";
import { formatVersion } from "../schema/version.ts";
import type { LoggedSince } from "./purge-history.ts";
import type { Subscriber } from "./subscribers.ts";

/** What the feed tells of. */
export interface FeedSources {
  /** Where the log stands. */
  head(): LogPoint;
  /** Counts since ever, by cache; `*` is what is of all caches. */
  caches(): Readonly<Record<string, CacheStats>>;
  /** Purges and what takes them back, after that number, oldest first: as much as goes into one frame. */
  since(seq: number): LoggedSince;
}

/** Trouble with fills, as the feed tells of it. */
export type FillEvent = Extract<FeedEvent, { kind: "fill-failed" | "marker" }>;

/** How a refill gets on. */
export type RefillEvent = Extract<FeedEvent, { kind: "refill" }>;

/** What has happened since the last frame, but for what the log has. */
interface Changes {
  readonly counts: ReadonlyMap<string, Counts>;
  readonly fills: readonly FillEvent[];
  /** The newest of each. */
  readonly refills: ReadonlyMap<string, RefillEvent>;
  /** How many more of these there were, by cache. */
  readonly dropped: ReadonlyMap<CacheName, number>;
}

/** What somebody is told next: nothing, where there is no frame. */
interface Told {
  readonly frame?: Frame;
  /** How much of the log is known to whoever has been told. */
  readonly seq: number;
}

/** The frames of one moment: each is made for all who ask for the same and have been told the same. */
export class Frames {
  readonly #sources: FeedSources;
  readonly #at: Date;
  readonly #changes: Changes;
  readonly #head: LogPoint;
  #caches: readonly (readonly [cache: string, stats: CacheStats])[] | undefined;

  constructor(sources: FeedSources, atMs: number, changes: Changes) {
    this.#sources = sources;
    this.#at = new Date(atMs);
    this.#changes = changes;
    this.#head = sources.head();
  }

  next(subscriber: Subscriber): Told {
    return subscriber.n === 0 ? this.#snapshot(subscriber) : this.#change(subscriber);
  }

  #snapshot(subscriber: Subscriber): Told {
    const { events, isGap, seq } = this.#logged(subscriber);
    const caches = subscriber.kinds.includes("counts") ? this.#allCaches() : [];
    const frame: Frame = {
      type: "snapshot",
      ...this.#told(seq),
      caches: Object.fromEntries(caches.filter(([name]) => isOf(subscriber, name))),
      events,
      ...(subscriber.gap || isGap ? { gap: true } : {}),
    };
    return { frame, seq };
  }

  /** Read once, however many have come since the last frame. */
  #allCaches() {
    this.#caches ??= Object.entries(this.#sources.caches());
    return this.#caches;
  }

  #change(subscriber: Subscriber): Told {
    const { kinds } = subscriber;
    const logged = this.#logged(subscriber);
    const counts = kinds.includes("counts") ? [...this.#changes.counts].filter(([name]) => isOf(subscriber, name)) : [];
    const wantsFills = kinds.includes("fills");
    const fills = wantsFills ? this.#changes.fills.filter(({ cache }) => isOf(subscriber, cache)) : [];
    const left = wantsFills ? [...this.#changes.dropped].filter(([name]) => isOf(subscriber, name)) : [];
    const dropped = left.reduce((sum, [, many]) => sum + many, 0);
    const refills = kinds.includes("refills") ? [...this.#changes.refills.values()] : [];
    const events = [...logged.events, ...fills, ...refills.filter((event) => isAbout(event, subscriber))];
    const { seq } = logged;
    if (counts.length + events.length + dropped === 0) return { seq };
    const frame: Frame = {
      type: "change",
      ...this.#told(seq),
      counts: Object.fromEntries(counts),
      events,
      ...(dropped === 0 ? {} : { dropped }),
    };
    return { frame, seq };
  }

  /** The version is of what has been told, not of what there is: whoever goes on from there misses nothing. */
  #told(seq: number): Pick<Frame, "at" | "version"> {
    return { at: this.#at, version: formatVersion({ epoch: this.#head.epoch, seq }) };
  }

  #logged(subscriber: Subscriber): LoggedSince {
    const { kinds, seq } = subscriber;
    if (!kinds.includes("purges")) return { events: [], isGap: false, seq: this.#head.seq };
    const logged = this.#sources.since(seq);
    return { ...logged, events: logged.events.filter((event) => concerns(event, subscriber)) };
  }
}

function isOf({ cache }: Subscriber, name: string): boolean {
  return cache === undefined || cache === name;
}

function concerns({ caches }: LogEvent, { cache }: Subscriber): boolean {
  return cache === undefined || caches === "all" || caches.includes(cache);
}

function isAbout({ cache: of }: RefillEvent, { cache }: Subscriber): boolean {
  return cache === undefined || of === undefined || of === cache;
}

/** What the feed tells of a refill. */
export function refillEvent(event: CacheEvent, atMs: number): RefillEvent | undefined {
  if (event.type !== "refill") return undefined;
  const { id, cache, state, total, filled, failed, skipped } = event;
  const of = cache === undefined ? {} : { cache };
  return { kind: "refill", at: new Date(atMs), ...of, id, state, total, filled, failed, skipped };
}

/** What of an event the feed tells besides what is counted and logged. */
export function fillEvent(event: CacheEvent, atMs: number): FillEvent | undefined {
  const { cache } = event;
  if (cache === undefined) return undefined;
  const at = new Date(atMs);
  if (event.type === "marker") return { kind: "marker", at, cache, key: event.key, until: new Date(event.untilMs) };
  if (event.type !== "fill-failed") return undefined;
  const { key, failures, retryAtMs } = event;
  return { kind: "fill-failed", at, cache, key, failures, retryAt: new Date(retryAtMs) };
}
