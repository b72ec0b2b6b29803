import type { Piece } from "./leading-segments.ts";
import { leadingSegments } from "./leading-segments.ts";
import type { PatternPart } from "./path-pattern.ts";

/** What a rule wants of a path that begins as its node says; `undefined` is content with any. */
type RestTest = ((path: string, from: number) => boolean) | undefined;

interface Leaf {
  readonly index: number;
  readonly methods: ReadonlySet<string> | undefined;
  readonly fits: RestTest;
}

/** The rules whose patterns begin with the same segments. */
interface Node {
  readonly literals: Map<string, Node>;
  /** Behind any one segment that is not empty. */
  segment: Node | undefined;
  /** The path has to end here. */
  readonly ends: Leaf[];
  /** The path has to go on, and to fit. */
  readonly rests: Leaf[];
  /** Of the rules in and below this node. */
  lowest: number;
}

export interface TrieRule {
  readonly index: number;
  readonly methods: readonly string[] | undefined;
  /** Undefined where it is not known: such a rule is found by its test alone. */
  readonly parts: readonly PatternPart[] | undefined;
  /** Whether the pattern as a whole fits. */
  readonly test: (path: string) => boolean;
}

/** Optional parts that are written out both ways: each doubles the places at which a rule stands. */
const MOST_OPTIONAL = 4;

/**
 * Patterns by their segments, so that a path meets only those that begin as it does. A pattern stands at the node of the
 * segments that are a literal or a whole `:name`; what follows is tested there. Each node is visited once at most, and
 * none below which every rule comes after one that fits already.
 */
export class PathTrie {
  readonly #root = emptyNode();

  /** Rules are added in their order. */
  add({ index, methods, parts, test }: TrieRule): void {
    const allowed = methods === undefined ? undefined : new Set(methods);
    if (parts === undefined) {
      this.#root.rests.push({ index, methods: allowed, fits: (path) => test(path) });
      this.#root.lowest = Math.min(this.#root.lowest, index);
      return;
    }
    for (const variant of variantsOf(parts)) {
      const { segments, rest } = leadingSegments(variant);
      const node = this.#nodeOf(segments, index);
      if (rest === undefined) node.ends.push({ index, methods: allowed, fits: undefined });
      else node.rests.push({ index, methods: allowed, fits: restTest(rest, test) });
    }
  }

  /** The index of the first rule that fits, or Infinity. `path` begins with a slash. */
  first(method: string, path: string): number {
    return firstBelow(this.#root, method, path, 1, Number.POSITIVE_INFINITY);
  }

  #nodeOf(segments: readonly (string | undefined)[], index: number): Node {
    let node = this.#root;
    node.lowest = Math.min(node.lowest, index);
    for (const segment of segments) {
      let next = segment === undefined ? node.segment : node.literals.get(segment);
      if (next === undefined) {
        next = emptyNode();
        if (segment === undefined) node.segment = next;
        else node.literals.set(segment, next);
      }
      node = next;
      node.lowest = Math.min(node.lowest, index);
    }
    return node;
  }
}

function emptyNode(): Node {
  return { literals: new Map(), segment: undefined, ends: [], rests: [], lowest: Number.POSITIVE_INFINITY };
}

/** `from` is where the next segment begins, or beyond the path when it has no more. */
function firstBelow(node: Node, method: string, path: string, from: number, known: number): number {
  if (from > path.length) return firstOf(node.ends, method, path, from, known);
  let best = firstOf(node.rests, method, path, from, known);
  const slash = path.indexOf("/", from);
  const end = slash === -1 ? path.length : slash;
  if (node.literals.size > 0) {
    const child = node.literals.get(path.slice(from, end));
    if (child !== undefined && child.lowest < best) best = firstBelow(child, method, path, end + 1, best);
  }
  const { segment } = node;
  if (segment !== undefined && end > from && segment.lowest < best) {
    best = firstBelow(segment, method, path, end + 1, best);
  }
  return best;
}

function firstOf(leaves: readonly Leaf[], method: string, path: string, from: number, known: number): number {
  for (const { index, methods, fits } of leaves) {
    if (index >= known) break;
    if ((methods === undefined || methods.has(method)) && (fits === undefined || fits(path, from))) return index;
  }
  return known;
}

/** A pattern with each of its optional parts and without it: together they fit what the pattern fits. */
function variantsOf(parts: readonly PatternPart[]): readonly (readonly PatternPart[])[] {
  if (parts.filter(({ modifier }) => modifier === "?").length > MOST_OPTIONAL) return [parts];
  let variants: (readonly PatternPart[])[] = [[]];
  for (const part of parts) {
    const present = variants.map((before) => [...before, part.modifier === "?" ? { ...part, modifier: "" } : part]);
    variants = part.modifier === "?" ? [...variants, ...(present as typeof variants)] : (present as typeof variants);
  }
  return variants;
}

/** Of a rest with one `*` and nothing else but text, the text decides; for others it rules out most paths. */
function restTest(rest: readonly Piece[], test: (path: string) => boolean): RestTest {
  const prefix = textOf(rest[0]);
  const suffix = rest.length > 1 ? textOf(rest.at(-1)) : "";
  const inner = rest.filter((piece) => typeof piece !== "object");
  const isOneStar = inner.length === 1 && inner[0] === "anything";
  if (isOneStar && prefix === "" && suffix === "") return undefined;
  const least = prefix.length + suffix.length;
  // One character tells most apart, and looking at it costs a fraction of what `endsWith` and `startsWith` do.
  const firstCode = prefix.charCodeAt(0);
  const lastCode = suffix.charCodeAt(suffix.length - 1);
  return (path, from) =>
    path.length - from >= least &&
    (suffix === "" || (path.charCodeAt(path.length - 1) === lastCode && path.endsWith(suffix))) &&
    (prefix === "" || (path.charCodeAt(from) === firstCode && path.startsWith(prefix, from))) &&
    (isOneStar || test(path));
}

function textOf(piece: Piece | undefined): string {
  return typeof piece === "object" ? piece.text : "";
}
