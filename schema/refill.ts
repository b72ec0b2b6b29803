import * as v from "valibot";
import { ReasonSchema, wholeNumber } from "./fields.ts";
import { limits } from "./limits.ts";
import { CacheNameSchema } from "./names.ts";
import { AskedUrl } from "./request-url.ts";
import type { Version } from "./version.ts";

/** How fast an origin is asked. */
const pace = {
  /** Requests that may be under way at one time. */
  concurrency: v.optional(v.pipe(wholeNumber(limits.refillConcurrency), v.minValue(1, "must be at least 1")), 4),
  /** Requests that may begin in a second; 0.5 is one every two seconds. */
  perSecond: v.optional(
    v.pipe(
      v.number("must be a number"),
      v.minValue(0.01, "must be at least 0.01"),
      v.maxValue(limits.refillsPerSecond, `must be at most ${limits.refillsPerSecond}`),
    ),
    10,
  ),
};

const top = v.pipe(wholeNumber(limits.refillUrls), v.minValue(1, "must be at least 1"));

/** What is fetched anew after a purge, of what it hits: what is asked for most first. */
export const RefillSchema = v.strictObject({
  /** How many URLs at most. */
  top: v.optional(top, 100),
  ...pace,
});

export type CheckedRefill = v.InferOutput<typeof RefillSchema>;

const sources = {
  /** URLs, to be fetched in this order. */
  urls: v.optional(
    v.pipe(
      v.array(AskedUrl, "must be an array of URLs"),
      v.minLength(1, "must hold at least one URL"),
      v.maxLength(limits.refillUrls, `must hold at most ${limits.refillUrls} URLs`),
    ),
  ),
  /** A sitemap, or an index of sitemaps (sitemaps.org/protocol.html). */
  sitemap: v.optional(AskedUrl),
  /** So many of the URLs that have been asked for most in the last day. */
  top: v.optional(top),
};

/** Fetches URLs, so that what they answer is cached before anybody asks for it. */
export const WarmRequestSchema = v.pipe(
  v.strictObject({
    /** Whose URLs `top` are; all caches' when left out. */
    cache: v.optional(CacheNameSchema),
    ...sources,
    ...pace,
    /** For those who look at the list: why. */
    reason: v.optional(ReasonSchema),
  }),
  v.check(
    (request) =>
      Object.keys(sources).filter((name) => request[name as keyof typeof sources] !== undefined).length === 1,
    `must name one of ${Object.keys(sources).join(", ")}`,
  ),
);

export type WarmRequest = v.InferInput<typeof WarmRequestSchema>;
export type CheckedWarmRequest = v.InferOutput<typeof WarmRequestSchema>;

/** What a cache says of the purges that are made of it in a burst. */
export const DebounceSchema = v.strictObject({
  /** For so long purges are gathered, from the first. */
  seconds: v.pipe(wholeNumber(limits.debounceSeconds), v.minValue(1, "must be at least 1")),
  refill: RefillSchema,
});

export type Debounce = v.InferOutput<typeof DebounceSchema>;

/** What a cache's declaration says of bursts of purges; undefined where it takes them one by one. */
export function debounceOf(config: {
  readonly debounceSeconds?: number | undefined;
  readonly refill?: CheckedRefill | undefined;
}): Debounce | undefined {
  const { debounceSeconds: seconds, refill = EVERYTHING } = config;
  return seconds === undefined ? undefined : { seconds, refill };
}

const EVERYTHING: CheckedRefill = { ...v.getDefaults(RefillSchema), top: limits.refillUrls } as CheckedRefill;

/**
 * In a request: it is a refill's. In the answer to one: whoever was asked keeps no such cache, and has asked nobody.
 */
export const REFILL_HEADER = "larder-refill";

/** What a request of a refill says of itself. Anybody may say it: it costs them waiting, and nobody else more than a sync. */
export interface RefillMark {
  /** Whose entries are refilled; undefined for any. */
  readonly cache: string | undefined;
  /** What was purged up to there is to be refilled. */
  readonly after: Version;
}

export function markOf({ cache, after }: RefillMark): string {
  return `${cache ?? "*"};after=${after}`;
}

/** Undefined for a request that is no refill's. */
export function readMark(headers: Headers): RefillMark | undefined {
  const text = headers.get(REFILL_HEADER);
  if (text === null) return undefined;
  const [, cache, after] = /^([A-Za-z0-9._:-]{1,128}|\*);after=([0-9a-f]{16}-\d{1,15})$/.exec(text) ?? [];
  return after === undefined ? undefined : { cache: cache === "*" ? undefined : cache, after: after as Version };
}

/** `waiting`: another of the namespace has to end first. `failed`: the origin did, too often in a row. */
export const refillStates = ["waiting", "running", "done", "stopped", "failed"] as const;
export type RefillState = (typeof refillStates)[number];

/** What has become of its URLs so far. */
export interface RefillProgress {
  /** How many there are; those of sitemaps that have not been read yet are not among them. */
  readonly total: number;
  /** Were answered, and by something else than an error. */
  readonly filled: number;
  /** Were answered by an error, or not at all. */
  readonly failed: number;
  /** Had been filled already when their turn came. */
  readonly skipped: number;
}

/** URLs that are fetched one after the other at a pace, so that what they answer is cached. */
export interface Refill extends RefillProgress {
  readonly id: string;
  /** `purge`: what a purge has hit; `warm`: what somebody has named. */
  readonly kind: "purge" | "warm";
  readonly state: RefillState;
  /** Left out where it is of several. */
  readonly cache?: string;
  /** Who asked for it. */
  readonly by: string;
  readonly reason?: string;
  /** Of a refill after a purge: the log with that purge in it. */
  readonly after?: Version;
  readonly concurrency: number;
  readonly perSecond: number;
  readonly createdAt: Date;
  readonly startedAt?: Date;
  readonly endedAt?: Date;
  /** The last thing that went wrong. */
  readonly lastError?: { readonly at: Date; readonly url: string; readonly message: string };
}

export const RefillIdSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/, "must be the id of a refill"));
