import { setTimeout as delay } from "node:timers/promises";

/**
 * Asks each URL until it answers with anything but a server error.
 *
 * @throws when one of them still does not after `withinMs`, with what it last said
 */
export async function untilAnswering(urls: readonly string[], stop: AbortSignal, withinMs = 30_000): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  for (const url of urls) {
    for (;;) {
      if (stop.aborted) return;
      const said = await ask(url);
      if (said === "answers") break;
      if (performance.now() > deadlineMs) throw new Error(`${url} does not answer: ${said}`);
      await delay(50);
    }
  }
}

async function ask(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    const text = await response.text();
    return response.status < 500 ? "answers" : `${response.status} ${text.slice(0, 500)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
