import type { Place, StoredEntry } from "../../schema/entry.ts";
import { lifetimeSeconds, servableSeconds, toJudge } from "../../schema/entry.ts";
import { asLarderError } from "../../schema/errors.ts";
import type { Happening, RefusalReason } from "../../schema/events.ts";
import type { Abandon, Lease } from "../../schema/fills.ts";
import { isSearchRule } from "../../schema/key.ts";
import { limits } from "../../schema/limits.ts";
import { TagsSchema } from "../../schema/names.ts";
import type { CacheConfig, StoreOptions } from "../../schema/options.ts";
import { debounceOf } from "../../schema/refill.ts";
import type { CompleteReply, PutReceipt } from "../../schema/rpc.ts";
import { parse } from "../../schema/validate.ts";
import type { LogPoint, Version } from "../../schema/version.ts";
import { formatVersion, parseVersion } from "../../schema/version.ts";
import { groupTags } from "../http/cache-groups.ts";
import { jittered } from "../http/early-refresh.ts";
import { searchRule } from "../http/no-vary-search.ts";
import type { DataCentreCache } from "../store/data-centre-cache.ts";
import { toTransit } from "../store/stored-form.ts";
import { log } from "../telemetry/log.ts";
import type { DataCentre } from "./data-centre.ts";
import { isSuperseded, isVersioned } from "./deployments.ts";
import { notedNames, noteNames } from "./find.ts";
import { placeOf, variantOf } from "./place.ts";
import type { Policy } from "./policy.ts";
import { keyedBy, policyFor, ruleName } from "./policy.ts";
import { renewed } from "./renewal.ts";
import { storingVerdict } from "./storing.ts";
import type { Surroundings } from "./surroundings.ts";
import type { ViewKeeper } from "./view-keeper.ts";

/** Stores a response in the data centre's cache and reports it to the index, or says why not. */
export class Writer {
  readonly #cache: DataCentreCache;
  readonly #dataCentre: DataCentre;
  readonly #surroundings: Surroundings;
  /** The instance of a namespace's object whose cache was found to be this one. */
  readonly #sharedWith = new WeakMap<ViewKeeper, string>();

  constructor(cache: DataCentreCache, dataCentre: DataCentre, surroundings: Surroundings) {
    this.#cache = cache;
    this.#dataCentre = dataCentre;
    this.#surroundings = surroundings;
  }

  /**
   * Ends the lease that goes with the response, whatever becomes of it; but for a 304 that was to renew what is stored
   * and confirms nothing, after which the origin is to be asked once more.
   */
  async store(
    keeper: ViewKeeper,
    config: CacheConfig,
    request: Request,
    response: Response,
    options: StoreOptions,
  ): Promise<PutReceipt> {
    const { lease, renews, fillSeconds } = options;
    const policy = policyFor(config, request);
    const count = (event: Happening) => keeper.count(config, ruleName(config, policy), event);
    if (fillSeconds !== undefined) {
      const outcome = response.status >= 500 ? "failed" : "answered";
      count({ type: "origin", outcome, tookMs: Math.round(fillSeconds * 1000) });
    }
    let receipt: PutReceipt;
    try {
      receipt = await this.#store(keeper, config, request, policy, response, options);
    } catch (error) {
      if (asLarderError(error) === undefined) count({ type: "error", what: "cache" });
      if (lease !== undefined) await this.giveBack(keeper, config, lease, "failed");
      throw error;
    }
    if (receipt.stored) return receipt;
    const { reason } = receipt;
    count({ type: "put-refused", reason });
    if (response.body !== null && !response.body.locked) await response.body.cancel();
    if (lease !== undefined && !(renews === true && response.status === 304 && reason === "code")) {
      await this.#endRefused(keeper, config, lease, reason, response.status);
    }
    return receipt;
  }

  async #store(
    keeper: ViewKeeper,
    config: CacheConfig,
    request: Request,
    policy: Policy,
    answered: Response,
    options: StoreOptions,
  ): Promise<PutReceipt> {
    const by = keyedBy(policy, options);
    // It ages from when it came (RFC 9111 section 4.2.3), also while the object lets its answer wait.
    const nowMs = this.#surroundings.nowMs();
    // Before what is stored is looked at: what is renewed is then judged by a view that goes as far.
    const asOf = await asOfFor(keeper, config, options);
    if (asOf === "deployment") return refused(asOf);
    const renewal =
      options.renews === true && mayRenew(request, answered)
        ? await renewed(this.#cache, keeper, config, request, by, answered, nowMs)
        : undefined;
    const response = renewal?.response ?? answered;
    const isRenewed = renewal !== undefined;
    const judged = storingVerdict({ config, policy, request, response, options, nowMs, isRenewed });
    if (!judged.store) {
      if (isRenewed) await response.body?.cancel();
      return refused(judged.reason);
    }
    if (asOf === "unreachable") return refused(asOf);
    const { fillSeconds = 0 } = options;
    const own = placeOf(config, request, by);
    if (own === undefined) return refused("too-long");
    const { store: _, varyNames, ...lifetimes } = judged;
    const names = await this.#namesFor(own, varyNames, response.headers);
    const place = names.length === 0 ? own : variantOf(config, request, by, names);
    if (place === undefined) return refused("too-long");

    const groups = groupTags(place.url, response.headers);
    const tags = new Set([...policy.tags, ...options.tags, ...groups, ...(renewal?.tags ?? [])]);
    const entry = {
      ...place,
      ...lifetimes,
      ttlSeconds: this.#jittered(lifetimes, config.ttlJitter),
      tags: parse(TagsSchema, [...tags], "tags"),
      permanent: options.permanent === true || renewal?.permanent === true,
      asOf,
      storedAtMs: nowMs,
      status: response.status,
      fillSeconds,
    };
    const stored = await this.#cache.put(entry, response, config.maxBodyBytes);
    if (!stored.stored) return refused(stored.reason);
    const lifetime = lifetimeSeconds(entry);
    const varies = place === own ? undefined : { key: own.key, names: [...names] };
    if (varies !== undefined) await noteNames(this.#cache, config, request, own, names, lifetime);
    const whole = { ...entry, bytes: stored.bytes };
    const rule = ruleName(config, policy);
    const outcome = await this.#report(keeper, config, whole, { rule, lease: options.lease }, varies);
    if ("overtaken" in outcome) {
      if (outcome.overtaken === "lease-lost") await this.#cache.takeBack(whole);
      return refused(outcome.overtaken);
    }
    const expiresAt = new Date(nowMs + (lifetime - entry.initialAgeSeconds) * 1000);
    return { stored: true, key: place.key, expiresAt, version: outcome.validAt };
  }

  /**
   * What the response is to be told apart by besides what the cache declares. One that lacks a Vary where others of its
   * URL have one goes by theirs: RFC 9111 section 4.1 recommends to go by the newest that says something.
   */
  async #namesFor(own: Place, varyNames: readonly string[], headers: Headers): Promise<readonly string[]> {
    const rule = searchRule(headers);
    const others =
      varyNames.length > 0 ? varyNames : (await notedNames(this.#cache, own)).filter((name) => !isSearchRule(name));
    return rule === undefined ? others : [...others, rule];
  }

  /** Only what is left of the lifetime is shortened: of a response that came with an age all could be gone at once. */
  #jittered({ ttlSeconds, initialAgeSeconds }: Pick<StoredEntry, "ttlSeconds" | "initialAgeSeconds">, jitter: number) {
    const left = ttlSeconds - initialAgeSeconds;
    if (jitter === 0 || left < 1) return ttlSeconds;
    return initialAgeSeconds + jittered(left, jitter, this.#surroundings.random());
  }

  /** Reports the entry to the index; the version it is valid at, or what has overtaken it. */
  async #report(
    keeper: ViewKeeper,
    config: Pick<CacheConfig, "shieldMaxBytes" | "debounceSeconds" | "refill">,
    entry: StoredEntry,
    { rule, lease }: { readonly rule: string | undefined; readonly lease: Lease | undefined },
    varies: { key: Place["key"]; names: string[] } | undefined,
  ): Promise<{ validAt: Version } | { overtaken: Exclude<CompleteReply["outcome"], "stored"> }> {
    const { bytes, status, initialAgeSeconds, storedAtMs } = entry;
    const { shieldMaxBytes } = config;
    const debounce = debounceOf(config);
    const left = (seconds: number) => Math.max(0, Math.ceil(seconds - initialAgeSeconds));
    const lifetimes = {
      freshSeconds: left(entry.ttlSeconds),
      lifetimeSeconds: left(servableSeconds(entry)),
      keptSeconds: left(lifetimeSeconds(entry)),
    };
    const sharedWith = this.#sharedWith.get(keeper);
    const shield = { storedAtMs, ...(sharedWith === undefined ? {} : { sharedWith }) };
    const completion = {
      ...(lease === undefined ? {} : { lease: { ...lease }, dataCentre: await this.#dataCentre.id(entry) }),
      ...(varies === undefined ? {} : { varies }),
      ...(debounce === undefined ? {} : { debounce }),
      counted: { rule: rule?.slice(0, limits.ruleCharacters) ?? "", dataCentre: keeper.dataCentre },
      ...(bytes > shieldMaxBytes || shieldMaxBytes === 0 || lifetimes.lifetimeSeconds === 0 ? {} : { shield }),
    };
    try {
      const reply = await keeper.callInTime((object, context) =>
        object.complete(context, { ...toJudge(entry), ...lifetimes, bytes, status }, completion),
      );
      if (reply.sharedWith !== undefined) this.#sharedWith.set(keeper, reply.sharedWith);
      if (reply.wanted) this.#surroundings.waitUntil(this.#offer(keeper, entry, lease));
      const { outcome, log } = reply;
      if (outcome !== "stored") return { overtaken: outcome };
      return { validAt: formatVersion({ epoch: log.epoch, seq: log.head }) };
    } catch (error) {
      const refusal = asLarderError(error);
      if (refusal !== undefined) throw refusal;
      // The entry stands without a row in the index: it is not counted, but every purge reaches it all the same.
      log(
        "warn",
        "an entry was stored without being counted, as the namespace object did not answer",
        { key: entry.key },
        error,
      );
      return { validAt: formatVersion(entry.asOf) };
    }
  }

  /** Gives the shield the copy it wants. */
  async #offer(keeper: ViewKeeper, { key, url, cache }: Place, lease: Lease | undefined): Promise<void> {
    const place = { key, url, cache };
    try {
      const there = await this.#cache.match(place);
      if (there === undefined || there.found.kind !== "entry") {
        // A fill that came too late has taken its place for a moment: nobody is to wait for a copy of it.
        if (lease !== undefined)
          await this.giveBack(keeper, { hitForMissSeconds: 0 }, { key, id: lease.id }, "not-needed");
        return;
      }
      const copy = toTransit(there.stored, there.found, there.body, this.#surroundings.nowMs());
      const offer = {
        place,
        dataCentre: await this.#dataCentre.id(place),
        ...(lease === undefined ? {} : { lease: { ...lease } }),
      };
      await keeper.call((object, context) => object.offer(context, offer, copy));
    } catch (error) {
      log("warn", "the shield got no copy of an entry, so other data centres fill it themselves", { key }, error);
    }
  }

  async #endRefused(
    keeper: ViewKeeper,
    config: CacheConfig,
    lease: Lease,
    reason: RefusalReason,
    status: number,
  ): Promise<void> {
    // The object has ended it by itself.
    if (reason === "purged-during-fill" || reason === "lease-lost") return;
    if (reason === "deployment") return this.giveBack(keeper, config, lease, "superseded");
    // A 304 that renews nothing answers conditions of the caller's own, and says nothing of what others would get.
    const isOwn = status === 304 && reason === "code";
    const mayBeBetterNextTime = status >= 500 || isOwn || reason === "incomplete" || reason === "unreachable";
    const why = mayBeBetterNextTime ? "failed" : "uncacheable";
    await this.giveBack(keeper, config, lease, why);
    if (why === "failed" || reason === "cache-unavailable") return;
    // Either way a stale copy ends with it: it is not what the origin says now.
    if (config.hitForMissSeconds === 0) await this.#cache.remove(lease.key);
    else await this.#cache.putNote(lease.key, { kind: "pass" }, config.hitForMissSeconds);
  }

  /** Gives a lease back without an entry. If the object does not hear of it, the lease runs out. */
  async giveBack(
    keeper: ViewKeeper,
    { hitForMissSeconds }: Pick<CacheConfig, "hitForMissSeconds">,
    lease: Lease,
    why: Abandon["why"],
  ): Promise<void> {
    try {
      await keeper.callInTime((object, context) =>
        object.abandon(context, { lease: { ...lease }, why, passSeconds: hitForMissSeconds }),
      );
    } catch (error) {
      const refusal = asLarderError(error);
      if (refusal !== undefined) throw refusal;
    }
  }
}

/** Whether an answer may be about what is stored for a GET (RFC 9111 sections 4.3.4 and 4.3.5). */
function mayRenew({ method, headers }: Request, { status }: Response): boolean {
  // What is answered to credentials may be for their owner alone, and then tells nothing of what others get.
  return status === 304 || (method === "HEAD" && status === 200 && !headers.has("authorization"));
}

function refused(reason: RefusalReason): PutReceipt {
  return { stored: false, reason };
}

/** The version to store a response as of, or why it may not be stored: none could be learnt, or a deployment forbids it. */
async function asOfFor(
  keeper: ViewKeeper,
  config: CacheConfig,
  { asOf, renews }: StoreOptions,
): Promise<LogPoint | "deployment" | "unreachable"> {
  if (asOf === null) return "unreachable";
  if (asOf === undefined && keeper.view === undefined) await keeper.atHand(config);
  const point = asOf === undefined ? keeper.view?.point : parseVersion(asOf, "asOf");
  if (point === undefined) return "unreachable";
  if (renews !== true && !isVersioned(config)) return point;
  const judged = await judgedUpTo(keeper, config, point);
  return judged !== "unreachable" && isSuperseded(keeper, config) ? "deployment" : judged;
}

/**
 * The point, or how far the view goes if that is less. What is judged by the view, that it has not been purged or that no
 * newer version runs, is true up to there only; the look-up may have been made by another isolate, whose view went further.
 */
async function judgedUpTo(keeper: ViewKeeper, config: CacheConfig, point: LogPoint): Promise<LogPoint | "unreachable"> {
  if (!keeper.reaches(point)) await keeper.atHand(config, { atLeast: formatVersion(point) });
  const { view } = keeper;
  if (view === undefined || view.epoch !== point.epoch) return "unreachable";
  return { epoch: view.epoch, seq: Math.min(point.seq, view.head) };
}
