import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { EntryReport } from "../../schema/entry.ts";
import type { NamespaceRpc } from "../../schema/rpc.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";
import { purge } from "../support/namespace-object.ts";

const START = Date.now();
const YEAR_S = 31_536_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

function freshObject() {
  const stub = env.NAMESPACES.getByName(freshNamespace());
  const object = stub as unknown as NamespaceRpc;
  const store = async (lifetimeSeconds: number) => {
    const { log } = await object.sync({ since: null });
    const key = freshUrl();
    const entry = { key, url: key, cache: "pages", tags: [], permanent: false, freshSeconds: lifetimeSeconds };
    const asOf = { epoch: log.epoch, seq: log.head };
    await object.complete({}, { ...entry, lifetimeSeconds, asOf, bytes: 1, status: 200 } as EntryReport);
  };
  const alarm = () => runInDurableObject(stub, (_, state) => state.storage.getAlarm());
  return { stub, object, store, alarm };
}

it("a long-lived entry does not keep a short-lived one from being removed", async () => {
  const { stub, object, store, alarm } = freshObject();
  await store(YEAR_S);
  expect(await alarm()).toBeGreaterThan(START + YEAR_S * 1000);
  await store(10);
  expect(await alarm()).toBeLessThan(START + 3_600_000);
  vi.setSystemTime(START + 3_600_000);
  await runDurableObjectAlarm(stub);
  const rows = await runInDurableObject(
    stub,
    (_, state) => [...state.storage.sql.exec("SELECT 1 FROM entries")].length,
  );
  expect(rows).toBe(1);
  expect((await object.stats({}, {})).stats.entries).toBe(1);
});

it("a log that nothing else keeps alive is trimmed, and then no alarm is left", async () => {
  const { stub, object, alarm } = freshObject();
  await purge(object, { everything: true });
  for (let run = 0; run < 5 && (await alarm()) !== null; run += 1) {
    vi.setSystemTime(Number(await alarm()));
    await runDurableObjectAlarm(stub);
  }
  const records = await runInDurableObject(
    stub,
    (_, state) => [...state.storage.sql.exec("SELECT 1 FROM purges")].length,
  );
  expect([records, await alarm()]).toEqual([0, null]);
});
