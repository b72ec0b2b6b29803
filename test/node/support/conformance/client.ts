import { Agent, request as send } from "node:http";
import type { Sent } from "../../../conformance/case.ts";
import type { Reply } from "../../../conformance/judge.ts";
import { type Fill, pairsOf, resolvedLines } from "./lines.ts";

/** Longer than anything a case waits for. */
const TIMEOUT_MS = 15_000;

/** Connections to the gateway that are kept; node:http adds no fields of its own and follows nothing. */
export function createClient(gateway: string): (base: string, sent: Sent, fill: Fill) => Promise<Reply> {
  const { hostname, port, host } = new URL(gateway);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  return (base, sent, fill) => {
    const { method = "GET", path = "page", query = "", headers = [], body } = sent;
    const length: [string, string][] = body === undefined ? [] : [["Content-Length", String(Buffer.byteLength(body))]];
    const lines = [["Host", sent.host ?? host], ...length, ...resolvedLines(headers, fill)];
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const outgoing = send({
      agent,
      hostname,
      port,
      method,
      path: `${base}/${path}${query}`,
      headers: lines.flat(),
      timeout: TIMEOUT_MS,
    });
    const interim: number[] = [];
    outgoing.on("information", ({ statusCode }) => interim.push(statusCode));
    outgoing.on("timeout", () => outgoing.destroy(new Error("the gateway did not answer")));
    outgoing.on("error", reject);
    outgoing.on("response", (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", () => undefined);
      incoming.on("close", () => {
        resolve({
          status: incoming.statusCode ?? 0,
          lines: pairsOf(incoming.rawHeaders),
          body: Buffer.concat(chunks).toString("latin1"),
          interim,
          trailers: pairsOf(incoming.rawTrailers),
          end: incoming.complete ? "whole" : "cut",
        });
      });
    });
    outgoing.end(body);
    return promise;
  };
}
