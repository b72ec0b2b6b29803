import { describe, expect, it } from "vitest";
import { TOKEN_PROTOCOL } from "../../schema/feed-protocol.ts";
import { apiWith, objectNamed, TOKEN } from "../support/api.ts";
import { freshNamespace } from "../support/fresh.ts";

const api = apiWith();

function open(namespace: string, { query = "", headers = {} }: { query?: string; headers?: Record<string, string> }) {
  const url = `https://a.example/.larder/v1/caches/${namespace}/live${query}`;
  return api(new Request(url, { headers: { Upgrade: "websocket", ...headers } }));
}

const bearer = { Authorization: `Bearer ${TOKEN}` };
const encoded = (token: string) => btoa(token).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The first message of a connection. */
async function first(response: Response): Promise<{ n: number; frame: { json: { type: string } } }> {
  const { webSocket } = response;
  if (webSocket == null) throw new Error(`no WebSocket: ${response.status} ${await response.text()}`);
  const message = new Promise<string>((resolve) =>
    webSocket.addEventListener("message", ({ data }) => resolve(String(data))),
  );
  webSocket.accept();
  const text = await message;
  webSocket.close(1000);
  return JSON.parse(text);
}

async function ticketFor(namespace: string): Promise<string> {
  const url = `https://a.example/.larder/v1/caches/${namespace}/tickets`;
  const response = await api(new Request(url, { method: "POST", headers: bearer }));
  expect(response.status).toBe(201);
  return (await response.json<{ ticket: string }>()).ticket;
}

describe("the live feed is opened", () => {
  it("by the token in its header, for whoever can set one", async () => {
    const opened = await open(freshNamespace(), { headers: bearer });
    expect(opened.status).toBe(101);
    expect(await first(opened)).toMatchObject({ v: 1, n: 1, frame: { json: { type: "snapshot" } } });
  });

  it("by the token as a subprotocol, and answers with the other that was offered", async () => {
    const headers = { "Sec-WebSocket-Protocol": `larder.v1, ${TOKEN_PROTOCOL}${encoded(TOKEN)}` };
    const opened = await open(freshNamespace(), { headers });
    expect([opened.status, opened.headers.get("Sec-WebSocket-Protocol")]).toEqual([101, "larder.v1"]);
    opened.webSocket?.accept();
    opened.webSocket?.close(1000);
  });

  it("by a ticket, once, in its own namespace", async () => {
    const namespace = freshNamespace();
    const query = `?ticket=${await ticketFor(namespace)}&kinds=purges`;
    const elsewhere = await open(freshNamespace(), { query });
    expect(await elsewhere.json()).toMatchObject({ status: 401, code: "unauthorized", field: "ticket" });
    expect(await first(await open(namespace, { query }))).toMatchObject({ n: 1 });
    const again = await open(namespace, { query });
    expect(await again.json()).toMatchObject({ status: 401, field: "ticket" });
  });

  it.each([
    ["no token", {}],
    ["a wrong token", { Authorization: "Bearer wrong" }],
    ["a wrong token as a subprotocol", { "Sec-WebSocket-Protocol": `larder.v1, ${TOKEN_PROTOCOL}${encoded("wrong")}` }],
    ["what is no base64 as a subprotocol", { "Sec-WebSocket-Protocol": `${TOKEN_PROTOCOL}*` }],
    ["an empty one", { "Sec-WebSocket-Protocol": TOKEN_PROTOCOL }],
  ])("not by %s", async (_, headers) => {
    const refused = await open(freshNamespace(), { headers: headers as Record<string, string> });
    expect([refused.status, refused.webSocket]).toEqual([401, null]);
    expect(refused.headers.get("WWW-Authenticate")).toContain('Bearer realm="larder"');
  });

  it("not by a subprotocol where the route is no feed", async () => {
    const headers = { "Sec-WebSocket-Protocol": `${TOKEN_PROTOCOL}${encoded(TOKEN)}` };
    const refused = await api(new Request("https://a.example/.larder/v1/caches/n/stats", { headers }));
    expect(refused.status).toBe(401);
  });

  it("not where there is no token configured, whatever ticket comes", async () => {
    const namespace = freshNamespace();
    const { ticket } = await objectNamed(namespace).ticket();
    const url = `https://a.example/.larder/v1/caches/${namespace}/live?ticket=${ticket}`;
    const closed = await apiWith({ token: "" })(new Request(url, { headers: { Upgrade: "websocket" } }));
    expect(await closed.json()).toMatchObject({ status: 403, code: "api-closed" });
  });

  it("not when there are too many already, and says when to come back", async () => {
    const full = { fetch: async () => new Response(null, { status: 503 }) };
    const crowded = apiWith({ namespace: () => full as never });
    const url = "https://a.example/.larder/v1/caches/n/live";
    const refused = await crowded(new Request(url, { headers: { Upgrade: "websocket", ...bearer } }));
    expect([refused.status, refused.headers.get("Retry-After")]).toEqual([503, "10"]);
    expect(await refused.json()).toMatchObject({ code: "unreachable" });
  });
});
