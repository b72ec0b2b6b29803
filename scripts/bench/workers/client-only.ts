import { cache } from "../../../src/client/index.ts";

/** The smallest app there is: its bundle is what Larder's client adds to an app Worker. */
const pages = cache({ name: "pages", ttlSeconds: 60 });

export default {
  async fetch(request: Request): Promise<Response> {
    return (await pages.match(request)) ?? new Response("not cached\n", { status: 404 });
  },
};
