import fc from "fast-check";
import { expect, test } from "vitest";
import type { Tag } from "../../schema/names.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { LogSlice } from "../../schema/rpc.ts";
import type { Version } from "../../schema/version.ts";
import { freshUrl } from "../support/fresh.ts";
import type { Isolate } from "../support/world.ts";
import { World } from "../support/world.ts";

/**
 * What holds during a change-over, without a window: what the origin has said to the old version is never served by an
 * isolate of the new version that knows its announcement to have arrived. Two versions run in two data centres, in two
 * isolates each; what one has looked up another of its version may store, as in `mode: "remote"`; calls of the object
 * and their replies take as long as they like.
 */

const VERSIONS = ["old", "new"] as const;
type VersionName = (typeof VERSIONS)[number];

const PLACES = ["a", "b"] as const;

/** An isolate: of which version, in which data centre, and which of the two there. */
const which = fc.record({
  version: fc.constantFrom(...VERSIONS),
  place: fc.constantFrom(...PLACES),
  number: fc.constantFrom(0, 1),
});
type Which = typeof which extends fc.Arbitrary<infer T> ? T : never;

const page = fc.constantFrom(0, 1);

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("look"), by: which, page }) },
  // The last one that was missed by this version; `asOf` as the look-up gave it, or as the log is known when it is stored.
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("store"),
      by: which,
      page,
      asOf: fc.constantFrom("looked-up", "now"),
      answer: fc.constantFrom("whole", "not-modified"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("confirm"), by: which }) },
  // The isolate's next call, or its reply, is on its way until it is let go.
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant("hold"), by: which, what: fc.constantFrom("call", "reply") }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("let-go"), at: fc.nat() }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("link"), by: which, state: fc.constantFrom("up", "down") }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("wait"), seconds: fc.constantFrom(1, 3, 6) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface Actor {
  readonly isolate: Isolate;
  readonly config: CacheConfig;
  /** Whether a reply has told it of the new version. */
  knowsOfNew: boolean;
  hold: "call" | "reply" | undefined;
  /** Calls of it that are on their way. */
  held: number;
}

class ChangeOver {
  readonly #world = new World();
  readonly #actors = new Map<string, Actor>();
  readonly #urls = [freshUrl("/0"), freshUrl("/1")];
  /** What a version has missed: it is about to ask the origin, or has asked it. */
  readonly #missed = new Map<string, Version | null>();
  #held: { readonly go: () => void }[] = [];
  #onHold: () => void = () => undefined;
  readonly #started: Promise<unknown>[] = [];
  readonly tally = { refused: 0, servedNew: 0, servedByOld: 0, purged: 0 };

  static async begin(): Promise<ChangeOver> {
    const run = new ChangeOver();
    for (const version of VERSIONS)
      for (const place of PLACES) for (const number of [0, 1] as const) await run.#add({ version, place, number });
    // The old version has run for a while.
    for (const place of PLACES)
      for (const number of [0, 1] as const)
        for (const type of ["confirm", "look"] as const)
          await run.take({ type, by: { version: "old", place, number }, page: number });
    return run;
  }

  async #add(who: Which): Promise<void> {
    const isolate = await this.#world.isolate(who.place);
    const deployment = { id: who.version, madeAtMs: VERSIONS.indexOf(who.version) };
    const config = this.#world.config({ onDeploy: "purge", deployment, ttlSeconds: 600, purgeLagSeconds: 5 });
    const actor: Actor = { isolate, config, knowsOfNew: false, hold: undefined, held: 0 };
    isolate.link.before = () => this.#pass(actor, "call");
    isolate.link.after = async (_, reply) => {
      await this.#pass(actor, "reply");
      const { log } = reply as { log: LogSlice };
      if (log.deployed?.get(config.name)?.id === "new") actor.knowsOfNew = true;
    };
    this.#actors.set(nameOf(who), actor);
  }

  async #pass(actor: Actor, what: "call" | "reply"): Promise<void> {
    if (actor.hold !== what) return;
    actor.hold = undefined;
    actor.held += 1;
    await new Promise<void>((go) => {
      this.#held.push({ go });
      this.#onHold();
    });
    actor.held -= 1;
  }

  async take(one: Step): Promise<void> {
    if (one.type === "let-go") return this.#letGo(one.at);
    if (one.type === "wait") return this.#world.surroundings.advance(one.seconds);
    const actor = this.#actors.get(nameOf(one.by));
    if (actor === undefined) throw new Error("no such isolate");
    switch (one.type) {
      case "hold":
        actor.hold = one.what;
        return;
      case "link":
        actor.isolate.link.state = one.state;
        return;
      case "confirm":
        return this.#untilHeld(
          actor,
          actor.isolate.edge.stats(actor.config).catch(() => undefined),
        );
      case "look":
        return this.#untilHeld(actor, this.#look(actor, one.by.version, one.page));
      case "store":
        return this.#untilHeld(actor, this.#store(actor, one.by.version, one));
    }
  }

  /** Waits until it is done, or may be waiting for a call that is held. */
  async #untilHeld(actor: Actor, work: Promise<unknown>): Promise<void> {
    this.#started.push(work);
    const held = new Promise<void>((resolve) => {
      this.#onHold = resolve;
    });
    await Promise.race([work, held, ...(actor.held > 0 ? [someTurns()] : [])]);
  }

  /** What follows from it goes on beside the next steps. */
  #letGo(at: number): void {
    const [one] = this.#held.splice(at % Math.max(1, this.#held.length), 1);
    one?.go();
  }

  async #look(actor: Actor, version: VersionName, number: 0 | 1): Promise<void> {
    const knew = actor.knowsOfNew;
    const found = await actor.isolate.edge.lookup(actor.config, this.#request(number));
    if (found.outcome === "miss") {
      this.#missed.set(`${version} ${number}`, found.asOf);
      if (found.reason === "purged") this.tally.purged += 1;
      return;
    }
    const made = await found.response.text();
    if (version === "new" && knew) expect(made).toBe("new");
    if (made === "new") this.tally[version === "new" ? "servedNew" : "servedByOld"] += 1;
  }

  async #store(actor: Actor, version: VersionName, how: Extract<Step, { type: "store" }>): Promise<void> {
    const missed = this.#missed.get(`${version} ${how.page}`);
    const asOf = how.asOf === "now" || missed === undefined ? {} : { asOf: missed };
    const headers = { etag: '"of both"' };
    const [answer, renews] =
      how.answer === "whole"
        ? [new Response(version, { headers }), {}]
        : [new Response(null, { status: 304, headers }), { renews: true as const }];
    const options = { tags: [] as Tag[], ...asOf, ...renews };
    const receipt = await actor.isolate.edge.store(actor.config, this.#request(how.page), answer, options);
    if (!receipt.stored && receipt.reason === "deployment") this.tally.refused += 1;
  }

  #request(number: 0 | 1): Request {
    return new Request(this.#urls[number] ?? "");
  }

  /** Lets all calls arrive, and has every page looked up by every isolate that knows of the new version. */
  async end(): Promise<void> {
    for (const actor of this.#actors.values()) {
      actor.hold = undefined;
      actor.isolate.link.state = "up";
    }
    for (const { go } of this.#held.splice(0)) go();
    await Promise.all(this.#started);
    await this.#world.surroundings.settle();
    for (const [name, actor] of this.#actors) {
      for (const number of [0, 1] as const) await this.#look(actor, name.startsWith("new") ? "new" : "old", number);
    }
  }
}

async function someTurns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setTimeout(resolve, 0));
}

function nameOf({ version, place, number }: Which): string {
  return `${version} ${place} ${number}`;
}

test("what an old version has made is never served by a new one that has announced itself", async () => {
  const total: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 50, size: "max" }), async (steps) => {
      const run = await ChangeOver.begin();
      for (const one of steps) await run.take(one);
      await run.end();
      for (const [name, count] of Object.entries(run.tally)) total[name] = (total[name] ?? 0) + count;
    }),
    { numRuns: 100, endOnFailure: true },
  );
  // Otherwise nothing of what this is about has happened.
  for (const [name, count] of Object.entries(total)) expect(count, name).toBeGreaterThan(10);
}, 120_000);
