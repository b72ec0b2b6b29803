import { cache } from "../../../src/client/index.ts";
import { PAGES } from "./page.ts";

const pages = cache({ ...PAGES, mode: "remote" });

/** The same through Larder, which reads the cache in the coordinator. */
export default {
  async fetch(request: Request): Promise<Response> {
    return (await pages.match(request)) ?? new Response(null, { status: 404 });
  },
};
