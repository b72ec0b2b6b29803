import { cache } from "../../../src/client/index.ts";
import { PAGES } from "./page.ts";

const pages = cache({ ...PAGES, mode: "remote" });

/** Larder, which reads the cache in the coordinator of the data centre. */
export default {
  async fetch(request: Request, { SHOP }: { readonly SHOP: Fetcher }): Promise<Response> {
    return pages.wrap(request, () => SHOP.fetch(request.url));
  },
};
