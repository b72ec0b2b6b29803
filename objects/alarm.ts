import { log } from "../src/telemetry/log.ts";

/** An alarm that is late by more than this has been lost: the platform gives up on one whose handler keeps failing. */
const LOST_MS = 5 * 60_000;
/** What has failed is tried again after this long. */
const AGAIN_AFTER_FAILURE_MS = 60_000;

/** A mechanism of the object that has something to do at a time. */
export interface Timed {
  /** How much later than it is due it may run, so that one alarm serves many. */
  readonly slackMs: number;
  /** When it is due next, read from what is stored; undefined when nothing is. May lie in the past. */
  nextDueMs(): number | undefined;
  /** Does what is due. `again`: it has stopped in the middle, and goes on at once. */
  run(nowMs: number): Promise<"again" | undefined> | "again" | undefined;
}

/**
 * The object's one alarm (developers.cloudflare.com/durable-objects/api/alarms), shared by all that has something to do
 * at a time: it comes for whatever is due first. What is due is in the storage of each mechanism, and nowhere else; the
 * alarm is worked out anew whenever it has run. A run may take 15 minutes
 * (developers.cloudflare.com/workers/platform/limits, "Duration"), but the next does not begin before it has ended: what
 * waits for a network is to wait for seconds.
 */
export class Alarm {
  readonly #storage: DurableObjectStorage;
  /** When it is set for, so that a put costs no look-up; undefined until it has been looked up once. */
  #atMs: number | null | undefined;

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Sees to it that the alarm comes for a mechanism, as soon as that is due by what it has stored. */
  async wake(mechanism: Timed): Promise<void> {
    const dueMs = mechanism.nextDueMs();
    if (dueMs !== undefined) await this.by(dueMs, mechanism.slackMs);
  }

  /** Sees to it that the alarm comes soon after `dueMs`, and sooner if something else is due before. */
  async by(dueMs: number, slackMs: number): Promise<void> {
    const setMs = await this.#lookUp();
    const nowMs = Date.now();
    const isLost = setMs !== null && setMs < nowMs - LOST_MS;
    // Setting an alarm is billed as a row written: one that is early enough stays.
    if (setMs !== null && !isLost && setMs <= Math.max(nowMs, dueMs + 2 * slackMs)) return;
    this.#atMs = isLost ? nowMs : Math.max(nowMs, dueMs + slackMs);
    await this.#storage.setAlarm(this.#atMs);
  }

  /** One run of the alarm: of each mechanism that is due. Sets the next while anything is left. */
  async run(mechanisms: readonly Timed[]): Promise<void> {
    // The one that has come is set no more; what is asked for meanwhile is.
    this.#atMs = null;
    const ends = await Promise.all(mechanisms.map((mechanism) => runIfDue(mechanism)));
    const nowMs = Date.now();
    for (const [at, mechanism] of mechanisms.entries()) {
      const end = ends[at];
      if (end === "again") await this.by(nowMs, 0);
      else if (end === "failed") await this.by(nowMs + AGAIN_AFTER_FAILURE_MS, mechanism.slackMs);
      else await this.#setFor(mechanism, nowMs);
    }
  }

  async #setFor(mechanism: Timed, nowMs: number): Promise<void> {
    const dueMs = mechanism.nextDueMs();
    if (dueMs !== undefined) await this.by(Math.max(nowMs, dueMs), mechanism.slackMs);
  }

  async #lookUp(): Promise<number | null> {
    if (this.#atMs !== undefined) return this.#atMs;
    const setMs = await this.#storage.getAlarm();
    // It may have been set, or have come, in the meantime: null is known, too.
    if (this.#atMs === undefined) this.#atMs = setMs;
    return this.#atMs;
  }
}

/** One that fails keeps no other from running, and is not left to the platform, which tries six times and then no more. */
async function runIfDue(mechanism: Timed): Promise<"again" | "failed" | undefined> {
  try {
    const nowMs = Date.now();
    const dueMs = mechanism.nextDueMs();
    if (dueMs === undefined || dueMs > nowMs) return undefined;
    return await mechanism.run(nowMs);
  } catch (error) {
    log("error", "what was due has failed, and is tried again in a minute", {}, error);
    return "failed";
  }
}
