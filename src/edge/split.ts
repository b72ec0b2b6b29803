/**
 * How far one half may be ahead of the other. Large bodies pass as fast with none of it as with 8 MiB: it is for the
 * many that are smaller than this, whose client never waits for the cache. It is little beside an isolate's 128 MB, of
 * which each response under way may take so much.
 */
export const AHEAD_BYTES = 1024 * 1024;

/** The runtime's own streams give 4 KiB at a read unless handed a buffer; with this one 100 MB take a seventh of the time. */
const READ_BYTES = 64 * 1024;

/** What a chunk counts as at least: held by itself, one of a single byte takes about this much memory. */
const LEAST_WEIGHT = 256;

/** Two streams of one body. Their chunks are the same objects: whoever reads one half may neither change nor detach them. */
export interface Halves {
  /** For whoever waits for the answer. */
  readonly client: ReadableStream<Uint8Array>;
  /** For the cache. */
  readonly keeper: ReadableStream<Uint8Array>;
  /**
   * Lets go of the keeper's half, even while another holds its lock: it fails if it has not ended, so it is never taken
   * for the whole body. To be called when storing is over, however it ended: a half that nobody reads holds the other up.
   */
  dropKeeper(): void;
}

/**
 * Splits a body in two as `tee()` does, but holds no more than `aheadBytes`, and a chunk, of it. The runtime's `tee()`
 * and `clone()` hold whatever one reader has had and the other has not: of a large body all of it, when the cache is
 * slower than the client, or when the client is slow and JavaScript reads its half. (A half that the runtime itself
 * sends to a client holds the other up there, too.)
 *
 * So the halves go at the pace of the slower. That is a trade: a client that stalls holds the keeper up, and with it all
 * who wait for the entry, who then ask the origin themselves once the filler's lease has run out. Memory stays bounded,
 * where it would otherwise be the client's to spend.
 *
 * A half that is cancelled no longer counts: what was held for it is dropped, and the other goes on unhindered. When
 * both are cancelled, so is the body, with the later reason. An error reaches each half behind what came before it.
 */
export function split(body: ReadableStream<Uint8Array>, aheadBytes: number = AHEAD_BYTES): Halves {
  const source = new Source(body);
  const [client, keeper] = [new Half(source, aheadBytes), new Half(source, aheadBytes)];
  client.other = keeper;
  keeper.other = client;
  source.halves = [client, keeper];
  return { client: client.stream, keeper: keeper.stream, dropKeeper: () => keeper.drop() };
}

/** The body, of which every chunk goes to both halves. */
class Source {
  halves: readonly Half[] = [];
  /** How the body ended, once it has. */
  end: { readonly error?: unknown } | undefined;
  readonly #read: () => Promise<ReadableStreamReadResult<Uint8Array>>;
  readonly #cancel: (reason: unknown) => Promise<void>;
  #reading: Promise<void> | undefined;

  constructor(body: ReadableStream<Uint8Array>) {
    const { read, cancel } = inLargeReads(body) ?? asItComes(body);
    this.#read = read;
    this.#cancel = cancel;
  }

  /** Resolves when the body has moved on or ended; both halves may wait for the same read. */
  advance(): Promise<void> {
    this.#reading ??= this.#advance().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #advance(): Promise<void> {
    try {
      const { done, value } = await this.#read();
      if (done) this.end = {};
      else if (value.byteLength > 0) for (const half of this.halves) half.hold(value);
    } catch (error) {
      this.end = { error };
    }
  }

  /** Cancels the body if neither half wants more of it. */
  async abandon(reason: unknown): Promise<void> {
    if (this.end === undefined && this.halves.every((half) => half.over)) await this.#cancel(reason);
  }
}

/** One reader's side: what has come and it has not read yet. */
class Half {
  readonly stream: ReadableStream<Uint8Array>;
  other: Half | undefined;
  /** Whether this half has ended, failed, or been cancelled. */
  over = false;
  readonly #source: Source;
  readonly #aheadBytes: number;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #held: Uint8Array[] = [];
  #weight = 0;
  /** Set while the other half waits for this one. */
  #awaited: PromiseWithResolvers<void> | undefined;

  constructor(source: Source, aheadBytes: number) {
    this.#source = source;
    this.#aheadBytes = aheadBytes;
    // Nothing is read before it is asked for, so that all that is held is held here, and counted.
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: () => this.#pull(),
        cancel: (reason) => this.#leave(reason),
      },
      { highWaterMark: 0 },
    );
  }

  hold(chunk: Uint8Array): void {
    if (this.over) return;
    this.#held.push(chunk);
    this.#weight += weightOf(chunk);
  }

  drop(): void {
    if (this.over) return;
    const reason = new Error("the rest of this body is not wanted");
    this.#controller?.error(reason);
    this.#leave(reason).catch(() => undefined);
  }

  /** Resolves when the other half may read on; undefined when it may now. */
  room(): Promise<void> | undefined {
    if (!this.#isBehind) return undefined;
    this.#awaited ??= Promise.withResolvers();
    return this.#awaited.promise;
  }

  get #isBehind(): boolean {
    return !this.over && this.#held.length > 0 && this.#weight >= this.#aheadBytes;
  }

  async #pull(): Promise<void> {
    while (!this.over) {
      const chunk = this.#held.shift();
      if (chunk !== undefined) {
        this.#weight -= weightOf(chunk);
        this.#controller?.enqueue(chunk);
        return this.#moved();
      }
      if (this.#source.end !== undefined) return this.#finish(this.#source.end);
      await (this.other?.room() ?? this.#source.advance());
    }
  }

  #finish(end: { readonly error?: unknown }): void {
    this.over = true;
    if ("error" in end) this.#controller?.error(end.error);
    else this.#controller?.close();
  }

  async #leave(reason: unknown): Promise<void> {
    this.over = true;
    this.#held = [];
    this.#weight = 0;
    this.#moved();
    await this.#source.abandon(reason);
  }

  #moved(): void {
    if (this.#isBehind) return;
    this.#awaited?.resolve();
    this.#awaited = undefined;
  }
}

function weightOf(chunk: Uint8Array): number {
  return Math.max(chunk.byteLength, LEAST_WEIGHT);
}

/**
 * Reads a byte stream, as every body of the runtime's own is, by one large buffer. Each chunk is a copy of its size: what
 * comes in single bytes must not be held in 64 KiB apiece. Undefined for a stream that is not one of bytes.
 */
function inLargeReads(body: ReadableStream<Uint8Array>) {
  const reader = byteReader(body);
  if (reader === undefined) return undefined;
  let buffer = new ArrayBuffer(READ_BYTES);
  return {
    read: async (): Promise<ReadableStreamReadResult<Uint8Array>> => {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done || value === undefined) return { done: true, value: undefined };
      buffer = value.buffer;
      return { done: false, value: value.slice() };
    },
    cancel: (reason: unknown) => reader.cancel(reason),
  };
}

function byteReader(body: ReadableStream<Uint8Array>): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: "byob" });
  } catch (error) {
    if (body.locked) throw error;
    return undefined;
  }
}

function asItComes(body: ReadableStream<Uint8Array>) {
  const reader = body.getReader();
  return { read: () => reader.read(), cancel: (reason: unknown) => reader.cancel(reason) };
}
