import { csp, etag, html } from "../../dist/dashboard/page.js";

/** The page is one document with its script and style in it; no more is loaded, and nothing of elsewhere. */
const HEADERS = {
  "Cache-Control": "no-cache",
  "Content-Security-Policy": csp,
  ETag: etag,
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
};

/** The dashboard. It holds no secret: what it shows it asks the REST API for, with the token its user gives it. */
export function dashboard({ method, headers }: Request): Response {
  if (method !== "GET" && method !== "HEAD") {
    return new Response("The dashboard answers GET, HEAD only\n", { status: 405, headers: { Allow: "GET, HEAD" } });
  }
  // RFC 9110 section 13.1.2; there is one representation, and its tag is strong.
  if (headers.get("If-None-Match")?.includes(etag) === true)
    return new Response(null, { status: 304, headers: HEADERS });
  const body = method === "HEAD" ? null : html;
  return new Response(body, { headers: { ...HEADERS, "Content-Type": "text/html; charset=utf-8" } });
}
