import type { EntryToJudge, Place, StoredEntry } from "../schema/entry.ts";
import type { Acquire, Completion } from "../schema/fills.ts";
import type { Key } from "../schema/key.ts";
import { limits } from "../schema/limits.ts";
import { newEpoch } from "../schema/version.ts";
import { ageOf, logState, verdict } from "../src/log/verdict.ts";
import { DataCentreCache } from "../src/store/data-centre-cache.ts";
import type { Found } from "../src/store/stored-form.ts";
import { fromTransit, toTransit } from "../src/store/stored-form.ts";
import type { PurgeLog } from "./purge-log.ts";

/** A data centre that has not said by then what has become of its copy is given another. */
const TRANSFER_DUE_MS = 5_000;
const DROPPED_AT_ONCE = 50;
/** Two lifetimes of one entry, each rounded on its way, differ by less. */
const ROUNDING_SECONDS = 2;

/**
 * L2: the cache of the data centre in which the object lives, out of which the others are filled. It holds the same
 * keys in the same form, and its entries are judged by the same verdict.
 */
export class Shield {
  /** Of this instance, and so of the data centre it runs in. */
  readonly instance = newEpoch();
  readonly #log: PurgeLog;
  readonly #cache = new DataCentreCache(() => caches.default);
  /** Copies on their way to a data centre, and when they count as lost. */
  readonly #transfers = new Map<string, number>();
  #keepsNothing = false;

  constructor(log: PurgeLog) {
    this.#log = log;
  }

  /** What lies there for the place, of which nothing is read. */
  async peek(place: Place): Promise<Found | undefined> {
    const there = await this.#cache.match(place);
    await there?.body?.cancel();
    return there?.found;
  }

  /**
   * What it has for the place, in transit; undefined unless that can be served, and is fresher than `freshSeconds`. Who
   * has something to stand in is not given an error in its place.
   */
  async find({ place, freshSeconds, have }: Acquire): Promise<Response | undefined> {
    const there = await this.#cache.match(place);
    if (there === undefined) return undefined;
    const { stored, found, body } = there;
    const nowMs = Date.now();
    const isWanted = found.kind === "entry" && (have === "nothing" || !isError(found.entry));
    if (isWanted && this.#isWorthIt(found.entry, freshSeconds, nowMs)) {
      return toTransit(stored, found, body, nowMs);
    }
    await body?.cancel();
    return undefined;
  }

  #isWorthIt(entry: Parameters<typeof verdict>[0], freshSeconds: number | undefined, nowMs: number): boolean {
    const { state } = verdict(entry, this.#log.view, nowMs);
    if (freshSeconds === undefined) return state === "fresh" || state === "stale";
    return state === "fresh" && entry.ttlSeconds - ageOf(entry, nowMs) > freshSeconds + ROUNDING_SECONDS;
  }

  /** Whether it lacks an entry that has just been stored in some data centre, and could keep it. */
  async lacks(entry: EntryToJudge & { bytes: number }, shield: NonNullable<Completion["shield"]>): Promise<boolean> {
    if (this.#keepsNothing || shield.sharedWith === this.instance) return false;
    return !(await this.#cache.holds({ ...entry, storedAtMs: shield.storedAtMs }));
  }

  /** Keeps a copy; one that cannot be read as an entry, that is purged, or whose body does not end well, is not kept. */
  async keep(place: Place, response: Response): Promise<void> {
    const arrived = fromTransit(response, place, Date.now());
    if (arrived === undefined) return response.body?.cancel();
    const { entry } = arrived;
    if (this.#isPurged(entry)) return arrived.response.body?.cancel();
    if (isError(entry) && (await this.#mayStandIn(place))) return arrived.response.body?.cancel();
    const stored = await this.#cache.put(entry, arrived.response, limits.shieldBytes);
    if (!stored.stored) {
      if (stored.reason === "cache-unavailable") this.#keepsNothing = true;
      return;
    }
    // An erasing purge that came in between has not found it here.
    if (this.#isPurged(entry)) await this.#cache.takeBack({ ...entry, bytes: stored.bytes });
  }

  #isPurged(entry: EntryToJudge): boolean {
    const { state } = logState(entry, this.#log.view);
    return state === "purged" || state === "unknown";
  }

  /** Whether there is something that an error must not take the place of: this may be another data centre's own cache. */
  async #mayStandIn(place: Place): Promise<boolean> {
    const there = await this.#cache.match(place);
    await there?.body?.cancel();
    if (there?.found.kind !== "entry" || isError(there.found.entry)) return false;
    const { state } = verdict(there.found.entry, this.#log.view, Date.now());
    return state === "fresh" || state === "stale" || state === "error-only";
  }

  /** Removes its copies of these entries, a few at a time. */
  async drop(keys: readonly Key[]): Promise<void> {
    for (let at = 0; at < keys.length; at += DROPPED_AT_ONCE) {
      await Promise.all(keys.slice(at, at + DROPPED_AT_ONCE).map((key) => this.#cache.remove(key)));
    }
  }

  isSending(key: Key, dataCentre: string, nowMs: number): boolean {
    return (this.#transfers.get(`${dataCentre} ${key}`) ?? 0) > nowMs;
  }

  sending(key: Key, dataCentre: string, nowMs: number): void {
    for (const [transfer, dueMs] of this.#transfers) {
      // In the order of their times: the first that is not lost ends it.
      if (dueMs > nowMs) break;
      this.#transfers.delete(transfer);
    }
    this.sent(key, dataCentre);
    this.#transfers.set(`${dataCentre} ${key}`, nowMs + TRANSFER_DUE_MS);
  }

  sent(key: Key, dataCentre: string): void {
    this.#transfers.delete(`${dataCentre} ${key}`);
  }
}

function isError({ status }: Pick<StoredEntry, "status">): boolean {
  return status >= 500;
}
