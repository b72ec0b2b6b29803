import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { seeded } from "../../../scripts/simulate/random.ts";

const FAILURES = ["error", "away", "reset", "crowded"] as const;

/** What the server makes of a request that it has a token for. */
type Fate = "confirmed" | (typeof FAILURES)[number];

/** A request that has reached it. */
export interface Received {
  readonly atMs: number;
  /** `tag a`, `prefix a.example/p`. */
  readonly operations: readonly string[];
  /** Whether its bucket was empty. */
  readonly tooMany: boolean;
  readonly status: number | "reset";
  /** When it was answered, as far as the server can tell; undefined where its caller had gone, or it was reset. */
  answeredAtMs?: number;
  /** Seconds it was told to stay away for. */
  readonly retryAfter?: number;
}

export interface ZoneApiOptions {
  readonly perSecond: number;
  readonly bucket: number;
  /** What fails at random does so in the same order for the same seed. */
  readonly seed: number;
  /** Of requests that are not too many: how many fail. */
  readonly failing: number;
  /** Operations that it refuses. */
  readonly refuses: readonly string[];
}

/**
 * Cloudflare's purge API as its documentation describes it, for one zone: `POST /zones/<id>/purge_cache` with a bearer
 * token; one kind of operations in a request, at most a hundred, and of prefixes and hosts thirty; a token bucket
 * (developers.cloudflare.com/cache/how-to/purge-cache). It fails at random in between.
 */
export interface ZoneApi extends AsyncDisposable {
  readonly url: string;
  /** In the order in which they came. */
  readonly received: readonly Received[];
  /** What the documentation forbids, and was done all the same. */
  readonly complaints: readonly string[];
  /** Keeps the next request without an answer, until `release`; resolves once it is there. */
  hold(): Promise<void>;
  release(): void;
}

export const ZONE_ID = "0123456789abcdef0123456789abcdef";
export const TOKEN = "a-token-of-the-zone";

const KINDS: Readonly<Record<string, { kind: string; most: number }>> = {
  tags: { kind: "tag", most: 100 },
  prefixes: { kind: "prefix", most: 30 },
  hosts: { kind: "host", most: 30 },
};

export async function startZoneApi(options: ZoneApiOptions): Promise<ZoneApi> {
  const received: Received[] = [];
  const complaints: string[] = [];
  const random = seeded(options.seed);
  let tokens = options.bucket;
  let filledAtMs = performance.now();
  let underWay = 0;
  let held: { readonly arrived: () => void; readonly released: Promise<void> } | undefined;
  let release = () => {};

  const takeToken = (): boolean => {
    const nowMs = performance.now();
    tokens = Math.min(options.bucket, tokens + ((nowMs - filledAtMs) / 1000) * options.perSecond);
    filledAtMs = nowMs;
    // The clocks of two processes do not run alike to the last bit.
    if (tokens < 0.99) return false;
    tokens -= 1;
    return true;
  };

  let failed = 0;
  /** At random, and of those that fail each in another way than the one before. */
  const fateOf = (): Fate => {
    if (random() >= options.failing) return "confirmed";
    failed += 1;
    return FAILURES[failed % FAILURES.length] ?? "error";
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const operations = operationsIn(request, body, complaints);
    const tooMany = !takeToken();
    const isRefused = operations.some((operation) => options.refuses.includes(operation));
    const known = { atMs: performance.now(), operations, tooMany };
    const record = (rest: Pick<Received, "status" | "retryAfter">): Received => {
      const entry: Received = { ...known, ...rest };
      received.push(entry);
      response.on("finish", () => {
        entry.answeredAtMs = performance.now();
      });
      return entry;
    };
    const holding = held;
    if (holding !== undefined) {
      held = undefined;
      holding.arrived();
      await holding.released;
      // Whoever asked has gone by now.
      if (response.destroyed) return void record({ status: "reset" });
    }
    await delay(random() * 40);
    if (tooMany) return send(response, record({ status: 429, retryAfter: Math.ceil(1 / options.perSecond) }));
    if (isRefused) return send(response, record({ status: 400 }));
    switch (fateOf()) {
      case "confirmed":
        return send(response, record({ status: 200 }));
      case "error":
        return send(response, record({ status: 500 }));
      case "away":
        return send(response, record({ status: 503, retryAfter: 1 }));
      case "crowded":
        return send(response, record({ status: 429, retryAfter: 1 }));
      case "reset":
        record({ status: "reset" });
        request.socket.destroy();
    }
  };

  const server = createServer((request, response) => {
    underWay += 1;
    if (underWay > 1) complaints.push(`${underWay} requests at once`);
    response.on("close", () => {
      underWay -= 1;
    });
    void answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the API has no port");
  return {
    url: `http://127.0.0.1:${address.port}/client/v4`,
    received,
    complaints,
    hold() {
      const { promise: released, resolve: letGo } = Promise.withResolvers<void>();
      const { promise: there, resolve: arrived } = Promise.withResolvers<void>();
      held = { arrived, released };
      release = letGo;
      return there;
    },
    release: () => release(),
    async [Symbol.asyncDispose]() {
      release();
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function operationsIn(request: IncomingMessage, body: string, complaints: string[]): readonly string[] {
  const complain = (what: string) => void complaints.push(what);
  if (request.method !== "POST") complain(`asked by ${request.method}`);
  if (request.url !== `/client/v4/zones/${ZONE_ID}/purge_cache`) complain(`asked at ${request.url}`);
  if (request.headers.authorization !== `Bearer ${TOKEN}`) complain(`asked as ${request.headers.authorization}`);
  const fields = Object.entries(JSON.parse(body) as Record<string, string[]>);
  if (fields.length !== 1) complain(`${fields.length} kinds in one request`);
  return fields.flatMap(([field, values]) => {
    const { kind, most } = KINDS[field] ?? { kind: field, most: 0 };
    if (values.length < 1 || values.length > most) complain(`${values.length} ${field} in one request`);
    if (new Set(values).size < values.length) complain(`something twice in one request: ${values.join()}`);
    return values.map((value) => `${kind} ${value}`);
  });
}

function send(response: ServerResponse, { status, retryAfter }: Received): void {
  const success = status === 200;
  const errors = success ? [] : [{ code: status === 400 ? 1016 : 10_000 + Number(status), message: "no" }];
  response.writeHead(Number(status), {
    "content-type": "application/json",
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
  });
  response.end(JSON.stringify({ success, errors, messages: [], result: success ? { id: "purge" } : null }));
}
