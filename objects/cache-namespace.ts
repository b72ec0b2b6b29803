import { DurableObject } from "cloudflare:workers";
import type { EntryReport } from "../schema/entry.ts";
import { EntryReportSchema } from "../schema/entry.ts";
import { CacheNameSchema } from "../schema/names.ts";
import type { PurgeRequest, PurgeResult, Selector } from "../schema/purge.ts";
import { PurgeRequestSchema, selectorOf } from "../schema/purge.ts";
import type { CacheStats, CallContext, CompleteOutcome, LogSlice, NamespaceRpc } from "../schema/rpc.ts";
import { CallContextSchema } from "../schema/rpc.ts";
import { parse } from "../schema/validate.ts";
import { purgeVerdict } from "../src/log/verdict.ts";
import { Housekeeping } from "./housekeeping.ts";
import { PurgeLog } from "./purge-log.ts";
import { Stats } from "./stats.ts";
import { migrate } from "./storage.ts";
import { TagIndex } from "./tag-index.ts";

/** The name under which purges of a whole namespace are counted; no cache can have it. */
const EVERY_CACHE = "*";

/**
 * One cache namespace: the serial point that every purge, put and sync of it goes through. This class is the RPC
 * surface and nothing else; what it does is in the files beside it. What one call changes is one transaction.
 */
export class CacheNamespace extends DurableObject implements NamespaceRpc {
  readonly #storage: DurableObjectStorage;
  readonly #log: PurgeLog;
  readonly #index: TagIndex;
  readonly #stats: Stats;
  readonly #housekeeping: Housekeeping;

  constructor(ctx: DurableObjectState, env: unknown) {
    super(ctx, env as Cloudflare.Env);
    this.#storage = ctx.storage;
    migrate(ctx.storage);
    this.#log = new PurgeLog(ctx.storage.sql);
    this.#index = new TagIndex(ctx.storage.sql);
    this.#stats = new Stats(ctx.storage.sql);
    this.#housekeeping = new Housekeeping(ctx.storage);
  }

  async sync(context: CallContext): Promise<{ log: LogSlice }> {
    return this.#call(context, () => ({}));
  }

  async complete(context: CallContext, entry: EntryReport): Promise<{ outcome: CompleteOutcome; log: LogSlice }> {
    const report = parse(EntryReportSchema, entry, "entry");
    const reply = this.#call(context, (nowMs): { outcome: CompleteOutcome } => {
      const { view } = this.#log;
      // A version from the future was never given out: whoever has it may not outlive the purges to come.
      const isForged = report.asOf.seq > view.head;
      if (isForged || purgeVerdict(report, view) !== undefined) return { outcome: "purged-during-fill" };
      this.#index.put(report, nowMs);
      this.#housekeeping.noteLifetime(report.lifetimeSeconds);
      this.#stats.count({ type: "put", cache: report.cache });
      return { outcome: "stored" };
    });
    await this.#housekeeping.entryStored(Date.now(), report.lifetimeSeconds);
    return reply;
  }

  async purge(context: CallContext, request: PurgeRequest): Promise<PurgeResult & { log: LogSlice }> {
    const checked = parse(PurgeRequestSchema, request, "");
    const selector = selectorOf(checked);
    const purged = this.#append(context, selector, checked.reason, (count) =>
      this.#stats.count({ type: "purge", cache: selector.cache ?? EVERY_CACHE, purged: count }),
    );
    await this.#housekeeping.purgeLogged(Date.now());
    return { purged, version: this.#log.version, log: this.#log.slice(context.since) };
  }

  async remove(context: CallContext, cache: string, key: string): Promise<{ deleted: boolean; log: LogSlice }> {
    const name = parse(CacheNameSchema, cache, "cache");
    const selector = selectorOf(parse(PurgeRequestSchema, { cache: name, key }, ""));
    const purged = this.#append(context, selector, undefined, () => this.#stats.count({ type: "delete", cache: name }));
    await this.#housekeeping.purgeLogged(Date.now());
    return { deleted: purged > 0, log: this.#log.slice(context.since) };
  }

  async stats(context: CallContext, cache: string | null): Promise<{ stats: CacheStats; log: LogSlice }> {
    const name = cache === null ? null : parse(CacheNameSchema, cache, "cache");
    return this.#call(context, (nowMs) => ({
      stats: { ...this.#stats.totals(name), ...this.#index.totals(name, nowMs) },
    }));
  }

  override async alarm(): Promise<void> {
    await this.#housekeeping.run({ index: this.#index, log: this.#log, stats: this.#stats }, Date.now());
  }

  #append(
    context: CallContext,
    selector: Selector,
    reason: string | undefined,
    count: (purged: number) => void,
  ): number {
    const { record, purged } = this.#transaction(context, (nowMs) => {
      const purged = this.#index.countValid(selector, this.#log.view, nowMs);
      count(purged);
      return { record: this.#log.append(selector, { purged, reason, atMs: nowMs }), purged };
    });
    this.#log.publish(record);
    return purged;
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
