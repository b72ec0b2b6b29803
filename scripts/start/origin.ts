import { readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { host } from "./ports.ts";

/** What the example sells. */
interface Product {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly priceCents: number;
}

const assortment: readonly Product[] = [
  { id: "1", name: "Sourdough loaf", description: "Two days in the making, a crust that sings.", priceCents: 690 },
  { id: "2", name: "Salted butter", description: "From grass-fed cows, with grey sea salt.", priceCents: 480 },
  { id: "3", name: "Apricot jam", description: "More fruit than sugar; opened, it keeps a month.", priceCents: 550 },
  { id: "4", name: "Aged cheddar", description: "Eighteen months in a cave, crumbly and sharp.", priceCents: 920 },
  { id: "5", name: "Black tea", description: "Second flush, whole leaf, enough for forty cups.", priceCents: 1250 },
  { id: "6", name: "Oat biscuits", description: "A dozen, baked this morning.", priceCents: 375 },
];

const maxBodyBytes = 10_000;

export interface OriginOptions {
  readonly port: number;
  /** How long every answer takes, but for the count of requests. */
  readonly delayMs: number;
  /** Where edits are kept over restarts, as the caches are: else a cached page would know an edit that its origin forgot. */
  readonly file: string;
}

/**
 * A small shop's slow back end. It says nothing about caching, so that what is cached is the app's decision alone.
 *
 * - `GET /products`, `GET /products/:id`
 * - `PUT /products/:id` with `{ name, priceCents }`
 * - `GET /requests`: how many of the above there were since it started, as `{ total, byTarget }`; not counted itself
 */
export async function startOrigin({ port, delayMs, file }: OriginOptions): Promise<AsyncDisposable> {
  const products = new Map((await load(file)).map((product) => [product.id, product]));
  const byTarget = new Map<string, number>();

  async function answer(request: IncomingMessage): Promise<readonly [status: number, body: unknown]> {
    const path = new URL(request.url ?? "/", "http://origin").pathname;
    if (path === "/requests") {
      const total = [...byTarget.values()].reduce((sum, count) => sum + count, 0);
      return [200, { total, byTarget: Object.fromEntries(byTarget) }];
    }
    const target = `${request.method} ${path}`;
    byTarget.set(target, (byTarget.get(target) ?? 0) + 1);
    await delay(delayMs);
    if (target === "GET /products") return [200, [...products.values()]];
    const product = products.get(/^\/products\/([^/]+)$/.exec(path)?.[1] ?? "");
    if (product === undefined) return [404, { error: "There is no such product" }];
    if (request.method === "GET") return [200, product];
    if (request.method !== "PUT") return [405, { error: "Use GET or PUT" }];
    const edit = await readEdit(request);
    if (edit === undefined) return [400, { error: "Send { name: string, priceCents: whole number }" }];
    const edited = { ...product, ...edit };
    products.set(product.id, edited);
    await writeFile(file, JSON.stringify([...products.values()], null, 2));
    return [200, edited];
  }

  const server = createServer((request, response) => {
    void answer(request)
      .catch((error: unknown): [number, unknown] => [500, { error: String(error) }])
      .then(([status, body]) => {
        response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
      });
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(port, host, () => resolve());
  await promise;

  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

async function load(file: string): Promise<readonly Product[]> {
  try {
    // The file is this function's own writing.
    return JSON.parse(await readFile(file, "utf8")) as Product[];
  } catch {
    return assortment;
  }
}

async function readEdit(request: IncomingMessage): Promise<Pick<Product, "name" | "priceCents"> | undefined> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > maxBodyBytes) return undefined;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || !("name" in value) || !("priceCents" in value)) return undefined;
  const { name, priceCents } = value;
  if (typeof name !== "string" || name === "") return undefined;
  return typeof priceCents === "number" && Number.isSafeInteger(priceCents) ? { name, priceCents } : undefined;
}
