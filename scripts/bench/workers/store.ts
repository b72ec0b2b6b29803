/**
 * What stands behind `caches.default` in the benchmarks: a map. workerd's Cache API asks the service named by
 * `cacheApiOutbound` with GET for a match, PUT for a put (the body is the whole HTTP/1.1 response, status line and
 * all) and PURGE for a delete; only an answer with `CF-Cache-Status: HIT` counts as a hit.
 *
 * It does as little as it can, since its cost is in every variant alike and would hide the differences between them.
 */

interface Stored {
  readonly body: Uint8Array;
  readonly init: { readonly status: number; readonly headers: Headers };
}

const entries = new Map<string, Stored>();

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method === "GET") {
      const entry = entries.get(request.url);
      return entry === undefined
        ? new Response(null, { status: 504, headers: { "cf-cache-status": "MISS" } })
        : new Response(entry.body, entry.init);
    }
    if (request.method === "PUT") {
      entries.set(request.url, parseHttpMessage(new Uint8Array(await request.arrayBuffer())));
      return new Response(null, { status: 204 });
    }
    if (request.method === "PURGE") return new Response(null, { status: entries.delete(request.url) ? 200 : 404 });
    return new Response(null, { status: 405 });
  },
};

/** A message as workerd writes it: no chunked coding, no trailers, no folded lines (RFC 9112 section 2.1). */
function parseHttpMessage(message: Uint8Array): Stored {
  const head = new TextDecoder("latin1").decode(message);
  const headEnd = head.indexOf("\r\n\r\n");
  const [statusLine = "", ...fields] = head.slice(0, headEnd).split("\r\n");
  const headers = new Headers({ "cf-cache-status": "HIT" });
  for (const field of fields) {
    const colon = field.indexOf(":");
    headers.append(field.slice(0, colon), field.slice(colon + 1).trim());
  }
  return { body: message.slice(headEnd + 4), init: { status: Number(statusLine.split(" ")[1]), headers } };
}
