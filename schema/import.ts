import * as v from "valibot";
import { EntryLineSchema, LogLineSchema, NamespaceLineSchema } from "./export.ts";
import { wholeNumber } from "./fields.ts";
import { limits } from "./limits.ts";

/** What an import is called by: the same file has the same name, so that one that was cut off is gone on with. */
export const ImportIdSchema = v.pipe(
  v.string("must be a string"),
  v.regex(/^[0-9a-f]{16}$/, "must be 16 hexadecimal digits"),
);

/** Begins an import: what was handed over for another, and not taken over, is forgotten. */
export const ImportRequestSchema = v.strictObject({
  id: ImportIdSchema,
  namespace: NamespaceLineSchema,
  /** Changes nothing, and tells whether it could begin. */
  dryRun: v.optional(v.literal(true, "must be true, or left out")),
});

export type ImportRequest = v.InferInput<typeof ImportRequestSchema>;

/** How far an import is: what is handed over is put by (`begun`), or has been taken over, and entries may follow. */
export interface ImportState {
  readonly id: string;
  readonly state: "begun" | "applied";
}

function lines<Line extends v.GenericSchema>(line: Line) {
  return v.pipe(
    v.array(line, "must be an array of lines"),
    v.maxLength(limits.importLines, `must hold at most ${limits.importLines} lines`),
  );
}

/** Lines of the log, deployments and schedules, in the order of the file. */
export const ImportPartSchema = v.strictObject({
  /** 0, 1, 2 …: a part that is sent again takes the place of itself. */
  part: wholeNumber(1_000_000),
  lines: lines(LogLineSchema),
});

export type ImportPart = v.InferInput<typeof ImportPartSchema>;

/** How much was handed over: what is taken over must be no less. */
export const ImportCountsSchema = v.strictObject({
  records: wholeNumber(Number.MAX_SAFE_INTEGER),
  deployments: wholeNumber(Number.MAX_SAFE_INTEGER),
  schedules: wholeNumber(Number.MAX_SAFE_INTEGER),
});

export type ImportCounts = v.InferOutput<typeof ImportCountsSchema>;

/** Entries, once the log has been taken over. */
export const ImportEntriesSchema = v.strictObject({ lines: lines(EntryLineSchema) });

export type ImportEntries = v.InferInput<typeof ImportEntriesSchema>;

/** What became of entries that were handed over. */
export interface ImportedEntries {
  readonly added: number;
  /** There was one under that key already. */
  readonly present: number;
  readonly expired: number;
  /** Of another log, or stored under more of it than was exported. */
  readonly foreign: number;
}
