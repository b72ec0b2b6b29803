import { LarderError } from "../../schema/errors.ts";
import type { Claims } from "../../schema/token.ts";
import { log } from "../telemetry/log.ts";
import { claimsOf } from "./claims.ts";
import type { Revoked } from "./revoked.ts";
import type { KeySettings, TokenKeys } from "./token-keys.ts";
import { hasKeys, readKeys } from "./token-keys.ts";

/** What tokens are checked by: one an isolate, as its settings do not change. */
export class Tokens {
  readonly #settings: KeySettings;
  readonly #revoked: Revoked;
  #keys: TokenKeys | undefined;

  constructor(settings: KeySettings, revoked: Revoked) {
    this.#settings = settings;
    this.#revoked = revoked;
  }

  /** Whether any can be valid. */
  get areTaken(): boolean {
    return hasKeys(this.#settings);
  }

  /** What is wrong with the settings, in sentences. */
  async problems(): Promise<readonly string[]> {
    return (await this.#read()).problems;
  }

  /**
   * The claims of a token that is signed by a key known here, is in its time, and has not been revoked.
   *
   * @throws LarderError `unauthorized` that says which of these it is not; `unreachable` where it cannot be learnt whether
   *   it has been revoked
   */
  async check(token: string, nowMs: number): Promise<Claims> {
    const { keys } = await this.#read();
    const claims = await claimsOf(token, keys, nowMs);
    await this.requireUnrevoked(claims.jti, nowMs);
    return claims;
  }

  /** @throws LarderError `unauthorized`, `unreachable` */
  async requireUnrevoked(id: string, nowMs: number): Promise<void> {
    if (!(await this.#revoked.has(id, nowMs))) return;
    throw new LarderError("unauthorized", `The token ${id} has been revoked; ask for another`);
  }

  /** What is read is kept, and not the promise of it: that would end with the request that began it. */
  async #read(): Promise<TokenKeys> {
    if (this.#keys !== undefined) return this.#keys;
    const read = await readKeys(this.#settings);
    if (this.#keys === undefined) {
      for (const problem of read.problems) log("error", "a key for tokens cannot be used", { problem });
    }
    this.#keys = read;
    return read;
  }
}
