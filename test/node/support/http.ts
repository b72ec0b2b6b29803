import { once } from "node:events";
import { type IncomingHttpHeaders, request as send } from "node:http";
import { buffer } from "node:stream/consumers";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As it came over the wire: not decompressed. */
  readonly body: Buffer;
  readonly isHit: boolean;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** One request by node:http, which adds no headers of its own, follows nothing, and leaves the body as it is. */
export async function ask(url: string, { method = "GET", headers = {}, body }: Ask = {}): Promise<Answer> {
  // Node leaves the length out of a DELETE, which then seems to have no body.
  const length = body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(body)) };
  const outgoing = send(url, { method, headers: { ...length, ...headers }, agent: false });
  outgoing.end(body);
  const [incoming] = await once(outgoing, "response");
  const received = await buffer(incoming);
  const status: string[] = [incoming.headers["cache-status"] ?? ""].flat();
  return {
    status: incoming.statusCode,
    headers: incoming.headers,
    body: received,
    isHit: status.some((value) => /;\s*hit\b/.test(value)),
  };
}
