import { createHash } from "node:crypto";
import type * as v from "valibot";
import { asLarderError } from "../../../schema/errors.ts";
import type { EndLine, NamespaceLine } from "../../../schema/export.ts";
import { FurtherLineSchema, NamespaceLineSchema } from "../../../schema/export.ts";
import { ExportCheck } from "../../../schema/export-check.ts";
import { parse } from "../../../schema/validate.ts";
import type { NumberedLine, Source } from "./lines.ts";
import { wrongLine } from "./wrong-line.ts";

/** A file that has been found to be a whole export. */
export interface CheckedExport {
  /** Of what decides: the same file has the same. */
  readonly id: string;
  readonly namespace: NamespaceLine;
  readonly counts: Omit<EndLine, "kind">;
}

/** Reads all of it. @throws Failure naming the line and the field at fault */
export async function checked(source: Source): Promise<CheckedExport> {
  const hash = createHash("sha256");
  let namespace: NamespaceLine | undefined;
  let check: ExportCheck | undefined;
  let end: EndLine | undefined;
  let last = 0;
  for await (const line of source.lines()) {
    last = line.number;
    within(source, last, () => {
      if (end !== undefined) throw wrongLine(source.name, last, "must not come after the end");
      if (namespace === undefined || check === undefined) {
        namespace = read(source, line, NamespaceLineSchema);
        check = new ExportCheck(namespace);
        hash.update(line.text);
        return;
      }
      const further = read(source, line, FurtherLineSchema);
      if (further.kind !== "end") check.add(further);
      else {
        const { kind: _, ...counts } = further;
        check.finish(counts);
        end = further;
      }
      if (further.kind !== "entry") hash.update(`\n${line.text}`);
    });
  }
  if (namespace === undefined || end === undefined) {
    throw wrongLine(
      source.name,
      last + 1,
      "is missing: the export was cut off, since its last line is of the kind end",
    );
  }
  const { kind: _, ...counts } = end;
  return { id: hash.digest("hex").slice(0, 16), namespace, counts };
}

function read<Schema extends v.GenericSchema>(
  { name }: Source,
  { number, text }: NumberedLine,
  schema: Schema,
): v.InferOutput<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw wrongLine(name, number, text.trim() === "" ? "is empty" : "is not JSON");
  }
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw wrongLine(name, number, "must be a JSON object");
  }
  return parse(schema, json);
}

/** What is thrown meanwhile tells of the line. */
function within({ name }: Source, number: number, work: () => void): void {
  try {
    work();
  } catch (error) {
    const refusal = asLarderError(error);
    if (refusal === undefined) throw error;
    const { field, limit } = refusal;
    throw wrongLine(name, number, refusal.message, {
      ...(field === undefined ? {} : { field }),
      ...(limit === undefined ? {} : { limit }),
    });
  }
}
