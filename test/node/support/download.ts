import { createHash } from "node:crypto";
import { once } from "node:events";
import { type IncomingHttpHeaders, request as send } from "node:http";

/** What has come of a body. */
export interface Received {
  readonly bytes: number;
  readonly sha256: string;
  /** Whether it ended as HTTP says that bodies end, and not because the connection was lost. */
  readonly complete: boolean;
}

/** A response whose body nobody reads yet; the connection's buffers take what they hold. */
export interface Download {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly isHit: boolean;
  /** Reads the next bytes, and stops. @throws when the body ends before */
  read(bytes: number): Promise<void>;
  /** Reads what is left, and tells of all of it. */
  rest(): Promise<Received>;
  /** Goes away. */
  leave(): void;
}

/** One GET, on a connection of its own. */
export async function download(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Download> {
  const outgoing = send(url, { headers, agent: false });
  outgoing.end();
  const [incoming] = await once(outgoing, "response");
  // Whether a connection was lost is for `complete` to tell.
  incoming.on("error", () => undefined);
  const hash = createHash("sha256");
  let bytes = 0;
  const take = (chunk: Buffer): void => {
    hash.update(chunk);
    bytes += chunk.length;
  };
  const next = (event: "readable" | "close") => new Promise((resolve) => incoming.once(event, resolve));
  const closed = next("close");
  const cacheStatus: string[] = [incoming.headers["cache-status"] ?? ""].flat();
  return {
    status: incoming.statusCode,
    headers: incoming.headers,
    isHit: cacheStatus.some((value) => /;\s*hit\b/.test(value)),
    async read(more) {
      const enough = bytes + more;
      while (bytes < enough) {
        const chunk: Buffer | null = incoming.read();
        if (chunk !== null) take(chunk);
        else if (incoming.closed) throw new Error(`the body ended after ${bytes} bytes`);
        else await Promise.race([next("readable"), closed]);
      }
    },
    async rest() {
      incoming.removeAllListeners("readable");
      incoming.on("data", take);
      incoming.resume();
      if (!incoming.closed) await closed;
      return { bytes, sha256: hash.digest("hex"), complete: incoming.complete };
    },
    leave() {
      outgoing.destroy();
    },
  };
}
