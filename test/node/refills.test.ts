import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { bundleWorker } from "../../scripts/start/bundle.ts";
import { runWorkers } from "../../scripts/start/runtime.ts";
import { ask } from "./support/http.ts";
import { type LimitedOrigin, startLimitedOrigin } from "./support/limited-origin.ts";
import { freeBasePort } from "./support/ports.ts";
import { until } from "./support/until.ts";

const TOKEN = "a token of these tests";
const SERVED_PER_SECOND = 20;
const PAGES = Array.from({ length: 60 }, (_, at) => `/p/${at}`);

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What runs: where its API is, and where its app. */
interface Running extends AsyncDisposable {
  readonly origin: LimitedOrigin;
  readonly coordinator: string;
  readonly app: string;
  api<Answer>(path: string, body?: object): Promise<Answer>;
}

/**
 * `network`: an app of its own, asked by its URL; `binding`: the same, which the coordinator is bound to; `own`: the app
 * is the coordinator's own Worker.
 */
async function run(how: "network" | "binding" | "own"): Promise<Running> {
  const origin = await startLimitedOrigin(SERVED_PER_SECOND);
  const port = await freeBasePort();
  const stateFolder = await mkdtemp(join(tmpdir(), "larder-refills-"));
  const bindings = { LARDER_TOKEN: TOKEN, ORIGIN: origin.url };
  const miniflare = await runWorkers(
    how === "own"
      ? [{ worker: await bundleWorker(join(root, "test/support/refilled/standalone.toml")), port, bindings }]
      : await withCoordinator(how, port, bindings),
    stateFolder,
  );
  const coordinator = `http://127.0.0.1:${port}`;
  return {
    origin,
    coordinator,
    app: how === "own" ? coordinator : `http://127.0.0.1:${port + 1}`,
    async api<Answer>(path: string, body?: object) {
      const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
      const init = body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) };
      const answer = await fetch(`${coordinator}/.larder/v1/caches/refilled${path}`, init);
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as Answer;
    },
    async [Symbol.asyncDispose]() {
      await miniflare.dispose();
      await origin[Symbol.asyncDispose]();
      await rm(stateFolder, { recursive: true, force: true });
    },
  };
}

async function withCoordinator(how: "network" | "binding", port: number, { LARDER_TOKEN, ORIGIN }: Settings) {
  const [larder, refilled] = await Promise.all([
    bundleWorker(join(root, "wrangler.toml")),
    bundleWorker(join(root, "test/support/refilled/wrangler.toml")),
  ]);
  const bound = { ...larder, options: { ...larder.options, serviceBindings: { LARDER_REFILL: "refilled" } } };
  return [
    { worker: how === "binding" ? bound : larder, port, bindings: { LARDER_TOKEN } },
    { worker: refilled, port: port + 1, bindings: { ORIGIN } },
  ];
}

interface Settings {
  readonly LARDER_TOKEN: string;
  readonly ORIGIN: string;
}

interface Told {
  readonly refills: readonly {
    readonly state: string;
    readonly filled: number;
    readonly failed: number;
    readonly skipped: number;
  }[];
}

/** Asks for a page until it is there; slowly enough for the origin. */
async function load({ app }: Running, path: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  await until(`${path} is cached`, async () => {
    const answer = await ask(`${app}${path}`, { headers });
    if (!answer.isHit) await delay(1000 / SERVED_PER_SECOND);
    return answer.isHit;
  });
}

const untilNoneRuns = ({ api }: Running) =>
  until(
    "no refill runs",
    async () => {
      const { refills } = await api<Told>("/refills");
      return refills.every(({ state }) => state === "done") && refills;
    },
    60_000,
  );

describe("a storm of a thousand purges within ten seconds", () => {
  it("never makes an origin see more than its pace, while everybody is served, and ends with the new pages", async () => {
    await using running = await run("network");
    const { api, app, origin } = running;
    for (const path of PAGES) await load(running, path);
    expect(origin.refused).toBe(0);
    const servedBefore = origin.served;
    origin.publish(2);

    let isOver = false;
    const statuses = new Map<number, number>();
    const reading = (async () => {
      for (let at = 0; !isOver; at += 7) {
        const { status } = await ask(`${app}${PAGES[at % PAGES.length]}`);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    })();

    const startedMs = performance.now();
    for (let at = 0; at < 1000; at += 10) {
      const tags = Array.from({ length: 10 }, (_, more) => `page:${PAGES[(at * 13 + more) % PAGES.length]}`);
      const purged = await Promise.all(
        tags.map((tag) =>
          api<{ gatheredUntil?: string }>("/purge", { cache: "pages", tags: [tag], reason: "published" }),
        ),
      );
      expect(purged.every(({ gatheredUntil }) => gatheredUntil !== undefined)).toBe(true);
      // Spread over the ten seconds, where the machine is quicker.
      await delay(Math.max(0, (at + 10) * 10 - (performance.now() - startedMs)));
    }

    await until(
      "all pages are new",
      async () => {
        const answers = await Promise.all(PAGES.map((path) => ask(`${app}${path}`)));
        return answers.every(({ body }) => body.toString().endsWith("revision 2"));
      },
      60_000,
    );
    await untilNoneRuns(running);
    isOver = true;
    await reading;

    expect(origin.refused).toBe(0);
    expect([...statuses.keys()]).toEqual([200]);
    const { purges } = await api<{ purges: readonly { mode: string; reason: string }[] }>("/purges");
    expect(purges.every(({ mode }) => mode === "soft")).toBe(true);
    const gathered = purges.map(({ reason }) => Number(/^(\d+) purges? gathered/.exec(reason)?.[1]));
    expect(gathered.reduce((sum, many) => sum + many, 0)).toBe(1000);
    // One purge, and one refill of all pages at most, for each time that purges were gathered.
    expect(origin.served - servedBefore).toBeLessThanOrEqual(purges.length * PAGES.length);
  }, 120_000);
});

describe("a refill after a purge", () => {
  it.each([
    ["by the network", "network", undefined],
    ["by the binding, whatever host it is of", "binding", "shop.example"],
    ["by the coordinator's own Worker, whatever host it is of", "own", "shop.example"],
  ] as const)("asks for each variant that was hit: %s", async (_, how, named) => {
    await using running = await run(how);
    const { api, app, origin } = running;
    const host = named === undefined ? {} : { host: named };
    const languages = ["de", "fr"];
    for (const language of languages) await load(running, "/v", { ...host, "accept-language": language });
    origin.publish(2);
    const { refill } = await api<{ refill: string }>("/purge", {
      cache: "pages",
      url: named === undefined ? `${app}/v` : `http://${named}/v`,
      soft: true,
      immediate: true,
      refill: { perSecond: 5 },
    });
    const done = await until("the refill is done", async () => {
      const told = await api<{ state: string; filled: number }>(`/refills/${refill}`);
      return told.state === "done" && told;
    });
    expect(done).toMatchObject({ filled: 2, failed: 0 });
    for (const language of languages) {
      const answer = await ask(`${app}/v`, { headers: { ...host, "accept-language": language } });
      expect(answer.isHit).toBe(true);
      expect(answer.body.toString()).toContain(`in ${language}, revision 2`);
    }
  });
});
