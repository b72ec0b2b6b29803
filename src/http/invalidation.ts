import type { Tag } from "../../schema/names.ts";
import { invalidatedGroupTags } from "./cache-groups.ts";

/** What a request has made invalid. */
export interface Invalidation {
  readonly urls: readonly string[];
  readonly tags: readonly Tag[];
}

/**
 * The methods that are meant to change nothing: of RFC 9110 section 9.2.1, and those that the registry of methods calls
 * safe (iana.org/assignments/http-methods).
 */
const SAFE: ReadonlySet<string> = new Set([
  ...["GET", "HEAD", "OPTIONS", "TRACE"],
  ...["PRI", "PROPFIND", "QUERY", "REPORT", "SEARCH"],
]);

/**
 * What the answer to an unsafe request makes invalid (RFC 9111 section 4.4): the target URL; the URLs in `Location` and
 * `Content-Location`, where they are of the same origin; and the groups it names (RFC 9875 section 3). Undefined for
 * safe methods, whatever the answer says, and for errors.
 *
 * @param askedUnder the scheme and authority the request was sent on to, where these are not its own: an answer that
 *   names a URL of that means the one of the same path here
 */
export function invalidationBy(
  request: { readonly method: string; readonly url: string },
  response: { readonly status: number; readonly headers: Headers },
  askedUnder?: string,
): Invalidation | undefined {
  const { status, headers } = response;
  if (SAFE.has(request.method) || status < 200 || status >= 400) return undefined;
  const target = new URL(request.url);
  const urls = new Set([withoutFragment(target)]);
  for (const name of ["location", "content-location"]) {
    const named = headers.has(name) ? URL.parse(headers.get(name) ?? "", request.url) : null;
    if (named?.origin === target.origin) urls.add(withoutFragment(named));
    else if (named !== null && named.origin === askedUnder) urls.add(withoutFragment(movedTo(target, named)));
  }
  return { urls: [...urls], tags: invalidatedGroupTags(request.url, headers) };
}

/** Part by part: resolved as one text, a path of `//host/` would name a host. */
function movedTo({ origin }: URL, { pathname, search }: URL): URL {
  const url = new URL(origin);
  url.pathname = pathname;
  url.search = search;
  return url;
}

function withoutFragment(url: URL): string {
  const copy = new URL(url);
  copy.hash = "";
  return copy.href;
}
