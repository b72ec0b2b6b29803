import type { MissReason } from "../../schema/events.ts";
import type { Lease } from "../../schema/fills.ts";
import type { Key } from "../../schema/key.ts";
import type { CacheConfig, Keying, StoreOptions } from "../../schema/options.ts";
import { readMark } from "../../schema/refill.ts";
import type { CacheEngine, Demand, Lookup, PutReceipt, RefreshWish } from "../../schema/rpc.ts";
import { addCacheStatus } from "../http/cache-status.ts";
import { invalidationBy } from "../http/invalidation.ts";
import { isOnlyIfCached } from "../http/request-directives.ts";
import { withholdTargets } from "../http/targeted-control.ts";
import { wholeRequest } from "../http/whole-request.ts";
import { log } from "../telemetry/log.ts";
import { failureBy, failureOf, isFailure } from "./failure.ts";
import { forwardReason } from "./forward-reason.ts";
import { keyedRequest } from "./keyed-request.ts";
import { isKeyedByBody } from "./place.ts";
import { onlyIfCached, respond } from "./respond.ts";
import type { Surroundings } from "./surroundings.ts";
import { inTime } from "./surroundings.ts";
import { twoCopies } from "./two-copies.ts";

/** A refresh that has not ended after this long no longer keeps this isolate from another. */
const REFRESH_DUE_MS = 60_000;
/** After a refresh that failed, this isolate asks no sooner; the object then says how long it is to be left alone. */
const RETRY_MS = 1_000;

/** How a response is got when the cache has none, and how it is then kept. */
export interface Source {
  /**
   * Asks the origin. May throw. With `conditions` it may answer 304, if what they are about is valid still. `content` is
   * the request's body, where that has been read to tell the request from others.
   */
  load(conditions?: Headers, content?: Uint8Array): Promise<Response>;
  /**
   * The same, but for another request than it was made for: that for the whole of which the client has asked for a part,
   * or for the header alone. Without it what is stale is refreshed only by who asks for all of it.
   */
  loadWhole?(whole: Request, conditions?: Headers, content?: Uint8Array): Promise<Response>;
  /** What goes with a response that is kept; asked before its body is read. */
  storeOptions(response: Response): Omit<StoreOptions, "asOf" | "lease" | "fillSeconds">;
  /** That its responses have their bodies as `fetch` gave them, so that a Content-Length is that of the body. */
  readonly isFetched?: true;
  /** The scheme and authority it is asked under, where these are not the client's: URLs that it names may have them. */
  readonly askedUnder?: string;
  /** The declaration by which a GET of the URL is kept, where that is not the one of this request. */
  keptBy?(url: string): CacheConfig | undefined;
  /** Hears of a response of the origin's that answers the client, and of why the cache did not. */
  passedOn?(missed: MissReason, response: Response, options: StoreOptions): void;
  /** What to answer where `load` has thrown and nothing stands in; without it, the error is the caller's. */
  failed?(error: unknown): Response;
}

/** One request on its way through the cache. */
interface Passage {
  readonly config: CacheConfig;
  /** Without its body. */
  readonly request: Request;
  readonly content: Uint8Array | undefined;
  readonly source: Source;
  readonly demand: Demand;
}

/** What the origin answered, and how long it took. */
interface Loaded {
  readonly response: Response;
  readonly fillSeconds: number;
}

/** A question to the origin. */
interface Asking {
  readonly loaded: Promise<Loaded>;
  /** Nothing that it answers is stored. */
  failed(): void;
}

/**
 * Answers requests from a cache, and from their source when it has nothing: the one path that `wrap` and the gateway
 * share. Of all who miss a key one asks its source, and the version known before it asked goes with what it stores, so
 * that a purge made meanwhile wins (the fence).
 */
export class ReadThrough {
  readonly #engine: CacheEngine;
  readonly #surroundings: Surroundings;
  /** Until when this isolate leaves the refreshing of a key alone: times, not promises, which die with their request. */
  readonly #refreshing = new Map<Key, number>();

  constructor(engine: CacheEngine, surroundings: Surroundings) {
    this.#engine = engine;
    this.#surroundings = surroundings;
  }

  async answer(config: CacheConfig, arrived: Request, source: Source, wished: Demand = {}): Promise<Response> {
    const refill = readMark(arrived.headers);
    const asking = refill === undefined ? arrived : withoutDirectives(arrived);
    // What its caller demands goes before what a request says of itself.
    const wanted = refill === undefined ? wished : { atLeast: refill.after, ...wished };
    const {
      asked: request,
      body,
      content,
    } = isKeyedByBody(asking) ? await keyedRequest(config, asking) : { asked: asking };
    const demand = body === undefined ? wanted : { ...wanted, body };
    const passage = { config, request, content, source, demand };
    const isConfined = config.requestDirectives === "honor" && isOnlyIfCached(request);
    const mayWait = config.coalesce && !isConfined;
    const found = await this.#engine.lookup(config, request, mayWait ? { ...demand, coalesce: true } : demand);
    if (found.outcome === "miss" && isConfined) return onlyIfCached();
    if (found.outcome === "hit") {
      const refreshing = found.refresh === undefined ? undefined : refreshingOf(passage);
      if (found.refresh === undefined || refreshing === undefined) return found.response;
      if (refill === undefined) this.#refreshBehind(refreshing, found.refresh);
      else await this.#refresh(refreshing, found.refresh);
      return found.response;
    }
    const filling = this.#fillOrAbandon(passage, found);
    // Others wait for it, so it goes on when its own caller has gone away.
    if (found.lease !== undefined) this.#surroundings.waitUntil(filling.catch(() => undefined));
    return filling;
  }

  async #fillOrAbandon(passage: Passage, miss: Miss): Promise<Response> {
    try {
      return await (miss.fallback === undefined
        ? this.#fill(passage, miss)
        : this.#fillOrStandIn(passage, miss, miss.fallback.conditions));
    } catch (error) {
      this.#abandonBehind(passage.config, miss.lease);
      const answer = passage.source.failed?.(error);
      if (answer !== undefined) return answer;
      throw error;
    }
  }

  async #fill(passage: Passage, miss: Miss): Promise<Response> {
    const { source, content, demand } = passage;
    const loaded = await this.#ask(passage, source.load(undefined, content)).loaded;
    // What is answered from the cache changes nothing.
    if (demand.body === undefined) await this.#invalidate(passage, loaded.response);
    return this.#keep(passage, miss, loaded);
  }

  /** What the origin is asked is counted once: when its answer is stored, or by `failed` when there is nothing to store. */
  #ask({ config, request }: Passage, loading: Promise<Response>): Asking {
    const askedAtMs = this.#surroundings.nowMs();
    const tookMs = () => this.#surroundings.nowMs() - askedAtMs;
    let hasFailed = false;
    const failed = () => {
      if (!hasFailed) this.#engine.failed(config, request, tookMs());
      hasFailed = true;
    };
    const answered = (response: Response) => ({ response, fillSeconds: tookMs() / 1000 });
    const refused = (error: unknown) => {
      failed();
      throw error;
    };
    return { loaded: loading.then(answered, refused), failed };
  }

  /**
   * Waited for, so that whoever made a change never reads what was before it. Should the object not answer, the change
   * has been made all the same, and its answer is not to be lost.
   */
  async #invalidate({ config, request, source }: Passage, response: Response): Promise<void> {
    const invalid = invalidationBy(request, response, source.askedUnder);
    if (invalid === undefined) return;
    const declared = new Map<CacheConfig, string[]>([[config, []]]);
    for (const url of invalid.urls) {
      const keptBy = source.keptBy?.(url) ?? config;
      declared.set(keptBy, [...(declared.get(keptBy) ?? []), url]);
    }
    const tags = [...invalid.tags];
    try {
      for (const [keptBy, urls] of declared) {
        const changed = { urls, tags: keptBy === config ? tags : [] };
        if (urls.length + changed.tags.length > 0) await this.#engine.invalidate(keptBy, changed);
      }
    } catch (error) {
      log("error", "what a request has changed could not be made invalid", {}, error);
    }
  }

  /**
   * RFC 5861 section 4: an error, no answer in time, or a status of 500, 502, 503 or 504, is answered by the stale entry;
   * an origin that cannot be reached also by one that does not say so but allows it (RFC 9111 section 4.2.4). That is looked up anew, for it may have been purged while the origin took its time to fail.
   */
  async #fillOrStandIn(passage: Passage, miss: Miss, conditions: Headers | undefined): Promise<Response> {
    const { config, request, source, content, demand } = passage;
    const asking = this.#ask(passage, source.load(conditions, content));
    const failure = await this.#inTime(config, asking.loaded).then(({ response }) => failureOf(response), failureBy);
    if (failure !== undefined) {
      const found = await this.#engine.lookup(config, request, { ...demand, ...failure });
      if (found.outcome === "hit") {
        asking.failed();
        letGo(asking.loaded);
        this.#abandonBehind(config, miss.lease);
        return found.response;
      }
    }
    // With nothing to stand in there is only the origin, however long it takes.
    const loaded = await asking.loaded;
    const isConfirmation = loaded.response.status === 304 && conditions !== undefined;
    return isConfirmation ? this.#renew(passage, miss, loaded) : this.#keep(passage, miss, loaded);
  }

  #inTime({ fillTimeoutSeconds }: CacheConfig, loading: Promise<Loaded>): Promise<Loaded> {
    return inTime(this.#surroundings, loading, fillTimeoutSeconds * 1000, "the origin");
  }

  /** The origin says that what is stored is valid still: it is stored anew, and answers. */
  async #renew(passage: Passage, miss: Miss, loaded: Loaded): Promise<Response> {
    const { config, request, demand } = passage;
    const receipt = await this.#store(passage, miss, loaded, "by-conditions");
    if (receipt.stored) {
      const found = await this.#engine.lookup(config, request, { ...demand, standIn: "confirmed" });
      if (found.outcome === "hit") return found.response;
    }
    const asOf = await this.#asOfNow(passage, miss);
    return this.#fillOrStandIn(passage, { ...(keepsLease(receipt) ? miss : withoutLease(miss)), asOf }, undefined);
  }

  /** The log as it is known before the origin is asked once more, so that its answer outlives the purges made since. */
  async #asOfNow({ config, request, demand }: Passage, turn: Held): Promise<Held["asOf"]> {
    const found = await this.#engine.lookup(config, request, { ...demand, standIn: "failed" });
    if (found.outcome === "miss") return found.asOf;
    await found.response.body?.cancel();
    return turn.asOf;
  }

  /** Gives the response to its caller and to the cache at once. */
  #keep(passage: Passage, miss: Miss, { response: loaded, fillSeconds }: Loaded): Response {
    // A switch of protocols has no body to keep, and its socket cannot be copied.
    if (loaded.webSocket != null) return loaded;
    const options = this.#storeOptions(passage, miss, loaded, fillSeconds);
    passage.source.passedOn?.(miss.reason, loaded, options);
    const origin = passage.source.isFetched === true || loaded.url !== "" ? "fetched" : "made";
    const { whole, kept, done } = twoCopies(loaded, origin);
    const storing = this.#engine.store(passage.config, passage.request, kept, options);
    this.#surroundings.waitUntil(storing.catch(logged).finally(done));
    withholdTargets(whole.headers, passage.config);
    addCacheStatus(whole.headers, { outcome: "forwarded", reason: forwardReason(miss.reason), status: loaded.status });
    return respond(passage.request, whole);
  }

  #store(passage: Passage, turn: Held, { response, fillSeconds }: Loaded, asked: "by-conditions" | "plainly") {
    const options = this.#storeOptions(passage, turn, response, fillSeconds);
    const renewing = asked === "by-conditions" ? { ...options, renews: true as const } : options;
    return this.#engine.store(passage.config, passage.request, response, renewing);
  }

  #storeOptions(
    { source, request, demand: { body } }: Passage,
    { asOf, lease }: Held,
    response: Response,
    fillSeconds: number,
  ): StoreOptions {
    return {
      ...source.storeOptions(response),
      asOf,
      fillSeconds,
      ...(body === undefined ? {} : { body }),
      ...(lease === undefined ? {} : { lease }),
      // RFC 9111 section 4.3.5: what is said to HEAD is about what is stored for GET.
      ...(request.method === "HEAD" && response.status === 200 ? { renews: true as const } : {}),
    };
  }

  async #abandon(config: CacheConfig, lease: Lease | undefined): Promise<void> {
    if (lease === undefined) return;
    try {
      await this.#engine.abandon(config, lease);
    } catch (error) {
      log("warn", "a lease could not be given back, so others wait until it runs out", { key: lease.key }, error);
    }
  }

  /** As `abandon`, for whoever has an answer: it does not wait for an object that may hang. */
  #abandonBehind(config: CacheConfig, lease: Lease | undefined): void {
    if (lease !== undefined) this.#surroundings.waitUntil(this.#abandon(config, lease));
  }

  #refreshBehind(passage: Passage, wish: RefreshWish): void {
    const nowMs = this.#surroundings.nowMs();
    if (nowMs < (this.#refreshing.get(wish.key) ?? 0)) return;
    if (this.#refreshing.size >= MOST_REFRESHING) this.#refreshing.clear();
    const dueMs = nowMs + REFRESH_DUE_MS;
    this.#refreshing.set(wish.key, dueMs);
    this.#surroundings.waitUntil(
      this.#refresh(passage, wish)
        .catch((error: unknown) => {
          log("warn", "a stale entry could not be refreshed", { key: wish.key }, error);
          return RETRY_MS;
        })
        .then((pauseMs) => {
          if (this.#refreshing.get(wish.key) !== dueMs) return;
          if (pauseMs === 0) this.#refreshing.delete(wish.key);
          else this.#refreshing.set(wish.key, this.#surroundings.nowMs() + pauseMs);
        }),
    );
  }

  /** Refreshes an entry, or lets another do it; gives the milliseconds for which it is to be left alone. */
  async #refresh(passage: Passage, wish: RefreshWish): Promise<number> {
    const { config, request, demand } = passage;
    const turn = await this.#engine.refresh(config, request, wish, keyingOf(demand));
    if (turn.kind === "done") return 0;
    if (turn.kind === "later") return turn.seconds * 1000;
    try {
      return await this.#refreshBy(passage, turn, wish.conditions);
    } catch (error) {
      await this.#abandon(config, turn.lease);
      throw error;
    }
  }

  async #refreshBy(passage: Passage, turn: Held, conditions: Headers | undefined): Promise<number> {
    const { config, source, content } = passage;
    const asking = this.#ask(passage, source.load(conditions, content));
    const loaded = await this.#inTime(config, asking.loaded).catch((error: unknown) => {
      asking.failed();
      letGo(asking.loaded);
      throw error;
    });
    const { response } = loaded;
    if (isFailure(response)) {
      asking.failed();
      await response.body?.cancel();
      await this.#abandon(config, turn.lease);
      return RETRY_MS;
    }
    const receipt = await this.#store(passage, turn, loaded, conditions === undefined ? "plainly" : "by-conditions");
    if (conditions === undefined || response.status !== 304 || !keepsLease(receipt))
      return receipt.stored ? 0 : RETRY_MS;
    // It was about something else, or a purge has hit what it was about: the origin is asked for the whole.
    return this.#refreshBy(passage, { ...turn, asOf: await this.#asOfNow(passage, turn) }, undefined);
  }
}

/**
 * What a refill asks in those that look caches up by themselves. Here it takes its turn with all others who refresh an entry
 * rather than have it confirmed for itself.
 */
function withoutDirectives(request: Request): Request {
  const headers = new Headers(request.headers);
  headers.delete("cache-control");
  return new Request(request, { headers });
}

function keyingOf({ vary, body }: Demand): Keying {
  return { ...(vary === undefined ? {} : { vary }), ...(body === undefined ? {} : { body }) };
}

/** Who refreshes asks for the whole, whatever its client asked for; undefined where its source cannot. */
function refreshingOf(passage: Passage): Passage | undefined {
  const { request, source } = passage;
  const whole = wholeRequest(request);
  if (whole === request) return passage;
  if (source.loadWhole === undefined) return undefined;
  const load = source.loadWhole.bind(source, whole);
  const storeOptions = source.storeOptions.bind(source);
  return { ...passage, request: whole, source: { load, storeOptions } };
}

/** Keys whose refreshing one isolate keeps in mind. */
const MOST_REFRESHING = 10_000;

type Miss = Extract<Lookup, { outcome: "miss" }>;
type Held = Pick<Miss, "asOf" | "lease">;

/** A 304 that was to renew what is stored and confirmed nothing has ended no lease. */
function keepsLease(receipt: PutReceipt): boolean {
  return !receipt.stored && receipt.reason === "code";
}

/** What has come, or comes too late, is not read. */
function letGo(loading: Promise<Loaded>): void {
  loading.then(({ response }) => response.body?.cancel()).catch(() => undefined);
}

function withoutLease({ lease: _, ...miss }: Miss): Miss {
  return miss;
}

function logged(error: unknown): void {
  log("error", "a response was served but could not be stored", {}, error);
}
