import { evictDurableObject } from "cloudflare:test";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { FeedKind, FeedRequest } from "../../schema/feed.ts";
import { Listener, listened, totalsOf } from "../support/listener.ts";
import { pointOf, purge, statsOf } from "../support/namespace-object.ts";

const CACHES = ["pages", "api"] as const;
type Cache = (typeof CACHES)[number];

/** What is logged; `cache` is undefined where it is about all. */
interface Logged {
  readonly seq: number;
  readonly cache: Cache | undefined;
  readonly what: "purge" | "revocation" | "invalidation";
}

/** Somebody who listens, by one connection after the other. */
interface Ear {
  readonly request: FeedRequest;
  /** Where the log stood when the first connection was opened. */
  readonly after: number;
  /** What the connections before this one have told of. */
  readonly before: readonly number[];
  readonly listener: Listener;
}

const cache = fc.constantFrom(...CACHES);
const request = fc.record(
  { cache, kinds: fc.constantFrom<FeedKind[]>(["counts"], ["purges"], ["counts", "purges"]) },
  { requiredKeys: [], noNullPrototype: true },
);
const step = fc.oneof(
  {
    arbitrary: fc.record({ do: fc.constant("count" as const), cache, hits: fc.integer({ min: 1, max: 9 }) }),
    weight: 4,
  },
  {
    arbitrary: fc.record({ do: fc.constant("purge" as const), cache: fc.option(cache, { nil: undefined }) }),
    weight: 3,
  },
  { arbitrary: fc.record({ do: fc.constant("revoke" as const), at: fc.nat() }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant("invalidate" as const), cache }), weight: 1 },
  { arbitrary: fc.record({ do: fc.constant("join" as const), request }), weight: 3 },
  { arbitrary: fc.record({ do: fc.constant("come back" as const), at: fc.nat() }), weight: 2 },
  { arbitrary: fc.record({ do: fc.constant("sleep" as const) }), weight: 1 },
);
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** A namespace, what should be in its log, and those who listen. */
class Model {
  readonly #namespace = listened();
  readonly #log: Logged[] = [];
  readonly #revoked = new Set<number>();
  readonly #ears: Ear[] = [];

  async take(step: Step): Promise<void> {
    const { object, stub, count } = this.#namespace;
    switch (step.do) {
      case "count":
        return count(step.hits, step.cache);
      case "purge":
        await purge(object, { everything: true, ...(step.cache === undefined ? {} : { cache: step.cache }) });
        return this.#logged("purge", step.cache);
      case "revoke":
        return this.#revoke(step.at);
      case "invalidate":
        await object.invalidate({}, { cache: step.cache, urls: ["https://a.example/"], tags: [] });
        return this.#logged("invalidation", step.cache);
      case "join":
        this.#ears.push(await this.#listen({ request: step.request, after: this.#log.length, before: [] }));
        return;
      case "come back":
        return this.#comeBack(step.at);
      case "sleep":
        // It may be asleep already.
        await evictDurableObject(stub).catch(() => undefined);
    }
  }

  #logged(what: Logged["what"], of: Cache | undefined): void {
    this.#log.push({ seq: this.#log.length + 1, cache: of, what });
  }

  async #revoke(at: number): Promise<void> {
    const purges = this.#log.filter(({ seq, what }) => what === "purge" && !this.#revoked.has(seq));
    const chosen = purges[at % Math.max(1, purges.length)];
    if (chosen === undefined) return;
    await this.#namespace.object.revoke({}, chosen.seq, "a test");
    this.#revoked.add(chosen.seq);
    this.#logged("revocation", chosen.cache);
  }

  async #listen(ear: Omit<Ear, "listener">, since?: string): Promise<Ear> {
    const asked = { ...ear.request, ...(since === undefined ? {} : { since }) };
    return { ...ear, listener: await Listener.open(this.#namespace.stub, asked) };
  }

  /** Closes a connection, and opens another that goes on from the last frame. */
  async #comeBack(at: number): Promise<void> {
    const [ear] = this.#ears.splice(at % Math.max(1, this.#ears.length), 1);
    if (ear === undefined) return;
    const { request, after, listener } = ear;
    await listener.until(({ frames }) => frames.length > 0);
    listener.socket.close(1000);
    this.#ears.push(await this.#listen({ request, after, before: heard(ear) }, listener.version));
  }

  /** Does what everybody hears of, and waits until they have. */
  async finish(): Promise<void> {
    await this.take({ do: "purge", cache: undefined });
    for (const name of CACHES) await this.take({ do: "count", cache: name, hits: 1 });
    const hits = await Promise.all(CACHES.map(async (name) => [name, (await this.#stats(name)).hits] as const));
    const last = this.#log.length;
    await Promise.all(
      this.#ears.map((ear) =>
        ear.listener.until(({ frames, seqs, figures }) => {
          if (frames.length === 0 || (wants(ear, "purges") && !seqs.includes(last))) return false;
          return !wants(ear, "counts") || hits.every(([name, many]) => !isOf(ear, name) || figures(name).hits >= many);
        }),
      ),
    );
  }

  /** Whether everybody knows what the object knows. */
  async check(): Promise<void> {
    expect((await pointOf(this.#namespace.object)).seq).toBe(this.#log.length);
    const totals = new Map<string, ReturnType<typeof totalsOf>>();
    for (const name of CACHES) totals.set(name, await this.#stats(name));
    const all = await this.#stats();
    for (const ear of this.#ears) {
      const { frames, numbers, figures, socket } = ear.listener;
      if (wants(ear, "counts")) {
        for (const name of CACHES) if (isOf(ear, name)) expect(figures(name)).toEqual(totals.get(name));
        if (isOf(ear, undefined)) expect(sum([...CACHES, "*"].map(figures))).toEqual(all);
      } else {
        expect(frames.filter((frame) => !isEmpty("caches" in frame ? frame.caches : frame.counts))).toEqual([]);
      }
      expect(heard(ear)).toEqual(wants(ear, "purges") ? this.#toBeHeard(ear) : []);
      expect(numbers).toEqual(numbers.map((_, at) => at + 1));
      // The clock has whole milliseconds, and so have timers.
      expect(Math.min(...frames.slice(1).map(({ at }, to) => Number(at) - Number(frames[to]?.at)))).toBeGreaterThan(
        998,
      );
      socket.close(1000);
    }
  }

  #toBeHeard(ear: Ear): number[] {
    const told = this.#log.filter(({ what, seq }) => what !== "invalidation" && seq > ear.after);
    return told.filter(({ cache: about }) => about === undefined || isOf(ear, about)).map(({ seq }) => seq);
  }

  async #stats(of: Cache | null = null) {
    return totalsOf(await statsOf(this.#namespace.object, of));
  }
}

function wants({ request: { kinds } }: Ear, kind: FeedKind): boolean {
  return kinds === undefined || kinds.includes(kind);
}

/** Whether somebody listens to that cache; to all caches, where it is undefined. */
function isOf({ request: { cache: wanted } }: Ear, name: Cache | undefined): boolean {
  return wanted === undefined || wanted === name;
}

function isEmpty(record: object): boolean {
  return Object.keys(record).length === 0;
}

function sum(totals: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, value] of totals.flatMap(Object.entries<number>)) sums[name] = (sums[name] ?? 0) + value;
  return sums;
}

function heard({ before, listener }: Ear): number[] {
  return [...before, ...listener.seqs];
}

it("whoever comes, goes and comes back while things happen ends with just what the object has counted and logged", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (steps) => {
      const model = new Model();
      for (const one of steps) await model.take(one);
      await model.finish();
      await model.check();
    }),
    { numRuns: 12 },
  );
}, 240_000);
