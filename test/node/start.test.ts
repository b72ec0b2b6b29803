import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Larder, startLarder } from "./support/larder.ts";
import { freeBasePort, isFree } from "./support/ports.ts";
import { descendants, running } from "./support/processes.ts";
import { until } from "./support/until.ts";

let stateDirectory: string;

beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), "larder-start-"));
});

afterAll(async () => {
  await rm(stateDirectory, { recursive: true, force: true });
});

async function start(port: number, ...more: readonly string[]): Promise<Larder> {
  return startLarder(["--port", String(port), "--state", stateDirectory, ...more], {
    LARDER_TOKEN: "",
    ORIGIN_DELAY_MS: "20",
  });
}

/** How often the demo origin was asked for something. */
async function originRequests(base: number): Promise<{ readonly total: number }> {
  const response = await fetch(`http://127.0.0.1:${base + 2}/requests`);
  return (await response.json()) as { total: number };
}

const isHit = (response: Response) => /;\s*hit\b/.test(response.headers.get("Cache-Status") ?? "");

/** A response is stored behind the answer, so the very next request may still come too early. */
async function untilCached(url: string): Promise<string> {
  return until(`${url} is cached`, async () => {
    const response = await fetch(url);
    const text = await response.text();
    return isHit(response) && text;
  });
}

async function edit(url: string, name: string, price: string): Promise<Response> {
  return fetch(url, { method: "POST", body: new URLSearchParams({ name, price }), redirect: "manual" });
}

describe("the example", () => {
  let base: number;
  let larder: Larder;

  beforeAll(async () => {
    base = await freeBasePort();
    larder = await start(base, "--fresh");
  });

  afterAll(() => larder[Symbol.asyncDispose]());

  it("says where the coordinator and the app are", () => {
    expect(larder).toMatchObject({
      coordinator: `http://127.0.0.1:${base}`,
      app: `http://127.0.0.1:${base + 1}`,
    });
  });

  it("asks the origin once for a page that is fetched again and again", async () => {
    const url = `${larder.app}/products/3`;
    const before = await originRequests(base);
    const first = await fetch(url);
    expect(isHit(first)).toBe(false);
    const text = await first.text();
    expect(text).toContain("Apricot jam");
    expect(await untilCached(url)).toBe(text);
    const cached = await originRequests(base);
    for (let count = 0; count < 5; count++) {
      const again = await fetch(url);
      expect(isHit(again)).toBe(true);
      expect(await again.text()).toBe(text);
    }
    expect(await originRequests(base)).toEqual(cached);
    expect(cached.total - before.total).toBeGreaterThan(0);
  });

  it("shows an edit at once on the product's page and the listing, and keeps another product cached", async () => {
    const [edited, listing, other] = [`${larder.app}/products/1`, `${larder.app}/`, `${larder.app}/products/2`];
    await Promise.all([edited, listing, other].map(untilCached));
    const otherPage = await untilCached(other);

    const answer = await edit(edited, "Rye loaf", "7.2");
    expect(answer.status).toBe(303);
    expect(answer.headers.get("Location")).toBe("/products/1");

    const before = await originRequests(base);
    for (const url of [edited, listing]) {
      const response = await fetch(url);
      expect(isHit(response)).toBe(false);
      const text = await response.text();
      expect(text).toContain("Rye loaf");
      expect(text).toContain("7.20");
      expect(text).not.toContain("Sourdough");
    }
    const after = await originRequests(base);
    expect(after.total - before.total).toBe(2);
    const unchanged = await fetch(other);
    expect(isHit(unchanged)).toBe(true);
    expect(await unchanged.text()).toBe(otherPage);
    expect(await originRequests(base)).toEqual(after);
  });

  it("prints a token that the REST API takes, and purges with it", async () => {
    const token = /Bearer ([\w-]{24})"/.exec(larder.hints)?.[1] ?? "";
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
    const api = `${larder.coordinator}/.larder/v1/caches/storefront`;
    const url = `${larder.app}/api/products`;
    await untilCached(url);
    const purge = await fetch(`${api}/purge`, {
      method: "POST",
      headers,
      body: JSON.stringify({ tags: ["products"] }),
    });
    expect(purge.status).toBe(200);
    const { version } = (await purge.json()) as { version: string };

    // Another caller's purge: this visitor knows its version, and need not wait for `purgeLagSeconds`.
    const response = await fetch(url, { headers: { Cookie: `edited=${version}` } });
    expect(isHit(response)).toBe(false);
    await response.body?.cancel();
    expect((await fetch(`${api}/stats`, { headers })).status).toBe(200);
    expect((await fetch(`${api}/stats`)).status).toBe(401);
  });

  it("refuses a form that it cannot use, and escapes what it can", async () => {
    const url = `${larder.app}/products/4`;
    for (const [name, price] of [
      ["", "1.00"],
      ["x".repeat(81), "1.00"],
      ["Cheddar", "-1"],
      ["Cheddar", "1.005"],
      ["Cheddar", "cheap"],
    ] as const) {
      expect((await edit(url, name, price)).status, `${name} for ${price}`).toBe(400);
    }
    expect((await edit(url, `<script>"'&`, "0")).status).toBe(303);
    const text = await (await fetch(url)).text();
    expect(text).toContain("<h1>&#60;script&#62;&#34;&#39;&#38;</h1>");
    expect((await edit(`${larder.app}/products/99`, "Nothing", "1")).status).toBe(404);
    expect((await fetch(`${larder.app}/products/99`)).status).toBe(404);
  });

  it("finds its cache, its products and its counts again after a restart, and forgets them with --fresh", async () => {
    const port = await freeBasePort();
    const url = `http://127.0.0.1:${port + 1}/products/5`;
    let page: string;
    {
      await using first = await start(port, "--fresh");
      expect((await edit(`${first.app}/products/5`, "Green tea", "9")).status).toBe(303);
      page = await untilCached(url);
      expect(page).toContain("Green tea");
    }
    {
      await using second = await start(port);
      const response = await fetch(url);
      expect(isHit(response)).toBe(true);
      expect(await response.text()).toBe(page);
      expect(await originRequests(port)).toEqual({ total: 0, byTarget: {} });
      const stats = (await (await fetch(`${second.app}/stats`)).json()) as { puts: number };
      expect(stats.puts).toBeGreaterThan(0);
    }
    await using _third = await start(port, "--fresh");
    const response = await fetch(url);
    expect(isHit(response)).toBe(false);
    expect(await response.text()).toContain("Black tea");
  });
});

describe("the end", () => {
  it.each([
    // What `kill` and a supervisor send, and what Ctrl-C sends to everything the terminal runs.
    ["SIGTERM", "process"],
    ["SIGINT", "group"],
    ["SIGINT", "process"],
  ] as const)("of %s to the %s is clean, and leaves no process and no port behind", async (signal, to) => {
    const base = await freeBasePort();
    const larder = await start(base);
    await fetch(`${larder.app}/products/1`).then((response) => response.text());
    const children = await descendants(larder.pid);
    if (process.platform === "linux") expect(children).not.toEqual([]);

    const ended = await larder.stop(signal, to);
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    expect(ended.stdout.match(/^ready .*$/gm)).toHaveLength(1);
    await until("its processes are gone", async () => (await running([larder.pid, ...children])).length === 0);
    expect(await Promise.all([base, base + 1, base + 2].map(isFree))).toEqual([true, true, true]);
  });
});
