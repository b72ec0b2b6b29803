import type { Place, StoredEntry } from "../../schema/entry.ts";
import { toJudge } from "../../schema/entry.ts";
import { asLarderError } from "../../schema/errors.ts";
import type { Happening, MissReason, Told } from "../../schema/events.ts";
import { isBypass } from "../../schema/events.ts";
import type { Key } from "../../schema/key.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { Demand, Lookup, RefreshTurn, RefreshWish } from "../../schema/rpc.ts";
import type { LogPoint } from "../../schema/version.ts";
import { formatVersion } from "../../schema/version.ts";
import { isDueEarly } from "../http/early-refresh.ts";
import { conditionsFor } from "../http/freshen.ts";
import { isShareable } from "../http/shareable.ts";
import { wholeRequest } from "../http/whole-request.ts";
import type { LogState } from "../log/verdict.ts";
import { logState } from "../log/verdict.ts";
import type { View } from "../log/view.ts";
import type { DataCentreCache, InCache } from "../store/data-centre-cache.ts";
import type { Coalescing } from "./coalescing.ts";
import type { FoundAt } from "./find.ts";
import { findEntry, noteNames } from "./find.ts";
import type { KeyedBy } from "./place.ts";
import { keyedBy, policyFor, reasonToPass, ruleName } from "./policy.ts";
import type { FoundEntry, Present, Seen } from "./seen.ts";
import { fitnessFor, isPresent, reasonFor, seenAs } from "./seen.ts";
import type { How } from "./served.ts";
import { serve } from "./served.ts";
import type { Surroundings } from "./surroundings.ts";
import type { ViewKeeper } from "./view-keeper.ts";

/** Answers a request from the data centre's cache, or says why not: request → key → entry → verdict → answer. */
export class Reader {
  readonly #cache: DataCentreCache;
  readonly #coalescing: Coalescing;
  readonly #surroundings: Surroundings;

  constructor(cache: DataCentreCache, coalescing: Coalescing, surroundings: Surroundings) {
    this.#cache = cache;
    this.#coalescing = coalescing;
    this.#surroundings = surroundings;
  }

  /**
   * @param known what is known of the request. Of a GET whose URL alone is known, undefined says that its header fields
   *   matter, since its responses vary on some
   */
  lookup(
    keeper: ViewKeeper,
    config: CacheConfig,
    request: Request,
    demand: Demand,
    known: "whole" | "url",
  ): Promise<Lookup | undefined>;
  lookup(keeper: ViewKeeper, config: CacheConfig, request: Request, demand: Demand): Promise<Lookup>;
  async lookup(
    keeper: ViewKeeper,
    config: CacheConfig,
    request: Request,
    demand: Demand,
    known: "whole" | "url" = "whole",
  ): Promise<Lookup | undefined> {
    const policy = policyFor(config, request);
    const counting: Counting = { keeper, config, rule: ruleName(config, policy) };
    const miss = (reason: MissReason, asOf: LogPoint | null, key?: Key) => {
      const missed = toMiss(reason, asOf);
      if (demand.standIn === undefined) countMiss(counting, missed, key);
      return missed;
    };
    const past = reasonToPass(policy, request, demand.body);
    if (past !== undefined) return miss(past, null);
    const by = keyedBy(policy, demand);
    const found = await findEntry(this.#cache, config, request, by);
    if (found === undefined) return miss("too-long", null);
    const coding = found.stored?.found.kind === "entry" ? found.stored.found.coding : undefined;
    if ((found.steps === 2 || coding !== undefined) && known === "url") {
      await found.stored?.body?.cancel();
      return undefined;
    }
    const atHand = keeper.current(config, demand) ?? (await keeper.atHand(config, demand));
    if (atHand.kind === "unreachable") {
      await found.stored?.body?.cancel();
      // What was known last is a safe `asOf`: it can only invalidate too much.
      return miss("unreachable", keeper.view?.point ?? null, found.place.key);
    }

    // Not awaited where it is known at once, as at nearly every hit: that would put it off until all else has had its turn.
    const judged = this.#judge(keeper, config, found, atHand.view);
    const seen = judged instanceof Promise ? await judged : judged;
    const fitness = isPresent(seen) ? fitnessFor(config, request, seen, demand) : "unfit";
    if (isPresent(seen) && fitness === "fit") {
      return this.#hit(counting, request, by, seen, howBy(demand, atHand.kind));
    }
    if (isPresent(seen)) await seen.inCache.body?.cancel();
    const missed = toMiss(reasonFor(seen, fitness, found.steps), atHand.view.point);
    const lookup: Miss = isPresent(seen) ? { ...missed, fallback: conditionsOf(seen) } : missed;
    const isAlone = missed.reason === "request" || missed.reason === "hit-for-miss" || isNeverFresh(seen);
    const takesTurn = demand.coalesce === true && !isAlone && isShareable(request, by);
    // Undefined, it is asked for once more, by its header fields, and is counted then.
    const answered = takesTurn ? await this.#coalesced(counting, request, by, found.place, lookup, known) : lookup;
    if (answered?.outcome === "miss" && demand.standIn === undefined) countMiss(counting, answered, found.place.key);
    return answered;
  }

  /**
   * A miss that waits its turn: somebody else's fill answers it, or it leads. Undefined when only its URL is known and
   * the responses turn out to vary.
   */
  async #coalesced(
    counting: Counting,
    request: Request,
    by: KeyedBy,
    place: Place,
    missed: Miss,
    known: "whole" | "url",
  ): Promise<Lookup | undefined> {
    const { keeper, config } = counting;
    const outcome = await this.#coalescing.take<Present | "of-a-variant">(keeper, config, {
      place,
      have: missed.fallback === undefined ? "nothing" : "fallback",
      vary: (...noted) => noteNames(this.#cache, config, request, ...noted),
      look: async () => {
        const { place: now = place, steps, seen } = await this.#lookAgain(keeper, config, request, by);
        if (steps === 2 && known === "url") {
          if (seen !== undefined && isPresent(seen)) await seen.inCache.body?.cancel();
          return { enough: "of-a-variant" };
        }
        if (seen === undefined || !isPresent(seen)) return { place: now };
        if (fitnessFor(config, request, seen, {}) === "fit" || isNeverFresh(seen)) return { enough: seen };
        await seen.inCache.body?.cancel();
        return { place: now };
      },
    });
    switch (outcome.kind) {
      case "lead":
        return { ...missed, asOf: formatVersion(outcome.asOf), lease: outcome.lease };
      case "filled":
        if (outcome.found === "of-a-variant") return undefined;
        if (isNeverFresh(outcome.found)) {
          // Each has to have it confirmed, so nobody waits for anybody.
          await outcome.found.inCache.body?.cancel();
          return { ...missed, fallback: conditionsOf(outcome.found) };
        }
        return this.#hit(counting, request, by, outcome.found, { by: outcome.by, reason: missed.reason });
      case "later": {
        const { steps, seen } = await this.#lookAgain(keeper, config, request, by);
        if (steps === 2 && known === "url") return undefined;
        if (seen === undefined || !isPresent(seen)) return missed;
        if (fitnessFor(config, request, seen, { standIn: "failed" }) === "fit") {
          return this.#hit(counting, request, by, seen, { by: "cache", view: "confirmed" });
        }
        await seen.inCache.body?.cancel();
        return missed;
      }
      case "alone":
        return outcome.why === "pass" ? { ...missed, reason: "hit-for-miss" } : missed;
    }
  }

  /** Takes the turn of refreshing what a look-up has found. */
  async refresh(
    keeper: ViewKeeper,
    config: CacheConfig,
    request: Request,
    { freshSeconds }: RefreshWish,
    by: KeyedBy,
  ): Promise<RefreshTurn> {
    const alone: RefreshTurn = {
      kind: "lead",
      asOf: keeper.view === undefined ? null : formatVersion(keeper.view.point),
    };
    // A second of difference is no refresh: it may be the same entry, rounded.
    const isRefreshed = (seen: Present) => freshSecondsOf(seen) > freshSeconds + 1;
    const { place, seen: first } = await this.#lookAgain(keeper, config, request, by);
    if (first !== undefined && isPresent(first)) {
      await first.inCache.body?.cancel();
      // Another has done it since that look-up.
      if (isRefreshed(first)) return { kind: "done" };
    }
    if (!config.coalesce || place === undefined || !isShareable(request, by)) return alone;
    const outcome = await this.#coalescing.take<"refreshed">(keeper, config, {
      place,
      have: "stale",
      freshSeconds,
      vary: (...noted) => noteNames(this.#cache, config, request, ...noted),
      look: async () => {
        const { place: now = place, seen } = await this.#lookAgain(keeper, config, request, by);
        if (seen === undefined || !isPresent(seen)) return { place: now };
        await seen.inCache.body?.cancel();
        return isRefreshed(seen) ? { enough: "refreshed" } : { place: now };
      },
    });
    switch (outcome.kind) {
      case "lead":
        return { kind: "lead", lease: outcome.lease, asOf: formatVersion(outcome.asOf) };
      case "filled":
        return { kind: "done" };
      case "later":
        return outcome;
      case "alone":
        return outcome.why === "unreachable" || outcome.why === "pass" ? alone : { kind: "later", seconds: 1 };
    }
  }

  /** What lies there now, by what the object has just told of the log. */
  async #lookAgain(
    keeper: ViewKeeper,
    config: CacheConfig,
    request: Request,
    by: KeyedBy,
  ): Promise<Partial<Pick<FoundAt, "place" | "steps">> & { readonly seen?: Seen }> {
    const found = await findEntry(this.#cache, config, request, by);
    if (found === undefined || keeper.view === undefined) return {};
    return { place: found.place, steps: found.steps, seen: await this.#judge(keeper, config, found, keeper.view) };
  }

  /** A promise only where the object has to be asked. */
  #judge(keeper: ViewKeeper, config: CacheConfig, { stored }: FoundAt, view: View): Seen | Promise<Seen> {
    if (stored?.found.kind === "pass") return { state: "hit-for-miss" };
    if (stored?.found.kind !== "entry") return { state: "absent" };
    const { found } = stored;
    const log = logState(found.entry, view);
    if (log.state !== "unknown") return this.#seen(stored, found, log);
    return this.#ask(keeper, config, found.entry).then((asked) => this.#seen(stored, found, asked));
  }

  #seen(inCache: InCache, found: FoundEntry, log: LogState): Seen {
    const seen = seenAs(inCache, found, log, this.#surroundings.nowMs());
    // Nobody waits for this, and a body that cannot be cancelled has ended already.
    if (!isPresent(seen)) inCache.body?.cancel().catch(() => undefined);
    return seen;
  }

  #hit(counting: Counting, request: Request, by: KeyedBy, seen: Present, how: How): Lookup {
    const { keeper, config, rule } = counting;
    const { entry, ageSeconds, inCache, found } = seen;
    const { stored, body } = inCache;
    const state = seen.state === "fresh" ? "fresh" : "stale";
    const refresh =
      this.#isDue(config, seen) && isShareable(wholeRequest(request), by)
        ? { refresh: { key: entry.key, freshSeconds: freshSecondsOf(seen), ...conditionsOf(seen) } }
        : {};
    const response = serve(request, { stored, found, body, ageSeconds, how }, config);
    const told = { key: entry.key, tags: entry.tags, bytes: bytesOf(response, entry) };
    const event = eventOf(how, state, told);
    if (event !== undefined) keeper.count(config, rule, event);
    return { outcome: "hit", state, response, ...refresh };
  }

  #isDue({ earlyRefresh: beta }: CacheConfig, { state, entry, ageSeconds }: Present): boolean {
    if (state !== "fresh" || beta === 0) return state === "stale";
    return isDueEarly({ ...entry, ageSeconds, beta, random: this.#surroundings.random() });
  }

  /** Asks the object about an entry that is older than the view; one in force need not be asked about again. */
  async #ask(keeper: ViewKeeper, config: CacheConfig, entry: StoredEntry): Promise<LogState> {
    const askedAtMs = this.#surroundings.nowMs();
    try {
      const { verdict, log } = await keeper.callInTime((object, context) => object.judge(context, toJudge(entry)));
      // The bound holds for this answer too: one that took longer says too little about now.
      if (this.#surroundings.nowMs() - askedAtMs > config.purgeLagSeconds * 1000) return { state: "unknown" };
      if (verdict !== "in-force") return { state: verdict, by: 0 };
      const asOf = { epoch: log.epoch, seq: log.head };
      this.#surroundings.waitUntil(this.#cache.amend(entry, { asOf }, this.#surroundings.nowMs()));
      return { state: verdict };
    } catch (error) {
      const refusal = asLarderError(error);
      if (refusal !== undefined) throw refusal;
      return { state: "unknown" };
    }
  }
}

type Miss = Extract<Lookup, { outcome: "miss" }>;

/** Where what comes of a look-up is counted. */
interface Counting {
  readonly keeper: ViewKeeper;
  readonly config: CacheConfig;
  readonly rule: string | undefined;
}

function countMiss({ keeper, config, rule }: Counting, { reason }: Miss, key: Key | undefined): void {
  const event: Happening = isBypass(reason)
    ? { type: "bypass", reason }
    : { type: "miss", reason, ...(key === undefined ? {} : { key }) };
  keeper.count(config, rule, event);
}

/** What an answer out of the cache counts as; undefined where the request has been counted before. */
function eventOf(how: How, state: "fresh" | "stale", entry: Told): Happening | undefined {
  switch (how.by) {
    case "cache":
      return { type: "hit", state, entry };
    case "wait":
      return { type: "wait", entry };
    case "shield":
      return { type: "hit", state: "shield", entry };
    case "stand-in":
      return { type: "stand-in" };
    case "confirmation":
      return undefined;
  }
}

/** Bytes of its body that an answer has: none of a 304 or of an answer to HEAD. */
function bytesOf(response: Response, { bytes }: StoredEntry): number {
  if (response.body === null) return 0;
  return response.status === 206 ? Number(response.headers.get("content-length") ?? bytes) : bytes;
}

function toMiss(reason: MissReason, asOf: LogPoint | null): Miss {
  return { outcome: "miss", reason, asOf: asOf === null ? null : formatVersion(asOf) };
}

function howBy({ standIn, originStatus }: Demand, view: "confirmed" | "unconfirmed"): How {
  if (standIn === undefined) return { by: "cache", view };
  if (standIn === "confirmed") return { by: "confirmation" };
  return { by: "stand-in", view, failure: standIn === "failed" ? originStatus : standIn };
}

function freshSecondsOf({ state, entry, ageSeconds }: Present): number {
  const left = entry.ttlSeconds - ageSeconds;
  // A soft purge has made it stale before its time.
  return state === "fresh" ? left : Math.min(left, 0);
}

/** An entry that is stale from the first: it is kept only so that the origin may confirm it. */
function isNeverFresh(seen: Seen): boolean {
  return isPresent(seen) && seen.state === "revalidate" && seen.entry.ttlSeconds === 0;
}

/** The conditions by which to ask the origin whether an entry is valid still, where it has any to ask by. */
function conditionsOf({ inCache }: Present): { conditions?: Headers } {
  const conditions = conditionsFor(inCache.stored.headers);
  return conditions === undefined ? {} : { conditions };
}
