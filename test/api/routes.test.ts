import * as v from "valibot";
import { beforeAll, describe, expect, it } from "vitest";
import { type SettingName, settingNames } from "../../schema/health.ts";
import { problemsOf } from "../../schema/validate.ts";
import type { Route } from "../../src/api/route.ts";
import { routes } from "../../src/api/routes.ts";
import { cache } from "../../src/client/index.ts";
import { probeCache } from "../../src/edge/cache-probe.ts";
import { apiWith, objectNamed, TOKEN } from "../support/api.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";

const namespace = freshNamespace();
const pages = cache({ name: "pages", namespace, ttlSeconds: 60, tags: ["t"] });
const api = apiWith({
  explaining: { explain: (_, request) => pages.explain(request) },
  diagnosing: {
    probe: (origin) => probeCache(caches.default, origin),
    view: async () => ({ state: "unreachable" }),
    settings: Object.fromEntries(settingNames.map((name) => [name, false])) as Record<SettingName, boolean>,
    deployment: undefined,
  },
});

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

interface Operation {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<Record<string, object>>;
}

interface Example {
  readonly query?: string;
  readonly body?: object;
  readonly seq?: number;
  /** Of another namespace than that of all others. */
  readonly of?: string;
}

const importing = { of: freshNamespace() };
const ID = "00112233445566ff";
const epoch = "0123456789abcdef";
const at = "2026-11-30T22:15:00.000Z";

/** What each route is asked in these tests, so that it does what it is for. */
const examples: Readonly<Record<string, Example>> = {
  purge: { body: { tags: ["t"], reason: "a test" } },
  createSchedule: { body: { cron: "0 6 * * *", timeZone: "Europe/Berlin", purge: { everything: true } } },
  warm: { body: { top: 5, reason: "a test" } },
  explain: { body: { cache: "pages", url: freshUrl() } },
  stats: { query: "?windowSeconds=3600&by=cache&series=minute" },
  top: { query: "?of=keys" },
  revokePurge: { seq: 1 },
  beginImport: {
    ...importing,
    body: {
      id: ID,
      namespace: {
        ...{ kind: "namespace", format: 2, namespace: "other", epoch, head: 0, floor: 0, at },
        longestLifetimeSeconds: 0,
      },
    },
  },
  putImportPart: { ...importing, body: { part: 0, lines: [] } },
  applyImport: { ...importing, body: { records: 0, deployments: 0, schedules: 0 } },
  importEntries: { ...importing, body: { lines: [] } },
  endImport: importing,
  revokeToken: { body: {} },
};

function ask(route: Pick<Route, "method" | "path" | "operationId">, init: RequestInit = {}): Promise<Response> {
  const { query = "", body, seq = 1, of = namespace } = examples[route.operationId] ?? {};
  const id = of === namespace ? idFor(route.path) : ID;
  const path = route.path.replace(":namespace", of).replace(":seq", String(seq)).replace(":id", id);
  const headers = { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return api(
    new Request(`https://a.example/.larder${path}${query}`, { method: route.method, headers, ...sent, ...init }),
  );
}

async function document(): Promise<Document> {
  return (await api(new Request("https://a.example/.larder/openapi.json"))).json();
}

let scheduleId = "";
let refillId = "";

function idFor(path: string): string {
  return path.includes("/refills/") ? refillId : scheduleId;
}

beforeAll(async () => {
  const schedule = await objectNamed(namespace).addSchedule({ cron: "0 0 1 1 *", purge: { tags: ["t"] } }, "a test");
  scheduleId = schedule.id;
  refillId = (await objectNamed(namespace).warm({ top: 1 }, "a test")).id;
  const url = freshUrl();
  await pages.put(url, new Response("page"), { tags: ["a"] });
  await pages.match(url);
  await pages.stats();
});

describe("every route", () => {
  it.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
    "%s answers as it says",
    async (_, route) => {
      const response = await ask(route);
      if (route.operationId === "live") {
        expect([response.status, response.headers.get("Upgrade")]).toEqual([426, "websocket"]);
        return;
      }
      expect(response.status).toBe(route.answer.status);
      expect(response.headers.get("Cache-Control")).toBe("no-store");
      if (route.answer.schema === undefined) {
        expect(route.answer.types).toContain(response.headers.get("Content-Type"));
        return;
      }
      expect(response.headers.get("Content-Type")).toBe("application/json");
      const body = await response.json();
      expect(problemsOf(route.answer.schema, body).map(({ message }) => message)).toEqual([]);
    },
  );

  it.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
    "%s refuses whoever may not call it, and other methods",
    async (_, route) => {
      expect((await ask(route, { method: "PUT", body: null })).status).toBe(405);
      if (route.access === "open") return;
      const wrong = await ask(route, { headers: { Authorization: "Bearer wrong" } });
      const refused = await wrong.json<{ code: string }>();
      expect([wrong.status, refused.code]).toEqual([401, "unauthorized"]);
      expect(JSON.stringify(refused)).not.toContain(TOKEN);
    },
  );

  it.each(routes.map((route) => [`${route.method} ${route.path}`, route] as const))(
    "%s refuses parameters that it does not know",
    async (_, route) => {
      const path = route.path.replace(":namespace", namespace).replace(":seq", "1").replace(":id", idFor(route.path));
      const headers = { Authorization: `Bearer ${TOKEN}` };
      const url = `https://a.example/.larder${path}?surely-not=1`;
      const response = await api(new Request(url, { method: route.method, headers }));
      expect(await response.json()).toMatchObject({ status: 400, code: "invalid-input", field: "surely-not" });
    },
  );
});

describe("a number in the query", () => {
  it.each([
    ["listEntries", "limit=abc", 'limit: must be a number (got "abc")'],
    ["listEntries", "limit=", 'limit: must be a number (got "")'],
    ["listEntries", "limit=1e2", 'limit: must be a number (got "1e2")'],
    ["listEntries", "limit=201", "limit: must be at most 200 (got 201)"],
    ["stats", "windowSeconds=1", "windowSeconds: must be at least 60 seconds (got 1)"],
    ["stats", "series=minute", "series: needs windowSeconds: say of which time (got an object)"],
    ["top", "by=hits", "of: is required"],
    ["live", "kinds=counts,nothing", 'kinds[1]: must be "counts", "purges", "fills" or "refills" (got "nothing")'],
  ])("of %s is refused by the words of its schema: %s", async (operationId, query, detail) => {
    const route = routes.find((each) => each.operationId === operationId) ?? expect.fail("there is no such route");
    const path = route.path.replace(":namespace", namespace);
    const headers = { Authorization: `Bearer ${TOKEN}` };
    const response = await api(new Request(`https://a.example/.larder${path}?${query}`, { headers }));
    expect(await response.json()).toMatchObject({ status: 400, detail });
  });
});

describe("the OpenAPI document", () => {
  it("has every route there is, and no other", async () => {
    const { paths } = await document();
    const documented = Object.entries(paths).flatMap(([path, of]) =>
      Object.entries(of).map(([method, { operationId }]) => `${operationId} ${method.toUpperCase()} ${path}`),
    );
    const declared = routes.map(
      ({ operationId, method, path }) => `${operationId} ${method} ${path.replace(/:(\w+)/g, "{$1}")}`,
    );
    expect(documented.sort()).toEqual(declared.sort());
    expect(new Set(routes.map(({ operationId }) => operationId)).size).toBe(routes.length);
  });

  it("tells of each what it takes, as it is checked, and each status that it may answer", async () => {
    const { paths } = await document();
    const entries = paths["/v1/caches/{namespace}/entries"]?.["get"];
    expect(entries?.parameters.map(({ name, in: where }) => `${name} in ${where}`)).toEqual([
      "namespace in path",
      "cache in query",
      "tag in query",
      "prefix in query",
      "state in query",
      "after in query",
      "limit in query",
    ]);
    const limit = entries?.parameters.find(({ name }) => name === "limit")?.schema;
    expect(limit).toMatchObject({ type: "integer", minimum: 1, maximum: 200, default: 50 });
    const purge = paths["/v1/caches/{namespace}/purge"]?.["post"];
    expect(purge?.requestBody?.content["application/json"]?.schema).toMatchObject({
      type: "object",
      additionalProperties: false,
      properties: {
        tags: { type: "array", minItems: 1, maxItems: 1000, items: { type: "string", maxLength: 1024 } },
        dryRun: { const: true },
      },
    });
    expect(Object.keys(purge?.responses ?? {})).toEqual(["200", "400", "401", "403", "409", "413", "500", "503"]);
    expect(Object.keys(paths["/openapi.json"]?.["get"]?.responses ?? {})).toEqual(["200", "400", "500", "503"]);
  });

  it("is the same for everybody, and needs no token", async () => {
    const response = await apiWith({ token: undefined })(new Request("https://a.example/.larder/openapi.json"));
    expect(await response.json()).toEqual(await document());
    expect(v.is(v.looseObject({ openapi: v.literal("3.1.0") }), await document())).toBe(true);
  });
});
