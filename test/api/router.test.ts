import { env, exports } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { EntryReport } from "../../schema/entry.ts";
import { buildKey, normalizeUrl } from "../../schema/key.ts";
import { limits } from "../../schema/limits.ts";
import { CacheNameSchema, NamespaceSchema } from "../../schema/names.ts";
import { decodeRecords } from "../../schema/records.ts";
import type { CacheStats } from "../../schema/stats.ts";
import { parse } from "../../schema/validate.ts";
import { apiWith, objectNamed, TOKEN } from "../support/api.ts";

const SITE = "https://shop.example";

const object = objectNamed;
const api = apiWith();

const ownNamespace = () => `api-${crypto.randomUUID()}`;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** One request with the right token. Whatever is answered, it is never to be cached and never holds a stack. */
async function call(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json", ...init.headers };
  const response = await api(new Request(`${SITE}${path}`, { ...init, method, headers }));
  const text = await response.text();
  expect(response.headers.get("Cache-Control")).toBe("no-store");
  expect(text).not.toMatch(/\bat \S+ \(|\.ts:\d|stack/);
  return { status: response.status, headers: response.headers, text, json: text === "" ? {} : JSON.parse(text) };
}

const purgePath = (namespace: string) => `/.larder/v1/caches/${encodeURIComponent(namespace)}/purge`;
const statsPath = (namespace: string, query = "") =>
  `/.larder/v1/caches/${encodeURIComponent(namespace)}/stats${query}`;
const purge = (namespace: string, body: unknown) =>
  call("POST", purgePath(namespace), { body: typeof body === "string" ? body : JSON.stringify(body) });

async function stats(namespace: string, cache: string | null = null): Promise<CacheStats> {
  return (await object(namespace).stats({ since: null }, cache === null ? {} : { cache })).stats;
}

interface Stored {
  readonly cache?: string;
  readonly path: string;
  readonly tags?: string[];
}

/** Puts an entry into the namespace's index, as an edge that has just stored it does. Returns its key. */
async function store(namespace: string, { cache = "pages", path, tags = [] }: Stored): Promise<string> {
  const { log } = await object(namespace).sync({ since: null });
  const url = normalizeUrl(`${SITE}${path}`);
  const name = { namespace: parse(NamespaceSchema, namespace), cache: parse(CacheNameSchema, cache) };
  const report: EntryReport = {
    key: buildKey({ ...name, method: "GET", url, vary: [] }),
    url,
    cache,
    tags,
    permanent: false,
    asOf: { epoch: log.epoch, seq: log.head },
    freshSeconds: 60,
    lifetimeSeconds: 60,
    bytes: 10,
    status: 200,
  };
  expect((await object(namespace).complete({ since: null }, report)).outcome).toBe("stored");
  return report.key;
}

/** The same four entries for every purge: three in the cache `pages`, one in `images`. */
async function stocked(): Promise<{ namespace: string; key: string }> {
  const namespace = ownNamespace();
  const key = await store(namespace, { path: "/p/1?size=l&color=red", tags: ["product:1", "listing"] });
  await store(namespace, { path: "/p/2", tags: ["product:2", "listing"] });
  await store(namespace, { path: "/about" });
  await store(namespace, { cache: "images", path: "/p/1.png", tags: ["product:1"] });
  return { namespace, key };
}

describe("a purge", () => {
  it("answers how many entries it hit and the version that holds it, in the body and in a header", async () => {
    const { namespace } = await stocked();
    const { status, json, headers } = await purge(namespace, { tags: ["listing"] });
    expect(status).toBe(200);
    expect(headers.get("Content-Type")).toBe("application/json");
    const { log } = await object(namespace).sync({ since: null });
    expect(json).toEqual({ purged: 2, version: `${log.epoch}-${log.head}` });
    expect(headers.get("Larder-Version")).toBe(json["version"]);
    expect(decodeRecords(log.records).flatMap((record) => ("selectors" in record ? record.selectors : []))).toEqual([
      { tags: ["listing"] },
    ]);
  });

  it("counts an entry that it hits twice once, and one that is purged already not at all", async () => {
    const { namespace } = await stocked();
    expect((await purge(namespace, { tags: ["product:1", "listing"] })).json["purged"]).toBe(3);
    expect((await purge(namespace, { tags: ["product:1"] })).json["purged"]).toBe(0);
    expect((await purge(namespace, { everything: true })).json["purged"]).toBe(1);
  });

  it("hits by prefix what begins with it, and nothing else", async () => {
    const { namespace } = await stocked();
    expect((await purge(namespace, { prefix: "HTTPS://Shop.Example/p/1" })).json["purged"]).toBe(2);
    expect((await purge(namespace, { prefix: "https://shop.example/p/" })).json["purged"]).toBe(1);
    expect((await purge(namespace, { prefix: "https://other.example/" })).json["purged"]).toBe(0);
  });

  it("hits by URL every spelling of it, and by key one variant", async () => {
    const byUrl = await stocked();
    const spelling = "https://SHOP.example:443/p/1?color=red&size=l#top";
    expect((await purge(byUrl.namespace, { url: spelling })).json["purged"]).toBe(1);
    const byKey = await stocked();
    expect((await purge(byKey.namespace, { key: byKey.key })).json["purged"]).toBe(1);
    expect((await purge(byKey.namespace, { key: byKey.key })).json["purged"]).toBe(0);
  });

  it("stays in the cache it names, and otherwise covers the namespace", async () => {
    const { namespace } = await stocked();
    expect((await purge(namespace, { tags: ["product:1"], cache: "images" })).json["purged"]).toBe(1);
    expect((await purge(namespace, { everything: true, cache: "images" })).json["purged"]).toBe(0);
    expect((await purge(namespace, { everything: true, reason: "new prices" })).json["purged"]).toBe(3);
    expect((await stats(namespace, "images")).purges).toBe(2);
    expect((await stats(namespace)).purges).toBe(3);
  });

  it("reaches no other namespace, whatever it says", async () => {
    const [mine, other] = [await stocked(), await stocked()];
    expect((await purge(mine.namespace, { everything: true })).json["purged"]).toBe(4);
    expect((await purge(mine.namespace, { key: other.key })).json["purged"]).toBe(0);
    expect(await stats(other.namespace)).toMatchObject({ purges: 0, invalidations: 0, entries: 4 });
    expect((await purge(other.namespace, { everything: true })).json["purged"]).toBe(4);
  });

  it("takes a namespace whose name has to be escaped in a path, at the longest a name may be", async () => {
    const namespace = `${crypto.randomUUID()}:shop.`.padEnd(limits.nameCharacters, "x");
    await store(namespace, { path: "/" });
    expect((await purge(namespace, { everything: true })).json["purged"]).toBe(1);
  });
});

describe("statistics", () => {
  it("are those of the namespace, or of the one cache that is asked for", async () => {
    const { namespace } = await stocked();
    const whole = await call("GET", statsPath(namespace));
    expect(whole.status).toBe(200);
    expect(whole.json).toMatchObject({
      requests: 0,
      hits: 0,
      puts: 4,
      bytesStored: 40,
      purges: 0,
      entries: 4,
      bytes: 40,
    });
    const images = await call("GET", statsPath(namespace, "?cache=images"));
    expect(images.json).toMatchObject({ puts: 1, entries: 1, bytes: 10 });
  });

  it("come without content to HEAD (RFC 9110 section 9.3.2)", async () => {
    const { status, text, headers } = await call("HEAD", statsPath(ownNamespace()));
    expect({ status, text, type: headers.get("Content-Type") }).toEqual({
      status: 200,
      text: "",
      type: "application/json",
    });
  });

  it("refuse a query parameter they do not know, one given twice, and a bad cache name", async () => {
    const namespace = ownNamespace();
    for (const [query, field] of [
      ["?cahce=pages", "cahce"],
      ["?cache=pages&verbose", "verbose"],
      ["?cache=pages&cache=images", "cache"],
      ["?cache=", "cache"],
      ["?cache=a%20b", "cache"],
      [`?cache=${"c".repeat(limits.nameCharacters + 1)}`, "cache"],
      [`?${"q".repeat(200)}=1`, `${"q".repeat(60)}…`],
    ] as const) {
      const { status, json } = await call("GET", statsPath(namespace, query));
      expect({ status, code: json["code"], field: json["field"] }, query).toEqual({
        status: 400,
        code: "invalid-input",
        field,
      });
    }
  });
});

describe("bad input", () => {
  const tag = (text: string) => ({ tags: ["fine", text] });
  const cases: readonly (readonly [name: string, body: unknown, field: string, limit?: number])[] = [
    ["a tag with a comma", tag("a,b"), "tags[1]"],
    ["a tag with a space", tag("a b"), "tags[1]"],
    ["a tag with a control character", tag("a\u0007b"), "tags[1]"],
    ["a tag with a line break", tag("a\r\nb"), "tags[1]"],
    ["a tag that is not ASCII", tag("größe"), "tags[1]"],
    ["an empty tag", tag(""), "tags[1]", 1],
    ["a tag that is too long", tag("t".repeat(limits.tagCharacters + 1)), "tags[1]", limits.tagCharacters],
    ["a tag that is no string", { tags: [7] }, "tags[0]"],
    ["too many tags", { tags: Array.from({ length: 1001 }, (_, at) => `t${at}`) }, "tags", limits.tagsPerEntry],
    ["no tags", { tags: [] }, "tags", 1],
    ["tags that are no array", { tags: "listing" }, "tags"],
    ["nothing to purge", {}, "input"],
    ["only a cache", { cache: "pages" }, "input"],
    ["two things to purge", { tags: ["a"], everything: true }, "input"],
    ["everything: false", { everything: false }, "everything"],
    ["an unknown option", { tags: ["a"], hard: true }, "hard"],
    ["an unknown option named __proto__", '{"tags":["a"],"__proto__":{"everything":true}}', "__proto__"],
    ["an unknown option named constructor", { tags: ["a"], constructor: 1 }, "constructor"],
    ["a cache name with a space", { tags: ["a"], cache: "a b" }, "cache"],
    ["a cache name that is too long", { tags: ["a"], cache: "c".repeat(129) }, "cache", limits.nameCharacters],
    ["a prefix without a host", { prefix: "/p/" }, "prefix"],
    ["a prefix with a fragment", { prefix: "https://shop.example/#a" }, "prefix"],
    ["a prefix that is too long", { prefix: `${SITE}/${"p".repeat(8192)}` }, "prefix", limits.urlCharacters],
    ["a URL that is not absolute", { url: "/p/1" }, "url"],
    ["a URL of another scheme", { url: "ftp://shop.example/" }, "url"],
    ["a URL with credentials", { url: "https://user:pass@shop.example/" }, "url"],
    ["a URL that is too long", { url: `${SITE}/${"p".repeat(8192)}` }, "url", limits.urlCharacters],
    ["a key that is too long", { key: "k".repeat(limits.keyCharacters + 1) }, "key", limits.keyCharacters],
    ["a reason that is too long", { everything: true, reason: "r".repeat(501) }, "reason", limits.reasonCharacters],
    ["a body that is no JSON", "tags=a", "body"],
    ["a body that is an array", ["a"], "body"],
    ["a body that is null", "null", "body"],
    ["an empty body", "", "body"],
  ];

  for (const [name, body, field, limit] of cases) {
    it(`${name} is refused, names ${field}, and purges nothing`, async () => {
      const namespace = ownNamespace();
      await store(namespace, { path: "/", tags: ["a", "fine"] });
      const { status, headers, json } = await purge(namespace, body);
      expect(status).toBe(400);
      expect(headers.get("Content-Type")).toBe("application/problem+json");
      expect(json).toMatchObject({
        type: "urn:larder:problem:invalid-input",
        status: 400,
        code: "invalid-input",
        field,
        detail: expect.stringContaining(`${field}: `),
      });
      expect(json["limit"]).toBe(limit);
      expect(String(json["detail"]).length).toBeLessThan(300);
      expect(await stats(namespace)).toMatchObject({ purges: 0, invalidations: 0, entries: 1 });
      expect((await purge(namespace, { everything: true })).json["purged"]).toBe(1);
    });
  }

  it("a body over the limit is refused by its size, and purges nothing", async () => {
    const namespace = ownNamespace();
    const { status, json } = await purge(namespace, `{"everything":true}${" ".repeat(limits.apiBodyBytes)}`);
    expect(status).toBe(413);
    expect(json).toMatchObject({ code: "body-too-large", field: "body", limit: limits.apiBodyBytes });
    expect((await stats(namespace)).purges).toBe(0);
  });

  it("a body of another type is refused by 415, and purges nothing", async () => {
    const namespace = ownNamespace();
    const body = '{"everything":true}';
    const { status, json } = await call("POST", purgePath(namespace), {
      body,
      headers: { "Content-Type": "text/plain" },
    });
    expect(status).toBe(415);
    expect(json).toMatchObject({ status: 415, code: "invalid-input", field: "content-type" });
    expect((await stats(namespace)).purges).toBe(0);
  });

  it("a query parameter on a purge is refused rather than ignored", async () => {
    const namespace = ownNamespace();
    const { status, json } = await call("POST", `${purgePath(namespace)}?cache=pages`, { body: '{"everything":true}' });
    expect({ status, field: json["field"] }).toEqual({ status: 400, field: "cache" });
    expect((await stats(namespace)).purges).toBe(0);
  });

  it("a namespace that there cannot be is refused on every route", async () => {
    for (const [name, limit] of [
      ["larder", undefined],
      ["a b", undefined],
      ["a/b", undefined],
      ["größe", undefined],
      ["n".repeat(limits.nameCharacters + 1), limits.nameCharacters],
    ] as const) {
      for (const { status, json } of [await purge(name, { everything: true }), await call("GET", statsPath(name))]) {
        expect({ status, code: json["code"], field: json["field"], limit: json["limit"] }, name).toEqual({
          status: 400,
          code: "invalid-input",
          field: "namespace",
          limit,
        });
      }
    }
    const reserved = await purge("larder", { everything: true });
    expect(reserved.json["detail"]).toContain("reserved");
  });

  it("a broken escape in the namespace is refused", async () => {
    const { status, json } = await call("GET", "/.larder/v1/caches/%E0%A4/stats");
    expect({ status, field: json["field"] }).toEqual({ status: 400, field: "namespace" });
  });
});

describe("a path or a method that there is not", () => {
  it("is answered by 404 under the prefix, and outside it too", async () => {
    for (const path of [
      "/.larder",
      "/.larder/",
      "/.larder/v1",
      "/.larder/v1/caches",
      "/.larder/v1/caches/shop",
      "/.larder/v1/caches//purge",
      "/.larder/v1/caches/a/b/purge",
      "/.larder/v1/caches/shop/purge/all",
      "/.larder/v2/caches/shop/purge",
      "/.larder//v1/caches/shop/purge",
      "/.larders/v1/caches/shop/stats",
      "/Xlarder/v1/caches/shop/stats",
      "/x/.larder/v1/caches/shop/stats",
    ]) {
      for (const method of ["GET", "POST"]) {
        const { status, json, headers } = await call(method, path);
        expect({ status, code: json["code"] }, `${method} ${path}`).toEqual({ status: 404, code: "not-found" });
        expect(headers.get("Content-Type")).toBe("application/problem+json");
      }
    }
  });

  it("is answered by 405 and the methods there are, on a path that there is", async () => {
    for (const [method, path, allow] of [
      ["GET", purgePath("shop"), "POST"],
      ["HEAD", purgePath("shop"), "POST"],
      ["PUT", purgePath("shop"), "POST"],
      ["DELETE", purgePath("shop"), "POST"],
      ["OPTIONS", purgePath("shop"), "POST"],
      ["POST", statsPath("shop"), "GET, HEAD"],
      ["PURGE", statsPath("shop"), "GET, HEAD"],
    ] as const) {
      const { status, headers, json } = await call(method, path);
      expect({ status, allow: headers.get("Allow") }, `${method} ${path}`).toEqual({ status: 405, allow });
      if (method !== "HEAD") expect(json["code"]).toBe("method-not-allowed");
    }
  });

  it("goes by the prefix it is given, to the letter", async () => {
    const odd = apiWith({ prefix: "/_c+(x)*:y" });
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const status = async (path: string) => (await odd(new Request(`${SITE}${path}`, { headers }))).status;
    expect(await status(`/_c+(x)*:y/v1/caches/${ownNamespace()}/stats`)).toBe(200);
    expect(await status("/_cc(x)*:y/v1/caches/shop/stats")).toBe(404);
    expect(await status("/.larder/v1/caches/shop/stats")).toBe(404);
  });
});

describe("the coordinator", () => {
  it("has the API under its reserved prefix, opened by its own token", async () => {
    const namespace = ownNamespace();
    const url = `${SITE}${statsPath(namespace)}`;
    const coordinator = (exports as typeof exports & { readonly default: Fetcher }).default;
    const closed = await coordinator.fetch(new Request(url));
    expect({ status: closed.status, type: closed.headers.get("Content-Type") }).toEqual({
      status: 401,
      type: "application/problem+json",
    });
    const headers = { Authorization: `Bearer ${env.LARDER_TOKEN ?? ""}` };
    const open = await coordinator.fetch(new Request(url, { headers }));
    expect({ status: open.status, body: await open.json() }).toMatchObject({ status: 200, body: { purges: 0 } });
    const nothing = await coordinator.fetch(new Request(`${SITE}/.larder/nothing`, { headers }));
    expect(nothing.status).toBe(404);
  });
});
