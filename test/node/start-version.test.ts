import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stop as stopEsbuild } from "esbuild";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleWorker } from "../../scripts/start/bundle.ts";
import { runWorkers } from "../../scripts/start/runtime.ts";
import { freeBasePort } from "./support/ports.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "larder-version-"));
});

afterAll(async () => {
  await stopEsbuild();
  await rm(folder, { recursive: true, force: true });
});

interface Version {
  readonly id: string;
  readonly tag: string;
  readonly timestamp: string;
}

/** The version that a Worker with such code and such a setting sees, as `npm start` would run it. */
async function versionSeen(code: string, setting: string): Promise<Version> {
  const config = `name = "w"\nmain = "w.js"\ncompatibility_date = "2026-10-23"\n[version_metadata]\nbinding = "VERSION"\n`;
  await writeFile(join(folder, "wrangler.toml"), `${config}[vars]\nSETTING = "${setting}"\n`);
  await writeFile(join(folder, "w.js"), `export default { fetch: (_, env) => Response.json(env.VERSION) }; // ${code}`);
  const port = await freeBasePort();
  const worker = await bundleWorker(join(folder, "wrangler.toml"));
  const running = await runWorkers([{ worker, port, bindings: { TOKEN: String(port) } }], join(folder, "state"));
  try {
    return (await (await fetch(`http://127.0.0.1:${port}/`)).json()) as Version;
  } finally {
    await running.dispose();
  }
}

it("a restart with the same code and settings is of the same version, and any other of another", async () => {
  const startedAtMs = Date.now();
  const first = await versionSeen("one", "a");
  const again = await versionSeen("one", "a");
  expect(first).toEqual({ id: expect.stringMatching(/^[0-9a-f]{32}$/), tag: "", timestamp: expect.any(String) });
  expect(again.id).toBe(first.id);
  expect(Date.parse(first.timestamp)).toBeGreaterThanOrEqual(startedAtMs);
  expect(Date.parse(again.timestamp)).toBeGreaterThan(Date.parse(first.timestamp));
  const ids = [first.id, (await versionSeen("two", "a")).id, (await versionSeen("one", "b")).id];
  expect(new Set(ids).size).toBe(3);
});

it("the coordinator has a version, and a Worker without the binding has none", async () => {
  const [coordinator, app] = await Promise.all([
    bundleWorker("wrangler.toml"),
    bundleWorker("examples/storefront/wrangler.toml"),
  ]);
  expect(Object.keys(coordinator.version)).toEqual(["CF_VERSION_METADATA"]);
  expect(app.version).toEqual({});
});
