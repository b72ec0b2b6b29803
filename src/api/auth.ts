import { LarderError } from "../../schema/errors.ts";
import { problem } from "./problem.ts";

const REALM = 'Bearer realm="larder"';

/**
 * The guard of a route: undefined for a request that carries the bearer token (RFC 6750 section 2.1), and for any other
 * the answer that refuses it. Without a token configured nothing passes: the API is closed, never open.
 */
export function requireToken(token: string | undefined): (request: Request) => Promise<Response | undefined> {
  if (token === undefined || token.trim() === "") return async () => problem(closed());
  return async (request) => {
    const given = bearerToken(request.headers.get("Authorization"));
    if (given === undefined) {
      const message = "A token is required: send the header Authorization: Bearer <the coordinator's LARDER_TOKEN>";
      // Without credentials the challenge names no error (RFC 6750 section 3.1).
      return problem(new LarderError("unauthorized", message), { "WWW-Authenticate": REALM });
    }
    if (await sameSecret(given, token)) return undefined;
    const message = "The token is not the one the coordinator was given as LARDER_TOKEN; check it and send it again";
    return problem(new LarderError("unauthorized", message), { "WWW-Authenticate": `${REALM}, error="invalid_token"` });
  };
}

function closed(): LarderError {
  return new LarderError(
    "api-closed",
    "The API is closed, because no token is configured. To open it, set the secret LARDER_TOKEN: " +
      "`wrangler secret put LARDER_TOKEN` for a deployed coordinator, a line LARDER_TOKEN=… in .dev.vars for a local one",
  );
}

/** The scheme's name is case-insensitive (RFC 9110 section 11.1). Undefined where there is none, or another. */
function bearerToken(authorization: string | null): string | undefined {
  return /^bearer +(.+)$/i.exec(authorization ?? "")?.[1];
}

/** Whether that is the secret; no secret is configured where it is undefined or blank, and then nothing is. */
export async function isSecret(given: string, secret: string | undefined): Promise<boolean> {
  return secret !== undefined && secret.trim() !== "" && (await sameSecret(given, secret));
}

/**
 * Compares in a time that tells nothing of the secret. Digests are compared, because `timingSafeEqual` takes only
 * values of one length (developers.cloudflare.com/workers/examples/protect-against-timing-attacks).
 */
async function sameSecret(given: string, secret: string): Promise<boolean> {
  const [a, b] = await Promise.all([digest(given), digest(secret)]);
  return crypto.subtle.timingSafeEqual(a, b);
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}
