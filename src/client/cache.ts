import { env } from "cloudflare:workers";
import { asLarderError, LarderError } from "../../schema/errors.ts";
import type { Explanation } from "../../schema/explain.ts";
import type { Lease } from "../../schema/fills.ts";
import type { Key } from "../../schema/key.ts";
import { limits } from "../../schema/limits.ts";
import type { CacheConfig, CacheOptions, KeyOptions, MatchOptions, PutOptions } from "../../schema/options.ts";
import { CacheOptionsSchema, KeyOptionsSchema, MatchOptionsSchema, PutOptionsSchema } from "../../schema/options.ts";
import type { DryRunResult, PurgeHistoryPage, PurgeResult, RevokeResult } from "../../schema/purge.ts";
import type { HistoryRequest } from "../../schema/purge-request.ts";
import { HistoryRequestSchema, PurgeRequestSchema, SeqSchema } from "../../schema/purge-request.ts";
import { readMark } from "../../schema/refill.ts";
import type { PutReceipt } from "../../schema/rpc.ts";
import type { CacheStats, StatsRequest, TopReply, TopRequest } from "../../schema/stats.ts";
import { StatsRequestSchema, TopRequestSchema } from "../../schema/stats.ts";
import { parse } from "../../schema/validate.ts";
import type { Version } from "../../schema/version.ts";
import { parseVersion } from "../../schema/version.ts";
import { keyedRequest, withoutBody } from "../edge/keyed-request.ts";
import { isKeyedByBody, placeOf } from "../edge/place.ts";
import { checkDeclaration, keyedBy, policyFor } from "../edge/policy.ts";
import { declared } from "./declared.ts";
import { withDeployment } from "./deployment.ts";
import type { Engines } from "./engines.ts";
import { enginesFor } from "./engines.ts";
import type { ExplainOptions } from "./explain-options.ts";
import { toExplainWish } from "./explain-options.ts";
import type { DryRun, PurgeOptions } from "./purge-options.ts";
import { asRequest, toPurgeRequest } from "./purge-options.ts";
import { fromResponse, toResponse, valueRequest } from "./values.ts";

/**
 * Makes the response. When one is stored that has an ETag or a Last-Modified, `conditions` holds the fields to ask the
 * origin by whether it is valid still, and a loader that passes them on may return its 304. The client's own conditions
 * are not to be passed on: they are about what the client has, and a 304 to them is nothing that can be stored.
 */
export type Loader = (conditions?: Headers) => Response | Promise<Response>;

/** What `wrap` does beyond what the cache declares. */
export interface WrapOptions extends Omit<MatchOptions, "vary" | "coalesce">, Omit<PutOptions, "tags" | "asOf"> {
  /**
   * Tags for the response, or a function that reads them off it; its body is not to be read. It is not called for a 304,
   * which leaves what it confirms its tags.
   */
  readonly tags?: readonly string[] | ((response: Response) => readonly string[]);
}

/** As for `wrap`; a value has no request, so nothing to vary on. */
export interface RememberOptions extends Omit<WrapOptions, "vary" | "tags"> {
  readonly tags?: readonly string[];
}

/** Which of a cache's counts to tell, and how. */
export type StatsOptions = Omit<StatsRequest, "cache">;

/** What of a cache's is asked for most. */
export type TopOptions = Omit<TopRequest, "cache">;

/** A named cache, as `cache()` declares it. */
export interface Cache {
  /**
   * The stored response for the request, or undefined. A stale one inside `staleWhileRevalidateSeconds` counts as
   * stored; `wrap` also refreshes it. `Cache-Status` (RFC 9211) on it says how it was found.
   *
   * @throws LarderError `invalid-input`
   */
  match(request: Request | string, options?: MatchOptions): Promise<Response | undefined>;
  /**
   * Stores the response, whose body it reads: give it a clone of one that is also returned. What may not be stored is no
   * error; the receipt says why. Give a `match` that found nothing and the `put` that follows it the same request object,
   * and a purge made between the two wins over what is put.
   *
   * @throws LarderError `invalid-input`; `body-too-large` when the body exceeds `maxBodyBytes`
   */
  put(request: Request | string, response: Response, options?: PutOptions): Promise<PutReceipt>;
  /**
   * The stored response, or the loader's, which is stored behind the answer. Of all who ask for what is not stored, in
   * all data centres, one runs its loader and the others wait for what it stores; when that may not be stored, or fails,
   * they get what their own loaders make. A stale response is answered at once and refreshed by one of them behind the
   * answer; in `staleIfErrorSeconds` it stands in for a loader that fails. What the loader takes from the request beyond
   * its URL, such as a cookie, has to be in `vary`, in the response's `Vary`, or in a rule's `bypass`.
   *
   * @throws what the loader throws, when there is nothing to stand in; LarderError `invalid-input`
   */
  wrap(request: Request | string, loader: Loader, options?: WrapOptions): Promise<Response>;
  /**
   * The stored value, or the loader's, which is stored behind the answer: `wrap` for plain values. Dates, Maps, Sets,
   * BigInts and undefined come back as they were. Purged by its tags. It needs `ttlSeconds`, here or in the cache's
   * declaration: without it nothing is kept.
   *
   * @throws what the loader throws; LarderError `invalid-input`, naming the path to anything that cannot be kept, such
   *   as a function
   */
  remember<Value>(key: string, loader: () => Value | Promise<Value>, options?: RememberOptions): Promise<Value>;
  /** Removes one variant everywhere; true when there was a valid entry. */
  delete(request: Request | string, options?: KeyOptions): Promise<boolean>;
  /** Tells what a purge would hit, and changes nothing. */
  purge(options: PurgeOptions & DryRun): Promise<DryRunResult>;
  /**
   * Invalidates entries everywhere: all variants of one request URL, those with any of the tags, with all of them,
   * those whose URL begins with the prefix, or everything. Named together they mean entries for which all hold; `any`
   * is a list of which one is enough.
   *
   * @throws LarderError `invalid-input`; `too-many-entries` when it would hit more than `maxEntries`
   */
  purge(options: PurgeOptions): Promise<PurgeResult>;
  /**
   * Takes a hard or soft purge back, named by its sequence number or by the version it gave. What is stored still and
   * has not been refilled is in force again.
   *
   * @throws LarderError `not-found`; `not-revocable`
   */
  revoke(purge: number | Version): Promise<RevokeResult>;
  /** The purges of this cache's namespace, newest first: who, why, when, what, and how many entries. */
  history(options?: HistoryRequest): Promise<PurgeHistoryPage>;
  /** The key the request's entry is stored under; see `buildKey` for its form. */
  key(request: Request | string, options?: KeyOptions): Key;
  /**
   * Why the request is, or is not, answered from the cache: what a `match` would come to now, and what of the request,
   * the cache, the entry and the purges makes it so. Nothing is counted, stored, removed or waited for.
   *
   * @throws LarderError `invalid-input`
   */
  explain(request: Request | string, options?: ExplainOptions): Promise<Explanation>;
  /**
   * This cache's counts, of all data centres: since ever, or in the last `windowSeconds`; apart by rule or by data centre;
   * by minute or hour. Other isolates' hits of the last few seconds may be missing still.
   *
   * @throws LarderError `invalid-input`
   */
  stats(options?: StatsOptions): Promise<CacheStats>;
  /**
   * The keys or tags with the most hits, misses or bytes, and how far their counts may be off.
   *
   * @throws LarderError `invalid-input`
   */
  top(options: TopOptions): Promise<TopReply>;
}

/**
 * Declares a cache, at module level. Reads the service binding to the coordinator (`env.LARDER`, or the one `binding`
 * names) when it is first used.
 *
 * @throws LarderError `invalid-input`, naming the option and its limit
 */
export function cache(options: CacheOptions): Cache {
  return new DeclaredCache(checkDeclaration(parse(CacheOptionsSchema, declared(options))));
}

class DeclaredCache implements Cache {
  readonly #declared: CacheConfig;
  #settled: CacheConfig | undefined;
  #found: Engines | undefined;
  /** What `match` learnt when it found nothing for this request: its `put` is to be stored with that. */
  readonly #missed = new WeakMap<
    Request,
    { readonly asOf: Version | null; readonly lease?: Lease; readonly body?: string | null }
  >();

  constructor(config: CacheConfig) {
    this.#declared = config;
  }

  /** With what the environment says of it, which may not be asked at module level. */
  get #config(): CacheConfig {
    if (this.#settled === undefined) {
      const config = withDeployment(this.#declared);
      this.#settled = env.LARDER_CACHING === "off" ? { ...config, caching: "off" } : config;
    }
    return this.#settled;
  }

  async match(request: Request | string, options?: MatchOptions): Promise<Response | undefined> {
    const asked = asRequest(request);
    const demand = options === undefined ? undefined : parse(MatchOptionsSchema, options);
    if (demand?.coalesce === true && asked !== request) {
      throw new LarderError(
        "invalid-input",
        "request: must be a Request object where `coalesce` is asked for; the `put` that ends the others' waiting is told by it",
        { field: "request" },
      );
    }
    const { asked: bare, ...keyed } = await this.#keyed(asked);
    const refill = readMark(asked.headers);
    const own = refill === undefined ? demand : { atLeast: refill.after, ...demand };
    const whole = keyed.body === undefined ? own : { ...own, ...keyed };
    const found = await reviving(this.#engines.engine.lookup(this.#config, bare, whole));
    if (found.outcome === "hit") return found.response;
    const { asOf, lease } = found;
    this.#missed.set(asked, { asOf, ...(lease === undefined ? {} : { lease }), ...keyed });
    return undefined;
  }

  async put(request: Request | string, response: Response, options: PutOptions = {}): Promise<PutReceipt> {
    const asked = asRequest(request);
    const checked = parse(PutOptionsSchema, options);
    const missed = this.#missed.get(asked);
    // A lease is good for one fill.
    this.#missed.delete(asked);
    const { asOf = missed?.asOf, ...rest } = checked;
    const { lease } = missed ?? {};
    const { asked: bare, ...keyed } = await this.#keyed(asked, missed?.body);
    const held = { ...(asOf === undefined ? {} : { asOf }), ...(lease === undefined ? {} : { lease }) };
    const store = { ...rest, ...held, ...keyed };
    const receipt = await reviving(this.#engines.engine.store(this.#config, bare, response, store));
    if (!receipt.stored && receipt.reason === "too-large") {
      const limit = this.#config.maxBodyBytes;
      throw new LarderError(
        "body-too-large",
        `body: is larger than ${limit} bytes, the maxBodyBytes of cache "${this.#config.name}"; raise it, or do not store this response`,
        { field: "body", limit },
      );
    }
    return receipt;
  }

  async wrap(request: Request | string, loader: Loader, options: WrapOptions = {}): Promise<Response> {
    const { tags, consistency, atLeast, ...put } = options;
    const asked = withoutUndefined({ consistency, atLeast, vary: put.vary });
    const demand = Object.keys(asked).length === 0 ? undefined : parse(MatchOptionsSchema, asked);
    const checked = parse(PutOptionsSchema, tags === undefined || typeof tags === "function" ? put : { ...put, tags });
    const source = {
      load: async (conditions?: Headers) => loader(conditions),
      // A 304 need not have the fields that tags are read off, and what it renews has its tags.
      storeOptions: (response: Response) =>
        typeof tags === "function" && response.status !== 304
          ? parse(PutOptionsSchema, { ...put, tags: tags(response) })
          : checked,
    };
    return reviving(this.#engines.readThrough.answer(this.#config, asRequest(request), source, demand));
  }

  async remember<Value>(
    key: string,
    loader: () => Value | Promise<Value>,
    options: RememberOptions = {},
  ): Promise<Value> {
    const request = valueRequest(key);
    return fromResponse(await this.wrap(request, async () => toResponse(await loader()), options));
  }

  async delete(request: Request | string, options: KeyOptions = {}): Promise<boolean> {
    const { asked, ...keyed } = await this.#keyed(asRequest(request));
    const keying = { ...parse(KeyOptionsSchema, options), ...keyed };
    return reviving(this.#engines.engine.remove(this.#config, asked, keying));
  }

  purge(options: PurgeOptions & DryRun): Promise<DryRunResult>;
  purge(options: PurgeOptions): Promise<PurgeResult>;
  async purge(options: PurgeOptions): Promise<PurgeResult | DryRunResult> {
    const request = toPurgeRequest(options, this.#config);
    parse(PurgeRequestSchema, request);
    return reviving(this.#engines.engine.purge(this.#config, request));
  }

  async revoke(purge: number | Version): Promise<RevokeResult> {
    const seq = parse(SeqSchema, typeof purge === "string" ? parseVersion(purge, "purge").seq : purge, "purge");
    return reviving(this.#engines.engine.revoke(this.#config, seq));
  }

  async history(options: HistoryRequest = {}): Promise<PurgeHistoryPage> {
    parse(HistoryRequestSchema, options);
    return reviving(this.#engines.engine.history(this.#config, options));
  }

  key(request: Request | string, options: KeyOptions = {}): Key {
    const asked = asRequest(request);
    if (isKeyedByBody(asked)) {
      throw new LarderError(
        "invalid-input",
        `request: the key of a ${asked.method} cannot be told before its body is read`,
        {
          field: "request",
        },
      );
    }
    const place = placeOf(
      this.#config,
      asked,
      keyedBy(policyFor(this.#config, asked), parse(KeyOptionsSchema, options)),
    );
    if (place !== undefined) return place.key;
    throw new LarderError(
      "invalid-input",
      `request: its URL is longer than ${limits.urlCharacters} characters, or with the values it varies on longer than ${limits.keyCharacters}`,
      { field: "request", limit: limits.urlCharacters },
    );
  }

  async explain(request: Request | string, options: ExplainOptions = {}): Promise<Explanation> {
    const wish = toExplainWish(options);
    const { asked, ...keyed } = await this.#keyed(asRequest(request));
    return reviving(this.#engines.engine.explain(this.#config, asked, { ...wish, ...keyed }));
  }

  async stats(options: StatsOptions = {}): Promise<CacheStats> {
    parse(StatsRequestSchema, options);
    return reviving(this.#engines.engine.stats(this.#config, options));
  }

  async top(options: TopOptions): Promise<TopReply> {
    parse(TopRequestSchema, options);
    return reviving(this.#engines.engine.top(this.#config, options));
  }

  /** The request without its body, and what that comes to where it matters; `known` if it is known from before. */
  async #keyed(request: Request, known?: string | null): Promise<{ asked: Request; body?: string | null }> {
    if (!isKeyedByBody(request)) return { asked: request };
    if (known !== undefined) return { asked: withoutBody(request), body: known };
    const { asked, body } = await keyedRequest(this.#config, request);
    return { asked, ...(body === undefined ? {} : { body }) };
  }

  /** Found when first used: at module level a Worker's bindings may not be asked for. */
  get #engines(): Engines {
    this.#found ??= enginesFor(this.#config);
    return this.#found;
  }
}

/** An error that has crossed RPC has lost its class: it is given back. */
async function reviving<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw asLarderError(error) ?? error;
  }
}

function withoutUndefined<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
