import type { Abandon, Acquire, Completion, Lease, Offer, Turn } from "../schema/fills.ts";
import type { Key } from "../schema/key.ts";
import { cacheOfKey } from "../schema/key.ts";
import type { CompleteOutcome } from "../schema/rpc.ts";
import { logState } from "../src/log/verdict.ts";
import type { Fills, KeyNote } from "./fills.ts";
import type { OriginPace } from "./origin-pace.ts";
import type { PurgeLog } from "./purge-log.ts";
import type { Recorder } from "./recorder.ts";
import type { Shield } from "./shield.ts";
import type { TagIndex } from "./tag-index.ts";
import type { Awaited } from "./waiting-list.ts";
import { WaitingList } from "./waiting-list.ts";

/** After `complete`, for so long the other data centres wait for the copy that the shield wants. */
const OFFER_DUE_MS = 5_000;

/** What is to be done about a caller: answer it, let it wait, or look what the shield has. */
type Decision = Turn | { readonly kind: "wait"; readonly awaited: Awaited } | { readonly kind: "look-in-shield" };

/** Whose turn it is to fill which key: of all who miss one, one asks the origin. */
export class Turns {
  readonly #fills: Fills;
  readonly #index: TagIndex;
  readonly #log: PurgeLog;
  readonly #pace: OriginPace;
  readonly #recorder: Recorder;
  readonly #shield: Shield;
  readonly #waiting: WaitingList;

  constructor(parts: {
    fills: Fills;
    index: TagIndex;
    log: PurgeLog;
    pace: OriginPace;
    recorder: Recorder;
    shield: Shield;
  }) {
    this.#fills = parts.fills;
    this.#index = parts.index;
    this.#log = parts.log;
    this.#pace = parts.pace;
    this.#recorder = parts.recorder;
    this.#shield = parts.shield;
    this.#waiting = new WaitingList((key, dataCentre, awaited) => {
      const nowMs = Date.now();
      if (this.#shield.isSending(key, dataCentre, nowMs)) return true;
      return awaited === "fill" && this.#fills.isHeld(key, nowMs);
    });
  }

  /**
   * One caller's turn.
   *
   * @param transaction runs what it is given as one change of the storage, as of now
   */
  async take(ask: Acquire, transaction: <Result>(work: (nowMs: number) => Result) => Result): Promise<Turn> {
    const { key } = ask.place;
    let decision: Decision = transaction((nowMs) => this.#decide(ask, "may-have", nowMs));
    if (decision.kind === "look-in-shield") {
      const response = await this.#shield.find(ask);
      decision = transaction((nowMs) => this.#decide(ask, response === undefined ? "lacks" : "has", nowMs));
      if (decision.kind === "look-in-shield" && response !== undefined) {
        this.#shield.sending(key, ask.dataCentre, Date.now());
        return { kind: "shield", response };
      }
      await response?.body?.cancel();
    }
    if (decision.kind === "wait") return this.#waiting.join(ask, decision.awaited);
    return decision.kind === "look-in-shield" ? { kind: "again" } : decision;
  }

  #decide(ask: Acquire, shield: "may-have" | "has" | "lacks", nowMs: number): Decision {
    const { place, dataCentre, have, leaseMs, maxWaiters } = ask;
    const { key } = place;
    const note = this.#fills.note(key);
    if (note !== undefined && note.passUntilMs > nowMs)
      return { kind: "pass", seconds: secondsTo(note.passUntilMs, nowMs) };
    const varies = variesBy(note, nowMs);
    if (varies !== undefined) return varies;
    const wait = (awaited: Awaited): Decision =>
      this.#waiting.count(key) < maxWaiters ? { kind: "wait", awaited } : { kind: "busy" };
    const known = this.#isWorthFetching(ask, nowMs);
    if (shield !== "lacks" && known) {
      return this.#shield.isSending(key, dataCentre, nowMs) ? wait("transfer") : { kind: "look-in-shield" };
    }
    if (this.#fills.heldUntilMs(place, nowMs) !== undefined) return wait("fill");
    if (have !== "nothing" && note !== undefined && note.retryAtMs > nowMs) {
      return { kind: "later", seconds: secondsTo(note.retryAtMs, nowMs) };
    }
    const pause = have === "stale" ? this.#pace.mayRefresh(place.cache, place.url, nowMs) : true;
    if (pause !== true) return { kind: "later", seconds: secondsTo(nowMs + pause, nowMs) };
    return { kind: "lead", lease: this.#fills.lead(key, nowMs + leaseMs), ...(known ? { known } : {}) };
  }

  /** Whether some data centre has stored what would serve this caller: then the shield may have it too. */
  #isWorthFetching({ place, freshSeconds }: Acquire, nowMs: number): boolean {
    const known = this.#index.entry(place.key, nowMs);
    if (known === undefined) return false;
    const { entry, freshUntilMs } = known;
    const { view } = this.#log;
    const { state } = logState({ ...entry, asOf: { epoch: view.epoch, seq: entry.asOfSeq } }, view);
    if (state === "purged") return false;
    return freshSeconds === undefined || (state === "in-force" && (freshUntilMs - nowMs) / 1000 > freshSeconds + 2);
  }

  /** Notes, in the caller's transaction, what came of a fill; `wanted` tells that the shield waits for a copy. */
  settle(
    entry: { readonly key: Key; readonly lifetimeSeconds: number },
    { lease, varies }: Completion,
    outcome: Exclude<CompleteOutcome, "lease-lost">,
    wanted: boolean,
    nowMs: number,
  ): void {
    if (outcome === "stored") {
      for (const key of new Set([entry.key, lease?.key ?? entry.key])) {
        if (key !== varies?.key) this.#fills.succeeded(key);
      }
      if (varies !== undefined) {
        this.#fills.varies(varies.key, varies.names, nowMs, entry.lifetimeSeconds * 1000);
      }
    }
    if (lease === undefined) return;
    if (wanted) this.#fills.keep(lease, entry.key, nowMs + OFFER_DUE_MS);
    else this.#fills.end(lease);
  }

  /**
   * Lets those go on who waited for a fill where it lies; and everybody, where it is stored under another key than they
   * asked for: each may be after another variant.
   */
  stored(lease: Lease, key: Key, dataCentre: string | undefined, nowMs: number): void {
    if (lease.key !== key)
      this.#waiting.wake(lease.key, variesBy(this.#fills.note(lease.key), nowMs) ?? { kind: "again" });
    this.#waiting.wake(key, { kind: "again" }, (waiter) => waiter.dataCentre === dataCentre);
  }

  /** Lets one of each data centre fetch what is stored elsewhere. */
  spread(key: Key): void {
    this.#waiting.wakeOneOfEach(key);
  }

  /** Lets one who waited for a fill lead the next. */
  vacant(key: Key): void {
    this.#waiting.wakeOne(key);
  }

  /** Notes, in the caller's transaction, that a fill came to nothing. False when its lease was lost already. */
  abandon({ lease, why, passSeconds }: Abandon, nowMs: number): boolean {
    if (!this.#fills.end(lease)) return false;
    const { key } = lease;
    const of = { key, cache: cacheOfKey(key), rule: undefined };
    if (why === "failed") {
      this.#recorder.record({ type: "fill-failed", ...of, ...this.#fills.failed(key, nowMs) });
    }
    if (why !== "uncacheable") return true;
    if (passSeconds > 0) {
      const untilMs = nowMs + passSeconds * 1000;
      this.#fills.pass(key, untilMs);
      this.#recorder.record({ type: "marker", ...of, untilMs });
    }
    // What was stored before is not to come back out of the shield when the note has ended.
    const known = this.#index.entry(lease.key, nowMs);
    if (known !== undefined) this.#index.remove([known.entry.id]);
    return true;
  }

  /** Tells those who waited for it what that means for them. */
  abandoned({ lease: { key }, why }: Abandon, nowMs: number): void {
    if (why === "not-needed") {
      this.#waiting.wake(key, { kind: "again" });
      return;
    }
    const note = this.#fills.note(key);
    if (note !== undefined && note.passUntilMs > nowMs) {
      this.#waiting.wake(key, { kind: "pass", seconds: secondsTo(note.passUntilMs, nowMs) });
      return;
    }
    if (note !== undefined && note.retryAtMs > nowMs) {
      const seconds = secondsTo(note.retryAtMs, nowMs);
      this.#waiting.wake(key, { kind: "later", seconds }, ({ have }) => have !== "nothing");
    }
    this.#waiting.wakeOne(key);
  }

  /** Whether the copy may be kept. Whoever has lost the lease may hold what is older than what has come since. */
  mayOffer({ place, lease }: Offer): boolean {
    return lease === undefined || this.#fills.isIntact(keptFor(place.key, lease));
  }

  /** The shield's copy is there, or will not come: the lease that was kept for it ends. */
  offered({ place: { key }, dataCentre, lease }: Offer): void {
    if (lease !== undefined) this.#fills.end(keptFor(key, lease));
    this.#waiting.wake(key, { kind: "again" }, (waiter) => waiter.dataCentre === dataCentre);
    this.spread(key);
  }

  landed(key: Key, dataCentre: string): void {
    this.#shield.sent(key, dataCentre);
    this.#waiting.wake(key, { kind: "again" }, (waiter) => waiter.dataCentre === dataCentre);
  }
}

/** What the note says of where to ask instead. */
function variesBy(note: KeyNote | undefined, nowMs: number): Turn | undefined {
  if (note === undefined || note.variesUntilMs <= nowMs) return undefined;
  return { kind: "varies", names: note.varies, seconds: secondsTo(note.variesUntilMs, nowMs) };
}

/** The lease as it is after `complete`: on the key its entry was stored under. */
function keptFor(key: Key, { id }: Lease): Lease {
  return { key, id };
}

function secondsTo(atMs: number, nowMs: number): number {
  return Math.max(1, Math.ceil((atMs - nowMs) / 1000));
}
