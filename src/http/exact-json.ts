/**
 * JSON without what `JSON.parse` loses: how a number is spelled, and that a name came twice. Two texts that a server may
 * take for different must not be taken for the same here: 9007199254740993 is not 9007199254740992 to a server that has
 * 64-bit integers, and of two members of one name some servers take the first.
 */
export type Json = null | boolean | string | Numeral | readonly Json[] | { readonly [name: string]: Json };

/** A number as it was spelled. */
export class Numeral {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** What `text` holds; undefined when it is not JSON, or an object in it has two members of one name. */
export function parseExactly(text: string): Json | undefined {
  try {
    const spelled = spelling(text);
    if (spelled.depth > DEEPEST) return undefined;
    const value: Json = JSON.parse(text, withNumerals);
    return membersIn(value) === spelled.members ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Levels of what is nested: it is walked by functions that call themselves. */
const DEEPEST = 200;

/** A reviver is told how a primitive value was spelled (github.com/tc39/proposal-json-parse-with-source). */
function withNumerals(_name: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== "number") return value;
  if (context?.source === undefined) throw new Error("this runtime does not tell how numbers are spelled");
  return new Numeral(context.source);
}

/** How deep a JSON text is nested, and how many members it has: outside strings, each colon is one's. */
function spelling(text: string): { depth: number; members: number } {
  let members = 0;
  let depth = 0;
  let open = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '"') isInString = !isInString;
    else if (isInString) at += character === "\\" ? 1 : 0;
    else if (character === ":") members += 1;
    else if (character === "{" || character === "[") {
      open += 1;
      depth = Math.max(depth, open);
    } else if (character === "}" || character === "]") open -= 1;
  }
  return { depth, members };
}

function membersIn(value: Json): number {
  if (isArray(value)) return value.reduce<number>((sum, item) => sum + membersIn(item), 0);
  if (!isObject(value)) return 0;
  return Object.values(value).reduce<number>((sum, item) => sum + 1 + membersIn(item), 0);
}

/** The one spelling of a value: without white space, the members of each object in the order of their names. */
export function canonicalJson(value: Json): string {
  if (value instanceof Numeral) return value.source;
  if (isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] ?? null)}`);
  return `{${members.join(",")}}`;
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

export function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !isArray(value) && !(value instanceof Numeral);
}
