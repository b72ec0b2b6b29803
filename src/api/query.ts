import type * as v from "valibot";
import { LarderError } from "../../schema/errors.ts";
import { parse } from "../../schema/validate.ts";
import type { QuerySchema } from "./route.ts";

/** Characters of a refused name that an answer repeats. */
const SHOWN_CHARACTERS = 60;

/**
 * The query of a request, checked by the same schema as the call it stands for. Numbers and lists come as text.
 *
 * @throws LarderError `invalid-input` that names the parameter at fault: one that is ignored would be a silent drop
 */
export function parseQuery<Schema extends QuerySchema>(schema: Schema, request: Request): v.InferOutput<Schema> {
  const { entries } = schema;
  const query: Record<string, unknown> = {};
  for (const [name, text] of readQuery(request, Object.keys(entries))) query[name] = meantBy(entries[name], text);
  return parse(schema, query);
}

/** What a text means to a schema. What makes no number stays text, for the schema to refuse in its own words. */
function meantBy(schema: v.GenericSchema | undefined, text: string): unknown {
  switch (typeOf(schema)) {
    case "number":
      return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
    case "array":
      return text.split(",");
    default:
      return text;
  }
}

/** The type of what a schema takes, whatever it is wrapped in. */
function typeOf(schema: v.GenericSchema | undefined): string | undefined {
  return schema !== undefined && "wrapped" in schema ? typeOf(schema.wrapped as v.GenericSchema) : schema?.type;
}

/** The query parameters of a request, of which only `allowed` ones may be there, each at most once. */
function readQuery(request: Request, allowed: readonly string[]): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of new URL(request.url).searchParams) {
    if (!allowed.includes(name)) throw refusal(name, `is not a query parameter here; ${whatIs(allowed)}`);
    if (query.has(name)) throw refusal(name, "must be given only once");
    query.set(name, value);
  }
  return query;
}

function whatIs(allowed: readonly string[]): string {
  return allowed.length === 0 ? "this route takes none" : `this route takes ${allowed.join(", ")}`;
}

function refusal(name: string, fault: string): LarderError {
  const field = name.length > SHOWN_CHARACTERS ? `${name.slice(0, SHOWN_CHARACTERS)}…` : name;
  return new LarderError("invalid-input", `${field}: ${fault}`, { field });
}
