import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Answer, type Ask, ask } from "./support/http.ts";
import { type Larder, startLarder } from "./support/larder.ts";
import { freeBasePort } from "./support/ports.ts";
import { etagOf, files, lastModified, type Site, startSite, textPage } from "./support/site.ts";
import { until } from "./support/until.ts";

let stateDirectory: string;
let site: Site;
let larder: Larder;

beforeAll(async () => {
  stateDirectory = await mkdtemp(join(tmpdir(), "larder-gateway-"));
  site = await startSite();
  const port = String(await freeBasePort());
  larder = await startLarder(["--port", port, "--origin", site.url, "--state", stateDirectory, "--fresh"]);
});

afterAll(async () => {
  await larder[Symbol.asyncDispose]();
  await site[Symbol.asyncDispose]();
  await rm(stateDirectory, { recursive: true, force: true });
});

const get = (target: string, options?: Ask) => ask(`${larder.coordinator}${target}`, options);

/** A response is stored behind the answer, so the very next request may still come too early. */
async function untilHit(target: string, options?: Ask): Promise<Answer> {
  return until(`${target} is cached`, async () => {
    const answer = await get(target, options);
    return answer.isHit && answer;
  });
}

it("says that the coordinator is all there is", () => {
  expect(larder.app).toBe(larder.coordinator);
  expect(larder.hints).toContain(site.url);
});

describe("what may be stored", () => {
  it.each(Object.entries(files))(
    "%s is the same, byte for byte, from the origin and from the cache",
    async (path, file) => {
      const first = await get(path);
      const second = await untilHit(path);
      const asked = site.asked(`GET ${path}`);
      const third = await get(path);
      expect([first.isHit, third.isHit]).toEqual([false, true]);
      expect(site.asked(`GET ${path}`)).toBe(asked);
      for (const answer of [first, second, third]) {
        expect(answer.status).toBe(200);
        expect(answer.headers).toMatchObject({
          "content-type": file.type,
          "content-length": String(file.body.length),
          "cache-control": "public, max-age=600",
          etag: etagOf(file.body),
          "last-modified": lastModified,
        });
        expect(answer.body.equals(file.body)).toBe(true);
      }
      expect(Number(third.headers.age)).toBeGreaterThanOrEqual(0);
    },
  );

  it("answers many at once with the same bytes", async () => {
    await untilHit("/big.bin");
    const asked = site.asked("GET /big.bin");
    const answers = await Promise.all(Array.from({ length: 8 }, () => get("/big.bin")));
    expect(answers.every(({ body }) => body.equals(files["/big.bin"].body))).toBe(true);
    expect(site.asked("GET /big.bin")).toBe(asked);
  });

  it("keeps a 404 that its origin lets it keep", async () => {
    expect(await get("/nothing")).toMatchObject({ status: 404, isHit: false });
    const second = await untilHit("/nothing");
    expect(second.status).toBe(404);
    expect(second.body.toString()).toBe("<h1>No such page</h1>");
  });

  it("passes queries on as they are, and keeps each apart", async () => {
    for (const target of ["/echo?b=2&a=%2F%20+x&b=1", "/echo?", "/echo?q=caf%C3%A9", "/echo?q=", "/echo"]) {
      const { body } = await get(target);
      expect(body.toString().replace(/\?$/, ""), target).toBe(target.replace(/\?$/, ""));
    }
    expect((await untilHit("/echo?q=caf%C3%A9")).body.toString()).toBe("/echo?q=caf%C3%A9");
    expect((await untilHit("/echo?q=")).body.toString()).toBe("/echo?q=");
  });

  it("passes a redirect through, from the cache too, and follows none", async () => {
    const about = site.asked("GET /about?from=old");
    for (const { status, headers } of [await get("/old"), await untilHit("/old")]) {
      expect([status, headers.location]).toEqual([301, "/about?from=old#top"]);
    }
    expect(site.asked("GET /about?from=old")).toBe(about);
    expect(await get("/away")).toMatchObject({ status: 302, headers: { location: "http://elsewhere.invalid/" } });
  });
});

describe("what may not be stored", () => {
  it("asks the origin every time for a page that says no-store", async () => {
    for (let nth = 1; nth <= 4; nth++) {
      const answer = await get("/account");
      expect([answer.body.toString(), answer.isHit]).toEqual([`visit ${nth}`, false]);
      expect(answer.headers["cache-control"]).toBe("no-store");
    }
  });

  it("gives each visitor the cookies that were set for them, and nobody else's", async () => {
    for (let nth = 1; nth <= 3; nth++) {
      const answer = await get("/login");
      expect([answer.body.toString(), answer.isHit]).toEqual([`login ${nth}`, false]);
      expect(answer.headers["set-cookie"]).toEqual(["session=a; Path=/", "theme=dark"]);
    }
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"])("forwards every %s with its body", async (method) => {
    const body = randomBytes(300_000);
    const before = site.asked(`${method} /orders`);
    for (let count = 1; count <= 2; count++) {
      const answer = await get("/orders", { method, body });
      expect(answer).toMatchObject({
        status: 201,
        isHit: false,
        headers: { "x-method": method, location: "/orders/7" },
      });
      expect(answer.body.equals(body)).toBe(true);
      expect(site.asked(`${method} /orders`)).toBe(before + count);
    }
  });

  it("never sends its own paths to the origin", async () => {
    for (const target of [
      "/.larder",
      "/.larder/",
      "/.larder/v1/caches/default/stats",
      "/.larder/x?y",
      "/.larder//",
      "/%2elarder/v1",
    ]) {
      expect((await get(target)).status, target).toBeGreaterThanOrEqual(400);
    }
    expect(site.targets().filter((target) => /larder/.test(target))).toEqual([]);
  });
});

describe("on a cached entry", () => {
  const path = "/big.bin";
  const { body } = files[path];
  let asked: number;

  beforeAll(async () => {
    await untilHit(path);
    asked = site.asked(`GET ${path}`);
  });

  it.each([
    ["bytes=0-0", 0, 1],
    ["bytes=100-199", 100, 200],
    ["bytes=5242870-", 5242870, body.length],
    ["bytes=-10", body.length - 10, body.length],
    ["bytes=5242879-9999999", body.length - 1, body.length],
  ])("answers Range: %s", async (range, start, end) => {
    const answer = await get(path, { headers: { Range: range } });
    expect(answer).toMatchObject({
      status: 206,
      isHit: true,
      headers: { "content-range": `bytes ${start}-${end - 1}/${body.length}`, "content-length": String(end - start) },
    });
    expect(answer.body.equals(body.subarray(start, end))).toBe(true);
    expect(site.asked(`GET ${path}`)).toBe(asked);
  });

  it("answers 416 to a range that lies outside, and everything to one it cannot read", async () => {
    const outside = await get(path, { headers: { Range: "bytes=9999999-" } });
    expect(outside).toMatchObject({ status: 416, headers: { "content-range": `bytes */${body.length}` } });
    const unreadable = await get(path, { headers: { Range: "lines=1-2" } });
    expect(unreadable.status).toBe(200);
    expect(unreadable.body.equals(body)).toBe(true);
  });

  it("answers a range only for the version that If-Range names", async () => {
    const same = await get(path, { headers: { Range: "bytes=0-9", "If-Range": etagOf(body) } });
    expect(same.status).toBe(206);
    const other = await get(path, { headers: { Range: "bytes=0-9", "If-Range": '"another"' } });
    expect(other.status).toBe(200);
    expect(other.body.equals(body)).toBe(true);
  });

  it.each([
    ["If-None-Match", etagOf(body)],
    ["If-None-Match", `"another", W/${etagOf(body)}`],
    ["If-None-Match", "*"],
    ["If-Modified-Since", lastModified],
  ])("answers 304 to %s: %s", async (name, value) => {
    const answer = await get(path, { headers: { [name]: value } });
    expect(answer).toMatchObject({ status: 304, headers: { etag: etagOf(body) } });
    expect(answer.body).toHaveLength(0);
    expect(site.asked(`GET ${path}`)).toBe(asked);
  });

  it.each([
    ["If-None-Match", '"another"'],
    ["If-Modified-Since", "Tue, 20 Oct 2026 07:28:00 GMT"],
  ])("answers in full to %s: %s", async (name, value) => {
    const answer = await get(path, { headers: { [name]: value } });
    expect(answer).toMatchObject({ status: 200, isHit: true });
    expect(answer.body.equals(body)).toBe(true);
  });

  it("answers HEAD with the headers alone", async () => {
    const answer = await get(path, { method: "HEAD" });
    expect(answer).toMatchObject({
      status: 200,
      headers: {
        etag: etagOf(body),
        "content-length": String(body.length),
        "content-type": "application/octet-stream",
      },
    });
    expect(answer.body).toHaveLength(0);
  });
});

describe("on a page that is not cached yet", () => {
  it("a condition or a range of the first visitor does not become the next one's page", async () => {
    const whole = "/about?conditional";
    const { body } = files["/about"];
    const first = await get(whole, { headers: { "If-None-Match": etagOf(body) } });
    expect([200, 304]).toContain(first.status);
    expect((await untilHit(whole)).body.equals(body)).toBe(true);

    const ranged = "/about?ranged";
    const part = await get(ranged, { headers: { Range: "bytes=2-5" } });
    expect([200, 206]).toContain(part.status);
    expect(part.body.equals(part.status === 206 ? body.subarray(2, 6) : body)).toBe(true);
    const next = await untilHit(ranged);
    expect(next.status).toBe(200);
    expect(next.body.equals(body)).toBe(true);
  });

  it("a HEAD is answered and leaves the page to be got in full", async () => {
    const target = "/about?head";
    const head = await get(target, { method: "HEAD" });
    expect(head.status).toBe(200);
    expect(head.body).toHaveLength(0);
    expect((await get(target)).body.equals(files["/about"].body)).toBe(true);
    expect((await untilHit(target)).body.equals(files["/about"].body)).toBe(true);
  });
});

describe("a page compressed by its origin", () => {
  it.each(["gzip first", "plain first"])("is right for clients with gzip and without, %s", async (order) => {
    const target = `/text?${encodeURIComponent(order)}`;
    const gzip = { headers: { "Accept-Encoding": "gzip, deflate, br" } };
    const clients: readonly Ask[] = [gzip, {}, { headers: { "Accept-Encoding": "identity" } }];
    for (const client of order === "gzip first" ? clients : clients.toReversed()) {
      for (const answer of [await get(target, client), await untilHit(target, client)]) {
        expect(answer.status).toBe(200);
        const compressed = answer.headers["content-encoding"] === "gzip";
        if (compressed) expect(client).toBe(gzip);
        else expect(answer.headers["content-encoding"]).toBeUndefined();
        expect((compressed ? gunzipSync(answer.body) : answer.body).equals(textPage)).toBe(true);
        expect(answer.headers.vary?.toLowerCase()).toContain("accept-encoding");
      }
    }
    expect((await get(target, gzip)).headers["content-encoding"]).toBe("gzip");
  });
});

it("answers 502 while its origin is down, and what it has cached goes on", async () => {
  const port = String(await freeBasePort());
  let gone: Site;
  {
    await using brief = await startSite();
    gone = brief;
    await using gateway = await startLarder(["--port", port, "--origin", brief.url, "--state", stateDirectory]);
    const logo = `${gateway.coordinator}/logo.svg`;
    await until("the logo is cached", async () => (await ask(logo)).isHit);
  }
  await using gateway = await startLarder(["--port", port, "--origin", gone.url, "--state", stateDirectory]);
  expect((await ask(`${gateway.coordinator}/about`)).status).toBe(502);
  const logo = await ask(`${gateway.coordinator}/logo.svg`);
  expect(logo.isHit).toBe(true);
  expect(logo.body.equals(files["/logo.svg"].body)).toBe(true);
});
