import type { ZoneOperation } from "../schema/zone.ts";

/**
 * Operations in one request. The overview of the limits has 100 for all kinds
 * (developers.cloudflare.com/cache/how-to/purge-cache), the pages about prefixes and hosts have 30.
 */
const MOST_AT_ONCE = { tag: 100, prefix: 30, host: 30 } as const;
/**
 * Operations that are kept, some twenty minutes' worth on the smallest plan. More are not waited for: the one that covers
 * the whole namespace takes their place.
 */
const MOST_KEPT = 10_000;

interface OutboxRow extends Record<string, SqlStorageValue> {
  id: number;
  kind: ZoneOperation["kind"];
  value: string;
  most: number;
}

/** An operation in the outbox. */
export interface Queued extends ZoneOperation {
  readonly id: number;
}

/** Operations that the zone has not yet confirmed. A row leaves when it has, or when it is given up, and never before. */
export class ZoneOutbox {
  readonly #sql: SqlStorage;
  /** Covers every other. */
  readonly #everything: ZoneOperation;
  /**
   * What is under way. In memory alone: after the object's instance has ended nobody will see the answer, so that it is
   * sent again.
   */
  #underWay: readonly Queued[] = [];

  constructor(sql: SqlStorage, everything: ZoneOperation) {
    this.#sql = sql;
    this.#everything = everything;
  }

  /**
   * Adds operations, in the caller's transaction. One that is there already is not added again, unless it is under way: it
   * may have been carried out before what it is now asked for was stored.
   */
  add(operations: readonly ZoneOperation[], nowMs: number): void {
    if (this.#isCovered()) return;
    const again = operations.flatMap((operation) => this.#underWay.filter((queued) => isSame(queued, operation)));
    this.#delete(again);
    this.#insert(operations, nowMs);
    if (this.count() > MOST_KEPT) this.add([this.#everything], nowMs);
    else this.#dropCovered();
  }

  /** Whether what covers all is queued, and not under way. */
  #isCovered(): boolean {
    const { kind, value } = this.#everything;
    const [row] = this.#sql.exec<{ id: number }>("SELECT id FROM outbox WHERE kind = ? AND value = ?", kind, value);
    return row !== undefined && !this.#underWay.some(({ id }) => id === row.id);
  }

  /** Drops what need not be sent any more. */
  #dropCovered(): void {
    const { kind, value } = this.#everything;
    if (this.#isCovered()) this.#sql.exec("DELETE FROM outbox WHERE kind <> ? OR value <> ?", kind, value);
  }

  #insert(operations: readonly ZoneOperation[], nowMs: number): void {
    const rows = operations.map(({ kind, value }) => [kind, value, MOST_AT_ONCE[kind]]);
    this.#sql.exec(
      `INSERT INTO outbox (kind, value, at_ms, most)
       SELECT value ->> 0, value ->> 1, ?, value ->> 2 FROM json_each(?) WHERE TRUE
       ON CONFLICT (kind, value) DO NOTHING`,
      nowMs,
      JSON.stringify(rows),
    );
  }

  /** The next operations for one request: of the kind of the oldest, and as many as each of them may be sent with. */
  take(): readonly Queued[] {
    this.#underWay = [];
    // A request for everything may have come to nothing, and what was queued beside it is covered by the next.
    this.#dropCovered();
    const rows = this.#sql
      .exec<OutboxRow>(
        `SELECT id, kind, value, most FROM outbox
         WHERE kind = (SELECT kind FROM outbox ORDER BY id LIMIT 1) ORDER BY id LIMIT ?`,
        MOST_AT_ONCE.tag,
      )
      .toArray();
    const batch: Queued[] = [];
    let limit = Number.POSITIVE_INFINITY;
    for (const { most, id, kind, value } of rows) {
      if (batch.length >= Math.min(limit, most)) continue;
      limit = Math.min(limit, most);
      batch.push({ id, kind, value });
    }
    this.#underWay = batch;
    return batch;
  }

  /** The zone has confirmed what was under way. What has been asked for again since has another number, and stays. */
  confirm(): void {
    this.#delete(this.#underWay);
    this.#underWay = [];
  }

  /** Nothing has come of what was under way: it is sent again. */
  putBack(): void {
    this.#underWay = [];
  }

  /**
   * What was under way was refused for one of its operations: each is sent with half as many others, until the one is
   * alone, which is given up.
   *
   * @returns the one that was given up
   */
  split(): ZoneOperation | undefined {
    const batch = this.#underWay;
    this.#underWay = [];
    const [only, ...others] = batch;
    if (only !== undefined && others.length === 0) {
      this.#delete(batch);
      return { kind: only.kind, value: only.value };
    }
    this.#sql.exec(
      "UPDATE outbox SET most = ? WHERE id IN (SELECT value FROM json_each(?))",
      Math.ceil(batch.length / 2),
      idsOf(batch),
    );
    return undefined;
  }

  #delete(queued: readonly Queued[]): void {
    if (queued.length === 0) return;
    this.#sql.exec("DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(?))", idsOf(queued));
  }

  count(): number {
    return this.#sql.exec<{ count: number }>("SELECT COUNT(*) AS count FROM outbox").one().count;
  }

  /** When the oldest was asked for; undefined when there is none. */
  oldestAtMs(): number | undefined {
    const [row] = this.#sql.exec<{ at_ms: number }>("SELECT at_ms FROM outbox ORDER BY id LIMIT 1");
    return row?.at_ms;
  }
}

function isSame(a: ZoneOperation, b: ZoneOperation): boolean {
  return a.kind === b.kind && a.value === b.value;
}

function idsOf(queued: readonly Queued[]): string {
  return JSON.stringify(queued.map(({ id }) => id));
}
