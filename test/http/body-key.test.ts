import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type BodyKey, type BodyKeyOptions, bodyKey } from "../../src/http/body-key.ts";

const bytes: BodyKeyOptions = { mostBytes: 1000, as: { kind: "bytes" } };
const graphql: BodyKeyOptions = { mostBytes: 1000, as: { kind: "graphql", persisted: "unknown" } };

function post(body: BodyInit | null, headers: HeadersInit = {}, url = "https://a.example/graphql"): Request {
  return new Request(url, { method: "POST", body, headers });
}

function json(body: unknown, headers: HeadersInit = {}, url?: string): Request {
  return post(JSON.stringify(body), { "content-type": "application/json", ...headers }, url);
}

function keyIn(result: BodyKey): string {
  if (result.kind !== "keyed") throw new Error(`not keyed: ${result.kind}`);
  return result.key;
}

async function keyOf(request: Request, options = bytes): Promise<string> {
  return keyIn(await bodyKey(request, options));
}

/** A body in chunks, which counts how many of them are taken. */
function inChunks(sizes: readonly number[]) {
  const taken = { chunks: 0, isCancelled: false };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const size = sizes[taken.chunks];
        if (size === undefined) return controller.close();
        controller.enqueue(new Uint8Array(size).fill(taken.chunks + 1));
        taken.chunks += 1;
      },
      cancel() {
        taken.isCancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { taken, stream };
}

function contentOf(sizes: readonly number[]): number[] {
  return sizes.flatMap((size, at) => Array.from({ length: size }, () => at + 1));
}

describe("the key of a body", () => {
  test("is 43 characters that a URL can hold, and the body comes with it", async () => {
    const result = await bodyKey(post("q=shoes", { "content-type": "text/plain" }), bytes);
    expect(result).toEqual({
      kind: "keyed",
      key: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      body: new TextEncoder().encode("q=shoes"),
    });
  });

  test("is one for equal bytes and equal fields, however these are spelled", async () => {
    const key = await keyOf(post("a", { "content-type": "text/plain;charset=UTF-8" }));
    expect(await keyOf(post("a", { "content-type": "Text/Plain ; charset=UTF-8" }))).toBe(key);
    expect(await keyOf(post("a", { "content-type": "text/plain;charset=UTF-8", "content-encoding": "" }))).toBe(key);
  });

  test("is another for other bytes, and for bytes that mean something else", async () => {
    const type = { "content-type": "text/plain" };
    const requests = [
      post("a", type),
      post("b", type),
      post("", type),
      post("a\n", type),
      post("a", { "content-type": "text/html" }),
      post("a", { "content-type": "text/plain;charset=UTF-8" }),
      post("a", { "content-type": "text/plain;charset=utf-8" }),
      post("a", { ...type, "content-encoding": "gzip" }),
      post("a", { ...type, "content-language": "de" }),
      post(new Uint8Array([97])),
    ];
    const keys = await Promise.all(requests.map((request) => keyOf(request)));
    expect(new Set(keys).size).toBe(requests.length);
  });

  test("of none is that of an empty one", async () => {
    const result = await bodyKey(post(null), bytes);
    expect(result).toMatchObject({ kind: "keyed", body: new Uint8Array() });
    expect(keyIn(result)).toBe(await keyOf(post(new Uint8Array())));
  });

  test("does not depend on how the body came in chunks", async () => {
    const whole = await keyOf(post(new Uint8Array(12).fill(1)));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 6 }), { maxLength: 6 }), async (sizes) => {
        const sum = sizes.reduce((total, size) => total + size, 0);
        const content = new Uint8Array(sum).fill(1);
        const stream = new ReadableStream<Uint8Array>({
          start(controller) {
            for (const size of sizes) if (size > 0) controller.enqueue(content.slice(0, size));
            controller.close();
          },
        });
        expect((await keyOf(post(stream))) === whole).toBe(sum === 12);
      }),
      { numRuns: 50 },
    );
  });

  test("is that of what it says, for GraphQL", async () => {
    const key = await keyOf(json({ query: "{ a  b }", variables: { x: 1, y: 2 } }), graphql);
    expect(await keyOf(json({ variables: { y: 2, x: 1 }, query: "{a,b}" }), graphql)).toBe(key);
    expect(await keyOf(json({ query: "{ a b }", variables: { x: 2, y: 1 } }), graphql)).not.toBe(key);
    expect(await keyOf(json({ query: "{a b}" }), graphql)).not.toBe(await keyOf(json({ query: "{a b}" }), bytes));
  });

  test("of a request whose body cannot be read is what reading it threw", async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new Error("the line broke")),
    });
    await expect(bodyKey(post(broken), bytes)).rejects.toThrow("the line broke");
    const used = post("a");
    await used.text();
    await expect(bodyKey(used, bytes)).rejects.toThrow(TypeError);
  });
});

describe("a body that is too big", () => {
  test("is not read where it says so", async () => {
    const { taken, stream } = inChunks([10]);
    const request = post(stream, { "content-length": "1001" });
    const result = await bodyKey(request, bytes);
    expect(result.kind).toBe("too-big");
    expect(result.body).toBe(request.body);
    expect(taken.chunks).toBe(0);
  });

  test("is read up to one chunk beyond the limit, and can be sent on whole", async () => {
    const sizes = [600, 300, 101, 5, 7];
    const { taken, stream } = inChunks(sizes);
    const result = await bodyKey(post(stream), bytes);
    expect(result.kind).toBe("too-big");
    expect(taken.chunks).toBe(3);
    expect([...new Uint8Array(await new Response(result.body).arrayBuffer())]).toEqual(contentOf(sizes));
  });

  test("is none at exactly the limit", async () => {
    const result = await bodyKey(post(inChunks([600, 400]).stream, { "content-length": "1000" }), bytes);
    expect(result.kind).toBe("keyed");
    expect([...(result.body as Uint8Array)]).toEqual(contentOf([600, 400]));
  });

  test("is given up where nobody wants the rest", async () => {
    const { taken, stream } = inChunks([600, 600, 600]);
    const result = await bodyKey(post(stream), bytes);
    await (result.body as ReadableStream).cancel();
    expect(taken).toEqual({ chunks: 2, isCancelled: true });
  });

  test("fails on when its rest does", async () => {
    let pulls = 0;
    const stream = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          pulls += 1;
          if (pulls === 1) controller.enqueue(new Uint8Array(2000));
          else controller.error(new Error("the line broke"));
        },
      },
      { highWaterMark: 0 },
    );
    const result = await bodyKey(post(stream), bytes);
    await expect(new Response(result.body).arrayBuffer()).rejects.toThrow("the line broke");
  });
});

describe("what is no GraphQL query is not keyed", () => {
  const query = { query: "{ a }" };

  test.each([
    ["a mutation", json({ query: "mutation { a }" }), "mutation"],
    ["a subscription", json({ query: "subscription { a }" }), "subscription"],
    ["an operation by its id", json({ id: "7" }), "persisted"],
    ["a body that is no JSON", post("{ a }", { "content-type": "application/json" }), "unparsable"],
    ["no body", post(null, { "content-type": "application/json" }), "unparsable"],
    [
      "bytes that are no UTF-8",
      post(new Uint8Array([0x22, 0xff, 0x22]), { "content-type": "application/json" }),
      "unparsable",
    ],
    ["a body of another type", json(query, { "content-type": "application/graphql" }), "unparsable"],
    ["a body without a type", json(query, { "content-type": "" }), "unparsable"],
    ["a body in another charset", json(query, { "content-type": "application/json;charset=utf-7" }), "unparsable"],
    ["an encoded body", json(query, { "content-encoding": "gzip" }), "unparsable"],
    ["a URL with another query", json(query, {}, "https://a.example/graphql?query=mutation{a}"), "unparsable"],
    ["a URL with variables", json(query, {}, "https://a.example/graphql?variables={}"), "unparsable"],
    ["a URL with an operation's name", json(query, {}, "https://a.example/graphql?operationName=A"), "unparsable"],
    ["a URL with extensions", json(query, {}, "https://a.example/graphql?extensions={}"), "unparsable"],
  ])("%s", async (_what, request, why) => {
    const sent = new Uint8Array(await request.clone().arrayBuffer());
    expect(await bodyKey(request, graphql)).toEqual({ kind: "not-a-query", why, body: sent });
  });

  test.each([
    "application/json",
    "Application/JSON; Charset=UTF-8",
    'application/json;charset="utf-8"',
    "application/graphql+json",
  ])("but one of type %s is", async (type) => {
    expect((await bodyKey(json(query, { "content-type": type }), graphql)).kind).toBe("keyed");
  });
});
