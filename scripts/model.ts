/**
 * The model test for longer than CI has time for, with the same code:
 *
 *     npm run model -- --runs 100000 --seed 7
 *
 * A failure prints its seed and its path: `--seed S --path P` tries that one program again.
 */
import { parseArgs } from "node:util";
import { createVitest } from "vitest/node";
import type {} from "../test/model/provided.ts";

process.env["CLOUDFLARE_CF_FETCH_ENABLED"] ??= "false";
process.env["WRANGLER_SEND_METRICS"] ??= "false";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "2000" }, seed: { type: "string" }, path: { type: "string" } },
});
const runs = wholeNumber("runs", values.runs);
const seed = values.seed === undefined ? Math.trunc(Math.random() * 0x7fffffff) : wholeNumber("seed", values.seed);
console.log(`${runs} programs, seed ${seed}`);

const vitest = await createVitest("test", { watch: false, project: ["runtime"], maxWorkers: 2 });
for (const project of vitest.projects) {
  project.provide("model", { runs, seed, ...(values.path === undefined ? {} : { path: values.path }) });
}
// Part 2 counts its seed from the next number on; one program is tried by part 1 alone.
await vitest.start([values.path === undefined ? "test/model/part" : "test/model/part-1"]);
if (vitest.state.getCountOfFailedTests() > 0) process.exitCode = 1;
await vitest.close();

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`--${name}: must be a whole number`);
  process.exit(2);
}
