import { expect, it } from "vitest";
import { cache } from "../../src/client/index.ts";
import { apiWith, TOKEN } from "../support/api.ts";
import { freshNamespace, freshUrl } from "../support/fresh.ts";

const api = apiWith();

/** A namespace with two pages tagged alike, and the calls that go to it. */
async function stocked() {
  const namespace = freshNamespace();
  const pages = cache({ name: "pages", namespace, ttlSeconds: 60 });
  const urls = [freshUrl("/1"), freshUrl("/2")];
  for (const url of urls) await pages.put(url, new Response(url), { tags: ["t"] });
  const call = async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const response = await api(new Request(`https://larder.example/.larder/v1/caches/${namespace}${path}`, init));
    return { status: response.status, json: await response.json(), version: response.headers.get("larder-version") };
  };
  const left = async () => {
    const found = await Promise.all(urls.map((url) => pages.match(url, { consistency: "strong" })));
    return found.filter((response) => response !== undefined).length;
  };
  return { call, left };
}

it("a dry run tells what a purge would hit, and changes nothing", async () => {
  const { call, left } = await stocked();
  const { status, json, version } = await call("POST", "/purge", { tags: ["t"], dryRun: true });
  expect([status, version]).toEqual([200, null]);
  expect(json).toMatchObject({ dryRun: true, purged: 2, share: 1, keys: [expect.any(String), expect.any(String)] });
  expect(await left()).toBe(2);
});

it("a purge that would hit too many is refused with 409", async () => {
  const { call, left } = await stocked();
  const { status, json } = await call("POST", "/purge", { tags: ["t"], maxEntries: 1 });
  expect(status).toBe(409);
  expect(json).toMatchObject({ code: "too-many-entries", field: "maxEntries", limit: 1 });
  expect(await left()).toBe(2);
});

it("the history tells who purged what and why, in pages, and a purge is taken back by its number", async () => {
  const { call, left } = await stocked();
  await call("POST", "/purge", { prefix: "https://nothing.example/" });
  const { version } = await call("POST", "/purge", { tags: ["t"], reason: "a mistake" });
  expect(await left()).toBe(0);
  const first = await call("GET", "/purges?limit=1");
  expect(first.json).toMatchObject({
    purges: [
      { seq: 2, by: "token", reason: "a mistake", mode: "hard", purged: 2, version, selectors: [{ tags: ["t"] }] },
    ],
    before: 2,
  });
  expect((await call("GET", "/purges?before=2")).json).toMatchObject({ purges: [{ seq: 1, purged: 0 }] });
  const revoked = await call("POST", "/purges/2/revoke");
  expect(revoked).toMatchObject({ status: 200, json: { restored: 2 }, version: expect.stringMatching(/-3$/) });
  expect(await left()).toBe(2);
  expect((await call("GET", "/purges")).json).toMatchObject({
    purges: [{ seq: 2, revoked: { seq: 3, restored: 2 } }, {}],
  });
});

it.each([
  ["POST", "/purges/9/revoke", 404, "not-found", "seq"],
  ["POST", "/purges/x/revoke", 400, "invalid-input", "seq"],
  ["GET", "/purges?limit=0", 400, "invalid-input", "limit"],
  ["GET", "/purges?limit=201", 400, "invalid-input", "limit"],
  ["GET", "/purges?before=x", 400, "invalid-input", "before"],
  ["GET", "/purges?page=2", 400, "invalid-input", "page"],
] as const)("%s %s is refused with %i %s", async (method, path, status, code, field) => {
  const { call } = await stocked();
  const answer = await call(method, path);
  expect(answer.status).toBe(status);
  expect(answer.json).toMatchObject({ code, field });
});
