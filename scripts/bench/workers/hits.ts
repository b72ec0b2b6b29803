import { cache } from "../../../src/client/index.ts";
import type Hop from "./hop.ts";
import { PAGE_BYTES, PAGE_URL, PAGES, page, pageRequest } from "./page.ts";
import { shuffled } from "./shuffle.ts";

/** What workerd hands the `bench` export of a Worker; @cloudflare/workers-types has no types for it. */
interface Bench {
  /** Times `body`, `batch` times in a row, once a sample. `setup` runs before a sample and is not timed. */
  run(
    name: string,
    body: () => Promise<void>,
    options: { samples: number; batch: number; warmup: 0; setup(): void },
  ): void;
  /** Keeps the optimiser from dropping what made `value`. */
  blackBox(value: unknown): void;
}

interface Env {
  readonly APP_BARE: Fetcher;
  readonly APP_IN_ISOLATE: Fetcher;
  readonly APP_HOP: Fetcher;
  readonly APP_OVER_RPC: Fetcher;
  readonly HOP: Service<Hop>;
  /** Blocks of each variant. */
  readonly ROUNDS: number;
  /** Hits in a block. */
  readonly BATCH: number;
  readonly SEED: number;
}

type Variants = Readonly<Record<string, (request: Request) => Promise<Response | undefined>>>;

const inIsolate = cache(PAGES);
const overRpc = cache({ ...PAGES, mode: "remote" });

/**
 * The ways to one cached page. Each round times a block of every variant, in an order of its own: a variant that leaves
 * garbage behind would otherwise always charge it to the same successor.
 */
export default {
  async bench(bench: Bench, env: Env): Promise<void> {
    await caches.default.put(PAGE_URL, page());
    const receipt = await inIsolate.put(pageRequest(), page());
    if (!receipt.stored) throw new Error(`the page was not stored: ${receipt.reason}`);
    const variants = Object.entries({ ...wholeHits(env), ...callsAlone(env) });
    for (let round = 0; round < env.ROUNDS; round++) {
      for (const [name, hit] of shuffled(variants, env.SEED + round)) block(bench, `${round}/${name}`, hit, env.BATCH);
    }
  },
};

/** A request to a Worker that answers it from the cache: what a hit costs whoever runs that Worker. */
function wholeHits({ APP_BARE, APP_IN_ISOLATE, APP_HOP, APP_OVER_RPC }: Env): Variants {
  return {
    "hit-bare": (request) => APP_BARE.fetch(request),
    "hit-bare-again": (request) => APP_BARE.fetch(request),
    "hit-in-isolate": (request) => APP_IN_ISOLATE.fetch(request),
    "hit-hop": (request) => APP_HOP.fetch(request),
    "hit-over-rpc": (request) => APP_OVER_RPC.fetch(request),
  };
}

/** The look-up alone, many in one request: nothing around it takes part. */
function callsAlone({ HOP }: Env): Variants {
  return {
    "match-bare": (request) => caches.default.match(request.url),
    "match-in-isolate": (request) => inIsolate.match(request),
    "match-hop": (request) => HOP.match(request.url),
    "match-over-rpc": (request) => overRpc.match(request),
  };
}

function block(bench: Bench, name: string, hit: Variants[string], batch: number): void {
  let requests: Request[] = [];
  const body = async (): Promise<void> => {
    const response = await hit(requests.pop() ?? pageRequest());
    const bytes = await response?.arrayBuffer();
    if (response?.status !== 200 || bytes?.byteLength !== PAGE_BYTES) throw new Error(`${name}: not a hit`);
    bench.blackBox(bytes);
  };
  // Every hit has a request object of its own, as in a Worker, and making it is not part of the hit.
  const setup = (): void => {
    requests = Array.from({ length: batch }, pageRequest);
  };
  bench.run(name, body, { samples: 1, batch, warmup: 0, setup });
}
