import { cache } from "../../../src/client/index.ts";
import { PAGES } from "./page.ts";

const pages = cache(PAGES);

/** Larder, which reads the cache in this Worker's isolate. */
export default {
  async fetch(request: Request, { SHOP }: { readonly SHOP: Fetcher }): Promise<Response> {
    return pages.wrap(request, () => SHOP.fetch(request.url));
  },
};
