/**
 * What finding the rule of a request costs: the compiled rules, and beside them one URLPattern after the other.
 *
 *     npm run bench:rules -- [--rounds 60] [--dry]
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { blocksOf, ratioOf, samplesOf, timing } from "./blocks.ts";
import { bundleModule } from "./bundles.ts";
import { inDirectory } from "./directory.ts";
import { printRatios, printRows } from "./report.ts";
import type { Ratio, Row } from "./results.ts";
import { record } from "./results.ts";
import { roundsOf } from "./rounds.ts";
import type { BenchCase } from "./workerd.ts";
import { benchmark, compatibilityDate, configuration } from "./workerd.ts";
import { contenders, rulesCases } from "./workers/rules-cases.ts";

/** The first rounds of a process warm its optimiser up, and are not counted. */
const WARM_UP_ROUNDS = 10;
const PROCESSES = 2;
/** The goal of the compiled rules, 500 of them included, in microseconds. */
const GOAL_US = 10;

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "60" }, dry: { type: "boolean", default: false } },
});
const rounds = roundsOf(values.rounds);

await inDirectory(main);

async function main(directory: string): Promise<void> {
  await bundleModule("scripts/bench/workers/rules.ts", join(directory, "rules.js"));
  const objects = join(directory, "objects");
  await mkdir(objects);
  const cases: BenchCase[] = [];
  for (let at = 0; at < PROCESSES; at += 1) {
    const settings = { ROUNDS: rounds + WARM_UP_ROUNDS, SEED: at * 1000 };
    const worker = { name: "rules", module: "rules.js", settings };
    cases.push(
      ...(await benchmark(directory, configuration([worker], objects, await compatibilityDate()), worker.name)),
    );
  }
  const blocks = blocksOf(cases, WARM_UP_ROUNDS);
  const rows: Row[] = [];
  const ratios: Record<string, Ratio> = {};
  for (const one of rulesCases) {
    const { name } = one;
    for (const { contender, batch } of contenders(one)) {
      const goal = contender === "compiled" ? { atMostUs: GOAL_US } : {};
      rows.push({ ...timing(`${contender}-${name}`, blocks, batch), ...goal });
    }
    const [compiled, linear] = contenders(one).map(({ contender, batch }) =>
      samplesOf(blocks.cpu, `${contender}-${name}`).map((cost) => cost / batch),
    );
    ratios[`${name}-over-urlpattern`] = ratioOf(compiled ?? [], linear ?? []);
  }
  if (!values.dry) await record({ benchmark: "rules", rows, ratios });
  printRows(rows);
  printRatios(ratios);
}
