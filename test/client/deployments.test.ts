import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { cache } from "../../src/client/index.ts";
import { deploymentOf } from "../../src/edge/version-metadata.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";
import { refusal } from "../support/refusal.ts";

const OLD = { id: "old", madeAtMs: 1000 };
const NEW = { id: "new", madeAtMs: 2000 };

describe.each(["isolate", "remote"] as const)("deployments of a cache read in mode %s", (mode) => {
  function declare() {
    const shape = { name: "pages", namespace: freshNamespace(), ttlSeconds: 60, mode, onDeploy: "purge" as const };
    return {
      before: cache({ ...shape, deployment: OLD }),
      after: cache({ ...shape, deployment: NEW }),
      unnamed: cache(shape),
      keeping: cache({ ...shape, onDeploy: "keep" }),
    };
  }

  it("purge what the version before has stored, once, and show in the history", async () => {
    const { before, after } = declare();
    const url = freshUrl();
    await before.put(url, new Response("old"));
    expect(await (await before.match(url))?.text()).toBe("old");
    expect(await after.match(url)).toBeUndefined();
    await after.put(url, new Response("new"));
    for (const version of [before, after, before]) expect(await (await version.match(url))?.text()).toBe("new");
    expect((await after.history()).purges).toMatchObject([
      { by: "deployment", reason: "version new was deployed", purged: 1 },
      { by: "deployment", reason: "version old was deployed", purged: 0 },
    ]);
  });

  it("purge what was stored before they were to purge", async () => {
    const { keeping, before } = declare();
    const url = freshUrl();
    await keeping.put(url, new Response("kept"));
    expect(await before.match(url)).toBeUndefined();
  });

  it("let nothing be stored by the version before, which goes on answering", async () => {
    const { before, after } = declare();
    const url = freshUrl();
    await before.match(url);
    await after.match(url);
    await before.match(url, { consistency: "strong" });
    expect(await before.put(url, new Response("old"))).toEqual({ stored: false, reason: "deployment" });
    expect(await (await before.wrap(url, () => new Response("old"))).text()).toBe("old");
    await expect.poll(async () => (await before.stats()).refusals).toBe(2);
    expect(await after.match(url)).toBeUndefined();
  });

  it("are told by the version metadata binding where no version is named", async () => {
    const { unnamed } = declare();
    await unnamed.match(freshUrl());
    const running = deploymentOf(env);
    expect(running?.id).toMatch(/^[0-9a-f-]{36}$/);
    const { purges } = await unnamed.history();
    expect(purges).toMatchObject([{ by: "deployment", reason: `version ${running?.id} was deployed` }]);
  });

  it("purge nothing unless they are to", async () => {
    const { keeping } = declare();
    await keeping.match(freshUrl());
    expect((await keeping.history()).purges).toEqual([]);
  });
});

it("a Worker without the binding is warned that deployments purge nothing, and keeps what it has", async () => {
  const bindings = env as { CF_VERSION_METADATA?: unknown };
  const metadata = bindings.CF_VERSION_METADATA;
  const warned = vi.spyOn(console, "warn").mockReturnValue(undefined);
  try {
    delete bindings.CF_VERSION_METADATA;
    const pages = cache({ name: "pages", namespace: freshNamespace(), ttlSeconds: 60, onDeploy: "purge" });
    const url = freshUrl();
    await pages.put(url, new Response("x"));
    expect(await (await pages.match(url))?.text()).toBe("x");
    expect((await pages.history()).purges).toEqual([]);
    expect(warned.mock.calls).toEqual([
      [expect.stringContaining("no version metadata binding named CF_VERSION_METADATA")],
    ]);
  } finally {
    bindings.CF_VERSION_METADATA = metadata;
    warned.mockRestore();
  }
});

it.each([
  ["onDeploy", { onDeploy: "drop" }],
  ["deployment.id", { deployment: { madeAtMs: 1 } }],
  ["deployment.madeAtMs", { deployment: { id: "a", madeAtMs: "now" } }],
])("refuses a declaration for its %s", (field, options) => {
  expect(refusal(() => cache({ name: "pages", ...(options as object) }))).toMatchObject({
    code: "invalid-input",
    field,
  });
});
