import { env } from "cloudflare:workers";
import { SignJWT } from "jose";
import type { NamespaceOperations } from "../../schema/rpc.ts";
import { newEpoch } from "../../schema/version.ts";
import { Revoked } from "../../src/api/revoked.ts";
import type { KeySettings } from "../../src/api/token-keys.ts";
import { Tokens } from "../../src/api/tokens.ts";

export const SECRET = "a secret of these tests, of forty-six characters";

export function directory(): NamespaceOperations {
  return env.NAMESPACES.getByName("larder") as unknown as NamespaceOperations;
}

/** What an isolate that has just begun checks tokens by. */
export function tokensBy(
  settings: KeySettings = { LARDER_SECRET: SECRET },
  asked: () => Pick<NamespaceOperations, "revocations"> = directory,
): Tokens {
  return new Tokens(settings, new Revoked(asked));
}

export const nowSeconds = () => Math.floor(Date.now() / 1000);

/** Claims of a token that may do everything, for an hour. */
export function claims(larder: object = {}, others: object = {}): Record<string, unknown> {
  const issued = { jti: newEpoch(), iat: nowSeconds(), exp: nowSeconds() + 3600 };
  return { ...issued, larder: { namespaces: ["*"], scopes: ["admin"], ...larder }, ...others };
}

export function signed(
  payload: Record<string, unknown>,
  key: CryptoKey | Uint8Array | string = SECRET,
  header: { readonly alg: string } & Record<string, unknown> = { alg: "HS256" },
): Promise<string> {
  return new SignJWT(payload)
    .setProtectedHeader(header)
    .sign(typeof key === "string" ? new TextEncoder().encode(key) : key);
}
