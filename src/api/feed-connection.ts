import { LarderError } from "../../schema/errors.ts";
import type { FeedRequest } from "../../schema/feed.ts";
import { FEED_PROTOCOL } from "../../schema/feed-protocol.ts";
import { limits } from "../../schema/limits.ts";
import { problem } from "./problem.ts";
import type { Caller } from "./route.ts";

/**
 * Hands a connection on. No `Origin` is looked at: a page of another site has neither the token nor a ticket, and no browser
 * adds these by itself.
 */
export async function openFeed(
  fetch: (request: Request) => Promise<Response>,
  feed: FeedRequest,
  { token }: Caller,
  { headers }: Request,
): Promise<Response> {
  const offered = (headers.get("Sec-WebSocket-Protocol") ?? "").split(",").map((protocol) => protocol.trim());
  const protocol = offered.includes(FEED_PROTOCOL) ? { "Sec-WebSocket-Protocol": FEED_PROTOCOL } : {};
  const longestMs = Date.now() + limits.feedTokenSeconds * 1000;
  const until = token === undefined ? "" : `&until=${Math.min(token.endsAtMs, longestMs)}`;
  const url = `https://feed.larder.invalid/?feed=${encodeURIComponent(JSON.stringify(feed))}${until}`;
  const opened = await fetch(new Request(url, { headers: { Upgrade: "websocket", ...protocol } }));
  if (opened.status !== 503) return opened;
  const message = "The namespace has as many connections to its live feed as it takes; try again later";
  return problem(new LarderError("unreachable", message), { "Retry-After": "10" });
}

/** RFC 9110 section 15.5.22. */
export function upgradeRequired(): Response {
  const message = "This route is a WebSocket: send Upgrade: websocket, as a WebSocket client does";
  return problem(new LarderError("upgrade-required", message), { Upgrade: "websocket", Connection: "Upgrade" });
}
