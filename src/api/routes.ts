import * as v from "valibot";
import { LarderError } from "../../schema/errors.ts";
import { ExplainRequestSchema } from "../../schema/explain.ts";
import type { FeedRequest } from "../../schema/feed.ts";
import { FeedRequestSchema, TicketSchema } from "../../schema/feed.ts";
import { FEED_PROTOCOL } from "../../schema/feed-protocol.ts";
import { EntriesRequestSchema, NamespacesRequestSchema, TagsRequestSchema } from "../../schema/listing.ts";
import { NamespaceSchema } from "../../schema/names.ts";
import { HistoryRequestSchema, PurgeRequestSchema, SeqSchema } from "../../schema/purge-request.ts";
import { WarmRequestSchema } from "../../schema/refill.ts";
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
  RefillAnswer,
  RefillsAnswer,
  RevokeAnswer,
  ScheduleAnswer,
  SchedulesAnswer,
  StatsAnswer,
  TagsAnswer,
  TicketAnswer,
  TopAnswer,
} from "./answers.ts";
import { explained } from "./explain.ts";
import { health } from "./health.ts";
import { metrics, OPEN_METRICS, TEXT_METRICS } from "./metrics.ts";
import { openApi } from "./openapi.ts";
import { problem } from "./problem.ts";
import type { Route } from "./route.ts";
import { OF_NAMESPACE, route } from "./route.ts";
import { transferRoutes } from "./transfer-routes.ts";

/** Who asks, for the history: there is one token so far. */
const BY = "token";

/** Asks for none of the log, since the API keeps no view of it. */
const CONTEXT: CallContext = {};

/** All routes there are. */
export const routes: readonly Route[] = [
  route({
    operationId: "listNamespaces",
    method: "GET",
    path: "/v1/namespaces",
    summary: "The namespaces in which something has been stored or purged",
    query: NamespacesRequestSchema,
    answer: { status: 200, description: "A page of them, in the order of their names", schema: NamespacesAnswer },
    handle: async ({ api, query }) => answer(await api.directory().namespaces(query)),
  }),
  route({
    operationId: "purge",
    method: "POST",
    path: `${OF_NAMESPACE}/purge`,
    summary: "Invalidates entries everywhere, or tells what that would hit",
    body: PurgeRequestSchema,
    answer: { status: 200, description: "What was purged, or would be", schema: PurgeAnswer },
    errors: ["too-many-entries"],
    handle: async ({ api, namespace, body }) => {
      const { log: _, erased: __, ...result } = await api.namespace(namespace).purge(CONTEXT, body, BY);
      return answer(result, "version" in result ? { headers: { "Larder-Version": result.version } } : {});
    },
  }),
  route({
    operationId: "listPurges",
    method: "GET",
    path: `${OF_NAMESPACE}/purges`,
    summary: "Who purged what, when and why",
    query: HistoryRequestSchema,
    answer: { status: 200, description: "A page of the history, newest first", schema: HistoryAnswer },
    handle: async ({ api, namespace, query }) => {
      const { log: _, ...page } = await api.namespace(namespace).history(CONTEXT, query);
      return answer(page);
    },
  }),
  route({
    operationId: "revokePurge",
    method: "POST",
    path: `${OF_NAMESPACE}/purges/:seq/revoke`,
    summary: "Takes a purge back",
    answer: { status: 200, description: "What is in force again", schema: RevokeAnswer },
    errors: ["not-found", "not-revocable"],
    handle: async ({ api, namespace, params }) => {
      const seq = parse(SeqSchema, Number(params["seq"]), "seq");
      const { log: _, ...result } = await api.namespace(namespace).revoke(CONTEXT, seq, BY);
      return answer(result, { headers: { "Larder-Version": result.version } });
    },
  }),
  route({
    operationId: "explain",
    method: "POST",
    path: `${OF_NAMESPACE}/explain`,
    summary: "Why a request is, or is not, answered from the cache of the coordinator's data centre",
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
    query: StatsRequestSchema,
    answer: { status: 200, description: "The counts", schema: StatsAnswer },
    handle: async ({ api, namespace, query }) => answer((await api.namespace(namespace).stats(CONTEXT, query)).stats),
  }),
  route({
    operationId: "top",
    method: "GET",
    path: `${OF_NAMESPACE}/top`,
    summary: "The keys or tags with the most hits, misses or bytes",
    query: TopRequestSchema,
    answer: { status: 200, description: "The names, the highest first", schema: TopAnswer },
    handle: async ({ api, namespace, query }) => answer((await api.namespace(namespace).top(CONTEXT, query)).top),
  }),
  route({
    operationId: "listEntries",
    method: "GET",
    path: `${OF_NAMESPACE}/entries`,
    summary: "Entries in the index",
    query: EntriesRequestSchema,
    answer: { status: 200, description: "A page of them, in the order of their keys", schema: EntriesAnswer },
    handle: async ({ api, namespace, query }) => answer(await api.namespace(namespace).entries(query)),
  }),
  route({
    operationId: "listTags",
    method: "GET",
    path: `${OF_NAMESPACE}/tags`,
    summary: "Tags in the index, and how many entries carry each",
    query: TagsRequestSchema,
    answer: { status: 200, description: "A page of them, in their order", schema: TagsAnswer },
    handle: async ({ api, namespace, query }) => answer(await api.namespace(namespace).tags(query)),
  }),
  route({
    operationId: "listSchedules",
    method: "GET",
    path: `${OF_NAMESPACE}/schedules`,
    summary: "Purges and refills that are made again and again",
    answer: { status: 200, description: "All of them, the next to come first", schema: SchedulesAnswer },
    handle: async ({ api, namespace }) => answer(await api.namespace(namespace).schedules()),
  }),
  route({
    operationId: "createSchedule",
    method: "POST",
    path: `${OF_NAMESPACE}/schedules`,
    summary: "Has a purge or a refill made again and again",
    body: ScheduleRequestSchema,
    answer: { status: 201, description: "The schedule, and when it comes first", schema: ScheduleAnswer },
    handle: async ({ api, namespace, body }) =>
      answer(await api.namespace(namespace).addSchedule(body, BY), { status: 201 }),
  }),
  route({
    operationId: "deleteSchedule",
    method: "DELETE",
    path: `${OF_NAMESPACE}/schedules/:id`,
    summary: "Ends a schedule",
    answer: { status: 200, description: "The schedule that there is no more", schema: ScheduleAnswer },
    errors: ["not-found"],
    handle: async ({ api, namespace, params }) =>
      answer(await api.namespace(namespace).removeSchedule(params["id"] ?? "")),
  }),
  ...transferRoutes,
  route({
    operationId: "listRefills",
    method: "GET",
    path: `${OF_NAMESPACE}/refills`,
    summary: "What is fetched at a pace so that it is cached, or has been in the last days",
    answer: { status: 200, description: "All of them, the newest first", schema: RefillsAnswer },
    handle: async ({ api, namespace }) => answer(await api.namespace(namespace).refills()),
  }),
  route({
    operationId: "warm",
    method: "POST",
    path: `${OF_NAMESPACE}/refills`,
    summary: "Fetches URLs at a pace, so that what they answer is cached before anybody asks for it",
    body: WarmRequestSchema,
    answer: { status: 201, description: "The refill, which has yet to begin", schema: RefillAnswer },
    handle: async ({ api, namespace, body }) => answer(await api.namespace(namespace).warm(body, BY), { status: 201 }),
  }),
  route({
    operationId: "getRefill",
    method: "GET",
    path: `${OF_NAMESPACE}/refills/:id`,
    summary: "How far a refill has come",
    answer: { status: 200, description: "The refill", schema: RefillAnswer },
    errors: ["not-found"],
    handle: async ({ api, namespace, params }) => answer(await api.namespace(namespace).refill(params["id"] ?? "")),
  }),
  route({
    operationId: "stopRefill",
    method: "POST",
    path: `${OF_NAMESPACE}/refills/:id/stop`,
    summary: "Ends a refill",
    answer: { status: 200, description: "The refill as it has ended", schema: RefillAnswer },
    errors: ["not-found"],
    handle: async ({ api, namespace, params }) => answer(await api.namespace(namespace).stopRefill(params["id"] ?? "")),
  }),
  route({
    operationId: "health",
    method: "GET",
    path: `${OF_NAMESPACE}/health`,
    summary: "Whether the coordinator and a namespace work, and how near they are to their limits",
    answer: { status: 200, description: "What was found", schema: HealthAnswer },
    errors: ["not-found"],
    handle: async ({ api: { diagnosing, namespace: objectOf }, namespace, request }) => {
      if (diagnosing === undefined) throw new LarderError("not-found", "This coordinator diagnoses nothing");
      return answer(await health(diagnosing, namespace, objectOf(namespace), request));
    },
  }),
  route({
    operationId: "createTicket",
    method: "POST",
    path: `${OF_NAMESPACE}/tickets`,
    summary: "A ticket that opens one live feed within a minute",
    answer: { status: 201, description: "The ticket", schema: TicketAnswer },
    handle: async ({ api, namespace }) => answer(await api.namespace(namespace).ticket(), { status: 201 }),
  }),
  route({
    operationId: "live",
    method: "GET",
    path: `${OF_NAMESPACE}/live`,
    summary: "The live feed, a WebSocket",
    access: "feed",
    query: v.strictObject({ ...FeedRequestSchema.entries, ticket: v.optional(TicketSchema) }),
    answer: { status: 101, description: "The WebSocket; docs/live-feed.md tells of its messages" },
    errors: ["upgrade-required"],
    handle: async ({ api, namespace, query: { ticket: _, ...feed }, request }) => {
      const object = api.namespace(namespace);
      if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") return upgradeRequired();
      return openFeed((asked) => object.fetch(asked), feed, request);
    },
  }),
  route({
    operationId: "metrics",
    method: "GET",
    path: "/metrics",
    summary: "Counts of all namespaces, or of one, for Prometheus",
    query: v.strictObject({ namespace: v.optional(NamespaceSchema) }),
    answer: { status: 200, description: "The metrics", types: [TEXT_METRICS, OPEN_METRICS] },
    handle: async ({ api, query, request }) => metrics(api, query.namespace, request.headers.get("Accept")),
  }),
  route({
    operationId: "openapi",
    method: "GET",
    path: "/openapi.json",
    summary: "This document",
    access: "open",
    answer: { status: 200, description: "The OpenAPI document of this API", schema: v.looseObject({}) },
    handle: async ({ api }) => answer(openApi(routes, api.prefix)),
  }),
];

/**
 * Hands a connection on. No `Origin` is looked at: a page of another site has neither the token nor a ticket, and no browser
 * adds these by itself.
 */
async function openFeed(
  fetch: (request: Request) => Promise<Response>,
  feed: FeedRequest,
  { headers }: Request,
): Promise<Response> {
  const offered = (headers.get("Sec-WebSocket-Protocol") ?? "").split(",").map((protocol) => protocol.trim());
  const protocol = offered.includes(FEED_PROTOCOL) ? { "Sec-WebSocket-Protocol": FEED_PROTOCOL } : {};
  const url = `https://feed.larder.invalid/?feed=${encodeURIComponent(JSON.stringify(feed))}`;
  const opened = await fetch(new Request(url, { headers: { Upgrade: "websocket", ...protocol } }));
  if (opened.status !== 503) return opened;
  const message = "The namespace has as many connections to its live feed as it takes; try again later";
  return problem(new LarderError("unreachable", message), { "Retry-After": "10" });
}

/** RFC 9110 section 15.5.22. */
function upgradeRequired(): Response {
  const message = "This route is a WebSocket: send Upgrade: websocket, as a WebSocket client does";
  return problem(new LarderError("upgrade-required", message), { Upgrade: "websocket", Connection: "Upgrade" });
}
