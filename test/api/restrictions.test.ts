import { beforeAll, describe, expect, it } from "vitest";
import type { Schedule } from "../../schema/schedule.ts";
import { cache } from "../../src/client/index.ts";
import { apiWith, objectNamed, TOKEN } from "../support/api.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";
import { claims, directory, signed, tokensBy } from "../support/tokens.ts";

const namespace = freshNamespace();
const pages = cache({ name: "pages", namespace, ttlSeconds: 60 });
const images = cache({ name: "images", namespace, ttlSeconds: 60 });
const api = apiWith({ tokens: tokensBy() });

interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown>;
}

/** One call by a token with these claims; by LARDER_TOKEN where there are none. */
async function call(larder: object | string, path: string, body?: object, others: object = {}): Promise<Answer> {
  const token = typeof larder === "string" ? larder : await signed(claims(larder, others));
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const sent = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const url = path.startsWith("/") ? path : `/v1/caches/${namespace}/${path}`;
  const response = await api(new Request(`https://a.example/.larder${url}`, { headers, ...sent }));
  const text = await response.text();
  return { status: response.status, json: text.startsWith("{") ? JSON.parse(text) : { text } };
}

beforeAll(async () => {
  for (const [at, tag] of ["tenant:acme:1", "tenant:acme:1", "tenant:acme:2", "tenant:other:1"].entries()) {
    await pages.put(freshUrl(`/${at}`), new Response("x"), { tags: [tag, "page"] });
  }
  await images.put(freshUrl(), new Response("x"), { tags: ["tenant:acme:1"] });
  await pages.stats();
});

describe("a tenant's token", () => {
  const tenant = { namespaces: [namespace], scopes: ["purge:tags", "entries:read"], tagPrefix: "tenant:acme:*" };

  it("purges what is the tenant's, and nothing else; the history names it", async () => {
    const { json } = await call(tenant, "purge", { tags: ["tenant:acme:2"], reason: "a test" }, { sub: "acme" });
    expect(json).toMatchObject({ purged: 1 });
    expect((await call(tenant, "purges?limit=1")).json).toMatchObject({
      purges: [{ by: "token:acme", selectors: [{ tags: ["tenant:acme:2"] }] }],
    });
    for (const body of [{ tags: ["page"] }, { allOf: ["page"] }, { url: freshUrl() }, { tags: ["tenant:acmecorp"] }]) {
      expect((await call(tenant, "purge", body)).json).toMatchObject({ code: "insufficient-scope", field: "tags" });
    }
    expect((await call(tenant, "purge", { tags: ["tenant:other:1"], dryRun: true })).status).toBe(403);
  });

  it("takes back its own purges, and no others", async () => {
    const own = await call(tenant, "purge", { tags: ["tenant:acme:2"] });
    const others = await call(TOKEN, "purge", { tags: ["tenant:other:1"] });
    const seqOf = ({ json }: Answer) => String(json["version"]).split("-")[1];
    expect((await call(tenant, `purges/${seqOf(others)}/revoke`, {})).json).toMatchObject({
      status: 403,
      field: "tags",
    });
    expect((await call(tenant, `purges/${seqOf(own)}/revoke`, {})).status).toBe(200);
    expect((await call(TOKEN, `purges/${seqOf(others)}/revoke`, {})).status).toBe(200);
  });

  it("is named by its id where it has no subject", async () => {
    await call({ namespaces: [namespace], scopes: ["purge:tags"] }, "purge", { tags: ["nothing"] }, { jti: "its-id" });
    expect((await call(TOKEN, "purges?limit=1")).json).toMatchObject({ purges: [{ by: "token:its-id" }] });
  });

  it("may have purges made again and again that are the tenant's, sees those, and ends no others", async () => {
    const timed = { ...tenant, scopes: ["schedule", "purge:tags"], maxEntries: 3 };
    const cron = "0 0 1 1 *";
    const foreign = await objectNamed(namespace).addSchedule({ cron, purge: { everything: true } }, "a test");
    expect((await call(timed, "schedules", { cron, purge: { tags: ["page"] } })).json).toMatchObject({ field: "tags" });
    const made = await call(timed, "schedules", { cron, purge: { tags: ["tenant:acme:1"] } }, { sub: "acme" });
    expect([made.status, made.json]).toMatchObject([201, { by: "token:acme", purge: { maxEntries: 3 } }]);
    const { schedules } = (await call(timed, "schedules")).json as unknown as { schedules: readonly Schedule[] };
    expect(schedules.map(({ id }) => id)).toEqual([made.json["id"]]);
    const remove = async (id: unknown) => {
      const headers = { Authorization: `Bearer ${await signed(claims(timed))}` };
      const url = `https://a.example/.larder/v1/caches/${namespace}/schedules/${id}`;
      return (await api(new Request(url, { method: "DELETE", headers }))).json<object>();
    };
    expect(await remove(foreign.id)).toMatchObject({ status: 403, field: "tags" });
    expect(await remove("0123456789abcdef")).toMatchObject({ status: 404 });
    expect(await remove(made.json["id"])).toMatchObject({ id: made.json["id"] });
  });
});

describe("a token that may hit so many entries", () => {
  const few = { namespaces: [namespace], scopes: ["purge:tags", "purge:all"], maxEntries: 1 };

  it("is held to that, whatever the request allows; a request may allow less", async () => {
    for (const more of [{}, { maxEntries: 100 }]) {
      const { json } = await call(few, "purge", { tags: ["page"], ...more });
      expect(json).toMatchObject({ code: "too-many-entries", limit: 1 });
    }
    expect((await call({ ...few, maxEntries: 3 }, "purge", { tags: ["page"], maxEntries: 2 })).json).toMatchObject({
      code: "too-many-entries",
      limit: 2,
    });
    expect((await call(few, "purge", { everything: true, dryRun: true })).json).toMatchObject({ dryRun: true });
  });
});

describe("a token that is bound to caches", () => {
  const bound = {
    namespaces: [namespace],
    caches: ["images"],
    scopes: ["stats:read", "entries:read", "purge:tags", "purge:all", "live", "schedule"],
  };

  it.each(["stats", "top?of=keys", "entries", "tags", "live"])("has to name one: %s", async (path) => {
    const joint = path.includes("?") ? "&" : "?";
    for (const query of ["", `${joint}cache=pages`]) {
      const { json } = await call(bound, `${path}${query}`);
      expect(json).toMatchObject({ status: 403, code: "insufficient-scope", field: "cache" });
    }
    const { status } = await call(bound, `${path}${joint}cache=images`);
    expect(status).toBe(path === "live" ? 426 : 200);
  });

  it("learns nothing of others by what is about all of a namespace", async () => {
    await call(TOKEN, "purge", { cache: "pages", tags: ["nothing"] });
    await call(TOKEN, "purge", { cache: "images", tags: ["nothing"] });
    const { purges } = (await call(bound, "purges")).json as { purges: readonly { selectors: readonly object[] }[] };
    expect(purges.map(({ selectors }) => selectors)).toEqual([[{ cache: "images", tags: ["nothing"] }]]);
    expect((await call(bound, "health")).json).toMatchObject({ status: 403, field: "cache" });
    const { text } = (await call(bound, `/metrics?namespace=${namespace}`)).json;
    expect(text).toContain('cache="images"');
    expect(text).not.toContain('cache="pages"');
    expect(text).not.toContain('cache=""');
  });

  it("is given only what it has of stats that are told by cache", async () => {
    const { json } = await call(bound, "stats?cache=images&by=cache");
    expect((json["groups"] as readonly { name: string }[]).map(({ name }) => name)).toEqual(["images"]);
  });

  it("purges them alone", async () => {
    expect((await call(bound, "purge", { everything: true })).json).toMatchObject({ status: 403, field: "cache" });
    expect((await call(bound, "purge", { cache: "pages", tags: ["a"] })).json).toMatchObject({ field: "cache" });
    expect((await call(bound, "purge", { cache: "images", everything: true })).json).toMatchObject({ purged: 1 });
  });
});

describe("the list of namespaces, and the metrics", () => {
  it("have those that the token may see, page by page", async () => {
    const own = `${freshNamespace()}-own`;
    for (const name of ["1", "2", "3"]) await objectNamed(`${own}-${name}`).purge({}, { tags: ["a"] }, "a test");
    // They are noted in the directory behind the call that makes them.
    const listed = async () => (await directory().namespaces({ after: own, limit: 200 })).namespaces;
    await expect.poll(async () => (await listed()).filter(({ name }) => name.startsWith(own)).length).toBe(3);
    const seen: string[] = [];
    for (let after = ""; ; ) {
      const { json } = await call({ namespaces: [`${own}-?`] }, `/v1/namespaces?limit=2&after=${after}`);
      seen.push(...(json["namespaces"] as readonly { name: string }[]).map(({ name }) => name));
      if (json["after"] === undefined) break;
      after = String(json["after"]);
    }
    expect(seen).toEqual(["1", "2", "3"].map((name) => `${own}-${name}`));
    const { text } = (await call({ namespaces: [`${own}-*`] }, "/metrics")).json;
    const up = String(text)
      .split("\n")
      .filter((line) => line.startsWith("larder_up{"));
    expect(up).toHaveLength(3);
    expect((await call({ namespaces: [`${own}-*`] }, `/metrics?namespace=${namespace}`)).json).toMatchObject({
      status: 403,
      field: "namespace",
    });
  });
});

describe("a ticket", () => {
  async function opened(
    larder: object,
    query = "",
    jti = crypto.randomUUID(),
  ): Promise<Answer & { readonly jti: string }> {
    const { json } = await call({ namespaces: [namespace], scopes: ["live"], ...larder }, "tickets", {}, { jti });
    const url = `https://a.example/.larder/v1/caches/${namespace}/live?ticket=${json["ticket"]}${query}`;
    const response = await api(new Request(url, { headers: { Upgrade: "websocket" } }));
    response.webSocket?.accept();
    response.webSocket?.close(1000);
    return { status: response.status, json: response.status === 101 ? {} : await response.json(), jti };
  }

  it("opens what its token could open, and no more", async () => {
    expect((await opened({})).status).toBe(101);
    expect((await opened({ caches: ["images"] }, "&cache=images")).status).toBe(101);
    for (const query of ["", "&cache=pages"]) {
      const { json } = await opened({ caches: ["images"] }, query);
      expect(json).toMatchObject({ status: 403, code: "insufficient-scope", field: "cache" });
    }
  });

  it("opens nothing once its token has been revoked", async () => {
    const jti = crypto.randomUUID();
    const { json } = await call({ namespaces: [namespace], scopes: ["live"] }, "tickets", {}, { jti });
    await directory().revokeToken(jti, {}, "a test");
    const url = `https://a.example/.larder/v1/caches/${namespace}/live?ticket=${json["ticket"]}`;
    // Another isolate, which has not been told of an earlier state.
    const elsewhere = apiWith({ tokens: tokensBy() });
    const refused = await elsewhere(new Request(url, { headers: { Upgrade: "websocket" } }));
    expect(await refused.json()).toMatchObject({ status: 401, code: "unauthorized" });
  });
});

describe("a live feed that a signed token opens", () => {
  /** Until when the object is told to tell anything; null where for ever. */
  async function until(token: string, query = ""): Promise<number | null> {
    let asked = new URL("https://nothing.example/");
    const object = {
      redeem: (ticket: string) => objectNamed(namespace).redeem(ticket),
      fetch: async (request: Request) => {
        asked = new URL(request.url);
        return new Response(null, { status: 503 });
      },
    };
    const caught = apiWith({ tokens: tokensBy(), namespace: () => object as never });
    const headers = { Upgrade: "websocket", ...(token === "" ? {} : { Authorization: `Bearer ${token}` }) };
    await caught(new Request(`https://a.example/.larder/v1/caches/${namespace}/live${query}`, { headers }));
    const told = asked.searchParams.get("until");
    return told === null ? null : Number(told);
  }

  it("ends with it, and is to be opened anew after an hour, when it may have been revoked", async () => {
    const soon = Math.floor(Date.now() / 1000) + 60;
    expect(await until(await signed(claims({}, { exp: soon })))).toBe(soon * 1000);
    const before = Date.now();
    const longest = (await until(await signed(claims({}, { exp: soon + 86_400 })))) ?? 0;
    expect(longest - before).toBeGreaterThanOrEqual(3_600_000);
    expect(longest - Date.now()).toBeLessThanOrEqual(3_600_000);
    expect(await until(TOKEN)).toBeNull();
  });

  it("ends so by a ticket, too", async () => {
    const soon = Math.floor(Date.now() / 1000) + 60;
    const { json } = await call({ namespaces: [namespace] }, "tickets", {}, { exp: soon });
    expect(await until("", `?ticket=${json["ticket"]}`)).toBe(soon * 1000);
    const { ticket } = await objectNamed(namespace).ticket();
    expect(await until("", `?ticket=${ticket}`)).toBeNull();
  });
});

describe("revoking tokens over REST", () => {
  it("is for admins of everything, is told of, and takes effect", async () => {
    const jti = crypto.randomUUID();
    const token = await signed(claims({}, { jti }));
    expect((await call(token, "stats")).status).toBe(200);
    const limited = { namespaces: [`${namespace}*`] };
    expect((await call(limited, `/v1/tokens/${jti}/revoke`, {})).json).toMatchObject({
      status: 403,
      field: "namespace",
    });
    expect((await call(limited, "/v1/tokens/revoked")).json).toMatchObject({ status: 403, field: "namespace" });
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const revoked = await call({}, `/v1/tokens/${jti}/revoke`, { expiresAt }, { sub: "an admin" });
    expect(revoked).toMatchObject({ status: 200, json: { id: jti, by: "token:an admin" } });
    expect((await call(TOKEN, "/v1/tokens/revoked")).json["tokens"]).toContainEqual(revoked.json);
    const elsewhere = apiWith({ tokens: tokensBy() });
    const headers = { Authorization: `Bearer ${token}` };
    const refused = await elsewhere(new Request(`https://a.example/.larder/v1/caches/${namespace}/stats`, { headers }));
    expect(await refused.json()).toMatchObject({
      status: 401,
      detail: `The token ${jti} has been revoked; ask for another`,
    });
  });

  it("refuses an id that is none", async () => {
    expect((await call(TOKEN, "/v1/tokens/a%20b/revoke", {})).json).toMatchObject({ status: 400, field: "id" });
  });
});
