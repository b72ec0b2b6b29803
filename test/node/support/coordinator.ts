import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freeBasePort } from "./ports.ts";
import { until } from "./until.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

export const TOKEN = "a token of these tests";
const NAMESPACE = "default";

/** A coordinator by `wrangler dev`, as a gateway in front of a small site; its storage outlives a restart. */
export class Coordinator implements AsyncDisposable {
  readonly #site: Server;
  /** What its site has besides pages, by path. */
  readonly files: Map<string, Buffer | string>;
  readonly #state: string;
  readonly #port: number;
  readonly #more: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #said = "";

  private constructor({ site, files }: Site, state: string, port: number, more: Readonly<Record<string, string>>) {
    this.#more = more;
    this.#site = site;
    this.files = files;
    this.#state = state;
    this.#port = port;
  }

  /** @param more settings of its own */
  static async start(more: Readonly<Record<string, string>> = {}): Promise<Coordinator> {
    const state = await mkdtemp(join(tmpdir(), "larder-e2e-"));
    const coordinator = new Coordinator(await startSite(), state, await freeBasePort(), more);
    await coordinator.start();
    return coordinator;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const address = this.#site.address();
    if (address === null || typeof address === "string") throw new Error("the site has no port");
    const settings = { ORIGIN: `http://127.0.0.1:${address.port}`, LARDER_TOKEN: TOKEN, ...this.#more };
    const vars = Object.entries(settings).flatMap(([name, value]) => ["--var", `${name}:${value}`]);
    const own = [
      "--port",
      String(this.#port),
      "--ip",
      "127.0.0.1",
      "--inspector-port",
      "0",
      "--show-interactive-dev-session=false",
    ];
    const child = spawn(process.execPath, ["scripts/dev.ts", "--cache", ...own, "--persist-to", this.#state, ...vars], {
      cwd: root,
      env: { ...process.env, CLOUDFLARE_CF_FETCH_ENABLED: "false", WRANGLER_SEND_METRICS: "false", CI: "true" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (this.#said += text));
    await until(
      "wrangler dev answers",
      async () => {
        if (child.exitCode !== null) throw new Error(`wrangler dev has ended: ${this.#said}`);
        const answer = await fetch(`${this.url}/.larder/openapi.json`).catch(() => undefined);
        await answer?.body?.cancel();
        return answer?.ok === true;
      },
      60_000,
    );
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const ended = once(child, "close");
    child.kill("SIGTERM");
    await ended;
  }

  /** Looks pages up, so many times each, one after the other; by a log that is at least of that version. */
  async load(pages: readonly number[], times = 1, atLeast?: string): Promise<void> {
    const headers: Record<string, string> = atLeast === undefined ? {} : { "Larder-At-Least": atLeast };
    for (let at = 0; at < times; at += 1) {
      await Promise.all(pages.map(async (page) => (await fetch(`${this.url}/p/${page}`, { headers })).text()));
    }
  }

  async api<Answer>(path: string, body?: object): Promise<Answer> {
    const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };
    const init = body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) };
    const answer = await fetch(`${this.url}/.larder/v1/caches/${NAMESPACE}${path}`, init);
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as Answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#site.close();
    this.#site.closeAllConnections();
    await rm(this.#state, { recursive: true, force: true });
  }
}

/** Pages that may be kept for ten minutes, each tagged as a page and as one of five products. */
async function startSite(): Promise<Site> {
  const files: Site["files"] = new Map();
  const site = createServer(({ url = "" }, response) => {
    const file = files.get(url);
    if (file !== undefined) return void response.end(file);
    if (url.startsWith("/missing")) return void response.writeHead(404).end("there is no such page");
    const page = Number(url.split("/").at(-1));
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "max-age=600",
      "cache-tag": `page,product:${page % 5}`,
    });
    response.end(`<!doctype html><title>Page ${page}</title>${"x".repeat(1000 + page)}`);
  });
  site.listen(0, "127.0.0.1");
  await once(site, "listening");
  return { site, files };
}

interface Site {
  readonly site: Server;
  readonly files: Map<string, Buffer | string>;
}
