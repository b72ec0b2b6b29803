import { setTimeout as delay } from "node:timers/promises";

/** Looks again and again until `look` gives something else than false or undefined. */
export async function until<T>(
  what: string,
  look: () => Promise<T | false | undefined>,
  withinMs = 10_000,
): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== false && seen !== undefined) return seen;
    if (performance.now() > deadlineMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await delay(20);
  }
}
