import { DurableObject } from "cloudflare:workers";
import type { Announcement } from "../schema/deployment.ts";
import { AnnouncementSchema } from "../schema/deployment.ts";
import type { EntryReport, EntryToExplain, EntryToJudge, Place } from "../schema/entry.ts";
import { EntryReportSchema, EntryToExplainSchema, EntryToJudgeSchema, PlaceSchema } from "../schema/entry.ts";
import type { ObjectReply } from "../schema/explain.ts";
import type { Abandon, Acquire, Completion, Landed, Offer, Turn } from "../schema/fills.ts";
import { AbandonSchema, AcquireSchema, CompletionSchema, LandedSchema, OfferSchema } from "../schema/fills.ts";
import { KeySchema } from "../schema/key.ts";
import { limits } from "../schema/limits.ts";
import { CacheNameSchema } from "../schema/names.ts";
import type { PurgeHistoryPage, PurgeRecord, RevokeResult } from "../schema/purge.ts";
import type { HistoryRequest, InvalidationRequest, PurgeRequest } from "../schema/purge-request.ts";
import {
  BySchema,
  HistoryRequestSchema,
  InvalidationSchema,
  PurgeRequestSchema,
  SeqSchema,
} from "../schema/purge-request.ts";
import type {
  CacheStats,
  CallContext,
  CompleteReply,
  LogSlice,
  LogVerdict,
  NamespaceRpc,
  PurgeReply,
} from "../schema/rpc.ts";
import { CallContextSchema } from "../schema/rpc.ts";
import { parse } from "../schema/validate.ts";
import { Deployments } from "./deployments.ts";
import { Explanations } from "./explanation.ts";
import { Fills } from "./fills.ts";
import { Housekeeping } from "./housekeeping.ts";
import { judgement } from "./judgement.ts";
import { PurgeHistory } from "./purge-history.ts";
import { PurgeLog } from "./purge-log.ts";
import { Purges } from "./purges.ts";
import { Shield } from "./shield.ts";
import { Stats } from "./stats.ts";
import { migrate } from "./storage.ts";
import { TagIndex } from "./tag-index.ts";
import { Turns } from "./turns.ts";

/** The name under which purges of a whole namespace are counted; no cache can have it. */
const EVERY_CACHE = "*";

/**
 * One cache namespace: the serial point that every purge, put and sync of it goes through. This class is the RPC
 * surface and nothing else; what it does is in the files beside it. What one call changes is one transaction.
 */
export class CacheNamespace extends DurableObject implements NamespaceRpc {
  readonly #storage: DurableObjectStorage;
  readonly #deployments: Deployments;
  readonly #log: PurgeLog;
  readonly #index: TagIndex;
  readonly #purges: Purges;
  readonly #history: PurgeHistory;
  readonly #explanations: Explanations;
  readonly #stats: Stats;
  readonly #housekeeping: Housekeeping;
  readonly #fills: Fills;
  readonly #shield: Shield;
  readonly #turns: Turns;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#storage = ctx.storage;
    const { sql } = ctx.storage;
    migrate(ctx.storage);
    this.#deployments = new Deployments(sql);
    this.#log = new PurgeLog(sql, limits.viewRecords, this.#deployments);
    this.#index = new TagIndex(sql);
    this.#purges = new Purges(this.#log, this.#index);
    this.#history = new PurgeHistory(sql, this.#log.view.epoch);
    this.#stats = new Stats(sql);
    this.#housekeeping = new Housekeeping(ctx.storage);
    this.#fills = new Fills(sql, this.#log);
    this.#explanations = new Explanations({
      fills: this.#fills,
      history: this.#history,
      index: this.#index,
      log: this.#log,
    });
    this.#shield = new Shield(this.#log);
    this.#turns = new Turns({ fills: this.#fills, index: this.#index, log: this.#log, shield: this.#shield });
  }

  async sync(context: CallContext): Promise<{ log: LogSlice }> {
    return this.#call(context, () => ({}));
  }

  async acquire(context: CallContext, ask: Acquire): Promise<Turn & { log: LogSlice }> {
    const checked = parse(AcquireSchema, ask, "ask");
    const turn = await this.#turns.take(checked, (work) => this.#transaction(context, work));
    if (turn.kind === "lead") await this.#housekeeping.leaseGiven(Date.now());
    return { ...turn, log: this.#log.slice(context.since) };
  }

  async complete(
    context: CallContext,
    entry: EntryReport,
    completion: Completion = {},
  ): Promise<CompleteReply & { log: LogSlice }> {
    const report = parse(EntryReportSchema, entry, "entry");
    const checked = parse(CompletionSchema, completion, "completion");
    const { lease, shield, dataCentre } = checked;
    const lacks = shield !== undefined && (await this.#shield.lacks(report, shield));
    const outcome = this.#transaction(context, (nowMs) => {
      if (lease !== undefined && !this.#fills.isIntact(lease)) return "lease-lost";
      const settled = this.#judge(report) === "purged" ? "purged-during-fill" : "stored";
      if (settled === "stored") {
        // What may not be served without the origin's word is nothing to count or list.
        if (report.lifetimeSeconds > 0) this.#index.put(report, nowMs);
        this.#housekeeping.noteLifetime(Math.max(report.lifetimeSeconds, report.keptSeconds));
        this.#stats.count({ type: "put", cache: report.cache });
      }
      this.#turns.settle(report, checked, settled, lacks && settled === "stored", nowMs);
      return settled;
    });
    const stored = outcome === "stored";
    if (lease !== undefined && stored) {
      this.#turns.stored(lease, report.key, dataCentre, Date.now());
      if (!lacks) this.#turns.spread(report.key);
    }
    if (lease !== undefined && outcome === "purged-during-fill") this.#turns.vacant(lease.key);
    if (stored) await this.#housekeeping.entryStored(Date.now(), report.lifetimeSeconds);
    const sharedWith = shield !== undefined && !lacks ? { sharedWith: this.#shield.instance } : {};
    return { outcome, wanted: lacks && stored, ...sharedWith, log: this.#log.slice(context.since) };
  }

  async abandon(context: CallContext, request: Abandon): Promise<{ log: LogSlice }> {
    const checked = parse(AbandonSchema, request);
    const ended = this.#transaction(context, (nowMs) => this.#turns.abandon(checked, nowMs));
    if (ended) this.#turns.abandoned(checked, Date.now());
    if (ended && checked.why === "uncacheable") await this.#shield.drop([checked.lease.key]);
    return { log: this.#log.slice(context.since) };
  }

  async offer(context: CallContext, offer: Offer, response: Response): Promise<{ log: LogSlice }> {
    const checked = parse(OfferSchema, offer, "offer");
    const mayKeep = this.#transaction(context, () => this.#turns.mayOffer(checked));
    if (mayKeep) await this.#shield.keep(checked.place, response);
    else await response.body?.cancel();
    this.#transaction(context, () => this.#turns.offered(checked));
    return { log: this.#log.slice(context.since) };
  }

  async landed(context: CallContext, landed: Landed): Promise<{ log: LogSlice }> {
    const { key, dataCentre } = parse(LandedSchema, landed, "landed");
    this.#turns.landed(key, dataCentre);
    return this.#call(context, () => ({}));
  }

  async purge(context: CallContext, request: PurgeRequest, by: string): Promise<PurgeReply> {
    const checked = parse(PurgeRequestSchema, request);
    const caller = parse(BySchema, by, "by");
    if (checked.dryRun === true) return this.#call(context, (nowMs) => this.#purges.tryOut(checked, nowMs));
    const cache = checked.cache ?? EVERY_CACHE;
    const { record, purged, approximate, erased } = this.#transaction(context, (nowMs) => {
      const written = this.#purges.purge(checked, caller, nowMs);
      this.#stats.count({ type: "purge", cache, purged: written.purged });
      return written;
    });
    await this.#publish(record);
    if (erased !== undefined) this.ctx.waitUntil(this.#shield.drop(erased));
    return {
      purged,
      ...(approximate ? { approximate } : {}),
      version: this.#log.versionAt(record.seq),
      log: this.#log.slice(context.since),
      ...(erased === undefined ? {} : { erased }),
    };
  }

  async remove(
    context: CallContext,
    cache: string,
    key: string,
    by: string,
  ): Promise<{ deleted: boolean; log: LogSlice }> {
    const name = parse(CacheNameSchema, cache, "cache");
    const caller = parse(BySchema, by, "by");
    const checked = parse(PurgeRequestSchema, { cache: name, key: parse(KeySchema, key, "key") });
    const { record, purged } = this.#transaction(context, (nowMs) => {
      this.#stats.count({ type: "delete", cache: name });
      return this.#purges.purge(checked, caller, nowMs);
    });
    await this.#publish(record);
    return { deleted: purged > 0, log: this.#log.slice(context.since) };
  }

  async invalidate(context: CallContext, request: InvalidationRequest): Promise<{ log: LogSlice }> {
    const { cache, urls, tags } = parse(InvalidationSchema, request);
    const selectors = [...urls.map((url) => ({ cache, url })), ...(tags.length === 0 ? [] : [{ cache, tags }])];
    if (selectors.length === 0) return this.#call(context, () => ({}));
    const record = this.#transaction(context, (nowMs) => {
      this.#stats.count({ type: "invalidation", cache });
      const details = { by: "request", atMs: nowMs, reason: undefined, count: 0, approximate: false };
      return this.#log.appendAutomatic(selectors, details);
    });
    await this.#publish(record);
    return { log: this.#log.slice(context.since) };
  }

  async deployed(context: CallContext, announcement: Announcement): Promise<{ log: LogSlice }> {
    const checked = parse(AnnouncementSchema, announcement);
    const { cache, id } = checked;
    const request = parse(PurgeRequestSchema, { cache, everything: true, reason: `version ${id} was deployed` });
    const record = this.#transaction(context, (nowMs) => {
      if (!this.#deployments.isNew(checked)) return undefined;
      const written = this.#purges.purge(request, "deployment", nowMs);
      this.#deployments.note(checked, written.record.seq, nowMs);
      this.#stats.count({ type: "purge", cache, purged: written.purged });
      return written.record;
    });
    if (record !== undefined) await this.#publish(record);
    return { log: this.#log.slice(context.since) };
  }

  async revoke(context: CallContext, seq: number, by: string): Promise<RevokeResult & { log: LogSlice }> {
    const checked = parse(SeqSchema, seq, "seq");
    const caller = parse(BySchema, by, "by");
    const { record, restored, approximate } = this.#transaction(context, (nowMs) => {
      const { selectors } = this.#history.revocable(checked, this.#log.view.floor);
      this.#deployments.withdraw(checked);
      return this.#purges.revoke(checked, selectors, caller, nowMs);
    });
    await this.#publish(record);
    return {
      restored,
      ...(approximate ? { approximate } : {}),
      version: this.#log.versionAt(record.seq),
      log: this.#log.slice(context.since),
    };
  }

  async history(context: CallContext, request: HistoryRequest): Promise<PurgeHistoryPage & { log: LogSlice }> {
    const { before = Number.MAX_SAFE_INTEGER, limit } = parse(HistoryRequestSchema, request);
    return this.#call(context, () => this.#history.page(before, limit));
  }

  async judge(context: CallContext, entry: EntryToJudge): Promise<{ verdict: LogVerdict; log: LogSlice }> {
    const checked = parse(EntryToJudgeSchema, entry, "entry");
    return this.#call(context, () => ({ verdict: this.#judge(checked) }));
  }

  async explain(
    context: CallContext,
    place: Place,
    entry: EntryToExplain | null,
  ): Promise<ObjectReply & { log: LogSlice }> {
    const checked = parse(PlaceSchema, place, "place");
    const own = entry === null ? null : parse(EntryToExplainSchema, entry, "entry");
    const inShield = await this.#shield.peek(checked);
    return this.#call(context, (nowMs) => this.#explanations.of(checked, own, inShield, nowMs));
  }

  async stats(context: CallContext, cache: string | null): Promise<{ stats: CacheStats; log: LogSlice }> {
    const name = cache === null ? null : parse(CacheNameSchema, cache, "cache");
    return this.#call(context, (nowMs) => ({
      stats: { ...this.#stats.totals(name), ...this.#index.totals(name, nowMs) },
    }));
  }

  override async alarm(): Promise<void> {
    await this.#housekeeping.run(
      { index: this.#index, log: this.#log, stats: this.#stats, fills: this.#fills },
      Date.now(),
    );
  }

  #judge(entry: EntryToJudge): LogVerdict {
    return judgement(entry, this.#log.view).state;
  }

  async #publish(record: PurgeRecord): Promise<void> {
    this.#log.publish(record);
    await this.#housekeeping.purgeLogged(Date.now());
  }

  #call<Reply extends object>(context: CallContext, work: (nowMs: number) => Reply): Reply & { log: LogSlice } {
    const reply = this.#transaction(context, work);
    return { ...reply, log: this.#log.slice(context.since) };
  }

  #transaction<Result>(context: CallContext, work: (nowMs: number) => Result): Result {
    const { report } = parse(CallContextSchema, context, "context");
    return this.#storage.transactionSync(() => {
      const nowMs = Date.now();
      if (report !== undefined) this.#stats.addReport(report, nowMs);
      return work(nowMs);
    });
  }
}
