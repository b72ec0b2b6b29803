import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AHEAD_BYTES, type Halves, split } from "../../src/edge/split.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

type Body = ReadableStream<Uint8Array>;

/** Bytes that tell their place. */
function bytesFrom(start: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => ((start + index) * 31) % 251);
}

/** A body in pieces, made as they are asked for and not before, with what becomes of it. */
class Origin {
  sent = 0;
  cancelledWith: unknown;
  readonly body: Body;

  constructor(sizes: readonly number[], options: { type?: "bytes" | undefined; failure?: Error | undefined } = {}) {
    let next = 0;
    const source = {
      pull: (controller: {
        enqueue(chunk: Uint8Array<ArrayBuffer>): void;
        close(): void;
        error(reason: unknown): void;
      }) => {
        const size = sizes[next++];
        if (size !== undefined) {
          controller.enqueue(bytesFrom(this.sent, size));
          this.sent += size;
        } else if (options.failure === undefined) controller.close();
        else controller.error(options.failure);
      },
      cancel: (reason: unknown) => {
        this.cancelledWith = reason;
      },
    };
    this.body =
      options.type === "bytes"
        ? new ReadableStream({ type: "bytes", ...source } as UnderlyingByteSource)
        : new ReadableStream<Uint8Array>(source, { highWaterMark: 0 });
  }
}

/** A reader of one half, with what it has had. */
class Reader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  read = 0;
  isPrefix = true;
  ended = false;
  error: unknown;

  constructor(half: Body) {
    this.#reader = half.getReader();
  }

  async next(): Promise<void> {
    try {
      const { done, value } = await this.#reader.read();
      if (done) this.ended = true;
      else {
        this.isPrefix &&= value.every((byte, index) => byte === ((this.read + index) * 31) % 251);
        this.read += value.byteLength;
      }
    } catch (error) {
      this.error = error;
    }
  }

  async rest(): Promise<this> {
    while (!this.ended && this.error === undefined) await this.next();
    return this;
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#reader.cancel(reason);
  }
}

function readersOf({ client, keeper }: Halves): [client: Reader, keeper: Reader] {
  return [new Reader(client), new Reader(keeper)];
}

/** Reads until nothing comes any more for a while. */
async function readUntilHeldUp(reader: Reader): Promise<void> {
  for (;;) {
    const { read } = reader;
    const held = await Promise.race([reader.next().then(() => "read"), scheduler.wait(50).then(() => "held up")]);
    if (held === "held up" || (reader.read === read && reader.ended)) return;
  }
}

const whole = (bytes: number) => ({ read: bytes, isPrefix: true, ended: true, error: undefined });

describe("the halves of a body", () => {
  it.each([
    ["of the runtime's own, empty", () => new Response("").body, 0],
    ["of the runtime's own, in memory", () => new Response(bytesFrom(0, MIB)).body, MIB],
    ["of the runtime's own, that comes in pieces", () => pieces([1, 70_000, 3, 10 * MIB, 1]), 10 * MIB + 70_005],
    ["of JavaScript, empty", () => new Origin([]).body, 0],
    ["of JavaScript, in single bytes", () => new Origin(Array(3000).fill(1)).body, 3000],
    ["of JavaScript, in pieces of 10 MB", () => new Origin([10 * MIB, 1, 10 * MIB]).body, 20 * MIB + 1],
    ["of JavaScript, with empty pieces", () => new Origin([0, 5, 0, 0, 5]).body, 10],
    ["of JavaScript, a byte stream", () => new Origin([1, 70_000, 3], { type: "bytes" }).body, 70_004],
  ])("are each the whole of one %s", async (_, make, bytes) => {
    const readers = readersOf(split(make() as Body));
    for (const reader of await Promise.all(readers.map((each) => each.rest()))) {
      expect(reader).toMatchObject(whole(bytes));
    }
  });

  it("take nothing of the body before they are read", async () => {
    const origin = new Origin([1, 1]);
    split(origin.body);
    await scheduler.wait(10);
    expect(origin.sent).toBe(0);
  });

  it.each(["default", "bytes"])(
    "never differ by more than they may, whoever reads or leaves when (%s)",
    async (type) => {
      const action = fc.record({ who: fc.nat(1), what: fc.constantFrom("read", "read", "read", "wait", "cancel") });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 40 }),
          fc.nat(3000),
          fc.array(action, { maxLength: 60 }),
          fc.boolean(),
          async (sizes, aheadBytes, actions, fails) => {
            const failure = fails ? new Error("the origin went away") : undefined;
            const origin = new Origin(sizes, { type: type === "bytes" ? "bytes" : undefined, failure });
            const readers = readersOf(split(origin.body, aheadBytes));
            const left = new Set<Reader>();
            // And a chunk that has been handed out, of which its reader has not heard yet.
            const mostHeld = aheadBytes + 2 * Math.max(0, ...sizes);
            const check = () => {
              for (const reader of readers) {
                expect(reader.isPrefix).toBe(true);
                if (!left.has(reader)) expect(origin.sent - reader.read).toBeLessThanOrEqual(mostHeld);
              }
            };
            for (const { who, what } of actions) {
              const reader = readers[who] as Reader;
              if (what === "wait") await scheduler.wait(0);
              else if (what === "read") void reader.next();
              else if (!left.has(reader)) {
                left.add(reader);
                await reader.cancel(who).catch(() => undefined);
              }
              check();
            }
            const staying = readers.filter((reader) => !left.has(reader));
            await Promise.all(staying.map((reader) => reader.rest().then(check)));
            const bytes = sizes.reduce((sum, size) => sum + size, 0);
            for (const reader of staying) {
              expect(reader).toMatchObject({ ...whole(bytes), ended: failure === undefined, error: failure });
            }
          },
        ),
      );
    },
  );
});

/** A native stream of these pieces. */
function pieces(sizes: readonly number[]): Body {
  return new Origin(sizes).body.pipeThrough(new IdentityTransformStream());
}

describe("a half that stalls", () => {
  it("holds the other up once that is far enough ahead, and lets it go on as it is read itself", async () => {
    const origin = new Origin(Array(64).fill(64 * KIB));
    const [client, keeper] = readersOf(split(origin.body));
    await readUntilHeldUp(keeper);
    expect(keeper.read).toBe(AHEAD_BYTES);
    expect(origin.sent).toBe(AHEAD_BYTES);
    await client.next();
    await readUntilHeldUp(keeper);
    expect(keeper.read).toBe(AHEAD_BYTES + 64 * KIB);
    for (const reader of await Promise.all([client.rest(), keeper.rest()]))
      expect(reader).toMatchObject(whole(4 * MIB));
  });

  it("holds a native body up too", async () => {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    let taken = 0;
    const writing = (async () => {
      for (; taken < 64; taken++) await writer.write(bytesFrom(taken * 64 * KIB, 64 * KIB));
      await writer.close();
    })();
    const [client, keeper] = readersOf(split(readable));
    await readUntilHeldUp(client);
    expect(client.read).toBe(AHEAD_BYTES);
    expect(taken).toBeLessThanOrEqual(17);
    await Promise.all([client.rest(), keeper.rest(), writing]);
    expect(keeper).toMatchObject(whole(4 * MIB));
  });

  it("is held no more of in single bytes, each of which takes its room in memory", async () => {
    const origin = new Origin(Array(2000).fill(1));
    const [client, keeper] = readersOf(split(origin.body, 64 * KIB));
    await readUntilHeldUp(client);
    expect(client.read).toBe(256);
    for (const reader of await Promise.all([client.rest(), keeper.rest()])) expect(reader).toMatchObject(whole(2000));
  });

  it("is held nothing of in buffers larger than what is in them", async () => {
    const { client, keeper } = split(pieces([1, 2, 3]));
    await new Reader(client).rest();
    const held: number[] = [];
    for await (const chunk of keeper) held.push(chunk.buffer.byteLength);
    expect(held).toEqual([1, 2, 3]);
  });
});

describe("a half that is cancelled", () => {
  it("lets the other go on, at once and to the end", async () => {
    const origin = new Origin(Array(64).fill(64 * KIB));
    const [client, keeper] = readersOf(split(origin.body));
    await readUntilHeldUp(keeper);
    const rest = keeper.rest();
    await client.cancel("gone");
    expect(await rest).toMatchObject(whole(4 * MIB));
    expect(origin.cancelledWith).toBeUndefined();
  });

  it("cancels the body when it is the second, for its reason", async () => {
    const origin = new Origin([1, 1, 1]);
    const [client, keeper] = readersOf(split(origin.body));
    await client.next();
    await client.cancel("the client has gone");
    expect(origin.cancelledWith).toBeUndefined();
    await keeper.cancel("too large");
    expect(origin.cancelledWith).toBe("too large");
    expect(origin.sent).toBe(1);
  });

  it("cancels the body while it is being read", async () => {
    const { promise: never } = Promise.withResolvers<void>();
    let cancelledWith: unknown;
    const body = new ReadableStream<Uint8Array>({
      pull: () => never,
      cancel: (reason) => {
        cancelledWith = reason;
      },
    });
    const [client, keeper] = readersOf(split(body));
    const [one, other] = [client.rest(), keeper.rest()];
    await keeper.cancel("first");
    await client.cancel("second");
    expect(cancelledWith).toBe("second");
    expect([await one, await other].map(({ ended }) => ended)).toEqual([true, true]);
  });

  it("hears of it when the body cannot be cancelled", async () => {
    const body = new ReadableStream<Uint8Array>({
      cancel: () => {
        throw new Error("no");
      },
    });
    const [client, keeper] = readersOf(split(body));
    await client.cancel();
    await expect(keeper.cancel()).rejects.toThrow("no");
  });
});

describe("a body that fails", () => {
  it("fails both halves, behind what came before", async () => {
    const failure = new Error("the origin went away");
    const [client, keeper] = readersOf(split(new Origin([10, 20], { failure }).body));
    for (const reader of [await client.rest(), await keeper.rest()]) {
      expect(reader).toMatchObject({ read: 30, isPrefix: true, ended: false, error: failure });
    }
  });

  it("is no concern of a half that was cancelled", async () => {
    const [client, keeper] = readersOf(split(new Origin([10], { failure: new Error("gone") }).body));
    await client.rest();
    await expect(keeper.cancel()).resolves.toBeUndefined();
  });
});

describe("a keeper's half that is dropped", () => {
  it("fails whoever reads it, and holds the client up no longer", async () => {
    const halves = split(new Origin(Array(64).fill(64 * KIB)).body);
    const [client, keeper] = readersOf(halves);
    await keeper.next();
    await readUntilHeldUp(client);
    halves.dropKeeper();
    expect(await client.rest()).toMatchObject(whole(4 * MIB));
    expect(await keeper.rest()).toMatchObject({ read: 64 * KIB, ended: false, error: expect.any(Error) });
  });

  it("takes the body with it when the client has left", async () => {
    const origin = new Origin([1, 1]);
    const halves = split(origin.body);
    await halves.client.cancel();
    halves.dropKeeper();
    expect(origin.cancelledWith).toBeInstanceOf(Error);
  });

  it("stays as it is when it has ended", async () => {
    const halves = split(new Origin([1]).body);
    const [client, keeper] = readersOf(halves);
    await keeper.rest();
    halves.dropKeeper();
    halves.dropKeeper();
    expect(await keeper.rest()).toMatchObject(whole(1));
    expect(await client.rest()).toMatchObject(whole(1));
  });
});

it("splits no body that somebody reads already", () => {
  const { body } = new Origin([1]);
  body.getReader();
  expect(() => split(body)).toThrow(TypeError);
});
