import { parameterName } from "../../schema/key.ts";
import type { KeyPolicy, QueryPolicy } from "../../schema/key-policy.ts";

/**
 * The URL by which a policy keys a request: without the query parameters that are left out, and without the `?` where
 * none is left. Those kept stay as they were spelled, in their order; names are compared decoded.
 */
export function keyedUrl(policy: Pick<KeyPolicy, "query">, url: string): string {
  if (policy.query === undefined) return url;
  const fragmentAt = url.indexOf("#");
  const end = fragmentAt === -1 ? url.length : fragmentAt;
  const queryAt = url.indexOf("?");
  if (queryAt === -1 || queryAt > end) return url;
  const isKept = chooser(policy.query);
  const kept = url
    .slice(queryAt + 1, end)
    .split("&")
    .filter((parameter) => isKept(parameterName(parameter)))
    .join("&");
  return `${url.slice(0, queryAt)}${kept === "" ? "" : `?${kept}`}${url.slice(end)}`;
}

const choosers = new WeakMap<QueryPolicy, (name: string) => boolean>();

function chooser(query: QueryPolicy): (name: string) => boolean {
  let isKept = choosers.get(query);
  if (isKept === undefined) {
    const names = new Set("only" in query ? query.only : query.exclude);
    isKept = "only" in query ? (name) => names.has(name) : (name) => !names.has(name);
    choosers.set(query, isKept);
  }
  return isKept;
}
