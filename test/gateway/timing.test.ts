import { afterEach, expect, it, vi } from "vitest";
import { defineConfig } from "../../src/gateway/config.ts";
import { freshUrl } from "../support/fresh.ts";
import { gatewayFor } from "../support/gateway.ts";
import { refusalOf } from "../support/refusal.ts";
import { World } from "../support/world.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

async function setUp(serverTiming?: "on" | "off") {
  const world = new World();
  const { readThrough } = await world.isolate();
  vi.stubGlobal("fetch", async () => {
    await Promise.resolve();
    world.surroundings.advance(0.25);
    return new Response("page", { headers: { "cache-control": "max-age=60", "server-timing": "db;dur=12" } });
  });
  const config = { ...world.config(), ttlSeconds: undefined };
  const parts = { origin: "https://origin.example", config, readThrough };
  const gateway = gatewayFor(serverTiming === undefined ? parts : { ...parts, serverTiming });
  const url = freshUrl("/page");
  return async () => {
    const response = await gateway(new Request(url));
    await response.text();
    await world.surroundings.settle();
    return response.headers.get("server-timing");
  };
}

it("answers tell how long they took where that is asked for, after what the origin says", async () => {
  const get = await setUp("on");
  expect(await get()).toBe('db;dur=12, larder;dur=250;desc="uri-miss", origin;dur=250');
  expect(await get()).toBe('db;dur=12, larder;dur=0;desc="hit"');
});

it("and tell nothing where it is not", async () => {
  for (const setting of ["off", undefined] as const) {
    const get = await setUp(setting);
    expect([await get(), await get()]).toEqual(["db;dur=12", "db;dur=12"]);
  }
});

it("anything but on and off is refused", async () => {
  const refusal = await refusalOf((async () => defineConfig({ serverTiming: true as never }))());
  expect(refusal).toMatchObject({ code: "invalid-input", field: "serverTiming" });
});
