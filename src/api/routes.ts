import * as v from "valibot";
import { LarderError } from "../../schema/errors.ts";
import { ExplainRequestSchema } from "../../schema/explain.ts";
import { FeedRequestSchema, TicketSchema } from "../../schema/feed.ts";
import { EntriesRequestSchema, NamespacesRequestSchema, TagsRequestSchema } from "../../schema/listing.ts";
import { NamespaceSchema } from "../../schema/names.ts";
import { HistoryRequestSchema, PurgeRequestSchema, SeqSchema } from "../../schema/purge-request.ts";
import type { CallContext } from "../../schema/rpc.ts";
import { ScheduleRequestSchema } from "../../schema/schedule.ts";
import { StatsRequestSchema, TopRequestSchema } from "../../schema/stats.ts";
import { parse } from "../../schema/validate.ts";
import { answer } from "./answer.ts";
import {
  EntriesAnswer,
  ExplainAnswer,
  HealthAnswer,
  HistoryAnswer,
  NamespacesAnswer,
  PurgeAnswer,
  RevokeAnswer,
  ScheduleAnswer,
  SchedulesAnswer,
  StatsAnswer,
  TagsAnswer,
  TicketAnswer,
  TopAnswer,
} from "./answers.ts";
import {
  aboutCache,
  aboutNamespace,
  aboutVisible,
  capped,
  toPurge,
  toRemoveSchedule,
  toRevoke,
  toSchedule,
} from "./asks.ts";
import { explained } from "./explain.ts";
import { openFeed, upgradeRequired } from "./feed-connection.ts";
import { health } from "./health.ts";
import { metrics, OPEN_METRICS, TEXT_METRICS } from "./metrics.ts";
import { openApi } from "./openapi.ts";
import { refillRoutes } from "./refill-routes.ts";
import type { Route } from "./route.ts";
import { OF_NAMESPACE, route } from "./route.ts";
import { tokenRoutes } from "./token-routes.ts";
import { transferRoutes } from "./transfer-routes.ts";
import { visibleHistory, visibleNamespaces, visibleSchedules } from "./visible.ts";

/** Asks for none of the log, since the API keeps no view of it. */
const CONTEXT: CallContext = {};

/** All routes there are. */
export const routes: readonly Route[] = [
  route({
    operationId: "listNamespaces",
    method: "GET",
    path: "/v1/namespaces",
    summary: "The namespaces in which something has been stored or purged",
    scopes: ["stats:read"],
    asks: aboutVisible,
    query: NamespacesRequestSchema,
    answer: { status: 200, description: "A page of them, in the order of their names", schema: NamespacesAnswer },
    handle: async ({ api, caller, query }) => answer(await visibleNamespaces(api.directory(), caller.grant, query)),
  }),
  route({
    operationId: "purge",
    method: "POST",
    path: `${OF_NAMESPACE}/purge`,
    summary: "Invalidates entries everywhere, or tells what that would hit",
    scopes: ["purge:tags", "purge:all"],
    asks: ({ body }) => toPurge(body),
    body: PurgeRequestSchema,
    answer: { status: 200, description: "What was purged, or would be", schema: PurgeAnswer },
    errors: ["too-many-entries"],
    handle: async ({ api, caller, namespace, body }, maxEntries) => {
      const object = api.namespace(namespace);
      const { log: _, erased: __, ...result } = await object.purge(CONTEXT, capped(body, maxEntries), caller.by);
      return answer(result, "version" in result ? { headers: { "Larder-Version": result.version } } : {});
    },
  }),
  route({
    operationId: "listPurges",
    method: "GET",
    path: `${OF_NAMESPACE}/purges`,
    summary: "Who purged what, when and why",
    scopes: ["entries:read"],
    asks: aboutVisible,
    query: HistoryRequestSchema,
    answer: { status: 200, description: "A page of the history, newest first", schema: HistoryAnswer },
    handle: async ({ api, caller, namespace, query }) => {
      const { log: _, ...page } = await api.namespace(namespace).history(CONTEXT, query);
      return answer(visibleHistory(page, caller.grant));
    },
  }),
  route({
    operationId: "revokePurge",
    method: "POST",
    path: `${OF_NAMESPACE}/purges/:seq/revoke`,
    summary: "Takes a purge back",
    scopes: ["purge:tags", "purge:all"],
    asks: ({ api, namespace, params }) => toRevoke(api.namespace(namespace), seqIn(params)),
    answer: { status: 200, description: "What is in force again", schema: RevokeAnswer },
    errors: ["not-found", "not-revocable"],
    handle: async ({ api, caller, namespace, params }) => {
      const { log: _, ...result } = await api.namespace(namespace).revoke(CONTEXT, seqIn(params), caller.by);
      return answer(result, { headers: { "Larder-Version": result.version } });
    },
  }),
  route({
    operationId: "explain",
    method: "POST",
    path: `${OF_NAMESPACE}/explain`,
    summary: "Why a request is, or is not, answered from the cache of the coordinator's data centre",
    scopes: ["entries:read"],
    asks: ({ body }) => aboutCache(body.cache),
    body: ExplainRequestSchema,
    answer: { status: 200, description: "The explanation", schema: ExplainAnswer },
    errors: ["not-found"],
    handle: async ({ api: { explaining }, namespace, body }) => {
      if (explaining === undefined) throw new LarderError("not-found", "This coordinator explains nothing");
      return answer(await explained(explaining, namespace, body));
    },
  }),
  route({
    operationId: "stats",
    method: "GET",
    path: `${OF_NAMESPACE}/stats`,
    summary: "Counts of a namespace or of one of its caches",
    scopes: ["stats:read"],
    asks: ({ query }) => aboutCache(query.cache),
    query: StatsRequestSchema,
    answer: { status: 200, description: "The counts", schema: StatsAnswer },
    handle: async ({ api, namespace, query }) => answer((await api.namespace(namespace).stats(CONTEXT, query)).stats),
  }),
  route({
    operationId: "top",
    method: "GET",
    path: `${OF_NAMESPACE}/top`,
    summary: "The keys or tags with the most hits, misses or bytes",
    scopes: ["stats:read"],
    asks: ({ query }) => aboutCache(query.cache),
    query: TopRequestSchema,
    answer: { status: 200, description: "The names, the highest first", schema: TopAnswer },
    handle: async ({ api, namespace, query }) => answer((await api.namespace(namespace).top(CONTEXT, query)).top),
  }),
  route({
    operationId: "listEntries",
    method: "GET",
    path: `${OF_NAMESPACE}/entries`,
    summary: "Entries in the index",
    scopes: ["entries:read"],
    asks: ({ query }) => aboutCache(query.cache),
    query: EntriesRequestSchema,
    answer: { status: 200, description: "A page of them, in the order of their keys", schema: EntriesAnswer },
    handle: async ({ api, namespace, query }) => answer(await api.namespace(namespace).entries(query)),
  }),
  route({
    operationId: "listTags",
    method: "GET",
    path: `${OF_NAMESPACE}/tags`,
    summary: "Tags in the index, and how many entries carry each",
    scopes: ["entries:read"],
    asks: ({ query }) => aboutCache(query.cache),
    query: TagsRequestSchema,
    answer: { status: 200, description: "A page of them, in their order", schema: TagsAnswer },
    handle: async ({ api, namespace, query }) => answer(await api.namespace(namespace).tags(query)),
  }),
  route({
    operationId: "listSchedules",
    method: "GET",
    path: `${OF_NAMESPACE}/schedules`,
    summary: "Purges and refills that are made again and again",
    scopes: ["schedule"],
    asks: aboutVisible,
    answer: { status: 200, description: "All of them, the next to come first", schema: SchedulesAnswer },
    handle: async ({ api, caller, namespace }) =>
      answer(visibleSchedules(await api.namespace(namespace).schedules(), caller.grant)),
  }),
  route({
    operationId: "createSchedule",
    method: "POST",
    path: `${OF_NAMESPACE}/schedules`,
    summary: "Has a purge or a refill made again and again",
    scopes: ["schedule"],
    asks: ({ body }) => toSchedule(body),
    body: ScheduleRequestSchema,
    answer: { status: 201, description: "The schedule, and when it comes first", schema: ScheduleAnswer },
    handle: async ({ api, caller, namespace, body }, maxEntries) => {
      const { purge } = body;
      const schedule = purge === undefined ? body : { ...body, purge: capped(purge, maxEntries) };
      return answer(await api.namespace(namespace).addSchedule(schedule, caller.by), { status: 201 });
    },
  }),
  route({
    operationId: "deleteSchedule",
    method: "DELETE",
    path: `${OF_NAMESPACE}/schedules/:id`,
    summary: "Ends a schedule",
    scopes: ["schedule"],
    asks: ({ api, namespace, params }) => toRemoveSchedule(api.namespace(namespace), params["id"]),
    answer: { status: 200, description: "The schedule that there is no more", schema: ScheduleAnswer },
    errors: ["not-found"],
    handle: async ({ api, namespace, params }) =>
      answer(await api.namespace(namespace).removeSchedule(params["id"] ?? "")),
  }),
  ...transferRoutes,
  ...refillRoutes,
  route({
    operationId: "health",
    method: "GET",
    path: `${OF_NAMESPACE}/health`,
    summary: "Whether the coordinator and a namespace work, and how near they are to their limits",
    scopes: ["stats:read"],
    asks: aboutNamespace,
    answer: { status: 200, description: "What was found", schema: HealthAnswer },
    errors: ["not-found"],
    handle: async ({ api: { diagnosing, namespace: objectOf, tokens }, namespace, request }) => {
      if (diagnosing === undefined) throw new LarderError("not-found", "This coordinator diagnoses nothing");
      return answer(await health(diagnosing, namespace, objectOf(namespace), tokens, request));
    },
  }),
  route({
    operationId: "createTicket",
    method: "POST",
    path: `${OF_NAMESPACE}/tickets`,
    summary: "A ticket that opens one live feed within a minute",
    scopes: ["live"],
    asks: aboutVisible,
    answer: { status: 201, description: "The ticket", schema: TicketAnswer },
    handle: async ({ api, caller: { grant, token }, namespace }) => {
      const terms = {
        ...(grant.caches === undefined ? {} : { caches: [...grant.caches] }),
        ...(token === undefined ? {} : { token: token.id, endsAtMs: token.endsAtMs }),
      };
      return answer(await api.namespace(namespace).ticket(terms), { status: 201 });
    },
  }),
  route({
    operationId: "live",
    method: "GET",
    path: `${OF_NAMESPACE}/live`,
    summary: "The live feed, a WebSocket",
    scopes: ["live"],
    asks: ({ query }) => aboutCache(query.cache),
    access: "feed",
    query: v.strictObject({ ...FeedRequestSchema.entries, ticket: v.optional(TicketSchema) }),
    answer: { status: 101, description: "The WebSocket; docs/live-feed.md tells of its messages" },
    errors: ["upgrade-required"],
    handle: async ({ api, caller, namespace, query: { ticket: _, ...feed }, request }) => {
      const object = api.namespace(namespace);
      if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") return upgradeRequired();
      return openFeed((asked) => object.fetch(asked), feed, caller, request);
    },
  }),
  route({
    operationId: "metrics",
    method: "GET",
    path: "/metrics",
    summary: "Counts of all namespaces, or of one, for Prometheus",
    scopes: ["stats:read"],
    asks: ({ query }) => ({ ...aboutVisible(), namespace: query.namespace }),
    query: v.strictObject({ namespace: v.optional(NamespaceSchema) }),
    answer: { status: 200, description: "The metrics", types: [TEXT_METRICS, OPEN_METRICS] },
    handle: async ({ api, caller, query, request }) =>
      metrics(api, caller.grant, query.namespace, request.headers.get("Accept")),
  }),
  ...tokenRoutes,
  route({
    operationId: "openapi",
    method: "GET",
    path: "/openapi.json",
    summary: "This document",
    scopes: [],
    asks: aboutVisible,
    access: "open",
    answer: { status: 200, description: "The OpenAPI document of this API", schema: v.looseObject({}) },
    handle: async ({ api }) => answer(openApi(routes, api.prefix)),
  }),
];

function seqIn(params: Readonly<Record<string, string>>): number {
  return parse(SeqSchema, Number(params["seq"]), "seq");
}
