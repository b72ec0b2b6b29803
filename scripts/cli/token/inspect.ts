import { decodeJwt, decodeProtectedHeader } from "jose";
import { LarderError } from "../../../schema/errors.ts";
import type { Claims } from "../../../schema/token.ts";
import { claimsIn, claimsOf, hasTokenForm, UNKNOWN_KEY } from "../../../src/api/claims.ts";
import { type KeySettings, keySettingNames, readKeys, type TokenKeys } from "../../../src/api/token-keys.ts";
import { clock, count, fromNow } from "../../../src/dashboard/app/format.ts";
import type { InspectFlags } from "../commands/token.ts";
import { Failure } from "../failure.ts";
import { say } from "../output/say.ts";
import { pairs } from "../output/table.ts";
import { UsageError } from "../usage-error.ts";
import { textIn } from "./input.ts";

interface Inspected {
  readonly claims: Claims;
  readonly algorithm: string;
  /** Whether the signature holds; null where there is nothing to check it by. */
  readonly signed: boolean | null;
  /** Why a coordinator would refuse it, as far as can be seen here. */
  readonly problem?: string;
}

/** Tells what a token says, and whether it holds. One that does not ends the command with 1, after what it says was told. */
export async function inspect(given: string, flags: InspectFlags): Promise<void> {
  const inspected = await look(await tokenIn(given), await keysBy(flags, process.env), Date.now());
  await say(flags, inspected, () => described(inspected));
  if (inspected.problem !== undefined) throw new Failure("token-invalid", inspected.problem);
}

/** @throws UsageError where it is no token at all */
export async function tokenIn(given: string): Promise<string> {
  const token = given === "-" ? await textIn("-", "the token") : given.trim();
  if (hasTokenForm(token)) return token;
  throw new UsageError("that is no signed token: one has three parts in base64url, with dots between");
}

/** What a token says, whoever has signed it. @throws UsageError where nothing can be read of it */
export function readClaims(token: string): { readonly payload: object; readonly algorithm: string } {
  try {
    return { payload: decodeJwt(token), algorithm: String(decodeProtectedHeader(token).alg ?? "none") };
  } catch {
    throw new UsageError("that is no signed token: its parts are not JSON in base64url");
  }
}

async function look(token: string, { keys, problems }: TokenKeys, nowMs: number): Promise<Inspected> {
  const [fault] = problems;
  if (fault !== undefined) throw new UsageError(fault);
  const { payload, algorithm } = readClaims(token);
  const claims = readable(payload);
  if (keys.length === 0) {
    const ended =
      claims.exp * 1000 <= nowMs ? { problem: `the token expired ${fromNow(new Date(claims.exp * 1000), nowMs)}` } : {};
    return { claims, algorithm, signed: null, ...ended };
  }
  try {
    await claimsOf(token, keys, nowMs);
    return { claims, algorithm, signed: true };
  } catch (error) {
    if (!(error instanceof LarderError)) throw error;
    return { claims, algorithm, signed: error.message !== UNKNOWN_KEY, problem: error.message };
  }
}

function readable(payload: object): Claims {
  try {
    return claimsIn(payload);
  } catch (error) {
    if (!(error instanceof LarderError)) throw error;
    throw new Failure("token-invalid", error.message);
  }
}

/** What is at hand to check a signature by: flags in the place of their variables. */
async function keysBy({ secretFile, publicKey }: InspectFlags, variables: NodeJS.ProcessEnv): Promise<TokenKeys> {
  const settings: KeySettings = {
    ...Object.fromEntries(keySettingNames.map((name) => [name, variables[name]])),
    ...(secretFile === undefined ? {} : { LARDER_SECRET: await textIn(secretFile, "the secret") }),
    ...(publicKey === undefined ? {} : { LARDER_PUBLIC_KEY: await textIn(publicKey, "the public key") }),
  };
  return readKeys(settings);
}

function described({ claims, algorithm, signed }: Inspected): string {
  const { jti, sub, iat, nbf, exp, larder } = claims;
  const time = (seconds: number) => `${clock(new Date(seconds * 1000))}, ${fromNow(new Date(seconds * 1000))}`;
  const { namespaces, caches, scopes, tagPrefix, maxEntries } = larder;
  return pairs([
    ["Id", jti],
    ...(sub === undefined ? [] : [["Subject", sub] as const]),
    ["Issued", time(iat)],
    ...(nbf === undefined ? [] : [["Not before", time(nbf)] as const]),
    ["Expires", time(exp)],
    ["Scopes", scopes.join(", ")],
    ["Namespaces", namespaces.join(", ")],
    ["Caches", caches === undefined ? "all" : caches.join(", ")],
    ["Purges by", tagPrefix === undefined ? "whatever its scopes allow" : `tags alone that begin with ${tagPrefix}`],
    ["A purge hits", maxEntries === undefined ? "as much as it names" : `at most ${count(maxEntries)} entries`],
    ["Signature", `${algorithm}; ${signatureIn(signed)}`],
  ]);
}

function signatureIn(signed: boolean | null): string {
  if (signed === null)
    return "not checked: set LARDER_SECRET or LARDER_PUBLIC_KEY, or give --secret-file or --public-key";
  return signed ? "it holds" : "it does not hold by any key at hand";
}
