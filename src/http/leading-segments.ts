import type { PatternPart } from "./path-pattern.ts";

/** A piece of a pattern: text, one segment (`:name`), anything (`*`), or what only the regular expression knows. */
export type Piece = { readonly text: string } | "segment" | "anything" | "other";

/** What every path that a pattern fits begins with. */
export interface LeadingSegments {
  /** Each a literal or, undefined, any one segment that is not empty. */
  readonly segments: readonly (string | undefined)[];
  /** What the path goes on with, after a slash; undefined where it has to end. */
  readonly rest: readonly Piece[] | undefined;
}

/** Divides a pattern where its plain segments end. */
export function leadingSegments(parts: readonly PatternPart[]): LeadingSegments {
  const segments: (string | undefined)[] = [];
  const [first, ...others] = piecesOf(parts);
  // A pattern may begin with anything, and a path only with a slash.
  if (first === "anything" && others.length === 0) return { segments, rest: ["anything"] };
  if (typeof first !== "object" || !first.text.startsWith("/")) return { segments, rest: ["other"] };
  let text = first.text.slice(1);
  for (;;) {
    const slash = text.indexOf("/");
    if (slash !== -1) {
      segments.push(text.slice(0, slash));
      text = text.slice(slash + 1);
      continue;
    }
    const [next, after, ...beyond] = others;
    if (next === undefined) return { segments: [...segments, text], rest: undefined };
    const endsSegment = after === undefined || (typeof after === "object" && after.text.startsWith("/"));
    if (text !== "" || next !== "segment" || !endsSegment) {
      return { segments, rest: text === "" ? others : [{ text }, ...others] };
    }
    segments.push(undefined);
    if (after === undefined) return { segments, rest: undefined };
    text = after.text.slice(1);
    others.splice(0, others.length, ...beyond);
  }
}

function piecesOf(parts: readonly PatternPart[]): readonly Piece[] {
  const pieces: Piece[] = [];
  const addText = (text: string) => {
    const last = pieces.at(-1);
    if (text === "") return;
    if (typeof last === "object") pieces[pieces.length - 1] = { text: last.text + text };
    else pieces.push({ text });
  };
  for (const { kind, prefix, suffix, modifier } of parts) {
    if (modifier !== "") {
      pieces.push("other");
      continue;
    }
    addText(prefix);
    if (kind !== "text") pieces.push(kind === "regexp" ? "other" : kind);
    addText(suffix);
  }
  return pieces;
}
