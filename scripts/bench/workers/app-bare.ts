/** The yardstick: a Worker that only looks into the platform's cache. */
export default {
  async fetch(request: Request): Promise<Response> {
    return (await caches.default.match(request.url)) ?? new Response(null, { status: 404 });
  },
};
