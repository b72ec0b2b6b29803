import type { EntryToExplain, EntryToJudge, Place } from "../schema/entry.ts";
import type { Held, IndexExplained, InvalidatedBy, ObjectExplained, ObjectReply } from "../schema/explain.ts";
import type { Selector } from "../schema/purge.ts";
import { matches } from "../src/log/anchors.ts";
import { copyTold } from "../src/log/copy-told.ts";
import { byAge } from "../src/log/verdict.ts";
import type { Found } from "../src/store/stored-form.ts";
import type { Fills } from "./fills.ts";
import type { Judgement } from "./judgement.ts";
import { judgement } from "./judgement.ts";
import type { LoggedPurge, PurgeHistory } from "./purge-history.ts";
import type { PurgeLog } from "./purge-log.ts";
import type { TagIndex } from "./tag-index.ts";

/** Tells what the object knows of a key. It reads, and changes nothing. */
export class Explanations {
  readonly #fills: Fills;
  readonly #history: PurgeHistory;
  readonly #index: TagIndex;
  readonly #log: PurgeLog;

  constructor(parts: { fills: Fills; history: PurgeHistory; index: TagIndex; log: PurgeLog }) {
    this.#fills = parts.fills;
    this.#history = parts.history;
    this.#index = parts.index;
    this.#log = parts.log;
  }

  /**
   * @param entry what lies with the caller
   * @param inShield what lies in the shield
   */
  of(place: Place, entry: EntryToExplain | null, inShield: Found | undefined, nowMs: number): ObjectReply {
    const object: ObjectExplained = {
      version: this.#log.versionAt(this.#log.view.head),
      key: place.key,
      index: this.#indexed(place, nowMs),
      shield: this.#shielded(inShield, nowMs),
      lease: this.#lease(place, nowMs),
      notes: this.#notes(place, nowMs),
    };
    if (entry === null) return { object, verdict: null };
    const judged = judgement(entry, this.#log.view);
    const cause = this.#causeOf(entry, judged) ?? this.#hitHere(entry);
    return { object, verdict: judged.state, ...(cause === undefined ? {} : { invalidatedBy: cause }) };
  }

  #indexed(place: Place, nowMs: number): IndexExplained | null {
    const row = this.#index.row(place.key);
    if (row === undefined) return null;
    const { entry, freshUntilMs, servableUntilMs, status, bytes } = row;
    const asOf = { epoch: this.#log.view.epoch, seq: entry.asOfSeq };
    const judged = judgement({ ...entry, asOf }, this.#log.view);
    const cause = this.#causeOf({ ...entry, asOf }, judged);
    return {
      state: indexState(judged, freshUntilMs, servableUntilMs, nowMs),
      status,
      bytes,
      tags: entry.tags,
      permanent: entry.permanent,
      asOf: this.#log.versionAt(entry.asOfSeq),
      freshUntil: new Date(freshUntilMs),
      servableUntil: new Date(servableUntilMs),
      ...(cause === undefined ? {} : { invalidatedBy: cause }),
    };
  }

  #shielded(found: Found | undefined, nowMs: number): Held {
    if (found === undefined) return { state: "absent" };
    if (found.kind === "varies") return { state: "variant", varies: found.names };
    if (found.kind === "pass") return { state: "hit-for-miss" };
    const { entry } = found;
    const judged = judgement(entry, this.#log.view);
    const cause = this.#causeOf(entry, judged);
    const { state } = byAge(entry, judged, nowMs);
    return { state, copy: copyTold(entry, nowMs), ...(cause === undefined ? {} : { invalidatedBy: cause }) };
  }

  #lease(place: Place, nowMs: number): ObjectExplained["lease"] {
    const untilMs = this.#fills.heldUntilMs(place, nowMs);
    return untilMs === undefined ? null : { until: new Date(untilMs) };
  }

  #notes({ key }: Place, nowMs: number): ObjectExplained["notes"] {
    const note = this.#fills.note(key);
    if (note === undefined) return {};
    const { passUntilMs, retryAtMs, varies, variesUntilMs } = note;
    return {
      ...(passUntilMs > nowMs ? { passUntil: new Date(passUntilMs) } : {}),
      ...(retryAtMs > nowMs ? { retryAt: new Date(retryAtMs) } : {}),
      ...(variesUntilMs > nowMs ? { varies: { names: varies, until: new Date(variesUntilMs) } } : {}),
    };
  }

  /** What made the entry invalid, or stale; undefined for one that is in force. */
  #causeOf(entry: EntryToJudge, judged: Judgement): InvalidatedBy | undefined {
    if (judged.state === "in-force" || judged.cause === undefined) return undefined;
    if (judged.cause !== "purge") return { cause: judged.cause };
    const purge = this.#history.logged(judged.by);
    return purge === undefined ? undefined : purgeTold(purge, entry);
  }

  /** A purge that only the caller's view has in force: it has been taken back since. */
  #hitHere(entry: EntryToExplain): InvalidatedBy | undefined {
    const purge = entry.purgedBy === undefined ? undefined : this.#history.logged(entry.purgedBy);
    return purge === undefined ? undefined : purgeTold(purge, entry);
  }
}

function indexState(
  judged: Judgement,
  freshUntilMs: number,
  servableUntilMs: number,
  nowMs: number,
): IndexExplained["state"] {
  if (judged.state === "purged") return "purged";
  if (servableUntilMs <= nowMs) return "expired";
  return judged.state === "in-force" && freshUntilMs > nowMs ? "fresh" : "stale";
}

function purgeTold(purge: LoggedPurge, entry: EntryToJudge): InvalidatedBy | undefined {
  const { seq, version, at, by, reason, mode, selectors, automatic, revoked } = purge;
  const selector = selectors.find((one) => matches(one, entry) && mayHit(one, purge, entry));
  if (selector === undefined) return undefined;
  return {
    cause: "purge",
    ...{ seq, version, at, by, mode, selector },
    ...(reason === undefined ? {} : { reason }),
    ...(automatic ? { automatic } : {}),
    ...(revoked === undefined ? {} : { revoked: { seq: revoked.seq, at: revoked.at, by: revoked.by } }),
  };
}

/** A permanent entry is hit only by what names exactly it, or erases. */
function mayHit({ url, key }: Selector, { mode }: LoggedPurge, { permanent }: EntryToJudge): boolean {
  return !permanent || mode === "erase" || url !== undefined || key !== undefined;
}
