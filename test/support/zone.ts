import { runInDurableObject } from "cloudflare:test";
import { vi } from "vitest";
import type { Namespace } from "../../objects/zone-operations.ts";
import { ZonePurge } from "../../objects/zone-purge.ts";
import type { Fetch } from "../../objects/zone-request.ts";
import type { Plan, ZoneEnvironment, ZoneSettings } from "../../objects/zone-settings.ts";
import { zoneSettings } from "../../objects/zone-settings.ts";
import type { PurgeMode, Selector } from "../../schema/purge.ts";
import { freshObject } from "./namespace-object.ts";

export const EPOCH = "0123456789abcdef";

/** A zone, a token, and nothing else. */
export const ZONE: ZoneEnvironment = { ZONE_ID: "f".repeat(32), CF_API_TOKEN: "a-token" };

/** A namespace that takes the first of several tags for the rarest. */
export const namespace: Namespace = {
  epoch: EPOCH,
  rarest: ([first]) => {
    if (first === undefined) throw new Error("no tags");
    return first;
  },
};

/** A request as the API has it. */
export interface Asked {
  readonly url: string;
  readonly init: RequestInit;
  /** The one field of its body. */
  readonly field: string;
  readonly values: readonly string[];
  readonly atMs: number;
}

export type Responder = (asked: Asked) => Response | Promise<Response>;

/** An answer in the form of Cloudflare's API. */
export function answer(status: number, code?: number, headers: Record<string, string> = {}): Response {
  const errors = code === undefined ? [] : [{ code, message: "because" }];
  return Response.json({ success: status === 200, errors, messages: [], result: null }, { status, headers });
}

/** The API as the object sees it: confirms everything, until it is told how to answer. */
export class FakeApi {
  readonly asked: Asked[] = [];
  respond: Responder = () => answer(200);

  readonly fetch: Fetch = async (url, init) => {
    const body = JSON.parse(String(init.body)) as Record<string, string[]>;
    const [[field, values] = ["", []]] = Object.entries(body);
    const asked = { url, init, field, values, atMs: Date.now() };
    this.asked.push(asked);
    return this.respond(asked);
  };

  /** The values of each request, sorted. */
  get requests(): readonly (readonly string[])[] {
    return this.asked.map(({ values }) => [...values].sort());
  }
}

/** One object's purges of a zone, over the instances of the object. */
export class ZoneUnderTest {
  readonly api = new FakeApi();
  readonly storage: DurableObjectStorage;
  /** Of the pauses: the least they may be. */
  random = 0;
  zone: ZonePurge;
  readonly #settings: ZoneSettings | undefined;
  #seq = 0;

  constructor(storage: DurableObjectStorage, settings: ZoneSettings | undefined) {
    this.storage = storage;
    this.#settings = settings;
    this.zone = this.#instance();
  }

  #instance(): ZonePurge {
    const settings = this.#settings;
    return new ZonePurge(this.storage, settings, namespace, { fetch: this.api.fetch, random: () => this.random });
  }

  /** Another instance takes over. The one before may be in the middle of something. */
  restart(): void {
    this.zone = this.#instance();
  }

  purge(selectors: readonly Selector[], mode: PurgeMode = "erase"): void {
    this.#seq += 1;
    this.zone.logged({ seq: this.#seq, mode, selectors }, Date.now());
  }

  purgeTags(...tags: readonly string[]): void {
    this.purge([{ tags: tags as NonNullable<Selector["tags"]> }]);
  }

  /** Lets it be as late as the next request is due, and runs it; false when none is. */
  async next(): Promise<boolean> {
    const dueMs = this.zone.nextDueMs();
    if (dueMs === undefined) return false;
    vi.setSystemTime(Math.max(Date.now(), dueMs));
    await this.zone.run(Date.now());
    return true;
  }

  /** Until nothing is queued any more. @throws when it does not come to an end */
  async drain(mostRequests = 500): Promise<void> {
    for (let requests = 0; await this.next(); requests += 1) {
      if (requests > mostRequests) throw new Error(`not done after ${mostRequests} requests`);
    }
  }

  get pending(): number {
    return this.zone.status(Date.now())?.pending ?? 0;
  }
}

/**
 * Runs `work` in an object that nothing else uses.
 *
 * @param plan in the place of the one that the environment names
 */
export function withZone<Result>(
  work: (under: ZoneUnderTest) => Promise<Result>,
  env: ZoneEnvironment = ZONE,
  plan?: Plan,
): Promise<Result> {
  const { settings } = zoneSettings(env);
  const own = settings === undefined || plan === undefined ? settings : { ...settings, plan };
  return runInDurableObject(freshObject().stub, (_, { storage }) => work(new ZoneUnderTest(storage, own)));
}
