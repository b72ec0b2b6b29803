import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { Answer } from "../../../conformance/case.ts";
import type { Asked } from "../../../conformance/judge.ts";
import { type Fill, pairsOf, resolvedLines } from "./lines.ts";

/** What the origin knows of one case while it runs. */
export interface Script {
  /** The path all of the case's URLs begin with. */
  readonly base: string;
  readonly fill: Fill;
  readonly asked: Asked[];
  /** What is answered now, and how often that has happened. */
  answers: readonly Answer[];
  answered: number;
}

/** An origin that answers under each case's path what its script says at that time, and writes down what it was asked. */
export interface Origin extends AsyncDisposable {
  readonly url: string;
  add(script: Script): void;
}

/** Said where a case says nothing: not to be kept, or a mistake in one step would hide in the next. */
const NOTHING_SAID: Answer = { headers: [["Cache-Control", "no-store"]] };

export async function startOrigin(): Promise<Origin> {
  const scripts = new Map<string, Script>();
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    const base = /^\/[^/?]+/.exec(request.url ?? "")?.[0] ?? "";
    const script = scripts.get(base);
    if (script === undefined) {
      response.writeHead(404).end();
      return;
    }
    void answer(script, request, response);
  });
  // A client that ends its connection in the middle is no fault of the suite.
  server.on("clientError", (_error, socket: Socket) => socket.destroy());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the origin has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    add: (script) => scripts.set(script.base, script),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(script: Script, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { fill } = script;
  const body = (await buffer(request)).toString("latin1");
  const answers = script.answers.length === 0 ? [NOTHING_SAID] : script.answers;
  const scripted = answers[Math.min(script.answered, answers.length - 1)] ?? NOTHING_SAID;
  const said =
    scripted.status === 304 && scripted.unasked !== true && !isConditional(request) ? NOTHING_SAID : scripted;
  script.answered += 1;
  const { status = 200, fault, interim = [], trailers, delayMs = 0 } = said;
  const text = said.body ?? `#${script.asked.length + 1}`;
  const content = said.encoding === "gzip" ? gzipSync(text, { level: 1 }) : Buffer.from(text, "latin1");
  const lines = headerLines(said, status, content.length, fill);
  const target = (request.url ?? "").slice(script.base.length + 1);
  script.asked.push({
    method: request.method ?? "",
    target,
    lines: pairsOf(request.rawHeaders),
    body,
    answered: { status, lines, body: text, encoded: content.toString("latin1") },
  });
  if (delayMs > 0) await delay(delayMs);
  if (fault === "close") {
    response.socket?.destroy();
    return;
  }
  for (const { status: early, headers } of interim) {
    const fields = resolvedLines(headers ?? [], fill).map(([name, value]) => `${name}: ${value}\r\n`);
    response.socket?.write(`HTTP/1.1 ${early} Early\r\n${fields.join("")}\r\n`, "latin1");
  }
  response.sendDate = false;
  response.writeHead(status, lines.flat());
  if (fault !== undefined) {
    response.write(content, () => response.socket?.destroy());
    return;
  }
  if (trailers !== undefined) response.addTrailers(resolvedLines(trailers, fill));
  const hasBody = request.method !== "HEAD" && status !== 204 && status !== 304;
  response.end(hasBody ? content : undefined);
}

function isConditional({ headers }: IncomingMessage): boolean {
  return headers["if-none-match"] !== undefined || headers["if-modified-since"] !== undefined;
}

/** The lines the answer names, and those an ordinary server adds of its own. */
function headerLines(said: Answer, status: number, length: number, fill: Fill): [string, string][] {
  const lines = resolvedLines(said.headers ?? [], fill);
  const has = (name: string) => lines.some(([line]) => line.toLowerCase() === name);
  if (said.date !== "none" && !has("date")) lines.push(["Date", new Date().toUTCString()]);
  if (said.encoding !== undefined) lines.push(["Content-Encoding", said.encoding]);
  const isChunked = said.trailers !== undefined || said.fault === "cut-chunked" || has("transfer-encoding");
  if (isChunked && !has("transfer-encoding")) lines.push(["Transfer-Encoding", "chunked"]);
  if (status !== 204 && status !== 304 && !isChunked && !has("content-length")) {
    lines.push(["Content-Length", String(said.fault === "cut" ? length + 1000 : length)]);
  }
  return lines;
}
