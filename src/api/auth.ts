import { LarderError } from "../../schema/errors.ts";
import type { TicketTerms } from "../../schema/token.ts";
import type { Lack } from "./access.ts";
import { hasTokenForm } from "./claims.ts";
import { bearerToken, protocolToken } from "./credentials.ts";
import { problem } from "./problem.ts";
import type { ApiOptions, Caller, Route } from "./route.ts";
import type { Tokens } from "./tokens.ts";

const REALM = 'Bearer realm="larder"';

/** The holder of LARDER_TOKEN may do everything; the history calls it so. */
const OPERATOR: Caller = { grant: { holder: "token" }, by: "token", token: undefined };

/** Who asks what is open to all. */
const ANYBODY: Caller = { grant: { holder: "token", scopes: [] }, by: "anybody", token: undefined };

/**
 * Who sends a request; for one that nobody known has sent, the answer that refuses it. The token comes as a bearer
 * token (RFC 6750 section 2.1); to the live feed also as a subprotocol, or there is a ticket in its place, as browsers can
 * set no header. Without a token or keys for tokens configured nothing passes: the API is closed, never open.
 */
export async function identify(
  { token, tokens, namespace: objectOf }: Pick<ApiOptions, "token" | "tokens" | "namespace">,
  { access }: Pick<Route, "access">,
  namespace: string,
  request: Request,
): Promise<Caller | Response> {
  if (access === "open") return ANYBODY;
  const takesTokens = tokens?.areTaken === true;
  if (isBlank(token) && !takesTokens) return problem(await closed(tokens));
  const ticket = access === "feed" ? new URL(request.url).searchParams.get("ticket") : null;
  if (ticket !== null) return holderOf(await objectOf(namespace).redeem(ticket), tokens);
  const given = bearerToken(request) ?? (access === "feed" ? protocolToken(request) : undefined);
  if (given === undefined) {
    const message = `A token is required: send the header Authorization: Bearer <${
      takesTokens ? "a token made by larder token create, or LARDER_TOKEN" : "the coordinator's LARDER_TOKEN"
    }>`;
    // Without credentials the challenge names no error (RFC 6750 section 3.1).
    return problem(new LarderError("unauthorized", message), { "WWW-Authenticate": REALM });
  }
  if (await isSecret(given, token)) return OPERATOR;
  if (takesTokens && hasTokenForm(given)) return bearerOf(given, tokens);
  // So that the log says why, if a token is refused only because what it is signed by cannot be used.
  await tokens?.problems();
  const message = takesTokens
    ? "The token is neither a JWT nor what the coordinator was given as LARDER_TOKEN; check it and send it again"
    : "The token is not the one the coordinator was given as LARDER_TOKEN; check it and send it again";
  return refused(new LarderError("unauthorized", message));
}

/** The answer to somebody known who may not do what is asked, as RFC 6750 section 3.1 has it. */
export function forbidden({ of, scopes, message }: Lack): Response {
  const scope = scopes.length === 0 ? "" : `, scope="${scopes.join(" ")}"`;
  return problem(new LarderError("insufficient-scope", message, { field: of }), {
    "WWW-Authenticate": `${REALM}, error="insufficient_scope"${scope}`,
  });
}

async function bearerOf(given: string, tokens: Tokens): Promise<Caller | Response> {
  try {
    const { jti, sub, exp, larder } = await tokens.check(given, Date.now());
    const token = { id: jti, endsAtMs: exp * 1000 };
    return { grant: { holder: "token", ...larder }, by: `token:${sub ?? jti}`, token };
  } catch (error) {
    if (error instanceof LarderError && error.code === "unauthorized") return refused(error);
    throw error;
  }
}

/** A ticket opens the feed that its token could have opened, for as long as that is not revoked. */
async function holderOf({ caches, token: id, endsAtMs }: TicketTerms, tokens: Tokens | undefined): Promise<Caller> {
  if (id !== undefined) await tokens?.requireUnrevoked(id, Date.now());
  const token = id === undefined || endsAtMs === undefined ? undefined : { id, endsAtMs };
  return { grant: { holder: "token", scopes: ["live"], caches }, by: "ticket", token };
}

function refused(error: LarderError): Response {
  return problem(error, { "WWW-Authenticate": `${REALM}, error="invalid_token"` });
}

async function closed(tokens: Tokens | undefined): Promise<LarderError> {
  const problems = (await tokens?.problems()) ?? [];
  const unusable =
    problems.length === 0 ? "" : ` Nor can what is set for signed tokens be used: ${problems.join("; ")}.`;
  return new LarderError(
    "api-closed",
    "The API is closed, because no token is configured. To open it, set the secret LARDER_TOKEN: " +
      "`wrangler secret put LARDER_TOKEN` for a deployed coordinator, a line LARDER_TOKEN=… in .dev.vars for a local one; " +
      `or LARDER_SECRET or LARDER_PUBLIC_KEY, for tokens that may do less.${unusable}`,
  );
}

function isBlank(setting: string | undefined): boolean {
  return setting === undefined || setting.trim() === "";
}

/** Whether that is the secret; no secret is configured where it is undefined or blank, and then nothing is. */
export async function isSecret(given: string, secret: string | undefined): Promise<boolean> {
  return secret !== undefined && !isBlank(secret) && (await sameSecret(given, secret));
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
