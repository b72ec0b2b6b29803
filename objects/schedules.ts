import { Cron } from "croner";
import { asLarderError, LarderError } from "../schema/errors.ts";
import { limits } from "../schema/limits.ts";
import type { PurgeResult } from "../schema/purge.ts";
import type { CheckedPurgeRequest } from "../schema/purge-request.ts";
import { modeOf } from "../schema/purge-request.ts";
import type { CheckedWarmRequest, Refill } from "../schema/refill.ts";
import type { CheckedScheduleRequest, Schedule } from "../schema/schedule.ts";
import { newEpoch } from "../schema/version.ts";
import { log } from "../src/telemetry/log.ts";
import type { Timed } from "./alarm.ts";

/** Schedules that one run of the alarm carries out; the next follows at once. */
const AT_ONCE = 10;

interface Row extends Record<string, SqlStorageValue> {
  id: string;
  cron: string;
  time_zone: string;
  action: string;
  by: string;
  created_at_ms: number;
  next_at_ms: number;
  last: string | null;
}

type Last = { readonly atMs: number } & (
  | Pick<Extract<NonNullable<Schedule["last"]>, { purged: number }>, "purged" | "version" | "mode">
  | { readonly refill: string }
  | { readonly error: string }
);

/** What schedules do, as whoever calls for it would; who asks is for the history. */
export interface Actions {
  purge(request: CheckedPurgeRequest, by: string): Promise<Pick<PurgeResult, "purged" | "version">>;
  warm(request: CheckedWarmRequest, by: string): Promise<Pick<Refill, "id">>;
}

type Action = Pick<Schedule, "purge" | "warm">;

/**
 * Purges and refills that are made again and again, by the clock. A schedule is moved on after that has been made: should the object
 * end in between, it is made twice, which costs requests at most, and never not at all. What was missed while
 * the platform was away is made once.
 */
export class Schedules implements Timed {
  readonly slackMs = 0;
  readonly #sql: SqlStorage;
  readonly #actions: Actions;

  constructor(sql: SqlStorage, actions: Actions) {
    this.#sql = sql;
    this.#actions = actions;
  }

  /** @throws LarderError `invalid-input` for what never comes, and where there are too many already */
  add({ cron, timeZone, purge, warm }: CheckedScheduleRequest, by: string, nowMs: number): Schedule {
    const { many } = this.#sql.exec<{ many: number }>("SELECT COUNT(*) AS many FROM schedules").one();
    if (many >= limits.schedules) {
      const message = `schedule: a namespace has at most ${limits.schedules} schedules; remove one first`;
      throw new LarderError("invalid-input", message, { field: "schedule", limit: limits.schedules });
    }
    const id = newEpoch();
    this.#sql.exec(
      `INSERT INTO schedules (id, cron, time_zone, action, "by", created_at_ms, next_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?)`,
      ...[id, cron, timeZone, JSON.stringify({ purge, warm }), by, nowMs, nextMs(cron, timeZone, nowMs)],
    );
    return this.#one(id);
  }

  /** The next to come first. */
  list(): Schedule[] {
    return this.#sql.exec<Row>("SELECT * FROM schedules ORDER BY next_at_ms, id").toArray().map(scheduleOf);
  }

  /** The schedule that there is no more. @throws LarderError `not-found` */
  remove(id: string): Schedule {
    const removed = this.#one(id);
    this.#sql.exec("DELETE FROM schedules WHERE id = ?", id);
    return removed;
  }

  #one(id: string): Schedule {
    const [row] = this.#sql.exec<Row>("SELECT * FROM schedules WHERE id = ?", id);
    if (row === undefined) throw new LarderError("not-found", `id: there is no schedule ${id}`, { field: "id" });
    return scheduleOf(row);
  }

  nextDueMs(): number | undefined {
    const [row] = this.#sql.exec<{ at: number | null }>("SELECT MIN(next_at_ms) AS at FROM schedules");
    return row?.at ?? undefined;
  }

  async run(nowMs: number): Promise<"again" | undefined> {
    const due = this.#sql
      .exec<Row>("SELECT * FROM schedules WHERE next_at_ms <= ? ORDER BY next_at_ms LIMIT ?", nowMs, AT_ONCE)
      .toArray();
    for (const row of due) await this.#carryOut(row, nowMs);
    return due.length === AT_ONCE ? "again" : undefined;
  }

  async #carryOut({ id, cron, time_zone, action }: Row, nowMs: number): Promise<void> {
    const last = await this.#made(JSON.parse(action) as Action, `schedule:${id}`, nowMs);
    this.#sql.exec(
      "UPDATE schedules SET next_at_ms = ?, last = ? WHERE id = ?",
      nextMs(cron, time_zone, nowMs),
      JSON.stringify(last),
      id,
    );
  }

  /** What is refused, a purge by its guard for one, is refused until the next time. */
  async #made({ purge, warm }: Action, by: string, atMs: number): Promise<Last> {
    try {
      if (warm !== undefined) return { atMs, refill: (await this.#actions.warm(warm, by)).id };
      if (purge === undefined) return { atMs, error: "it says neither what to purge nor what to warm" };
      const { purged, version } = await this.#actions.purge(purge, by);
      return { atMs, purged, version, mode: modeOf(purge) };
    } catch (error) {
      const refusal = asLarderError(error);
      if (refusal === undefined) throw error;
      log("warn", "what was scheduled was refused", { by, code: refusal.code, refusal: refusal.message });
      return { atMs, error: refusal.message };
    }
  }
}

/**
 * When it comes next after that.
 *
 * @throws LarderError `invalid-input` where it never does, or the fields cannot be understood
 */
export function nextMs(cron: string, timeZone: string, afterMs: number): number {
  let next: Date | null;
  try {
    next = new Cron(cron, { timezone: timeZone, paused: true, mode: "5-part" }).nextRun(new Date(afterMs));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new LarderError("invalid-input", `cron: cannot be followed: ${why}`, { field: "cron" });
  }
  if (next === null)
    throw new LarderError("invalid-input", `cron: never comes (got ${JSON.stringify(cron)})`, { field: "cron" });
  return next.getTime();
}

function scheduleOf(row: Row): Schedule {
  const { atMs, ...last } = row.last === null ? { atMs: undefined } : (JSON.parse(row.last) as Last);
  return {
    id: row.id,
    cron: row.cron,
    timeZone: row.time_zone,
    ...(JSON.parse(row.action) as Action),
    by: row.by,
    createdAt: new Date(row.created_at_ms),
    nextAt: new Date(row.next_at_ms),
    ...(atMs === undefined ? {} : { last: { at: new Date(atMs), ...last } as NonNullable<Schedule["last"]> }),
  };
}
