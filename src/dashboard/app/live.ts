import ReconnectingWebSocket from "partysocket/ws";
import superjson from "superjson";
import type { FeedMessage, Frame } from "../../../schema/feed.ts";
import { FEED_PROTOCOL, PING } from "../../../schema/feed-protocol.ts";
import type { Api } from "./api.ts";

export type Connection = "connecting" | "live" | "interrupted";

/** A connection that has been silent for so long may have been dropped by something on its way. */
const PING_MS = 25_000;

/**
 * The live feed of a namespace, for as long as it is wanted: a connection that ends is opened again, later and later, and
 * goes on from where it was, so that nothing is missed. Gives what ends it.
 */
export function listen(
  api: Api,
  namespace: string,
  told: { frame(frame: Frame): void; connection(state: Connection): void },
): () => void {
  let since: string | undefined;
  const socket = new ReconnectingWebSocket(() => api.liveUrl(namespace, since), [FEED_PROTOCOL], {
    minReconnectionDelay: 500,
    maxReconnectionDelay: 15_000,
    reconnectionDelayGrowFactor: 1.7,
  });
  told.connection("connecting");
  socket.addEventListener("message", ({ data }) => {
    if (typeof data !== "string" || !data.startsWith("{")) return;
    const { frame } = JSON.parse(data) as FeedMessage;
    const read = superjson.deserialize<Frame>(frame as Parameters<typeof superjson.deserialize>[0]);
    since = read.version;
    told.connection("live");
    told.frame(read);
  });
  socket.addEventListener("close", () => told.connection("interrupted"));
  const pinging = setInterval(() => {
    if (socket.readyState === WebSocket.OPEN) socket.send(PING);
  }, PING_MS);
  return () => {
    clearInterval(pinging);
    socket.close();
  };
}
