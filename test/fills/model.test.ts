import fc from "fast-check";
import { afterEach, beforeEach, inject, test, vi } from "vitest";
import "../model/provided.ts";
import { program } from "./program.ts";
import { Run } from "./run.ts";

/** Programs a run of the tests tries. */
const RUNS = 300;

beforeEach(() => {
  // A day from now, so that no alarm set by this clock falls due by the real one. The objects' timers are these too.
  const toFake = ["Date", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] as const;
  vi.useFakeTimers({ toFake: [...toFake], now: Date.now() + 24 * 3_600_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

test("whoever asks is told what the model allows, and nobody waits for ever", { timeout: 0 }, async () => {
  const asked = inject("model");
  const numRuns = asked?.runs ?? RUNS;
  const seed = asked?.seed ?? Math.trunc(Math.random() * 0x7fffffff);
  const path = asked?.path;
  let trace: readonly string[] = [];
  const begun = performance.now();
  const property = fc.asyncProperty(program, async (steps) => {
    const run = new Run();
    try {
      await run.program(steps);
    } catch (error) {
      trace = run.trace;
      throw error;
    }
  });
  const details = await fc.check(property, { numRuns, seed, ...(path === undefined ? {} : { path }) });
  const seconds = Math.round((performance.now() - begun) / 1000);
  console.log(`fills: ${details.numRuns} programs, seed ${seed}, ${seconds} s`);
  if (!details.failed) return;
  const { errorInstance, counterexamplePath } = details;
  throw new Error([String(errorInstance), `seed ${seed}, path ${counterexamplePath}`, ...trace].join("\n"));
});
