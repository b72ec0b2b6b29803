import type * as v from "valibot";
import { LarderError } from "../schema/errors.ts";
import type { LogLine, NamespaceLine } from "../schema/export.ts";
import { ExportCheck } from "../schema/export-check.ts";
import type {
  ImportCounts,
  ImportEntriesSchema,
  ImportedEntries,
  ImportPartSchema,
  ImportRequestSchema,
  ImportState,
} from "../schema/import.ts";
import { parseVersion } from "../schema/version.ts";
import type { Timed } from "./alarm.ts";
import { takeOver } from "./namespace-takeover.ts";
import { readMeta, writeMeta } from "./storage.ts";
import type { TagIndex } from "./tag-index.ts";

/** An import that nobody has gone on with for so long is forgotten. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

/** The one import there is, in `meta`: it is either gathering what is handed over, or has taken that over. */
interface Current extends ImportState {
  readonly namespace: NamespaceLine;
  readonly touchedAtMs: number;
}

/**
 * Makes this namespace the one that was exported. What decides (the log, deployments, schedules) is gathered in parts, since
 * a request holds no more, checked as a whole, and taken over in one transaction: all of it or nothing. Entries, on which
 * no correctness hangs, follow in transactions of their own.
 *
 * An instance of the object that has taken a log over is to be ended: all that it keeps in memory is of another epoch.
 */
export class NamespaceImport implements Timed {
  readonly slackMs = 60_000;
  readonly #storage: DurableObjectStorage;
  readonly #index: TagIndex;

  constructor(storage: DurableObjectStorage, index: TagIndex) {
    this.#storage = storage;
    this.#index = index;
  }

  /**
   * Forgets what was handed over for any import before, unless it is this one and has been taken over already.
   *
   * @throws LarderError `not-empty`
   */
  begin({ id, namespace, dryRun }: v.InferOutput<typeof ImportRequestSchema>, nowMs: number): ImportState {
    new ExportCheck(namespace);
    const current = this.#current();
    if (current?.id === id && current.state === "applied") return stateOf(current);
    this.#requireEmpty();
    const begun: Current = { id, state: "begun", namespace, touchedAtMs: nowMs };
    if (dryRun !== true) {
      this.#sql.exec("DELETE FROM import_parts");
      this.#write(begun);
    }
    return stateOf(begun);
  }

  /** @throws LarderError `not-found` where that import has not begun, or is done with */
  put(id: string, { part, lines }: v.InferOutput<typeof ImportPartSchema>, nowMs: number): ImportState {
    const current = this.#known(id);
    // Sent again, by somebody who has not heard that it was taken over.
    if (current.state === "applied") return stateOf(current);
    this.#sql.exec(
      "INSERT INTO import_parts (part, lines) VALUES (?1, ?2) ON CONFLICT (part) DO UPDATE SET lines = ?2",
      part,
      JSON.stringify(lines),
    );
    this.#write({ ...current, touchedAtMs: nowMs });
    return stateOf(current);
  }

  /**
   * Takes over what was handed over, inside a transaction. `isNew` says that this has happened just now.
   *
   * @throws LarderError `not-empty`; `invalid-input` where it is not whole, or does not fit together; `not-found`
   */
  apply(id: string, counts: ImportCounts, nowMs: number): { readonly state: ImportState; readonly isNew: boolean } {
    const current = this.#known(id);
    if (current.state === "applied") return { state: stateOf(current), isNew: false };
    this.#requireEmpty();
    const { namespace } = current;
    const check = new ExportCheck(namespace);
    for (const line of this.#lines()) check.add(line);
    check.finish(counts);
    takeOver(this.#sql, namespace, this.#lines(), nowMs);
    this.#sql.exec("DELETE FROM import_parts");
    const applied: Current = { ...current, state: "applied", touchedAtMs: nowMs };
    this.#write(applied);
    return { state: stateOf(applied), isNew: true };
  }

  /** Adds rows to the index, inside a transaction. One that is there already stays: it may have been stored since. */
  entries(id: string, { lines }: v.InferOutput<typeof ImportEntriesSchema>, nowMs: number): ImportedEntries {
    const current = this.#known(id);
    if (current.state !== "applied") {
      throw new LarderError("invalid-input", "lines: entries come after the log; apply the import first", {
        field: "lines",
      });
    }
    const { epoch, head } = current.namespace;
    const came = { added: 0, present: 0, expired: 0, foreign: 0 };
    for (const line of lines) {
      const asOf = parseVersion(line.asOf, "asOf");
      const expiresAtMs = Date.parse(line.expiresAt);
      if (asOf.epoch !== epoch || asOf.seq > head) came.foreign += 1;
      else if (expiresAtMs <= nowMs) came.expired += 1;
      else {
        const { key, url, cache, status, bytes, tags, permanent } = line;
        const entry = { key, url, cache, tags, permanent, asOfSeq: asOf.seq };
        const times = { storedAtMs: Date.parse(line.storedAt), freshUntilMs: Date.parse(line.freshUntil) };
        const isAdded = this.#index.restore({ entry, status, bytes, ...times, servableUntilMs: expiresAtMs });
        came[isAdded ? "added" : "present"] += 1;
      }
    }
    this.#write({ ...current, touchedAtMs: nowMs });
    return came;
  }

  /** Is done with an import, or gives it up: what was taken over stays. */
  end(id: string): ImportState {
    const current = this.#known(id);
    this.#forget();
    return stateOf(current);
  }

  nextDueMs(): number | undefined {
    const current = this.#current();
    return current === undefined ? undefined : current.touchedAtMs + ABANDONED_MS;
  }

  run(): undefined {
    this.#storage.transactionSync(() => this.#forget());
  }

  get #sql(): SqlStorage {
    return this.#storage.sql;
  }

  #forget(): void {
    this.#sql.exec("DELETE FROM import_parts");
    this.#sql.exec("DELETE FROM meta WHERE name = 'import'");
  }

  #current(): Current | undefined {
    const text = readMeta(this.#sql, "import");
    return text === undefined ? undefined : (JSON.parse(text) as Current);
  }

  #write(current: Current): void {
    writeMeta(this.#sql, "import", JSON.stringify(current));
  }

  #known(id: string): Current {
    const current = this.#current();
    if (current?.id === id) return current;
    throw new LarderError("not-found", `id: no import ${id} is under way here; begin it anew`, { field: "id" });
  }

  /** Counts, and leases of whoever has only looked something up, are no content. */
  #requireEmpty(): void {
    const [found] = this.#sql.exec<{ what: string }>(
      `SELECT 'has purges' AS what WHERE EXISTS (SELECT 1 FROM purges)
         OR EXISTS (SELECT 1 FROM meta WHERE name = 'floor' AND value <> '0')
       UNION ALL SELECT 'has entries' WHERE EXISTS (SELECT 1 FROM entries)
       UNION ALL SELECT 'has schedules' WHERE EXISTS (SELECT 1 FROM schedules)`,
    );
    if (found === undefined) return;
    const message = `namespace: ${found.what}, and an import needs one in which nothing has been stored, purged or scheduled; give another name`;
    throw new LarderError("not-empty", message, { field: "namespace" });
  }

  /** Part by part: together they may be more than the object's memory should hold. */
  *#lines(): Iterable<LogLine> {
    const numbers = this.#sql.exec<{ part: number }>("SELECT part FROM import_parts ORDER BY part").toArray();
    for (const { part } of numbers) {
      const { lines } = this.#sql.exec<{ lines: string }>("SELECT lines FROM import_parts WHERE part = ?", part).one();
      // Checked when they came.
      yield* JSON.parse(lines) as LogLine[];
    }
  }
}

function stateOf({ id, state }: Current): ImportState {
  return { id, state };
}
