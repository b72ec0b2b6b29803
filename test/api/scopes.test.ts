import { beforeAll, describe, expect, it } from "vitest";
import { settingNames } from "../../schema/health.ts";
import { type Scope, scopes } from "../../schema/token.ts";
import type { Route } from "../../src/api/route.ts";
import { routes } from "../../src/api/routes.ts";
import { cache } from "../../src/client/index.ts";
import { apiWith, objectNamed, TOKEN } from "../support/api.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";
import { claims, signed, tokensBy } from "../support/tokens.ts";

const namespace = freshNamespace();
const pages = cache({ name: "pages", namespace, ttlSeconds: 60 });
const api = apiWith({
  tokens: tokensBy(),
  explaining: { explain: (_, request) => pages.explain(request) },
  diagnosing: {
    probe: async () => ({ state: "works", ms: 1 }),
    view: async () => ({ state: "unreachable" }),
    settings: Object.fromEntries(settingNames.map((name) => [name, false])) as never,
    deployment: undefined,
  },
});

let scheduleId = "";

beforeAll(async () => {
  const schedule = await objectNamed(namespace).addSchedule({ cron: "0 0 1 1 *", purge: { tags: ["t"] } }, "a test");
  scheduleId = schedule.id;
  await objectNamed(namespace).purge({}, { tags: ["t"] }, "a test");
  await objectNamed(namespace).purge({}, { everything: true }, "a test");
  await objectNamed(namespace).purge({}, { tags: ["t"], erase: true }, "a test");
});

interface Call {
  readonly body?: object;
  readonly query?: string;
  readonly seq?: number;
}

const importing = {
  id: "00112233445566ff",
  namespace: {
    ...{ kind: "namespace", format: 2, namespace: "other", epoch: "0123456789abcdef", head: 0, floor: 0 },
    ...{ at: "2026-11-30T22:15:00.000Z", longestLifetimeSeconds: 0 },
  },
};

/** What each route is asked here, and the scopes that it takes, as docs/tokens.md has them. */
const calls: Readonly<Record<string, readonly (Call & { readonly needs: readonly Scope[] })[]>> = {
  listNamespaces: [{ needs: ["stats:read"] }],
  purge: [
    { body: { tags: ["t"] }, needs: ["purge:tags"] },
    { body: { tags: ["t"], dryRun: true }, needs: ["purge:tags"] },
    { body: { url: freshUrl(), soft: true }, needs: ["purge:tags"] },
    { body: { everything: true }, needs: ["purge:all"] },
    { body: { everything: true, cache: "pages", dryRun: true }, needs: ["purge:all"] },
    { body: { tags: ["t"], erase: true }, needs: ["purge:tags", "purge:erase"] },
    { body: { any: [{ tags: ["t"] }, { everything: true }] }, needs: ["purge:tags", "purge:all"] },
    { body: { tags: ["t"], soft: true, refill: { top: 1 } }, needs: ["purge:tags", "refill"] },
  ],
  listPurges: [{ needs: ["entries:read"] }],
  revokePurge: [
    { seq: 1, needs: ["purge:tags"] },
    { seq: 2, needs: ["purge:all"] },
    { seq: 3, needs: ["purge:tags", "purge:erase"] },
    { seq: 99, needs: ["purge:all"] },
  ],
  explain: [{ body: { cache: "pages", url: freshUrl() }, needs: ["entries:read"] }],
  stats: [{ needs: ["stats:read"] }],
  top: [{ query: "?of=keys", needs: ["stats:read"] }],
  listEntries: [{ needs: ["entries:read"] }],
  listTags: [{ needs: ["entries:read"] }],
  listSchedules: [{ needs: ["schedule"] }],
  createSchedule: [
    { body: { cron: "0 0 1 1 *", purge: { tags: ["t"] } }, needs: ["schedule", "purge:tags"] },
    { body: { cron: "0 0 1 1 *", warm: { top: 1 } }, needs: ["schedule", "refill"] },
    { body: { cron: "0 0 1 1 *", purge: { tags: ["t"], refill: {} } }, needs: ["schedule", "purge:tags", "refill"] },
    {
      body: { cron: "0 0 1 1 *", purge: { everything: true, erase: true } },
      needs: ["schedule", "purge:all", "purge:erase"],
    },
  ],
  deleteSchedule: [{ needs: ["schedule"] }],
  listRefills: [{ needs: ["entries:read"] }],
  warm: [{ body: { top: 1, cache: "pages" }, needs: ["refill"] }],
  getRefill: [{ needs: ["entries:read"] }],
  stopRefill: [{ needs: ["refill"] }],
  exportLog: [{ needs: ["entries:read"] }],
  beginImport: [{ body: importing, needs: ["admin"] }],
  putImportPart: [{ body: { part: 0, lines: [] }, needs: ["admin"] }],
  applyImport: [{ body: { records: 0, deployments: 0, schedules: 0 }, needs: ["admin"] }],
  importEntries: [{ body: { lines: [] }, needs: ["admin"] }],
  endImport: [{ needs: ["admin"] }],
  health: [{ needs: ["stats:read"] }],
  createTicket: [{ needs: ["live"] }],
  live: [{ needs: ["live"] }],
  metrics: [{ needs: ["stats:read"] }, { query: `?namespace=${namespace}`, needs: ["stats:read"] }],
  revokeToken: [{ body: {}, needs: ["admin"] }],
  listRevokedTokens: [{ needs: ["admin"] }],
  openapi: [],
};

const all = routes.flatMap((route) =>
  (calls[route.operationId] ?? []).map(
    (call) => [`${route.operationId} ${JSON.stringify(call)}`, route, call] as const,
  ),
);

const otherThan = (lacking: readonly Scope[]) =>
  scopes.filter((scope) => scope !== "admin" && !lacking.includes(scope));

async function ask(route: Route, { query = "", body, seq = 1 }: Call, larder: object): Promise<Response> {
  const path = route.path.replace(":namespace", namespace).replace(":seq", `${seq}`).replace(":id", scheduleId);
  const headers = { Authorization: `Bearer ${await signed(claims(larder))}`, "Content-Type": "application/json" };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return api(new Request(`https://a.example/.larder${path}${query}`, { method: route.method, headers, ...sent }));
}

describe("every route", () => {
  it.each(routes.map((route) => [route.operationId, route] as const))(
    "%s declares its scopes, or that it is open",
    (_, route) => {
      expect(route.scopes.length === 0).toBe(route.access === "open");
      expect(calls[route.operationId]).toBeDefined();
      const needed = new Set((calls[route.operationId] ?? []).flatMap(({ needs }) => needs));
      for (const scope of route.scopes) expect([...needed]).toContain(scope);
    },
  );

  it.each(all)("%s is refused to a token that lacks exactly that, and the answer names it", async (_, route, call) => {
    for (const lacking of call.needs) {
      const response = await ask(route, call, { scopes: otherThan([lacking]) });
      const { code, detail, field } = await response.json<{ code: string; detail: string; field: string }>();
      expect([response.status, code, field]).toEqual([403, "insufficient-scope", "scope"]);
      expect(detail).toContain(`"${lacking}"`);
      expect(response.headers.get("WWW-Authenticate")).toBe(
        `Bearer realm="larder", error="insufficient_scope", scope="${lacking}"`,
      );
    }
  });

  it.each(all)("%s is answered to a token that has no more than that", async (_, route, call) => {
    const response = await ask(route, call, { scopes: call.needs });
    expect([401, 403]).not.toContain(response.status);
    expect(response.status).toBeLessThan(500);
    await response.body?.cancel();
  });

  it.each(all)("%s is refused to a token for other namespaces, or has nothing of them", async (_, route, call) => {
    const response = await ask(route, call, { namespaces: ["another-*"] });
    const isOfNamespace = route.path.includes(":namespace") || call.query?.includes(namespace) === true;
    if (!isOfNamespace && !route.scopes.includes("admin")) {
      expect(response.status).toBe(200);
      expect(await response.text()).not.toContain(namespace);
      return;
    }
    expect(await response.json()).toMatchObject({ status: 403, code: "insufficient-scope", field: "namespace" });
  });
});

it("refuses a token without the scopes before it reads the body", async () => {
  const request = new Request(`https://a.example/.larder/v1/caches/${namespace}/purge`, {
    method: "POST",
    headers: { Authorization: `Bearer ${await signed(claims({ scopes: ["live"] }))}` },
    body: "{",
  });
  expect(await (await api(request)).json()).toMatchObject({
    code: "insufficient-scope",
    detail: 'scope: this token lacks the scopes "purge:tags" or "purge:all", which this call needs; it has "live"',
  });
  expect(request.bodyUsed).toBe(false);
});

describe("the OpenAPI document", () => {
  it("tells of each operation which scopes it takes", async () => {
    const response = await api(new Request("https://a.example/.larder/openapi.json"));
    const { paths } = await response.json<{
      paths: Record<string, Record<string, { operationId: string; security?: readonly object[] }>>;
    }>();
    const told = Object.values(paths).flatMap((of) => Object.values(of));
    for (const { operationId, security } of told) {
      const route = routes.find((each) => each.operationId === operationId) ?? expect.fail(operationId);
      const byToken = route.scopes.map((scope) => ({ token: [scope] }));
      const expected = route.access === "feed" ? [...byToken, { ticket: [] }] : byToken;
      expect(security ?? []).toEqual(expected);
    }
  });
});

describe("beside signed tokens", () => {
  it("LARDER_TOKEN may do everything, also where it has the form of one", async () => {
    for (const token of [TOKEN, "v1.2.3"]) {
      const own = apiWith({ token, tokens: tokensBy() });
      const headers = { Authorization: `Bearer ${token}` };
      const response = await own(new Request("https://a.example/.larder/v1/tokens/revoked", { headers }));
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({ tokens: expect.any(Array) });
    }
  });

  it("anything else is refused, and which it is not is told", async () => {
    for (const [token, detail] of [
      ["wrong", "neither a JWT nor what the coordinator was given as LARDER_TOKEN"],
      ["a.b.c", "The token"],
      [await signed(claims(), "another secret, which nobody knows at all"), "signed by no key known here"],
    ] as const) {
      const headers = { Authorization: `Bearer ${token}` };
      const response = await api(new Request("https://a.example/.larder/v1/namespaces", { headers }));
      expect(response.headers.get("WWW-Authenticate")).toBe('Bearer realm="larder", error="invalid_token"');
      expect(await response.json()).toMatchObject({
        status: 401,
        code: "unauthorized",
        detail: expect.stringContaining(detail),
      });
    }
  });

  it("the API is open by a key alone, and closed by one that is too short, which is told", async () => {
    const ask = async (settings: Parameters<typeof tokensBy>[0], authorization?: string) => {
      const headers = authorization === undefined ? {} : { Authorization: authorization };
      const own = apiWith({ token: undefined, tokens: tokensBy(settings) });
      return (await own(new Request("https://a.example/.larder/v1/namespaces", { headers }))).json();
    };
    const bearer = `Bearer ${await signed(claims({ namespaces: ["nobody"] }))}`;
    expect(await ask(undefined, bearer)).toEqual({ namespaces: [] });
    expect(await ask(undefined)).toMatchObject({ status: 401, detail: expect.stringContaining("larder token create") });
    expect(await ask({})).toMatchObject({ status: 403, code: "api-closed" });
    expect(await ask({ LARDER_SECRET: "short" }, bearer)).toMatchObject({
      code: "api-closed",
      detail: expect.stringContaining("LARDER_SECRET: must be at least 32 bytes"),
    });
  });

  it("a key that cannot be used is told of by health, and so by larder doctor", async () => {
    const own = apiWith({
      tokens: tokensBy({ LARDER_SECRET: "short" }),
      diagnosing: {
        probe: async () => ({ state: "works", ms: 1 }),
        view: async () => ({ state: "unreachable" }),
        settings: {} as never,
        deployment: "1",
      },
    });
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const response = await own(new Request(`https://a.example/.larder/v1/caches/${namespace}/health`, { headers }));
    expect(await response.json()).toMatchObject({
      object: { problems: [expect.stringContaining("LARDER_SECRET: must be at least 32 bytes")] },
    });
  });

  it("tokens are refused as unreachable while it cannot be learnt which are revoked; LARDER_TOKEN is not", async () => {
    const away = apiWith({
      tokens: tokensBy(undefined, () => ({ revocations: () => Promise.reject(new Error("away")) })),
    });
    const ask = async (token: string) =>
      away(new Request("https://a.example/.larder/v1/namespaces", { headers: { Authorization: `Bearer ${token}` } }));
    const refused = await ask(await signed(claims()));
    expect([refused.status, refused.headers.get("Retry-After")]).toEqual([503, "1"]);
    expect(await refused.json()).toMatchObject({ code: "unreachable" });
    expect((await ask(TOKEN)).status).toBe(200);
  });
});
