import * as v from "valibot";
import {
  ArmorSchema,
  BypassSchema,
  CachingSchema,
  ForcePrivateSchema,
  GraphqlSchema,
  KeySchema,
  SecondsSchema,
  TtlByStatusSchema,
  VarySchema,
} from "./fields.ts";
import { TagsSchema } from "./names.ts";

/** Policy for some requests of a cache. */
export const RuleSchema = v.strictObject({
  /** For people; `rule 3` when left out. */
  name: v.optional(v.string("must be a string")),
  /** A URLPattern pathname (developer.mozilla.org/docs/Web/API/URL_Pattern_API); every path when left out. */
  path: v.optional(
    v.pipe(v.string("must be a string"), v.check(isPathPattern, "must be a URLPattern pathname, such as /p/:id")),
  ),
  /**
   * The methods the rule is for; every method when left out. GET, HEAD and QUERY are cached anyway, POST only where a rule
   * names it, by its body. So name it only for requests that change nothing.
   */
  methods: v.optional(
    v.pipe(
      v.array(
        v.picklist(["GET", "HEAD", "QUERY", "POST"], "must be GET, HEAD, QUERY or POST: no other method is cached"),
        "must be an array of methods",
      ),
      v.minLength(1, "must name at least one method"),
    ),
  ),
  ttlSeconds: v.optional(SecondsSchema),
  /** Instead of the cache's own, as a whole. */
  ttlByStatus: v.optional(TtlByStatusSchema),
  staleWhileRevalidateSeconds: v.optional(SecondsSchema),
  staleIfErrorSeconds: v.optional(SecondsSchema),
  vary: v.optional(VarySchema),
  /** Added to the cache's own. `{name}` stands for what the path holds there: `product:{id}` with the path `/p/:id`. */
  tags: v.optional(TagsSchema),
  /** A request that has any of these is neither answered from the cache nor stored. */
  bypass: v.optional(BypassSchema),
  /** `off`: nothing is kept, and nobody waits for anybody. */
  caching: v.optional(CachingSchema),
  /** Instead of the cache's own, as a whole. */
  key: v.optional(KeySchema),
  forcePrivateCaching: v.optional(ForcePrivateSchema),
  cacheDeceptionArmor: v.optional(ArmorSchema),
  graphql: v.optional(GraphqlSchema),
});

function isPathPattern(pathname: string): boolean {
  try {
    new URLPattern({ pathname });
    return true;
  } catch {
    return false;
  }
}
