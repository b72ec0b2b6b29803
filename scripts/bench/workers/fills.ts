import type { Burst, Contestant } from "../contestants.ts";
import { contestants, DATA_CENTRES } from "../contestants.ts";
import type Shop from "./fill-origin.ts";
import { bodyOf, requestFor } from "./page.ts";
import { shuffled } from "./shuffle.ts";

/** What workerd hands the `bench` export of a Worker; @cloudflare/workers-types has no types for it. */
interface Bench {
  /** Runs `body` once a sample, after `setup`. */
  run(
    name: string,
    body: () => Promise<void>,
    options: { samples: 1; batch: 1; warmup: 0; setup?(): Promise<void> },
  ): void;
}

interface Env {
  readonly SHOP: Service<Shop>;
  /** The directory to leave the findings in. */
  readonly REPORT: Fetcher;
  /** Bursts of each contestant. */
  readonly ROUNDS: number;
  /** Callers in a burst, spread evenly over the data centres. */
  readonly CALLERS: number;
  /** Under `<contestant>-<data centre>`, the app Workers. */
  readonly [app: `${Contestant}-${number}`]: Fetcher;
}

const ONCE = { samples: 1, batch: 1, warmup: 0 } as const;

/**
 * Bursts of callers of one cold key. Each round has one burst of each contestant, in an order of its own; what goes on
 * behind the answers of one has ended before the next begins.
 */
export default {
  async bench(bench: Bench, env: Env): Promise<void> {
    const bursts: Burst[] = [];
    for (const contestant of contestants) bench.run(`check/${contestant}`, () => check(env, contestant), ONCE);
    for (let round = 0; round < env.ROUNDS; round += 1) {
      for (const contestant of shuffled(contestants, round)) {
        const url = `http://shop.example/${contestant}/${round}`;
        const run = async () => void bursts.push(await burst(env, contestant, url));
        bench.run(`${round}/${contestant}`, run, { ...ONCE, setup: quiet });
      }
    }
    const report = async () => {
      const { ok } = await env.REPORT.fetch("http://report/bursts.json", {
        method: "PUT",
        body: JSON.stringify(bursts),
      });
      if (!ok) throw new Error("the report could not be written");
    };
    bench.run("report", report, ONCE);
  },
};

/** A caller each begins at once; none has been answered when the last begins. */
async function burst(env: Env, contestant: Contestant, url: string): Promise<Burst> {
  const requests = Array.from({ length: env.CALLERS }, () => requestFor(url));
  const bodies: string[] = [];
  const waitsMs = await Promise.all(
    requests.map(async (request, at) => {
      const begunAtMs = performance.now();
      const response = await app(env, contestant, at % DATA_CENTRES).fetch(request);
      bodies.push(await response.text());
      return performance.now() - begunAtMs;
    }),
  );
  if (bodies.some((body) => body !== bodyOf(url))) throw new Error(`${contestant}: a caller got a wrong answer`);
  return { contestant, originRequests: await env.SHOP.requests(url), waitsMs };
}

/** Whether it answers rightly in each data centre, and asks the origin once where it is asked twice. */
async function check(env: Env, contestant: Contestant): Promise<void> {
  const urls = Array.from({ length: DATA_CENTRES }, (_, at) => `http://shop.example/${contestant}/check/${at}`);
  for (const caller of ["first", "second"]) {
    for (const [dataCentre, url] of urls.entries()) {
      const response = await app(env, contestant, dataCentre).fetch(requestFor(url));
      if (response.status !== 200 || (await response.text()) !== bodyOf(url)) {
        throw new Error(`${contestant}: the ${caller} caller got a wrong answer`);
      }
    }
    await quiet();
  }
  for (const url of urls) {
    const originRequests = await env.SHOP.requests(url);
    if (originRequests !== (contestant === "uncached" ? 2 : 1)) {
      throw new Error(`${contestant}: ${originRequests} origin requests for two callers, one after the other`);
    }
  }
}

function app(env: Env, contestant: Contestant, dataCentre: number): Fetcher {
  const found = env[`${contestant}-${dataCentre}`];
  if (found === undefined) throw new Error(`${contestant}: no binding for data centre ${dataCentre}`);
  return found;
}

const TICK_MS = 10;
const MOST_TICKS = 300;

/** Waits until the process, which has one thread, has nothing else to do: until timers have come on time for a while. */
async function quiet(): Promise<void> {
  let onTime = 0;
  for (let tick = 0; tick < MOST_TICKS && onTime < 10; tick += 1) {
    const begunAtMs = performance.now();
    await scheduler.wait(TICK_MS);
    onTime = performance.now() - begunAtMs <= TICK_MS + 3 ? onTime + 1 : 0;
  }
}
