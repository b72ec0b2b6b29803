import type * as v from "valibot";
import { EVERY_CACHE, limits, RESERVED_NAMESPACE } from "../schema/limits.ts";
import type { CacheName } from "../schema/names.ts";
import type { CacheStats, StatsGroup, StatsRequestSchema } from "../schema/stats.ts";
import { logEvent } from "../src/telemetry/log.ts";
import { Alarm } from "./alarm.ts";
import { writeDataPoints } from "./analytics.ts";
import { Deployments } from "./deployments.ts";
import { Directory } from "./directory.ts";
import { Enlistment } from "./enlistment.ts";
import { Explanations } from "./explanation.ts";
import { Feed } from "./feed.ts";
import { Fills } from "./fills.ts";
import { Gathering } from "./gathering.ts";
import { Housekeeping } from "./housekeeping.ts";
import { Listing } from "./listing.ts";
import { NamespaceExport } from "./namespace-export.ts";
import { NamespaceImport } from "./namespace-import.ts";
import { OriginPace } from "./origin-pace.ts";
import { PurgeHistory } from "./purge-history.ts";
import { PurgeLog } from "./purge-log.ts";
import { Purges } from "./purges.ts";
import { Recorder } from "./recorder.ts";
import { askerOf } from "./refill-ask.ts";
import { Refills } from "./refills.ts";
import { RevokedTokens } from "./revocations.ts";
import { Shield } from "./shield.ts";
import { Stats } from "./stats.ts";
import { migrate } from "./storage.ts";
import { TagIndex } from "./tag-index.ts";
import { Tickets } from "./tickets.ts";
import { Top } from "./top.ts";
import { Turns } from "./turns.ts";
import { ZonePurge } from "./zone-purge.ts";

/** What a namespace object is made of. */
export type Parts = ReturnType<typeof assemble>;

/** Brings the storage up to date, and puts the mechanisms together that work on it. */
export function assemble(ctx: DurableObjectState, env: Cloudflare.Env) {
  const { storage } = ctx;
  const { sql } = storage;
  migrate(storage);
  const deployments = new Deployments(sql);
  const log = new PurgeLog(sql, limits.viewRecords, deployments);
  const index = new TagIndex(sql);
  const history = new PurgeHistory(sql, log.view.epoch);
  const fills = new Fills(sql, log);
  const shield = new Shield(log);
  const stats = new Stats(sql);
  const top = new Top(sql);
  const alarm = new Alarm(storage);
  const housekeeping = new Housekeeping(storage, alarm, { index, log, stats, top, fills });
  const zone = ZonePurge.of(storage, env, log.view, index);
  // What an earlier instance has left, though it had no time to set the alarm.
  ctx.waitUntil(alarm.wake(zone));

  /** All that is told of a cache, or of the namespace. */
  const statsOf = (request: v.InferOutput<typeof StatsRequestSchema>, nowMs: number): CacheStats => {
    const { groups, ...counted } = stats.of(request, nowMs);
    const sized = request.by === "cache" ? groups?.map((group) => ({ ...group, ...sizeOf(group, nowMs) })) : groups;
    const size = index.totals(request.cache ?? null, nowMs);
    const zoneStatus = request.cache === undefined ? zone.status(nowMs) : undefined;
    return {
      ...counted,
      ...size,
      ...(sized === undefined ? {} : { groups: sized }),
      ...(zoneStatus === undefined ? {} : { zone: zoneStatus }),
    };
  };
  const sizeOf = ({ name }: StatsGroup, nowMs: number) =>
    name === null ? { entries: 0, bytes: 0 } : index.totals(name, nowMs);
  const feed = new Feed(ctx, {
    head: () => ({ epoch: log.view.epoch, seq: log.view.head }),
    caches: () => {
      const names = [...stats.caches(), EVERY_CACHE] as CacheName[];
      return Object.fromEntries(names.map((cache) => [cache, statsOf({ cache }, Date.now())]));
    },
    since: (seq) => history.since(seq, { events: limits.feedEvents, characters: limits.feedCharacters }, log.view),
  });
  const enlistment = new Enlistment(ctx, () => env.NAMESPACES.getByName(RESERVED_NAMESPACE));
  const recorder = new Recorder({
    storage,
    stats,
    top,
    listeners: [
      () => enlistment.ensure(),
      ({ events }) => {
        for (const event of events) logEvent(event, event.cache, event.rule);
      },
      ({ counted }) => writeDataPoints(env.LARDER_ANALYTICS, ctx.id.name, counted),
      (recorded) => feed.told(recorded),
      ({ counted }) => {
        if (counted.length > 0) ctx.waitUntil(housekeeping.counted(Date.now()));
      },
    ],
  });
  const pace = new OriginPace();
  const refills = new Refills({
    ...{ sql, fills, index, log, top, recorder, pace },
    ask: askerOf({
      app: env.LARDER_REFILL,
      own: () => (ctx.exports as unknown as { readonly default: Fetcher }).default,
      network: (request) => fetch(request),
    }),
    waitUntil: (work) => ctx.waitUntil(work),
  });
  ctx.waitUntil(alarm.wake(refills));
  return {
    ...{ deployments, log, index, history, fills, shield, stats, statsOf, top, alarm, housekeeping, feed, recorder },
    directory: new Directory(sql),
    enlistment,
    exporting: new NamespaceExport(sql, log),
    importing: new NamespaceImport(storage, index),
    explanations: new Explanations({ fills, history, index, log }),
    gathering: new Gathering(sql),
    listing: new Listing(index, log),
    purges: new Purges(log, index, zone),
    refills,
    revokedTokens: new RevokedTokens(sql),
    tickets: new Tickets(sql),
    turns: new Turns({ fills, index, log, pace, recorder, shield }),
    zone,
  };
}
