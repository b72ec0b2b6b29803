import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { EntryReport, EntryToJudge } from "../../schema/entry.ts";
import { EntryToJudgeSchema } from "../../schema/entry.ts";
import { buildKey, normalizeUrl } from "../../schema/key.ts";
import type { CacheName, Namespace } from "../../schema/names.ts";
import type { DryRunResult, PurgeResult } from "../../schema/purge.ts";
import type { PurgeRequest } from "../../schema/purge-request.ts";
import { decodeRecords } from "../../schema/records.ts";
import type { CallContext, LogSlice, NamespaceRpc, PurgeReply } from "../../schema/rpc.ts";
import type { CacheStats } from "../../schema/stats.ts";
import { parse } from "../../schema/validate.ts";
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

/** A slice of the log with its records as callers read them. */
export function decoded({ records, ...log }: LogSlice) {
  return { ...log, records: decodeRecords(records) };
}

/** The log since that point; all of it when there is none. */
export async function logOf(object: NamespaceRpc, since: LogPoint | null = null) {
  return decoded((await object.sync({ since })).log);
}

export async function statsOf(object: NamespaceRpc, cache: string | null = null): Promise<CacheStats> {
  return (await object.stats({}, cache === null ? {} : { cache })).stats;
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
  const shape = { tags: [], permanent: false, freshSeconds: 60, lifetimeSeconds: 3600, bytes: 100, status: 200 };
  return { ...shape, ...sketch, key, url, cache, asOf };
}

/** The same entry as it is handed over to be judged. */
export function toJudge(asOf: LogPoint, sketch: Sketch = {}): EntryToJudge {
  const { key, url, cache, tags, permanent } = report(asOf, sketch);
  return parse(EntryToJudgeSchema, { key, url, cache, tags, permanent, asOf });
}

/** Puts entries into the index as of now. @throws when one is refused */
export async function fill(object: NamespaceRpc, sketches: readonly Sketch[]): Promise<void> {
  const asOf = await pointOf(object);
  for (const sketch of sketches) {
    const { outcome } = await object.complete({}, report(asOf, sketch));
    if (outcome !== "stored") throw new Error(`not stored: ${outcome}`);
  }
}

/** Rows as so many puts of pages of one tag would leave them, made at once; their keys. */
export async function fillByRows(
  stub: ReturnType<typeof stubOf>,
  { many, tag, cache = "pages", path = "row" }: { many: number; tag: string; cache?: string; path?: string },
): Promise<string[]> {
  const name = `https://a.example/${path}/`;
  await runInDurableObject(stub, (_, { storage: { sql } }) => {
    sql.exec(
      `WITH RECURSIVE n (at) AS (SELECT 1 UNION ALL SELECT at + 1 FROM n WHERE at < ?1)
       INSERT INTO entries (key, url, cache, status, bytes, as_of, fresh_until_ms, expires_at_ms)
       SELECT ?2 || at || '?larder=' || ?3, ?2 || at, ?3, 200, 1, 0, ?4, ?4 FROM n`,
      many,
      name,
      cache,
      Date.now() + 3_600_000,
    );
    sql.exec(
      `INSERT INTO tags (tag, cache, entries) VALUES (?, ?, ?)
       ON CONFLICT (tag, cache) DO UPDATE SET entries = entries + excluded.entries`,
      tag,
      cache,
      many,
    );
    sql.exec(
      `INSERT INTO entry_tags (tag_id, entry_id) SELECT tags.id, entries.id FROM tags, entries
       WHERE tag = ?1 AND tags.cache = ?2 AND entries.cache = ?2 AND url >= ?3 AND url < ?3 || char(0x10FFFF)`,
      tag,
      cache,
      name,
    );
  });
  return Array.from({ length: many }, (_, at) => `${name}${at + 1}?larder=${cache}`).sort();
}

type Extras = Omit<PurgeReply, keyof PurgeResult | keyof DryRunResult>;

/** A purge by "a test". @throws when it was a dry run */
export async function purge(
  object: NamespaceRpc,
  request: PurgeRequest,
  context: CallContext = {},
): Promise<PurgeResult & Extras> {
  const reply = await object.purge(context, request, "a test");
  if ("dryRun" in reply) throw new Error("that was a dry run");
  return reply;
}
