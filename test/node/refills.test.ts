import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleWorker } from "../../scripts/start/bundle.ts";
import { runWorkers } from "../../scripts/start/runtime.ts";
import { ask } from "./support/http.ts";
import { type LimitedOrigin, startLimitedOrigin } from "./support/limited-origin.ts";
import { freeBasePort } from "./support/ports.ts";
import { until } from "./support/until.ts";

const TOKEN = "a token of these tests";
const SERVED_PER_SECOND = 20;
const PAGES = Array.from({ length: 60 }, (_, at) => `/p/${at}`);

let origin: LimitedOrigin;
let coordinator: string;
let app: string;
let stop: () => Promise<void>;

beforeAll(async () => {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const [coordinating, refilled] = await Promise.all([
    bundleWorker(join(root, "wrangler.toml")),
    bundleWorker(join(root, "test/support/refilled/wrangler.toml")),
  ]);
  origin = await startLimitedOrigin(SERVED_PER_SECOND);
  const port = await freeBasePort();
  const stateFolder = await mkdtemp(join(tmpdir(), "larder-refills-"));
  const miniflare = await runWorkers(
    [
      { worker: coordinating, port, bindings: { LARDER_TOKEN: TOKEN } },
      { worker: refilled, port: port + 1, bindings: { ORIGIN: origin.url } },
    ],
    stateFolder,
  );
  coordinator = `http://127.0.0.1:${port}`;
  app = `http://127.0.0.1:${port + 1}`;
  stop = async () => {
    await miniflare.dispose();
    await origin[Symbol.asyncDispose]();
    await rm(stateFolder, { recursive: true, force: true });
  };
});

afterAll(() => stop());

async function api<Answer>(path: string, body?: object): Promise<Answer> {
  const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
  const init = body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) };
  const answer = await fetch(`${coordinator}/.larder/v1/caches/refilled${path}`, init);
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as Answer;
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
async function load(path: string): Promise<void> {
  await until(`${path} is cached`, async () => {
    const answer = await ask(`${app}${path}`);
    if (!answer.isHit) await delay(1000 / SERVED_PER_SECOND);
    return answer.isHit;
  });
}

const untilNoneRuns = () =>
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
    for (const path of PAGES) await load(path);
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
    await untilNoneRuns();
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
  it("is of each variant that was hit, as its own request would be", async () => {
    const languages = ["de", "fr"];
    for (const language of languages) {
      const headers = { "accept-language": language };
      await until(`/v in ${language} is cached`, async () => (await ask(`${app}/v`, { headers })).isHit);
    }
    origin.publish(3);
    const { refill } = await api<{ refill: string }>("/purge", {
      cache: "pages",
      url: `${app}/v`,
      soft: true,
      immediate: true,
      refill: { perSecond: 5 },
    });
    await until("the refill is done", async () => {
      const { state } = await api<{ state: string }>(`/refills/${refill}`);
      return state === "done";
    });
    for (const language of languages) {
      const answer = await ask(`${app}/v`, { headers: { "accept-language": language } });
      expect(answer.isHit).toBe(true);
      expect(answer.body.toString()).toContain(`in ${language}, revision 3`);
    }
  });
});
