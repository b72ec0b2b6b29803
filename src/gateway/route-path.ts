import type { PatternPart } from "../http/path-pattern.ts";

/** As itty-router replaces them, one after the other: `:name+`, `:name`, `*`, each with what stands before it. */
const PIECE = /(?<before>\/?\.?):(?<name>\w+)(?<greedy>\+?)(?<optional>\??)|(?<slash>\/?)\*|[^\\^$|?+()[\]{}]/y;

/**
 * What itty-router makes of a route's path, as the parts of a pattern; undefined where the path has signs that it hands
 * on to the regular expression, as it does with `/(a|b)`. It differs from URLPattern: `:name+` and `*` may be empty,
 * `/*` fits without its slash, too, and slashes at the end do not count.
 */
export function partsOfRoute(path: string): readonly PatternPart[] | undefined {
  const text = path.replace(/\/+(\/|$)/g, "$1");
  const parts: PatternPart[] = [];
  for (let at = 0; at < text.length; at = PIECE.lastIndex) {
    PIECE.lastIndex = at;
    const piece = PIECE.exec(text);
    if (piece === null) return undefined;
    parts.push(partOf(piece, parts.length));
  }
  return [...parts, { ...TEXT, prefix: "/", modifier: "*" }];
}

function partOf([whole, ...rest]: RegExpExecArray, index: number): PatternPart {
  const [before = "", name, greedy, optional, slash] = rest;
  if (slash !== undefined) return { ...TEXT, kind: "anything", prefix: slash, modifier: "?", name: String(index) };
  if (name === undefined) return { ...TEXT, prefix: whole };
  const named = { ...TEXT, prefix: before, modifier: optional === "?" ? "?" : "", name } as const;
  if (greedy === "+") return { ...named, kind: "anything" };
  // Behind a dot, a value holds no dot either.
  return before.includes(".") ? { ...named, kind: "regexp", source: "[^/.]+" } : { ...named, kind: "segment" };
}

const TEXT = { kind: "text", prefix: "", suffix: "", modifier: "", name: "", source: "" } as const;
