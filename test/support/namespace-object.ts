import { env } from "cloudflare:workers";
import type { EntryReport } from "../../schema/entry.ts";
import { buildKey, normalizeUrl } from "../../schema/key.ts";
import type { CacheName, Namespace } from "../../schema/names.ts";
import type { CacheStats, NamespaceRpc } from "../../schema/rpc.ts";
import type { LogPoint } from "../../schema/version.ts";
import { freshNamespace } from "./fresh.ts";

export function stubOf(namespace: string) {
  return env.NAMESPACES.getByName(namespace);
}

/** The object of a namespace no other test uses, as its callers see it, and as the tools for tests take it. */
export function freshObject() {
  const namespace = freshNamespace();
  const stub = stubOf(namespace);
  return { namespace, stub, object: stub as unknown as NamespaceRpc };
}

/** Where the namespace's log stands. */
export async function pointOf(object: NamespaceRpc): Promise<LogPoint> {
  const { log } = await object.sync({});
  return { epoch: log.epoch, seq: log.head };
}

export async function statsOf(object: NamespaceRpc, cache: string | null = null): Promise<CacheStats> {
  return (await object.stats({}, cache)).stats;
}

export interface Sketch extends Partial<Omit<EntryReport, "key">> {
  /** The value of `accept-language` it is the variant of; none when left out. */
  readonly language?: string;
}

/** A report on an entry: a page, untagged, alive for an hour, unless the sketch says otherwise. */
export function report(asOf: LogPoint, { language, ...sketch }: Sketch = {}): EntryReport {
  const cache = sketch.cache ?? "pages";
  const url = normalizeUrl(sketch.url ?? "https://a.example/");
  const key = buildKey({
    namespace: "n" as Namespace,
    cache: cache as CacheName,
    method: "GET",
    url,
    vary: language === undefined ? [] : [["accept-language", language]],
  });
  const shape = { tags: [], freshSeconds: 60, lifetimeSeconds: 3600, bytes: 100, status: 200 };
  return { ...shape, ...sketch, key, url, cache, asOf };
}

/** Puts entries into the index as of now. @throws when one is refused */
export async function fill(object: NamespaceRpc, sketches: readonly Sketch[]): Promise<void> {
  const asOf = await pointOf(object);
  for (const sketch of sketches) {
    const { outcome } = await object.complete({}, report(asOf, sketch));
    if (outcome !== "stored") throw new Error(`not stored: ${outcome}`);
  }
}
