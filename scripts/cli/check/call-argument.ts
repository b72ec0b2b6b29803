import type { Node } from "acorn";
import { parse } from "acorn";

/** A node with whatever its type has. */
type AnyNode = Node & Readonly<Record<string, unknown>>;

/** Names that stand for names: a few, or they may go in a circle. */
const MOST_NAMES = 10;

/** A module's code, in which the parts of what its calls were given are found by their names. */
export class Calls {
  readonly #root: AnyNode | undefined;

  constructor(code: string) {
    this.#root = parsed(code);
  }

  /**
   * Where in the first argument of the call at `offset` the field is that `path` names, as in `["rules", "0", "path"]`;
   * where the code does not show it, since it is worked out, the last part of the way that it does show.
   *
   * @param offset of the name that is called, which is where V8 says that a call is
   */
  argument(offset: number, path: readonly string[]): number | undefined {
    const call = this.#all((node) => node.type === "CallExpression" && nameOffset(node["callee"]) === offset)[0];
    return this.#along(argumentOf(call), path);
  }

  /** The same of what is exported as the default by a call, as `defineConfig({ … })` is. */
  exported(path: readonly string[]): number | undefined {
    const isDefault = ({ type, exported }: AnyNode) => type === "ExportSpecifier" && keyName(exported) === "default";
    const local = this.#all(isDefault)[0]?.["local"];
    const value = isNode(local) ? this.#meant(local) : undefined;
    return this.#along(argumentOf(value), path) ?? value?.start;
  }

  /** The last part of `path` that is shown in the code. */
  #along(argument: AnyNode | undefined, path: readonly string[]): number | undefined {
    let found: number | undefined;
    let node = argument === undefined ? undefined : this.#meant(argument);
    for (const name of path) {
      const part = node === undefined ? undefined : partOf(node, name);
      if (part === undefined) break;
      found = part.at;
      node = this.#meant(part.value);
    }
    return found;
  }

  /** What a name stands for, if it is declared once. */
  #meant(node: AnyNode, hops = MOST_NAMES): AnyNode | undefined {
    if (node.type !== "Identifier" || hops === 0) return node;
    const declares = ({ type, id }: AnyNode) =>
      type === "VariableDeclarator" && isNode(id) && id["name"] === node["name"];
    const [declaration, ...others] = this.#all(declares);
    const value = declaration?.["init"];
    return others.length === 0 && isNode(value) ? this.#meant(value, hops - 1) : undefined;
  }

  #all(wanted: (node: AnyNode) => boolean): readonly AnyNode[] {
    const found: AnyNode[] = [];
    const open = this.#root === undefined ? [] : [this.#root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (wanted(node)) found.push(node);
      for (const value of Object.values(node).flat()) if (isNode(value)) open.push(value);
    }
    return found;
  }
}

function parsed(code: string): AnyNode | undefined {
  try {
    return parse(code, { ecmaVersion: "latest", sourceType: "module" }) as unknown as AnyNode;
  } catch {
    // Syntax newer than the parser: then the place of the call has to do.
    return undefined;
  }
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value && "start" in value;
}

function nameOffset(callee: unknown): number | undefined {
  if (!isNode(callee)) return undefined;
  const name = callee.type === "MemberExpression" ? callee["property"] : callee;
  return isNode(name) ? name.start : undefined;
}

function partOf(node: AnyNode, name: string): { readonly at: number; readonly value: AnyNode } | undefined {
  if (node.type === "ArrayExpression") {
    const elements = (node["elements"] as readonly (AnyNode | null)[]).slice(0, Number(name) + 1);
    const element = elements.some((each) => each?.type === "SpreadElement") ? undefined : elements[Number(name)];
    return element == null ? undefined : { at: element.start, value: element };
  }
  if (node.type !== "ObjectExpression") return undefined;
  const property = (node["properties"] as readonly AnyNode[]).findLast(
    ({ type, computed, key }) => type === "Property" && computed === false && keyName(key) === name,
  );
  return property === undefined ? undefined : { at: property.start, value: property["value"] as AnyNode };
}

function keyName(key: unknown): string | undefined {
  if (!isNode(key)) return undefined;
  return String(key.type === "Identifier" ? key["name"] : key["value"]);
}

function argumentOf(call: AnyNode | undefined): AnyNode | undefined {
  const [first] = call?.type === "CallExpression" ? (call["arguments"] as readonly AnyNode[]) : [];
  return first;
}
