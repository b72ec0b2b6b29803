/** The platform's cache by hand, as its documentation shows it (developers.cloudflare.com/workers/examples/cache-api). */
export default {
  async fetch(request: Request, { SHOP }: { readonly SHOP: Fetcher }, context: ExecutionContext): Promise<Response> {
    const cached = await caches.default.match(request.url);
    if (cached !== undefined) return cached;
    const response = await SHOP.fetch(request.url);
    context.waitUntil(caches.default.put(request.url, response.clone()));
    return response;
  },
};
