import { asLarderError, LarderError } from "../../schema/errors.ts";
import type { Key } from "../../schema/key.ts";
import { limits } from "../../schema/limits.ts";
import type { CacheConfig, CacheOptions, KeyOptions, MatchOptions, PutOptions } from "../../schema/options.ts";
import { CacheOptionsSchema, KeyOptionsSchema, MatchOptionsSchema, PutOptionsSchema } from "../../schema/options.ts";
import type { PurgeRequest, PurgeResult } from "../../schema/purge.ts";
import { PurgeRequestSchema } from "../../schema/purge.ts";
import type { CacheStats, PutReceipt } from "../../schema/rpc.ts";
import { parse } from "../../schema/validate.ts";
import type { Version } from "../../schema/version.ts";
import { placeOf } from "../edge/place.ts";
import { policyFor } from "../edge/policy.ts";
import type { Engines } from "./engines.ts";
import { enginesFor } from "./engines.ts";
import { fromResponse, toResponse, valueRequest } from "./values.ts";

/** What a purge takes; exactly one of these, and `reason` if wished. */
export type PurgeOptions = { readonly reason?: string } & (
  | { readonly request: Request | string }
  | { readonly tags: readonly string[] }
  | { readonly prefix: string }
  | { readonly everything: true }
);

/** What `wrap` does beyond what the cache declares. */
export interface WrapOptions extends Omit<MatchOptions, "vary">, Omit<PutOptions, "tags" | "asOf"> {
  /** Tags for the response, or a function that reads them off it; its body is not to be read. */
  readonly tags?: readonly string[] | ((response: Response) => readonly string[]);
}

/** As for `wrap`; a value has no request, so nothing to vary on. */
export interface RememberOptions extends Omit<WrapOptions, "vary" | "tags"> {
  readonly tags?: readonly string[];
}

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
   * Stores the response. Give a `match` that found nothing and the `put` that follows it the same request object, and
   * a purge made between the two wins over what is put.
   *
   * @throws LarderError `invalid-input`; `body-too-large` when the body exceeds `maxBodyBytes`
   */
  put(request: Request | string, response: Response, options?: PutOptions): Promise<PutReceipt>;
  /**
   * The stored response, or the loader's, which is stored behind the answer. A stale one is answered at once and
   * refreshed behind the answer; in `staleIfErrorSeconds` it stands in for a loader that fails.
   *
   * @throws what the loader throws, when there is nothing to stand in; LarderError `invalid-input`
   */
  wrap(request: Request | string, loader: () => Response | Promise<Response>, options?: WrapOptions): Promise<Response>;
  /**
   * The stored value, or the loader's, which is stored behind the answer: `wrap` for plain values. Dates, Maps, Sets,
   * BigInts and undefined come back as they were. Purged by its tags.
   *
   * @throws what the loader throws; LarderError `invalid-input`, naming the path to anything that cannot be kept, such
   *   as a function
   */
  remember<Value>(key: string, loader: () => Value | Promise<Value>, options?: RememberOptions): Promise<Value>;
  /** Removes one variant everywhere; true when there was a valid entry. */
  delete(request: Request | string, options?: KeyOptions): Promise<boolean>;
  /**
   * Invalidates entries of this cache everywhere: all variants of one request URL, all with any of the tags, all
   * whose URL begins with the prefix, or everything.
   *
   * @throws LarderError `invalid-input`
   */
  purge(options: PurgeOptions): Promise<PurgeResult>;
  /** The key the request's entry is stored under; see `buildKey` for its form. */
  key(request: Request | string, options?: KeyOptions): Key;
  /** This cache's counts, of all data centres. Other isolates' hits of the last few seconds may be missing still. */
  stats(): Promise<CacheStats>;
}

/**
 * Declares a cache, at module level. Reads the service binding to the coordinator (`env.LARDER`, or the one `binding`
 * names) when it is first used.
 *
 * @throws LarderError `invalid-input`, naming the option and its limit
 */
export function cache(options: CacheOptions): Cache {
  return new DeclaredCache(parse(CacheOptionsSchema, options));
}

class DeclaredCache implements Cache {
  readonly #config: CacheConfig;
  #found: Engines | undefined;
  /** The log as it was when `match` found nothing for this request: what its `put` is to be stored with. */
  readonly #missedAsOf = new WeakMap<Request, Version | null>();

  constructor(config: CacheConfig) {
    this.#config = config;
  }

  async match(request: Request | string, options?: MatchOptions): Promise<Response | undefined> {
    const asked = asRequest(request);
    const demand = options === undefined ? undefined : parse(MatchOptionsSchema, options);
    const found = await reviving(this.#engines.engine.lookup(this.#config, asked, demand));
    if (found.outcome === "hit") return found.response;
    await found.fallback?.body?.cancel();
    this.#missedAsOf.set(asked, found.asOf);
    return undefined;
  }

  async put(request: Request | string, response: Response, options: PutOptions = {}): Promise<PutReceipt> {
    const asked = asRequest(request);
    const checked = parse(PutOptionsSchema, options);
    const asOf = checked.asOf ?? this.#missedAsOf.get(asked);
    const { asOf: _, ...rest } = checked;
    const store = { ...rest, ...(asOf === undefined ? {} : { asOf }) };
    const receipt = await reviving(this.#engines.engine.store(this.#config, asked, response, store));
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

  async wrap(
    request: Request | string,
    loader: () => Response | Promise<Response>,
    options: WrapOptions = {},
  ): Promise<Response> {
    const { tags, consistency, atLeast, ...put } = options;
    const demand = parse(MatchOptionsSchema, withoutUndefined({ consistency, atLeast, vary: put.vary }));
    const checked = parse(PutOptionsSchema, tags === undefined || typeof tags === "function" ? put : { ...put, tags });
    const source = {
      load: async () => loader(),
      storeOptions: (response: Response) =>
        typeof tags === "function" ? parse(PutOptionsSchema, { ...put, tags: tags(response) }) : checked,
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
    const { vary } = parse(KeyOptionsSchema, options);
    return reviving(this.#engines.engine.remove(this.#config, asRequest(request), vary));
  }

  async purge(options: PurgeOptions): Promise<PurgeResult> {
    const request = { ...asPurgeRequest(options), cache: this.#config.name };
    parse(PurgeRequestSchema, request);
    return reviving(this.#engines.engine.purge(this.#config, request));
  }

  key(request: Request | string, options: KeyOptions = {}): Key {
    const asked = asRequest(request);
    const { vary } = parse(KeyOptionsSchema, options);
    const place = placeOf(this.#config, asked, vary ?? policyFor(this.#config, asked).vary);
    if (place !== undefined) return place.key;
    throw new LarderError(
      "invalid-input",
      `request: its URL is longer than ${limits.urlCharacters} characters, or with the values it varies on longer than ${limits.keyCharacters}`,
      { field: "request", limit: limits.urlCharacters },
    );
  }

  async stats(): Promise<CacheStats> {
    return reviving(this.#engines.engine.stats(this.#config));
  }

  /** Found when first used: at module level a Worker's bindings may not be asked for. */
  get #engines(): Engines {
    this.#found ??= enginesFor(this.#config);
    return this.#found;
  }
}

function asRequest(request: Request | string): Request {
  if (request instanceof Request) return request;
  if (typeof request === "string" && URL.canParse(request)) return new Request(request);
  throw new LarderError("invalid-input", "request: must be a Request or an absolute URL", { field: "request" });
}

/** `request` becomes `url`; whatever else is there goes on as it is, to be checked with the rest. */
function asPurgeRequest(options: PurgeOptions): PurgeRequest {
  if (typeof options !== "object" || options === null) {
    throw new LarderError("invalid-input", 'purge: must be an object such as { tags: ["product:123"] }', {
      field: "purge",
    });
  }
  if (!("request" in options)) return options as PurgeRequest;
  const { request, ...rest } = options;
  return { ...rest, url: asRequest(request).url };
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
