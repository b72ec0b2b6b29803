/** No cache at all: what the origin and the benchmark itself cost the callers. */
export default {
  async fetch(request: Request, { SHOP }: { readonly SHOP: Fetcher }): Promise<Response> {
    return SHOP.fetch(request.url);
  },
};
