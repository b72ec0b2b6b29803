/**
 * What a cold key costs: how often 1,000 callers at once make Larder, and others, ask the origin, and how long they
 * wait; and what a miss that nobody else waits for costs, against a bare round trip to a Durable Object.
 * docs/performance.md tells how.
 *
 *     npm run bench:fills -- [--rounds 7]
 */
import { parseArgs } from "node:util";
import { inDirectory } from "./directory.ts";
import { callersOfOneKey } from "./fill-callers.ts";
import { lonelyMisses } from "./fill-misses.ts";
import { printRatios, printRows } from "./report.ts";
import { record } from "./results.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "7" } } });
const rounds = Number(values.rounds);
if (!(Number.isSafeInteger(rounds) && rounds > 0 && rounds <= 100)) {
  console.error("--rounds: must be a whole number from 1 to 100");
  process.exit(2);
}

await inDirectory(main);

async function main(directory: string): Promise<void> {
  const misses = await lonelyMisses(directory);
  const [originRequests, ...waits] = await callersOfOneKey(directory, rounds);
  if (originRequests === undefined) throw new Error("no rows");
  await record({ benchmark: "fills", rows: [originRequests, ...waits, ...misses.rows], ratios: misses.ratios });
  printRows([originRequests]);
  printRows(waits);
  printRows(misses.rows);
  printRatios(misses.ratios);
}
