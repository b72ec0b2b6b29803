import type { PatternPart } from "./path-pattern.ts";

/** Each more multiplies the ways to divide a path by its length. */
const MOST_WILDCARDS = 3;

/**
 * What in a pattern repeats something that itself repeats, such as `((?:a+)+)` or `**`: there may be exponentially many
 * ways to divide a path between the two, and V8 tries them all before it says no. Many wildcards in one pattern are the
 * same on a smaller scale. It is a simple look at the signs, not a proof: alternatives that begin alike, `(?:a|ab)*`, are
 * not found.
 *
 * @param parts of the pattern; undefined where they are not known
 */
export function slowGroup(pattern: string, parts: readonly PatternPart[] | undefined): string | undefined {
  if (parts === undefined) return repeatsWhatRepeats(pattern) ? pattern : undefined;
  const slow = parts.find((part) => repeatsWhatRepeats(part.source) || isDividedManyWays(part));
  if (slow !== undefined) return titleOf(slow);
  const wildcards = parts.filter(({ kind }) => kind === "anything");
  return wildcards.length > MOST_WILDCARDS ? wildcards.map(titleOf).join(" ") : undefined;
}

/** A group repeated as a whole, whose values nothing keeps apart. */
function isDividedManyWays({ kind, source, prefix, suffix, modifier }: PatternPart): boolean {
  if (kind === "text" || !/[*+]/.test(modifier)) return false;
  const between = suffix + prefix;
  if (kind === "anything") return true;
  // A segment holds anything but a slash.
  if (kind === "segment") return !between.includes("/");
  return between === "" && repeatsWhatRepeats(`(?:${source})${modifier}`);
}

function titleOf({ kind, name, source, prefix, suffix, modifier }: PatternPart): string {
  const isNamed = !/^\d+$/.test(name);
  const value = kind === "anything" && !isNamed ? "*" : kind === "segment" && isNamed ? "" : `(${source})`;
  return `{${prefix}${isNamed ? `:${name}` : ""}${value}${suffix}}${modifier}`;
}

const REPEATED = /^(?:[*+]|\{\d+,\d*\})/;

function repeatsWhatRepeats(source: string): boolean {
  /** Of each open group, whether something in it is repeated. */
  const open = [false];
  for (let at = 0; at < source.length; at += 1) {
    const char = source.charAt(at);
    if (char === "(") {
      open.push(false);
      continue;
    }
    let repeatsInside = false;
    if (char === "\\") at += 1;
    else if (char === "[") at = endOfClass(source, at);
    else if (char === ")") repeatsInside = open.pop() ?? false;
    const isRepeated = REPEATED.test(source.slice(at + 1));
    if (repeatsInside && isRepeated) return true;
    if (isRepeated || repeatsInside) open[open.length - 1] = true;
  }
  return false;
}

function endOfClass(source: string, begin: number): number {
  for (let at = begin + 1; at < source.length; at += 1) {
    if (source.charAt(at) === "\\") at += 1;
    else if (source.charAt(at) === "]") return at;
  }
  return source.length;
}
