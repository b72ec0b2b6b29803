import { LarderError } from "../../schema/errors.ts";
import type { NamespaceOperations } from "../../schema/rpc.ts";

/** For so long an isolate goes by what it was told: the longest that a revoked token is still taken. */
const KEPT_MS = 5_000;

interface Known {
  readonly revision: string;
  readonly ids: ReadonlySet<string>;
  /** When it was asked for, and not when it came: what was revoked in between may not be in it. */
  readonly askedAtMs: number;
}

/** What an isolate knows of the tokens that are revoked. */
export class Revoked {
  readonly #directory: () => Pick<NamespaceOperations, "revocations">;
  #known: Known | undefined;

  constructor(directory: () => Pick<NamespaceOperations, "revocations">) {
    this.#directory = directory;
  }

  /**
   * Whether a token is revoked. Where the directory cannot be asked, that is not known, and nobody is let in.
   *
   * @throws LarderError `unreachable`
   */
  async has(id: string, nowMs: number): Promise<boolean> {
    const known = this.#known;
    const isRecent = known !== undefined && nowMs >= known.askedAtMs && nowMs - known.askedAtMs < KEPT_MS;
    return (isRecent ? known : await this.#ask(known, nowMs)).ids.has(id);
  }

  /** Each request asks for itself: one that waited for another's question would fail when that request ends. */
  async #ask(known: Known | undefined, nowMs: number): Promise<Known> {
    const told = await this.#directory()
      .revocations(known?.revision ?? null)
      .catch(() => {
        throw new LarderError(
          "unreachable",
          "It cannot be learnt now whether the token has been revoked, and until then it is not taken; send the request again",
        );
      });
    const ids = told.ids === undefined ? (known?.ids ?? new Set<string>()) : new Set(told.ids);
    const next = { revision: told.revision, ids, askedAtMs: nowMs };
    // An answer that was asked for earlier, and came later, says less.
    if (this.#known === undefined || this.#known.askedAtMs <= nowMs) this.#known = next;
    return next;
  }
}
