import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Miniflare } from "miniflare";
import { beforeAll, expect, test } from "vitest";
import type { ZoneStatus } from "../../schema/zone.ts";
import { type BundledWorker, bundleWorker } from "../../scripts/start/bundle.ts";
import { runWorkers } from "../../scripts/start/runtime.ts";
import { freeBasePort } from "./support/ports.ts";
import { until } from "./support/until.ts";
import type { ZoneApi } from "./support/zone-api.ts";
import { startZoneApi, TOKEN, ZONE_ID } from "./support/zone-api.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const HEADERS = { Authorization: "Bearer secret", "Content-Type": "application/json" };

let worker: BundledWorker;
beforeAll(async () => {
  worker = await bundleWorker(join(root, "wrangler.toml"));
});

/** A coordinator that purges the zone of `api`, and may be killed and started again. */
class Coordinator implements AsyncDisposable {
  readonly #api: ZoneApi;
  readonly #plan: string;
  readonly #state: string;
  readonly #port: number;
  #miniflare: Miniflare | undefined;

  private constructor(api: ZoneApi, plan: string, state: string, port: number) {
    this.#api = api;
    this.#plan = plan;
    this.#state = state;
    this.#port = port;
  }

  static async of(api: ZoneApi, plan: string): Promise<Coordinator> {
    const state = await mkdtemp(join(tmpdir(), "larder-zone-"));
    const coordinator = new Coordinator(api, plan, state, await freeBasePort());
    await coordinator.start();
    return coordinator;
  }

  async start(): Promise<void> {
    const bindings = {
      LARDER_TOKEN: "secret",
      ZONE_ID,
      CF_API_TOKEN: TOKEN,
      CF_API_URL: this.#api.url,
      ZONE_PLAN: this.#plan,
    };
    this.#miniflare = await runWorkers([{ worker, port: this.#port, bindings }], this.#state);
  }

  /** At once, whatever it is in the middle of. */
  async kill(): Promise<void> {
    await this.#miniflare?.dispose();
    this.#miniflare = undefined;
  }

  async purge(request: object): Promise<void> {
    const body = JSON.stringify({ ...request, erase: true });
    const response = await fetch(`${this.#base}/purge`, { method: "POST", headers: HEADERS, body });
    expect(response.status).toBe(200);
    await response.body?.cancel();
  }

  async status(): Promise<ZoneStatus | undefined> {
    const response = await fetch(`${this.#base}/stats`, { headers: HEADERS });
    return ((await response.json()) as { zone?: ZoneStatus }).zone;
  }

  untilIdle(withinMs = 50_000): Promise<ZoneStatus> {
    return until(
      "everything has been sent",
      async () => {
        const zone = await this.status();
        return zone?.state === "idle" && zone;
      },
      withinMs,
    );
  }

  get #base(): string {
    return `http://127.0.0.1:${this.#port}/.larder/v1/caches/shop`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.#state, { recursive: true, force: true });
  }
}

const BAD = "a-tag-that-is-refused";

/** Makes purges, one after the other; what the zone is to be asked to forget for them. */
async function purgeAll(coordinator: Coordinator, name: string, purges: number): Promise<readonly string[]> {
  const wanted: string[] = [];
  for (let batch = 0; batch < purges; batch += 1) {
    const tags = Array.from({ length: 400 }, (_, at) => `${name}-${batch}-${at}`);
    await coordinator.purge({ tags });
    wanted.push(...tags.map((tag) => `tag ${tag}`));
  }
  for (let at = 0; at < 20; at += 1) {
    await coordinator.purge({
      any: [{ prefix: `https://${name}.example/d/${at}/` }, { prefix: `https://${name}-${at}.example/` }],
    });
    wanted.push(`prefix ${name}.example/d/${at}`, `host ${name}-${at}.example`);
  }
  return wanted;
}

/** What is wrong with how the API was asked, in sentences. */
function faults(api: ZoneApi, wanted: readonly string[]): readonly string[] {
  const found: string[] = [...api.complaints];
  const confirmed = new Set<string>();
  let awayUntilMs = 0;
  for (const { atMs, operations, status, answeredAtMs, retryAfter } of api.received) {
    if (atMs < awayUntilMs) found.push(`came ${Math.ceil(awayUntilMs - atMs)} ms before it was told to`);
    for (const operation of operations) {
      if (confirmed.has(operation)) found.push(`${operation} was sent again, though it had been confirmed`);
    }
    if (answeredAtMs === undefined) continue;
    if (status === 200) for (const operation of operations) confirmed.add(operation);
    if (retryAfter !== undefined) awayUntilMs = answeredAtMs + retryAfter * 1000;
  }
  return [...found, ...wanted.filter((operation) => !confirmed.has(operation)).map((each) => `${each} was lost`)];
}

test.each([
  {
    name: "of the plan that it was told, and that seldom fails",
    plan: "pro",
    purges: 5,
    limit: { perSecond: 5, bucket: 25 },
    failing: 0.02,
  },
  {
    name: "that allows far less than it was told, and often fails",
    plan: "enterprise",
    purges: 1,
    limit: { perSecond: 5, bucket: 3 },
    failing: 0.25,
  },
])(
  "an API $name gets all there is, once, over a kill in the middle",
  async ({ plan, purges, limit, failing }) => {
    await using api = await startZoneApi({ ...limit, failing, seed: 11, refuses: [`tag ${BAD}`] });
    await using coordinator = await Coordinator.of(api, plan);

    const first = await purgeAll(coordinator, "first", purges);
    await coordinator.purge({ tags: [BAD] });
    await api.hold();
    // The object is not held up by what it waits for.
    const second = await purgeAll(coordinator, "second", purges);
    expect(await coordinator.status()).toMatchObject({ state: "sending" });
    await coordinator.kill();
    api.release();
    await coordinator.start();
    const third = await purgeAll(coordinator, "third", purges);

    const status = await coordinator.untilIdle();
    const wanted = [...first, ...second, ...third];
    expect(faults(api, wanted)).toEqual([]);
    expect(status).toMatchObject({ pending: 0, sent: wanted.length, refused: 1 });
    const seen = new Set(api.received.map((received) => received.status));
    const tooMany = api.received.filter((received) => received.tooMany);
    if (failing > 0.1) expect([...seen].sort()).toEqual([200, 400, 429, 500, 503, "reset"]);
    else expect(api.received.length).toBeGreaterThan(limit.bucket + 25);
    // A plan that is kept to is never met; one that is not known is told by 429, and obeyed.
    if (plan === "pro") expect(tooMany).toEqual([]);
    else expect(tooMany).not.toEqual([]);
  },
  90_000,
);

test("a request that nobody answers is given up after ten seconds, and made again", async () => {
  await using api = await startZoneApi({ perSecond: 5, bucket: 25, seed: 1, failing: 0, refuses: [] });
  await using coordinator = await Coordinator.of(api, "pro");
  const there = api.hold();
  await coordinator.purge({ tags: ["a"] });
  await there;
  const status = await until(
    "it has been given up",
    async () => {
      const zone = await coordinator.status();
      return zone?.lastError !== undefined && zone;
    },
    20_000,
  );
  expect(status).toMatchObject({
    pending: 1,
    sent: 0,
    requests: 1,
    lastError: { message: expect.stringMatching(/^no answer: /) },
  });
  api.release();
  expect(await coordinator.untilIdle()).toMatchObject({ sent: 1, requests: 2 });
  expect(api.received.map(({ operations }) => operations)).toContainEqual(["tag a"]);
});
