import superjson from "superjson";
import type { CounterName } from "../../schema/counters.ts";
import { addCounts } from "../../schema/counters.ts";
import type { FeedEvent, FeedMessage, FeedRequest, Frame } from "../../schema/feed.ts";
import { FEED_PROTOCOL } from "../../schema/feed-protocol.ts";
import type { Figures } from "../../schema/figures.ts";
import { figuresOf } from "../../schema/figures.ts";
import type { stubOf } from "./namespace-object.ts";

/** A connection to a live feed, and all that has come by it. */
export class Listener {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly numbers: number[] = [];
  /** What came that is no frame. */
  readonly texts: string[] = [];
  closed: { readonly code: number; readonly reason: string } | undefined;
  readonly #waiting = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.addEventListener("message", ({ data }) => {
      this.#take(String(data));
      this.#changed();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
      this.#changed();
    });
    socket.accept();
  }

  static async open(stub: ReturnType<typeof stubOf>, request: FeedRequest = {}): Promise<Listener> {
    const url = `https://larder.example/?feed=${encodeURIComponent(JSON.stringify(request))}`;
    const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": FEED_PROTOCOL };
    const response = await stub.fetch(url, { headers });
    if (response.webSocket == null) throw new Error(`the feed answered ${response.status}`);
    return new Listener(response.webSocket);
  }

  #take(text: string): void {
    if (!text.startsWith("{")) {
      this.texts.push(text);
      return;
    }
    const { v, n, frame } = JSON.parse(text) as FeedMessage;
    if (v !== 1) throw new Error(`a message of version ${v}`);
    this.numbers.push(n);
    this.frames.push(superjson.deserialize(frame as Parameters<typeof superjson.deserialize>[0]));
  }

  #changed(): void {
    for (const look of [...this.#waiting]) look();
  }

  /** Waits until that is so. */
  until(isSo: (listener: Listener) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isSo(this)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  get events(): FeedEvent[] {
    return this.frames.flatMap(({ events }): FeedEvent[] => [...events]);
  }

  /** What is known of a cache's counts by the snapshot and all that has come after it. */
  figures(cache: string): Pick<Figures, "hits" | "purges"> {
    const [first, ...rest] = this.frames;
    if (first?.type !== "snapshot") throw new Error("the first frame is no snapshot");
    const before = (first.caches as Record<string, Figures>)[cache];
    const since: Partial<Record<CounterName, number>> = {};
    for (const frame of rest) if (frame.type === "change") addCounts(since, frame.counts[cache] ?? {});
    const after = figuresOf(since);
    return { hits: (before?.hits ?? 0) + after.hits, purges: (before?.purges ?? 0) + after.purges };
  }

  get version(): string {
    return this.frames.at(-1)?.version ?? "";
  }
}
