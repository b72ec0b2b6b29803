import { runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { EntryToExplain } from "../../schema/entry.ts";
import type { ObjectReply } from "../../schema/explain.ts";
import type { CacheName, Tag } from "../../schema/names.ts";
import type { LogPoint } from "../../schema/version.ts";
import { fill as fillShield, shield } from "../support/filling.ts";
import { freshObject, pointOf, purge, statsOf, stubOf, toJudge } from "../support/namespace-object.ts";
import { AMS, Site } from "../support/site.ts";

/** A day from now, so that no alarm set by this clock ever falls due by the real one. */
const START = Date.now() + 24 * 3_600_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

const at = (ms: number) => new Date(START + ms);

/** What the object says of the site's page, and of an entry of it that lies with the caller. */
async function explained(site: Site, entry: EntryToExplain | null = null): Promise<ObjectReply> {
  const { log: _, ...reply } = await site.object.explain({}, site.place(), entry);
  return reply;
}

const mine = (site: Site, asOf: LogPoint, sketch: Parameters<typeof toJudge>[1] = {}) =>
  toJudge(asOf, { url: site.url, ...sketch });

describe("of a key that nobody has asked for", () => {
  test("the object says that it knows nothing", async () => {
    const site = new Site();
    const { epoch } = await pointOf(site.object);
    expect(await explained(site)).toEqual({
      verdict: null,
      object: {
        version: `${epoch}-0`,
        key: site.place().key,
        index: null,
        shield: { state: "absent" },
        lease: null,
        notes: {},
      },
    });
  });
});

describe("the row of the index", () => {
  const stored = async (site: Site, sketch: Parameters<Site["report"]>[1] = {}) => {
    const report = site.report(await pointOf(site.object), { tags: ["b", "a"], ...sketch });
    expect(await site.object.complete({}, report)).toMatchObject({ outcome: "stored" });
  };

  test("is told whole, from fresh over stale to expired", async () => {
    const site = new Site();
    await stored(site, { freshSeconds: 10, lifetimeSeconds: 30, status: 404, bytes: 7 });
    const { epoch } = await pointOf(site.object);
    const row = {
      state: "fresh",
      status: 404,
      bytes: 7,
      permanent: false,
      asOf: `${epoch}-0`,
      freshUntil: at(10_000),
      servableUntil: at(30_000),
    };
    const { tags, ...rest } = (await explained(site)).object.index ?? { tags: [] };
    expect(rest).toEqual(row);
    expect([...tags].sort()).toEqual(["a", "b"]);
    vi.setSystemTime(START + 10_000);
    expect((await explained(site)).object.index?.state).toBe("stale");
    vi.setSystemTime(START + 30_000);
    expect((await explained(site)).object.index?.state).toBe("expired");
  });

  test("is told with the purge that hit it, and with none once that is taken back", async () => {
    const site = new Site();
    await stored(site);
    await purge(site.object, { tags: ["a"], soft: true });
    expect((await explained(site)).object.index).toMatchObject({
      state: "stale",
      invalidatedBy: { seq: 1, mode: "soft" },
    });
    await purge(site.object, { prefix: site.url });
    expect((await explained(site)).object.index).toMatchObject({
      state: "purged",
      invalidatedBy: { seq: 2, mode: "hard", selector: { prefix: site.url }, by: "a test" },
    });
    await site.object.revoke({}, 2, "a test");
    await site.object.revoke({}, 1, "a test");
    expect((await explained(site)).object.index).toMatchObject({ state: "fresh" });
    expect((await explained(site)).object.index).not.toHaveProperty("invalidatedBy");
  });
});

describe("an entry of the caller's", () => {
  test("is in force, or was made stale, or invalid, by the newest record that hits it", async () => {
    const site = new Site();
    const asOf = await pointOf(site.object);
    const entry = mine(site, asOf, { tags: ["a"] });
    expect(await explained(site, entry)).toMatchObject({ verdict: "in-force" });
    await purge(site.object, { tags: ["a"], soft: true });
    expect(await explained(site, entry)).toMatchObject({ verdict: "soft-purged", invalidatedBy: { seq: 1 } });
    await purge(site.object, { any: [{ tags: ["b"] }, { allOf: ["a"], cache: "pages" }], reason: "why" });
    await purge(site.object, { tags: ["b"] });
    expect((await explained(site, entry)).invalidatedBy).toEqual({
      cause: "purge",
      seq: 2,
      version: `${asOf.epoch}-2`,
      at: at(0),
      by: "a test",
      reason: "why",
      mode: "hard",
      selector: { cache: "pages", allOf: ["a"] },
    });
    expect(await explained(site, mine(site, { ...asOf, seq: 2 }, { tags: ["a"] }))).toMatchObject({
      verdict: "in-force",
    });
  });

  test("that is permanent is hit by what names it, and by what erases", async () => {
    const site = new Site();
    const asOf = await pointOf(site.object);
    const entry = mine(site, asOf, { tags: ["a"], permanent: true });
    await purge(site.object, { tags: ["a"] });
    expect(await explained(site, entry)).toMatchObject({ verdict: "in-force" });
    await purge(site.object, { any: [{ tags: ["a"] }, { url: site.url }] });
    expect(await explained(site, entry)).toMatchObject({ invalidatedBy: { seq: 2, selector: { url: site.url } } });
    await purge(site.object, { tags: ["a"], erase: true });
    expect(await explained(site, entry)).toMatchObject({ invalidatedBy: { seq: 3, selector: { tags: ["a"] } } });
  });

  test("was made invalid by a request, which is told as such", async () => {
    const site = new Site();
    const entry = mine(site, await pointOf(site.object));
    const request = { cache: "pages", urls: [site.url], tags: [] };
    await site.object.invalidate({}, request);
    await site.object.invalidate({}, request);
    expect(await explained(site, entry)).toMatchObject({
      verdict: "purged",
      invalidatedBy: { seq: 2, by: "request", automatic: true, selector: { url: site.url } },
    });
  });

  test("is of another epoch, or from before or after the log", async () => {
    const site = new Site();
    const { epoch } = await pointOf(site.object);
    for (const tag of ["x", "y", "z"]) await purge(site.object, { tags: [tag] });
    await runInDurableObject(stubOf(site.namespace), (instance, { storage }) => {
      storage.sql.exec("UPDATE purges SET at_ms = 0 WHERE seq <= 2");
      return instance.alarm();
    });
    const causes = [];
    for (const asOf of [
      { epoch: "f".repeat(16), seq: 0 },
      { epoch, seq: 1 },
      { epoch, seq: 4 },
    ]) {
      const { verdict, invalidatedBy } = await explained(site, mine(site, asOf));
      causes.push([verdict, invalidatedBy]);
    }
    expect(causes).toEqual([
      ["purged", { cause: "other-epoch" }],
      ["purged", { cause: "before-the-log" }],
      ["purged", { cause: "after-the-log" }],
    ]);
  });

  test("that its caller takes for purged is told what has become of that purge", async () => {
    const site = new Site();
    const asOf = await pointOf(site.object);
    const entry = { ...mine(site, asOf, { tags: ["a"] }), purgedBy: 1 };
    await purge(site.object, { tags: ["a"] });
    vi.setSystemTime(START + 1000);
    await site.object.revoke({}, 1, "token:shop");
    expect(await explained(site, entry)).toMatchObject({
      verdict: "in-force",
      invalidatedBy: { seq: 1, at: at(0), revoked: { seq: 2, at: at(1000), by: "token:shop" } },
    });
    expect(await explained(site, { ...entry, purgedBy: 9 })).not.toHaveProperty("invalidatedBy");
  });
});

describe("a fill", () => {
  test("that is under way is told with its end, until it ends or a purge overtakes it", async () => {
    const site = new Site();
    await site.lead(AMS, { leaseMs: 20_000 });
    expect((await explained(site)).object.lease).toEqual({ until: at(20_000) });
    await purge(site.object, { url: site.url });
    expect((await explained(site)).object.lease).toBeNull();
    await site.lead(AMS, { leaseMs: 20_000 });
    vi.setSystemTime(START + 20_000);
    expect((await explained(site)).object.lease).toBeNull();
  });

  test("that has failed leaves a pause, and one that may not be stored a note", async () => {
    const site = new Site();
    await site.abandon(await site.lead(AMS), "failed");
    expect((await explained(site)).object.notes).toEqual({ retryAt: at(1000) });
    await site.abandon(await site.lead(AMS), "uncacheable", 60);
    expect((await explained(site)).object.notes).toMatchObject({ passUntil: at(60_000) });
    vi.setSystemTime(START + 60_000);
    expect((await explained(site)).object.notes).toEqual({});
  });

  test("that turned out to vary is told with the names", async () => {
    const site = new Site();
    const { key } = site.place();
    await site.complete(await site.lead(AMS), { language: "en" }, { varies: { key, names: ["x-theme"] } });
    expect((await explained(site)).object.notes).toEqual({ varies: { names: ["x-theme"], until: at(3_600_000) } });
  });
});

describe("the shield", () => {
  test("is told with its copy, by its own age, until a purge hits that", async () => {
    const site = new Site();
    await fillShield(site, AMS, { body: "page", tags: ["a" as Tag], lyingSeconds: 5 });
    const { state, copy } = (await explained(site)).object.shield;
    expect(state).toBe("fresh");
    expect(copy).toMatchObject({ status: 200, bytes: 4, tags: ["a"], ageSeconds: 5, left: { freshSeconds: 55 } });
    await purge(site.object, { tags: ["a"] });
    expect((await explained(site)).object.shield).toMatchObject({ state: "purged", invalidatedBy: { seq: 1 } });
  });

  test("is told with a note that lies there, where it is a data centre of readers too", async () => {
    const site = new Site();
    const { key } = site.place();
    await shield.putNote(key, { kind: "pass" }, 60);
    expect((await explained(site)).object.shield).toEqual({ state: "hit-for-miss" });
    await shield.putNote(key, { kind: "varies", names: ["x-theme"] }, 60);
    expect((await explained(site)).object.shield).toEqual({ state: "variant", varies: ["x-theme"] });
  });
});

describe("an explanation", () => {
  test("writes nothing", async () => {
    const site = new Site();
    await fillShield(site, AMS, { body: "page", tags: ["a" as Tag] });
    const entry = mine(site, await pointOf(site.object), { tags: ["a"] });
    await purge(site.object, { tags: ["a"] });
    const before = await statsOf(site.object);
    const written = await runInDurableObject(site.stub, async (instance, { storage: { sql } }) => {
      const changes = () => sql.exec<{ rows: number }>("SELECT total_changes() AS rows").one().rows;
      const earlier = changes();
      await instance.explain({}, site.place(), entry);
      return changes() - earlier;
    });
    expect(written).toBe(0);
    expect(await statsOf(site.object)).toEqual(before);
  });

  test("is of nothing beyond its key: another cache's entry of the URL is another key's", async () => {
    const site = new Site();
    const report = site.report(await pointOf(site.object), { cache: "api" as CacheName });
    await site.object.complete({}, report);
    expect((await explained(site)).object.index).toBeNull();
    const { object } = freshObject();
    expect((await object.explain({}, site.place(), null)).object).toMatchObject({ index: null, lease: null });
  });
});
