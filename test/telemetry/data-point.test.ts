import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { writeDataPoints } from "../../objects/analytics.ts";
import type { CounterName } from "../../schema/counters.ts";
import { counterNames } from "../../schema/counters.ts";
import { dataPointOf } from "../../src/telemetry/data-point.ts";
import { freshObject, purge } from "../support/namespace-object.ts";

const counted = { cache: "pages", rule: "products", dataCentre: "AMS" };

describe("a data point", () => {
  it("has what was counted in its columns, in the order that the docs tell", () => {
    const counts = {
      ...{ "hits.fresh": 1, "hits.stale": 2, "hits.shield": 3, waits: 4, "misses.absent": 5, "misses.purged": 1 },
      ...{ "bypasses.method": 7, "stand-ins": 8, "origin.requests": 9, "origin.errors": 10, "origin.ms": 11, puts: 12 },
      ...{ "refusals.private": 13, "bytes.served": 14, "bytes.stored": 15, purges: 16, purged: 17, invalidations: 18 },
      ...{ "errors.object": 19 },
    };
    expect(dataPointOf("storefront", { ...counted, counts })).toEqual({
      indexes: ["storefront"],
      blobs: ["storefront", "pages", "products", "AMS"],
      doubles: [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19],
    });
  });

  it("keeps the limits of the platform, whatever is counted", () => {
    const counts = Object.fromEntries(counterNames.map((name): [CounterName, number] => [name, 1]));
    const { indexes, blobs, doubles } = dataPointOf("n".repeat(128), { ...counted, counts });
    expect(indexes[0]?.length).toBeLessThanOrEqual(96);
    expect([blobs.length, doubles.length].every((columns) => columns <= 20)).toBe(true);
  });
});

describe("what is written", () => {
  it("is what an object counts, once, under its own name", async () => {
    const { namespace, object, stub } = freshObject();
    const writeDataPoint = vi.fn();
    await runInDurableObject(stub, (instance) => {
      Object.assign((instance as unknown as { env: object }).env, { LARDER_ANALYTICS: { writeDataPoint } });
    });
    const report = {
      reporter: "0123456789abcdef",
      batch: 1,
      counts: [{ cache: "pages", rule: "", counts: { "hits.fresh": 3 } }],
    };
    await object.sync({ report });
    await object.sync({ report });
    await purge(object, { everything: true, cache: "pages" });
    const own = writeDataPoint.mock.calls.map(([point]) => point).filter((point) => point.indexes[0] === namespace);
    expect(own.map(({ doubles }) => [doubles[0], doubles[14]])).toEqual([
      [3, 0],
      [0, 1],
    ]);
  });

  it("is nothing without a binding, and a binding that fails is only logged", () => {
    const warned = vi.spyOn(console, "warn").mockReturnValue(undefined);
    const failing = { writeDataPoint: () => expect.fail("no such dataset") };
    writeDataPoints(undefined, "n", [{ ...counted, counts: {} }]);
    expect(warned).not.toHaveBeenCalled();
    writeDataPoints(failing, "n", [{ ...counted, counts: {} }]);
    expect(warned).toHaveBeenCalledTimes(1);
    warned.mockRestore();
  });
});
