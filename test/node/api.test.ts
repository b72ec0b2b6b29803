import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { FeedMessage, Frame } from "../../schema/feed.ts";
import { type Larder, startLarder } from "./support/larder.ts";
import { freeBasePort } from "./support/ports.ts";
import { type Site, startSite } from "./support/site.ts";
import { until } from "./support/until.ts";

const TOKEN = "a token of these tests";
const authorized = { authorization: `Bearer ${TOKEN}` };

let stateDirectory: string;
let site: Site;
let larder: Larder;

beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), "larder-api-"));
  site = await startSite();
  const options = ["--port", String(await freeBasePort()), "--origin", site.url, "--state", stateDirectory, "--fresh"];
  larder = await startLarder(options, { LARDER_TOKEN: TOKEN });
});

afterAll(async () => {
  await larder[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
  await rm(stateDirectory, { recursive: true, force: true });
});

const url = (path: string) => `${larder.coordinator}/.larder${path}`;

it("the OpenAPI document is valid, by somebody else's reading of the specification", async () => {
  const document = await (await fetch(url("/openapi.json"))).json();
  const { valid, errors } = await new Validator().validate(document as Record<string, unknown>);
  expect(errors ?? []).toEqual([]);
  expect(valid).toBe(true);
});

it("a client over a real connection sees its requests counted live, and its purges told", async () => {
  const created = await fetch(url("/v1/caches/default/tickets"), { method: "POST", headers: authorized });
  const { ticket } = (await created.json()) as { ticket: string };
  const socket = new WebSocket(url(`/v1/caches/default/live?ticket=${ticket}`).replace("http:", "ws:"), ["larder.v1"]);
  const frames: Frame[] = [];
  socket.addEventListener("message", ({ data }) => {
    const { frame } = JSON.parse(String(data)) as FeedMessage;
    frames.push(frame.json as Frame);
  });
  await until("the snapshot has come", async () => frames.length > 0);
  expect([socket.protocol, frames[0]?.type]).toEqual(["larder.v1", "snapshot"]);
  await fetch(`${larder.coordinator}/`);
  await until("the request is counted", async () =>
    frames.some((frame) => frame.type === "change" && frame.counts["gateway"]?.["misses.absent"] === 1),
  );
  const body = JSON.stringify({ everything: true, reason: "a test" });
  const headers = { ...authorized, "content-type": "application/json" };
  await fetch(url("/v1/caches/default/purge"), { method: "POST", headers, body });
  await until("the purge is told", async () =>
    frames.some(({ events }) => events.some((event) => event.kind === "purge" && event.reason === "a test")),
  );
  socket.close();
});

it("the namespace, its entries and its metrics are there to be read", async () => {
  const read = async (path: string) => (await fetch(url(path), { headers: authorized })).text();
  expect(JSON.parse(await read("/v1/namespaces"))).toMatchObject({ namespaces: [{ name: "default" }] });
  await until("the page is listed", async () => {
    // What was purged may be served until the isolate has heard of it.
    await (await fetch(`${larder.coordinator}/`)).text();
    const { entries } = JSON.parse(await read("/v1/caches/default/entries?state=fresh")) as { entries: object[] };
    return entries.length > 0;
  });
  expect(await read("/metrics")).toMatch(/^larder_up\{namespace="default"\} 1$/m);
});
