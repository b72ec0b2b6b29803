import type { CryptoKey, JWK } from "jose";
import { limits } from "../../schema/limits.ts";

/** The settings by which tokens are checked. */
export const keySettingNames = [
  "LARDER_SECRET",
  "LARDER_SECRET_PREVIOUS",
  "LARDER_PUBLIC_KEY",
  "LARDER_PUBLIC_KEY_PREVIOUS",
] as const;

type KeySettingName = (typeof keySettingNames)[number];
export type KeySettings = { readonly [Name in KeySettingName]?: string | undefined };

/**
 * A key, with the only algorithms that it is good for. A token says by which it is signed, and is never believed: the text
 * of a public key, which everybody may know, would else do as a secret (RFC 8725 section 2.1).
 */
export interface TokenKey {
  readonly setting: KeySettingName;
  readonly key: CryptoKey | Uint8Array;
  readonly algorithms: readonly string[];
}

export interface TokenKeys {
  readonly keys: readonly TokenKey[];
  /** What is wrong with the settings, in sentences that hold nothing of what they are. */
  readonly problems: readonly string[];
}

/** "EdDSA" is what RFC 8037 calls it, and "Ed25519" RFC 9864. */
const EDDSA = ["EdDSA", "Ed25519"] as const;
const HMAC = ["HS256"] as const;

/** How the PEM of every Ed25519 public key begins: the twelve bytes before the key itself (RFC 8410 section 10.1). */
const ED25519_SPKI = "MCowBQYDK2VwAyEA";

/** Whether there is anything by which a token might be checked. */
export function hasKeys(settings: KeySettings): boolean {
  return keySettingNames.some((name) => {
    const text = settings[name]?.trim() ?? "";
    return text !== "" && (isPublic(name) || secretBytes(text) !== undefined);
  });
}

/** The secret as a key; undefined where it is too short to be one. White space around it is not of it. */
export function secretBytes(text: string): Uint8Array | undefined {
  const bytes = new TextEncoder().encode(text.trim());
  return bytes.byteLength < limits.tokenSecretBytes ? undefined : bytes;
}

/** The keys that the settings hold. Only public ones need the library, which is loaded for them alone. */
export async function readKeys(settings: KeySettings): Promise<TokenKeys> {
  const keys: TokenKey[] = [];
  const problems: string[] = [];
  for (const setting of keySettingNames) {
    const text = settings[setting]?.trim() ?? "";
    if (text === "") continue;
    try {
      keys.push(isPublic(setting) ? await publicKey(setting, text) : secretKey(setting, text));
    } catch (error) {
      problems.push(`${setting}: ${error instanceof KeyFault ? error.message : "cannot be read"}`);
    }
  }
  return { keys, problems };
}

/** What is wrong with a key, in words that hold nothing of it. */
class KeyFault extends Error {}

function isPublic(name: KeySettingName): boolean {
  return name === "LARDER_PUBLIC_KEY" || name === "LARDER_PUBLIC_KEY_PREVIOUS";
}

function secretKey(setting: KeySettingName, text: string): TokenKey {
  const key = secretBytes(text);
  if (key !== undefined) return { setting, key, algorithms: HMAC };
  throw new KeyFault(
    `must be at least ${limits.tokenSecretBytes} bytes, and is not used: make one by openssl rand -base64 48`,
  );
}

async function publicKey(setting: KeySettingName, text: string): Promise<TokenKey> {
  const { importJWK, importSPKI } = await import("./jose.ts");
  try {
    if (text.startsWith("{")) {
      const { kty, crv, x, d } = JSON.parse(text) as JWK;
      if (d !== undefined) throw new KeyFault("holds a private key, and must hold the public one alone");
      if (kty !== "OKP" || crv !== "Ed25519" || x === undefined) throw new Error("another kind of key");
      return { setting, key: await importJWK({ kty, crv, x }, "EdDSA"), algorithms: EDDSA };
    }
    if (text.includes("PRIVATE KEY")) throw new KeyFault("holds a private key, and must hold the public one");
    const pem = asPem(text);
    // Not left to the import: workerd takes a key of P-256, too, and calls it one of Ed25519.
    if (!pem.includes(ED25519_SPKI)) throw new Error("another kind of key");
    return { setting, key: await importSPKI(pem, "EdDSA"), algorithms: EDDSA };
  } catch (error) {
    if (error instanceof KeyFault) throw error;
    throw new KeyFault("must be an Ed25519 public key, as SPKI PEM (-----BEGIN PUBLIC KEY-----) or as a JWK in JSON");
  }
}

/** A variable of one line has its breaks as `\n`, in two characters. */
export function asPem(text: string): string {
  return text.replaceAll("\\n", "\n");
}
