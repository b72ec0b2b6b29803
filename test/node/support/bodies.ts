import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

const CHUNK_BYTES = 64 * 1024;

/**
 * An origin of large and of broken bodies, all of them cacheable for ten minutes, longer than any test:
 *
 * - `/whole/<bytes>` ends well; `/dies/<bytes>` loses its connection half-way until it is mended; `?chunked`
 *   leaves Content-Length out
 * - `/endless` sends a chunk, and another now and then
 */
export interface Bodies extends AsyncDisposable {
  readonly url: string;
  /** The requests for a target that reached it. */
  asked(target: string): number;
  /** Bytes of its body that the last request for a target has been sent: taken by the socket, or waiting for it. */
  sent(target: string): number;
  /** From now on the target is sent whole. */
  mend(target: string): void;
}

/** No two chunks of it are the same, so that none can be lost, repeated or misplaced unnoticed. */
const pattern = randomBytes(CHUNK_BYTES);

function* chunksOf(bytes: number): Generator<Buffer> {
  for (let start = 0; start < bytes; start += CHUNK_BYTES) {
    const chunk = Buffer.from(pattern.subarray(0, Math.min(CHUNK_BYTES, bytes - start)));
    chunk.writeUInt32LE(start / CHUNK_BYTES);
    yield chunk;
  }
}

/** Of a body of so many bytes. */
export function digestOf(bytes: number): string {
  const hash = createHash("sha256");
  for (const chunk of chunksOf(bytes)) hash.update(chunk);
  return hash.digest("hex");
}

export async function startBodies(): Promise<Bodies> {
  const asked = new Map<string, number>();
  const sent = new Map<string, number>();
  const mended = new Set<string>();
  const server = createServer((request, response) => {
    const target = request.url ?? "";
    asked.set(target, (asked.get(target) ?? 0) + 1);
    const send = new Sending(response, (bytes) => sent.set(target, bytes));
    const { pathname, search } = new URL(target, "http://origin");
    const [, kind, size] = pathname.split("/");
    const bytes = Number(size);
    response.setHeader("Cache-Control", "max-age=600");
    response.setHeader("Content-Type", "application/octet-stream");
    if (kind === "endless") void send.forever();
    else {
      if (search !== "?chunked") response.setHeader("Content-Length", bytes);
      void send.body(bytes, kind === "dies" && !mended.has(target) ? "half" : "whole");
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the origin has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    asked: (target) => asked.get(target) ?? 0,
    sent: (target) => sent.get(target) ?? 0,
    mend: (target) => {
      mended.add(target);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** One response, sent no faster than it is taken. */
class Sending {
  readonly #response: ServerResponse;
  readonly #progress: (bytes: number) => void;
  readonly #closed: Promise<unknown>;
  #bytes = 0;

  constructor(response: ServerResponse, progress: (bytes: number) => void) {
    this.#response = response;
    this.#progress = progress;
    this.#closed = once(response, "close");
    progress(0);
  }

  async body(bytes: number, part: "whole" | "half"): Promise<void> {
    for (const chunk of chunksOf(bytes)) {
      if (part === "half" && this.#bytes >= bytes / 2) {
        this.#response.socket?.destroySoon();
        return;
      }
      if (!(await this.#write(chunk))) return;
    }
    this.#response.end();
  }

  async forever(): Promise<void> {
    while (await this.#write(pattern.subarray(0, 1000))) await delay(50);
  }

  /** Resolves when there is room for more: to false when nobody is there any longer. */
  async #write(chunk: Buffer): Promise<boolean> {
    this.#bytes += chunk.length;
    this.#progress(this.#bytes);
    if (!this.#response.write(chunk)) await Promise.race([once(this.#response, "drain"), this.#closed]);
    return !this.#response.destroyed;
  }
}
