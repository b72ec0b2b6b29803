import { describe, expect, it } from "vitest";
import { probeCache } from "../../src/edge/cache-probe.ts";
import { freshUrl } from "../support/fresh.ts";

/** A cache of this runtime, but for what is given. */
async function cacheThat(changed: Partial<Pick<Cache, "put" | "match" | "delete">>): Promise<Cache> {
  const real = await caches.open("probe");
  return {
    put: (...args: Parameters<Cache["put"]>) => real.put(...args),
    match: (...args: Parameters<Cache["match"]>) => real.match(...args),
    delete: (...args: Parameters<Cache["delete"]>) => real.delete(...args),
    ...changed,
  };
}

const origin = new URL(freshUrl()).origin;

describe("the probe of a data centre's cache", () => {
  it("finds that the real one works, and leaves nothing behind", async () => {
    const keys: string[] = [];
    const real = caches.default;
    const noting = await cacheThat({
      put: (key, response) => {
        keys.push(String(key));
        return real.put(key, response);
      },
      match: (...args) => real.match(...args),
      delete: (...args) => real.delete(...args),
    });
    expect(await probeCache(noting, origin)).toMatchObject({ state: "works", ms: expect.any(Number) });
    expect(keys).toEqual([expect.stringContaining(`${origin}/?larder=`)]);
    expect(await real.match(keys[0] ?? "")).toBeUndefined();
  });

  it.each([
    ["keeps nothing, as in a preview", { put: async () => {} }, { state: "keeps-nothing" }],
    ["keeps what was deleted", { delete: async () => false }, { state: "keeps-deleted" }],
    ["fails", { put: () => Promise.reject(new Error("no cache here")) }, { state: "fails", error: "no cache here" }],
  ] as const)("finds one that %s", async (_, changed, found) => {
    expect(await probeCache(await cacheThat(changed), origin)).toMatchObject(found);
  });
});
