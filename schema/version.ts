import type * as v from "valibot";
import { LarderError } from "./errors.ts";

/**
 * A point in a namespace's purge log, as text: `<epoch>-<seq>`. Callers may keep it, send it on and hand it back
 * (`atLeast`), but not compare two of them: only those of one epoch are ordered.
 */
export type Version = string & v.Brand<"Version">;

/** A {@link Version} taken apart. */
export interface LogPoint {
  /** Random, made when the namespace is created: an emptied namespace never brings old entries back to life. */
  readonly epoch: string;
  /** The sequence number of the newest purge record known at that point; 0 before the first. */
  readonly seq: number;
}

export const VERSION_FORM = /^([0-9a-f]{16})-(0|[1-9][0-9]{0,14})$/;

export function formatVersion(point: LogPoint): Version {
  return `${point.epoch}-${point.seq}` as Version;
}

/** @throws LarderError `invalid-input` when `text` is not a version */
export function parseVersion(text: string, field: string): LogPoint {
  const match = VERSION_FORM.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new LarderError("invalid-input", `${field}: must be a version as a purge returned it, "<epoch>-<seq>"`, {
      field,
    });
  }
  return { epoch: match[1], seq: Number(match[2]) };
}

export function newEpoch(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
