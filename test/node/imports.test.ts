import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The rooms, and which others each may import from. A file is in the room with the longest name it begins with. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  schema: [],
  "src/log": ["schema"],
  "src/http": ["schema"],
  "src/tally": ["schema"],
  "src/telemetry": ["schema"],
  "src/store": ["schema", "src/log", "src/telemetry"],
  "src/edge": ["schema", "src/log", "src/http", "src/store", "src/tally", "src/telemetry"],
  "src/client": ["schema", "src/edge", "src/telemetry"],
  "src/gateway": ["schema", "src/http", "src/edge", "src/telemetry"],
  "src/api": ["schema", "src/telemetry"],
  "src/dashboard": ["schema"],
  "src/worker.ts": [
    ...["schema", "src/log", "src/http", "src/edge", "src/client", "src/gateway", "src/api", "src/dashboard"],
    ...["src/telemetry", "objects"],
    "larder.config.ts",
  ],
  "larder.config.ts": ["src/gateway"],
  objects: ["schema", "src/log", "src/http", "src/store", "src/tally", "src/telemetry"],
  examples: ["src/client"],
};

/** Files that only declare types of what is outside; they are in no room and import what they describe. */
const ambient = /\.d\.ts$/;

/** What the runtime itself provides. */
const builtIn = /^cloudflare:/;

/** What `npm run build` makes of the browser's side of the dashboard. */
const made = "dist/dashboard/page.js";

interface Import {
  readonly from: string;
  /** As it is written. */
  readonly text: string;
  /** The file it means, from the root; undefined for a package. */
  readonly to: string | undefined;
}

function sources(...patterns: string[]): string[] {
  return globSync(patterns, { cwd: root })
    .filter((file) => !ambient.test(file) && !file.includes("node_modules"))
    .sort();
}

function withoutComments(code: string): string {
  return code.replace(/^\s*(\/\*[\s\S]*?\*\/|\/\/.*$)/gm, "");
}

/** All imports of a file: static, for types, re-exports, for their effects, dynamic, and of types in place. */
function importsOf(file: string, code = readFileSync(join(root, file), "utf8")): Import[] {
  const statement = /(?:^|[;}\s])(?:import|export)\s[^;"'`]*?\sfrom\s*["']([^"']+)["']/g;
  const bare = /(?:^|[;}\s])import\s*["']([^"']+)["']/g;
  const call = /\bimport\s*\(\s*["'`]([^"'`]+)["'`]/g;
  const text = withoutComments(code);
  return [statement, bare, call]
    .flatMap((form) => [...text.matchAll(form)].map(([, specifier = ""]) => specifier))
    .map((specifier) => ({
      from: file,
      text: specifier,
      to: specifier.startsWith(".") ? normalize(join(dirname(file), specifier)) : undefined,
    }));
}

function roomOf(file: string): string | undefined {
  return Object.keys(rooms)
    .filter((room) => file === room || file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
}

/** What is wrong with an import, in a sentence; undefined when nothing is. */
function faultOf({ from, text, to }: Import): string | undefined {
  const room = roomOf(from);
  if (room === undefined) return `${from} is in no room of the design: add its room to this test, or move it`;
  if (to === undefined || to === made) return undefined;
  const target = roomOf(to);
  const allowed = rooms[room] ?? [];
  if (target === room || (target !== undefined && allowed.includes(target))) return undefined;
  return `${from} imports "${text}" (${target ?? "outside every room"}); ${room} may import only from ${
    allowed.length === 0 ? "itself" : [room, ...allowed].join(", ")
  }`;
}

function packageOf(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}

/** Files that import each other in a circle, the first of them again at the end; empty when there is none. */
function findCycle(files: readonly string[], edges: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const next of edges.get(file) ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle.length > 0) return cycle;
    }
    done.add(file);
    return [];
  };
  for (const file of files) {
    const cycle = visit(file, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

describe("the rooms of the project", () => {
  const shipped = sources("schema/**/*.ts", "src/**/*.{ts,tsx}", "objects/**/*.ts");
  const all = [...shipped, ...sources("larder.config.ts", "examples/**/*.ts")];
  const imports = all.flatMap((file) => importsOf(file));

  test("were all read", () => {
    const used = new Set(all.map(roomOf));
    expect(Object.keys(rooms).filter((room) => !used.has(room))).toEqual([]);
    expect(imports.length).toBeGreaterThan(all.length);
  });

  test("import one another only in the order of the design", () => {
    expect(imports.map(faultOf).filter((fault) => fault !== undefined)).toEqual([]);
  });

  test("hold every file, also one that imports nothing", () => {
    expect(all.filter((file) => roomOf(file) === undefined)).toEqual([]);
  });

  test("import only files that exist", () => {
    const missing = imports.filter(({ to }) => to !== undefined && !existsSync(join(root, to)));
    expect(missing.map(({ from, text }) => `${from} imports "${text}", which is no file`)).toEqual([]);
  });

  test("have no circle of imports between files", () => {
    const edges = Map.groupBy(
      imports.filter(({ to }) => to !== undefined),
      ({ from }) => from,
    );
    const targets = new Map([...edges].map(([from, its]) => [from, its.flatMap(({ to }) => to ?? [])]));
    const cycle = findCycle(all, targets);
    expect(cycle.length === 0 ? "no circle" : `a circle of imports: ${cycle.join(" → ")}`).toBe("no circle");
  });

  test("use no package but those that are installed with them", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    const allowed = new Set(Object.keys(manifest.dependencies));
    const faults = imports
      .filter(({ to, text }) => to === undefined && !builtIn.test(text) && !allowed.has(packageOf(text)))
      .map(({ from, text }) => `${from} imports "${text}", which is not in "dependencies"`);
    expect(faults).toEqual([]);
  });

  test("need no file of the tests or the scripts", () => {
    const faults = imports
      .filter(({ to }) => to !== undefined && /^(test|scripts|bench|\.\.)(\/|$)/.test(to))
      .map(({ from, text }) => `${from} imports "${text}": what is shipped needs no test and no script`);
    expect(faults).toEqual([]);
  });

  test("keep every file within 400 lines", () => {
    const faults = shipped
      .map((file) => ({ file, lines: readFileSync(join(root, file), "utf8").trimEnd().split("\n").length }))
      .filter(({ lines }) => lines > 400)
      .map(({ file, lines }) => `${file} has ${lines} lines; 400 are the most: split it by mechanism`);
    expect(faults).toEqual([]);
  });
});

describe("this test", () => {
  test("sees every form of an import, and none in a comment or a string", () => {
    const code = [
      'import a from "./a.ts";',
      'import type { B } from "./b.ts";',
      "import {",
      "  c,",
      "  type D,",
      "} from './c.ts';",
      'export { e } from "../e.ts";',
      'export * from "f";',
      'import "./g.ts";',
      'const h = await import("@scope/h/deep");',
      'type I = import("./i.ts").I;',
      'import * as v from "valibot";import j from "./j.ts";',
      '// import no from "./no-1.ts";',
      "/**",
      ' * import no from "./no-2.ts";',
      " */",
      "export const from = 1;",
      "const text = 'from \"./no-3.ts\"';",
    ].join("\n");
    expect(
      importsOf("src/edge/x.ts", code)
        .map(({ text, to }) => to ?? text)
        .sort(),
    ).toEqual(
      [
        "src/edge/a.ts",
        "src/edge/b.ts",
        "src/edge/c.ts",
        "src/e.ts",
        "f",
        "src/edge/g.ts",
        "@scope/h/deep",
        "src/edge/i.ts",
        "valibot",
        "src/edge/j.ts",
      ].sort(),
    );
  });

  test.each([
    ["schema/a.ts", "src/log/view.ts", "schema may import only from itself"],
    ["src/http/a.ts", "src/log/view.ts", "src/http may import only from src/http, schema"],
    [
      "src/client/a.ts",
      "src/http/list.ts",
      "src/client may import only from src/client, schema, src/edge, src/telemetry",
    ],
    ["src/edge/a.ts", "src/client/cache.ts", "src/edge may import only from"],
    ["src/api/a.ts", "src/edge/edge.ts", "src/api may import only from src/api, schema, src/telemetry"],
    ["objects/a.ts", "src/edge/edge.ts", "objects may import only from objects, schema, src/log"],
    ["src/log/a.ts", "test/support/fresh.ts", "(outside every room)"],
    ["examples/a/b.ts", "schema/key.ts", "examples may import only from examples, src/client"],
    ["src/new/a.ts", "schema/key.ts", "is in no room of the design"],
  ])("refuses %s the import of %s", (from, to, rule) => {
    expect(faultOf({ from, text: "x", to })).toContain(from);
    expect(faultOf({ from, text: "x", to })).toContain(rule);
  });

  test("finds a circle", () => {
    const edges = new Map([
      ["a", ["b", "c"]],
      ["b", ["d"]],
      ["c", ["d"]],
      ["d", ["e", "b"]],
    ]);
    expect(findCycle(["a"], edges)).toEqual(["b", "d", "b"]);
    edges.set("d", ["e"]);
    expect(findCycle(["a", "b", "c", "d"], edges)).toEqual([]);
  });
});
