import superjson from "superjson";
import type { CounterName } from "../../schema/counters.ts";
import { addCounts } from "../../schema/counters.ts";
import type { FeedEvent, FeedMessage, FeedRequest, Frame } from "../../schema/feed.ts";
import { FEED_PROTOCOL } from "../../schema/feed-protocol.ts";
import type { Figures } from "../../schema/figures.ts";
import { figuresOf } from "../../schema/figures.ts";
import type { stubOf } from "./namespace-object.ts";
import { freshObject } from "./namespace-object.ts";

type Total = { [Name in keyof Figures]: Figures[Name] extends number ? Name : never }[keyof Figures];

function mapTotals(value: (name: Total) => number): Record<Total, number> {
  const names = Object.entries(figuresOf({})).flatMap(([name, at]) => (typeof at === "number" ? [name as Total] : []));
  return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Total, number>;
}

/** Of figures those that are plain numbers, which add up. */
export function totalsOf(figures: Figures): Record<Total, number> {
  return mapTotals((name) => figures[name]);
}

/** A connection to a live feed, and all that has come by it. */
export class Listener {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  readonly numbers: number[] = [];
  /** Of each message, in characters. */
  readonly sizes: number[] = [];
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
    this.sizes.push(text.length);
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

  /** What is known of a cache's counts by the snapshot and all that has come after it: of the figures those that are numbers. */
  readonly figures = (cache: string): Record<Total, number> => {
    const [first, ...rest] = this.frames;
    if (first?.type !== "snapshot") throw new Error("the first frame is no snapshot");
    const since: Partial<Record<CounterName, number>> = {};
    for (const frame of rest) if (frame.type === "change") addCounts(since, frame.counts[cache] ?? {});
    const [before, after] = [totalsOf(first.caches[cache] ?? figuresOf({})), totalsOf(figuresOf(since))];
    return mapTotals((name) => before[name] + after[name]);
  };

  /** Of what has been logged: its numbers, in the order in which they came. */
  get seqs(): number[] {
    return this.events.flatMap((event) => ("seq" in event ? [event.seq] : []));
  }

  get version(): string {
    return this.frames.at(-1)?.version ?? "";
  }
}

/** A namespace, what opens its feed, and something that changes its counts. */
export function listened() {
  const { object, stub } = freshObject();
  let batch = 0;
  /** Reports so many hits. */
  const count = async (hits: number, cache = "pages") => {
    batch += 1;
    const counts = [{ cache, rule: "", counts: { "hits.fresh": hits } }];
    await object.sync({ report: { reporter: "0123456789abcdef", batch, counts } });
  };
  /** A connection that has had its snapshot. */
  const listen = async (request: FeedRequest = {}) => {
    const listener = await Listener.open(stub, request);
    await listener.until(({ frames }) => frames.length > 0);
    return listener;
  };
  return { object, stub, count, listen };
}
