import { type CryptoKey, importJWK, importPKCS8, type JWK } from "jose";
import { limits } from "../../../schema/limits.ts";
import { asPem, secretBytes } from "../../../src/api/token-keys.ts";
import type { SigningFlags } from "../commands/token.ts";
import { UsageError } from "../usage-error.ts";
import { textIn } from "./input.ts";

/** What a token is signed by. */
export interface Signing {
  readonly key: CryptoKey | Uint8Array;
  readonly alg: "HS256" | "EdDSA";
}

/**
 * From the flags, then from `LARDER_SECRET`.
 *
 * @throws UsageError where there is nothing to sign by, or it is not what it should be; nothing of it is in the message
 */
export async function signing(
  { privateKey, secretFile }: SigningFlags,
  variables: NodeJS.ProcessEnv,
): Promise<Signing> {
  if (privateKey !== undefined) {
    return { key: await privateKeyIn(await textIn(privateKey, "the private key"), privateKey), alg: "EdDSA" };
  }
  const secret = secretFile === undefined ? variables["LARDER_SECRET"] : await textIn(secretFile, "the secret");
  if (secret === undefined || secret.trim() === "") {
    throw new UsageError("signed by what? Set LARDER_SECRET, or give --secret-file FILE or --private-key FILE");
  }
  const key = secretBytes(secret);
  if (key !== undefined) return { key, alg: "HS256" };
  throw new UsageError(
    `the secret must be at least ${limits.tokenSecretBytes} bytes; no coordinator takes what is signed by a shorter one`,
  );
}

async function privateKeyIn(text: string, file: string): Promise<CryptoKey> {
  const fault = new UsageError(
    `${file} must hold an Ed25519 private key, as PKCS8 PEM (-----BEGIN PRIVATE KEY-----) or as a JWK in JSON`,
  );
  try {
    if (!text.startsWith("{")) return await importPKCS8(asPem(text), "EdDSA");
    const { kty, crv, x, d } = JSON.parse(text) as JWK;
    if (kty !== "OKP" || crv !== "Ed25519" || x === undefined || d === undefined) throw fault;
    const key = await importJWK({ kty, crv, x, d }, "EdDSA");
    if (key instanceof Uint8Array) throw fault;
    return key;
  } catch {
    throw fault;
  }
}
