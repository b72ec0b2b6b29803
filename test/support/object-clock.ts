import { afterEach, beforeEach, vi } from "vitest";

/** A day from now, so that no alarm set by this clock ever falls due by the real one. */
export const START = Date.now() + 24 * 3_600_000;

/** Lets tests of a file say what time it is, to the object too, but for its timers. */
export function useObjectClock(): { goTo(secondsAfterStart: number): void } {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["Date"], now: START });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  return { goTo: (secondsAfterStart) => void vi.setSystemTime(START + secondsAfterStart * 1000) };
}
