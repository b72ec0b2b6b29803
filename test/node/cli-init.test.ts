import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { parse as parseJsonc } from "jsonc-parser";
import { parse as parseToml } from "smol-toml";
import { describe, expect, it } from "vitest";
import { type Project, project } from "./support/cli.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);

const MAIN = 'export default { fetch: () => new Response("mine") };\n';

const TOML = `# what this is
name = "shop" # its name
main = "src/index.ts"
compatibility_date = "2026-10-23"

# who else is called
[[services]]
binding = "AUTH"
service = "auth"
`;

const JSONC = `{
    // what this is
    "name": "shop", /* its name */
    "main": "src/index.ts",
    "compatibility_date": "2026-10-23",
    // who else is called
    "services": [
        { "binding": "AUTH", "service": "auth" }, // the last
    ],
}
`;

const app = (files: Readonly<Record<string, string>>) =>
  project({ "src/index.ts": MAIN, "package.json": '{ "dependencies": { "larder": "*" } }', ...files });

const read = ({ directory }: Project, file: string) => readFile(join(directory, file), "utf8");

/** Whether all lines are there still, in their order. */
function keeps(before: string, after: string): boolean {
  const lines = after.split(/\r?\n/);
  let from = 0;
  return before
    .trimEnd()
    .split(/\r?\n/)
    .every((line) => {
      const at = lines.findIndex((other, index) => index >= from && other.startsWith(line.replace(/,?\s*$/, "")));
      from = at + 1;
      return at >= 0;
    });
}

describe("larder init", () => {
  it.each([
    ["wrangler.toml", TOML, parseToml],
    ["wrangler.jsonc", JSONC, parseJsonc],
    ["wrangler.json", '{"name":"shop","main":"src/index.ts","compatibility_date":"2026-10-23"}', JSON.parse],
  ] as const)(
    "adds the binding to %s, and keeps all else; a second time nothing changes",
    async (file, text, parse) => {
      await using files = await app({ [file]: text });
      const { code, stdout, stderr } = await files.larder("init", "--service", "my-larder");
      expect([code, stderr, stdout]).toEqual([0, "", `Changed ${file}\nMade src/caches.ts\n`]);
      const after = await read(files, file);
      const { services, ...rest } = parse(after) as Record<string, unknown>;
      const { services: before = [], ...others } = parse(text) as { services?: readonly object[] };
      expect(services).toEqual([...before, { binding: "LARDER", service: "my-larder" }]);
      expect(rest).toEqual(others);
      if (file !== "wrangler.json") expect(keeps(text, after)).toBe(true);
      expect(await read(files, "src/index.ts")).toBe(MAIN);
      expect((await files.larder("init", "--service", "my-larder")).stdout).toBe("Nothing is to be done.\n");
      expect(await read(files, file)).toBe(after);
    },
  );

  it.each([
    ["wrangler.toml", TOML, parseToml],
    ["wrangler.jsonc", JSONC, parseJsonc],
  ] as const)("adds the object, its migration and exports with --standalone to %s, once", async (file, text, parse) => {
    await using files = await app({ [file]: text });
    const { stdout } = await files.larder("init", "--standalone");
    expect(stdout).toMatch(new RegExp(`^Changed ${file}\nChanged src/index.ts\nMade src/caches.ts\n`));
    const after = await read(files, file);
    expect(parse(after)).toMatchObject({
      services: [{ binding: "AUTH" }, { binding: "LARDER", service: "shop", entrypoint: "Larder" }],
      durable_objects: { bindings: [{ name: "NAMESPACES", class_name: "CacheNamespace" }] },
      migrations: [{ tag: "larder-v1", new_sqlite_classes: ["CacheNamespace"] }],
      version_metadata: { binding: "CF_VERSION_METADATA" },
    });
    expect(keeps(text, after)).toBe(true);
    expect(await read(files, "src/index.ts")).toBe(
      `${MAIN}\nexport { CacheNamespace, default as Larder } from "larder/worker";\n`,
    );
    expect((await files.larder("init", "--standalone")).stdout).toMatch(/^Nothing is to be done\.\n/);
    expect(await read(files, file)).toBe(after);
  });

  it.each([
    ["the binding, in TOML", "wrangler.toml", TOML, []],
    ["the binding, in JSON with comments", "wrangler.jsonc", JSONC, []],
    ["the object, in TOML", "wrangler.toml", TOML, ["--standalone"]],
    ["the object, in JSON with comments", "wrangler.jsonc", JSONC, ["--standalone"]],
  ])(
    "makes what wrangler takes: %s",
    async (_, file, text, flags) => {
      await using files = await app({ [file]: text });
      await symlink(root, join(files.directory, "node_modules", "larder"));
      await files.larder("init", ...flags);
      // As a user would, whose main uses what was made.
      const main = await read(files, "src/index.ts");
      await writeFile(join(files.directory, "src/index.ts"), `export * from "./caches";\n${main}`);
      const wrangler = join(root, "node_modules", "wrangler", "bin", "wrangler.js");
      const node = join(root, "node_modules", ".bin", "node");
      const env = { ...process.env, CI: "true", WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };
      const args = [wrangler, "deploy", "--dry-run", "--outdir", "out"];
      const { stdout } = await run(node, args, { cwd: files.directory, env });
      expect(stdout).toMatch(flags.length === 0 ? /env\.LARDER \(larder\)/ : /env\.LARDER \(shop#Larder\)/);
      if (flags.length > 0) expect(stdout).toContain("env.NAMESPACES (CacheNamespace)");
      expect(stdout).not.toContain("WARNING");
    },
    60_000,
  );

  it("leaves each comment of JSON with what it is about, and commas as they are", async () => {
    await using files = await app({ "wrangler.jsonc": JSONC });
    await files.larder("init");
    const item = `        {
            "binding": "LARDER",
            "service": "larder"
        },
`;
    expect(await read(files, "wrangler.jsonc")).toBe(JSONC.replace("    ],\n", `${item}    ],\n`));
  });

  it("shows a unified diff with --dry-run, and changes nothing", async () => {
    await using files = await app({ "wrangler.toml": TOML });
    const { code, stdout } = await files.larder("init", "--dry-run");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^--- wrangler\.toml\n\+\+\+ wrangler\.toml\n@@/);
    expect(stdout).toContain('+[[services]]\n+binding = "LARDER"\n+service = "larder"\n');
    expect(stdout).toContain("--- /dev/null\n+++ src/caches.ts\n");
    expect(await read(files, "wrangler.toml")).toBe(TOML);
    expect(await readdir(join(files.directory, "src"))).toEqual(["index.ts"]);
    const { stdout: json } = await files.larder("init", "--dry-run", "--json");
    expect(JSON.parse(json)).toEqual({
      dryRun: true,
      files: [
        { path: "wrangler.toml", action: "change" },
        { path: "src/caches.ts", action: "create" },
      ],
      notes: [],
    });
  });

  it("adds to an environment, and tells of those that lack it", async () => {
    const text = `${TOML}\n[env.staging]\nvars = { A = "1" }\n[env."pro duction"]\n`;
    await using files = await app({ "wrangler.toml": text });
    expect((await files.larder("init")).stdout).toContain("for staging, pro duction call larder init with --env.");
    await files.larder("init", "--env", "staging", "--service", "larder-staging");
    await files.larder("init", "--env", "pro duction", "--standalone");
    expect(parseToml(await read(files, "wrangler.toml"))).toMatchObject({
      env: {
        staging: { vars: { A: "1" }, services: [{ binding: "LARDER", service: "larder-staging" }] },
        "pro duction": { services: [{ service: "shop-pro duction", entrypoint: "Larder" }] },
      },
      migrations: [{ tag: "larder-v1" }],
    });
    const { code, stderr } = await files.larder("init", "--env", "nowhere");
    expect([code, stderr]).toEqual([2, expect.stringContaining("which has staging, pro duction")]);
  });

  it("keeps line ends, and what is there of its own accord", async () => {
    const text = `${TOML}[[migrations]]\ntag = "larder-v1"\nnew_sqlite_classes = ["Other"]\n`.replaceAll("\n", "\r\n");
    await using files = await app({ "wrangler.toml": text, "src/caches.ts": "export {};\n" });
    await files.larder("init", "--standalone");
    const after = await read(files, "wrangler.toml");
    expect(after.replaceAll("\r\n", "")).not.toContain("\n");
    expect(parseToml(after)).toMatchObject({ migrations: [{ tag: "larder-v1" }, { tag: "larder-v2" }] });
    expect(await read(files, "src/caches.ts")).toBe("export {};\n");
  });

  it("says what else is to be done", async () => {
    await using files = await app({
      "wrangler.toml": 'name = "shop"\nmain = "src/index.js"\ncompatibility_date = 2024-01-01\n',
      "src/index.js": MAIN,
      "package.json": "{}",
    });
    const { stdout } = await files.larder("init");
    expect(stdout).toContain("Made src/caches.js\n");
    expect(stdout).toContain("compatibility_date is 2024-01-01; Larder is tested with 2026-10-23.");
    expect(stdout).toContain("package.json does not depend on larder yet");
    expect(await read(files, "src/caches.js")).not.toContain(": Request");
  });

  it.each<[string, Record<string, string>, string[], string]>([
    ["no configuration", {}, [], "there is no wrangler.toml"],
    ["a directory that is not there", {}, ["nowhere"], "there is no such directory"],
    ["TOML that is none", { "wrangler.toml": "name = \n" }, [], "wrangler.toml cannot be read"],
    ["JSON that is none", { "wrangler.jsonc": '{\n"name": }' }, [], "cannot be read: line 2"],
    ["--service with --standalone", { "wrangler.toml": TOML }, ["--standalone", "--service", "a"], "does not go with"],
    [
      "a binding of the name to something else",
      { "wrangler.toml": '[[services]]\nbinding = "LARDER"\nservice = "other"\n' },
      [],
      "there is a service binding LARDER already, to other",
    ],
    [
      "a binding of the name of another kind",
      { "wrangler.toml": '[[kv_namespaces]]\nbinding = "LARDER"\nid = "a"\n' },
      [],
      "of another kind already, in kv_namespaces",
    ],
    ["a variable of the name", { "wrangler.toml": '[vars]\nLARDER = "a"\n' }, [], "there is a variable LARDER already"],
    [
      "an object binding of the name",
      {
        "wrangler.toml": `${TOML}[[durable_objects.bindings]]\nname = "NAMESPACES"\nclass_name = "Other"\n`,
      },
      ["--standalone"],
      "of the class Other",
    ],
    ["no main", { "wrangler.toml": 'name = "a"\n' }, ["--standalone"], "has no main"],
    ["no name", { "wrangler.toml": 'main = "src/index.ts"\n' }, ["--standalone"], "has no name"],
    [
      "a list that cannot be added to, with what to add by hand",
      { "wrangler.toml": 'services = [{ binding = "AUTH", service = "auth" }]\n' },
      [],
      'add this by hand:\n\n[[services]]\nbinding = "LARDER"',
    ],
  ])("ends with 2 for %s, and changes nothing", async (_, own, args, message) => {
    await using files = await app(own);
    const { code, stdout, stderr } = await files.larder("init", ...args);
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining(message)]);
    for (const [file, text] of Object.entries(own)) expect(await read(files, file)).toBe(text);
    expect(await readdir(join(files.directory, "src"))).toEqual(["index.ts"]);
  });

  it("changes nothing where one file cannot be written", async () => {
    await using files = await app({ "wrangler.toml": TOML.replace("src/index.ts", "lib/index.ts") });
    await writeFile(join(files.directory, "lib"), "a file where a directory should be");
    const { code, stderr } = await files.larder("init");
    expect([code, stderr]).toEqual([1, expect.stringContaining("cannot be written, and nothing was")]);
    expect(await read(files, "wrangler.toml")).not.toContain("LARDER");
    expect((await readdir(files.directory)).filter((name) => name.includes(".larder-"))).toEqual([]);
  });

  it("works on another directory than the one it is called in", async () => {
    await using files = await app({});
    await mkdir(join(files.directory, "app"));
    await writeFile(join(files.directory, "app", "wrangler.toml"), 'name = "a"\n');
    expect((await files.larder("init", "app")).stdout).toContain("Changed app/wrangler.toml\nMade app/src/caches.ts\n");
  });
});
