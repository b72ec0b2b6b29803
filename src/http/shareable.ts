import { parseCacheControl } from "./cache-control.ts";

/**
 * Whether others who ask the same may wait for the answer to this request. Not where it is known beforehand that it will
 * not be stored: another method than GET that is not keyed by its body, a part (RFC 9110 section 14.2), a switch of protocols, `no-store` (RFC 9111 section
 * 5.2.1.5). Nor where it carries credentials that the key does not tell apart (section 3.5): few of these answers are
 * for others, and those that are not would make everybody else stop waiting.
 */
export function isShareable(
  { method, headers }: Pick<Request, "method" | "headers">,
  { vary, body }: { readonly vary: readonly string[]; readonly body?: string | null | undefined },
): boolean {
  if ((method !== "GET" && body === undefined) || headers.has("range") || headers.has("upgrade")) return false;
  if (headers.has("authorization") && !vary.includes("authorization")) return false;
  return !headers.has("cache-control") || !parseCacheControl(headers).flags.has("no-store");
}
