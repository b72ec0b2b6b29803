import type { PurgeMode, PurgeRecord, Selector } from "./purge.ts";

/**
 * Purge records as they travel: JSON arrays, joined by commas, in the order of their sequence numbers. The log of a busy
 * namespace is sent to every isolate, so the form is a short one, and the object joins it without parsing what it has:
 * a third fewer bytes than records as objects, and a fifth of the object's time.
 */
export type EncodedRecords = string;

const KINDS: readonly (PurgeMode | "automatic")[] = ["hard", "soft", "erase", "automatic"];

type Encoded =
  | readonly [seq: number, selectors: readonly Selector[], kind?: number]
  | readonly [seq: number, revokes: number];

/** @param selectors as JSON */
export function encodePurge(seq: number, selectors: string, kind: PurgeMode | "automatic"): string {
  return kind === "hard" ? `[${seq},${selectors}]` : `[${seq},${selectors},${KINDS.indexOf(kind)}]`;
}

export function encodeRevocation(seq: number, revokes: number): string {
  return `[${seq},${revokes}]`;
}

export function decodeRecords(records: EncodedRecords): PurgeRecord[] {
  return (JSON.parse(`[${records}]`) as Encoded[]).map(([seq, what, code = 0]) => {
    if (typeof what === "number") return { seq, revokes: what };
    const kind = KINDS[code] ?? "hard";
    return kind === "automatic"
      ? { seq, selectors: what, mode: "hard", automatic: true }
      : { seq, selectors: what, mode: kind };
  });
}
