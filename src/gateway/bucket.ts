import { parseCookies } from "../http/cookies.ts";
import { BUCKET_COOKIE, BUCKETS, bucketOf } from "../http/traffic-split.ts";

/** A visitor stays in a bucket for so long. */
const MAX_AGE_SECONDS = 31_536_000;

/**
 * The request of a visitor who is in a bucket of the traffic splits: as it came, or with a bucket that was drawn for it,
 * and the `Set-Cookie` by which its sender stays in that.
 */
export function inBucket(request: Request, random: number): { readonly request: Request; readonly setCookie?: string } {
  const cookies = parseCookies(request.headers);
  if (bucketOf(cookies.get(BUCKET_COOKIE)) !== undefined) return { request };
  const pair = `${BUCKET_COOKIE}=${Math.floor(random * BUCKETS)}`;
  const headers = new Headers(request.headers);
  // The first of a name counts, and theirs is of no use.
  const cookie = request.headers.get("cookie");
  headers.set("cookie", cookie === null ? pair : `${pair}; ${cookie}`);
  const secure = request.url.startsWith("https:") ? "; Secure" : "";
  return {
    request: new Request(request, { headers }),
    setCookie: `${pair}; Path=/; Max-Age=${MAX_AGE_SECONDS}; SameSite=Lax; HttpOnly${secure}`,
  };
}
