import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cli, project, runCli } from "./support/cli.ts";

/** Whether there is util-linux's `script`, which runs a command in a terminal. */
const hasTerminals = process.platform === "linux" && spawnSync("script", ["--version"]).status === 0;

/** In a source, the place that a finding is to name. */
const MARK = "▶";

/** The source without its marks, and `line:column` of each. */
function marked(source: string): { readonly text: string; readonly places: readonly string[] } {
  const places = source.split("\n").flatMap((line, row) =>
    line
      .split(MARK)
      .slice(0, -1)
      .map((_, at, pieces) => `${row + 1}:${pieces.slice(0, at + 1).join("").length + 1}`),
  );
  return { text: source.replaceAll(MARK, ""), places };
}

const gateway = (config: string) => `import { defineConfig } from "larder/config";
import { Router } from "larder/router";

export default defineConfig({
${config}
});
`;

/** A router for one origin, with these calls. */
const routes = (calls: string) =>
  gateway(`  origins: { shop: "https://shop.example" },
  router: new Router()
${calls}
    .fallback(({ proxy }) => proxy("shop")),`);

const app = (text: string) => `import { env } from "cloudflare:workers";
import { cache } from "larder";
${text}
export default { fetch: () => Response.json(env) };
`;

/** The lines of the report without what is said: `line:column severity kind`. */
function found(stdout: string): string[] {
  return [...stdout.matchAll(/^[\w./-]+:(\d+:\d+ (?:error|warning) [\w-]+) {2}\S/gm)].map(([, line = ""]) => line);
}

/** The findings are those at the marks, in their order, and nothing else is. */
async function expectFindings(file: string, source: string, kinds: readonly string[]): Promise<string> {
  const { text, places } = marked(source);
  await using files = await project({ [file]: text });
  const { code, stdout, stderr } = await files.larder("check", file);
  expect(stderr).toBe("");
  expect(found(stdout)).toEqual(kinds.map((kind, at) => `${places[at]} ${kind}`));
  expect(code).toBe(kinds.some((kind) => kind.startsWith("error")) ? 1 : 0);
  return stdout;
}

describe("a configuration of the gateway", () => {
  it("without a mistake is told of in one line", async () => {
    await using files = await project({
      "larder.config.ts": routes(`    .get("/p/new", ({ cache }) => cache({ edge: false }))
    .get("/p/:id", ({ cache, proxy }) => {
      cache({ edge: { maxAgeSeconds: 60, tags: ["product:{id}"] } });
      return proxy("shop");
    })`),
    });
    expect(await files.larder("check")).toEqual({ code: 0, stdout: "0 errors, 0 warnings\n", stderr: "" });
  });

  it.each([
    [
      "error unreachable",
      `    .get("/p/:id", ({ proxy }) => proxy("shop"))\n    .▶get("/p/new", ({ proxy }) => proxy("shop"))`,
    ],
    ["warning no-effect", '    .▶get("/p", () => undefined)'],
    ["warning slow-pattern", '    .▶get("/*-*-*-*-x", ({ proxy }) => proxy("shop"))'],
    ["warning origin-not-set", '    .▶get("/p", ({ proxy }) => proxy("origin"))'],
    ["error invalid-pattern", '    .▶get("/p/(", ({ proxy }) => proxy("shop"))'],
    ["error invalid-pattern", '    .▶get("p", ({ proxy }) => proxy("shop"))'],
    ["error invalid-option", '    .get("/p", ({ proxy }) => ▶proxy("shopp"))'],
    ["error throws", '    .get("/p", () => {\n      throw ▶new Error("no");\n    })'],
    ["error unknown-option", '    .get("/p", ({ cache }) =>\n      cache({\n        ▶egde: false,\n      }),\n    )'],
    ["error unknown-option", '    .get("/p", ({ cache }) => cache({ edge: { ▶maxAge: 5 } }))'],
    ["error invalid-option", '    .get("/p", ({ cache }) => cache({ browser: { ▶maxAgeSeconds: -1 } }))'],
    ["error invalid-option", '    .get("/p", ({ setResponseHeader }) => ▶setResponseHeader("a b", "c"))'],
    ["error tag-template", '    .get("/p/:id", ({ cache }) => cache({ edge: { ▶tags: ["product:{sku}"] } }))'],
  ])("%s: %s", async (kind, calls) => {
    await expectFindings("larder.config.ts", routes(calls), [kind]);
  });

  it.each([
    ["error unknown-option", "  ▶orgins: {},"],
    ["error invalid-option", '  origins: { ▶shop: "https://shop.example/path" },'],
    ["error unknown-option", "  cache: { ▶ttlSecond: 5 },"],
    ["warning unused-origin", '  origins: { origin: "https://shop.example", ▶blog: "https://blog.example" },'],
    [
      "warning no-fallback",
      `  origins: { shop: "https://shop.example", blog: "https://blog.example" },
  ▶router: new Router()
    .get("/blog/*", ({ proxy }) => proxy("blog"))
    .get("/p/*", ({ proxy }) => proxy("shop")),`,
    ],
    [
      "warning overlap",
      `  origins: { origin: "https://shop.example", blog: "https://blog.example" },
  router: new Router()
    .get("/:a/b", ({ proxy }) => proxy("blog"))
    .▶get("/a/:b", ({ proxy }) => proxy("origin")),`,
    ],
  ])("%s: %s", async (kind, config) => {
    await expectFindings("larder.config.ts", gateway(config), [kind]);
  });

  it("says which routes are in each other's way, and what to do", async () => {
    const stdout = await expectFindings(
      "larder.config.ts",
      routes(`    .match("*", ({ proxy }) => proxy("shop"))\n    .▶get("/p", ({ proxy }) => proxy("shop"))`).replace(
        ".fallback",
        ".▶fallback",
      ),
      ["error unreachable", "error unreachable"],
    );
    expect(stdout).toContain(
      "larder.config.ts:8:6 error unreachable  route 2 GET /p: is never reached, as route 1 ALL * fits all its requests and sends them on; put it before, or take it out\n",
    );
    expect(stdout).toMatch(/\n2 errors, 0 warnings\n$/);
  });

  it("is checked on after a route that is wrong", async () => {
    const calls = `    .get("/a", ({ cache }) => cache({ ▶egde: false }))
    .get("/b", ({ proxy }) => ▶proxy("shopp"))
    .▶get("/c", () => undefined)`;
    await expectFindings("larder.config.ts", routes(calls), [
      "error unknown-option",
      "error invalid-option",
      "warning no-effect",
    ]);
  });

  it("knows the origin that ORIGIN names where it is told", async () => {
    await using files = await project({ "larder.config.ts": routes('    .get("/p", ({ proxy }) => proxy("origin"))') });
    const { code, stdout } = await files.larder("check", "--env", "ORIGIN=https://www.example.com");
    expect([code, found(stdout)]).toEqual([0, []]);
  });
});

describe("the caches of a Worker", () => {
  it.each([
    [
      "error unreachable",
      'cache({ name: "a", rules: [{ path: "/p/*", ttlSeconds: 1 }, ▶{ path: "/p/1", ttlSeconds: 2 }] });',
    ],
    [
      "warning overlap",
      'cache({ name: "a", rules: [{ path: "/:a/b", ttlSeconds: 1 }, ▶{ path: "/a/:b", ttlSeconds: 2 }] });',
    ],
    [
      "warning duplicate-name",
      'cache({ name: "a", rules: [{ name: "x", path: "/a", ttlSeconds: 1 }, ▶{ name: "x", path: "/b", ttlSeconds: 1 }] });',
    ],
    ["warning no-effect", 'cache({ name: "a", rules: [▶{ path: "/a" }] });'],
    ["error tag-template", 'cache({ name: "a", rules: [▶{ path: "/a/:b", tags: ["x:{c}"] }] });'],
    ["warning slow-pattern", 'cache({ name: "a", rules: [▶{ path: "/((?:a+)+)", ttlSeconds: 1 }] });'],
    ["error unknown-option", 'cache({\n  name: "a",\n  ▶ttlSecond: 5,\n});'],
    ["error invalid-pattern", 'cache({ name: "a", rules: [{ ▶path: "/a(" }] });'],
    ["error invalid-option", 'cache({ ▶name: "a b" });'],
    ["error invalid-option", "▶cache({ ttlSeconds: 5 } as never);"],
    // The code need not show the rule where it is declared.
    ["warning no-effect", 'const rules = [\n  ▶{ path: "/a" },\n];\ncache({ name: "a", rules });'],
    ["warning no-effect", 'cache({ name: "a", ▶rules: ["/a"].map((path) => ({ path })) });'],
    [
      "warning no-effect",
      'const declare = (name: string) => cache({ name, rules: [▶{ path: "/a" }] });\ndeclare("a");',
    ],
  ])("%s: %s", async (kind, text) => {
    await expectFindings("worker.ts", app(text), [kind]);
  });

  it("are all checked, also after one that is wrong, with all that is wrong of each", async () => {
    const text = `export const pages = cache({
  name: "pages",
  ▶ttl: 5,
  rules: [{ path: "/a" }, { ▶path: "/a(", ▶tll: 6 }],
});
export const data = cache({
  name: "data",
  rules: [
    { path: "/p/:id", ttlSeconds: 1 },
    ▶{ name: "one", path: "/p/1", ttlSeconds: 2 },
  ],
});`;
    const stdout = await expectFindings("worker.ts", app(text), [
      "error unknown-option",
      "error invalid-pattern",
      "error unknown-option",
      "error unreachable",
    ]);
    expect(stdout).toContain('rule 2 ("one") of cache "data" is never reached: rule 1 comes first');
  });

  it("are found in files that Workers import, and told of once", async () => {
    const { text, places } = marked(app('export const pages = cache({ name: "pages", ▶ttl: 5 });'));
    const importing = 'import page from "./page.hbs";\nexport { pages } from "./caches.ts";\nexport default { page };';
    await using files = await project({
      "src/caches.ts": text,
      "src/page.hbs": "{{a file that only wrangler knows}}",
      "src/index.ts": importing,
      "src/api.ts": importing,
    });
    const { stdout } = await files.larder("check", "src/index.ts", "src/api.ts");
    expect(stdout).toBe(
      `src/caches.ts:${places[0]} error unknown-option  ttl: is not an option of Larder; check its spelling\n1 error, 0 warnings\n`,
    );
  });

  it("are those of wrangler's main, which has its vars, where no file is named", async () => {
    const { text, places } = marked(app('if (env.REGION === "eu") cache({ name: "pages", ▶ttl: 5 });'));
    await using files = await project({
      "wrangler.jsonc": '{ "name": "shop", "main": "src/index.ts", /* a comment */ "vars": { "REGION": "eu" } }',
      "src/index.ts": text,
    });
    const { code, stdout } = await files.larder("check");
    expect([code, found(stdout)]).toEqual([1, [`${places[0]} error unknown-option`]]);
  });

  it("need not be there in wrangler's main", async () => {
    await using files = await project({
      "wrangler.toml": 'name = "other"\nmain = "index.ts"\n',
      "index.ts": 'throw new Error("it is not run");',
    });
    expect(await files.larder("check")).toMatchObject({ code: 0, stdout: "0 errors, 0 warnings\n" });
  });

  it("are declared beside whatever else only Workers have", async () => {
    const text = `import { WorkerEntrypoint as Entrypoint, waitUntil } from "cloudflare:workers";
import { connect } from "cloudflare:sockets";
export class Api extends Entrypoint {}
const edge = caches.default;
const rewriter = new HTMLRewriter().on("a", {});
waitUntil(connect("db.example:1"));
const pages = cache({ name: "a", ▶nmae: edge, ...rewriter, ...(await caches.open("x")) } as never);
pages.key("https://shop.example/");`;
    await expectFindings("worker.ts", app(text), ["error unknown-option"]);
  });

  it("leave nothing to wait for, and what they print goes to stderr", async () => {
    const text = 'console.log("hello");\nsetInterval(() => {}, 1000);\nvoid Promise.reject(new Error("later"));';
    await using files = await project({ "worker.ts": app(`cache({ name: "a" });\n${text}`) });
    expect(await files.larder("check", "worker.ts")).toEqual({
      code: 0,
      stdout: "0 errors, 0 warnings\n",
      stderr: "hello\n",
    });
  });
});

describe("a file that cannot be loaded", () => {
  it.each([
    ["error syntax", "export default {▶;\n"],
    ["error syntax", 'import ▶"./missing.ts";\n'],
    ["error throws", 'const limit = 1;\nthrow ▶new Error("too much");\n'],
    ["error throws", "const nothing = JSON.parse('null');\nnothing.▶here();\n"],
    ["warning no-declaration", "▶export default {};\n"],
  ])("%s: %s", async (kind, text) => {
    await expectFindings("larder.config.ts", text, [kind]);
  });

  it("is told of with what was found before", async () => {
    const text = app('▶cache({ nmae: "a" } as never);\nthrow ▶new Error("too much");').replace("nmae", "▶nmae");
    await expectFindings("worker.ts", text, ["error invalid-option", "error unknown-option", "error throws"]);
  });
});

describe("the command", () => {
  it.each([
    [["check", "--jsn"], /^larder: unknown option '--jsn'\n\(Did you mean --json\?\)\n$/],
    [["chekc"], /^larder: unknown command 'chekc'\n\(Did you mean check\?\)\n$/],
    [["check", "missing.ts"], /^larder: missing\.ts: there is no such file\n$/],
    [
      ["check", "--env", "ORIGIN"],
      /^larder: option '--env <NAME=VALUE>' argument 'ORIGIN' is invalid\. It must be as in/,
    ],
    [["check"], /^larder: there is no larder\.config\.ts here, and no wrangler\.toml; name the files to check\n$/],
  ])("refuses %j with exit code 2", async (args, message) => {
    await using files = await project({});
    const { code, stdout, stderr } = await files.larder(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(message);
  });

  it("prints one document with --json", async () => {
    const { text, places } = marked(app('cache({ name: "a", rules: [▶{ path: "/a" }] });'));
    await using files = await project({ "worker.ts": text });
    const { code, stdout } = await files.larder("check", "--json", "worker.ts");
    const [line, column] = (places[0] ?? "").split(":").map(Number);
    const message = expect.stringContaining('rule 1 of cache "a" sets nothing') as string;
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      files: ["worker.ts"],
      findings: [{ file: "worker.ts", line, column, severity: "warning", kind: "no-effect", message }],
      errors: 0,
      warnings: 1,
    });
  });

  it("ends with its exit code and without a word when nobody reads what it says", async () => {
    await using files = await project({ "worker.ts": app('cache({ name: "a b" });') });
    const { code, stderr } = await runCli(["check", "worker.ts"], files.directory, { reads: "nothing" });
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  });

  it.runIf(hasTerminals).each([
    ["colours what it says to a terminal", {}, "\u001b[31merror\u001b[39m invalid-option  name:"],
    ["leaves the colours out where NO_COLOR says so", { NO_COLOR: "1" }, "worker.ts:3:9 error invalid-option  name:"],
  ])("%s", async (_, env, expected) => {
    await using files = await project({ "worker.ts": app('cache({ name: "a b" });') });
    const said = execFileSync("script", ["-qc", `'${process.execPath}' '${cli}' check worker.ts; true`, "/dev/null"], {
      cwd: files.directory,
      env: {
        ...process.env,
        NO_COLOR: undefined,
        FORCE_COLOR: undefined,
        CI: undefined,
        TERM: "xterm-256color",
        ...env,
      },
      encoding: "utf8",
    });
    expect(said).toContain(expected);
  });

  it("explains itself, with examples", async () => {
    await using files = await project({});
    const { code, stdout } = await files.larder("check", "--help");
    expect(code).toBe(0);
    for (const part of ["--json", "--env", "Examples:", "larder check src/index.ts"]) expect(stdout).toContain(part);
    expect(await files.larder("--version")).toMatchObject({ code: 0, stdout: "0.1.0\n" });
  });

  it("finds nothing wrong with this project's own configuration and example", async () => {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const ended = await runCli(["check", "larder.config.ts", "examples/storefront/src/index.ts"], root);
    expect(ended).toEqual({ code: 0, stdout: "0 errors, 0 warnings\n", stderr: "" });
  });
});
