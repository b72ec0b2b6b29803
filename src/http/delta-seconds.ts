/** RFC 9111 section 1.2.2: what stands for a number of seconds too large to be represented. */
export const MOST_DELTA_SECONDS = 2 ** 31;

/** The seconds of a `delta-seconds` (RFC 9111 section 1.2.2: digits, nothing else), or undefined where `text` is none. */
export function parseDeltaSeconds(text: string): number | undefined {
  return /^[0-9]+$/.test(text) ? Math.min(Number(text), MOST_DELTA_SECONDS) : undefined;
}
