import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundleWorker } from "../../scripts/start/bundle.ts";
import { runWorkers } from "../../scripts/start/runtime.ts";
import { freeBasePort } from "./support/ports.ts";

// The app as it is while nothing listens where its back end should be.
let url: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const [coordinator, app] = await Promise.all([
    bundleWorker(join(root, "wrangler.toml")),
    bundleWorker(join(root, "examples/storefront/wrangler.toml")),
  ]);
  const port = await freeBasePort();
  const stateFolder = await mkdtemp(join(tmpdir(), "larder-storefront-"));
  const miniflare = await runWorkers(
    [
      { worker: coordinator, port, bindings: {} },
      { worker: app, port: port + 1, bindings: { ORIGIN: `http://127.0.0.1:${port + 2}` } },
    ],
    stateFolder,
  );
  url = `http://127.0.0.1:${port + 1}`;
  stop = async () => {
    await miniflare.dispose();
    await rm(stateFolder, { recursive: true, force: true });
  };
});

afterAll(() => stop());

it.each(["/", "/products/1", "/api/products"])("answers 502 on %s, every time, without the back end", async (path) => {
  for (let count = 0; count < 2; count++) {
    const response = await fetch(url + path);
    expect(response.status).toBe(502);
    expect(await response.text()).toContain("cannot be reached");
  }
});

it("answers 502 to an edit that cannot be saved", async () => {
  const body = new URLSearchParams({ name: "Rye loaf", price: "7.20" });
  expect((await fetch(`${url}/products/1`, { method: "POST", body })).status).toBe(502);
});

it("answers what needs no back end", async () => {
  expect((await fetch(`${url}/stats`)).status).toBe(200);
  expect((await fetch(`${url}/nowhere`)).status).toBe(404);
  expect((await fetch(`${url}/products/one`)).status).toBe(404);
  expect((await fetch(`${url}/products/1`, { method: "DELETE" })).status).toBe(405);
  expect((await fetch(`${url}/products/1`, { method: "POST", body: "no form" })).status).toBe(400);
});
