import type { PurgeRecord } from "../schema/purge.ts";
import type { ZoneStatus } from "../schema/zone.ts";
import { log } from "../src/telemetry/log.ts";
import type { Timed } from "./alarm.ts";
import type { TagIndex } from "./tag-index.ts";
import type { Namespace } from "./zone-operations.ts";
import { everythingOf, zoneOperations } from "./zone-operations.ts";
import { ZoneOutbox } from "./zone-outbox.ts";
import { begun, ended, requestAtMs, settled } from "./zone-pace.ts";
import type { Fetch, Outcome } from "./zone-request.ts";
import { requestPurge } from "./zone-request.ts";
import type { ZoneEnvironment, ZoneSettings } from "./zone-settings.ts";
import { zoneSettings } from "./zone-settings.ts";
import type { ZoneState } from "./zone-state.ts";
import { readZoneState, writeZoneState } from "./zone-state.ts";

/** What is asked for waits this long for more, so that one request takes many. */
const GATHER_MS = 500;

/**
 * Has the zone's cache forget what purges hit, in all data centres: to make room, and so that what is erased is nowhere
 * any more. No entry's validity depends on it.
 *
 * What there is to do lies in an outbox, into which it comes in the purge's own transaction and out of which it goes when
 * the zone has confirmed it. So nothing is lost, whenever the object ends; and something is sent a second time only where
 * no answer, or none that says what has become of it, has been seen.
 */
export class ZonePurge implements Timed {
  readonly slackMs = 0;
  readonly #storage: DurableObjectStorage;
  readonly #settings: ZoneSettings | undefined;
  readonly #namespace: Namespace;
  readonly #fetch: Fetch;
  readonly #random: () => number;
  readonly #outbox: ZoneOutbox;
  #isSending = false;

  /** As the Worker's settings have it; what is wrong with them is told in its log. */
  static of(
    storage: DurableObjectStorage,
    env: ZoneEnvironment,
    { epoch }: { readonly epoch: string },
    index: TagIndex,
  ): ZonePurge {
    const { settings, problems } = zoneSettings(env);
    for (const problem of problems) log("error", "purges of a zone are not set up as they should be", { problem });
    const namespace: Namespace = { epoch, rarest: (tags, cache) => index.rarest(tags, cache) };
    return new ZonePurge(storage, settings, namespace, { fetch: (url, init) => fetch(url, init), random: Math.random });
  }

  /** @param settings undefined where nothing is purged in a zone: what lies in the outbox stays there */
  constructor(
    storage: DurableObjectStorage,
    settings: ZoneSettings | undefined,
    namespace: Namespace,
    { fetch, random }: { readonly fetch: Fetch; readonly random: () => number },
  ) {
    this.#storage = storage;
    this.#settings = settings;
    this.#namespace = namespace;
    this.#fetch = fetch;
    this.#random = random;
    this.#outbox = new ZoneOutbox(storage.sql, everythingOf(namespace));
    // An earlier instance has ended in the middle of a request, which may have been counted as late as now.
    if (settings !== undefined && this.#state.underWay) this.#write(ended(this.#state, Date.now()));
  }

  get #state(): ZoneState {
    return readZoneState(this.#storage.sql);
  }

  #write(state: ZoneState): void {
    writeZoneState(this.#storage.sql, state);
  }

  /** Queues what a purge means for the zone, in the transaction in which it is logged. */
  logged(record: PurgeRecord, nowMs: number): void {
    if (this.#settings === undefined || "revokes" in record || record.automatic === true) return;
    const goes = record.mode === "erase" || (record.mode === "hard" && this.#settings.which === "all");
    if (goes) this.#outbox.add(zoneOperations(record.selectors, this.#namespace), nowMs);
  }

  nextDueMs(): number | undefined {
    return this.#settings === undefined || this.#isSending ? undefined : this.#nextRequestMs(this.#settings);
  }

  #nextRequestMs({ plan }: ZoneSettings): number | undefined {
    const oldestAtMs = this.#outbox.oldestAtMs();
    return oldestAtMs === undefined ? undefined : Math.max(oldestAtMs + GATHER_MS, requestAtMs(this.#state, plan));
  }

  /** Makes one request, if it is time for one; of two runs at once, the first does. */
  async run(nowMs: number): Promise<undefined> {
    const dueMs = this.nextDueMs();
    const settings = this.#settings;
    if (settings === undefined || dueMs === undefined || dueMs > nowMs) return;
    this.#isSending = true;
    try {
      const batch = this.#storage.transactionSync(() => {
        this.#write(begun(this.#state, settings.plan, nowMs));
        return this.#outbox.take();
      });
      const outcome = await requestPurge(settings, batch, this.#fetch);
      this.#storage.transactionSync(() => this.#settle(outcome, batch.length));
    } finally {
      this.#isSending = false;
    }
  }

  #settle(outcome: Outcome, operations: number): void {
    const before = this.#state;
    const givenUp = outcome.kind === "refused" ? this.#outbox.split() : undefined;
    if (outcome.kind === "done") this.#outbox.confirm();
    else if (outcome.kind !== "refused") this.#outbox.putBack();
    const state = settled(before, { outcome, operations, givenUp }, Date.now(), this.#random());
    this.#write(state);
    if (givenUp !== undefined) warn(`has refused the ${givenUp.kind} ${givenUp.value}, which is given up`, state);
    if (state.hold === "blocked" && before.hold !== "blocked") warn("accepts the zone or the token no more", state);
  }

  /** How it is getting on; undefined where nothing is purged in a zone. */
  status(nowMs: number): ZoneStatus | undefined {
    if (this.#settings === undefined) return undefined;
    const { hold, notBeforeMs, requests, sent, refused, lastSuccessAtMs, lastError } = this.#state;
    const oldestAtMs = this.#outbox.oldestAtMs();
    const nextMs = this.nextDueMs();
    const held = hold === "blocked" ? "blocked" : notBeforeMs > nowMs ? "waiting" : "sending";
    return {
      state: oldestAtMs === undefined ? "idle" : held,
      pending: this.#outbox.count(),
      ...(oldestAtMs === undefined ? {} : { oldestAt: new Date(oldestAtMs) }),
      ...(nextMs === undefined ? {} : { nextAt: new Date(Math.max(nextMs, nowMs)) }),
      ...{ sent, requests, refused },
      ...(lastSuccessAtMs === undefined ? {} : { lastSuccessAt: new Date(lastSuccessAtMs) }),
      ...(lastError === undefined ? {} : { lastError: told(lastError) }),
    };
  }
}

function told({ atMs, ...rest }: NonNullable<ZoneState["lastError"]>): NonNullable<ZoneStatus["lastError"]> {
  return { at: new Date(atMs), ...rest };
}

function warn(what: string, { lastError }: ZoneState): void {
  log("warn", `the zone's purge API ${what}`, { said: lastError?.message });
}
