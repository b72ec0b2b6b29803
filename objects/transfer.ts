import type { ExportPage, ExportRequest } from "../schema/export.ts";
import { ExportRequestSchema } from "../schema/export.ts";
import type {
  ImportCounts,
  ImportEntries,
  ImportedEntries,
  ImportPart,
  ImportRequest,
  ImportState,
} from "../schema/import.ts";
import {
  ImportCountsSchema,
  ImportEntriesSchema,
  ImportIdSchema,
  ImportPartSchema,
  ImportRequestSchema,
} from "../schema/import.ts";
import { NamespaceSchema } from "../schema/names.ts";
import { parse } from "../schema/validate.ts";
import type { Timed } from "./alarm.ts";
import type { Parts } from "./parts.ts";

/** Exports and imports as the object's callers ask for them; each change is one transaction. */
export class Transfer {
  readonly #ctx: DurableObjectState;
  readonly #parts: Parts;
  readonly #schedules: Timed;

  constructor(ctx: DurableObjectState, parts: Parts, schedules: Timed) {
    this.#ctx = ctx;
    this.#parts = parts;
    this.#schedules = schedules;
  }

  page(request: ExportRequest): ExportPage {
    const { after } = parse(ExportRequestSchema, request);
    return this.#parts.exporting.page(after, parse(NamespaceSchema, this.#ctx.id.name, "namespace"), Date.now());
  }

  async begin(request: ImportRequest): Promise<ImportState> {
    const checked = parse(ImportRequestSchema, request);
    const state = this.#transaction((nowMs) => this.#parts.importing.begin(checked, nowMs));
    await this.#parts.alarm.wake(this.#parts.importing);
    return state;
  }

  put(id: string, part: ImportPart): ImportState {
    const known = parse(ImportIdSchema, id, "id");
    const checked = parse(ImportPartSchema, part);
    return this.#transaction((nowMs) => this.#parts.importing.put(known, checked, nowMs));
  }

  async apply(id: string, counts: ImportCounts): Promise<ImportState> {
    const known = parse(ImportIdSchema, id, "id");
    const checked = parse(ImportCountsSchema, counts);
    const { alarm, enlistment, housekeeping, importing } = this.#parts;
    const { state, isNew } = this.#transaction((nowMs) => importing.apply(known, checked, nowMs));
    // All that this instance knows is of another log. Nobody may come in between: it would answer by that one.
    await this.#ctx.blockConcurrencyWhile(async () => {
      for (const mechanism of [housekeeping, importing, this.#schedules]) await alarm.wake(mechanism);
      if (!isNew) return;
      await this.#ctx.storage.sync();
      this.#ctx.abort("the namespace has taken over the log of another, and begins anew");
    });
    enlistment.ensure();
    return state;
  }

  async entries(id: string, entries: ImportEntries): Promise<ImportedEntries> {
    const known = parse(ImportIdSchema, id, "id");
    const checked = parse(ImportEntriesSchema, entries);
    const came = this.#transaction((nowMs) => this.#parts.importing.entries(known, checked, nowMs));
    await this.#parts.alarm.wake(this.#parts.housekeeping);
    return came;
  }

  end(id: string): ImportState {
    const known = parse(ImportIdSchema, id, "id");
    return this.#transaction(() => this.#parts.importing.end(known));
  }

  #transaction<Result>(work: (nowMs: number) => Result): Result {
    return this.#parts.recorder.transaction(undefined, work);
  }
}
