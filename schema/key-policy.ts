import * as v from "valibot";
import { limits } from "./limits.ts";
import { atMost } from "./validate.ts";

function named(what: string) {
  return v.pipe(
    v.string("must be a string"),
    v.minLength(1, "must not be empty"),
    v.maxLength(limits.nameCharacters, `must be at most ${limits.nameCharacters} characters, as ${what}`),
  );
}

/** A name that a `Cookie` field can hold, where pairs are joined by semicolons and trimmed; see src/http/cookies.ts. */
const COOKIE_NAME = /^(?![ \t])[^=;\p{Cc}]+(?<![ \t])$/u;

/** RFC 9110 section 5.1. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** The key order of an object is its declaration's only for names that are no numbers, hence the letter. */
const VARIANT_NAME = /^[A-Za-z][A-Za-z0-9_.-]*$/;

const parameters = v.pipe(
  v.array(named("the name of a query parameter"), "must be an array of names of query parameters"),
  v.maxLength(limits.keyParameters, `must hold at most ${limits.keyParameters} names`),
);

const query = v.pipe(
  v.strictObject({
    /** All parameters but these. */
    exclude: v.optional(parameters),
    /** These and no others: none at all when empty. */
    only: v.optional(parameters),
  }),
  v.check(
    ({ exclude, only }) => (exclude === undefined) !== (only === undefined),
    "must have either `exclude` or `only`: what is in the one cannot be said of the other",
  ),
  v.transform(({ exclude, only }): QueryPolicy => (only === undefined ? { exclude: exclude ?? [] } : { only })),
);

/** The query parameters of a key, by their names as decoded. */
export type QueryPolicy = { readonly exclude: readonly string[] } | { readonly only: readonly string[] };

const group = v.strictObject({
  /** Stands in the key for every value of the group. */
  name: named("the name of a group"),
  /** The source of a regular expression, which fits a value that it matches anywhere in it. */
  pattern: v.pipe(
    v.string("must be a string, the source of a regular expression"),
    atMost(
      limits.patternCharacters,
      (pattern) => pattern.length,
      `must be at most ${limits.patternCharacters} characters`,
    ),
    v.check(
      (pattern) => faultOf(pattern) === undefined,
      ({ input }) => `must be the source of a regular expression: ${faultOf(String(input))}`,
    ),
  ),
  ignoreCase: v.optional(v.literal(true, "must be true, or left out")),
});

function faultOf(pattern: string): string | undefined {
  try {
    new RegExp(pattern);
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

const groups = v.optional(
  v.pipe(
    v.array(group, "must be an array of groups"),
    v.minLength(1, "must hold at least one group, or be left out"),
    v.maxLength(limits.keyGroups, `must hold at most ${limits.keyGroups} groups`),
  ),
);

const header = v.strictObject({
  name: v.pipe(
    named("the name of a header"),
    v.regex(HEADER_NAME, "must be a header name (RFC 9110 section 5.1)"),
    v.transform((name) => name.toLowerCase()),
  ),
  groups,
});

const cookie = v.strictObject({
  name: v.pipe(
    named("the name of a cookie"),
    v.regex(
      COOKIE_NAME,
      "must be the name of a cookie: without `=`, `;`, control characters and white space at its ends",
    ),
  ),
  groups,
});

const split = v.strictObject({
  name: named("the name of a traffic split"),
  /** Weights by variant, in any unit: `{ old: 95, new: 5 }`. The first is for visitors without a cookie, too. */
  shares: v.pipe(
    // `record` alone takes a list or a Map, and finds nothing in them.
    v.custom<Record<string, number>>(isPlainObject, "must be an object of shares by variant"),
    v.record(
      v.pipe(named("the name of a variant"), v.regex(VARIANT_NAME, "must begin with a letter: it names a variant")),
      v.pipe(v.number("must be a number"), v.finite("must be finite"), v.gtValue(0, "must be above 0")),
    ),
    v.minEntries(1, "must name at least one variant"),
    v.maxEntries(limits.splitVariants, `must name at most ${limits.splitVariants} variants`),
  ),
});

function isPlainObject(input: unknown): boolean {
  return Object.prototype.toString.call(input) === "[object Object]";
}

function areOfDistinctNames(list: readonly { readonly name: string }[]): boolean {
  return new Set(list.map(({ name }) => name)).size === list.length;
}

const headers = v.pipe(
  v.array(header, "must be an array of headers"),
  v.maxLength(limits.keyValues, `must hold at most ${limits.keyValues} headers`),
  v.check((list) => areOfDistinctNames(list), "must hold no two headers of one name"),
);

const cookies = v.pipe(
  v.array(cookie, "must be an array of cookies"),
  v.maxLength(limits.keyValues, `must hold at most ${limits.keyValues} cookies`),
  v.check((list) => areOfDistinctNames(list), "must hold no two cookies of one name"),
);

const splits = v.pipe(
  v.array(split, "must be an array of traffic splits"),
  v.maxLength(limits.keyValues, `must hold at most ${limits.keyValues} traffic splits`),
  v.check((list) => areOfDistinctNames(list), "must hold no two traffic splits of one name"),
);

const asked = v.optional(v.literal(true, "must be true, or left out"));

/**
 * What the key of a response holds beside its URL, and what of the URL it leaves out. Plain data, since it crosses RPC.
 */
export const KeyPolicySchema = v.strictObject({
  /** Which query parameters are part of the key; all when left out. */
  query: v.optional(query),
  /** Request headers whose values choose between variants, as `vary` does, or the groups that their values are in. */
  headers: v.optional(headers),
  /** Cookies whose values choose between variants, or the groups that their values are in. */
  cookies: v.optional(cookies),
  /** `smartphone`, `tablet`, `mobile` (feature phones) or `desktop`, by the User-Agent. */
  device: asked,
  /** `apple`, `android` or `generic`: who makes the visitor's system. */
  vendor: asked,
  /** `chrome`, `safari`, `firefox`, `opera`, `edge`, `msie`, `samsung` or `generic`. */
  browser: asked,
  /** `1` for robots and `0` for the rest. */
  isBot: asked,
  /** The visitor's country, as two letters. */
  country: asked,
  /** Traffic splits: which visitor is given which variant, by shares. */
  splits: v.optional(splits),
});

export type KeyPolicy = v.InferOutput<typeof KeyPolicySchema>;
export type KeyGroup = v.InferOutput<typeof group>;
export type KeySplit = v.InferOutput<typeof split>;
