import type { FeedKind } from "../schema/feed.ts";
import { PING, PONG } from "../schema/feed-protocol.ts";
import { limits } from "../schema/limits.ts";
import type { CacheName } from "../schema/names.ts";

/** What a connection has asked for, and what it has been told. */
export interface Subscriber {
  readonly cache: CacheName | undefined;
  readonly kinds: readonly FeedKind[];
  /** The number of the last message; 0 as long as the snapshot has not been sent. */
  readonly n: number;
  /** When what it was opened by ends, or is to be shown again. */
  readonly untilMs: number | undefined;
  /** How much of the log it has been told of. */
  readonly seq: number;
  /** That it has asked to go on from a point that is not known here. */
  readonly gap: boolean;
  /** When its last frame was made; 0 before the first. */
  readonly toldAtMs: number;
  /** When it last pinged, as far as that has been looked at; 0 when it never has. */
  readonly pingedAtMs: number;
  /** Characters that have been sent to it since. */
  readonly unanswered: number;
}

/** What is known of a connection when it comes. */
export type Newcomer = Pick<Subscriber, "cache" | "kinds" | "untilMs" | "seq" | "gap">;

type Connection = readonly [socket: WebSocket, subscriber: Subscriber];

/**
 * The connections of a live feed. What is known of each is attached to its socket and so survives hibernation, for which
 * an attachment may have 16 KiB (developers.cloudflare.com/durable-objects/best-practices/websockets).
 *
 * A client that does not read costs memory: `send` neither waits nor fails, and there is no `bufferedAmount`. The runtime
 * keeps what has not been read, without a limit, and does not let the object hibernate meanwhile. So no more is sent to a
 * client than `feedUnansweredCharacters` after its last ping, which the runtime answers by itself and tells the time of.
 */
export class Subscribers {
  readonly #ctx: DurableObjectState;

  constructor(ctx: DurableObjectState) {
    this.#ctx = ctx;
    // Answered without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  get count(): number {
    return this.#ctx.getWebSockets().length;
  }

  /** Takes a connection in; the client's end of it. */
  add(newcomer: Newcomer): WebSocket {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    attach(server, { ...newcomer, n: 0, toldAtMs: 0, pingedAtMs: 0, unanswered: 0 });
    return client;
  }

  /** All of them, those together who ask for the same and have been told the same: each such group is told the same next. */
  alike(): Iterable<readonly Connection[]> {
    const connections = this.#ctx.getWebSockets().map((socket): Connection => [socket, attached(socket)]);
    return Map.groupBy(connections, ([, subscriber]) => likeness(subscriber)).values();
  }

  /** When the last frame was made that any of them has been sent; 0 when none has. */
  lastToldAtMs(): number {
    return this.#ctx.getWebSockets().reduce((last, socket) => Math.max(last, attached(socket).toldAtMs), 0);
  }

  /** Sends a frame, which has the log up to `seq`. A connection that fails is closed, and no other hears of it. */
  tell(connections: readonly Connection[], frame: string, seq: number, atMs: number): void {
    for (const [socket, subscriber] of connections) {
      const { unanswered, pingedAtMs } = this.#heard(socket, subscriber);
      const n = subscriber.n + 1;
      const message = `{"v":1,"n":${n},"frame":${frame}}`;
      try {
        if (subscriber.untilMs !== undefined && atMs >= subscriber.untilMs) {
          socket.close(1008, "What opened this feed holds no longer, or is to be shown again: connect anew");
          continue;
        }
        if (unanswered > limits.feedUnansweredCharacters) {
          socket.close(1008, `No "${PING}" has come for long; send one every half a minute or so`);
          continue;
        }
        socket.send(message);
        const sent = unanswered + message.length;
        attach(socket, { ...subscriber, n, seq, gap: false, toldAtMs: atMs, pingedAtMs, unanswered: sent });
      } catch {
        close(socket, 1011, "The feed could not be sent");
      }
    }
  }

  /** Notes that the log has nothing for these up to `seq`, so that they are alike again with those who have been told. */
  pass(connections: readonly Connection[], seq: number): void {
    for (const [socket, subscriber] of connections) if (subscriber.seq !== seq) attach(socket, { ...subscriber, seq });
  }

  #heard(socket: WebSocket, { unanswered, pingedAtMs }: Subscriber): Pick<Subscriber, "unanswered" | "pingedAtMs"> {
    const lastMs = this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
    return lastMs > pingedAtMs ? { unanswered: 0, pingedAtMs: lastMs } : { unanswered, pingedAtMs };
  }

  /** A client has sent something else than a ping. */
  refuse(socket: WebSocket): void {
    close(socket, 1008, `This feed takes no messages but "${PING}"`);
  }

  /**
   * A client has closed its end, and is waiting for the same to be done here (RFC 6455 section 5.5.1). The runtime's own
   * answer, `web_socket_auto_reply_to_close`, is not given for sockets that may hibernate.
   */
  left(socket: WebSocket, code: number, reason: string): void {
    // What stands for a close without a code, or for none at all, may not be sent (section 7.4.1).
    if (code === 1005 || code === 1006 || code === 1015) close(socket, 1000, "");
    else close(socket, code, reason);
  }
}

function close(socket: WebSocket, code: number, reason: string): void {
  try {
    socket.close(code, reason);
  } catch {
    // It is beyond that.
  }
}

function attach(socket: WebSocket, subscriber: Subscriber): void {
  socket.serializeAttachment(subscriber);
}

function attached(socket: WebSocket): Subscriber {
  return socket.deserializeAttachment() as Subscriber;
}

function likeness({ cache, kinds, n, seq, gap }: Subscriber): string {
  return JSON.stringify([n === 0, cache, kinds, seq, gap]);
}
