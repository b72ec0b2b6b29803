import { env, WorkerEntrypoint } from "cloudflare:workers";
import config from "../larder.config.ts";
import { LarderError } from "../schema/errors.ts";
import type { ExplainWish, Explanation } from "../schema/explain.ts";
import { ExplainWishSchema } from "../schema/explain.ts";
import { wholeNumber } from "../schema/fields.ts";
import type { Lease } from "../schema/fills.ts";
import { LeaseSchema } from "../schema/fills.ts";
import { type SettingName, settingNames } from "../schema/health.ts";
import { RESERVED_NAMESPACE } from "../schema/limits.ts";
import { NamespaceSchema } from "../schema/names.ts";
import type { CacheConfig, Keying, StoreOptions } from "../schema/options.ts";
import { CacheOptionsSchema, KeyingSchema, StoreOptionsSchema } from "../schema/options.ts";
import type { HistoryRequest, InvalidationRequest, PurgeRequest } from "../schema/purge-request.ts";
import { REFILL_HEADER, readMark } from "../schema/refill.ts";
import type {
  CallContext,
  CoordinatorRpc,
  Demand,
  NamespaceOperations,
  NamespaceRpc,
  RefreshWish,
} from "../schema/rpc.ts";
import { DemandSchema, RefreshWishSchema } from "../schema/rpc.ts";
import type { StatsRequest, TopRequest } from "../schema/stats.ts";
import type { Scope } from "../schema/token.ts";
import { parse } from "../schema/validate.ts";
import { isSecret } from "./api/auth.ts";
import { Binding } from "./api/binding.ts";
import { isReserved, parsePrefix } from "./api/prefix.ts";
import { Revoked } from "./api/revoked.ts";
import { createApi } from "./api/router.ts";
import { Tokens } from "./api/tokens.ts";
import { dashboard } from "./dashboard/index.ts";
import { probeCache } from "./edge/cache-probe.ts";
import { Edge } from "./edge/edge.ts";
import { keyedRequest } from "./edge/keyed-request.ts";
import { checkDeclaration } from "./edge/policy.ts";
import { ReadThrough } from "./edge/read-through.ts";
import { platform } from "./edge/surroundings.ts";
import { plansOf } from "./gateway/config.ts";
import { createGateway } from "./gateway/gateway.ts";
import type { Plans } from "./gateway/plan.ts";
import { pathnameOf } from "./http/pathname.ts";
import { log } from "./telemetry/log.ts";

export { CacheNamespace } from "../objects/cache-namespace.ts";

/** One an isolate: it keeps the isolate's views. */
const edge = new Edge({ ...platform, cache: () => caches.default, object: objectOf });
const readThrough = new ReadThrough(edge, platform);

/** The one mapping from a namespace to its object. */
function objectOf(namespace: string): NamespaceRpc & NamespaceOperations {
  const name = parse(NamespaceSchema, namespace, "namespace");
  return env.NAMESPACES.getByName(name) as unknown as NamespaceRpc & NamespaceOperations;
}

/** The object that keeps what is of all namespaces. */
function directory(): NamespaceOperations {
  return env.NAMESPACES.getByName(RESERVED_NAMESPACE) as unknown as NamespaceOperations;
}

/** One an isolate, too: it keeps what it was told of tokens that are revoked. */
const tokens = new Tokens(env, new Revoked(directory));

/** Milliseconds that an app may say its origin took: a day. */
const MOST_MS = 86_400_000;

/** Declarations of remote caches that have been checked; apps send the same few over and over. */
const declarations = new Map<string, CacheConfig>();
const MOST_DECLARATIONS = 1000;

function declared(options: string): CacheConfig {
  let config = declarations.get(options);
  if (config === undefined) {
    config = checkDeclaration(parse(CacheOptionsSchema, fromJson(options)));
    if (declarations.size >= MOST_DECLARATIONS) declarations.clear();
    declarations.set(options, config);
  }
  return config;
}

function fromJson(options: string): unknown {
  try {
    return JSON.parse(options);
  } catch {
    throw new LarderError("invalid-input", "options: must be a cache's declaration as JSON", { field: "options" });
  }
}

/** What stands in front of the sites. */
interface Gateway {
  readonly plans?: Plans;
  readonly answer?: (request: Request) => Promise<Response>;
}

/** Worked out when it is first asked for; the environment of an isolate does not change. */
let gateway: Gateway | undefined;

function gatewayOf(env: Cloudflare.Env): Gateway {
  gateway ??= configured(env);
  return gateway;
}

function configured(env: Cloudflare.Env): Gateway {
  try {
    const plans = plansOf(config, env);
    if (plans === undefined) return {};
    const isToken = (token: string) => isSecret(token, env.LARDER_TOKEN);
    return {
      plans,
      answer: createGateway({ plans, readThrough, debugging: { isToken, explain }, serverTiming: config.serverTiming }),
    };
  } catch (error) {
    log("error", "the gateway's configuration cannot be followed", {}, error);
    const told = "The gateway is not configured as it should be; its log says why.\n";
    return { answer: async () => new Response(told, { status: 500 }) };
  }
}

/** Whether each is there, never what it is. */
function settingsOf(env: Cloudflare.Env): Record<SettingName, boolean> {
  const isSet = (name: SettingName) => env[name] !== undefined && env[name] !== "";
  return Object.fromEntries(settingNames.map((name) => [name, isSet(name)])) as Record<SettingName, boolean>;
}

/** How the gateway keeps a request; no other cache's declaration is known here. */
function configFor(cache: string, { method, url }: Request): CacheConfig | undefined {
  const planned = gatewayOf(env).plans?.for(method, pathnameOf(url) ?? "/");
  return planned?.plan.config.name === cache ? planned.plan.config : undefined;
}

/** For the REST API, which has the whole request and a declaration that nobody has checked. */
async function explain(config: CacheConfig, request: Request, wish: ExplainWish = {}): Promise<Explanation> {
  const { asked, body } = await keyedRequest(checkDeclaration(config), request);
  return edge.explain(config, asked, body === undefined ? wish : { ...wish, body });
}

/**
 * The coordinator's Worker: the RPC surface for app Workers, the REST API, and the gateway. What is kept is kept by
 * the namespace objects and by the data centre's cache; here are only the isolate's views.
 */
export default class Coordinator extends WorkerEntrypoint<Cloudflare.Env, unknown> implements CoordinatorRpc {
  override async fetch(request: Request): Promise<Response> {
    const prefix = parsePrefix(this.env.LARDER_PREFIX);
    if (isReserved(request.url, prefix)) {
      if (pathnameOf(request.url) === `${prefix}/dashboard`) return dashboard(request);
      return createApi({
        prefix,
        token: this.env.LARDER_TOKEN,
        tokens,
        namespace: objectOf,
        directory,
        explaining: { explain, configFor },
        diagnosing: {
          probe: (origin) => probeCache(caches.default, origin),
          view: (namespace) => edge.standing(namespace),
          settings: settingsOf(this.env),
          deployment: this.env.CF_VERSION_METADATA?.id,
        },
      })(request);
    }
    const { answer } = gatewayOf(this.env);
    const refill = readMark(request.headers);
    if (answer === undefined) {
      const told = "This is Larder. No ORIGIN is configured, so there is no site behind it.\n";
      return new Response(told, {
        status: 404,
        ...(refill === undefined ? {} : { headers: { [REFILL_HEADER]: "no-site" } }),
      });
    }
    const isElsewhere = refill?.cache !== undefined && configFor(refill.cache, request) === undefined;
    return isElsewhere
      ? new Response(null, { status: 404, headers: { [REFILL_HEADER]: "other-cache" } })
      : answer(request);
  }

  async sync(namespace: string, context: CallContext) {
    const { object, own } = this.#filled(namespace, context);
    return object.sync(own);
  }

  async complete(namespace: string, ...[context, entry, completion]: Parameters<NamespaceRpc["complete"]>) {
    const { object, own } = this.#filled(namespace, context, entry, completion?.lease, completion?.varies);
    return object.complete(own, entry, completion);
  }

  async acquire(namespace: string, ...[context, ask]: Parameters<NamespaceRpc["acquire"]>) {
    const { object, own } = this.#filled(namespace, context, ask?.place);
    return object.acquire(own, ask);
  }

  async abandon(namespace: string, ...[context, request]: Parameters<NamespaceRpc["abandon"]>) {
    const { object, own } = this.#filled(namespace, context, request?.lease);
    return object.abandon(own, request);
  }

  async offer(namespace: string, ...[context, offer, response]: Parameters<NamespaceRpc["offer"]>) {
    const { object, own } = this.#filled(namespace, context, offer?.place, offer?.lease);
    return object.offer(own, offer, response);
  }

  async landed(namespace: string, ...[context, landed]: Parameters<NamespaceRpc["landed"]>) {
    const { object, own } = this.#filled(namespace, context, landed);
    return object.landed(own, landed);
  }

  async purge(namespace: string, context: CallContext, request: PurgeRequest) {
    const { object, own } = this.#filled(namespace, context);
    return object.purge(own, this.#binding.mayPurge(namespace, request), this.#binding.by);
  }

  async remove(namespace: string, context: CallContext, cache: string, key: string) {
    const { object, own } = this.#filled(namespace, context, { cache, key });
    this.#binding.mayRemove(namespace, cache);
    return object.remove(own, cache, key, this.#binding.by);
  }

  async revoke(namespace: string, context: CallContext, seq: number) {
    const { object, own } = this.#filled(namespace, context);
    await this.#binding.mayRevoke(namespace, object, seq);
    return object.revoke(own, seq, this.#binding.by);
  }

  async invalidate(namespace: string, ...[context, request]: Parameters<NamespaceRpc["invalidate"]>) {
    const { object, own } = this.#filled(namespace, context, request);
    return object.invalidate(own, request);
  }

  async history(namespace: string, ...[context, request]: Parameters<NamespaceRpc["history"]>) {
    const { object, own } = this.#filled(namespace, context);
    this.#binding.mayRead("entries:read", namespace, { kind: "visible" });
    return this.#binding.visible(await object.history(own, request));
  }

  async judge(namespace: string, ...[context, entry]: Parameters<NamespaceRpc["judge"]>) {
    const { object, own } = this.#filled(namespace, context, entry);
    return object.judge(own, entry);
  }

  async explain(namespace: string, ...[context, place, entry]: Parameters<NamespaceRpc["explain"]>) {
    const { object, own } = this.#filled(namespace, context, place);
    this.#binding.mayRead("entries:read", namespace, { kind: "cache", cache: place?.cache });
    return object.explain(own, place, entry);
  }

  async deployed(namespace: string, ...[context, announcement]: Parameters<NamespaceRpc["deployed"]>) {
    const { object, own } = this.#filled(namespace, context, announcement);
    return object.deployed(own, announcement);
  }

  async stats(namespace: string, ...[context, request]: Parameters<NamespaceRpc["stats"]>) {
    const { object, own } = this.#filled(namespace, context);
    this.#binding.mayRead("stats:read", namespace, { kind: "cache", cache: request?.cache });
    return object.stats(own, request);
  }

  async top(namespace: string, ...[context, request]: Parameters<NamespaceRpc["top"]>) {
    const { object, own } = this.#filled(namespace, context);
    this.#binding.mayRead("stats:read", namespace, { kind: "cache", cache: request?.cache });
    return object.top(own, request);
  }

  async cacheLookup(options: string, request: Request, demand?: Demand) {
    const checked = demand === undefined ? undefined : parse(DemandSchema, demand);
    return edge.lookup(this.#declared(options), request, checked);
  }

  async cacheLookupUrl(options: string, url: string, demand?: Pick<Demand, "coalesce">) {
    const config = this.#declared(options);
    if (config.vary.length > 0 || config.rules.length > 0 || config.key !== undefined) return null;
    // Not parsed: this is the way of every hit over RPC, and there is one thing it can ask.
    const found = await edge.lookupUrl(config, url, demand?.coalesce === true ? { coalesce: true } : {});
    if (found === undefined) return null;
    const isPlain = found.outcome === "hit" && found.state === "fresh" && found.refresh === undefined;
    return isPlain ? found.response : found;
  }

  async cacheStore(options: string, request: Request, response: Response, store: StoreOptions) {
    return edge.store(this.#declared(options), request, response, parse(StoreOptionsSchema, store));
  }

  async cacheRefresh(options: string, request: Request, wish: RefreshWish, keying: Keying = {}) {
    const checked = parse(KeyingSchema, keying);
    return edge.refresh(this.#declared(options), request, parse(RefreshWishSchema, wish, "wish"), checked);
  }

  async cacheAbandon(options: string, lease: Lease) {
    return edge.abandon(this.#declared(options), parse(LeaseSchema, lease, "lease"));
  }

  async cacheRemove(options: string, request: Request, keying: Keying = {}) {
    const config = this.#declared(options);
    this.#binding.mayRemove(config.namespace, config.name);
    return edge.remove(config, request, parse(KeyingSchema, keying), this.#binding.by);
  }

  async cachePurge(options: string, request: PurgeRequest) {
    const config = this.#declared(options);
    return edge.purge(config, this.#binding.mayPurge(config.namespace, request), this.#binding.by);
  }

  async cacheRevoke(options: string, seq: number) {
    const config = this.#declared(options);
    await this.#binding.mayRevoke(config.namespace, objectOf(config.namespace), seq);
    return edge.revoke(config, seq, this.#binding.by);
  }

  async cacheInvalidate(options: string, request: Omit<InvalidationRequest, "cache">) {
    return edge.invalidate(this.#declared(options), request);
  }

  async cacheHistory(options: string, request: HistoryRequest) {
    const config = this.#read("entries:read", options);
    return this.#binding.visible(await edge.history(config, request));
  }

  async cacheStats(options: string, request: Omit<StatsRequest, "cache"> = {}) {
    return edge.stats(this.#read("stats:read", options), request);
  }

  async cacheTop(options: string, request: Omit<TopRequest, "cache">) {
    return edge.top(this.#read("stats:read", options), request);
  }

  async cacheFailed(options: string, request: Request, tookMs: number) {
    edge.failed(this.#declared(options), request, parse(wholeNumber(MOST_MS), tookMs, "tookMs"));
  }

  async cacheExplain(options: string, request: Request, wish: ExplainWish = {}) {
    return edge.explain(this.#read("entries:read", options), request, parse(ExplainWishSchema, wish, "wish"));
  }

  #declared(options: string): CacheConfig {
    const config = declared(options);
    this.#binding.mayUse(config);
    return config;
  }

  #read(scope: Scope, options: string): CacheConfig {
    const config = this.#declared(options);
    this.#binding.mayRead(scope, config.namespace, { kind: "cache", cache: config.name });
    return config;
  }

  /** The object of a namespace, for a call that names that of it; and the call's context, as it may come from here. */
  #filled(namespace: string, context: CallContext, ...named: Parameters<Binding["mayFill"]>[1][]) {
    this.#binding.mayFill(namespace, ...named);
    return { object: objectOf(namespace) as NamespaceRpc, own: this.#binding.counted(context) };
  }

  get #binding(): Binding {
    return Binding.of(this.ctx.props);
  }
}
