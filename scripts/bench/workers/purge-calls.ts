import { limits } from "../../../schema/limits.ts";
import type { PurgeRequest } from "../../../schema/purge-request.ts";
import type { LogPoint } from "../../../schema/version.ts";
import { blocksOf } from "./purge-judging.ts";
import type { FilledNamespace } from "./purge-namespace.ts";
import { CACHE, TAG } from "./purge-namespace.ts";
import { shuffled } from "./shuffle.ts";

export { FilledNamespace } from "./purge-namespace.ts";

/** What workerd hands the `bench` export of a Worker; @cloudflare/workers-types has no types for it. */
interface Bench {
  /** Times `body`, `batch` times in a row, once a sample. `setup` runs before a sample and is not timed. */
  run(name: string, body: () => unknown, options: { samples: number; batch: number; warmup: 0; setup?(): void }): void;
  /** Keeps the optimiser from dropping what made `value`. */
  blackBox(value: unknown): void;
}

interface Env {
  readonly NAMESPACES: DurableObjectNamespace<FilledNamespace>;
  /** Blocks of each case. */
  readonly ROUNDS: number;
  /** Entries judged in a block. */
  readonly JUDGED: number;
  /** Records in a view. */
  readonly RECORDS: number;
  readonly SEED: number;
}

/** The objects, by the number of entries they hold. */
const SIZES = { "10": 10, "1k": 1_000, "10k": 10_000, "1m": 1_000_000 } as const;
type Size = keyof typeof SIZES;

/** Each hits every entry of the object it is made in. */
const PURGES: readonly { readonly name: string; readonly size: Size; readonly request: PurgeRequest }[] = [
  { name: "purge-10", size: "10", request: { cache: CACHE, tags: [TAG] } },
  { name: "purge-1k", size: "1k", request: { cache: CACHE, tags: [TAG] } },
  { name: "purge-10k", size: "10k", request: { cache: CACHE, tags: [TAG] } },
  { name: "purge-1m", size: "1m", request: { cache: CACHE, tags: [TAG] } },
  { name: "purge-1m-by-prefix", size: "1m", request: { cache: CACHE, prefix: "https://shop.example/products/" } },
  { name: "purge-1m-by-cache", size: "1m", request: { cache: CACHE, everything: true } },
];

const ONCE = { samples: 1, batch: 1, warmup: 0 } as const;

/**
 * Purges of a tag that 10, 1,000, 10,000 and 1,000,000 entries carry, and verdicts by views full of purges. Each round times
 * one of each, in an order of its own. Cases named `renew` only put back what a purge has changed.
 */
export default {
  async bench(bench: Bench, env: Env): Promise<void> {
    await env.NAMESPACES.getByName("slice").keepSlice(env.RECORDS);
    const namespaces = await Promise.all(
      (Object.keys(SIZES) as Size[]).map(async (size) => {
        await env.NAMESPACES.getByName(size).fill(SIZES[size]);
        return new FilledObject(size, env);
      }),
    );
    const purges = PURGES.map(({ name, size, request }) => {
      const namespace = namespaces.find((one) => one.size === size);
      return { name, run: async () => namespace?.purge(request) };
    });
    const judging = blocksOf(env.RECORDS, env.JUDGED);
    for (let round = 0; round < env.ROUNDS; round += 1) {
      for (const namespace of namespaces) bench.run(`${round}/renew-${namespace.size}`, () => namespace.renew(), ONCE);
      for (const one of shuffled([...purges, ...judging], env.SEED + round)) {
        const name = `${round}/${one.name}`;
        if ("run" in one) bench.run(name, one.run, ONCE);
        else bench.run(name, () => bench.blackBox(one.judge()), { ...ONCE, setup: () => one.prepare() });
      }
    }
  },
};

/** An object with entries to purge, as its one caller knows it. */
class FilledObject {
  readonly size: Size;
  readonly #env: Env;
  #since: LogPoint | null = null;

  constructor(size: Size, env: Env) {
    this.size = size;
    this.#env = env;
  }

  async purge(request: PurgeRequest): Promise<void> {
    const reply = await this.#stub().purge({ since: this.#since }, request, "bench");
    if (!("version" in reply) || reply.purged !== SIZES[this.size]) {
      throw new Error(`purged ${reply.purged} of ${this.size} entries`);
    }
    this.#since = { epoch: reply.log.epoch, seq: reply.log.head };
  }

  /** More entries than these are not judged one by one, so it makes no difference whether they are in force. */
  async renew(): Promise<void> {
    if (this.#since !== null && SIZES[this.size] <= limits.countedEntries) await this.#stub().renew(this.#since);
  }

  /** Anew each time: a case is a request of its own, and a stub belongs to the one it was made in. */
  #stub(): DurableObjectStub<FilledNamespace> {
    return this.#env.NAMESPACES.getByName(this.size);
  }
}
