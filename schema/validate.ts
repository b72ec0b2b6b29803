import * as v from "valibot";
import { LarderError } from "./errors.ts";

/**
 * Checks `input` against `schema` and returns the checked value.
 *
 * @param field the name of the whole input in messages, empty for an options object whose own fields are named
 * @throws LarderError `invalid-input`, naming the first field at fault, what is wrong with it and its limit
 */
export function parse<TSchema extends v.GenericSchema>(
  schema: TSchema,
  input: unknown,
  field = "",
): v.InferOutput<TSchema> {
  const result = v.safeParse(schema, input, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = fieldPath(field, issue);
  const requirement = "requirement" in issue ? issue.requirement : undefined;
  throw new LarderError("invalid-input", `${path || "input"}: ${describe(issue)}`, {
    field: path || "input",
    ...limitIn(requirement),
  });
}

const limitOfCheck = new WeakMap<object, number>();

/** A check that something measured of the input is within a limit, which its error then names. */
export function atMost<Input>(limit: number, measure: (input: Input) => number, message: string) {
  const isWithin = (input: Input) => measure(input) <= limit;
  limitOfCheck.set(isWithin, limit);
  return v.check(isWithin, message);
}

function limitIn(requirement: unknown): { limit?: number } {
  if (typeof requirement === "number") return { limit: requirement };
  const limit = typeof requirement === "function" ? limitOfCheck.get(requirement) : undefined;
  return limit === undefined ? {} : { limit };
}

function fieldPath(field: string, issue: v.BaseIssue<unknown>): string {
  return (issue.path ?? []).reduce((path, item) => {
    if (typeof item.key === "number") return `${path}[${item.key}]`;
    const name = shortened(String(item.key));
    return path === "" ? name : `${path}.${name}`;
  }, field);
}

function describe(issue: v.BaseIssue<unknown>): string {
  if (issue.type === "strict_object" && issue.expected === "never")
    return "is not an option of Larder; check its spelling";
  if (issue.type === "strict_object" && issue.input === undefined) return "is required";
  return `${issue.message} (got ${preview(issue.input)})`;
}

/** A short, safe rendering of a refused value: long ones are cut, so an error never carries a whole body. */
function preview(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(shortened(value));
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value !== null && typeof value === "object") return "an object";
  return typeof value === "function" ? "a function" : shortened(String(value));
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
