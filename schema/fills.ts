import * as v from "valibot";
import { PlaceSchema } from "./entry.ts";
import type { Key } from "./key.ts";
import { KeySchema, normalizeVary } from "./key.ts";
import { limits } from "./limits.ts";
import { DebounceSchema } from "./refill.ts";

/** The right to fill a key: who holds it asks the origin, and everybody else waits. */
export interface Lease {
  readonly key: Key;
  /** Random, one a lease. */
  readonly id: string;
}

const id = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/, "must be an id of 16 hexadecimal digits"));

export const LeaseSchema = v.strictObject({ key: KeySchema, id });

const atMostMs = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(limits.fillTimeoutSeconds * 1000));

/** What a caller asks that has found nothing, or nothing fresh, in its data centre's cache. */
export const AcquireSchema = v.strictObject({
  place: PlaceSchema,
  /** Random, one a data centre: callers of one share what lies in its cache. */
  dataCentre: id,
  /** What the caller could serve if there were no origin: nothing, an entry kept for errors, or a stale one. */
  have: v.picklist(["nothing", "fallback", "stale"]),
  /** Seconds for which what it has is fresh still; below 0 when it is not. A copy no fresher is of no use to it. */
  freshSeconds: v.optional(v.number()),
  /** Milliseconds it waits for another's fill before it wants to hear that it has to go on waiting. */
  waitMs: atMostMs,
  /** Milliseconds for which it would hold the lease. */
  leaseMs: atMostMs,
  /** Callers of one key that may wait. */
  maxWaiters: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(limits.waiters)),
});

export type Acquire = v.InferOutput<typeof AcquireSchema>;

/** What the object answers to it. */
export type Turn =
  /**
   * Ask the origin, then `complete` or `abandon`. What is stored is as of the log that comes with this. `known`: somewhere
   * lies an entry that would do, perhaps where the caller has looked too early.
   */
  | { readonly kind: "lead"; readonly lease: Lease; readonly known?: true }
  /**
   * Something has changed: look in the data centre's cache again, and if nothing is there ask again. `scout`: nobody else
   * there was woken, so if something is there say that it has `landed`.
   */
  | { readonly kind: "again"; readonly scout?: true }
  /** Somebody still fills it: ask again. */
  | { readonly kind: "waiting" }
  /** The shield has it: the entry in transit, to be kept in the caller's data centre and reported as `landed`. */
  | { readonly kind: "shield"; readonly response: Response }
  /** Its responses vary on these request headers besides what the key holds: ask again with a key that holds them. */
  | { readonly kind: "varies"; readonly names: readonly string[]; readonly seconds: number }
  /** The last response could not be stored: until then nobody waits for the next. */
  | { readonly kind: "pass"; readonly seconds: number }
  /** The last attempt failed, or a refill is under way that holds refreshes to its pace: what the caller has will do for so long. */
  | { readonly kind: "later"; readonly seconds: number }
  /** Too many wait already. */
  | { readonly kind: "busy" };

/** RFC 9110 section 5.1. A caller is sent to the request's field of this name, so that it has to be one. */
const fieldName = v.pipe(
  v.string(),
  v.maxLength(limits.keyCharacters),
  v.regex(
    /^\?|^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/,
    "must be a header name (RFC 9110 section 5.1), or say what of the query does not matter",
  ),
);

/** What the object is told of a fill when its entry is complete. */
export const CompletionSchema = v.strictObject({
  /** Left out by an explicit put, which nobody has waited for. */
  lease: v.optional(LeaseSchema),
  dataCentre: v.optional(id),
  /** The key whose responses were found to vary on more than it holds, and on what. */
  varies: v.optional(
    v.strictObject({
      key: KeySchema,
      names: v.pipe(
        v.array(fieldName),
        v.minLength(1, "must not be empty"),
        v.maxLength(limits.varyHeaders),
        v.transform((names) => normalizeVary(names)),
      ),
    }),
  ),
  /** Where and by which rule its put counts, as in a `CounterReport`. */
  counted: v.optional(
    v.strictObject({
      rule: v.pipe(v.string(), v.maxLength(limits.ruleCharacters)),
      dataCentre: v.pipe(v.string(), v.maxLength(16)),
    }),
  ),
  /** That the cache gathers purges; left out where it does not. */
  debounce: v.optional(DebounceSchema),
  /** Left out when the body is too large for the shield. */
  shield: v.optional(
    v.strictObject({
      /** By the storing data centre's clock: together with `asOf` and `bytes` it tells one copy from another. */
      storedAtMs: v.number(),
      /** The instance of the object whose cache was found to be the same as this data centre's. */
      sharedWith: v.optional(id),
    }),
  ),
});

export type Completion = v.InferOutput<typeof CompletionSchema>;

/** Why a lease is given back without an entry. */
export const AbandonSchema = v.strictObject({
  lease: LeaseSchema,
  /**
   * `failed`: another may try. `uncacheable`: nobody need wait for the next `passSeconds`. `not-needed`: it lay there.
   * `superseded`: its holder runs an old version, which says nothing of what another would get.
   */
  why: v.picklist(["failed", "uncacheable", "not-needed", "superseded"]),
  passSeconds: v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(limits.hitForMissSeconds)),
});

export type Abandon = v.InferOutput<typeof AbandonSchema>;

/** A copy for the shield; its body is the entry in transit. */
export const OfferSchema = v.strictObject({ place: PlaceSchema, dataCentre: id, lease: v.optional(LeaseSchema) });

export type Offer = v.InferOutput<typeof OfferSchema>;

/** The shield's copy has been kept in a data centre, or could not be; or an entry was found to lie there. */
export const LandedSchema = v.strictObject({ key: KeySchema, dataCentre: id });

export type Landed = v.InferOutput<typeof LandedSchema>;
