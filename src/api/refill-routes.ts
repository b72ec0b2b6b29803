import { WarmRequestSchema } from "../../schema/refill.ts";
import { answer } from "./answer.ts";
import { RefillAnswer, RefillsAnswer } from "./answers.ts";
import { aboutCache, aboutVisible } from "./asks.ts";
import type { Call, Route } from "./route.ts";
import { OF_NAMESPACE, route } from "./route.ts";
import { visibleRefills } from "./visible.ts";

const REFILL = `${OF_NAMESPACE}/refills/:id`;

/** Those about what is fetched at a pace: docs/refills.md. */
export const refillRoutes: readonly Route[] = [
  route({
    operationId: "listRefills",
    method: "GET",
    path: `${OF_NAMESPACE}/refills`,
    summary: "What is fetched at a pace so that it is cached, or has been in the last days",
    scopes: ["entries:read"],
    asks: aboutVisible,
    answer: { status: 200, description: "All of them, the newest first", schema: RefillsAnswer },
    handle: async ({ api, caller, namespace }) =>
      answer(visibleRefills(await api.namespace(namespace).refills(), caller.grant)),
  }),
  route({
    operationId: "warm",
    method: "POST",
    path: `${OF_NAMESPACE}/refills`,
    summary: "Fetches URLs at a pace, so that what they answer is cached before anybody asks for it",
    scopes: ["refill"],
    asks: ({ body }) => aboutCache(body.cache),
    body: WarmRequestSchema,
    answer: { status: 201, description: "The refill, which has yet to begin", schema: RefillAnswer },
    handle: async ({ api, caller, namespace, body }) =>
      answer(await api.namespace(namespace).warm(body, caller.by), { status: 201 }),
  }),
  route({
    operationId: "getRefill",
    method: "GET",
    path: REFILL,
    summary: "How far a refill has come",
    scopes: ["entries:read"],
    asks: aboutRefill,
    answer: { status: 200, description: "The refill", schema: RefillAnswer },
    errors: ["not-found"],
    handle: async ({ api, namespace, params }) => answer(await api.namespace(namespace).refill(params["id"] ?? "")),
  }),
  route({
    operationId: "stopRefill",
    method: "POST",
    path: `${REFILL}/stop`,
    summary: "Ends a refill",
    scopes: ["refill"],
    asks: aboutRefill,
    answer: { status: 200, description: "The refill as it has ended", schema: RefillAnswer },
    errors: ["not-found"],
    handle: async ({ api, namespace, params }) => answer(await api.namespace(namespace).stopRefill(params["id"] ?? "")),
  }),
];

/** The cache that a refill is of. Where there is none of that id, the route says so. */
async function aboutRefill({ api, namespace, params }: Call<unknown, unknown>) {
  const { refills } = await api.namespace(namespace).refills();
  const refill = refills.find(({ id }) => id === params["id"]);
  return refill === undefined ? aboutVisible() : aboutCache(refill.cache);
}
