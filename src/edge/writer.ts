import type { StoredEntry } from "../../schema/entry.ts";
import { lifetimeSeconds, toJudge } from "../../schema/entry.ts";
import { asLarderError } from "../../schema/errors.ts";
import type { RefusalReason } from "../../schema/events.ts";
import { normalizeVary } from "../../schema/key.ts";
import { TagsSchema } from "../../schema/names.ts";
import type { CacheConfig, StoreOptions } from "../../schema/options.ts";
import type { PutReceipt } from "../../schema/rpc.ts";
import { parse } from "../../schema/validate.ts";
import type { LogPoint, Version } from "../../schema/version.ts";
import { formatVersion, parseVersion } from "../../schema/version.ts";
import { groupTags } from "../http/cache-groups.ts";
import { storeVerdict } from "../http/storable.ts";
import type { L1 } from "./l1.ts";
import { placeOf } from "./place.ts";
import type { Policy } from "./policy.ts";
import { policyFor } from "./policy.ts";
import type { Surroundings } from "./surroundings.ts";
import type { ViewKeeper } from "./view-keeper.ts";

/** Stores a response in the data centre's cache and reports it to the index, or says why not. */
export class Writer {
  readonly #l1: L1;
  readonly #surroundings: Surroundings;

  constructor(l1: L1, surroundings: Surroundings) {
    this.#l1 = l1;
    this.#surroundings = surroundings;
  }

  async store(
    keeper: ViewKeeper,
    config: CacheConfig,
    request: Request,
    response: Response,
    options: StoreOptions,
  ): Promise<PutReceipt> {
    const refuse = async (reason: RefusalReason): Promise<PutReceipt> => {
      keeper.count(config, { type: "put-refused", reason });
      if (response.body !== null && !response.body.locked) await response.body.cancel();
      return { stored: false, reason };
    };
    const policy = policyFor(config, request);
    if (policy.bypass) return refuse("bypass");
    const declaredVary = options.vary ?? policy.vary;
    const nowMs = this.#surroundings.nowMs();
    const declared = declaredLifetime(policy, options);
    const { heuristics = "off" } = options;
    const judged = storeVerdict({ request, response, declared, declaredVary, heuristics, nowMs });
    if (!judged.store) return refuse(judged.reason);
    const asOf = await asOfFor(keeper, config, options);
    if (asOf === undefined) return refuse("unreachable");
    const own = placeOf(config, request, declaredVary);
    const vary = normalizeVary([...declaredVary, ...judged.varyNames]);
    const place = judged.varyNames.length === 0 ? own : placeOf(config, request, vary, own?.url);
    if (own === undefined || place === undefined) return refuse("too-long");

    const { store: _, varyNames, ...lifetimes } = judged;
    const tags = new Set([...policy.tags, ...options.tags, ...groupTags(place.url, response.headers)]);
    const entry = {
      ...place,
      ...lifetimes,
      tags: parse(TagsSchema, [...tags], "tags"),
      permanent: options.permanent === true,
      asOf,
      storedAtMs: nowMs,
      status: response.status,
    };
    const stored = await this.#l1.put(entry, response, config.maxBodyBytes);
    if (!stored.stored) return refuse(stored.reason);
    const lifetime = lifetimeSeconds(entry);
    if (place !== own) await this.#l1.putVariesNote(own.key, varyNames, lifetime);
    const version = await report(keeper, { ...entry, bytes: stored.bytes });
    if (version === "purged-during-fill") return refuse("purged-during-fill");
    const expiresAt = new Date(nowMs + (lifetime - entry.initialAgeSeconds) * 1000);
    return { stored: true, key: place.key, expiresAt, version };
  }
}

/** The version to store a response as of; undefined where none was or could be learnt. */
async function asOfFor(keeper: ViewKeeper, config: CacheConfig, { asOf }: StoreOptions): Promise<LogPoint | undefined> {
  if (asOf === null) return undefined;
  if (asOf !== undefined) return parseVersion(asOf, "asOf");
  if (keeper.view !== undefined) return keeper.view.point;
  const atHand = await keeper.atHand(config);
  return atHand.kind === "unreachable" ? undefined : atHand.view.point;
}

/** Reports the entry to the index; the version it is valid at, or that a purge overtook it. */
async function report(keeper: ViewKeeper, entry: StoredEntry): Promise<Version | "purged-during-fill"> {
  const { bytes, status, initialAgeSeconds } = entry;
  const left = (seconds: number) => Math.max(0, Math.ceil(seconds - initialAgeSeconds));
  const lifetimes = { freshSeconds: left(entry.ttlSeconds), lifetimeSeconds: left(lifetimeSeconds(entry)) };
  try {
    const { outcome, log } = await keeper.call((object, context) =>
      object.complete(context, { ...toJudge(entry), ...lifetimes, bytes, status }),
    );
    return outcome === "stored" ? formatVersion({ epoch: log.epoch, seq: log.head }) : outcome;
  } catch (error) {
    const refusal = asLarderError(error);
    if (refusal !== undefined) throw refusal;
    // The entry stands without a row in the index: it is not counted, but every purge reaches it all the same.
    console.warn("larder: an entry was stored without being counted, as the namespace object did not answer", error);
    return formatVersion(entry.asOf);
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
