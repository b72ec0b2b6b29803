import { env } from "cloudflare:workers";
import app from "./index.ts";

export { CacheNamespace, default as Larder } from "../../../../src/worker.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    const { LARDER } = env as { readonly LARDER: Fetcher };
    return new URL(request.url).pathname.startsWith("/.larder") ? LARDER.fetch(request) : app.fetch(request);
  },
};
