import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { KeysFlags } from "../commands/token.ts";
import { printed } from "../print.ts";
import { UsageError } from "../usage-error.ts";

/** Makes a pair of keys. The private one is written first: there is no public key in use without it. */
export async function keys({ privateKey: file }: KeysFlags): Promise<void> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519", {
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  try {
    writeFileSync(file, privateKey, { mode: 0o600, flag: "wx" });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UsageError(code === "EEXIST" ? `${file} is there already, and is left as it is` : `${file}: ${message}`);
  }
  await printed(publicKey);
}
