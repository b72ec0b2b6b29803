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
  throw errorOf(result.issues[0], field);
}

/** All that is wrong with `input`, for those who would mend it at once: one error for each field at fault. */
export function problemsOf(schema: v.GenericSchema, input: unknown, field = ""): readonly LarderError[] {
  const errors = (v.safeParse(schema, input).issues ?? []).map((issue) => errorOf(issue, field));
  return errors.filter((error, at) => errors.findIndex((other) => other.field === error.field) === at);
}

/** What is said of a field that no schema knows. */
export const UNKNOWN_OPTION = "is not an option of Larder; check its spelling";

function errorOf(told: v.BaseIssue<unknown>, field: string): LarderError {
  const issue = innermost(told);
  const path = fieldPath(field, issue);
  const requirement = "requirement" in issue ? issue.requirement : undefined;
  return new LarderError("invalid-input", `${path || "input"}: ${describe(issue)}`, {
    field: path || "input",
    ...limitIn(requirement),
  });
}

/**
 * Of what may be an object or something else, and is an object, it is that object's field that is at fault. Issues inside a
 * union have their paths from there on.
 */
function innermost(issue: v.BaseIssue<unknown>): v.BaseIssue<unknown> {
  const inner = issue.type === "union" ? issue.issues?.find(({ path }) => path !== undefined) : undefined;
  if (inner?.path === undefined) return issue;
  return innermost({ ...inner, path: [...(issue.path ?? []), ...inner.path] });
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
  if (issue.type === "strict_object" && issue.expected === "never") return UNKNOWN_OPTION;
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
