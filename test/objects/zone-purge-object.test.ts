import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CacheNamespace } from "../../objects/cache-namespace.ts";
import type { ZoneEnvironment } from "../../objects/zone-settings.ts";
import type { EntryReport } from "../../schema/entry.ts";
import type { PurgeRequest } from "../../schema/purge-request.ts";
import { StatsAnswer } from "../../src/api/answers.ts";
import { freshObject, report } from "../support/namespace-object.ts";
import { START, useObjectClock } from "../support/object-clock.ts";
import { answer, FakeApi, ZONE } from "../support/zone.ts";

const { goTo } = useObjectClock();

let api: FakeApi;
beforeEach(() => {
  api = new FakeApi();
  vi.spyOn(globalThis, "fetch").mockImplementation((url, init) => api.fetch(String(url), init as RequestInit));
});
afterEach(() => {
  vi.restoreAllMocks();
});

interface Whole {
  readonly object: CacheNamespace;
  readonly storage: DurableObjectStorage;
  /** Another instance of it, with other settings where they are given. */
  renewed(settings?: ZoneEnvironment): CacheNamespace;
  /** The values in the outbox, in order. */
  queued(): unknown[];
}

/** A whole object with these settings. */
function withObject<Result>(settings: ZoneEnvironment, work: (whole: Whole) => Promise<Result>): Promise<Result> {
  return runInDurableObject(freshObject().stub, (_, ctx) => {
    const renewed = (own = settings) => new CacheNamespace(ctx as DurableObjectState<never>, { ...env, ...own });
    const queued = () =>
      ctx.storage.sql
        .exec("SELECT value FROM outbox ORDER BY id")
        .toArray()
        .map(({ value }) => value);
    return work({ object: renewed(), storage: ctx.storage, renewed, queued });
  });
}

async function put(object: CacheNamespace, tags: string[], url = "https://a.example/"): Promise<EntryReport> {
  const { log } = await object.sync({});
  const entry = report({ epoch: log.epoch, seq: log.head }, { url, tags });
  await object.complete({}, entry);
  return entry;
}

const erase = (object: CacheNamespace, request: PurgeRequest) =>
  object.purge({}, { ...request, erase: true }, "a test");

describe("a namespace with a zone", () => {
  test("asks the zone to forget what is erased, half a second later, and tells how that went", async () => {
    await withObject(ZONE, async ({ object, storage, queued }) => {
      const { epoch } = (await object.sync({})).log;
      await erase(object, { any: [{ tags: ["product:1"] }, { cache: "pages", everything: true }] });
      expect(await storage.getAlarm()).toBe(START + 500);
      goTo(0.5);
      await object.alarm();
      expect(api.asked).toMatchObject([{ field: "tags", values: ["product:1", `larder:${epoch}:c:pages`] }]);
      expect(queued()).toEqual([]);
      const { stats } = await object.stats({}, {});
      expect(stats.zone).toMatchObject({ state: "idle", sent: 2, requests: 1, lastSuccessAt: new Date(START + 500) });
      expect((await object.stats({}, { cache: "pages" })).stats).not.toHaveProperty("zone");
    });
  });

  test("tells all of it in the form that the REST API says it has", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await withObject(ZONE, async ({ object, storage }) => {
      const told = async () => JSON.parse(JSON.stringify((await object.stats({}, {})).stats)) as { zone: object };
      const alarm = async (second: number) => {
        goTo(second);
        await storage.deleteAlarm();
        await object.alarm();
      };
      await erase(object, { tags: ["a"] });
      await alarm(1);
      await erase(object, { tags: ["b"] });
      api.respond = () => answer(400, 1016);
      await alarm(2);
      await erase(object, { tags: ["c"] });
      const stats = await told();
      expect(v.parse(StatsAnswer, stats)).toEqual(stats);
      const zone = [
        "state",
        "pending",
        "oldestAt",
        "nextAt",
        "sent",
        "requests",
        "refused",
        "lastSuccessAt",
        "lastError",
      ];
      expect(Object.keys(stats.zone)).toEqual(zone);
    });
    warn.mockRestore();
  });

  test("does its housekeeping besides, each when it is due", async () => {
    await withObject(ZONE, async ({ object, storage }) => {
      await put(object, ["a"]);
      const kept = await storage.getAlarm();
      await erase(object, { tags: ["a"] });
      goTo(0.5);
      await storage.deleteAlarm();
      await object.alarm();
      expect(api.asked).toHaveLength(1);
      expect(await storage.getAlarm()).toBeGreaterThan(START + 60_000);
      expect(await storage.getAlarm()).toBeLessThanOrEqual(Number(kept));
    });
  });

  test("sends one request a run, and has the next at once, when the bucket has filled, or when it is told to", async () => {
    await withObject(ZONE, async ({ object, storage }) => {
      await erase(object, { tags: Array.from({ length: 150 }, (_, at) => `t${at}`) });
      goTo(1);
      await storage.deleteAlarm();
      await object.alarm();
      expect(await storage.getAlarm()).toBe(START + 1000);
      api.respond = () => new Response("", { status: 429, headers: { "retry-after": "30" } });
      await storage.deleteAlarm();
      await object.alarm();
      expect(await storage.getAlarm()).toBe(START + 31_000);
      expect(api.asked).toHaveLength(2);
    });
  });

  test("that has been made anew with something queued, and no alarm, sets one", async () => {
    await withObject(ZONE, async ({ object, storage, renewed }) => {
      await erase(object, { tags: ["a"] });
      await storage.deleteAlarm();
      renewed();
      await vi.waitFor(async () => expect(await storage.getAlarm()).toBe(START + 500));
    });
  });

  test("queues nothing for a purge that was refused", async () => {
    await withObject(ZONE, async ({ object, queued }) => {
      await put(object, ["a"]);
      await expect(erase(object, { tags: ["a"], maxEntries: 0 })).rejects.toThrow("at most 0");
      expect(queued()).toEqual([]);
    });
  });

  test("sends of all that a purge asks for at once the tag that the fewest entries carry", async () => {
    await withObject(ZONE, async ({ object, queued }) => {
      await put(object, ["common", "rare"]);
      await put(object, ["common"], "https://a.example/2");
      await erase(object, { allOf: ["common", "rare"] });
      await erase(object, { allOf: ["common", "unheard-of"] });
      expect(queued()).toEqual(["rare", "unheard-of"]);
    });
  });

  test("leaves hard purges, deletes and deployments out, unless all are wanted; invalidations always", async () => {
    const purgeInAllWays = async ({ object }: Whole) => {
      const entry = await put(object, ["a"]);
      await object.purge({}, { tags: ["hard"] }, "a test");
      await object.purge({}, { tags: ["soft"], soft: true }, "a test");
      await object.purge({}, { tags: ["dry"], erase: true, dryRun: true }, "a test");
      await object.remove({}, "pages", entry.key, "a test");
      await object.deployed({}, { cache: "pages", id: "v1", madeAtMs: 1 });
      await object.invalidate({}, { cache: "pages", urls: ["https://a.example/"], tags: ["group"] });
    };
    await withObject(ZONE, async (whole) => {
      await purgeInAllWays(whole);
      expect(whole.queued()).toEqual([]);
    });
    await withObject({ ...ZONE, ZONE_PURGE: "all" }, async (whole) => {
      await purgeInAllWays(whole);
      expect(whole.queued()).toEqual([
        "hard",
        expect.stringMatching(/^larder:[0-9a-f]{16}:k:[0-9a-f]{16}$/),
        expect.stringMatching(/^larder:[0-9a-f]{16}:c:pages$/),
      ]);
    });
  });
});

describe("a namespace without a zone", () => {
  test("queues nothing, says nothing of one, and sets no alarm for it", async () => {
    await withObject({}, async ({ object, storage, queued }) => {
      await erase(object, { tags: ["a"] });
      expect(queued()).toEqual([]);
      expect(await storage.getAlarm()).toBeGreaterThan(START + 60_000);
      expect((await object.stats({}, {})).stats).not.toHaveProperty("zone");
    });
  });

  test("whose settings are wrong works as ever, and its log says what is wrong", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    await withObject({ ZONE_ID: "z" }, async ({ object }) => {
      await erase(object, { tags: ["a"] });
      expect(error).toHaveBeenCalledWith(expect.stringContaining("CF_API_TOKEN: must be set where ZONE_ID is"));
    });
  });

  test("keeps what was queued until there is a zone again", async () => {
    await withObject(ZONE, async ({ object, renewed, queued }) => {
      await erase(object, { tags: ["a"] });
      const without = renewed({});
      goTo(100);
      await without.alarm();
      expect([queued(), api.asked]).toEqual([["a"], []]);
      await object.alarm();
      expect(api.requests).toEqual([["a"]]);
    });
  });
});
