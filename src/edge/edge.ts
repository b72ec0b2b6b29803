import type { StoredEntry } from "../../schema/entry.ts";
import { lifetimeSeconds } from "../../schema/entry.ts";
import { asLarderError } from "../../schema/errors.ts";
import type { MissReason, RefusalReason } from "../../schema/events.ts";
import { normalizeVary } from "../../schema/key.ts";
import type { Namespace } from "../../schema/names.ts";
import { TagsSchema } from "../../schema/names.ts";
import type { CacheConfig, StoreOptions } from "../../schema/options.ts";
import type { PurgeRequest, PurgeResult } from "../../schema/purge.ts";
import type { CacheEngine, CacheStats, Demand, Lookup, NamespaceRpc, PutReceipt } from "../../schema/rpc.ts";
import { parse } from "../../schema/validate.ts";
import type { LogPoint, Version } from "../../schema/version.ts";
import { formatVersion, parseVersion } from "../../schema/version.ts";
import { addCacheStatus } from "../http/cache-status.ts";
import { storeVerdict } from "../http/storable.ts";
import { verdict } from "../log/verdict.ts";
import type { Unmeasured } from "./l1.ts";
import { L1 } from "./l1.ts";
import { placeOf } from "./place.ts";
import type { Policy } from "./policy.ts";
import { policyFor } from "./policy.ts";
import { respond } from "./respond.ts";
import type { Surroundings } from "./surroundings.ts";
import { ViewKeeper } from "./view-keeper.ts";

/** What an edge stands on. */
export interface EdgeParts extends Surroundings {
  /** The data centre's cache. */
  readonly cache: () => Cache;
  /** The object of a namespace; asked anew for every call. */
  object(namespace: Namespace): NamespaceRpc;
}

/**
 * The stateless part: request → key → data centre's cache → verdict → answer. One an isolate; all it keeps is its view
 * of each namespace's log and what it has counted.
 */
export class Edge implements CacheEngine {
  readonly #parts: EdgeParts;
  readonly #l1: L1;
  readonly #keepers = new Map<Namespace, ViewKeeper>();

  constructor(parts: EdgeParts) {
    this.#parts = parts;
    this.#l1 = new L1(parts.cache);
  }

  async lookup(config: CacheConfig, request: Request, demand: Demand = {}): Promise<Lookup> {
    const keeper = this.#keeper(config);
    const policy = policyFor(config, request);
    const miss = (reason: MissReason, asOf: LogPoint | null, fallback?: Response): Lookup => {
      keeper.count(config, { type: "miss", reason });
      const version = asOf === null ? null : formatVersion(asOf);
      return { outcome: "miss", reason, asOf: version, ...(fallback === undefined ? {} : { fallback }) };
    };
    if (request.method !== "GET" && request.method !== "HEAD") return miss("method", null);
    if (policy.bypass) return miss("bypass", null);
    const vary = demand.vary ?? policy.vary;
    let place = placeOf(config, request, vary);
    if (place === undefined) return miss("too-long", null);
    let stored = await this.#l1.match(place);
    if (stored?.found.kind === "varies") {
      place = placeOf(config, request, normalizeVary([...vary, ...stored.found.names]), place.url);
      if (place === undefined) return miss("too-long", null);
      stored = await this.#l1.match(place);
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
    const judged = verdict(entry, view, this.#parts.nowMs());
    if (judged.state === "fresh" || judged.state === "stale" || judged.state === "error-only") {
      const whole = stored.found.respond(stored.body);
      whole.headers.set("age", String(Math.floor(judged.ageSeconds)));
      addCacheStatus(whole.headers, {
        outcome: "hit",
        ttlSeconds: entry.ttlSeconds - judged.ageSeconds,
        ...(atHand.kind === "confirmed" ? {} : { detail: "unconfirmed" }),
      });
      const response = respond(request, whole, entry.bytes);
      if (judged.state === "error-only") return miss("expired", view.point, response);
      keeper.count(config, { type: "hit", state: judged.state });
      if (judged.state === "fresh") return { outcome: "hit", state: "fresh", response };
      return { outcome: "hit", state: "stale", key: place.key, asOf: formatVersion(view.point), response };
    }
    await stored.body?.cancel();
    return miss(judged.state, view.point);
  }

  async store(config: CacheConfig, request: Request, response: Response, options: StoreOptions): Promise<PutReceipt> {
    const keeper = this.#keeper(config);
    const policy = policyFor(config, request);
    const refuse = async (reason: RefusalReason): Promise<PutReceipt> => {
      keeper.count(config, { type: "put-refused", reason });
      if (response.body !== null && !response.body.locked) await response.body.cancel();
      return { stored: false, reason };
    };
    if (policy.bypass) return refuse("bypass");
    const declaredVary = options.vary ?? policy.vary;
    const nowMs = this.#parts.nowMs();
    const judged = storeVerdict({
      request,
      response,
      declared: declaredLifetime(policy, options),
      declaredVary,
      heuristics: options.heuristics ?? "off",
      nowMs,
    });
    if (!judged.store) return refuse(judged.reason);
    const asOf = await this.#asOf(config, keeper, options);
    if (asOf === undefined) return refuse("unreachable");

    const ownPlace = placeOf(config, request, declaredVary);
    const vary = normalizeVary([...declaredVary, ...judged.varyNames]);
    const place = judged.varyNames.length === 0 ? ownPlace : placeOf(config, request, vary, ownPlace?.url);
    if (ownPlace === undefined || place === undefined) return refuse("too-long");
    const entry: Unmeasured = {
      ...place,
      tags: parse(TagsSchema, [...new Set([...policy.tags, ...options.tags])], "tags"),
      asOf,
      storedAtMs: nowMs,
      initialAgeSeconds: judged.initialAgeSeconds,
      ttlSeconds: judged.ttlSeconds,
      staleWhileRevalidateSeconds: judged.staleWhileRevalidateSeconds,
      staleIfErrorSeconds: judged.staleIfErrorSeconds,
      status: response.status,
    };
    const stored = await this.#l1.put(entry, response, config.maxBodyBytes);
    if (!stored.stored) return refuse(stored.reason);
    const lifetime = lifetimeSeconds(entry);
    if (place !== ownPlace) await this.#l1.putVariesNote(ownPlace.key, judged.varyNames, lifetime);
    const outcome = await this.#complete(keeper, { ...entry, bytes: stored.bytes });
    if (outcome === "purged-during-fill") return refuse("purged-during-fill");
    const expiresAt = new Date(nowMs + (lifetime - entry.initialAgeSeconds) * 1000);
    return { stored: true, key: place.key, expiresAt, version: outcome };
  }

  /** Reports the entry to the index; the version it is valid at, or that a purge overtook it. */
  async #complete(keeper: ViewKeeper, entry: StoredEntry): Promise<Version | "purged-during-fill"> {
    const report = {
      key: entry.key,
      url: entry.url,
      cache: entry.cache,
      tags: [...entry.tags],
      asOf: { ...entry.asOf },
      freshSeconds: Math.max(0, Math.ceil(entry.ttlSeconds - entry.initialAgeSeconds)),
      lifetimeSeconds: Math.max(0, Math.ceil(lifetimeSeconds(entry) - entry.initialAgeSeconds)),
      bytes: entry.bytes,
      status: entry.status,
    };
    try {
      const reply = await keeper.call((object, context) => object.complete(context, report));
      if (reply.outcome !== "stored") return reply.outcome;
      return formatVersion({ epoch: reply.log.epoch, seq: reply.log.head });
    } catch (error) {
      const refusal = asLarderError(error);
      if (refusal !== undefined) throw refusal;
      // The entry stands without a row in the index: it is not counted, but every purge reaches it all the same.
      console.warn("larder: an entry was stored without being counted, as the namespace object did not answer", error);
      return formatVersion(entry.asOf);
    }
  }

  async #asOf(config: CacheConfig, keeper: ViewKeeper, { asOf }: StoreOptions): Promise<LogPoint | undefined> {
    if (asOf === null) return undefined;
    if (asOf !== undefined) return parseVersion(asOf, "asOf");
    if (keeper.view !== undefined) return keeper.view.point;
    const atHand = await keeper.atHand(config);
    return atHand.kind === "unreachable" ? undefined : atHand.view.point;
  }

  async remove(config: CacheConfig, request: Request, vary?: readonly string[]): Promise<boolean> {
    const names = vary ?? policyFor(config, request).vary;
    let place = placeOf(config, request, names);
    const stored = place === undefined ? undefined : await this.#l1.match(place);
    await stored?.body?.cancel();
    if (stored?.found.kind === "varies") {
      place = placeOf(config, request, normalizeVary([...names, ...stored.found.names]), place?.url);
    }
    if (place === undefined) return false;
    const { key } = place;
    const { deleted } = await this.#keeper(config).call((object, context) => object.remove(context, config.name, key));
    await this.#l1.delete(key);
    return deleted;
  }

  async purge(config: CacheConfig, request: PurgeRequest): Promise<PurgeResult> {
    const { purged, version } = await this.#keeper(config).call((object, context) => object.purge(context, request));
    return { purged, version };
  }

  async stats(config: CacheConfig): Promise<CacheStats> {
    const { stats } = await this.#keeper(config).call((object, context) => object.stats(context, config.name));
    return stats;
  }

  #keeper({ namespace }: Pick<CacheConfig, "namespace">): ViewKeeper {
    let keeper = this.#keepers.get(namespace);
    if (keeper === undefined) {
      keeper = new ViewKeeper(() => this.#parts.object(namespace), this.#parts);
      this.#keepers.set(namespace, keeper);
    }
    return keeper;
  }
}

function declaredLifetime(policy: Policy, options: StoreOptions) {
  const ttlSeconds = options.ttlSeconds ?? policy.ttlSeconds;
  const staleWhileRevalidateSeconds = options.staleWhileRevalidateSeconds ?? policy.staleWhileRevalidateSeconds;
  const staleIfErrorSeconds = options.staleIfErrorSeconds ?? policy.staleIfErrorSeconds;
  return {
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    ...(staleWhileRevalidateSeconds === undefined ? {} : { staleWhileRevalidateSeconds }),
    ...(staleIfErrorSeconds === undefined ? {} : { staleIfErrorSeconds }),
  };
}
