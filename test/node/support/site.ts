import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { crc32, deflateSync, gzipSync } from "node:zlib";

/** An ordinary web site that knows nothing of Larder, with a count of what it was asked. */
export interface Site extends AsyncDisposable {
  readonly url: string;
  /** The requests for a target (`GET /path?query`) that reached it. */
  asked(target: string): number;
  /** Every target that reached it. */
  targets(): readonly string[];
}

const page = (title: string) => Buffer.from(`<!doctype html><title>${title}</title><h1>${title} – ✓</h1>\n`.repeat(40));

export const files = {
  "/": { type: "text/html; charset=utf-8", body: page("Home") },
  "/about": { type: "text/html; charset=utf-8", body: page("About") },
  "/pixel.png": { type: "image/png", body: png() },
  "/logo.svg": {
    type: "image/svg+xml",
    body: Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><circle cx="4" cy="4" r="3"/></svg>\n',
    ),
  },
  "/big.bin": { type: "application/octet-stream", body: randomBytes(5 * 1024 * 1024) },
} as const;

export const lastModified = "Wed, 21 Oct 2026 07:28:00 GMT";

export const etagOf = (body: Buffer) => `"${createHash("sha256").update(body).digest("hex").slice(0, 16)}"`;

export async function startSite(): Promise<Site> {
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    const target = `${request.method} ${request.url}`;
    counts.set(target, (counts.get(target) ?? 0) + 1);
    void answer(request, response, counts.get(target) ?? 0);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the site has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked: (target) => counts.get(target) ?? 0,
    targets: () => [...counts.keys()],
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, nth: number): Promise<void> {
  const { pathname } = new URL(request.url ?? "/", "http://site");
  const file = Object.entries(files).find(([path]) => path === pathname)?.[1];
  if (file !== undefined && (request.method === "GET" || request.method === "HEAD")) {
    response.setHeader("Content-Type", file.type);
    response.setHeader("Content-Length", file.body.length);
    response.setHeader("Cache-Control", "public, max-age=600");
    response.setHeader("ETag", etagOf(file.body));
    response.setHeader("Last-Modified", lastModified);
    response.end(request.method === "HEAD" ? undefined : file.body);
    return;
  }
  switch (pathname) {
    case "/account":
      response.writeHead(200, { "Cache-Control": "no-store", "Content-Type": "text/plain" }).end(`visit ${nth}`);
      return;
    case "/login":
      response.writeHead(200, { "Cache-Control": "max-age=600", "Set-Cookie": ["session=a; Path=/", "theme=dark"] });
      response.end(`login ${nth}`);
      return;
    case "/echo":
      response.writeHead(200, { "Cache-Control": "max-age=600", "Content-Type": "text/plain" }).end(request.url);
      return;
    case "/orders":
      response.writeHead(201, { "Cache-Control": "max-age=600", "X-Method": request.method, Location: "/orders/7" });
      response.end(await buffer(request));
      return;
    case "/old":
      response.writeHead(301, { "Cache-Control": "max-age=600", Location: "/about?from=old#top" }).end();
      return;
    case "/away":
      response.writeHead(302, { Location: "http://elsewhere.invalid/" }).end("elsewhere");
      return;
    case "/text": {
      const body = page("Text");
      response.setHeader("Cache-Control", "max-age=600");
      response.setHeader("Content-Type", "text/html; charset=utf-8");
      response.setHeader("Vary", "Accept-Encoding");
      if (!/\bgzip\b/.test(String(request.headers["accept-encoding"]))) {
        response.end(body);
        return;
      }
      response.setHeader("Content-Encoding", "gzip");
      response.end(gzipSync(body));
      return;
    }
    default:
      response
        .writeHead(404, { "Content-Type": "text/html", "Cache-Control": "max-age=600" })
        .end("<h1>No such page</h1>");
  }
}

export const textPage = page("Text");

/** A valid picture of one red pixel (www.w3.org/TR/png section 5). */
function png(): Buffer {
  const header = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
  const pixels = deflateSync(Buffer.from([0, 255, 0, 0]));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type: string, data: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, sum]);
}
