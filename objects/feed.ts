import superjson from "superjson";
import type * as v from "valibot";
import type { CounterName } from "../schema/counters.ts";
import { addCounts } from "../schema/counters.ts";
import type { FeedRequestSchema } from "../schema/feed.ts";
import { FEED_PROTOCOL } from "../schema/feed-protocol.ts";
import { limits } from "../schema/limits.ts";
import type { CacheName } from "../schema/names.ts";
import type { FeedSources, FillEvent, RefillEvent } from "./frames.ts";
import { Frames, fillEvent, refillEvent } from "./frames.ts";
import type { Recorded } from "./recorder.ts";
import type { Newcomer } from "./subscribers.ts";
import { Subscribers } from "./subscribers.ts";

/** Between two frames: what changes meanwhile is told by the next. */
const FRAME_MS = 1_000;

/**
 * The live feed of a namespace. While nobody listens it does nothing, and while nothing changes it has no timer, which
 * would keep the object from hibernating (developers.cloudflare.com/durable-objects/best-practices/websockets).
 *
 * Who connects is told of everything as of the next frame, and from then on of what has changed: so between the two nothing
 * is missing and nothing comes twice. Purges are not remembered here but read from the log, from where each connection has
 * been told of it.
 */
export class Feed {
  readonly #sources: FeedSources;
  readonly #subscribers: Subscribers;
  #listened: boolean;
  #counts = new Map<string, Partial<Record<CounterName, number>>>();
  #fills: FillEvent[] = [];
  #dropped = new Map<CacheName, number>();
  #refills = new Map<string, RefillEvent>();
  /** Undefined as long as this instance of the object has sent none. */
  #lastFrameMs: number | undefined;
  #isDue = false;

  constructor(ctx: DurableObjectState, sources: FeedSources) {
    this.#sources = sources;
    this.#subscribers = new Subscribers(ctx);
    this.#listened = this.#subscribers.count > 0;
  }

  /** Connections there are. */
  get listeners(): number {
    return this.#subscribers.count;
  }

  get isFull(): boolean {
    return this.#subscribers.count >= limits.feedSubscribers;
  }

  /** Takes a connection, which is told nothing from `untilMs` on; the answer that opens it. */
  open(
    request: v.InferOutput<typeof FeedRequestSchema>,
    untilMs: number | undefined,
    offered: string | null,
  ): Response {
    const { cache, kinds, since } = request;
    const webSocket = this.#subscribers.add({ cache, kinds, untilMs, ...this.#startOf(since) });
    this.#listened = true;
    this.#due();
    const protocols = (offered ?? "").split(",").map((protocol) => protocol.trim());
    const chosen = protocols.includes(FEED_PROTOCOL) ? { "Sec-WebSocket-Protocol": FEED_PROTOCOL } : undefined;
    return new Response(null, { status: 101, webSocket, ...(chosen === undefined ? {} : { headers: chosen }) });
  }

  /** From where a connection is to be told of purges: a version, a sequence number, or now. */
  #startOf(since: string | undefined): Pick<Newcomer, "seq" | "gap"> {
    const head = this.#sources.head();
    if (since === undefined) return { seq: head.seq, gap: false };
    const [first = "", second] = since.split("-");
    const seq = Number(second ?? first);
    const isOfLog = (second === undefined || first === head.epoch) && seq <= head.seq;
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
      const refill = refillEvent(event, Date.now());
      if (refill !== undefined) this.#refills.set(refill.id, refill);
      const told = fillEvent(event, Date.now());
      if (told === undefined) continue;
      if (this.#fills.length < limits.feedEvents) this.#fills.push(told);
      else this.#dropped.set(told.cache, (this.#dropped.get(told.cache) ?? 0) + 1);
    }
    this.#due();
  }

  /** A client has sent something else than a ping. */
  refuse(socket: WebSocket): void {
    this.#subscribers.refuse(socket);
  }

  /** A client has closed its connection, or lost it. */
  left(socket: WebSocket, code: number, reason: string): void {
    this.#subscribers.left(socket, code, reason);
  }

  /** One timer at most, and none while nothing is to be told. */
  #due(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#lastFrameMs ??= this.#subscribers.lastToldAtMs();
    const waitMs = this.#lastFrameMs + FRAME_MS - Date.now();
    // It may have been made on another machine, whose clock was ahead.
    setTimeout(() => this.#send(), Math.min(FRAME_MS, Math.max(0, waitMs)));
  }

  #send(): void {
    this.#isDue = false;
    this.#listened = false;
    const nowMs = Date.now();
    this.#lastFrameMs = nowMs;
    const changes = { counts: this.#counts, fills: this.#fills, refills: this.#refills, dropped: this.#dropped };
    this.#counts = new Map();
    this.#fills = [];
    this.#refills = new Map();
    this.#dropped = new Map();
    const frames = new Frames(this.#sources, nowMs, changes);
    for (const alike of this.#subscribers.alike()) {
      const [first] = alike;
      if (first === undefined) continue;
      this.#listened = true;
      const { frame, seq } = frames.next(first[1]);
      if (frame === undefined) this.#subscribers.pass(alike, seq);
      else this.#subscribers.tell(alike, superjson.stringify(frame), seq, nowMs);
      // Of what is too much for one frame, the next has the rest.
      if (seq < this.#sources.head().seq) this.#due();
    }
  }
}
