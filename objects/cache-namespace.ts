import { DurableObject } from "cloudflare:workers";
import type { Announcement } from "../schema/deployment.ts";
import { AnnouncementSchema } from "../schema/deployment.ts";
import type { EntryReport, EntryToExplain, EntryToJudge, Place } from "../schema/entry.ts";
import { EntryReportSchema, EntryToExplainSchema, EntryToJudgeSchema, PlaceSchema } from "../schema/entry.ts";
import type { ObjectReply } from "../schema/explain.ts";
import type { Ticket } from "../schema/feed.ts";
import { FeedRequestSchema, TicketSchema } from "../schema/feed.ts";
import type { Abandon, Acquire, Completion, Landed, Offer, Turn } from "../schema/fills.ts";
import { AbandonSchema, AcquireSchema, CompletionSchema, LandedSchema, OfferSchema } from "../schema/fills.ts";
import type { ObjectHealth } from "../schema/health.ts";
import { KeySchema } from "../schema/key.ts";
import type {
  EntriesPage,
  EntriesRequest,
  NamespacesPage,
  NamespacesRequest,
  TagsPage,
  TagsRequest,
} from "../schema/listing.ts";
import { EntriesRequestSchema, NamespacesRequestSchema, TagsRequestSchema } from "../schema/listing.ts";
import { CacheNameSchema, NamespaceSchema } from "../schema/names.ts";
import type { PurgeHistoryPage, RevokeResult } from "../schema/purge.ts";
import type { HistoryRequest, InvalidationRequest, PurgeRequest } from "../schema/purge-request.ts";
import {
  BySchema,
  HistoryRequestSchema,
  InvalidationSchema,
  PurgeRequestSchema,
  SeqSchema,
} from "../schema/purge-request.ts";
import type { CheckedWarmRequest, Refill, WarmRequest } from "../schema/refill.ts";
import { RefillIdSchema, WarmRequestSchema } from "../schema/refill.ts";
import type {
  CallContext,
  CompleteReply,
  LogSlice,
  LogVerdict,
  NamespaceRpc,
  NamespaceOperations as Operations,
  PurgeReply,
} from "../schema/rpc.ts";
import type { Schedule, ScheduleRequest } from "../schema/schedule.ts";
import { ScheduleIdSchema, ScheduleRequestSchema } from "../schema/schedule.ts";
import type { CacheStats, StatsRequest, TopReply, TopRequest } from "../schema/stats.ts";
import { StatsRequestSchema, TopRequestSchema } from "../schema/stats.ts";
import type { Revocations, RevokedToken, RevokeTokenRequest, TicketTerms } from "../schema/token.ts";
import { RevokeTokenSchema, TicketTermsSchema, TokenIdSchema } from "../schema/token.ts";
import { parse } from "../schema/validate.ts";
import { objectHealth } from "./health.ts";
import { judgement } from "./judgement.ts";
import type { Parts } from "./parts.ts";
import { assemble } from "./parts.ts";
import { commonCache } from "./purges.ts";
import { Purging } from "./purging.ts";
import { Schedules } from "./schedules.ts";
import { Transfer } from "./transfer.ts";

/**
 * One cache namespace: the serial point that every purge, put and sync of it goes through. This class is the RPC
 * surface and nothing else; what it does is in the files beside it. What one call changes is one transaction.
 */
export class CacheNamespace extends DurableObject implements NamespaceRpc {
  readonly #parts: Parts;
  readonly #schedules: Schedules;
  readonly #purging: Purging;
  readonly #transfer: Transfer;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    this.#parts = assemble(ctx, env);
    this.#purging = new Purging(this.#parts, (work) => ctx.waitUntil(work));
    this.#schedules = new Schedules(ctx.storage.sql, {
      purge: (request, by) => this.#purging.atOnce({}, request, by),
      warm: (request, by) => this.#warm(request, by),
    });
    this.#transfer = new Transfer(ctx, this.#parts, this.#schedules);
  }

  async sync(context: CallContext): Promise<{ log: LogSlice }> {
    return this.#call(context, () => ({}));
  }

  async acquire(context: CallContext, ask: Acquire): Promise<Turn & { log: LogSlice }> {
    const checked = parse(AcquireSchema, ask, "ask");
    const turn = await this.#parts.turns.take(checked, (work) => this.#transaction(context, work));
    if (turn.kind === "lead") await this.#parts.housekeeping.leaseGiven(Date.now());
    return { ...turn, log: this.#parts.log.slice(context.since) };
  }

  async complete(
    context: CallContext,
    entry: EntryReport,
    completion: Completion = {},
  ): Promise<CompleteReply & { log: LogSlice }> {
    const report = parse(EntryReportSchema, entry, "entry");
    const checked = parse(CompletionSchema, completion, "completion");
    const { lease, shield, dataCentre, counted } = checked;
    const lacks = shield !== undefined && (await this.#parts.shield.lacks(report, shield));
    const outcome = this.#transaction(context, (nowMs) => {
      if (lease !== undefined && !this.#parts.fills.isIntact(lease)) return "lease-lost";
      const settled = this.#judge(report) === "purged" ? "purged-during-fill" : "stored";
      if (settled === "stored") {
        // What may not be served without the origin's word is nothing to count or list.
        if (report.lifetimeSeconds > 0) this.#parts.index.put(report, nowMs);
        this.#parts.gathering.learn(report.cache, checked.debounce);
        this.#parts.housekeeping.noteLifetime(Math.max(report.lifetimeSeconds, report.keptSeconds));
        const { key, cache, tags, bytes } = report;
        this.#parts.recorder.record(
          { type: "put", cache, rule: counted?.rule, entry: { key, tags, bytes } },
          counted?.dataCentre,
        );
      }
      this.#parts.turns.settle(report, checked, settled, lacks && settled === "stored", nowMs);
      return settled;
    });
    const stored = outcome === "stored";
    if (lease !== undefined && stored) {
      this.#parts.turns.stored(lease, report.key, dataCentre, Date.now());
      if (!lacks) this.#parts.turns.spread(report.key);
    }
    if (lease !== undefined && outcome === "purged-during-fill") this.#parts.turns.vacant(lease.key);
    if (stored) await this.#parts.housekeeping.entryStored(Date.now(), report.lifetimeSeconds);
    const sharedWith = shield !== undefined && !lacks ? { sharedWith: this.#parts.shield.instance } : {};
    return { outcome, wanted: lacks && stored, ...sharedWith, log: this.#parts.log.slice(context.since) };
  }

  async abandon(context: CallContext, request: Abandon): Promise<{ log: LogSlice }> {
    const checked = parse(AbandonSchema, request);
    const ended = this.#transaction(context, (nowMs) => this.#parts.turns.abandon(checked, nowMs));
    if (ended) this.#parts.turns.abandoned(checked, Date.now());
    if (ended && checked.why === "uncacheable") await this.#parts.shield.drop([checked.lease.key]);
    return { log: this.#parts.log.slice(context.since) };
  }

  async offer(context: CallContext, offer: Offer, response: Response): Promise<{ log: LogSlice }> {
    const checked = parse(OfferSchema, offer, "offer");
    const mayKeep = this.#transaction(context, () => this.#parts.turns.mayOffer(checked));
    if (mayKeep) await this.#parts.shield.keep(checked.place, response);
    else await response.body?.cancel();
    this.#transaction(context, () => this.#parts.turns.offered(checked));
    return { log: this.#parts.log.slice(context.since) };
  }

  async landed(context: CallContext, landed: Landed): Promise<{ log: LogSlice }> {
    const { key, dataCentre } = parse(LandedSchema, landed, "landed");
    this.#parts.turns.landed(key, dataCentre);
    return this.#call(context, () => ({}));
  }

  async purge(context: CallContext, request: PurgeRequest, by: string): Promise<PurgeReply> {
    const checked = parse(PurgeRequestSchema, request);
    const caller = parse(BySchema, by, "by");
    if (checked.dryRun === true) return this.#call(context, (nowMs) => this.#parts.purges.tryOut(checked, nowMs));
    return this.#purging.purge(context, checked, caller);
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
      const written = this.#parts.purges.purge(checked, caller, nowMs);
      this.#parts.recorder.record({ type: "delete", cache: name, rule: undefined, seq: written.record.seq });
      return written;
    });
    await this.#purging.publish(record);
    return { deleted: purged > 0, log: this.#parts.log.slice(context.since) };
  }

  async invalidate(context: CallContext, request: InvalidationRequest): Promise<{ log: LogSlice }> {
    return this.#purging.invalidate(context, parse(InvalidationSchema, request));
  }

  async deployed(context: CallContext, announcement: Announcement): Promise<{ log: LogSlice }> {
    return this.#purging.deployed(context, parse(AnnouncementSchema, announcement));
  }

  async revoke(context: CallContext, seq: number, by: string): Promise<RevokeResult & { log: LogSlice }> {
    const checked = parse(SeqSchema, seq, "seq");
    const caller = parse(BySchema, by, "by");
    const { record, restored, approximate } = this.#transaction(context, (nowMs) => {
      const { selectors } = this.#parts.history.revocable(checked, this.#parts.log.view.floor);
      this.#parts.deployments.withdraw(checked);
      const back = this.#parts.purges.revoke(checked, selectors, caller, nowMs);
      const { restored: count } = back;
      const event = { type: "revoke", seq: back.record.seq, revokes: checked, restored: count } as const;
      this.#parts.recorder.record({ ...event, cache: commonCache(selectors), rule: undefined });
      return back;
    });
    await this.#purging.publish(record);
    return {
      restored,
      ...(approximate ? { approximate } : {}),
      version: this.#parts.log.versionAt(record.seq),
      log: this.#parts.log.slice(context.since),
    };
  }

  async history(context: CallContext, request: HistoryRequest): Promise<PurgeHistoryPage & { log: LogSlice }> {
    const { before = Number.MAX_SAFE_INTEGER, limit } = parse(HistoryRequestSchema, request);
    return this.#call(context, () => this.#parts.history.page(before, limit));
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
    const inShield = await this.#parts.shield.peek(checked);
    return this.#call(context, (nowMs) => this.#parts.explanations.of(checked, own, inShield, nowMs));
  }

  async stats(context: CallContext, request: StatsRequest): Promise<{ stats: CacheStats; log: LogSlice }> {
    const checked = parse(StatsRequestSchema, request);
    return this.#call(context, (nowMs) => {
      this.#parts.recorder.settle(nowMs);
      return { stats: this.#parts.statsOf(checked, nowMs) };
    });
  }

  async top(context: CallContext, request: TopRequest): Promise<{ top: TopReply; log: LogSlice }> {
    const checked = parse(TopRequestSchema, request);
    return this.#call(context, (nowMs) => {
      this.#parts.recorder.settle(nowMs);
      return { top: this.#parts.top.of(checked, nowMs) };
    });
  }

  async entries(request: EntriesRequest): Promise<EntriesPage> {
    const checked = parse(EntriesRequestSchema, request);
    return this.#parts.listing.entries(checked, Date.now());
  }

  async tags(request: TagsRequest): Promise<TagsPage> {
    return this.#parts.listing.tags(parse(TagsRequestSchema, request));
  }

  async enlist(name: string): Promise<void> {
    this.#parts.directory.enlist(parse(NamespaceSchema, name, "namespace"), Date.now());
  }

  async namespaces(request: NamespacesRequest): Promise<NamespacesPage> {
    return this.#parts.directory.page(parse(NamespacesRequestSchema, request));
  }

  async schedules(): Promise<{ schedules: readonly Schedule[] }> {
    return { schedules: this.#schedules.list() };
  }

  async addSchedule(request: ScheduleRequest, by: string): Promise<Schedule> {
    const checked = parse(ScheduleRequestSchema, request);
    const added = this.#schedules.add(checked, parse(BySchema, by, "by"), Date.now());
    await this.#parts.alarm.wake(this.#schedules);
    return added;
  }

  async removeSchedule(id: string): Promise<Schedule> {
    return this.#schedules.remove(parse(ScheduleIdSchema, id, "id"));
  }

  async refills(): Promise<{ refills: readonly Refill[] }> {
    return { refills: this.#parts.refills.list() };
  }

  async refill(id: string): Promise<Refill> {
    return this.#parts.refills.one(parse(RefillIdSchema, id, "id"));
  }

  async warm(request: WarmRequest, by: string): Promise<Refill> {
    return this.#warm(parse(WarmRequestSchema, request), parse(BySchema, by, "by"));
  }

  async #warm(request: CheckedWarmRequest, by: string): Promise<Refill> {
    const begun = this.#parts.refills.warm(request, by);
    await this.#parts.alarm.wake(this.#parts.refills);
    return begun;
  }

  async stopRefill(id: string): Promise<Refill> {
    return this.#parts.refills.stop(parse(RefillIdSchema, id, "id"));
  }

  async exportLog(...asked: Parameters<Operations["exportLog"]>) {
    return this.#transfer.page(...asked);
  }

  async beginImport(...asked: Parameters<Operations["beginImport"]>) {
    return this.#transfer.begin(...asked);
  }

  async putImportPart(...asked: Parameters<Operations["putImportPart"]>) {
    return this.#transfer.put(...asked);
  }

  async applyImport(...asked: Parameters<Operations["applyImport"]>) {
    return this.#transfer.apply(...asked);
  }

  async importEntries(...asked: Parameters<Operations["importEntries"]>) {
    return this.#transfer.entries(...asked);
  }

  async endImport(...asked: Parameters<Operations["endImport"]>) {
    return this.#transfer.end(...asked);
  }

  async health(): Promise<ObjectHealth> {
    return objectHealth(this.ctx.storage.sql, this.#parts, this.env as Cloudflare.Env, Date.now());
  }

  async revokeToken(id: string, request: RevokeTokenRequest, by: string): Promise<RevokedToken> {
    const checked = parse(RevokeTokenSchema, request);
    return this.#parts.revokedTokens.revoke(
      parse(TokenIdSchema, id, "id"),
      checked,
      parse(BySchema, by, "by"),
      Date.now(),
    );
  }

  async revokedTokens(): Promise<{ tokens: readonly RevokedToken[] }> {
    return { tokens: this.#parts.revokedTokens.list(Date.now()) };
  }

  async revocations(known: string | null): Promise<Revocations> {
    return this.#parts.revokedTokens.since(known, Date.now());
  }

  async ticket(terms: TicketTerms = {}): Promise<Ticket> {
    return this.#parts.tickets.issue(parse(TicketTermsSchema, terms, "terms"), Date.now());
  }

  async redeem(ticket: string): Promise<TicketTerms> {
    return this.#parts.tickets.redeem(parse(TicketSchema, ticket, "ticket"), Date.now());
  }

  override async fetch(request: Request): Promise<Response> {
    if (this.#parts.feed.isFull) return new Response(null, { status: 503 });
    const { searchParams } = new URL(request.url);
    const asked = parse(FeedRequestSchema, JSON.parse(searchParams.get("feed") ?? "{}"));
    const until = searchParams.get("until");
    const untilMs = until === null ? undefined : Number(until);
    return this.#parts.feed.open(asked, untilMs, request.headers.get("Sec-WebSocket-Protocol"));
  }

  override webSocketMessage(socket: WebSocket): void {
    this.#parts.feed.refuse(socket);
  }

  override webSocketClose(socket: WebSocket, code: number, reason: string): void {
    this.#parts.feed.left(socket, code, reason);
  }

  override async alarm(): Promise<void> {
    const { alarm, housekeeping, importing, refills, zone } = this.#parts;
    await alarm.run([housekeeping, zone, this.#schedules, this.#purging, refills, importing]);
  }

  #judge(entry: EntryToJudge): LogVerdict {
    return judgement(entry, this.#parts.log.view).state;
  }

  #call<Reply extends object>(context: CallContext, work: (nowMs: number) => Reply): Reply & { log: LogSlice } {
    const reply = this.#transaction(context, work);
    return { ...reply, log: this.#parts.log.slice(context.since) };
  }

  #transaction<Result>(context: CallContext, work: (nowMs: number) => Result): Result {
    return this.#purging.transaction(context, work);
  }
}
