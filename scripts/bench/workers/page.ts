/** The page all variants serve, the request for it, and the cache that Larder keeps it in. */

export const PAGE_URL = "http://shop.example/products/1?size=l";
export const PAGE_BYTES = 10 * 1024;
export const PAGES = { namespace: "bench", name: "pages", ttlSeconds: 3600 } as const;

export function pageRequest(): Request {
  return requestFor(PAGE_URL);
}

export function requestFor(url: string): Request {
  return new Request(url, {
    headers: {
      accept: "text/html,*/*;q=0.8",
      "accept-language": "en",
      "user-agent": "Mozilla/5.0 (X11; Linux x86_64)",
    },
  });
}

export function page(body = "x".repeat(PAGE_BYTES)): Response {
  return new Response(body, {
    headers: {
      "cache-control": "public, max-age=3600",
      "content-type": "text/html; charset=utf-8",
      etag: '"9f86d081884c7d65"',
      "last-modified": "Wed, 21 Oct 2026 07:28:00 GMT",
    },
  });
}

/** A body that tells which page it is of, as long as any. */
export function bodyOf(url: string): string {
  return url.padEnd(PAGE_BYTES, ".");
}
