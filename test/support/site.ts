import { runInDurableObject } from "cloudflare:test";
import type { EntryReport, Place, StoredEntry } from "../../schema/entry.ts";
import type { Abandon, Acquire, Completion, Lease, Turn } from "../../schema/fills.ts";
import type { NormalUrl } from "../../schema/key.ts";
import type { Tag } from "../../schema/names.ts";
import type { LogSlice, NamespaceRpc } from "../../schema/rpc.ts";
import type { LogPoint } from "../../schema/version.ts";
import { fromStored, toStored, toTransit } from "../../src/store/stored-form.ts";
import { freshNamespace, freshUrl } from "./fresh.ts";
import type { Sketch } from "./namespace-object.ts";
import { report, stubOf } from "./namespace-object.ts";

/** Ids of data centres. */
export const AMS = "a".repeat(16);
export const GRU = "b".repeat(16);
export const NRT = "c".repeat(16);

type Answer = Turn & { log: LogSlice };
type Kind = Turn["kind"];

/** A call of `acquire`, and what has come of it so far. */
export class Caller {
  /** How it was answered, or that it was not yet, or that its call was lost. */
  said: Kind | "nothing yet" | "lost" = "nothing yet";
  readonly #answer: Promise<Answer>;

  constructor(call: Promise<Answer>) {
    this.#answer = call;
    call.then(
      ({ kind }) => {
        this.said = kind;
      },
      () => {
        this.said = "lost";
      },
    );
  }

  /** Its answer, once it has one. @throws when that is another than was expected */
  async answer<Expected extends Kind>(kind: Expected): Promise<Extract<Answer, { kind: Expected }>> {
    const answer = await this.#answer;
    if (answer.kind !== kind) throw new Error(`the answer was "${answer.kind}", not "${kind}"`);
    return answer as Extract<Answer, { kind: Expected }>;
  }

  /** Resolves once it is answered or lost. */
  async ended(): Promise<Caller> {
    await this.#answer.catch(() => undefined);
    return this;
  }
}

/** A caller that leads: what it needs to end its fill. */
export interface Leader {
  readonly lease: Lease;
  readonly asOf: LogPoint;
  readonly dataCentre: string;
}

/** One page of a namespace no other test uses, as callers in several data centres ask its object for it. */
export class Site {
  readonly namespace = freshNamespace();
  readonly url = freshUrl("/p/1") as NormalUrl;
  #stub = stubOf(this.namespace);

  get stub(): ReturnType<typeof stubOf> {
    return this.#stub;
  }

  get object(): NamespaceRpc {
    return this.#stub as unknown as NamespaceRpc;
  }

  report(asOf: LogPoint, sketch: Sketch = {}): EntryReport {
    return report(asOf, { url: this.url, ...sketch });
  }

  place(sketch: Sketch = {}): Place {
    const { key, url, cache } = this.report({ epoch: "", seq: 0 }, sketch);
    return { key, url, cache } as Place;
  }

  /** What a caller asks that has nothing, waits for half a minute and would fill for half a minute. */
  wish(dataCentre: string, sketch: Partial<Acquire> = {}): Acquire {
    const shape = { have: "nothing" as const, waitMs: 30_000, leaseMs: 30_000, maxWaiters: 1000 };
    return { place: this.place(), dataCentre, ...shape, ...sketch };
  }

  ask(dataCentre: string, sketch: Partial<Acquire> = {}): Caller {
    return new Caller(this.object.acquire({}, this.wish(dataCentre, sketch)));
  }

  /** @throws when the caller is not to lead */
  async lead(dataCentre: string, sketch: Partial<Acquire> = {}): Promise<Leader> {
    const { lease, log } = await this.ask(dataCentre, sketch).answer("lead");
    return { lease, asOf: { epoch: log.epoch, seq: log.head }, dataCentre };
  }

  /** Callers of whom the object is known to have heard. */
  async waiting(dataCentres: readonly string[], sketch: Partial<Acquire> = {}): Promise<Caller[]> {
    const callers = dataCentres.map((dataCentre) => this.ask(dataCentre, sketch));
    await this.heard();
    const answered = callers.filter(({ said }) => said !== "nothing yet").map(({ said }) => said);
    if (answered.length > 0) throw new Error(`not all wait: ${answered.join(", ")}`);
    return callers;
  }

  /** Resolves once so many wait, as somebody is told who would be one too many. */
  async crowded(callers: number, dataCentre = AMS): Promise<void> {
    const probe = () => this.ask(dataCentre, { maxWaiters: callers, waitMs: 0 }).ended();
    await until(async () => (await probe()).said === "busy");
  }

  /** Resolves once every call made so far has reached the object, and what it answered at once has come back. */
  async heard(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) await this.object.sync({});
  }

  complete({ lease, asOf, dataCentre }: Leader, sketch: Sketch = {}, completion: Completion = {}) {
    return this.object.complete({}, this.report(asOf, sketch), { lease, dataCentre, ...completion });
  }

  abandon({ lease }: Leader, why: Abandon["why"] = "failed", passSeconds = 120) {
    return this.object.abandon({}, { lease, why, passSeconds });
  }

  /** The object loses its instance while calls are under way, as when a new version is deployed. */
  async reset(): Promise<void> {
    const broken = runInDurableObject(this.#stub, (_, state) => state.abort("the instance is reset"));
    await broken.catch(() => undefined);
    this.#stub = stubOf(this.namespace);
  }

  /** Rows of a table, in the order of their keys. */
  rows(table: "leases" | "notes"): Promise<Record<string, unknown>[]> {
    return runInDurableObject(this.#stub, (_, { storage }) =>
      storage.sql.exec(`SELECT * FROM ${table} ORDER BY key`).toArray(),
    );
  }

  /** The page as a data centre has stored it: 60 seconds fresh, and for as long after that to be used while refreshed. */
  entry(asOf: LogPoint, sketch: Partial<StoredEntry> = {}): StoredEntry {
    return {
      ...this.place(),
      tags: [] as Tag[],
      permanent: false,
      asOf,
      storedAtMs: Date.now(),
      initialAgeSeconds: 0,
      ttlSeconds: 60,
      staleWhileRevalidateSeconds: 60,
      staleIfErrorSeconds: 0,
      keepSeconds: 0,
      status: 200,
      fillSeconds: 0,
      bytes: 4,
      ...sketch,
    };
  }
}

/** Such an entry as it leaves a data centre whose clock shows `nowMs`. */
export function inTransit(entry: StoredEntry, body: BodyInit = "page", nowMs: number = entry.storedAtMs): Response {
  const stored = toStored(entry, new Headers({ "content-type": "text/plain" }), null, entry.storedAtMs);
  const found = fromStored(stored, entry);
  if (found?.kind !== "entry") throw new Error("what was stored is no entry");
  return toTransit(stored, found, new Response(body).body, nowMs);
}

/** Resolves once `isSo`; asks again and again. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 1));
}
