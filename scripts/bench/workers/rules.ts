import { compileRules } from "../../../src/http/rule-match.ts";
import type { RulesCase } from "./rules-cases.ts";
import { contenders, rulesCases } from "./rules-cases.ts";
import { shuffled } from "./shuffle.ts";

/** What workerd hands the `bench` export of a Worker; @cloudflare/workers-types has no types for it. */
interface Bench {
  /** Times `body` once a sample. `setup` runs before and is not timed. */
  run(name: string, body: () => void, options: { samples: 1; batch: 1; warmup: 0; setup(): void }): void;
  /** Keeps the optimiser from dropping what made `value`. */
  blackBox(value: unknown): void;
}

interface Env {
  /** Blocks of each case. */
  readonly ROUNDS: number;
  readonly SEED: number;
}

interface Block {
  readonly name: string;
  prepare(): void;
  run(): void;
}

type Find = (method: string, url: string) => number | undefined;

export default {
  bench(bench: Bench, env: Env): void {
    const blocks = rulesCases.flatMap((one) => blocksOf(one, bench));
    for (let round = 0; round < env.ROUNDS; round += 1) {
      for (const one of shuffled(blocks, env.SEED + round)) {
        const options = { samples: 1, batch: 1, warmup: 0, setup: () => one.prepare() } as const;
        bench.run(`${round}/${one.name}`, () => one.run(), options);
      }
    }
  },
};

let pages = 0;

/** A request each of its own, as a Worker gets it: its URL is read inside what is timed. */
function blocksOf(one: RulesCase, bench: Bench): readonly Block[] {
  const { name, paths, request, fits } = one;
  const finders = { compiled: compiledOf(paths), linear: linearOf(paths) };
  return contenders(one).map(({ contender, batch }) => {
    const find = finders[contender];
    let requests: Request[] = [];
    return {
      name: `${contender}-${name}`,
      prepare: () => {
        requests = Array.from({ length: batch }, () => {
          pages += 1;
          return new Request(`https://shop.example${request(pages)}?size=l`);
        });
      },
      run: () => {
        for (const { method, url } of requests) {
          const found = find(method, url);
          if (found !== fits) throw new Error(`${contender}-${name}: ${found} instead of ${fits}`);
          bench.blackBox(found);
        }
      },
    };
  });
}

function compiledOf(paths: readonly string[]): Find {
  const matcher = compileRules(paths.map((path) => ({ path })));
  return (method, url) => matcher.first(method, url)?.index;
}

function linearOf(paths: readonly string[]): Find {
  const patterns = paths.map((pathname) => new URLPattern({ pathname }));
  return (_, url) => {
    const found = patterns.findIndex((pattern) => pattern.test(url));
    return found === -1 ? undefined : found;
  };
}
