// In a project of its own: import { cache } from "larder";
import { cache } from "../../../src/client/index.ts";
import { FormError, readProductForm } from "./form.ts";
import { listingPage, noticePage, productPage } from "./pages.ts";
import { editProduct, findProduct, listProducts, OriginError } from "./products.ts";

const pages = cache({
  name: "pages",
  namespace: "storefront",
  ttlSeconds: 3600,
});

export default {
  async fetch(request: Request): Promise<Response> {
    const startedMs = performance.now();
    return timed(await answer(request).catch(apology), startedMs);
  },
};

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const id = /^\/products\/(\d{1,9})$/.exec(pathname)?.[1];
  if (request.method === "POST" && id !== undefined) return edit(request, id);
  if (request.method !== "GET" && request.method !== "HEAD") {
    const refusal = notice(
      405,
      "That cannot be done here",
      "Pages are read by GET; only a product is edited, by POST.",
    );
    refusal.headers.set("Allow", id === undefined ? "GET, HEAD" : "GET, HEAD, POST");
    return refusal;
  }
  const atLeast = versionOfLastEdit(request);
  if (id !== undefined) return pages.wrap(request, () => product(id), { tags: [`product:${id}`], atLeast });
  if (pathname === "/") return pages.wrap(request, listing, { tags: ["products"], atLeast });
  if (pathname === "/api/products") return pages.wrap(request, listingData, { tags: ["products"], atLeast });
  if (pathname === "/stats") return Response.json(await pages.stats(), { headers: { "Cache-Control": "no-store" } });
  return notice(404, "Not found", "There is no such page.");
}

async function listing(): Promise<Response> {
  return htmlResponse(200, listingPage(await listProducts()));
}

async function listingData(): Promise<Response> {
  return Response.json(await listProducts());
}

async function product(id: string): Promise<Response> {
  const found = await findProduct(id);
  if (found === undefined) return notice(404, "Not found", "There is no such product.");
  return htmlResponse(200, productPage(found));
}

/** Saves first and purges then: the other way round, a page made in between would be stored with the old name. */
async function edit(request: Request, id: string): Promise<Response> {
  const saved = await editProduct(id, await readProductForm(request));
  if (saved === undefined) return notice(404, "Not found", "There is no such product.");
  const { version } = await pages.purge({ tags: [`product:${id}`, "products"] });
  const cookie = `edited=${version}; Max-Age=60; Path=/; HttpOnly; SameSite=Lax`;
  return new Response(null, { status: 303, headers: { Location: `/products/${id}`, "Set-Cookie": cookie } });
}

/**
 * Elsewhere a purge holds after `purgeLagSeconds` at the latest. Whoever made an edit carries its version with them and
 * sees it at once, whichever machine answers.
 */
function versionOfLastEdit(request: Request): string | undefined {
  return /(?:^|;\s*)edited=([0-9a-f]{16}-\d{1,15})(?:;|$)/.exec(request.headers.get("Cookie") ?? "")?.[1];
}

function apology(error: unknown): Response {
  if (error instanceof FormError) return notice(400, "That cannot be saved", error.message);
  if (error instanceof OriginError) return notice(502, "The shop is closed for a moment", error.message);
  throw error;
}

function notice(status: number, title: string, text: string): Response {
  return htmlResponse(status, noticePage(title, text));
}

function htmlResponse(status: number, body: string): Response {
  return new Response(body, { status, headers: { "Content-Type": "text/html; charset=utf-8" } });
}

/**
 * Adds what one view took, as Server-Timing (w3.org/TR/server-timing), to the response that goes out rather than to the
 * one that is cached. The page's footer and the browser's network panel show it.
 */
function timed(response: Response, startedMs: number): Response {
  const copy = new Response(response.body, response);
  const hit = /;\s*hit\b/.test(response.headers.get("Cache-Status") ?? "");
  const totalMs = Math.round(performance.now() - startedMs);
  copy.headers.set("Server-Timing", `cache;desc=${hit ? "hit" : "miss"}, total;dur=${totalMs}`);
  return copy;
}
