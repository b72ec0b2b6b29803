import fc from "fast-check";
import { inject, vi } from "vitest";
import "./provided.ts";
import { limits } from "../../schema/limits.ts";
import { DATA_CENTRES, program } from "./program.ts";
import { Run } from "./run.ts";

/** Programs a run of the tests tries, over all parts. */
const RUNS = 2_000;
/** Records in a view, so that programs overrun it. */
const VIEW_RECORDS = 3;

/** Makes the runtime what programs need: small views, a clock of their own, one store a data centre. */
export async function prepare(): Promise<readonly Cache[]> {
  (limits as { viewRecords: number }).viewRecords = VIEW_RECORDS;
  vi.useFakeTimers({ toFake: ["Date"] });
  // An object that cannot be reached is warned of, and here it often is.
  for (const method of ["warn", "error"] as const) vi.spyOn(console, method).mockReturnValue(undefined);
  return Promise.all(DATA_CENTRES.map((name) => caches.open(`model:${name}`)));
}

/** Tries this part's share of the programs. @throws with the seed and the shrunk program, when one fails */
export async function checkPart(part: number, parts: number): Promise<void> {
  const stores = await prepare();
  const asked = inject("model");
  const numRuns = Math.ceil((asked?.runs ?? RUNS) / parts);
  const seed = (asked?.seed ?? Math.trunc(Math.random() * 0x7fffffff)) + part;
  const path = asked?.path;
  let [trace, tried]: [readonly string[], number] = [[], 0];
  const begun = performance.now();
  const run = fc.asyncProperty(program, async (steps) => {
    const attempt = new Run(stores);
    try {
      await attempt.program(steps);
    } catch (error) {
      trace = attempt.trace;
      throw error;
    }
    tried += 1;
    if (tried % 500 === 0) {
      console.log(
        `model, part ${part}: ${tried} of ${numRuns} programs, seed ${seed}, ${Math.round((performance.now() - begun) / 1000)} s`,
      );
    }
  });
  const details = await fc.check(run, { numRuns, seed, ...(path === undefined ? {} : { path }) });
  vi.useRealTimers();
  vi.restoreAllMocks();
  if (!details.failed) return;
  const message =
    details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance);
  throw new Error(
    [
      message,
      `seed ${details.seed}, path ${details.counterexamplePath}, after ${details.numRuns} programs, shrunk ${details.numShrinks} times`,
      ...trace,
    ].join("\n"),
  );
}
