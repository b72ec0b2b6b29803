import { env, waitUntil } from "cloudflare:workers";
import { defineCachedHandler } from "ocache";

const { SHOP } = env as unknown as { readonly SHOP: Fetcher };

/** ocache with the store it has by default, a map in the isolate: it comes with none over the platform's cache. */
const answer = defineCachedHandler(({ req }) => SHOP.fetch(req.url), {
  maxAge: 3600,
  waitUntil: (work) => waitUntil(work),
});

export default {
  async fetch(request: Request): Promise<Response> {
    return (await answer({ req: request })) as Response;
  },
};
