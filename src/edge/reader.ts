import type { StoredEntry } from "../../schema/entry.ts";
import { toJudge } from "../../schema/entry.ts";
import { asLarderError } from "../../schema/errors.ts";
import type { MissReason } from "../../schema/events.ts";
import { normalizeVary } from "../../schema/key.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { Demand, Lookup } from "../../schema/rpc.ts";
import type { LogPoint } from "../../schema/version.ts";
import { formatVersion } from "../../schema/version.ts";
import { addCacheStatus } from "../http/cache-status.ts";
import type { LogState } from "../log/verdict.ts";
import { byAge, logState } from "../log/verdict.ts";
import type { InL1, L1 } from "./l1.ts";
import type { Place } from "./place.ts";
import { placeOf } from "./place.ts";
import { policyFor } from "./policy.ts";
import { respond } from "./respond.ts";
import { giveOut } from "./stored-form.ts";
import type { Surroundings } from "./surroundings.ts";
import type { ViewAtHand, ViewKeeper } from "./view-keeper.ts";

/** Answers a request from the data centre's cache, or says why not: request → key → entry → verdict → answer. */
export class Reader {
  readonly #l1: L1;
  readonly #surroundings: Surroundings;

  constructor(l1: L1, surroundings: Surroundings) {
    this.#l1 = l1;
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
    const miss = (reason: MissReason, asOf: LogPoint | null, fallback?: Response): Lookup => {
      if (demand.again !== true) keeper.count(config, { type: "miss", reason });
      const version = asOf === null ? null : formatVersion(asOf);
      return { outcome: "miss", reason, asOf: version, ...(fallback === undefined ? {} : { fallback }) };
    };
    if (request.method !== "GET" && request.method !== "HEAD") return miss("method", null);
    const policy = policyFor(config, request);
    if (policy.bypass) return miss("bypass", null);
    const found = await this.#find(config, request, demand.vary ?? policy.vary);
    if (found === undefined) return miss("too-long", null);
    const { stored, steps } = found;
    if (steps === 2 && known === "url") {
      await stored?.body?.cancel();
      return undefined;
    }

    const atHand = keeper.current(config, demand) ?? (await keeper.atHand(config, demand));
    if (atHand.kind === "unreachable") {
      await stored?.body?.cancel();
      // What was known last is a safe `asOf`: it can only invalidate too much.
      return miss("unreachable", keeper.view?.point ?? null);
    }
    const { view } = atHand;
    if (stored?.found.kind !== "entry") return miss("absent", view.point);

    const { entry } = stored.found;
    let log = logState(entry, view);
    if (log.state === "unknown") log = await this.#ask(keeper, config, entry);
    const judged = byAge(entry, log, this.#surroundings.nowMs());
    if (judged.state === "purged" || judged.state === "unknown" || judged.state === "expired") {
      await stored.body?.cancel();
      return miss(judged.state, view.point);
    }
    const whole = giveOut(stored.stored, stored.found, stored.body);
    const response = respond(request, served(whole, entry, judged.ageSeconds, atHand.kind), entry.bytes);
    if (judged.state === "error-only") return miss("expired", view.point, response);
    if (demand.again !== true) keeper.count(config, { type: "hit", state: judged.state });
    if (judged.state === "fresh") return { outcome: "hit", state: "fresh", response };
    return { outcome: "hit", state: "stale", key: entry.key, asOf: formatVersion(view.point), response };
  }

  /**
   * Where the request's entry lies, and what lies there. In two steps where its responses vary on more than the cache
   * declares (RFC 9111 section 4.1). Undefined when no key can hold it.
   */
  async #find(
    config: CacheConfig,
    request: Request,
    vary: readonly string[],
  ): Promise<{ readonly place: Place; readonly stored: InL1 | undefined; readonly steps: 1 | 2 } | undefined> {
    const own = placeOf(config, request, vary);
    if (own === undefined) return undefined;
    const stored = await this.#l1.match(own);
    if (stored?.found.kind !== "varies") return { place: own, stored, steps: 1 };
    const place = placeOf(config, request, normalizeVary([...vary, ...stored.found.names]), own.url);
    return place === undefined ? undefined : { place, stored: await this.#l1.match(place), steps: 2 };
  }

  /** The key under which the request's entry lies. */
  async place(config: CacheConfig, request: Request, vary: readonly string[]): Promise<Place | undefined> {
    const found = await this.#find(config, request, vary);
    await found?.stored?.body?.cancel();
    return found?.place;
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
      this.#surroundings.waitUntil(this.#l1.restamp(entry, asOf, this.#surroundings.nowMs()));
      return { state: verdict };
    } catch (error) {
      const refusal = asLarderError(error);
      if (refusal !== undefined) throw refusal;
      return { state: "unknown" };
    }
  }
}

/** Says on the response how old it is and how it was found. */
function served(
  whole: Response,
  { ttlSeconds }: StoredEntry,
  ageSeconds: number,
  view: Exclude<ViewAtHand["kind"], "unreachable">,
): Response {
  whole.headers.set("age", String(Math.floor(ageSeconds)));
  addCacheStatus(whole.headers, {
    outcome: "hit",
    ttlSeconds: ttlSeconds - ageSeconds,
    ...(view === "confirmed" ? {} : { detail: view }),
  });
  return whole;
}
