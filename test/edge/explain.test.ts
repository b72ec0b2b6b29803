import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { ExplainWish, Explanation } from "../../schema/explain.ts";
import type { Tag } from "../../schema/names.ts";
import { keyedRequest } from "../../src/edge/keyed-request.ts";
import { freshUrl } from "../support/fresh.ts";
import { Origin } from "../support/origin.ts";
import type { Isolate } from "../support/world.ts";
import { versionOf, World } from "../support/world.ts";

type Options = Parameters<World["config"]>[0];

/** Two data centres, and what each says of a request; whatever it says, a look-up then does just that. */
async function setUp(options: Options = {}) {
  const world = new World();
  const config = world.config(options);
  const [here, there] = [await world.isolate("here"), await world.isolate("there")];
  const request = new Request(freshUrl("/p/1"));
  const explain = async (asking: Request = request, isolate: Isolate = here): Promise<Explanation> => {
    const { asked, body } = await keyedRequest(config, asking);
    const keying = body === undefined ? {} : { body };
    const explanation = await isolate.edge.explain(config, asked, keying);
    const found = await isolate.edge.lookup(config, asked, keying);
    if (found.outcome === "hit") await found.response.body?.cancel();
    const { outcome } = explanation;
    expect(outcome === "miss" ? outcome : found.outcome).toBe(outcome === "miss" ? found.outcome : "hit");
    if (found.outcome === "hit") expect(outcome).toBe(found.state === "fresh" ? "hit" : "stale");
    if (found.outcome === "miss") {
      expect(explanation).toMatchObject({ reason: found.reason });
      expect("fallback" in explanation).toBe(found.fallback !== undefined);
    }
    return explanation;
  };
  const store = async (response = new Response("body"), tags: string[] = ["t"], asked = request) => {
    await here.edge.store(config, asked, response, { tags: tags as Tag[] });
    await world.surroundings.settle();
  };
  return { world, config, here, there, request, explain, store, surroundings: world.surroundings };
}

/** More purges than a view holds, of things that are not cached. */
async function overrun(world: World): Promise<void> {
  await runInDurableObject(env.NAMESPACES.getByName(world.namespace), (_, { storage: { sql } }) => {
    sql.exec(
      `WITH RECURSIVE n (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq <= 10001)
       INSERT INTO purges (seq, at_ms, mode, selectors, by, purged)
       SELECT (SELECT COALESCE(MAX(seq), 0) FROM purges) + n.seq, ?, 'hard', '[{"tags":["other:' || n.seq || '"]}]', 'test', 0
       FROM n`,
      Date.now(),
    );
  });
  await world.restartObject();
}

describe("what lies here", () => {
  it("is told from fresh over stale and error-only and to be confirmed to expired, with what is left of it", async () => {
    const windows = { ttlSeconds: 10, staleWhileRevalidateSeconds: 5, staleIfErrorSeconds: 20, revalidateSeconds: 60 };
    const { explain, store, surroundings } = await setUp(windows);
    await store(new Response("12345", { headers: { etag: '"1"', age: "2" } }));
    surroundings.advance(1);
    const fresh = await explain();
    expect(fresh).toMatchObject({ outcome: "hit", here: { state: "fresh" } });
    expect(fresh.here?.copy).toMatchObject({ status: 200, bytes: 5, tags: ["t"], permanent: false, ageSeconds: 3 });
    expect(fresh.here?.copy?.storedAt).toEqual(new Date(surroundings.nowMs() - 1000));
    expect(fresh.here?.copy?.left).toEqual({
      freshSeconds: 9,
      staleWhileRevalidateSeconds: 14,
      staleIfErrorSeconds: 29,
      keptSeconds: 69,
    });
    surroundings.advance(9);
    const stale = await explain();
    expect(stale).toMatchObject({ outcome: "stale", here: { state: "stale", copy: { left: { freshSeconds: 0 } } } });
    surroundings.advance(5);
    expect(await explain()).toMatchObject({ outcome: "miss", reason: "expired", here: { state: "error-only" } });
    surroundings.advance(15);
    const kept = await explain();
    expect(kept).toMatchObject({ outcome: "miss", reason: "expired", fallback: true, here: { state: "revalidate" } });
    surroundings.advance(40);
    const gone = await explain();
    expect(gone).toMatchObject({ outcome: "miss", reason: "expired", here: { state: "expired" } });
    expect(gone).not.toHaveProperty("fallback");
  });

  it("is absent where nothing was stored, though another data centre has it and so has the index", async () => {
    const { explain, store, there, request } = await setUp();
    await store();
    expect(await explain(request, there)).toMatchObject({
      outcome: "miss",
      reason: "absent",
      here: { state: "absent" },
      object: { index: { state: "fresh", status: 200, bytes: 4, tags: ["t"] }, lease: null },
    });
  });

  it("is another variant, by names that the responses were found to vary on", async () => {
    const { explain, store, request } = await setUp();
    const asked = (theme: string) => new Request(request, { headers: { "x-theme": theme } });
    await store(new Response("dark", { headers: { vary: "x-theme" } }), [], asked("dark"));
    const found = await explain(asked("dark"));
    expect(found).toMatchObject({ outcome: "hit", here: { state: "fresh", varies: ["x-theme"] } });
    expect(found.parts).toEqual([{ name: "x-theme", value: "dark" }]);
    expect(found.key).toContain("x-theme=dark");
    const other = await explain(asked("light"));
    expect(other).toMatchObject({
      outcome: "miss",
      reason: "variant",
      here: { state: "variant", varies: ["x-theme"] },
    });
  });

  it("is not known to vary where no response of it has been, but the object is asked about the variant", async () => {
    const { explain, store, there, request } = await setUp();
    const asked = new Request(request, { headers: { "x-theme": "dark" } });
    await store(new Response("dark", { headers: { vary: "x-theme" } }), [], asked);
    const { outcome, here, object, key } = await explain(asked, there);
    expect({ outcome, here }).toEqual({ outcome: "miss", here: { state: "absent" } });
    expect(object).toMatchObject({ index: { state: "fresh" }, notes: { varies: { names: ["x-theme"] } } });
    expect(object?.key).not.toBe(key);
  });

  it("is a note that the last response could not be stored", async () => {
    const { explain, here, config, request, surroundings } = await setUp({ hitForMissSeconds: 60 });
    const origin = new Origin();
    origin.byItself = () => new Response("mine", { headers: { "set-cookie": "id=1" } });
    await (await origin.get(here, config, request)).text();
    await surroundings.settle();
    expect(await explain()).toMatchObject({
      outcome: "miss",
      reason: "hit-for-miss",
      here: { state: "hit-for-miss" },
      object: { notes: { passUntil: new Date(surroundings.nowMs() + 60_000) } },
    });
  });

  it("is judged by the object where it is older than the view, and unknown where that does not answer", async () => {
    const { world, config, explain, store, request, here } = await setUp();
    await store();
    await overrun(world);
    const late = await world.isolate("here");
    await late.edge.lookup(config, new Request(freshUrl()));
    expect(late.link.calls).toEqual(["sync"]);
    const { outcome, here: held } = await late.edge.explain(config, request);
    expect({ outcome, state: held?.state }).toEqual({ outcome: "hit", state: "fresh" });
    late.link.state = "down";
    expect(await explain(request, late)).toMatchObject({ reason: "unknown", here: { state: "unknown" }, object: null });
    expect(here.link.state).toBe("up");
  });
});

describe("a purge", () => {
  it("is told with who made it, when, why and by which of its selectors it hits", async () => {
    const { world, here, config, explain, store } = await setUp();
    await store();
    const version = await versionOf(
      here.edge.purge(config, { any: [{ tags: ["other"] }, { tags: ["t", "u"] }], reason: "new prices" }, "token:ci"),
    );
    const explanation = await explain();
    const purge = {
      cause: "purge",
      seq: 1,
      version,
      at: new Date(world.surroundings.nowMs()),
      by: "token:ci",
      reason: "new prices",
      mode: "hard",
      selector: { tags: ["t", "u"] },
    };
    expect(explanation).toMatchObject({ outcome: "miss", reason: "purged", here: { state: "purged" } });
    expect(explanation.here?.invalidatedBy).toEqual(purge);
    expect(explanation.object?.index).toMatchObject({ state: "purged", invalidatedBy: purge });
  });

  it("that is soft is told of what it has made stale", async () => {
    const { here, config, explain, store } = await setUp({ staleWhileRevalidateSeconds: 60 });
    await store();
    await here.edge.purge(config, { tags: ["t"], soft: true });
    expect(await explain()).toMatchObject({
      outcome: "stale",
      here: { state: "stale", invalidatedBy: { cause: "purge", mode: "soft", selector: { tags: ["t"] } } },
    });
  });

  it("that is soft is told of what it has ended, where that had no window", async () => {
    const { here, config, explain, store } = await setUp();
    await store();
    await here.edge.purge(config, { everything: true, soft: true });
    expect(await explain()).toMatchObject({
      reason: "purged",
      here: { state: "purged", invalidatedBy: { mode: "soft", selector: {} } },
    });
  });

  it("that followed from a request is told as such", async () => {
    const { here, config, explain, store, request } = await setUp();
    await store();
    await here.edge.invalidate(config, { urls: [request.url], tags: [] });
    expect(await explain()).toMatchObject({
      reason: "purged",
      here: { invalidatedBy: { by: "request", automatic: true, selector: { url: request.url } } },
    });
  });

  it("that was made elsewhere is pending until the view has it", async () => {
    const { here, there, config, explain, store, request, surroundings } = await setUp();
    await store();
    await there.edge.purge(config, { tags: ["t"] });
    const before = await here.edge.explain(config, request);
    expect(before).toMatchObject({ outcome: "hit", view: { withinBound: true } });
    expect(before.here).toMatchObject({ state: "fresh", pending: true, invalidatedBy: { seq: 1 } });
    expect(before.object?.version).not.toBe(before.view?.version);
    surroundings.advance(config.purgeLagSeconds + 1);
    const expired = await explain();
    expect(expired).toMatchObject({
      outcome: "miss",
      reason: "purged",
      view: { version: before.view?.version, withinBound: false, confirmedSecondsAgo: config.purgeLagSeconds + 1 },
      here: { state: "purged", pending: true },
    });
    const after = await explain();
    expect(after.view?.version).toBe(after.object?.version);
    expect(after.here).not.toHaveProperty("pending");
  });

  it("that was taken back is told so until the view has that", async () => {
    const { here, there, config, explain, store } = await setUp();
    await store();
    await here.edge.purge(config, { tags: ["t"] });
    await there.edge.revoke(config, 1, "token:ci");
    expect(await explain()).toMatchObject({
      reason: "purged",
      here: { state: "purged", pending: true, invalidatedBy: { seq: 1, revoked: { seq: 2, by: "token:ci" } } },
    });
  });

  it("that has left the window of the view is told all the same", async () => {
    const { world, here, config, store, request } = await setUp();
    await store();
    await here.edge.purge(config, { tags: ["t"], reason: "long ago" });
    await overrun(world);
    const late = await world.isolate("here");
    await late.edge.lookup(config, new Request(freshUrl()));
    expect(await late.edge.explain(config, request)).toMatchObject({
      reason: "purged",
      here: { state: "purged", invalidatedBy: { seq: 1, reason: "long ago" } },
    });
  });

  it("leaves what is permanent, unless it names exactly that", async () => {
    const { here, config, explain, request } = await setUp();
    await here.edge.store(config, request, new Response("x"), { tags: ["t" as Tag], permanent: true });
    await here.edge.purge(config, { tags: ["t"] });
    const kept = await explain();
    expect(kept).toMatchObject({ outcome: "hit", here: { copy: { permanent: true } } });
    expect(kept.here).not.toHaveProperty("invalidatedBy");
    await here.edge.purge(config, { any: [{ tags: ["t"] }, { url: request.url }] });
    expect(await explain()).toMatchObject({
      reason: "purged",
      here: { invalidatedBy: { selector: { url: request.url } } },
    });
  });
});

describe("a request", () => {
  const rules: NonNullable<Options>["rules"] = [
    { path: "/off", caching: "off" },
    { name: "preview", path: "/p/:id", bypass: { headers: ["x-preview"] } },
    { path: "/search", methods: ["POST"] },
  ];

  it("is told the rule that fits, by its place and its name, or that none does", async () => {
    const { explain } = await setUp({ rules });
    expect((await explain()).rule).toEqual({ index: 1, name: "preview" });
    expect((await explain(new Request(freshUrl("/off")))).rule).toEqual({ index: 0, name: "rule 1" });
    expect((await explain(new Request(freshUrl("/else")))).rule).toBeNull();
  });

  it.each([
    ["/off", {}, { reason: "disabled", what: "rule 1" }],
    ["/p/1", { headers: { "x-preview": "1" } }, { reason: "bypass", what: "header x-preview" }],
    ["/p/%2e%2e%2foff", {}, { reason: "bypass" }],
    ["/p/1", { method: "POST", body: "x" }, { reason: "method", what: "POST" }],
    ["/p/1", { method: "DELETE" }, { reason: "method", what: "DELETE" }],
    ["/search", { method: "POST", body: "x".repeat(8001) }, { reason: "body-too-big", what: "the body" }],
  ])("to %s with %o goes past the cache", async (path, init: RequestInit, past) => {
    const { explain } = await setUp({ rules });
    const explanation = await explain(new Request(freshUrl(path), init));
    expect(explanation).toMatchObject({ outcome: "miss", reason: past.reason, past });
  });

  it("goes past a cache that keeps nothing", async () => {
    const { explain } = await setUp({ caching: "off" });
    expect(await explain()).toMatchObject({ reason: "disabled", past: { what: "the cache" } });
  });

  it("has a key that holds its body, of a method that has one", async () => {
    const { explain } = await setUp({ rules });
    const { key, parts, past } = await explain(new Request(freshUrl("/search"), { method: "POST", body: "q" }));
    expect(past).toBeNull();
    expect(parts.map(({ name }) => name)).toEqual(["body:"]);
    expect(key).toContain("/POST/");
    const whole = new Request(freshUrl("/search"), { method: "POST", body: "x".repeat(8001) });
    expect(await explain(whole)).toMatchObject({ key: null, here: null, object: null });
  });

  it("has a key of its URL and of what the cache declares", async () => {
    const key = { query: { exclude: ["utm_source"] }, cookies: [{ name: "plan" }] };
    const { explain } = await setUp({ vary: ["Accept-Language"], key });
    const headers = { "accept-language": "de", cookie: "plan=gold" };
    const url = freshUrl("/p/1?b=2&utm_source=x&a=1");
    const explanation = await explain(new Request(url, { headers }));
    expect(explanation.url).toBe(url.replace("&utm_source=x", ""));
    expect(explanation.parts).toContainEqual({ name: "accept-language", value: "de" });
    expect(explanation.parts.map(({ value }) => value)).toEqual(["de", "gold"]);
    expect(explanation.key).toContain("accept-language=de");
  });

  it("that is too long for a key has none", async () => {
    const { explain } = await setUp();
    const explanation = await explain(new Request(freshUrl(`/${"x".repeat(9000)}`)));
    expect(explanation).toMatchObject({ outcome: "miss", reason: "too-long", key: null, here: null, object: null });
  });

  it("that asks for what is confirmed is a miss, and one that takes what is stale is none", async () => {
    const { explain, store, request, surroundings } = await setUp({ ttlSeconds: 10, staleIfErrorSeconds: 60 });
    await store();
    const wishing = (directives: string) => new Request(request, { headers: { "cache-control": directives } });
    expect(await explain(wishing("no-cache"))).toMatchObject({ reason: "request", here: { state: "fresh" } });
    surroundings.advance(20);
    expect(await explain()).toMatchObject({ reason: "expired", fallback: true });
    expect(await explain(wishing("max-stale=30"))).toMatchObject({ outcome: "stale", here: { state: "error-only" } });
  });

  it("by HEAD is answered from what GET has stored", async () => {
    const { explain, store, request } = await setUp();
    await store();
    expect(await explain(new Request(request, { method: "HEAD" }))).toMatchObject({ outcome: "hit" });
  });
});

describe("an object that does not answer", () => {
  it("leaves what is known here to be told, and the outcome inside and past the grace", async () => {
    const { explain, store, here, config, surroundings } = await setUp({ unreachableGraceSeconds: 30 });
    await store();
    here.link.state = "down";
    expect(await explain()).toMatchObject({ outcome: "hit", object: null, view: { withinBound: true } });
    surroundings.advance(config.purgeLagSeconds + 30);
    expect(await explain()).toMatchObject({ outcome: "hit", view: { withinBound: false } });
    surroundings.advance(2);
    expect(await explain()).toMatchObject({ outcome: "miss", reason: "unreachable", here: { state: "fresh" } });
  });

  it("and was never asked leaves no view", async () => {
    const { explain, store, world, request } = await setUp();
    await store();
    const late = await world.isolate("here");
    late.link.state = "down";
    expect(await explain(request, late)).toMatchObject({
      reason: "unreachable",
      view: null,
      here: { state: "unknown" },
    });
  });

  it("is not asked by a cache that serves on an old view", async () => {
    const { explain, store, there, config, surroundings } = await setUp({ whenViewExpired: "serve" });
    await store();
    await there.edge.purge(config, { tags: ["t"] });
    surroundings.advance(40);
    const explanation = await explain();
    expect(explanation).toMatchObject({ outcome: "hit", view: { withinBound: false }, here: { pending: true } });
  });

  it("and was found so just now is not asked again by a look-up, though it would answer", async () => {
    const { explain, store, here, config, request, surroundings } = await setUp({ unreachableGraceSeconds: 0 });
    await store();
    surroundings.advance(config.purgeLagSeconds + 1);
    here.link.state = "down";
    expect(await here.edge.lookup(config, request)).toMatchObject({ reason: "unreachable" });
    here.link.state = "up";
    expect(await explain()).toMatchObject({ reason: "unreachable", object: { index: { state: "fresh" } } });
  });
});

describe("a response", () => {
  const told = async (response: ExplainWish["response"], options: Options = {}, init: RequestInit = {}) => {
    const { here, config } = await setUp(options);
    const path = options?.cacheDeceptionArmor === "on" ? "/p/1.css" : "/p/1";
    const request = new Request(freshUrl(path), init);
    return (await here.edge.explain(config, request, response === undefined ? {} : { response })).response;
  };

  it("would be stored with these lifetimes, and by these names", async () => {
    const headers = { vary: "X-Theme", "cache-control": "stale-if-error=20", age: "5" };
    expect(await told({ status: 200, headers }, { staleWhileRevalidateSeconds: 30 })).toEqual({
      stored: true,
      ttlSeconds: 65,
      initialAgeSeconds: 5,
      staleWhileRevalidateSeconds: 30,
      staleIfErrorSeconds: 20,
      keepSeconds: 0,
      vary: ["x-theme"],
    });
  });

  it.each([
    ["no-store", { "cache-control": "no-store" }, {}],
    ["private", { "cache-control": "private" }, {}],
    ["no-cache", { "cache-control": "no-cache" }, {}],
    ["set-cookie", { "set-cookie": "a=1" }, {}],
    ["vary", { vary: "*" }, {}],
    ["content-type", { "content-type": "text/html" }, { cacheDeceptionArmor: "on" }],
    ["disabled", {}, { caching: "off" }],
    ["bypass", {}, { rules: [{ bypass: { headers: ["x-preview"] } }] }],
    ["no-max-age", {}, { ttlByStatus: { "200": 0 } }],
  ] as const)("would be refused as %s for %o by %o", async (reason, headers, options) => {
    const init = { headers: { "x-preview": "1" } };
    expect(await told({ status: 200, headers }, options as Options, init)).toEqual({ stored: false, reason });
  });

  it("would be refused for what the request is", async () => {
    const response = { status: 200, headers: {} };
    expect(await told(response, {}, { headers: { authorization: "Basic x" } })).toMatchObject({
      reason: "authorization",
    });
    expect(await told(response, {}, { method: "DELETE" })).toMatchObject({ reason: "method" });
    expect(await told({ status: 500, headers: {} })).toMatchObject({ reason: "code" });
    const long = { status: 200, headers: { vary: "x-long" } };
    expect(await told(long, {}, { headers: { "x-long": "%".repeat(8000) } })).toMatchObject({ reason: "too-long" });
  });
});
