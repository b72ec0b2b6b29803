import type { KeyGroup } from "../../schema/key-policy.ts";
import { limits } from "../../schema/limits.ts";

/** The group of a value; the empty string, which no group is named, for a value that is in none. */
export type Grouping = (value: string) => string;

/**
 * A value is in the first group whose pattern it matches. Values above `limits.groupedCharacters` are in none, and no
 * pattern is tried on them: how long one takes can grow with the square of the length, or worse.
 */
export function grouping(groups: readonly KeyGroup[]): Grouping {
  const compiled = groups.map(({ name, pattern, ignoreCase }) => ({
    name,
    pattern: new RegExp(pattern, ignoreCase === true ? "i" : ""),
  }));
  return (value) =>
    value.length > limits.groupedCharacters ? "" : (compiled.find(({ pattern }) => pattern.test(value))?.name ?? "");
}
