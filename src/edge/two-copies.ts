import { AHEAD_BYTES, split } from "./split.ts";

/** One response twice: for whoever waits for it, and for the cache. */
export interface TwoCopies {
  readonly whole: Response;
  readonly kept: Response;
  /** To be called when storing is over, however it ended. */
  done(): void;
}

/**
 * Makes two of one response, which is used up.
 *
 * The runtime's `clone()` holds all that one reader has had and the other has not, so only a body that is short, or in
 * memory anyway, is cloned: a large one would be held whole while the cache is slower than the client.
 *
 * @param origin `fetched` where the response is as `fetch` gave it, so that its Content-Length is that of its body
 */
export function twoCopies(response: Response, origin: "fetched" | "made"): TwoCopies {
  const field = response.headers.get("content-length");
  const length = field === null ? Number.NaN : Number(field);
  if (response.body === null || length <= AHEAD_BYTES || (origin === "made" && Number.isNaN(length))) {
    const kept = response.clone();
    return { whole: new Response(response.body, response), kept, done: () => undefined };
  }
  const { client, keeper, dropKeeper } = split(response.body);
  // Through a stream of the runtime's own, which copies: the halves share their chunks, and a caller may change them.
  const isKnown = origin === "fetched" && !response.headers.has("content-encoding") && Number.isSafeInteger(length);
  const native = isKnown ? new FixedLengthStream(length) : new IdentityTransformStream();
  const whole = new Response(client.pipeThrough(native), response);
  return { whole, kept: new Response(keeper, response), done: dropKeeper };
}
