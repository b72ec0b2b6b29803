import { LarderError } from "../../schema/errors.ts";
import { TOKEN_PROTOCOL } from "../../schema/feed-protocol.ts";
import { problem } from "./problem.ts";
import type { ApiOptions, Route } from "./route.ts";

const REALM = 'Bearer realm="larder"';

/**
 * Undefined for a request that may call the route, and for any other the answer that refuses it. The token comes as a bearer
 * token (RFC 6750 section 2.1); to the live feed also as a subprotocol, or there is a ticket in its place, as browsers can
 * set no header. Without a token configured nothing passes: the API is closed, never open.
 */
export async function authorize(
  { token, namespace: objectOf }: Pick<ApiOptions, "token" | "namespace">,
  { access }: Pick<Route, "access">,
  namespace: string,
  request: Request,
): Promise<Response | undefined> {
  if (access === "open") return undefined;
  if (token === undefined || token.trim() === "") return problem(closed());
  const ticket = access === "feed" ? new URL(request.url).searchParams.get("ticket") : null;
  if (ticket !== null) {
    await objectOf(namespace).redeem(ticket);
    return undefined;
  }
  const bearer = bearerToken(request.headers.get("Authorization"));
  const given = bearer ?? (access === "feed" ? protocolToken(request.headers) : undefined);
  if (given === undefined) {
    const message = "A token is required: send the header Authorization: Bearer <the coordinator's LARDER_TOKEN>";
    // Without credentials the challenge names no error (RFC 6750 section 3.1).
    return problem(new LarderError("unauthorized", message), { "WWW-Authenticate": REALM });
  }
  if (await sameSecret(given, token)) return undefined;
  const message = "The token is not the one the coordinator was given as LARDER_TOKEN; check it and send it again";
  return problem(new LarderError("unauthorized", message), { "WWW-Authenticate": `${REALM}, error="invalid_token"` });
}

/** The token among the subprotocols that a WebSocket client offers, which are the one thing that a browser lets it say. */
function protocolToken(headers: Headers): string | undefined {
  const offered = (headers.get("Sec-WebSocket-Protocol") ?? "").split(",").map((protocol) => protocol.trim());
  const encoded = offered.find((protocol) => protocol.startsWith(TOKEN_PROTOCOL))?.slice(TOKEN_PROTOCOL.length);
  if (encoded === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(encoded.replaceAll("-", "+").replaceAll("_", "/")), (char) =>
      char.charCodeAt(0),
    );
    return new TextDecoder().decode(bytes);
  } catch {
    return "";
  }
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
