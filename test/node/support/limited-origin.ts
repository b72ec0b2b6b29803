import { once } from "node:events";
import { createServer } from "node:http";

/** How many requests more than its pace it takes at once: what comes evenly over a network does not arrive evenly. */
const BURST = 5;

/** An origin that serves so many requests a second, and answers 503 to those beyond. */
export interface LimitedOrigin extends AsyncDisposable {
  readonly url: string;
  readonly served: number;
  readonly refused: number;
  /** From now on its pages say so. */
  publish(revision: number): void;
}

export async function startLimitedOrigin(perSecond: number): Promise<LimitedOrigin> {
  let tokens = BURST;
  let filledMs = performance.now();
  let revision = 1;
  let served = 0;
  let refused = 0;
  const server = createServer(({ url = "", headers }, response) => {
    const nowMs = performance.now();
    tokens = Math.min(BURST, tokens + ((nowMs - filledMs) / 1000) * perSecond);
    filledMs = nowMs;
    if (tokens < 1) {
      refused += 1;
      response.writeHead(503, { "retry-after": "1" }).end("too much");
      return;
    }
    tokens -= 1;
    served += 1;
    response.writeHead(200, { "content-type": "text/plain" });
    response.end(`${url} in ${headers["accept-language"] ?? "no language"}, revision ${revision}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the origin has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    get served() {
      return served;
    },
    get refused() {
      return refused;
    },
    publish: (next) => {
      revision = next;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
