import * as v from "valibot";
import { limits } from "./limits.ts";
import { CacheNameSchema, NamespaceSchema } from "./names.ts";

/** What a token or a binding may be allowed to do; docs/tokens.md says what each opens. */
export const scopes = [
  "stats:read",
  "entries:read",
  "purge:tags",
  "purge:all",
  "purge:erase",
  "live",
  "schedule",
  /** Has the coordinator fetch URLs: warming, and refills after purges. */
  "refill",
  /** Every other, and the revoking of tokens. */
  "admin",
] as const;

export type Scope = (typeof scopes)[number];

/** Names of namespaces: `*` stands for any characters, none among them, and `?` for one. */
const GlobSchema = v.pipe(
  v.string("must be a string"),
  v.minLength(1, "must not be empty"),
  v.maxLength(limits.nameCharacters, `must be at most ${limits.nameCharacters} characters`),
  v.regex(/^[A-Za-z0-9._:*?-]+$/, "may hold only letters, digits and . _ : - and * and ?"),
);

function listOf<Schema extends v.GenericSchema>(item: Schema, what: string) {
  return v.pipe(
    v.array(item, `must be an array of ${what}`),
    v.minLength(1, `must name at least one of its ${what}`),
    v.maxLength(limits.grantNames, `must hold at most ${limits.grantNames} ${what}`),
  );
}

/** What tags begin with; the `*` at its end, which people write, is not of it. */
const TagPrefixSchema = v.pipe(
  v.string("must be a string"),
  v.maxLength(limits.tagCharacters, `must be at most ${limits.tagCharacters} characters`),
  v.transform((text) => (text.endsWith("*") ? text.slice(0, -1) : text)),
  v.minLength(1, 'must say what tags begin with, as in "tenant:acme:*"'),
  v.regex(
    /^[\x21-\x29\x2b\x2d-\x7e]+$/,
    "must be printable ASCII without spaces or commas, and may have * at its end only",
  ),
);

const grant = {
  namespaces: listOf(GlobSchema, "namespaces"),
  caches: v.optional(listOf(CacheNameSchema, "caches")),
  scopes: listOf(v.picklist(scopes, `must be one of ${scopes.join(", ")}`), "scopes"),
  tagPrefix: v.optional(TagPrefixSchema),
  maxEntries: v.optional(
    v.pipe(
      v.number("must be a number"),
      v.safeInteger("must be a whole number"),
      v.minValue(1, "must be at least 1: leave the scopes out of a token that may purge nothing"),
    ),
  ),
};

/** What a token carries as its claim `larder`. */
const GrantSchema = v.strictObject(grant);

/** Seconds since 1970, up to the year 9999 (RFC 7519 section 2, "NumericDate"). */
const NumericDateSchema = v.pipe(
  v.number("must be a number of seconds"),
  v.minValue(0, "must not be negative"),
  v.maxValue(253_402_300_799, "must be seconds, and not milliseconds"),
);

export const TokenIdSchema = v.pipe(
  v.string("must be a string"),
  // What a path segment may hold as it is, as ids are named in paths (RFC 3986 section 2.3).
  v.regex(/^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,128}$/, "must be 1 to 128 letters, digits and . _ ~ -, and not . or .."),
);

const AUDIENCE = "larder";
const OTHER_AUDIENCE = `must be "${AUDIENCE}", or name it among others, or be left out`;

/**
 * The claims of a token (RFC 7519). A name that is not here is refused: ignoring one would make a misspelt restriction none.
 */
export const ClaimsSchema = v.pipe(
  v.strictObject({
    jti: TokenIdSchema,
    sub: v.optional(
      v.pipe(
        v.string("must be a string"),
        v.maxLength(128, "must be at most 128 characters"),
        v.regex(/^[^\p{Cc}]+$/u, "must be 1 to 128 characters, without control characters"),
      ),
    ),
    iss: v.optional(v.string("must be a string")),
    aud: v.optional(
      v.union([v.literal(AUDIENCE), v.pipe(v.array(v.string()), v.includes(AUDIENCE, OTHER_AUDIENCE))], OTHER_AUDIENCE),
    ),
    iat: NumericDateSchema,
    nbf: v.optional(NumericDateSchema),
    exp: NumericDateSchema,
    larder: GrantSchema,
  }),
  v.forward(
    v.check(
      ({ iat, exp }) => exp - iat <= limits.tokenSeconds,
      `must be at most ${limits.tokenSeconds} seconds, a year, after iat: for so long a revocation is kept`,
    ),
    ["exp"],
  ),
);

export type Claims = v.InferOutput<typeof ClaimsSchema>;

/** What the `props` of a service binding may fix for whoever calls through it; a caller cannot forge them. */
export const BindingPropsSchema = v.pipe(
  v.strictObject({
    /** The one namespace it may use. */
    namespace: v.optional(NamespaceSchema),
    /** What the history of purges calls it. */
    caller: v.optional(
      v.pipe(
        v.string("must be a string"),
        v.minLength(1, "must not be empty"),
        v.maxLength(150, "must be at most 150 characters"),
      ),
    ),
    namespaces: v.optional(grant.namespaces),
    caches: grant.caches,
    scopes: v.optional(grant.scopes),
    tagPrefix: grant.tagPrefix,
    maxEntries: grant.maxEntries,
  }),
  v.forward(
    v.check(
      ({ namespace, namespaces }) => namespace === undefined || namespaces === undefined,
      "must be left out where namespace names the one there is",
    ),
    ["namespaces"],
  ),
);

/** What is asked when a token is revoked. */
export const RevokeTokenSchema = v.strictObject({
  /** When the token ends by itself, after which nobody need remember that it was revoked; in a year when left out. */
  expiresAt: v.optional(
    v.pipe(
      v.string("must be a string"),
      v.isoTimestamp("must be a time as in 2027-01-31T00:00:00Z"),
      v.check((text) => !Number.isNaN(Date.parse(text)), "must be a time there is"),
    ),
  ),
});

export type RevokeTokenRequest = v.InferInput<typeof RevokeTokenSchema>;

export interface RevokedToken {
  readonly id: string;
  readonly at: Date;
  readonly by: string;
  /** When that is forgotten. */
  readonly until: Date;
}

/** The ids of all tokens that are revoked, or nothing where they are what the caller knows by that revision. */
export interface Revocations {
  readonly revision: string;
  readonly ids?: readonly string[];
}

/** What a ticket for a live feed opens, and by which token it was asked for. */
export const TicketTermsSchema = v.strictObject({
  /** The caches of which the feed may be; all, and all at once, when left out. */
  caches: grant.caches,
  token: v.optional(TokenIdSchema),
  /** When that token ends. */
  endsAtMs: v.optional(v.pipe(v.number(), v.minValue(0))),
});

export type TicketTerms = v.InferInput<typeof TicketTermsSchema>;
