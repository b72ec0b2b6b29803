import { RESERVED_NAMESPACE } from "../schema/limits.ts";
import type { NamespaceOperations } from "../schema/rpc.ts";
import { log } from "../src/telemetry/log.ts";
import { readMeta, writeMeta } from "./storage.ts";

/**
 * Has a namespace noted in the directory, once something has been stored or purged in it: one that somebody has only asked
 * about, perhaps by a slip of the pen, is none that there is.
 */
export class Enlistment {
  readonly #ctx: DurableObjectState;
  readonly #directory: () => Pick<NamespaceOperations, "enlist">;
  #state: "unknown" | "asked" | "enlisted" = "unknown";

  constructor(ctx: DurableObjectState, directory: () => Pick<NamespaceOperations, "enlist">) {
    this.#ctx = ctx;
    this.#directory = directory;
  }

  /** Asks behind the present call; should that fail, with the next. */
  ensure(): void {
    if (this.#state !== "unknown") return;
    // Known for objects that are found by their names (developers.cloudflare.com/durable-objects/api/id, "name"), as all are.
    const { name } = this.#ctx.id;
    const isDone = name === undefined || name === RESERVED_NAMESPACE || this.#isNoted();
    this.#state = isDone ? "enlisted" : "asked";
    if (!isDone) this.#ctx.waitUntil(this.#ask(name));
  }

  #isNoted(): boolean {
    return readMeta(this.#ctx.storage.sql, "enlisted") !== undefined;
  }

  async #ask(name: string): Promise<void> {
    try {
      await this.#directory().enlist(name);
      writeMeta(this.#ctx.storage.sql, "enlisted", "1");
      this.#state = "enlisted";
    } catch (error) {
      this.#state = "unknown";
      log(
        "warn",
        "the namespace could not be noted in the directory, and will be with the next call",
        { namespace: name },
        error,
      );
    }
  }
}
