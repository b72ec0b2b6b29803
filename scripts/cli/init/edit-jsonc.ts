import {
  findNodeAtLocation,
  type Node,
  type ParseError,
  parse,
  parseTree,
  printParseErrorCode,
  stripComments,
} from "jsonc-parser";
import type { Addition, Config } from "./additions.ts";

const OPTIONS = { allowTrailingComma: true } as const;

/** @throws Error saying what is wrong, and where */
export function parseJsonc(text: string): Config {
  const errors: ParseError[] = [];
  const config: unknown = parse(text, errors, OPTIONS);
  const [first] = errors;
  if (first !== undefined) {
    const line = text.slice(0, first.offset).split("\n").length;
    throw new Error(`line ${line}: ${printParseErrorCode(first.error)}`);
  }
  if (typeof config !== "object" || config === null || Array.isArray(config)) throw new Error("it is not an object");
  return config as Config;
}

/**
 * Adds each at the end of the list or object it belongs to, on lines of its own, and touches nothing else but for a comma.
 * The library's own `modify` would write the neighbours anew, and leave their comments with what it adds.
 */
export function addToJsonc(text: string, lacking: readonly Addition[]): string {
  return lacking.reduce(added, text);
}

function added(text: string, { path, as, value }: Addition): string {
  const root = parseTree(text, [], OPTIONS);
  if (root === undefined) throw new Error("it is empty");
  const inItem = as === "item" ? findNodeAtLocation(root, [...path]) : undefined;
  if (inItem !== undefined) return inserted(text, inItem, value, undefined);
  // The deepest that is there holds what is not, from its name on.
  let depth = path.length - 1;
  while (depth > 0 && findNodeAtLocation(root, path.slice(0, depth)) === undefined) depth -= 1;
  const parent = depth === 0 ? root : findNodeAtLocation(root, path.slice(0, depth));
  if (parent === undefined) throw new Error("it has no such place");
  const whole = path
    .slice(depth + 1)
    .reduceRight<unknown>((inner, name) => ({ [name]: inner }), as === "item" ? [value] : value);
  return inserted(text, parent, whole, path[depth]);
}

/** @param name of the property; of an item there is none */
function inserted(text: string, parent: Node, value: unknown, name: string | undefined): string {
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const end = parent.offset + parent.length - 1;
  const last = parent.children?.at(-1);
  const lastEnd = last === undefined ? parent.offset + 1 : last.offset + last.length;
  const hasComma = stripComments(text.slice(lastEnd, end)).includes(",");
  const comma = last !== undefined && !hasComma ? "," : "";
  const between = text.slice(lastEnd, end).trimEnd();
  const outer = indentAt(text, parent.offset);
  const [, unit = "  "] = /^([\t ]+)\S/m.exec(text) ?? [];
  const inner = outer + unit;
  const json = JSON.stringify(value, null, unit).replaceAll("\n", eol + inner);
  const named = name === undefined ? json : `${JSON.stringify(name)}: ${json}`;
  const addition = `${eol}${inner}${named}${hasComma ? "," : ""}${eol}${outer}`;
  return text.slice(0, lastEnd) + comma + between + addition + text.slice(end);
}

/** What the line of an offset begins with. */
function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
  return /^[\t ]*/.exec(line)?.[0] ?? "";
}
