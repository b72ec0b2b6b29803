import CachePolicy from "http-cache-semantics";
import type { Place, StoredEntry } from "../../../schema/entry.ts";
import type { CacheName, Namespace, Tag } from "../../../schema/names.ts";
import { placeOf } from "../../../src/edge/place.ts";
import { respondInFull } from "../../../src/edge/respond.ts";
import { markServed, notModifiedBy, serve } from "../../../src/edge/served.ts";
import { byAge, logState } from "../../../src/log/verdict.ts";
import type { View } from "../../../src/log/view.ts";
import type { Found } from "../../../src/store/stored-form.ts";
import { fromStored, giveOut, toStored } from "../../../src/store/stored-form.ts";

/** One of those that the purges of the view are about. */
const CACHE = { namespace: "bench" as Namespace, name: "products" as CacheName, queryOrder: "kept" } as const;
const TELLING = { targetedControl: ["cdn-cache-control"], targetedControlToClient: "forward" as const };
const BY = { vary: ["accept-encoding", "accept-language"] };
const TAG = '"9f86d081884c7d65"';
export const TTL_SECONDS = 3600;
export const AGE_SECONDS = 600;
const HOW = { by: "cache", view: "confirmed" } as const;

type FoundEntry = Extract<Found, { kind: "entry" }>;

/** The stored response under a request's key, and the response that is made of it. */
export interface Hit {
  readonly request: Request;
  readonly stored: Response;
  readonly whole: Response;
}

export interface HitOptions {
  /** Part of the URL: a hit of another page is one whose header has not been read before. */
  readonly page: number;
  readonly language?: string;
  readonly ifNoneMatch?: string;
  /** The last of the entry's eight tags. */
  readonly tag?: string;
}

/** A request as a browser sends it, for a page of which it has a copy. */
export function requestOf({ page, language = "en", ifNoneMatch = TAG }: HitOptions): Request {
  const headers = new Headers({
    accept: "text/html,*/*;q=0.8",
    "accept-encoding": "gzip, deflate, br",
    "accept-language": language,
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64)",
  });
  if (ifNoneMatch !== "") headers.set("if-none-match", ifNoneMatch);
  return new Request(`https://shop.example/products/${page}?size=l`, { headers });
}

/** What the origin said of the page some minutes ago. */
function originHeaders(nowMs: number): Headers {
  return new Headers({
    "cache-control": `public, max-age=${TTL_SECONDS}`,
    "content-type": "text/html; charset=utf-8",
    date: new Date(nowMs - AGE_SECONDS * 1000).toUTCString(),
    etag: TAG,
    "last-modified": "Wed, 21 Oct 2026 07:28:00 GMT",
    vary: "Accept-Encoding, Accept-Language",
  });
}

/** Larder's part in a hit. */
export class LarderPolicy {
  readonly #view: View;
  readonly #nowMs: number;

  constructor(view: View, nowMs: number) {
    this.#view = view;
    this.#nowMs = nowMs;
  }

  hitOf(options: HitOptions): Hit {
    const request = requestOf(options);
    const stored = toStored(this.#entryOf(request, options.tag), originHeaders(this.#nowMs), null, this.#nowMs);
    // The place is another's, or the header would be known by the time it is read.
    const whole = giveOut(stored, this.parse(stored, ELSEWHERE), null);
    return { request, stored, whole };
  }

  #entryOf(request: Request, last = "kept:7:0"): StoredEntry {
    return {
      ...this.variant(request),
      tags: [...Array.from({ length: 7 }, (_, nth) => `kept:${nth}:0`), last] as Tag[],
      permanent: false,
      asOf: { epoch: this.#view.epoch, seq: 0 },
      storedAtMs: this.#nowMs - AGE_SECONDS * 1000,
      initialAgeSeconds: 0,
      ttlSeconds: TTL_SECONDS,
      staleWhileRevalidateSeconds: 60,
      staleIfErrorSeconds: 0,
      keepSeconds: 0,
      fillSeconds: 0.05,
      status: 200,
      bytes: 10_240,
    };
  }

  variant(request: Request): Place {
    const place = placeOf(CACHE, request, BY);
    if (place === undefined) throw new Error("no place for the request");
    return place;
  }

  parse(stored: Response, place: Place): FoundEntry {
    const found = fromStored(stored, place);
    if (found?.kind !== "entry") throw new Error("no entry");
    return found;
  }

  judge(entry: StoredEntry) {
    return logState(entry, this.#view);
  }

  freshness(entry: StoredEntry, log: ReturnType<typeof logState>, nowMs = this.#nowMs) {
    return byAge(entry, log, nowMs);
  }

  fields({ headers }: Response, found: FoundEntry, ageSeconds: number): void {
    markServed(headers, { found, ageSeconds, how: HOW });
  }

  conditional({ request, stored }: Hit, found: FoundEntry): Response | undefined {
    return notModifiedBy(request.headers, { stored, found, ageSeconds: AGE_SECONDS, how: HOW });
  }

  /** All of it, as at a hit, until there is a response; undefined where it is none. */
  answer({ request, stored }: Hit): Response | undefined {
    const found = this.parse(stored, this.variant(request));
    const verdict = this.freshness(found.entry, this.judge(found.entry));
    if (verdict.state !== "fresh") return undefined;
    return serve(request, { stored, found, body: null, ageSeconds: verdict.ageSeconds, how: HOW }, TELLING);
  }

  /** The same for who gets a 200, but for making the response of the stored one. */
  answerWith({ request, stored, whole }: Hit): Response | undefined {
    const found = this.parse(stored, this.variant(request));
    const verdict = this.freshness(found.entry, this.judge(found.entry));
    if (verdict.state !== "fresh") return undefined;
    const { ageSeconds } = verdict;
    const { method, headers } = request;
    const notModified = notModifiedBy(headers, { stored, found, ageSeconds, how: HOW });
    if (notModified !== undefined) return notModified;
    this.fields(whole, found, ageSeconds);
    return respondInFull({ method, headers }, whole, found.entry.bytes);
  }
}

const ELSEWHERE = { key: "elsewhere", url: "elsewhere", cache: CACHE.name } as Place;

/** A request as http-cache-semantics takes it, and the policy it left behind when the response was stored, as JSON. */
export interface OtherHit {
  readonly request: CachePolicy.HttpRequest;
  readonly policy: string;
}

const HEADER = "policy";

/** What http-cache-semantics does at a hit: parse, judge the variant and the age, and make the header fields. */
export const otherPolicy = {
  hitOf(options: HitOptions, nowMs: number): OtherHit {
    const request = asObject(requestOf(options));
    const policy = new CachePolicy(request, { status: 200, headers: Object.fromEntries(originHeaders(nowMs)) });
    const stored = { ...policy.toObject(), t: nowMs - AGE_SECONDS * 1000 };
    return { request, policy: JSON.stringify(stored) };
  },

  answer({ request, policy: text }: OtherHit): CachePolicy.Headers | undefined {
    const policy = CachePolicy.fromObject(JSON.parse(text) as CachePolicy.CachePolicyObject);
    return policy.satisfiesWithoutRevalidation(request) ? policy.responseHeaders() : undefined;
  },

  /** The stored response with the policy in a field of its own, as a Worker may keep it. */
  inWorkerOf(options: HitOptions, nowMs: number): Pick<Hit, "request" | "stored"> {
    const { policy } = this.hitOf(options, nowMs);
    return { request: requestOf(options), stored: new Response(null, { headers: { [HEADER]: policy } }) };
  },

  /** The same from what a Worker has, to what it needs. */
  answerInWorker({ request, stored }: Pick<Hit, "request" | "stored">): Headers | undefined {
    const headers = this.answer({ request: asObject(request), policy: stored.headers.get(HEADER) ?? "" });
    return headers === undefined ? undefined : new Headers(headers as Record<string, string>);
  },
};

function asObject({ method, url, headers }: Request): CachePolicy.HttpRequest {
  return { method, url, headers: Object.fromEntries(headers) };
}
