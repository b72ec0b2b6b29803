import { env } from "cloudflare:workers";
import { cache } from "../../../../src/client/index.ts";

const pages = cache({
  name: "pages",
  namespace: "refilled",
  ttlSeconds: 600,
  staleWhileRevalidateSeconds: 600,
  debounceSeconds: 3,
  refill: { concurrency: 4, perSecond: 15 },
  vary: ["accept-language"],
});

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const language = request.headers.get("accept-language");
    const headers: Record<string, string> = language === null ? {} : { "accept-language": language };
    const origin = (env as { readonly ORIGIN?: string }).ORIGIN ?? "";
    return pages.wrap(request, () => fetch(origin + pathname, { headers }), { tags: [`page:${pathname}`] });
  },
};
