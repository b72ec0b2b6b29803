import { LarderError } from "../schema/errors.ts";
import { limits } from "../schema/limits.ts";
import { markOf, REFILL_HEADER } from "../schema/refill.ts";
import { readSitemap } from "../schema/sitemap.ts";
import { retryAfterMs } from "../src/http/retry-after.ts";
import type { RefillItem } from "./refill-items.ts";
import { requestFor } from "./refill-items.ts";
import type { ItemOutcome } from "./refill-run.ts";
import type { AskItem } from "./refills.ts";

/** An answer that has not ended by then counts as none. */
const ANSWER_WITHIN_MS = 60_000;
/** An origin may ask to be left alone for no longer. */
const LONGEST_PAUSE_SECONDS = 600;

/** Who can be asked so that what they answer is cached. */
export interface Sites {
  /** The binding to the app's Worker, where there is one. */
  readonly app: Pick<Fetcher, "fetch"> | undefined;
  /** The Worker that this object is part of. */
  readonly own: (() => Pick<Fetcher, "fetch">) | undefined;
  /** Anybody, by the network. */
  readonly network: (request: Request) => Promise<Response>;
}

/** Asks as a visitor would, by way of whoever keeps the cache. */
export function askerOf(sites: Sites): AskItem {
  // What does not change while the object's instance lives.
  let isOwnAsked = sites.own !== undefined;
  const fetched = async (request: Request): Promise<Response> => {
    if (sites.app !== undefined) return sites.app.fetch(request);
    if (isOwnAsked && sites.own !== undefined) {
      const answer = await sites.own().fetch(request.clone());
      const elsewhere = answer.headers.get(REFILL_HEADER);
      if (elsewhere === null) return answer;
      await answer.body?.cancel();
      if (elsewhere === "no-site") isOwnAsked = false;
    }
    return sites.network(request);
  };
  return async (item, mark, add) => {
    const request = requestFor(item);
    if (request === undefined) return { kind: "skipped" };
    try {
      const headers = new Headers(request.headers);
      headers.set(REFILL_HEADER, markOf(mark));
      // A redirect is cached as it is; where it leads to is another URL.
      const redirect = item.kind === "sitemap" ? "follow" : "manual";
      const asked = new Request(request, { headers, redirect, signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      const answer = await fetched(asked);
      return await (item.kind === "sitemap" ? read(item, answer, add) : drained(answer));
    } catch (error) {
      const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      return { kind: "failed", message: `no answer: ${why}`, busy: { seconds: 0 } };
    }
  };
}

/** What is cached is cached once the whole of it has come. */
async function drained(answer: Response): Promise<ItemOutcome> {
  await answer.body?.pipeTo(new WritableStream());
  return trouble(answer) ?? { kind: "filled" };
}

/** An origin that fails, be it that something stale has stood in for it (RFC 9211 section 2.3). */
function trouble({ status, headers }: Response): ItemOutcome | undefined {
  const [, forwarded] = /(?:^|, )Larder; fwd=[a-z-]+; fwd-status=(\d{3})/.exec(headers.get("cache-status") ?? "") ?? [];
  const own = Math.max(status, forwarded === undefined ? 0 : Number(forwarded));
  if (own < 400) return undefined;
  const message = `answered ${own}`;
  if (own < 500 && own !== 429) return { kind: "failed", message };
  const seconds = retryAfterMs(headers.get("retry-after"), Date.now()) / 1000;
  return { kind: "failed", message, busy: { seconds: Math.min(seconds, LONGEST_PAUSE_SECONDS) } };
}

async function read(
  { url }: Extract<RefillItem, { kind: "sitemap" }>,
  answer: Response,
  add: Parameters<AskItem>[2],
): Promise<ItemOutcome> {
  const failed = trouble(answer);
  if (failed !== undefined) {
    await answer.body?.cancel();
    return failed;
  }
  try {
    const { pages, sitemaps } = readSitemap(await textOf(answer, url));
    const items: RefillItem[] = [
      ...pages.map((page) => ({ kind: "url", url: page }) as const),
      ...sitemaps.map((sitemap) => ({ kind: "sitemap", url: sitemap }) as const),
    ];
    const left = items.length - add(items);
    if (left === 0) return { kind: "filled" };
    return {
      kind: "failed",
      message: `${left} of what it names is left out: a refill fetches ${limits.refillUrls} URLs`,
    };
  } catch (error) {
    if (error instanceof LarderError) return { kind: "failed", message: error.message };
    throw error;
  }
}

/** sitemaps.org/protocol.html: sitemaps may be compressed by gzip, as files rather than on their way. */
async function textOf({ body, headers }: Response, url: string): Promise<string> {
  if (body === null) return "";
  const isGzip = /\.gz$/.test(new URL(url).pathname) && headers.get("content-encoding") === null;
  const plain = isGzip ? body.pipeThrough(new DecompressionStream("gzip")) : body;
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of plain as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength;
    if (bytes > limits.sitemapBytes) {
      const message = `sitemap: must be at most ${limits.sitemapBytes} bytes; name smaller ones in an index`;
      throw new LarderError("invalid-input", message, { field: "sitemap", limit: limits.sitemapBytes });
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
