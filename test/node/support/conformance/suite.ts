import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case } from "../../../conformance/case.ts";
import { startLarder } from "../larder.ts";
import { freeBasePort } from "../ports.ts";
import { createClient } from "./client.ts";
import type { Fill } from "./lines.ts";
import { startOrigin } from "./origin.ts";
import { run } from "./run.ts";

/** A gateway in front of an origin that does as it is told, and every case run once. */
export interface Suite extends AsyncDisposable {
  /** What is wrong with a case, in sentences. */
  complaintsOf(id: string): Promise<readonly string[]>;
}

/** Cases under way at once: what two cores answer without one of them waiting for long. */
const AT_ONCE = 12;

/** Starts the gateway, and all cases at the same time: those that wait for a clock wait together. */
export async function startSuite(cases: readonly Case[]): Promise<Suite> {
  await using started = new AsyncDisposableStack();
  const stateDirectory = await mkdtemp(join(tmpdir(), "larder-conformance-"));
  started.defer(() => rm(stateDirectory, { recursive: true, force: true }));
  const urls = { gateway: "", origin: "" };
  const fill: Fill = (text) =>
    text
      .replaceAll("{gateway}", urls.gateway)
      .replaceAll("{authority}", urls.gateway.replace("http://", ""))
      .replaceAll("{origin}", urls.origin);
  const origin = started.use(await startOrigin());
  urls.origin = origin.url;
  const args = ["--port", String(await freeBasePort()), "--origin", origin.url, "--state", stateDirectory];
  const larder = started.use(await startLarder(args));
  urls.gateway = larder.coordinator;
  const ask = createClient(larder.coordinator);
  const turn = turns();
  const runs = new Map(cases.map((each) => [each.id, run({ origin, ask, fill, turn }, each)]));
  // Each is awaited by the test that is about it.
  for (const pending of runs.values()) pending.catch(() => undefined);
  const running = started.move();
  return {
    complaintsOf: (id) => runs.get(id) ?? Promise.reject(new Error(`there is no case ${id}`)),
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(runs.values());
      await running.disposeAsync();
    },
  };
}

/** Lets so many take part at once; who has begun before goes before who has not, lest a lifetime end meanwhile. */
function turns(): (hasBegun: boolean) => Promise<Disposable> {
  let taken = 0;
  const waiting: { readonly begun: (() => void)[]; readonly new: (() => void)[] } = { begun: [], new: [] };
  const over = () => {
    const next = waiting.begun.shift() ?? waiting.new.shift();
    if (next === undefined) taken -= 1;
    else next();
  };
  return async (hasBegun) => {
    if (taken < AT_ONCE) taken += 1;
    else await new Promise<void>((resolve) => waiting[hasBegun ? "begun" : "new"].push(resolve));
    return { [Symbol.dispose]: over };
  };
}
