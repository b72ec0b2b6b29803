import { randomUUID } from "node:crypto";
import { type JWTPayload, SignJWT } from "jose";
import { LarderError } from "../../../schema/errors.ts";
import { limits } from "../../../schema/limits.ts";
import { type Claims, ClaimsSchema } from "../../../schema/token.ts";
import { parse } from "../../../schema/validate.ts";
import type { CreateFlags } from "../commands/token.ts";
import { say } from "../output/say.ts";
import { UsageError } from "../usage-error.ts";
import { signing } from "./signing.ts";

/** Signs a token. What no coordinator would take is refused here, by the same schema. */
export async function create(flags: CreateFlags): Promise<void> {
  const claims = claimsBy(flags, Math.floor(Date.now() / 1000));
  const { key, alg } = await signing(flags, process.env);
  const token = await new SignJWT(claims as JWTPayload).setProtectedHeader({ alg, typ: "JWT" }).sign(key);
  if (token.length > limits.tokenCharacters) {
    throw new UsageError(
      `the token would be ${token.length} characters long, and ${limits.tokenCharacters} are the most: name less`,
    );
  }
  warnOf(flags);
  return say(flags, { token, claims }, () => `${token}\n`);
}

function claimsBy(flags: CreateFlags, nowSeconds: number): Claims {
  const { namespaces, cache, scope, tagPrefix, maxEntries, expiresIn, subject, id = randomUUID() } = flags;
  if (expiresIn < 1 || expiresIn > limits.tokenSeconds) {
    throw new UsageError("--expires-in must be at least 1s and at most 365d: for so long a revocation is kept");
  }
  // Members that are undefined are left out of JSON, as of a token.
  const claims = {
    jti: id,
    sub: subject,
    iat: nowSeconds,
    exp: nowSeconds + expiresIn,
    larder: { namespaces, caches: cache, scopes: scope, tagPrefix, maxEntries },
  };
  try {
    return parse(ClaimsSchema, JSON.parse(JSON.stringify(claims)));
  } catch (error) {
    if (!(error instanceof LarderError)) throw error;
    throw new UsageError(error.message.replace(/^[\w.]+/, (field) => flagOf[field] ?? field));
  }
}

const flagOf: Readonly<Record<string, string>> = {
  jti: "--id",
  sub: "--subject",
  "larder.namespaces": "--namespaces",
  "larder.caches": "--cache",
  "larder.scopes": "--scope",
  "larder.tagPrefix": "--tag-prefix",
};

/** On stderr, as stdout is the token's. */
function warnOf({ tagPrefix }: CreateFlags): void {
  const prefix = tagPrefix?.replace(/\*$/, "");
  if (prefix === undefined || !/[A-Za-z0-9]$/.test(prefix)) return;
  process.stderr.write(
    `larder: note that tags such as ${prefix}0 begin with ${prefix}, too; end the prefix with what parts names, as in ${prefix}:\n`,
  );
}
