const stopSignals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Aborted by the first request to stop. Further ones change nothing: under `npm start`, Ctrl-C arrives twice, from the
 * terminal and from npm.
 */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of stopSignals) process.on(signal, () => controller.abort());
  if (process.env["npm_lifecycle_event"] !== undefined) onParentGone(() => controller.abort());
  return controller.signal;
}

/**
 * npm runs a script in a shell and signals the shell, which may die of it without telling its child; and npm itself may
 * be killed. All that is left to notice then is another parent.
 */
function onParentGone(gone: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    gone();
  }, 200);
  watch.unref();
}

/**
 * Calls `make` and takes off the signal listeners it added: Miniflare's end the process with 128 + the signal's number
 * before anything could be closed in order. Its listener for `exit` stays and kills workerd whatever else happens.
 */
export function withoutNewSignalListeners<T>(make: () => T): T {
  const before = new Map(stopSignals.map((signal) => [signal, new Set<unknown>(process.listeners(signal))]));
  const made = make();
  for (const [signal, known] of before) {
    for (const listener of process.listeners(signal)) if (!known.has(listener)) process.off(signal, listener);
  }
  return made;
}

/** Resolves when the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}
