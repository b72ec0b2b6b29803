import { describe, expect, it } from "vitest";
import type { CacheOptions } from "../../src/client/index.ts";
import { cache } from "../../src/client/index.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";
import { until } from "../support/origin.ts";

const CALLERS = 100;

describe.each(["isolate", "remote"] as const)("a cache read in mode %s", (mode) => {
  const declare = (options: Partial<CacheOptions> = {}) =>
    cache({ name: "pages", namespace: freshNamespace(), ttlSeconds: 60, mode, ...options });

  it("runs one loader for all who wrap the same request at once", { timeout: 30_000 }, async () => {
    const [pages, url] = [declare(), freshUrl()];
    let loads = 0;
    const loader = () => {
      loads += 1;
      return new Response(`load ${loads}`);
    };
    const answers = Array.from({ length: CALLERS }, () => pages.wrap(url, loader));
    const bodies = await Promise.all(answers.map(async (answer) => (await answer).text()));
    expect(new Set(bodies)).toEqual(new Set(["load 1"]));
    expect(await (await pages.wrap(url, loader)).text()).toBe("load 1");
    expect(loads).toBe(1);
  });

  it("runs one loader for all who remember the same value at once", { timeout: 30_000 }, async () => {
    const values = declare();
    const gate = Promise.withResolvers<void>();
    let loads = 0;
    const loader = async () => {
      loads += 1;
      await gate.promise;
      return { at: new Date(0), loads };
    };
    const answers = Array.from({ length: CALLERS }, () => values.remember("rates", loader));
    await until(() => loads === 1);
    gate.resolve();
    const remembered = await Promise.all(answers);
    expect(remembered).toEqual(remembered.map(() => ({ at: new Date(0), loads: 1 })));
    expect(loads).toBe(1);
  });

  it("fails one caller with what its loader throws, and lets the next run its own", async () => {
    const [pages, url] = [declare(), freshUrl()];
    let loads = 0;
    const loader = () => {
      loads += 1;
      if (loads === 1) throw new Error("refused");
      return new Response(`load ${loads}`);
    };
    const answers = Array.from({ length: 20 }, () => pages.wrap(url, loader));
    const told = await Promise.all(
      answers.map((answer) => answer.then((response) => response.text()).catch((error: Error) => error.message)),
    );
    expect(told.filter((text) => text === "refused")).toHaveLength(1);
    expect(told.filter((text) => text === "load 2")).toHaveLength(19);
    expect(loads).toBe(2);
  });

  it("does not make callers wait who wrap with coalescing turned off", async () => {
    const [pages, url] = [declare({ coalesce: false }), freshUrl()];
    const gate = Promise.withResolvers<void>();
    let loads = 0;
    const loader = async () => {
      loads += 1;
      if (loads === 5) gate.resolve();
      await gate.promise;
      return new Response("own");
    };
    const answers = await Promise.all(Array.from({ length: 5 }, () => pages.wrap(url, loader)));
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(["own", "own", "own", "own", "own"]);
    expect(loads).toBe(5);
  });

  it("lets callers wait for whoever has matched with a lease, and put what was missing", async () => {
    const [pages, url] = [declare(), freshUrl()];
    const request = new Request(url);
    expect(await pages.match(request, { coalesce: true })).toBeUndefined();
    const waiting = Array.from({ length: 10 }, () => pages.match(new Request(url), { coalesce: true }));
    await pages.put(request, new Response("put"));
    const found = await Promise.all(waiting);
    expect(await Promise.all(found.map((response) => response?.text()))).toEqual(found.map(() => "put"));
  });
});

it("callers of both modes wait for one loader", async () => {
  const [namespace, url] = [freshNamespace(), freshUrl()];
  const caches = (["isolate", "remote"] as const).map((mode) =>
    cache({ name: "pages", namespace, ttlSeconds: 60, mode }),
  );
  let loads = 0;
  const loader = () => {
    loads += 1;
    return new Response(`load ${loads}`);
  };
  const answers = caches.flatMap((pages) => Array.from({ length: 20 }, () => pages.wrap(url, loader)));
  const bodies = await Promise.all(answers.map(async (answer) => (await answer).text()));
  expect(new Set(bodies)).toEqual(new Set(["load 1"]));
  expect(loads).toBe(1);
});
