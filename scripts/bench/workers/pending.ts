/** Stands in for the module "cloudflare:workers" in a bundle, and tells when what a Worker does behind its answers has ended. */
import { waitUntil as keepAlive } from "cloudflare:workers";

export { DurableObject, env, RpcTarget, WorkerEntrypoint } from "cloudflare:workers";

const DUE_MS = 5_000;

let pending = new Set<Promise<unknown>>();

export function waitUntil(work: Promise<unknown>): void {
  keepAlive(work);
  const group = pending;
  group.add(work);
  const ended = () => void group.delete(work);
  work.then(ended, ended);
}

/** Resolves when everything has ended that was handed to `waitUntil`, also meanwhile. */
export async function settled(): Promise<void> {
  const dueAtMs = performance.now() + DUE_MS;
  while (pending.size > 0) {
    await Promise.race([Promise.allSettled(pending), scheduler.wait(DUE_MS)]);
    if (performance.now() >= dueAtMs) throw new Error("what a Worker does behind its answers does not end");
  }
}

/** Leaves what is pending out of account. */
export function forgetPending(): void {
  pending = new Set();
}
