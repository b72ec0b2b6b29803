import * as v from "valibot";
import { normalizeVary } from "./key.ts";
import { KeyPolicySchema } from "./key-policy.ts";
import { limits } from "./limits.ts";

export const WholeSecondsSchema = v.pipe(
  v.number("must be a number of seconds"),
  v.integer("must be a whole number of seconds"),
);

export const SecondsSchema = v.pipe(
  WholeSecondsSchema,
  v.minValue(0, "must not be negative"),
  v.maxValue(limits.ttlSeconds, `must be at most ${limits.ttlSeconds} seconds, a year`),
);

/** A field name as of RFC 9110 section 5.1. */
export const HeaderNameSchema = v.pipe(
  v.string("must be a string"),
  v.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, "must be a header name (RFC 9110 section 5.1)"),
);

export const HeaderNamesSchema = v.pipe(
  v.array(HeaderNameSchema, "must be an array of header names"),
  v.maxLength(limits.varyHeaders, `must hold at most ${limits.varyHeaders} header names`),
);

export const VarySchema = v.pipe(
  HeaderNamesSchema,
  v.transform((list) => normalizeVary(list)),
);

const STATUS_KEY = /^(?:[2-5][0-9]{2}|[2-5]xx|(?<first>[2-5][0-9]{2})-(?<last>[2-5][0-9]{2}))$/;

/** Seconds by status; `src/http/status-ttl.ts` reads it. */
export const TtlByStatusSchema = v.pipe(
  // `record` alone takes a list or a Map, and finds nothing in them.
  v.custom<Record<string, number>>(isPlainObject, "must be an object of seconds by status"),
  v.record(
    v.pipe(
      v.string(),
      v.check(isStatusKey, 'must be a status "404", a class "4xx" or a range "500-504", of 200 to 599'),
    ),
    SecondsSchema,
  ),
  v.maxEntries(limits.statusTtls, `must hold at most ${limits.statusTtls} statuses, classes and ranges`),
);

function isPlainObject(input: unknown): boolean {
  return Object.prototype.toString.call(input) === "[object Object]";
}

function isStatusKey(key: string): boolean {
  const match = STATUS_KEY.exec(key);
  if (match === null) return false;
  const { first = "", last = "" } = match.groups ?? {};
  return first <= last;
}

/** A number from 0 to `most`, not only a whole one. */
export function fractionUpTo(most: number) {
  return v.pipe(
    v.number("must be a number"),
    v.minValue(0, "must not be negative"),
    v.maxValue(most, `must be at most ${most}`),
  );
}

/** Why something was done, for those who look at it later. */
export const ReasonSchema = v.pipe(
  v.string("must be a string"),
  v.maxLength(limits.reasonCharacters, `must be at most ${limits.reasonCharacters} characters`),
);

const names = v.pipe(v.array(v.string("must be a string"), "must be an array of names"), v.maxLength(100));

export function wholeNumber(most: number) {
  return v.pipe(
    v.number("must be a number"),
    v.integer("must be a whole number"),
    v.minValue(0, "must not be negative"),
    v.maxValue(most, `must be at most ${most}`),
  );
}

/** What a key is made of: a `KeyPolicy`, or what has one as JSON, such as a `CustomCacheKey`. */
export const KeySchema = v.pipe(
  v.custom<KeyPolicyInput>(
    (input) => typeof input === "object" && input !== null,
    "must be a CustomCacheKey or an object",
  ),
  v.transform((input) =>
    "toJSON" in input && typeof input.toJSON === "function" ? (input.toJSON() as unknown) : input,
  ),
  KeyPolicySchema,
);

type KeyPolicyInput = v.InferInput<typeof KeyPolicySchema> | { toJSON(): v.InferOutput<typeof KeyPolicySchema> };

export const CachingSchema = v.picklist(["on", "off"], 'must be "on" or "off"');
/** Whether what says `Cache-Control: private` is kept as well. */
export const ForcePrivateSchema = v.boolean("must be true or false");
/** What is said of GraphQL bodies: `true` says what `{}` does. */
export const GraphqlSchema = v.union(
  [
    v.pipe(
      v.literal(true),
      v.transform(() => ({ persisted: "unknown" as const })),
    ),
    v.strictObject({
      /**
       * What a request that has the id of a stored document in the place of a query asks: `queries` where no mutation is
       * stored under any id; `unknown`, and it is not cached.
       */
      persisted: v.optional(v.picklist(["queries", "unknown"], 'must be "queries" or "unknown"'), "unknown"),
    }),
  ],
  "must be true, or an object",
);

export const BypassSchema = v.strictObject({
  headers: v.optional(HeaderNamesSchema),
  cookies: v.optional(names),
  query: v.optional(names),
});

export const ArmorSchema = v.picklist(["on", "off"], 'must be "on" or "off"');
