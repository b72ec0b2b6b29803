import * as v from "valibot";
import { BypassSchema, GraphqlSchema, KeySchema, SecondsSchema, TtlByStatusSchema, VarySchema } from "./fields.ts";
import { TagsSchema } from "./names.ts";

/** What one `cache(...)` of a route says. What it leaves out is as routes before it said, and then as the origin says. */
export const RouteCacheSchema = v.strictObject({
  /** What browsers are told; false: to keep nothing. Left out, they get what the origin says. */
  browser: v.optional(
    v.union(
      [
        v.literal(false),
        v.strictObject({
          /** `Cache-Control: max-age` on what the browser gets. */
          maxAgeSeconds: v.optional(SecondsSchema),
          /** `X-SW-Cache-Control: max-age`, for a service worker that reads it. */
          serviceWorkerSeconds: v.optional(SecondsSchema),
        }),
      ],
      "must be false, or an object with maxAgeSeconds and serviceWorkerSeconds",
    ),
  ),
  /** What Larder keeps; false: nothing, and nobody waits for anybody. */
  edge: v.optional(
    v.union(
      [
        v.literal(false),
        v.strictObject({
          /** How long a response is fresh, whatever lifetime it gives itself. */
          maxAgeSeconds: v.optional(SecondsSchema),
          ttlByStatus: v.optional(TtlByStatusSchema),
          staleWhileRevalidateSeconds: v.optional(SecondsSchema),
          staleIfErrorSeconds: v.optional(SecondsSchema),
          /** Keeps what says `Cache-Control: private` as well. For pages that say so though they are the same for all. */
          forcePrivateCaching: v.optional(v.boolean("must be true or false")),
          vary: v.optional(VarySchema),
          /** With `{name}` for what the path holds: `product:{id}`. */
          tags: v.optional(TagsSchema),
          bypass: v.optional(BypassSchema),
          /** Bodies are GraphQL: what means the same has one key, and a mutation is never kept. */
          graphql: v.optional(GraphqlSchema),
          /** `off` keeps what says that it is something else than its path looks like. On, unless a route says so. */
          cacheDeceptionArmor: v.optional(v.picklist(["on", "off"], 'must be "on" or "off"')),
          /** Survives every purge but one of exactly this request, and an erasing one: for files named by their content. */
          permanent: v.optional(v.literal(true, "must be true, or left out")),
          /** `forward`: the origin gets the query as it came, with what the key leaves out, in `X-Larder-Original-Query`. */
          originalQuery: v.optional(v.picklist(["forward"], 'must be "forward", or left out')),
        }),
      ],
      "must be false, or an object of settings",
    ),
  ),
  /** What the key is made of. */
  key: v.optional(KeySchema),
});

export type RouteCache = v.InferInput<typeof RouteCacheSchema>;
export type CheckedRouteCache = v.InferOutput<typeof RouteCacheSchema>;
