import { LarderError } from "../../schema/errors.ts";
import { limits } from "../../schema/limits.ts";
import type { Claims } from "../../schema/token.ts";
import { ClaimsSchema } from "../../schema/token.ts";
import { parse } from "../../schema/validate.ts";
import type { TokenKey } from "./token-keys.ts";

/** Seconds by which the clocks of who signs and who checks may differ. */
const TOLERANCE_SECONDS = 60;

export const UNKNOWN_KEY =
  "The token is signed by no key known here: neither by LARDER_SECRET nor for LARDER_PUBLIC_KEY, nor by those before them";

/** Three parts in base64url with dots between (RFC 7515 section 7.1), of which the last may be empty: such are told apart. */
const JWT_FORM = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$/;

export function hasTokenForm(text: string): boolean {
  return JWT_FORM.test(text);
}

/**
 * The claims of a token, by the first of the keys that it is signed by.
 *
 * @throws LarderError `unauthorized`
 */
export async function claimsOf(token: string, keys: readonly TokenKey[], nowMs: number): Promise<Claims> {
  if (token.length > limits.tokenCharacters) {
    throw invalid(
      `The token is longer than ${limits.tokenCharacters} characters; name fewer caches or namespaces in it`,
    );
  }
  // The library is loaded with the first token: neither a hit nor the start of the command pays for it.
  const { jwtVerify, errors } = await import("./jose.ts");
  for (const { key, algorithms } of keys) {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [...algorithms],
        clockTolerance: TOLERANCE_SECONDS,
        currentDate: new Date(nowMs),
        requiredClaims: ["jti", "iat", "exp"],
      });
      return checked(payload, nowMs);
    } catch (error) {
      if (error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JOSEAlgNotAllowed) continue;
      if (error instanceof errors.JWTExpired)
        throw invalid(`The token expired at ${timeOf(error.payload.exp)}; ask for another`);
      if (error instanceof errors.JWTClaimValidationFailed) throw invalid(ofClaim(error));
      if (error instanceof errors.JOSEError)
        throw invalid(`The token cannot be read as a signed JWT: ${error.message}`);
      throw error;
    }
  }
  throw invalid(UNKNOWN_KEY);
}

function checked(payload: unknown, nowMs: number): Claims {
  const claims = claimsIn(payload);
  if (claims.iat * 1000 <= nowMs + TOLERANCE_SECONDS * 1000) return claims;
  throw invalid(`The token was issued at ${timeOf(claims.iat)}, which is yet to come; set the clock of whoever signs`);
}

/** @throws LarderError `unauthorized` that names the claim */
export function claimsIn(payload: unknown): Claims {
  try {
    return parse(ClaimsSchema, payload);
  } catch (error) {
    if (!(error instanceof LarderError)) throw error;
    throw invalid(`The token's claims cannot be accepted: ${error.message}`);
  }
}

function ofClaim({ claim, reason, payload }: { claim: string; reason: string; payload: { nbf?: unknown } }): string {
  if (reason === "missing") return `The token must have the claim ${claim}; make it by larder token create`;
  if (claim === "nbf" && reason === "check_failed") return `The token is not valid before ${timeOf(payload.nbf)}`;
  return `The token's claim ${claim} is not as it must be`;
}

/** Seconds since 1970, as a time for people. */
function timeOf(seconds: unknown): string {
  const time = new Date(Number(seconds) * 1000);
  return Number.isNaN(time.getTime()) ? "a time that there is not" : time.toISOString().replace(".000Z", "Z");
}

function invalid(message: string): LarderError {
  return new LarderError("unauthorized", message);
}
