import type { Place, StoredEntry } from "../../schema/entry.ts";
import { toJudge } from "../../schema/entry.ts";
import { asLarderError } from "../../schema/errors.ts";
import type { MissReason } from "../../schema/events.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { Demand, Lookup, RefreshTurn, RefreshWish } from "../../schema/rpc.ts";
import type { LogPoint } from "../../schema/version.ts";
import { formatVersion } from "../../schema/version.ts";
import { isDueEarly } from "../http/early-refresh.ts";
import { conditionsFor } from "../http/freshen.ts";
import { isShareable } from "../http/shareable.ts";
import type { LogState } from "../log/verdict.ts";
import { byAge, logState } from "../log/verdict.ts";
import type { View } from "../log/view.ts";
import type { DataCentreCache, InCache } from "../store/data-centre-cache.ts";
import { giveOut } from "../store/stored-form.ts";
import type { Coalescing } from "./coalescing.ts";
import type { FoundAt } from "./find.ts";
import { findEntry } from "./find.ts";
import { policyFor } from "./policy.ts";
import { respond } from "./respond.ts";
import type { How } from "./served.ts";
import { markServed } from "./served.ts";
import type { Surroundings } from "./surroundings.ts";
import type { ViewKeeper } from "./view-keeper.ts";

/** What lies under a request's key, judged. */
type Seen =
  | { readonly state: Extract<MissReason, "absent" | "expired" | "purged" | "unknown" | "hit-for-miss"> }
  | {
      readonly state: "fresh" | "stale" | "error-only";
      readonly entry: StoredEntry;
      readonly ageSeconds: number;
      readonly inCache: InCache;
    };

type Present = Extract<Seen, { entry: StoredEntry }>;

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
    const miss = (reason: MissReason, asOf: LogPoint | null): Miss => {
      if (demand.standIn !== true) keeper.count(config, { type: "miss", reason });
      return { outcome: "miss", reason, asOf: asOf === null ? null : formatVersion(asOf) };
    };
    if (request.method !== "GET" && request.method !== "HEAD") return miss("method", null);
    const policy = policyFor(config, request);
    if (policy.bypass) return miss("bypass", null);
    const vary = demand.vary ?? policy.vary;
    const found = await findEntry(this.#cache, config, request, vary);
    if (found === undefined) return miss("too-long", null);
    if (found.steps === 2 && known === "url") {
      await found.stored?.body?.cancel();
      return undefined;
    }
    const atHand = keeper.current(config, demand) ?? (await keeper.atHand(config, demand));
    if (atHand.kind === "unreachable") {
      await found.stored?.body?.cancel();
      // What was known last is a safe `asOf`: it can only invalidate too much.
      return miss("unreachable", keeper.view?.point ?? null);
    }

    const seen = await this.#judge(keeper, config, found, atHand.view);
    if (isPresent(seen) && (seen.state !== "error-only" || demand.standIn === true)) {
      if (demand.standIn !== true)
        keeper.count(config, { type: "hit", state: seen.state === "fresh" ? "fresh" : "stale" });
      return this.#hit(config, request, vary, seen, { by: "cache", view: atHand.kind });
    }
    if (isPresent(seen)) await seen.inCache.body?.cancel();
    const missed = miss(isPresent(seen) ? "expired" : seen.state, atHand.view.point);
    const lookup = isPresent(seen) ? { ...missed, fallback: conditionsOf(seen) } : missed;
    if (demand.coalesce !== true || seen.state === "hit-for-miss" || !isShareable(request, vary)) return lookup;
    return this.#coalesced(keeper, config, request, vary, found.place, lookup);
  }

  /** A miss that waits its turn: somebody else's fill answers it, or it leads. */
  async #coalesced(
    keeper: ViewKeeper,
    config: CacheConfig,
    request: Request,
    vary: readonly string[],
    place: Place,
    missed: Miss,
  ): Promise<Lookup> {
    const outcome = await this.#coalescing.take<Present>(keeper, config, {
      place,
      have: missed.fallback === undefined ? "nothing" : "fallback",
      look: async () => {
        const { place: now = place, seen } = await this.#lookAgain(keeper, config, request, vary);
        if (seen === undefined || !isPresent(seen)) return { place: now };
        if (seen.state !== "error-only") return { enough: seen };
        await seen.inCache.body?.cancel();
        return { place: now };
      },
    });
    switch (outcome.kind) {
      case "lead":
        return { ...missed, asOf: formatVersion(outcome.asOf), lease: outcome.lease };
      case "filled":
        return this.#hit(config, request, vary, outcome.found, { by: outcome.by, reason: missed.reason });
      case "later": {
        const { seen } = await this.#lookAgain(keeper, config, request, vary);
        return seen !== undefined && isPresent(seen)
          ? this.#hit(config, request, vary, seen, { by: "cache", view: "confirmed" })
          : missed;
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
    vary: readonly string[],
  ): Promise<RefreshTurn> {
    const alone: RefreshTurn = {
      kind: "lead",
      asOf: keeper.view === undefined ? null : formatVersion(keeper.view.point),
    };
    // A second of difference is no refresh: it may be the same entry, rounded.
    const isRefreshed = (seen: Present) => freshSecondsOf(seen) > freshSeconds + 1;
    const { place, seen: first } = await this.#lookAgain(keeper, config, request, vary);
    if (first !== undefined && isPresent(first)) {
      await first.inCache.body?.cancel();
      // Another has done it since that look-up.
      if (isRefreshed(first)) return { kind: "done" };
    }
    if (!config.coalesce || place === undefined || !isShareable(request, vary)) return alone;
    const outcome = await this.#coalescing.take<"refreshed">(keeper, config, {
      place,
      have: "stale",
      freshSeconds,
      look: async () => {
        const { place: now = place, seen } = await this.#lookAgain(keeper, config, request, vary);
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
    vary: readonly string[],
  ): Promise<{ readonly place?: Place; readonly seen?: Seen }> {
    const found = await findEntry(this.#cache, config, request, vary);
    if (found === undefined || keeper.view === undefined) return {};
    return { place: found.place, seen: await this.#judge(keeper, config, found, keeper.view) };
  }

  async #judge(keeper: ViewKeeper, config: CacheConfig, { stored }: FoundAt, view: View): Promise<Seen> {
    if (stored?.found.kind === "pass") return { state: "hit-for-miss" };
    if (stored?.found.kind !== "entry") return { state: "absent" };
    const { entry } = stored.found;
    let log = logState(entry, view);
    if (log.state === "unknown") log = await this.#ask(keeper, config, entry);
    const judged = byAge(entry, log, this.#surroundings.nowMs());
    if (judged.state === "purged" || judged.state === "unknown" || judged.state === "expired") {
      await stored.body?.cancel();
      return { state: judged.state };
    }
    return { state: judged.state, ageSeconds: judged.ageSeconds, entry, inCache: stored };
  }

  #hit(config: CacheConfig, request: Request, vary: readonly string[], seen: Present, how: How): Lookup {
    const { entry, ageSeconds, inCache } = seen;
    const whole = giveOut(inCache.stored, inCache.found as Extract<InCache["found"], { kind: "entry" }>, inCache.body);
    const state = seen.state === "fresh" ? "fresh" : "stale";
    const refresh =
      this.#isDue(config, seen) && isShareable(request, vary)
        ? { refresh: { key: entry.key, freshSeconds: freshSecondsOf(seen), ...conditionsOf(seen) } }
        : {};
    markServed(whole.headers, entry, ageSeconds, how);
    return { outcome: "hit", state, response: respond(request, whole, entry.bytes), ...refresh };
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
      this.#surroundings.waitUntil(this.#cache.restamp(entry, asOf, this.#surroundings.nowMs()));
      return { state: verdict };
    } catch (error) {
      const refusal = asLarderError(error);
      if (refusal !== undefined) throw refusal;
      return { state: "unknown" };
    }
  }
}

type Miss = Extract<Lookup, { outcome: "miss" }>;

function isPresent(seen: Seen): seen is Present {
  return "entry" in seen;
}

function freshSecondsOf({ state, entry, ageSeconds }: Present): number {
  const left = entry.ttlSeconds - ageSeconds;
  // A soft purge has made it stale before its time.
  return state === "fresh" ? left : Math.min(left, 0);
}

/** The conditions by which to ask the origin whether an entry is valid still, where it has any to ask by. */
function conditionsOf({ inCache }: Present): { conditions?: Headers } {
  const conditions = conditionsFor(inCache.stored.headers);
  return conditions === undefined ? {} : { conditions };
}
