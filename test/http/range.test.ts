import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rangeOutcome, sliceBytes } from "../../src/http/range.ts";

const MODIFIED = "Mon, 01 Jun 2026 12:00:00 GMT";
const SECOND_LATER = "Mon, 01 Jun 2026 12:00:01 GMT";

interface Case {
  readonly ifRange?: string;
  readonly fields?: Record<string, string>;
  readonly status?: number;
  readonly sizeBytes?: number;
}

function outcome(range: string, { ifRange, fields, status = 200, sizeBytes = 1000 }: Case = {}) {
  const headers = new Headers({ range, ...(ifRange === undefined ? {} : { "if-range": ifRange }) });
  return rangeOutcome(headers, { status, headers: new Headers(fields), sizeBytes });
}

const WHOLE = { kind: "whole" };

test("a request without Range gets the whole", () => {
  expect(rangeOutcome(new Headers(), { status: 200, headers: new Headers(), sizeBytes: 9 })).toEqual(WHOLE);
});

test.each([
  ["bytes=0-0", 0, 0],
  ["bytes=0-499", 0, 499],
  ["bytes=500-", 500, 999],
  ["bytes=999-", 999, 999],
  ["bytes=500-5000", 500, 999],
  ["bytes=-1", 999, 999],
  ["bytes=-1000", 0, 999],
  ["bytes=-5000", 0, 999],
  ["BYTES=1-2", 1, 2],
  ["bytes=,1-2 ,", 1, 2],
  [`bytes=1-${"9".repeat(400)}`, 1, 999],
])("%s of 1000 bytes is %i to %i", (range, first, last) => {
  expect(outcome(range)).toEqual({ kind: "part", first, last });
});

test.each(["bytes=1000-", "bytes=1000-2000", "bytes=-0", `bytes=${"9".repeat(400)}-`])(
  "%s of 1000 bytes cannot be satisfied",
  (range) => {
    expect(outcome(range)).toEqual({ kind: "unsatisfiable" });
  },
);

test.each([
  "bytes=0-1,3-4",
  "bytes=2-1",
  "bytes=-",
  "bytes=",
  "bytes",
  "0-1",
  "items=0-1",
  "bytes=0 - 1",
  "bytes = 0-1",
  "bytes=a-b",
  "bytes=+1-2",
  "bytes=1-2-3",
  "bytes=1.0-2",
  "bytes=--1",
  "bytes=0x0-1",
])("%j is ignored", (range) => {
  expect(outcome(range)).toEqual(WHOLE);
});

test("of an empty body no byte can be had", () => {
  expect(outcome("bytes=0-", { sizeBytes: 0 })).toEqual({ kind: "unsatisfiable" });
  expect(outcome("bytes=-5", { sizeBytes: 0 })).toEqual(WHOLE);
});

test("encoded bodies and other statuses are sent whole", () => {
  expect(outcome("bytes=0-1", { fields: { "content-encoding": "gzip" } })).toEqual(WHOLE);
  expect(outcome("bytes=0-1", { fields: { "content-encoding": "identity" } })).toMatchObject({ kind: "part" });
  for (const status of [203, 206, 301, 404]) expect(outcome("bytes=0-1", { status })).toEqual(WHOLE);
});

describe("If-Range", () => {
  function kind(ifRange: string, fields: Record<string, string>) {
    return outcome("bytes=0-1", { ifRange, fields }).kind;
  }

  test("a tag is compared strongly", () => {
    expect(kind('"a"', { etag: '"a"' })).toBe("part");
    expect(kind('"b"', { etag: '"a"' })).toBe("whole");
    expect(kind('W/"a"', { etag: '"a"' })).toBe("whole");
    expect(kind('"a"', { etag: 'W/"a"' })).toBe("whole");
    expect(kind('W/"a"', { etag: 'W/"a"' })).toBe("whole");
    expect(kind('"a"', {})).toBe("whole");
  });

  test("a date must be Last-Modified itself", () => {
    const fields = { "last-modified": MODIFIED, date: SECOND_LATER };
    expect(kind(MODIFIED, fields)).toBe("part");
    expect(kind(SECOND_LATER, fields)).toBe("whole");
    expect(kind(MODIFIED, { date: SECOND_LATER })).toBe("whole");
  });

  test("a date counts only where the entry was sent a second after it or more", () => {
    expect(kind(MODIFIED, { "last-modified": MODIFIED, date: MODIFIED })).toBe("whole");
    expect(kind(MODIFIED, { "last-modified": MODIFIED })).toBe("whole");
  });

  test.each(["", "*", "a", "2026-06-01", '"a", "b"'])("%j is no validator, so the whole is sent", (ifRange) => {
    expect(kind(ifRange, { etag: '"a"', "last-modified": MODIFIED, date: SECOND_LATER })).toBe("whole");
  });
});

test("a part lies inside the body, whatever the text of Range", () => {
  const range = fc.oneof(fc.stringMatching(/^bytes=[0-9, -]{0,12}$/), fc.stringMatching(/^[\x20-\x7e]*$/));
  fc.assert(
    fc.property(range, fc.nat({ max: 2000 }), (text, sizeBytes) => {
      const result = outcome(text, { sizeBytes });
      if (result.kind !== "part") return;
      expect(result.first).toBeGreaterThanOrEqual(0);
      expect(result.first).toBeLessThanOrEqual(result.last);
      expect(result.last).toBeLessThan(sizeBytes);
    }),
    { numRuns: 300 },
  );
});

describe("sliceBytes", () => {
  /** A body of `chunks`, and a record of how its source was used. */
  function source(chunks: readonly Uint8Array[]) {
    const used = { pulls: 0, isCancelled: false };
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const chunk = chunks[used.pulls];
          used.pulls += 1;
          if (chunk === undefined) controller.close();
          else controller.enqueue(chunk);
        },
        cancel() {
          used.isCancelled = true;
        },
      },
      { highWaterMark: 0 },
    );
    return { stream, used };
  }

  async function bytesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  test("passes the same bytes as a slice of the whole, however it is cut into chunks", async () => {
    const chunks = fc.array(fc.uint8Array({ maxLength: 8 }), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(chunks, fc.nat({ max: 70 }), fc.nat({ max: 70 }), async (parts, first, length) => {
        const whole = new Uint8Array(parts.flatMap((part) => [...part]));
        const part = await bytesOf(source(parts).stream.pipeThrough(sliceBytes(first, first + length)));
        expect([...part]).toEqual([...whole.slice(first, first + length + 1)]);
      }),
    );
  });

  test("ends after its last byte and cancels the source, which is not read to its end", async () => {
    const { stream, used } = source(Array.from({ length: 1000 }, () => new Uint8Array(1024)));
    const part = await bytesOf(stream.pipeThrough(sliceBytes(10, 2000)));
    expect(part.byteLength).toBe(1991);
    await expect.poll(() => used.isCancelled).toBe(true);
    expect(used.pulls).toBeLessThan(10);
  });

  test("cuts a body that comes out of the platform's cache", async () => {
    const whole = crypto.getRandomValues(new Uint8Array(60_000));
    const url = "https://range.example/body";
    await caches.default.put(url, new Response(whole, { headers: { "cache-control": "max-age=60" } }));
    const hit = await caches.default.match(url);
    const part = await bytesOf((hit?.body ?? new Blob().stream()).pipeThrough(sliceBytes(100, 40_000)));
    expect(part).toEqual(whole.slice(100, 40_001));
  });

  test("fills a stream of fixed length, which gives the part its Content-Length", async () => {
    const { stream } = source(Array.from({ length: 100 }, () => new Uint8Array(1024).fill(7)));
    const part = stream.pipeThrough(sliceBytes(1000, 2999)).pipeThrough(new FixedLengthStream(2000));
    expect((await bytesOf(part)).byteLength).toBe(2000);
  });

  test("passes on that the source failed", async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error("the origin hung up"));
      },
    });
    await expect(bytesOf(broken.pipeThrough(sliceBytes(0, 9)))).rejects.toThrow("the origin hung up");
  });

  test("passes on that the reader went away", async () => {
    const { stream, used } = source(Array.from({ length: 100 }, () => new Uint8Array(1024)));
    const reader = stream.pipeThrough(sliceBytes(0, 50_000)).getReader();
    await reader.read();
    await reader.cancel();
    await expect.poll(() => used.isCancelled).toBe(true);
  });
});
