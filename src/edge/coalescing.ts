import type { Place } from "../../schema/entry.ts";
import { asLarderError } from "../../schema/errors.ts";
import type { Acquire, Lease, Turn } from "../../schema/fills.ts";
import { limits } from "../../schema/limits.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { LogSlice } from "../../schema/rpc.ts";
import type { LogPoint } from "../../schema/version.ts";
import type { DataCentreCache } from "../store/data-centre-cache.ts";
import { fromTransit } from "../store/stored-form.ts";
import type { DataCentre } from "./data-centre.ts";
import type { Surroundings } from "./surroundings.ts";
import { Overdue } from "./surroundings.ts";
import type { ViewKeeper } from "./view-keeper.ts";

/** The first wait for another's fill: short, so that an object that hangs is told from one that lets its caller wait. */
const FIRST_WAIT_MS = 2_000;
/** A call that waits is lost with the object's instance: it is made anew so many times. */
const MOST_FAILURES = 2;

/** What a caller that has found nothing is to do. */
export type Outcome<Found> =
  /** Ask the origin, and store what it answers with these. */
  | { readonly kind: "lead"; readonly lease: Lease; readonly asOf: LogPoint }
  /** Somebody else has filled it, here or in another data centre. */
  | { readonly kind: "filled"; readonly found: Found; readonly by: "wait" | "shield" }
  /** Go to the origin without waiting for anybody. */
  | { readonly kind: "alone"; readonly why: "pass" | "busy" | "unreachable" | "overdue" | "too-long" }
  /** The last attempt failed: make do with what there is. */
  | { readonly kind: "later"; readonly seconds: number };

/** One caller's wish to have a key filled. */
export interface Wish<Found> {
  readonly place: Place;
  readonly have: Acquire["have"];
  readonly freshSeconds?: number;
  /** Notes what the responses vary on besides what the key of `place` holds. */
  vary(place: Place, names: readonly string[], seconds: number): Promise<void>;
  /** Looks in the data centre's cache again: what is there if that is enough, or where to look on. */
  look(): Promise<{ readonly enough: Found } | { readonly place: Place }>;
}

/** Takes this data centre's turn at filling a key: it leads, or waits for who does. */
export class Coalescing {
  readonly #cache: DataCentreCache;
  readonly #dataCentre: DataCentre;
  readonly #surroundings: Surroundings;

  constructor(cache: DataCentreCache, dataCentre: DataCentre, surroundings: Surroundings) {
    this.#cache = cache;
    this.#dataCentre = dataCentre;
    this.#surroundings = surroundings;
  }

  /**
   * Waits for at most two leases: after that the caller is told to go to the origin by itself. Who has something to stand
   * in waits for one: an origin that has not answered for so long has failed.
   */
  async take<Found>(keeper: ViewKeeper, config: CacheConfig, wish: Wish<Found>): Promise<Outcome<Found>> {
    const leaseMs = config.fillTimeoutSeconds * 1000;
    const endsAtMs = this.#surroundings.nowMs() + (wish.have === "fallback" ? leaseMs : 2 * leaseMs);
    const leftMs = () => endsAtMs - this.#surroundings.nowMs();
    let { place } = wish;
    let waitMs = Math.min(FIRST_WAIT_MS, leaseMs);
    let failures = 0;
    while (leftMs() > 0) {
      const turn = await this.#ask(keeper, config, { ...wish, place }, Math.min(waitMs, leftMs()));
      if (turn === "lost") failures += 1;
      if (turn === "overdue" || failures === MOST_FAILURES) return { kind: "alone", why: "unreachable" };
      if (turn === "lost") continue;
      waitMs = Math.min(turn.kind === "waiting" ? leaseMs : FIRST_WAIT_MS, leaseMs);
      let by: "wait" | "shield" = "wait";
      switch (turn.kind) {
        case "lead": {
          const found = turn.known === true ? await wish.look() : undefined;
          if (found === undefined || !("enough" in found)) {
            return { kind: "lead", lease: turn.lease, asOf: { epoch: turn.log.epoch, seq: turn.log.head } };
          }
          this.#giveBack(keeper, turn.lease);
          return { kind: "filled", found: found.enough, by };
        }
        case "pass":
          await this.#cache.putNote(place.key, { kind: "pass" }, turn.seconds);
          return { kind: "alone", why: "pass" };
        case "busy":
          return { kind: "alone", why: "busy" };
        case "later":
          return { kind: "later", seconds: turn.seconds };
        case "varies":
          await wish.vary(place, turn.names, turn.seconds);
          break;
        case "shield":
          await this.#land(keeper, place, turn.response);
          by = "shield";
          break;
        // Its fill may lie here, though the object has not heard of it.
        case "waiting":
        case "again":
          break;
      }
      const seen = await wish.look();
      if ("enough" in seen) {
        if (turn.kind === "again" && turn.scout === true) this.#landed(keeper, place);
        return { kind: "filled", found: seen.enough, by };
      }
      if (by === "shield") {
        failures += 1;
        if (failures === MOST_FAILURES) return { kind: "alone", why: "unreachable" };
      }
      // The values it varies on are too long for a key: asked again, the object would say the same.
      if (turn.kind === "varies" && seen.place.key === place.key) return { kind: "alone", why: "too-long" };
      place = seen.place;
    }
    return wish.have === "fallback" ? { kind: "later", seconds: 1 } : { kind: "alone", why: "overdue" };
  }

  /** `lost`: the call has failed, as those do that wait while the object's instance ends. */
  async #ask(
    keeper: ViewKeeper,
    { fillTimeoutSeconds, maxWaiters }: CacheConfig,
    { place, have, freshSeconds }: Pick<Wish<unknown>, "place" | "have" | "freshSeconds">,
    waitMs: number,
  ): Promise<(Turn & { log: LogSlice }) | "lost" | "overdue"> {
    const ask: Acquire = {
      place: { ...place },
      dataCentre: await this.#dataCentre.id(place),
      have,
      ...(freshSeconds === undefined ? {} : { freshSeconds }),
      waitMs,
      leaseMs: fillTimeoutSeconds * 1000,
      maxWaiters,
    };
    try {
      return await keeper.callInTime((object, context) => object.acquire(context, ask), waitMs, "nothing");
    } catch (error) {
      const refusal = asLarderError(error);
      if (refusal !== undefined) throw refusal;
      return error instanceof Overdue ? "overdue" : "lost";
    }
  }

  /** A lease that turned out not to be needed. */
  #giveBack(keeper: ViewKeeper, lease: Lease): void {
    const given = { lease: { ...lease }, why: "not-needed", passSeconds: 0 } as const;
    const givenBack = keeper.call((object, context) => object.abandon(context, given));
    this.#surroundings.waitUntil(givenBack.catch(() => undefined));
  }

  /** Keeps what the shield has given, and lets those know who wait for it here. */
  async #land(keeper: ViewKeeper, place: Place, response: Response): Promise<void> {
    const arrived = fromTransit(response, place, this.#surroundings.nowMs());
    try {
      if (arrived !== undefined) await this.#cache.put(arrived.entry, arrived.response, limits.bodyBytes);
    } finally {
      this.#landed(keeper, place);
    }
  }

  #landed(keeper: ViewKeeper, place: Place): void {
    const { key } = place;
    const landed = this.#dataCentre
      .id(place)
      .then((dataCentre) => keeper.call((object, context) => object.landed(context, { key, dataCentre })));
    this.#surroundings.waitUntil(landed.catch(() => undefined));
  }
}
