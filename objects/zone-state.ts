import type { ZoneOperation } from "../schema/zone.ts";
import { readMeta, writeMeta } from "./storage.ts";
import type { Level } from "./token-bucket.ts";

/** Where sending stands. All of it is in storage: an object may end at any time, and another goes on. */
export interface ZoneState {
  readonly level: Level;
  /** A request is under way, or was when an instance ended that has not heard of its answer. */
  readonly underWay: boolean;
  /** No request before then, and why. */
  readonly notBeforeMs: number;
  readonly hold: "none" | "pause" | "blocked";
  /** Requests in a row of which nothing came. */
  readonly failures: number;
  readonly requests: number;
  /** Operations that were confirmed, and those that were given up. */
  readonly sent: number;
  readonly refused: number;
  readonly lastSuccessAtMs?: number;
  readonly lastError?: {
    readonly atMs: number;
    readonly message: string;
    readonly operation?: ZoneOperation;
  };
}

const NAME = "zone";

const FRESH: ZoneState = {
  // As full as the plan allows: of those who may have drawn from it nothing is known.
  level: { tokens: Number.MAX_SAFE_INTEGER, atMs: 0 },
  underWay: false,
  notBeforeMs: 0,
  hold: "none",
  failures: 0,
  requests: 0,
  sent: 0,
  refused: 0,
};

export function readZoneState(sql: SqlStorage): ZoneState {
  const text = readMeta(sql, NAME);
  return text === undefined ? FRESH : (JSON.parse(text) as ZoneState);
}

export function writeZoneState(sql: SqlStorage, state: ZoneState): void {
  writeMeta(sql, NAME, JSON.stringify(state));
}
