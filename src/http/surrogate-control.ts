import type { CacheControl } from "./cache-control.ts";
import { parseDirectives } from "./cache-control.ts";
import { splitList } from "./list.ts";

/** `max-age=600+30`: the number behind the plus is the freshness extension. */
const EXTENDED_MAX_AGE = /^max-age=([0-9]+)\+([0-9]+)$/i;

/**
 * `Surrogate-Control` (Edge Architecture Specification, W3C Note of 2001, section 2.2), read as the `Cache-Control` it
 * amounts to; undefined where it says nothing of caching, or nothing to this cache.
 *
 * It has the grammar of `Cache-Control` rather than that of a targeted field (RFC 9213), and:
 *
 * - `max-age=N+M`: fresh for N seconds, and for M more it may be served stale, while it is refreshed.
 * - `no-store-remote` is for surrogates that are not beside their origin, as a cache in many data centres is.
 * - `content="ESI/1.0"` says how the content is to be processed, which is not for a cache to do.
 * - A parameter names the surrogate that a directive is for (section 2.3); this one has no name that an origin could know.
 *
 * Fastly gives the field the other directives of `Cache-Control` too, such as `stale-while-revalidate`.
 */
export function parseSurrogateControl(text: string): CacheControl | undefined {
  const directives = splitList(text).filter((member) => !hasParameter(member) && !/^content *=/i.test(member));
  return directives.length === 0 ? undefined : parseDirectives(directives.map(asCacheControl).join(", "));
}

function asCacheControl(directive: string): string {
  if (/^no-store-remote(?![!#$%&'*+.^_`|~0-9A-Za-z-])/i.test(directive)) return "no-store";
  return directive.replace(EXTENDED_MAX_AGE, "max-age=$1, stale-while-revalidate=$2");
}

/** Of what is quoted nothing counts. */
function hasParameter(member: string): boolean {
  return member.replace(/"(?:[^"\\]|\\.)*"/g, "").includes(";");
}
