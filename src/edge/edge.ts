import type { ExplainWish, Explanation } from "../../schema/explain.ts";
import type { Lease } from "../../schema/fills.ts";
import type { ViewStanding } from "../../schema/health.ts";
import { normalizeUrl } from "../../schema/key.ts";
import type { Namespace } from "../../schema/names.ts";
import type { CacheConfig, Keying, StoreOptions } from "../../schema/options.ts";
import { CacheOptionsSchema } from "../../schema/options.ts";
import type { DryRunResult, PurgeHistoryPage, PurgeResult, RevokeResult } from "../../schema/purge.ts";
import type { HistoryRequest, InvalidationRequest, PurgeRequest } from "../../schema/purge-request.ts";
import type {
  CacheEngine,
  Demand,
  Lookup,
  NamespaceRpc,
  PutReceipt,
  RefreshTurn,
  RefreshWish,
} from "../../schema/rpc.ts";
import type { CacheStats, StatsRequest, TopReply, TopRequest } from "../../schema/stats.ts";
import { parse } from "../../schema/validate.ts";
import { formatVersion } from "../../schema/version.ts";
import { DataCentreCache } from "../store/data-centre-cache.ts";
import { Coalescing } from "./coalescing.ts";
import { Colo } from "./colo.ts";
import { DataCentre } from "./data-centre.ts";
import { announced, demandBy, LEFT_TO_NEWER_SECONDS } from "./deployments.ts";
import { Explainer } from "./explainer.ts";
import { findEntry } from "./find.ts";
import { keyedBy, policyFor, ruleName } from "./policy.ts";
import { Reader } from "./reader.ts";
import type { Surroundings } from "./surroundings.ts";
import { ViewKeeper } from "./view-keeper.ts";
import { Writer } from "./writer.ts";

/** What an edge stands on. */
export interface EdgeParts extends Surroundings {
  /** The data centre's cache. */
  readonly cache: () => Cache;
  /** The object of a namespace; asked anew for every call. */
  object(namespace: Namespace): NamespaceRpc;
}

/** Who asks, where the coordinator itself does; for a binding it says which, and for an app's isolate it overrules this. */
const GATEWAY = "gateway";

/**
 * The stateless part, one an isolate: all it keeps is its view of each namespace's log and what it has counted.
 */
export class Edge implements CacheEngine {
  readonly #parts: EdgeParts;
  readonly #l1: DataCentreCache;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #explainer: Explainer;
  readonly #colo = new Colo();
  readonly #keepers = new Map<Namespace, ViewKeeper>();

  constructor(parts: EdgeParts) {
    this.#parts = parts;
    this.#l1 = new DataCentreCache(parts.cache);
    const dataCentre = new DataCentre(parts.cache);
    this.#reader = new Reader(this.#l1, new Coalescing(this.#l1, dataCentre, parts), parts);
    this.#writer = new Writer(this.#l1, dataCentre, parts);
    this.#explainer = new Explainer(this.#l1, parts);
  }

  lookup(config: CacheConfig, request: Request, demand: Demand = {}): Promise<Lookup> {
    this.#colo.learnFrom(request);
    const keeper = this.#keeper(config);
    return announced(keeper, config, (standing) =>
      this.#reader.lookup(keeper, config, request, demandBy(standing, demand)),
    );
  }

  /** As `lookup`, for a GET of which only the URL is known; undefined where more of it matters. */
  lookupUrl(config: CacheConfig, url: string, demand: Demand = {}): Promise<Lookup | undefined> {
    const keeper = this.#keeper(config);
    return announced(keeper, config, (standing) =>
      this.#reader.lookup(keeper, config, new Request(url), demandBy(standing, demand), "url"),
    );
  }

  refresh(config: CacheConfig, request: Request, wish: RefreshWish, keying: Keying = {}): Promise<RefreshTurn> {
    const keeper = this.#keeper(config);
    const by = keyedBy(policyFor(config, request), keying);
    return announced(keeper, config, async (standing) =>
      standing === "superseded"
        ? { kind: "later", seconds: LEFT_TO_NEWER_SECONDS }
        : this.#reader.refresh(keeper, config, request, wish, by),
    );
  }

  abandon(config: CacheConfig, lease: Lease): Promise<void> {
    return this.#writer.giveBack(this.#keeper(config), config, lease, "failed");
  }

  store(config: CacheConfig, request: Request, response: Response, options: StoreOptions): Promise<PutReceipt> {
    const keeper = this.#keeper(config);
    return announced(keeper, config, () => this.#writer.store(keeper, config, request, response, options));
  }

  async remove(config: CacheConfig, request: Request, keying: Keying = {}, by = GATEWAY): Promise<boolean> {
    const found = await findEntry(this.#l1, config, request, keyedBy(policyFor(config, request), keying));
    if (found === undefined) return false;
    await found.stored?.body?.cancel();
    const { place } = found;
    const { deleted } = await this.#keeper(config).call((object, context) =>
      object.remove(context, config.name, place.key, by),
    );
    await this.#l1.remove(place.key);
    return deleted;
  }

  async purge(config: CacheConfig, request: PurgeRequest, by = GATEWAY): Promise<PurgeResult | DryRunResult> {
    const reply = await this.#keeper(config).call((object, context) => object.purge(context, request, by));
    const { log: _, erased = [], ...result } = reply;
    await Promise.all(erased.map((key) => this.#l1.remove(key)));
    return result;
  }

  async revoke(config: CacheConfig, seq: number, by = GATEWAY): Promise<RevokeResult> {
    const { log: _, ...result } = await this.#keeper(config).call((object, context) => object.revoke(context, seq, by));
    return result;
  }

  async invalidate(config: CacheConfig, request: Omit<InvalidationRequest, "cache">): Promise<void> {
    const urls = await Promise.all(request.urls.map((url) => this.#urlsKept(config, url)));
    const inCache = { ...request, urls: [...new Set(urls.flat())], cache: config.name };
    await this.#keeper(config).callInTime((object, context) => object.invalidate(context, inCache));
  }

  /** The URLs under which a GET of this one may be kept: it itself, and without what of its query does not matter. */
  async #urlsKept(config: CacheConfig, url: string): Promise<string[]> {
    const request = new Request(url);
    const found = await findEntry(this.#l1, config, request, keyedBy(policyFor(config, request), {}));
    await found?.stored?.body?.cancel();
    return found === undefined ? [url] : [normalizeUrl(url), found.place.url];
  }

  async history(config: CacheConfig, request: HistoryRequest): Promise<PurgeHistoryPage> {
    const { log: _, ...page } = await this.#keeper(config).call((object, context) => object.history(context, request));
    return page;
  }

  async stats(config: CacheConfig, request: Omit<StatsRequest, "cache"> = {}): Promise<CacheStats> {
    const ofCache = { ...request, cache: config.name };
    const { stats } = await this.#keeper(config).call((object, context) => object.stats(context, ofCache));
    return stats;
  }

  async top(config: CacheConfig, request: Omit<TopRequest, "cache">): Promise<TopReply> {
    const ofCache = { ...request, cache: config.name };
    const { top } = await this.#keeper(config).call((object, context) => object.top(context, ofCache));
    return top;
  }

  failed(config: CacheConfig, request: Request, tookMs: number): void {
    const rule = ruleName(config, policyFor(config, request));
    this.#keeper(config).count(config, rule, { type: "origin", outcome: "failed", tookMs });
  }

  explain(config: CacheConfig, request: Request, wish: ExplainWish = {}): Promise<Explanation> {
    return this.#explainer.explain(this.#keeper(config), config, request, wish);
  }

  /** What this isolate would judge a hit in a namespace by, asking where a hit would ask. */
  async standing(namespace: Namespace): Promise<ViewStanding> {
    const bounds = parse(CacheOptionsSchema, { name: "any", namespace });
    const keeper = this.#keeper(bounds);
    const atHand = await keeper.atHand(bounds);
    if (atHand.kind === "unreachable") return { state: "unreachable" };
    return {
      state: atHand.kind,
      version: formatVersion(atHand.view.point),
      confirmedSecondsAgo: keeper.confirmedSecondsAgo,
      boundSeconds: bounds.purgeLagSeconds,
    };
  }

  #keeper({ namespace }: Pick<CacheConfig, "namespace">): ViewKeeper {
    let keeper = this.#keepers.get(namespace);
    if (keeper === undefined) {
      keeper = new ViewKeeper(
        () => this.#parts.object(namespace),
        this.#parts,
        () => this.#colo.name,
      );
      this.#keepers.set(namespace, keeper);
    }
    return keeper;
  }
}
