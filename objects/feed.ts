import superjson from "superjson";
import type * as v from "valibot";
import type { CounterName, Counts } from "../schema/counters.ts";
import { addCounts } from "../schema/counters.ts";
import type { CacheEvent } from "../schema/events.ts";
import type { FeedEvent, FeedRequestSchema, Frame } from "../schema/feed.ts";
import { FEED_PROTOCOL, PING, PONG } from "../schema/feed-protocol.ts";
import { limits } from "../schema/limits.ts";
import type { CacheName } from "../schema/names.ts";
import type { CacheStats } from "../schema/stats.ts";
import type { Version } from "../schema/version.ts";
import type { LoggedSince } from "./purge-history.ts";
import type { Recorded } from "./recorder.ts";

/** Between two frames: what changes meanwhile is told by the next. */
const FRAME_MS = 1_000;

/** What a connection has asked for and been told. It is attached to its socket, and so survives hibernation. */
interface Subscriber {
  readonly cache: string | undefined;
  readonly kinds: readonly string[];
  /** The number of the last message; 0 as long as the snapshot has not been sent. */
  readonly n: number;
  /** How much of the log it has been told of. */
  readonly seq: number;
  /** That it has asked to go on from a point that is not known here. */
  readonly gap: boolean;
}

type Connection = readonly [socket: WebSocket, subscriber: Subscriber];

/** What the feed tells of. */
export interface FeedSources {
  version(): { readonly version: Version; readonly seq: number };
  /** Counts since ever, by cache. */
  caches(): Readonly<Record<CacheName, CacheStats>>;
  /** Purges and what takes them back, after that number, oldest first. */
  since(seq: number, limit: number): LoggedSince;
}

/**
 * The live feed of a namespace. While nobody listens it does nothing, and while nothing changes it has no timer, which
 * would keep the object from hibernating (developers.cloudflare.com/durable-objects/best-practices/websockets).
 *
 * Who connects is told of everything as of the next frame, and from then on of what has changed: so between the two nothing
 * is missing and nothing comes twice.
 */
export class Feed {
  readonly #ctx: DurableObjectState;
  readonly #sources: FeedSources;
  #listened: boolean;
  #counts = new Map<string, Partial<Record<CounterName, number>>>();
  #fills: FeedEvent[] = [];
  #dropped = 0;
  #lastFrameMs: number;
  #isDue = false;

  constructor(ctx: DurableObjectState, sources: FeedSources) {
    this.#ctx = ctx;
    this.#sources = sources;
    // Answered without waking the object.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
    const connected = ctx.getWebSockets();
    this.#listened = connected.length > 0;
    // When the last frame went out before hibernation is not known any more.
    this.#lastFrameMs = this.#listened ? Date.now() : 0;
  }

  get isFull(): boolean {
    return this.#ctx.getWebSockets().length >= limits.feedSubscribers;
  }

  /** Takes a connection; the answer that opens it. */
  open(request: v.InferOutput<typeof FeedRequestSchema>, offered: string | null): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.#ctx.acceptWebSocket(server);
    const { cache, kinds, since } = request;
    attach(server, { cache, kinds, n: 0, ...this.#startOf(since) });
    this.#listened = true;
    this.#due();
    const protocols = (offered ?? "").split(",").map((protocol) => protocol.trim());
    const chosen = protocols.includes(FEED_PROTOCOL) ? { "Sec-WebSocket-Protocol": FEED_PROTOCOL } : undefined;
    return new Response(null, { status: 101, webSocket: client, ...(chosen === undefined ? {} : { headers: chosen }) });
  }

  /** From where a connection is to be told of purges: a version, a sequence number, or now. */
  #startOf(since: string | undefined): Pick<Subscriber, "seq" | "gap"> {
    const { version, seq: head } = this.#sources.version();
    if (since === undefined) return { seq: head, gap: false };
    const [first = "", second] = since.split("-");
    const seq = Number(second ?? first);
    const isOfLog = (second === undefined || version.startsWith(`${first}-`)) && seq <= head;
    return isOfLog ? { seq, gap: false } : { seq: 0, gap: true };
  }

  /** Hears of what has been recorded. */
  told({ events, counted }: Recorded): void {
    if (!this.#listened) return;
    for (const { cache, counts } of counted) {
      const sum = this.#counts.get(cache) ?? {};
      this.#counts.set(cache, sum);
      addCounts(sum, counts);
    }
    for (const event of events) {
      const told = fillEvent(event);
      if (told === undefined) continue;
      if (this.#fills.length < limits.feedEvents) this.#fills.push(told);
      else this.#dropped += 1;
    }
    this.#due();
  }

  /** A client has sent something else than a ping. */
  refuse(socket: WebSocket): void {
    socket.close(1008, `This feed takes no messages but "${PING}"`);
  }

  /** A connection has ended. */
  left(): void {
    this.#listened = this.#ctx.getWebSockets().length > 0;
  }

  /** One timer at most, and none while nothing is to be told. */
  #due(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => this.#send(), Math.max(0, this.#lastFrameMs + FRAME_MS - Date.now()));
  }

  #send(): void {
    this.#isDue = false;
    this.#lastFrameMs = Date.now();
    const at = new Date(this.#lastFrameMs);
    const connections = this.#ctx.getWebSockets().map((socket): Connection => [socket, attached(socket)]);
    this.#listened = connections.length > 0;
    // Most ask for the same and have been told the same: a frame is made once for all of these.
    for (const alike of Map.groupBy(connections, ([, subscriber]) => likeness(subscriber)).values()) {
      const [first] = alike;
      if (first === undefined) continue;
      const told = first[1].n === 0 ? this.#snapshot(first[1], at) : this.#change(first[1], at);
      if (told !== undefined) deliver(alike, told);
    }
    this.#counts = new Map();
    this.#fills = [];
    this.#dropped = 0;
  }

  #snapshot({ cache, kinds, seq, gap }: Subscriber, at: Date): Told {
    const { version, seq: head } = this.#sources.version();
    const logged = kinds.includes("purges") ? this.#eventsFor(cache, seq) : { events: [], seq: head, isGap: false };
    const all = this.#sources.caches();
    const caches =
      cache === undefined ? all : Object.fromEntries(Object.entries(all).filter(([name]) => name === cache));
    const isGap = gap || logged.isGap;
    const frame: Frame = {
      type: "snapshot",
      at,
      version,
      caches,
      events: logged.events,
      ...(isGap ? { gap: true } : {}),
    };
    return { frame, seq: logged.seq };
  }

  /** Undefined where there is nothing to tell. */
  #change({ cache, kinds, seq }: Subscriber, at: Date): Told | undefined {
    const { version, seq: head } = this.#sources.version();
    const isOf = (name: string | undefined) => cache === undefined || name === cache;
    const counts = kinds.includes("counts")
      ? Object.fromEntries([...this.#counts].filter(([name]) => isOf(name)))
      : ({} as Record<string, Counts>);
    const logged = kinds.includes("purges") ? this.#eventsFor(cache, seq) : { events: [], seq: head };
    const fills = kinds.includes("fills") ? this.#fills.filter((event) => "cache" in event && isOf(event.cache)) : [];
    const events = [...logged.events, ...fills];
    const dropped = kinds.includes("fills") && this.#dropped > 0 ? { dropped: this.#dropped } : {};
    if (Object.keys(counts).length + events.length === 0) return undefined;
    return { frame: { type: "change", at, version, counts, events, ...dropped }, seq: logged.seq };
  }

  /** What has been logged after `seq`; where that is too much for one frame, the next one has the rest. */
  #eventsFor(cache: string | undefined, seq: number): LoggedSince {
    const logged = this.#sources.since(seq, limits.feedEvents);
    if (logged.seq < this.#sources.version().seq) this.#due();
    if (cache === undefined) return logged;
    return {
      ...logged,
      events: logged.events.filter(({ caches }) => caches === "all" || caches.includes(cache as CacheName)),
    };
  }
}

interface Told {
  readonly frame: Frame;
  /** How much of the log its receivers then know. */
  readonly seq: number;
}

/** Sends a frame to all of a kind. One that cannot be reached is closed, and nobody else hears of it. */
function deliver(connections: readonly Connection[], { frame, seq }: Told): void {
  const text = superjson.stringify(frame);
  for (const [socket, subscriber] of connections) {
    const n = subscriber.n + 1;
    try {
      socket.send(`{"v":1,"n":${n},"frame":${text}}`);
      attach(socket, { ...subscriber, n, seq, gap: false });
    } catch {
      closeQuietly(socket);
    }
  }
}

function closeQuietly(socket: WebSocket): void {
  try {
    socket.close(1011, "The feed could not be sent");
  } catch {
    // It has been closed already.
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

/** What of an event is told by the feed besides what is counted and logged. */
function fillEvent(event: CacheEvent): FeedEvent | undefined {
  const { cache } = event;
  if (cache === undefined) return undefined;
  const at = new Date();
  if (event.type === "marker") return { kind: "marker", at, cache, key: event.key, until: new Date(event.untilMs) };
  if (event.type !== "fill-failed") return undefined;
  const { key, failures, retryAtMs } = event;
  return { kind: "fill-failed", at, cache, key, failures, retryAt: new Date(retryAtMs) };
}
