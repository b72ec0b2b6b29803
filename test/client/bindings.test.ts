import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Key, NormalUrl } from "../../schema/key.ts";
import type { CacheName, Tag } from "../../schema/names.ts";
import type { CoordinatorRpc } from "../../schema/rpc.ts";
import { newEpoch } from "../../schema/version.ts";
import { Binding } from "../../src/api/binding.ts";
import { cache } from "../../src/client/index.ts";
import { objectNamed } from "../support/api.ts";
import { freshUrl } from "../support/fresh.ts";
import { report } from "../support/namespace-object.ts";
import { refusal, refusalOf } from "../support/refusal.ts";

const bindings = env as unknown as Record<"LARDER_OF_TENANT" | "LARDER_TO_READ" | "LARDER_MALFORMED", CoordinatorRpc>;
const tenant = bindings.LARDER_OF_TENANT;
const namespace = `tenants-${newEpoch()}`;
const options = (name: string, of = namespace) => JSON.stringify({ name, namespace: of, ttlSeconds: 60 });

const pages = cache({ name: "pages", namespace, ttlSeconds: 60 });
const url = freshUrl();

beforeAll(async () => {
  await pages.put(url, new Response("x"), { tags: ["tenant:acme:1"] });
  for (const tag of ["tenant:acme:many", "tenant:acme:many", "tenant:acme:many"]) {
    await pages.put(freshUrl(), new Response("x"), { tags: [tag] });
  }
});

describe("a binding whose props restrict it", () => {
  it("fills and reads its cache without any scope for that", async () => {
    const request = new Request(freshUrl());
    const receipt = await tenant.cacheStore(options("pages"), request, new Response("y"), { tags: ["any" as Tag] });
    expect(receipt).toMatchObject({ stored: true });
    const found = await tenant.cacheLookup(options("pages"), request);
    expect(found).toMatchObject({ outcome: "hit" });
    if (found.outcome === "hit") await found.response.body?.cancel();
    await tenant.cacheInvalidate(options("pages"), { urls: [request.url], tags: [] });
    expect((await tenant.sync(namespace, {})).log.epoch).toMatch(/^[0-9a-f]{16}$/);
    expect((await tenant.acquire(namespace, {}, ask("pages"))).kind).toBe("lead");
  });

  /** What the isolate of an app asks that has found nothing. */
  const ask = (name: string, of = name) => {
    const { key, url: place } = report({ epoch: "", seq: 0 }, { cache: name, url: freshUrl() });
    const common = { dataCentre: newEpoch(), have: "nothing", waitMs: 0, leaseMs: 1000, maxWaiters: 1 } as const;
    return { place: { key: key as Key, url: place as NormalUrl, cache: of as CacheName }, ...common };
  };

  it("purges its own, over both ways, by the name it was given", async () => {
    expect(await tenant.purge(namespace, {}, { cache: "pages", tags: ["tenant:acme:1"] })).toMatchObject({ purged: 1 });
    const again = await tenant.cachePurge(options("pages"), {
      cache: "pages",
      tags: ["tenant:acme:1"],
      reason: "again",
    });
    expect(again).toMatchObject({ purged: 0 });
    const { purges } = await objectNamed(namespace).history({}, { limit: 1 });
    expect(purges).toMatchObject([{ by: "binding:acme", reason: "again" }]);
    await tenant.cacheRevoke(options("pages"), purges[0]?.seq ?? 0);
  });

  it("is held to the number of entries that it may hit", async () => {
    const request = { cache: "pages", tags: ["tenant:acme:many"] };
    for (const call of [
      tenant.purge(namespace, {}, request),
      tenant.purge(namespace, {}, { ...request, maxEntries: 100 }),
      tenant.cachePurge(options("pages"), request),
    ]) {
      expect(await refusalOf(call)).toMatchObject({ code: "too-many-entries", limit: 2 });
    }
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ["another tenant's tag", "tags", () => tenant.purge(namespace, {}, { cache: "pages", tags: ["tenant:b:1"] })],
    ["a URL", "tags", () => tenant.cachePurge(options("pages"), { cache: "pages", url })],
    ["no cache in particular", "cache", () => tenant.purge(namespace, {}, { tags: ["tenant:acme:1"] })],
    ["no cache, by a declaration", "cache", () => tenant.cachePurge(options("pages"), { tags: ["tenant:acme:1"] })],
    ["everything", "scope", () => tenant.cachePurge(options("pages"), { cache: "pages", everything: true })],
    ["for good", "scope", () => tenant.purge(namespace, {}, { cache: "pages", tags: ["tenant:acme:1"], erase: true })],
    ["one entry by its key", "tags", () => tenant.cacheRemove(options("pages"), new Request(url))],
    ["one entry by its key, directly", "tags", () => tenant.remove(namespace, {}, "pages", keyOf("pages"))],
    ["another cache", "cache", () => tenant.cacheLookup(options("images"), new Request(url))],
    ["another cache's place", "cache", () => tenant.acquire(namespace, {}, ask("images"))],
    ["another cache's key in its own name", "cache", () => tenant.acquire(namespace, {}, ask("images", "pages"))],
    ["another cache's entry", "cache", () => tenant.complete(namespace, {}, entryOf("images"))],
    ["another cache's key", "cache", () => tenant.complete(namespace, {}, { ...entryOf("images"), cache: "pages" })],
    ["another cache's lease", "cache", () => tenant.cacheAbandon(options("images"), lease("images"))],
    ["another cache's lease, directly", "cache", () => abandon("images")],
    ["a key that is none", "cache", () => abandon("%")],
    [
      "another cache's deployment",
      "cache",
      () => tenant.deployed(namespace, {}, { cache: "api", id: "1", madeAtMs: 1 }),
    ],
    ["counts of all caches", "cache", () => tenant.stats(namespace, {}, {})],
    ["another cache's counts, to read", "cache", () => tenant.stats(namespace, {}, { cache: "images" })],
    ["the history", "scope", () => tenant.history(namespace, {}, {})],
    ["the history, by a declaration", "scope", () => tenant.cacheHistory(options("pages"), {})],
    ["an explanation", "scope", () => tenant.cacheExplain(options("pages"), new Request(url), {})],
    ["another's purge to be taken back", "cache", async () => tenant.revoke(namespace, {}, await purged())],
  ])("is refused %s, which says why", async (_, field, call) => {
    const { code, field: told, message } = await refusalOf(call());
    expect([code, told]).toEqual(["insufficient-scope", field]);
    expect(message).toMatch(new RegExp(`^${field}: this binding `));
  });

  const purged = async () => {
    const reply = await objectNamed(namespace).purge({}, { tags: ["tenant:acme:1"] }, "a test");
    return "version" in reply ? Number(reply.version.split("-")[1]) : 0;
  };
  const keyOf = (name: string) => report({ epoch: "", seq: 0 }, { cache: name }).key;
  const entryOf = (name: string) => report({ epoch: "0123456789abcdef", seq: 0 }, { cache: name });
  const lease = (name: string) => ({ key: keyOf(name) as never, id: newEpoch() });
  const abandon = (name: string) =>
    tenant.abandon(namespace, {}, { lease: lease(name), why: "failed", passSeconds: 0 });

  it("counts of its caches what it reports, and leaves out the rest", async () => {
    const hits = { "hits.fresh": 3 };
    const counts = ["images", "pages"].map((name) => ({ cache: name, rule: "", counts: hits }));
    const of = `tenants-${newEpoch()}`;
    await tenant.sync(of, { report: { reporter: newEpoch(), batch: 1, counts } });
    const hitsOf = async (name: string) => (await objectNamed(of).stats({}, { cache: name })).stats.hits;
    expect([await hitsOf("pages"), await hitsOf("images")]).toEqual([3, 0]);
  });

  it("is told so of another namespace before anything else", async () => {
    for (const call of [
      tenant.purge("shop", {}, { everything: true }),
      tenant.revoke("shop", {}, 1),
      tenant.history("shop", {}, {}),
      tenant.cacheStats(options("pages", "shop"), {}),
    ]) {
      expect(await refusalOf(call)).toEqual({
        code: "forbidden",
        field: "namespace",
        message: 'namespace: this binding may use only the namespace "tenants-*"',
      });
    }
  });

  it("reads what its scopes open", async () => {
    expect(await tenant.cacheStats(options("pages"), {})).toMatchObject({ entries: expect.any(Number) });
    expect((await tenant.top(namespace, {}, { cache: "pages", of: "keys" })).top.names).toEqual(expect.any(Array));
    const reader = bindings.LARDER_TO_READ;
    expect((await reader.history(namespace, {}, {})).purges.length).toBeGreaterThan(0);
    expect((await reader.cacheHistory(options("pages"), {})).purges.length).toBeGreaterThan(0);
    expect(await refusalOf(reader.cacheStats(options("pages"), {}))).toMatchObject({ code: "insufficient-scope" });
    expect(await refusalOf(reader.purge(namespace, {}, { tags: ["a"] }))).toMatchObject({ code: "insufficient-scope" });
  });
});

describe.each(["isolate", "remote"] as const)(
  "a cache of an app whose binding is restricted, read in mode %s",
  (mode) => {
    const declare = (name: string, of = namespace) =>
      cache({ name, namespace: of, ttlSeconds: 60, mode, binding: "LARDER_OF_TENANT" });

    it("does all that an app does to answer requests", async () => {
      const own = declare("pages");
      const page = freshUrl();
      const made = await own.wrap(page, async () => new Response("made"), { tags: ["tenant:acme:own"] });
      expect(await made.text()).toBe("made");
      await expect.poll(async () => (await own.match(page))?.text()).toBe("made");
      expect(await own.remember("a value", async () => 1)).toBe(1);
      expect(await own.purge({ tags: ["tenant:acme:own"] })).toMatchObject({ purged: 1 });
      const changed = new Request(page, { method: "POST", body: "x" });
      await (await own.wrap(changed, async () => new Response("ok"))).text();
      expect(await own.stats()).toMatchObject({ purges: expect.any(Number) });
    });

    it("is told what it may not do, as a LarderError", async () => {
      const own = declare("pages");
      const page = freshUrl();
      await own.put(page, new Response("x"), { tags: ["tenant:acme:1"] });
      for (const [field, call] of [
        ["tags", () => own.purge({ tags: ["tenant:other:1"] })],
        ["cache", () => own.purge({ tags: ["tenant:acme:1"], scope: "namespace" })],
        ["scope", () => own.purge({ everything: true })],
        ["scope", () => own.history()],
        ["scope", () => own.explain(page)],
        ["tags", () => own.delete(page)],
      ] as const) {
        await expect(call()).rejects.toMatchObject({ name: "LarderError", code: "insufficient-scope", field });
      }
      // An app's own isolate looks without asking; what it then counts of that cache must not end its other caches.
      if (mode === "isolate") expect(await declare("images").match(page)).toBeUndefined();
      else await expect(declare("images").match(page)).rejects.toMatchObject({ field: "cache" });
      await expect(declare("images").put(page, new Response("x"))).rejects.toMatchObject({ field: "cache" });
      expect(await own.match(page, { consistency: "strong" })).toBeInstanceOf(Response);
      await expect(declare("images").stats()).rejects.toMatchObject({ code: "insufficient-scope", field: "cache" });
      await expect(declare("pages", "shop").stats()).rejects.toMatchObject({ code: "forbidden", field: "namespace" });
    });
  },
);

describe("props that are not as they must be", () => {
  it("are told by every call, a hit too, and never ignored", async () => {
    const binding = bindings.LARDER_MALFORMED;
    for (const call of [
      binding.cacheLookup(options("pages"), new Request(url)),
      binding.sync(namespace, {}),
      binding.purge(namespace, {}, { tags: ["a"] }),
    ]) {
      expect(await refusalOf(call)).toMatchObject({
        code: "invalid-input",
        field: "props.scopes[0]",
        message: expect.stringContaining("must be one of stats:read, entries:read"),
      });
    }
  });

  it.each<[object, string]>([
    [{ scope: ["live"] }, "props.scope"],
    [{ scopes: [] }, "props.scopes"],
    [{ namespaces: [] }, "props.namespaces"],
    [{ namespace: "a", namespaces: ["a*"] }, "props.namespaces"],
    [{ namespace: "larder" }, "props.namespace"],
    [{ namespace: "a*" }, "props.namespace"],
    [{ caches: "pages" }, "props.caches"],
    [{ tagPrefix: "*" }, "props.tagPrefix"],
    [{ maxEntries: 0 }, "props.maxEntries"],
    [{ caller: "" }, "props.caller"],
  ])("such as %j name what is wrong", (props, field) => {
    expect(refusal(() => Binding.of(props))).toMatchObject({ code: "invalid-input", field });
  });

  it("are none where nothing is said: such a binding may do everything", () => {
    for (const props of [undefined, {}, { caller: "shop" }]) {
      const binding = Binding.of(props);
      expect(binding.mayPurge("any", { everything: true, erase: true })).toEqual({ everything: true, erase: true });
      expect(binding.by).toBe(props === undefined || !("caller" in props) ? "binding" : "binding:shop");
    }
  });
});
