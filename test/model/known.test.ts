import { afterEach, expect, it, vi } from "vitest";
import { prepare } from "./check.ts";
import { known } from "./known.ts";
import { Run } from "./run.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it.each(Object.keys(known))("%s", async (name) => {
  const run = new Run(await prepare());
  const failure = await run.program(known[name] ?? []).catch((error: unknown) => error);
  expect(failure, run.trace.join("\n")).toBeUndefined();
});
