import type { Announcement } from "../schema/deployment.ts";
import type { CacheName } from "../schema/names.ts";
import type { PurgeRecord } from "../schema/purge.ts";
import type { CheckedInvalidation, CheckedPurgeRequest } from "../schema/purge-request.ts";
import { PurgeRequestSchema, selectorsOf } from "../schema/purge-request.ts";
import type { CheckedRefill } from "../schema/refill.ts";
import type { CallContext, LogSlice, PurgeReply } from "../schema/rpc.ts";
import { CallContextSchema } from "../schema/rpc.ts";
import { parse } from "../schema/validate.ts";
import type { Timed } from "./alarm.ts";
import type { Parts } from "./parts.ts";
import type { WrittenPurge } from "./purges.ts";
import { commonCache } from "./purges.ts";

/** Makes purges: at once, or with others of their cache that come in a burst, and with the refill that follows. */
export class Purging implements Timed {
  readonly slackMs = 0;
  readonly #parts: Parts;
  readonly #waitUntil: (work: Promise<void>) => void;

  constructor(parts: Parts, waitUntil: (work: Promise<void>) => void) {
    this.#parts = parts;
    this.#waitUntil = waitUntil;
  }

  /** One change of the storage, in which what the caller's isolate has counted is counted, too. */
  transaction<Result>(context: CallContext, work: (nowMs: number) => Result): Result {
    const { report } = parse(CallContextSchema, context, "context");
    return this.#parts.recorder.transaction(report, work);
  }

  /** As its cache is declared. @throws LarderError `too-many-entries`, having changed nothing */
  async purge(context: CallContext, checked: CheckedPurgeRequest, caller: string): Promise<PurgeReply> {
    const cache = commonCache(selectorsOf(checked));
    const debounce = this.#parts.gathering.of(cache);
    if (cache === undefined || debounce === undefined || checked.erase === true || checked.immediate === true) {
      return this.atOnce(context, checked, caller);
    }
    return this.#gather(context, checked, { cache, caller, seconds: debounce.seconds });
  }

  async atOnce(context: CallContext, checked: CheckedPurgeRequest, caller: string) {
    const { log, shield } = this.#parts;
    const { record, purged, approximate, erased, refill } = this.transaction(context, (nowMs) =>
      this.written(checked, checked.refill, caller, nowMs),
    );
    await this.publish(record);
    if (erased !== undefined) this.#waitUntil(shield.drop(erased));
    return {
      purged,
      ...(approximate ? { approximate } : {}),
      version: log.versionAt(record.seq),
      ...(refill === undefined ? {} : { refill }),
      log: log.slice(context.since),
      ...(erased === undefined ? {} : { erased }),
    };
  }

  /** Has a purge wait for others of its cache. */
  async #gather(
    context: CallContext,
    checked: CheckedPurgeRequest,
    { cache, caller, seconds }: { readonly cache: CacheName; readonly caller: string; readonly seconds: number },
  ): Promise<PurgeReply> {
    const { alarm, gathering, log, purges } = this.#parts;
    const { purged, approximate, dueMs } = this.transaction(context, (nowMs) => {
      const purge = { selectors: selectorsOf(checked), by: caller, reason: checked.reason };
      return { ...purges.weigh(checked, nowMs), dueMs: gathering.add(cache, purge, seconds, nowMs) };
    });
    await alarm.wake(this);
    return {
      purged,
      ...(approximate ? { approximate } : {}),
      version: log.versionAt(log.view.head),
      gatheredUntil: new Date(dueMs),
      log: log.slice(context.since),
    };
  }

  /** What a request has changed is invalid. Not for the history. */
  async invalidate(context: CallContext, { cache, urls, tags }: CheckedInvalidation): Promise<{ log: LogSlice }> {
    const { log, recorder } = this.#parts;
    const selectors = [...urls.map((url) => ({ cache, url })), ...(tags.length === 0 ? [] : [{ cache, tags }])];
    const record = this.transaction(context, (nowMs) => {
      if (selectors.length === 0) return undefined;
      recorder.record({ type: "invalidation", cache, rule: undefined });
      const details = { by: "request", atMs: nowMs, reason: undefined, count: 0, approximate: false };
      return log.appendAutomatic(selectors, details);
    });
    if (record !== undefined) await this.publish(record);
    return { log: log.slice(context.since) };
  }

  /** A version of a cache's Worker that is newer than all before purges the cache. */
  async deployed(context: CallContext, announcement: Announcement): Promise<{ log: LogSlice }> {
    const { deployments, log } = this.#parts;
    const { cache, id } = announcement;
    const request = parse(PurgeRequestSchema, { cache, everything: true, reason: `version ${id} was deployed` });
    const record = this.transaction(context, (nowMs) => {
      if (!deployments.isNew(announcement)) return undefined;
      const { record: written } = this.written(request, undefined, "deployment", nowMs);
      deployments.note(announcement, written.seq, nowMs);
      return written;
    });
    if (record !== undefined) await this.publish(record);
    return { log: log.slice(context.since) };
  }

  nextDueMs(): number | undefined {
    return this.#parts.gathering.nextDueMs();
  }

  /** Makes one purge of those that have been gathered, and a refill of what it hits. */
  async run(): Promise<"again" | undefined> {
    const written = this.transaction({}, (nowMs) => {
      const burst = this.#parts.gathering.take(nowMs);
      if (burst === undefined) return undefined;
      // Nobody is there to be told that it cannot be refilled, and the purge is not to wait for that.
      const refilling = this.#parts.refills.isFull ? undefined : burst.debounce.refill;
      return this.written(burst.request, refilling, burst.by, nowMs);
    });
    if (written === undefined) return undefined;
    await this.publish(written.record);
    return "again";
  }

  /** Writes a purge into the log, inside a transaction, and the refill that follows it. */
  written(
    request: CheckedPurgeRequest,
    refilling: CheckedRefill | undefined,
    caller: string,
    nowMs: number,
  ): WrittenPurge & { readonly refill?: string } {
    const { purges, recorder, refills } = this.#parts;
    const { cache } = request;
    const written = purges.purge(request, caller, nowMs);
    const { seq } = written.record;
    recorder.record({ type: "purge", cache, rule: undefined, seq, purged: written.purged });
    if (refilling === undefined) return written;
    const selectors = selectorsOf(request);
    const refill = refills.afterPurge({ selectors, seq, cache: commonCache(selectors) }, refilling, caller, nowMs);
    return refill === undefined ? written : { ...written, refill: refill.id };
  }

  /** Puts a record in force, once the transaction that has written it has ended. */
  async publish(record: PurgeRecord): Promise<void> {
    const { alarm, housekeeping, log, refills, zone } = this.#parts;
    log.publish(record);
    await alarm.wake(zone);
    await alarm.wake(refills);
    await housekeeping.purgeLogged(Date.now());
  }
}
