import * as v from "valibot";
import type { MissReason, RefusalReason } from "./events.ts";
import { HeaderNameSchema } from "./fields.ts";
import type { Key } from "./key.ts";
import type { CacheName, Namespace, Tag } from "./names.ts";
import { CacheNameSchema } from "./names.ts";
import { KeyingSchema } from "./options.ts";
import type { PurgeMode, Selector } from "./purge.ts";
import { isRequestUrl } from "./request-url.ts";
import type { Version } from "./version.ts";

/** Why a request is, or is not, answered from the cache. Nothing has changed for it having been asked. */
export type Explanation = Outcome & Explained;

/** What a look-up of the request would come to now, in the data centre that was asked. */
export type Outcome =
  /** `stale`: served, and to be refreshed; or the client has asked for what is stale. */
  | { readonly outcome: "hit" | "stale" }
  /** `fallback`: an entry is there that stands in if the origin fails, or that the origin may confirm. */
  | { readonly outcome: "miss"; readonly reason: MissReason; readonly fallback?: true };

interface Explained {
  readonly namespace: Namespace;
  readonly cache: CacheName;
  /** What it is stored under; null where no key can hold the request, or it is told apart by a body that is not known. */
  readonly key: Key | null;
  /** The request's URL without what of its query has no part in the key. */
  readonly url: string;
  /** What else the key is made of, by name; a value is null where the request has none. */
  readonly parts: readonly KeyPart[];
  /** The first rule that fits; `index` counts from 0. Null where none does, or none is looked for. */
  readonly rule: { readonly index: number; readonly name: string } | null;
  /** What of the request, or of the cache, makes it go past the cache. */
  readonly past: { readonly reason: MissReason; readonly what: string } | null;
  /** What the isolate that was asked knows of the log of purges; null where it has not asked for it yet. */
  readonly view: {
    readonly version: Version;
    readonly confirmedSecondsAgo: number;
    /** False where a look-up would first ask for what is new, unless the cache says to serve. */
    readonly withinBound: boolean;
  } | null;
  /** What lies in this data centre's cache (L1); null where there is no key. */
  readonly here: Held | null;
  /** What the namespace's object knows; null where there is no key, or it does not answer. */
  readonly object: ObjectExplained | null;
  /** What would become of the response that was asked about. */
  readonly response?: ResponseExplained;
}

export interface KeyPart {
  readonly name: string;
  readonly value: string | null;
}

/** What lies under a key in one data centre's cache. */
export interface Held {
  readonly state: HeldState;
  /** What the responses were noted to vary on, besides what the cache declares. */
  readonly varies?: readonly string[];
  /** Of an entry. */
  readonly copy?: CopyExplained;
  /** What made it invalid, or stale before its time, by the whole log. */
  readonly invalidatedBy?: InvalidatedBy;
  /** What the log has is not in this isolate's view yet, and holds here within `purgeLagSeconds`. */
  readonly pending?: true;
}

export type HeldState =
  | "fresh"
  /** Served while it is refreshed. */
  | "stale"
  /** Served only if the origin fails. */
  | "error-only"
  /** Served once the origin has confirmed it. */
  | "revalidate"
  | "expired"
  | "purged"
  /** Older than the log that is known, and the object does not answer. */
  | "unknown"
  | "absent"
  /** The responses vary, and there is none for this request. */
  | "variant"
  /** The last response could not be stored. */
  | "hit-for-miss";

/** An entry in a data centre's cache, by the clock of that data centre. */
export interface CopyExplained {
  readonly status: number;
  /** Bytes of the body, decoded. */
  readonly bytes: number;
  readonly tags: readonly Tag[];
  /** Survives every purge but one of exactly this entry, or an erasing one. */
  readonly permanent: boolean;
  /** The log as its maker knew it before the origin was asked: purges after it hit. */
  readonly asOf: Version;
  readonly storedAt: Date;
  /** With the age it came with. */
  readonly ageSeconds: number;
  /** How long, if no purge comes, it is fresh, stale, of use for errors, and kept at all; 0 where that has ended. */
  readonly left: {
    readonly freshSeconds: number;
    readonly staleWhileRevalidateSeconds: number;
    readonly staleIfErrorSeconds: number;
    readonly keptSeconds: number;
  };
}

/** Why an entry is no longer in force. */
export type InvalidatedBy =
  | ({ readonly cause: "purge" } & PurgeExplained)
  /**
   * `other-epoch`: it was stored before the namespace was emptied. `before-the-log`: it is older than every record that
   * is kept. `after-the-log`: it names a version that was never given out.
   */
  | { readonly cause: "other-epoch" | "before-the-log" | "after-the-log" };

export interface PurgeExplained {
  readonly seq: number;
  readonly version: Version;
  readonly at: Date;
  /** The token or the binding it came by; `request` where it followed from one. */
  readonly by: string;
  readonly reason?: string;
  readonly mode: PurgeMode;
  /** The first of its selectors that hits the entry. */
  readonly selector: Selector;
  /** It followed from an unsafe request (RFC 9111 section 4.4); nobody has called for it. */
  readonly automatic?: true;
  /** It was taken back, which the view of this data centre does not have yet. */
  readonly revoked?: { readonly seq: number; readonly at: Date; readonly by: string };
}

/** What the object knows of a key. Times are by its clock. */
export interface ObjectExplained {
  /** The newest version of the log. */
  readonly version: Version;
  /** The key it was asked about: that of the variant, where it alone knew that the responses vary. */
  readonly key: Key;
  readonly index: IndexExplained | null;
  /** The cache of the data centre where the object lives (L2). */
  readonly shield: Held;
  /** That somebody fills it, and until when others wait for that. */
  readonly lease: { readonly until: Date } | null;
  readonly notes: {
    /** Hit-for-miss: nobody waits for anybody. */
    readonly passUntil?: Date;
    /** The last fills failed; who has something to stand in asks the origin no sooner. */
    readonly retryAt?: Date;
    readonly varies?: { readonly names: readonly string[]; readonly until: Date };
  };
}

/** The row of the index, which is what is counted and listed. */
export interface IndexExplained {
  readonly state: "fresh" | "stale" | "expired" | "purged";
  readonly status: number;
  readonly bytes: number;
  readonly tags: readonly Tag[];
  readonly permanent: boolean;
  readonly asOf: Version;
  readonly freshUntil: Date;
  /** Until when it may be served without the origin's word. */
  readonly servableUntil: Date;
  readonly invalidatedBy?: InvalidatedBy;
}

/** What would become of a response; its body is not known, so it may be too large still. */
export type ResponseExplained =
  | {
      readonly stored: true;
      /** Seconds of age: up to which it is fresh, and how long after that. */
      readonly ttlSeconds: number;
      readonly initialAgeSeconds: number;
      readonly staleWhileRevalidateSeconds: number;
      readonly staleIfErrorSeconds: number;
      readonly keepSeconds: number;
      /** What it varies on besides what the key holds. */
      readonly vary: readonly string[];
    }
  | { readonly stored: false; readonly reason: RefusalReason };

/** What the object is told of the entry that lies with its caller. */
export interface ObjectReply {
  readonly object: ObjectExplained;
  /** What the whole log makes of the caller's entry. */
  readonly verdict: "in-force" | "soft-purged" | "purged" | null;
  readonly invalidatedBy?: InvalidatedBy;
}

/** RFC 9110 section 5.5. */
const fieldValue = v.pipe(
  v.string("must be a string"),
  v.regex(/^[\t\x20-\x7e\x80-\xff]*$/, "must be a field value (RFC 9110 section 5.5), of octets"),
);

const fields = v.pipe(
  // `record` alone takes a list or a Map.
  v.custom<Record<string, string>>(isObject, "must be an object of values by header name"),
  v.record(HeaderNameSchema, fieldValue),
);

function isObject(input: unknown): boolean {
  return Object.prototype.toString.call(input) === "[object Object]";
}

/** A response, as far as it matters whether it is stored. */
export const ResponseSketchSchema = v.strictObject(
  {
    status: v.pipe(
      v.number("must be a number"),
      v.integer("must be a whole number"),
      v.minValue(100, "must be at least 100"),
      v.maxValue(599, "must be at most 599"),
    ),
    headers: v.optional(fields, {}),
  },
  "must be an object with a status, and headers where it has any",
);

/** What may be asked besides the request. */
export const ExplainWishSchema = v.strictObject({
  ...KeyingSchema.entries,
  response: v.optional(ResponseSketchSchema),
  /** Of that response: whether a lifetime may be guessed from `Last-Modified`. */
  heuristics: v.optional(v.picklist(["on", "off"])),
});

export type ExplainWish = v.InferOutput<typeof ExplainWishSchema>;

/** The body of a REST request. */
export const ExplainRequestSchema = v.pipe(
  v.strictObject({
    cache: CacheNameSchema,
    /** Longer than a key can hold, too: that is told. */
    url: v.pipe(
      v.string("must be a string"),
      v.minLength(1, "must not be empty"),
      v.check(isRequestUrl, "must be an absolute http or https URL without a user name"),
    ),
    method: v.optional(v.pipe(v.string("must be a string"), v.regex(/^[A-Za-z-]{1,32}$/, "must be a method")), "GET"),
    headers: v.optional(fields, {}),
    /** Of a request that is told apart by it. */
    body: v.optional(v.string("must be a string")),
    /** The cache's declaration as `cache()` takes it, checked with its namespace; its defaults when left out. */
    options: v.optional(v.custom<Readonly<Record<string, unknown>>>(isObject, "must be the options of cache()")),
    response: v.optional(ResponseSketchSchema),
  }),
  v.forward(
    v.check(({ method, body }) => body === undefined || !/^(?:get|head)$/i.test(method), "goes with no GET or HEAD"),
    ["body"],
  ),
);
