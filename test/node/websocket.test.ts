import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { expect, it } from "vitest";
import { startLarder } from "./support/larder.ts";
import { freeBasePort } from "./support/ports.ts";

/** RFC 6455 section 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** An origin that switches to WebSocket and sends the first message back, after the request's URL. */
async function startEcho() {
  const switched: Duplex[] = [];
  const server = createServer((_, response) => response.writeHead(426).end());
  server.on("upgrade", (request, socket) => {
    const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}${GUID}`).digest("base64");
    const lines = ["Upgrade: websocket", "Connection: Upgrade", `Sec-WebSocket-Accept: ${accept}`];
    socket.on("error", () => undefined);
    // The server no longer knows it, and would wait for it to be closed.
    switched.push(socket);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
    socket.once("data", (frame: Buffer) => {
      // One masked frame of less than 126 bytes (section 5.2).
      const masked = frame.subarray(6, 6 + ((frame[1] ?? 0) & 0x7f));
      const text = Buffer.from(masked.map((byte, nth) => byte ^ (frame[2 + (nth % 4)] ?? 0)));
      const payload = Buffer.concat([Buffer.from(`${request.url} `), text]);
      socket.write(Buffer.concat([Buffer.from([0x81, payload.length]), payload]));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the origin has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      for (const socket of switched) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

it("a WebSocket goes through the gateway to the origin and back", async () => {
  await using started = new AsyncDisposableStack();
  const stateDirectory = await mkdtemp(join(tmpdir(), "larder-websocket-"));
  started.defer(() => rm(stateDirectory, { recursive: true, force: true }));
  const origin = started.use(await startEcho());
  const args = ["--port", String(await freeBasePort()), "--origin", origin.url, "--state", stateDirectory];
  const larder = started.use(await startLarder(args));
  const socket = new WebSocket(`${larder.coordinator.replace("http:", "ws:")}/chat?room=1`);
  await once(socket, "open");
  socket.send("hello");
  const [message] = await once(socket, "message");
  expect(message.data).toBe("/chat?room=1 hello");
  socket.close();
});
