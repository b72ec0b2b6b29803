import { cache } from "../../../src/client/index.ts";
import type MeasuredCoordinator from "./misses-coordinator.ts";
import { bodyOf, PAGES, page, requestFor } from "./page.ts";
import { forgetPending, settled } from "./pending.ts";
import { shuffled } from "./shuffle.ts";

/** What workerd hands the `bench` export of a Worker; @cloudflare/workers-types has no types for it. */
interface Bench {
  /** Times `body` once a sample. `setup` runs before and is not timed. */
  run(
    name: string,
    body: () => Promise<void>,
    options: { samples: 1; batch: 1; warmup: 0; setup(): Promise<void> },
  ): void;
}

interface Env {
  readonly LARDER: Service<MeasuredCoordinator>;
  /** Blocks of each case. */
  readonly ROUNDS: number;
  readonly SEED: number;
}

/**
 * With the longest bound, nothing but the misses themselves takes place: the view is not renewed meanwhile, and counts
 * travel with the calls.
 */
const pages = cache({ ...PAGES, purgeLagSeconds: 3600 });

/** Misses of a page of its own each, from an origin that takes no time, and what they are made of. */
export default {
  async bench(bench: Bench, env: Env): Promise<void> {
    await check();
    const cases = Object.entries(casesOf(env));
    let pageNumber = 0;
    for (let round = 0; round < env.ROUNDS; round += 1) {
      for (const [name, run] of shuffled(cases, env.SEED + round)) {
        let request = requestFor("http://shop.example/");
        const setup = async () => {
          await settled();
          pageNumber += 1;
          request = requestFor(`http://shop.example/products/${pageNumber}?size=l`);
        };
        bench.run(`${round}/${name}`, () => run(request), { samples: 1, batch: 1, warmup: 0, setup });
      }
    }
  },
};

function casesOf({ LARDER }: Env): Readonly<Record<string, (request: Request) => Promise<void>>> {
  return {
    // What RPC returns is no Promise, and would not be waited for.
    "round-trip": async () => await LARDER.nothing(PAGES.namespace),
    "round-trip-write": async () => await LARDER.writeRow(PAGES.namespace),
    "miss-bare": missByHand,
    "miss-larder-answer": missThroughLarder,
    "miss-larder": async (request) => {
      await missThroughLarder(request);
      await settled();
    },
  };
}

async function missThroughLarder(request: Request): Promise<void> {
  const response = await pages.wrap(request, () => page(bodyOf(request.url)));
  await expectPage(request, response);
}

async function missByHand(request: Request): Promise<void> {
  if ((await caches.default.match(request.url)) !== undefined) throw new Error(`${request.url}: a hit`);
  const response = page(bodyOf(request.url));
  const stored = caches.default.put(request.url, response.clone());
  await expectPage(request, response);
  await stored;
}

async function expectPage({ url }: Request, response: Response): Promise<void> {
  if ((await response.text()) !== bodyOf(url)) throw new Error(`${url}: a wrong answer`);
}

/** Whether a miss is one, and is stored. It also begins the one delayed hand-over of counts, which is not waited for. */
async function check(): Promise<void> {
  const url = "http://shop.example/check";
  let loads = 0;
  const ask = async () => {
    const request = requestFor(url);
    const load = () => {
      loads += 1;
      return page(bodyOf(url));
    };
    await expectPage(request, await pages.wrap(request, load));
  };
  await ask();
  for (let tries = 0; tries < 100 && (await pages.match(requestFor(url))) === undefined; tries += 1) {
    await scheduler.wait(10);
  }
  await ask();
  if (loads !== 1) throw new Error(`${loads} origin requests for two callers, one after the other`);
  forgetPending();
}
