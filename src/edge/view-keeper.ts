import { asLarderError } from "../../schema/errors.ts";
import type { Happening } from "../../schema/events.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { CallContext, Demand, LogSlice, NamespaceRpc } from "../../schema/rpc.ts";
import type { LogPoint } from "../../schema/version.ts";
import { parseVersion } from "../../schema/version.ts";
import type { View } from "../log/view.ts";
import { advance } from "../log/view.ts";
import { logEvent } from "../telemetry/log.ts";
import { Counts } from "./counts.ts";
import type { Surroundings } from "./surroundings.ts";
import { inTime } from "./surroundings.ts";

/** After this long without an answer the object counts as unreachable. */
const SYNC_TIMEOUT_MS = 3_000;
/** After a failed sync, hits inside the grace are served for this long before another is tried. */
const RETRY_AFTER_MS = 1_000;

/** A view to judge by, or why there is none. */
export type ViewAtHand =
  | { readonly kind: "confirmed"; readonly view: View }
  /** Older than the bound: because the cache prefers that to waiting, or because the object does not answer. */
  | { readonly kind: "unconfirmed"; readonly view: View }
  | { readonly kind: "unreachable" };

type Bounds = Pick<CacheConfig, "purgeLagSeconds" | "whenViewExpired" | "whenUnreachable" | "unreachableGraceSeconds">;

/**
 * Keeps one isolate's view of one namespace's log, and is the one way to its object: every call carries the point the
 * view has reached and what has been counted, and every reply brings the view forward.
 */
export class ViewKeeper {
  /** A stub a call: those of one request may not be used in another. */
  readonly #object: () => NamespaceRpc;
  readonly #surroundings: Surroundings;
  readonly #dataCentre: () => string | undefined;
  readonly #counts = new Counts();
  #view: View | undefined;
  /** When the newest reply's call was made, by this isolate's own clock: the log was read later than that. */
  #confirmedAtMs = Number.NEGATIVE_INFINITY;
  /** Calls made, and the latest of them that has been answered. */
  #calls = 0;
  #newestAnswered = 0;
  #failedAtMs = Number.NEGATIVE_INFINITY;
  #syncing: { readonly done: Promise<void>; readonly sinceMs: number } | undefined;
  #flushDueMs = Number.NEGATIVE_INFINITY;

  /** @param dataCentre where this isolate is, as people name it, once that is known */
  constructor(
    object: () => NamespaceRpc,
    surroundings: Surroundings,
    dataCentre: () => string | undefined = () => undefined,
  ) {
    this.#object = object;
    this.#surroundings = surroundings;
    this.#dataCentre = dataCentre;
  }

  /** Where this isolate is, as people name it; empty where that is not known. */
  get dataCentre(): string {
    return this.#dataCentre() ?? "";
  }

  /** The newest view there is, however old, without waiting. */
  get view(): View | undefined {
    return this.#view;
  }

  /** What `atHand` would give, where that takes no waiting: the way of almost every hit. */
  current(bounds: Bounds, demand: Demand): ViewAtHand | undefined {
    if (this.#view === undefined || demand.consistency === "strong" || demand.atLeast !== undefined) return undefined;
    const lagMs = bounds.purgeLagSeconds * 1000;
    const ageMs = this.#ageMs();
    if (ageMs > lagMs) return undefined;
    if (ageMs > lagMs / 2) this.#syncBehind();
    return { kind: "confirmed", view: this.#view };
  }

  /**
   * The view to judge a hit by. Waits for the object only when the view is older than the bound or than what the
   * caller asks for; past half the bound it is renewed behind the caller's back.
   */
  async atHand(bounds: Bounds, demand: Demand = {}): Promise<ViewAtHand> {
    if (demand.consistency === "strong") {
      if (!(await succeeds(this.#sync())) || this.#view === undefined) return { kind: "unreachable" };
      return { kind: "confirmed", view: this.#view };
    }
    if (demand.atLeast !== undefined) {
      const least = parseVersion(demand.atLeast, "atLeast");
      if (!this.reaches(least) && !(await succeeds(this.#syncTo(least)))) return { kind: "unreachable" };
    }
    return this.current(bounds, {}) ?? this.#expired(bounds);
  }

  async #expired(bounds: Bounds): Promise<ViewAtHand> {
    if (bounds.whenViewExpired === "serve" && this.#view !== undefined) {
      this.#syncBehind();
      return { kind: "unconfirmed", view: this.#view };
    }
    if (!this.#failedJustNow) await succeeds(this.#sharedSync());
    return this.#asItIs(bounds);
  }

  /** What there is when no more is asked. */
  #asItIs(bounds: Bounds): ViewAtHand {
    if (this.#view === undefined) return { kind: "unreachable" };
    // Asked again, for an answer may take longer than the bound allows.
    const overdueMs = this.#ageMs() - bounds.purgeLagSeconds * 1000;
    if (overdueMs <= 0) return { kind: "confirmed", view: this.#view };
    const graceMs = bounds.whenUnreachable === "serve" ? bounds.unreachableGraceSeconds * 1000 : 0;
    return overdueMs <= graceMs ? { kind: "unconfirmed", view: this.#view } : { kind: "unreachable" };
  }

  /**
   * What `atHand` would judge by, without asking. `asks`: it would wait for the object first, and judge by all that has.
   *
   * @param object whether that answers now
   */
  outlook(bounds: Bounds, object: "answers" | "silent"): ViewAtHand | { readonly kind: "asks" } {
    const view = this.#view;
    const isExpired = this.#ageMs() > bounds.purgeLagSeconds * 1000;
    if (view !== undefined && !isExpired) return { kind: "confirmed", view };
    if (view !== undefined && bounds.whenViewExpired === "serve") return { kind: "unconfirmed", view };
    return object === "answers" && !this.#failedJustNow ? { kind: "asks" } : this.#asItIs(bounds);
  }

  /** How long ago the view was confirmed; infinitely long where there is none. */
  get confirmedSecondsAgo(): number {
    return this.#ageMs() / 1000;
  }

  #ageMs(): number {
    return this.#surroundings.nowMs() - this.#confirmedAtMs;
  }

  /** Whether the view there is goes so far. */
  reaches(point: LogPoint): boolean {
    return this.#view !== undefined && this.#view.epoch === point.epoch && this.#view.head >= point.seq;
  }

  /**
   * A version is handed out only after its purge is in the log, so a sync that begins after the caller came shows it.
   * One that was already under way may have read the log before: then one more is enough. A version that even that
   * does not show was never given out, and is ignored.
   */
  async #syncTo(point: LogPoint): Promise<void> {
    const joined = this.#syncing !== undefined;
    await this.#sharedSync();
    if (joined && !this.reaches(point)) await this.#sharedSync();
  }

  #syncBehind(): void {
    if (this.#syncing !== undefined && !this.#isOverdue(this.#syncing.sinceMs)) return;
    this.#surroundings.waitUntil(succeeds(this.#sharedSync()));
  }

  /** One sync at a time in an isolate, whoever waits for it. It outlives the request that began it. */
  async #sharedSync(): Promise<void> {
    if (this.#syncing !== undefined && !this.#isOverdue(this.#syncing.sinceMs)) {
      // Waited for with a time-out of one's own: the runtime may end the request that began it, and its promise then
      // never settles.
      return this.#inTime(this.#syncing.done);
    }
    const syncing = { done: this.#sync(), sinceMs: this.#surroundings.nowMs() };
    this.#syncing = syncing;
    this.#surroundings.waitUntil(
      succeeds(syncing.done).finally(() => {
        if (this.#syncing === syncing) this.#syncing = undefined;
      }),
    );
    return syncing.done;
  }

  #isOverdue(sinceMs: number): boolean {
    return this.#surroundings.nowMs() - sinceMs > SYNC_TIMEOUT_MS;
  }

  #sync(): Promise<void> {
    return this.#minding((object, context) => object.sync(context));
  }

  /**
   * As `callInTime`, for what every request asks until it has been answered: an object that did not answer just now is
   * left alone. Nobody waits for another's call, which would die with the request that made it.
   */
  async attempt(work: (object: NamespaceRpc, context: CallContext) => Promise<{ log: LogSlice }>): Promise<void> {
    if (!this.#failedJustNow) await succeeds(this.#minding(work));
  }

  get #failedJustNow(): boolean {
    return this.#surroundings.nowMs() - this.#failedAtMs < RETRY_AFTER_MS;
  }

  async #minding(work: (object: NamespaceRpc, context: CallContext) => Promise<{ log: LogSlice }>): Promise<void> {
    try {
      await this.callInTime(work);
      this.#failedAtMs = Number.NEGATIVE_INFINITY;
    } catch (error) {
      this.#failedAtMs = this.#surroundings.nowMs();
      throw error;
    }
  }

  /**
   * As `call`, for whoever answers a request: an object that hangs counts as one that does not answer.
   *
   * @param waitMs how long the object may let its caller wait
   */
  callInTime<Reply extends { log: LogSlice }>(
    work: (object: NamespaceRpc, context: CallContext) => Promise<Reply>,
    waitMs = 0,
    carrying: "counts" | "nothing" = "counts",
  ): Promise<Reply> {
    return this.#counting(this.#inTime(this.#call(work, carrying), waitMs));
  }

  /**
   * Calls the object with this isolate's context, and takes in the log its reply carries.
   *
   * @param carrying counts are written before the reply is sent: a call that somebody waits for had better carry none
   */
  call<Reply extends { log: LogSlice }>(
    work: (object: NamespaceRpc, context: CallContext) => Promise<Reply>,
    carrying: "counts" | "nothing" = "counts",
  ): Promise<Reply> {
    return this.#counting(this.#call(work, carrying));
  }

  /** A refusal is an answer; all else that is thrown counts as a failure to reach the object. */
  #counting<Reply>(called: Promise<Reply>): Promise<Reply> {
    return called.catch((error: unknown) => {
      if (asLarderError(error) === undefined) this.#countFailure();
      throw error;
    });
  }

  async #call<Reply extends { log: LogSlice }>(
    work: (object: NamespaceRpc, context: CallContext) => Promise<Reply>,
    carrying: "counts" | "nothing",
  ): Promise<Reply> {
    this.#calls += 1;
    const number = this.#calls;
    const askedAtMs = this.#surroundings.nowMs();
    const report = carrying === "counts" ? this.#counts.take(askedAtMs, this.dataCentre) : undefined;
    const context = { since: this.#view?.point ?? null, ...(report === undefined ? {} : { report }) };
    try {
      const reply = await work(this.#object(), context);
      if (report !== undefined) this.#counts.acknowledge(report);
      this.#takeIn(reply.log, askedAtMs, number);
      return reply;
    } catch (error) {
      if (report !== undefined) this.#counts.keep(report);
      throw error;
    }
  }

  /** Asks the object something that leaves everything as it is, this view and what has been counted included. */
  peek<Reply>(work: (object: NamespaceRpc, context: CallContext) => Promise<Reply>): Promise<Reply> {
    return this.#inTime(work(this.#object(), {}));
  }

  #takeIn(log: LogSlice, askedAtMs: number, number: number): void {
    // A reply from before the namespace was emptied may come after one from after.
    if (this.#view !== undefined && log.epoch !== this.#view.epoch && number < this.#newestAnswered) return;
    this.#newestAnswered = Math.max(this.#newestAnswered, number);
    const view = advance(this.#view, log);
    this.#view = view;
    // A slice that did not join on proves nothing about the view.
    if (view?.epoch === log.epoch && view.head >= log.head) {
      this.#confirmedAtMs = Math.max(this.#confirmedAtMs, askedAtMs);
    }
  }

  /** Handed over with what else is: a call for this alone would be one more to an object that does not answer. */
  #countFailure(): void {
    const event = { type: "error", what: "object" } as const;
    this.#counts.add(undefined, undefined, event);
    logEvent(event, undefined, undefined);
  }

  /**
   * Counts what happened, and sees to it that the count is handed over even if nothing else follows.
   *
   * @param rule the name of the rule that decided, where one did
   */
  count(
    { name, purgeLagSeconds }: Pick<CacheConfig, "name" | "purgeLagSeconds">,
    rule: string | undefined,
    event: Happening,
  ): void {
    this.#counts.add(name, rule, event);
    logEvent(event, name, rule);
    const nowMs = this.#surroundings.nowMs();
    if (nowMs < this.#flushDueMs + SYNC_TIMEOUT_MS) return;
    const delayMs = (purgeLagSeconds * 1000) / 2;
    this.#flushDueMs = nowMs + delayMs;
    this.#surroundings.waitUntil(
      this.#surroundings.wait(delayMs).then(() => {
        this.#flushDueMs = Number.NEGATIVE_INFINITY;
        return this.#counts.dirty ? succeeds(this.#sharedSync()) : undefined;
      }),
    );
  }

  #inTime<T>(work: Promise<T>, waitMs = 0): Promise<T> {
    return inTime(this.#surroundings, work, SYNC_TIMEOUT_MS + waitMs, "the namespace object");
  }
}

/**
 * Whether `work` ends well. An object that does not answer is one of its ends; a caller that may not ask, or has no
 * binding to ask by, is an error for whoever asked.
 */
async function succeeds(work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    if (asLarderError(error) !== undefined) throw error;
    return false;
  }
}
