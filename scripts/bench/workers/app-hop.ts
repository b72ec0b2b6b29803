import type Hop from "./hop.ts";

/** The other yardstick: a Worker that has another one look into the platform's cache. */
export default {
  async fetch(request: Request, env: { readonly HOP: Service<Hop> }): Promise<Response> {
    return (await env.HOP.match(request.url)) ?? new Response(null, { status: 404 });
  },
};
