import { setTimeout as delay } from "node:timers/promises";
import superjson from "superjson";
import WebSocket from "ws";
import type { FeedMessage, Frame } from "../../../schema/feed.ts";
import { FEED_PROTOCOL, PING } from "../../../schema/feed-protocol.ts";
import { exitCodes, Failure } from "../failure.ts";
import type { Api } from "./api.ts";
import { answerOf } from "./api.ts";
import { offline } from "./offline.ts";

export interface Wanted {
  readonly cache: string | undefined;
  readonly kinds: string;
  readonly since: string | undefined;
}

/** A connection that is silent for so long is asked whether it still is one, and is given up if it does not answer. */
const PING_MS = 25_000;

const backOffMs = { first: 500, most: 15_000 };

/**
 * The frames of a live feed, for ever: a connection that ends is opened again, later and later, and goes on from where it
 * was. What refuses the first one, or refuses for good, is thrown as a `Failure`.
 */
export async function* frames(api: Api, wanted: Wanted, interrupted: (why: string) => void): AsyncGenerator<Frame> {
  let { since } = wanted;
  let wasOpen = false;
  let pauseMs = backOffMs.first;
  for (;;) {
    try {
      for await (const frame of connection(api, { ...wanted, since })) {
        since = frame.version;
        [wasOpen, pauseMs] = [true, backOffMs.first];
        yield frame;
      }
      interrupted("the connection has ended");
    } catch (error) {
      if (!wasOpen || !(error instanceof Failure) || error.exitCode !== exitCodes.unreachable) throw error;
      interrupted(error.message);
    }
    // Apart from one another, as all who followed a coordinator come back at once.
    await delay(pauseMs * (0.5 + Math.random()));
    pauseMs = Math.min(backOffMs.most, pauseMs * 2);
  }
}

/** The frames of one connection, until it ends. */
async function* connection(api: Api, { cache, kinds, since }: Wanted): AsyncGenerator<Frame> {
  const { base, timeoutSeconds } = api.settings;
  const url = new URL(`${base.replace(/^http/, "ws")}${api.of("/live")}`);
  for (const [name, value] of Object.entries({ cache, kinds, since })) {
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const socket = new WebSocket(url, [FEED_PROTOCOL], {
    headers: api.credentials,
    handshakeTimeout: timeoutSeconds * 1000,
  });
  const arrived: Frame[] = [];
  let over: { readonly failure?: unknown } | undefined;
  let wake = () => {};
  const end = (failure?: unknown) => {
    over ??= failure === undefined ? {} : { failure };
    wake();
  };
  let heard = true;
  const pinging = setInterval(() => {
    if (!heard) return socket.terminate();
    heard = false;
    if (socket.readyState === WebSocket.OPEN) socket.send(PING);
  }, PING_MS);
  socket.on("unexpected-response", async (_, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    try {
      answerOf(base, { status: response.statusCode ?? 0, text, location: response.headers.location ?? null });
      end(new Failure("not-larder", `${base} opened no live feed; check --server`));
    } catch (failure) {
      end(failure);
    }
  });
  socket.on("error", (error) => end(offline(error, base, timeoutSeconds)));
  socket.on("close", () => end());
  socket.on("message", (data) => {
    heard = true;
    const text = data.toString();
    if (!text.startsWith("{")) return;
    const { frame } = JSON.parse(text) as FeedMessage;
    arrived.push(superjson.deserialize<Frame>(frame as Parameters<typeof superjson.deserialize>[0]));
    wake();
  });
  try {
    for (;;) {
      const frame = arrived.shift();
      if (frame !== undefined) yield frame;
      else if (over === undefined) await new Promise<void>((resolve) => (wake = resolve));
      else if (over.failure !== undefined) throw over.failure;
      else return;
    }
  } finally {
    clearInterval(pinging);
    socket.terminate();
  }
}
