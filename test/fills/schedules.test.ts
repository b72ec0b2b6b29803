import fc from "fast-check";
import { expect, it, vi } from "vitest";
import type { Tag } from "../../schema/names.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { Version } from "../../schema/version.ts";
import { freshUrl } from "../support/fresh.ts";
import type { Asked } from "../support/origin.ts";
import { Feed, Origin, until } from "../support/origin.ts";
import type { Isolate } from "../support/world.ts";
import { versionOf, World } from "../support/world.ts";

/** Milliseconds after which a schedule counts as one in which somebody waits for ever. */
const LONGEST_MS = 20_000;
/** Schedules a run of the tests tries. */
const RUNS = 60;
const PURGE_LAG_SECONDS = 2;
/** Together less than what a caller waits for the object, so that nobody takes a clock that jumps for one that hangs. */
const MOST_SECONDS = 2.5;
const ISOLATES = ["west", "west", "east", "east", "north"];
const KEYS = 2;

type Step =
  /** `atLeast`: with the newest purge's version; `purger`: in the isolate that made it, without. */
  | {
      readonly do: "ask";
      readonly key: number;
      readonly in: number;
      readonly how: "plain" | "atLeast" | "strong" | "purger";
    }
  /** The content of a key changes, and is purged by whoever changed it. */
  | { readonly do: "change"; readonly key: number; readonly in: number; readonly by: "url" | "tag" | "everything" }
  | { readonly do: "answer"; readonly which: number; readonly how: "whole" | "whole" | "fails" | "500" | "breaks" }
  | { readonly do: "clock"; readonly seconds: number };

const isolate = fc.nat(ISOLATES.length - 1);
const key = fc.nat(KEYS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("ask" as const),
      key,
      in: isolate,
      how: fc.constantFrom("plain", "plain", "atLeast", "strong", "purger"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("change" as const),
      key,
      in: isolate,
      by: fc.constantFrom("url", "url", "tag", "tag", "everything"),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      which: fc.nat(3),
      how: fc.constantFrom("whole", "whole", "whole", "fails", "500", "breaks"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clock" as const), seconds: fc.constantFrom(1, 1.5) }) },
);
const schedule = fc.record({
  steps: fc.array(fc.tuple(step, fc.nat(3)), { minLength: 5, maxLength: 40 }),
  /** Turns of the event loop by which calls to the object are late, over and over. */
  delays: fc.array(fc.nat(4), { minLength: 1, maxLength: 7 }),
  body: fc.constantFrom("small", "large" as const),
});
type Schedule = typeof schedule extends fc.Arbitrary<infer Value> ? Value : never;

interface Purged {
  readonly content: number;
  readonly version: Version;
  readonly by: number;
  readonly atMs: number;
}

/** Requests to the origin for one key, from the end of one purge until that of the next. */
interface Epoch {
  /** Those that were made while no purge was under way, and while the next one was. */
  quiet: number;
  racing: number;
  failures: number;
  /** Answers that came for requests made before the purge. */
  late: number;
}

class Run {
  readonly trace: string[] = [];
  readonly #world = new World();
  readonly #origin = new Origin();
  readonly #config: CacheConfig;
  readonly #isolates: Isolate[] = [];
  readonly #url = freshUrl();
  readonly #content = Array.from({ length: KEYS }, () => 0);
  readonly #purged: (Purged | undefined)[] = [];
  /** Of each key, in the order of their purges: everybody is to know of those made before the bound. */
  readonly #history: Purged[][] = Array.from({ length: KEYS }, () => []);
  readonly #epochs: Epoch[][] = Array.from({ length: KEYS }, () => [newEpoch()]);
  readonly #open = new Map<Asked, { key: number; content: number; epoch: Epoch }>();
  readonly #callers: Promise<void>[] = [];
  readonly #waiting = new Set<string>();
  readonly #faults: string[] = [];
  readonly #padding: string;
  /** Requests to the origin for one key that nothing has changed and that never fails. */
  readonly #once: number;
  #purging = 0;
  #seconds = 0;

  get waiting(): string {
    return [...this.#waiting].join("; ");
  }

  constructor({ body }: Pick<Schedule, "body">) {
    this.#padding = "-".repeat(body === "large" ? 3000 : 10);
    // What is too large for the shield is asked for once a data centre.
    this.#once = body === "large" ? new Set(ISOLATES).size : 1;
    this.#config = this.#world.config({
      purgeLagSeconds: PURGE_LAG_SECONDS,
      fillTimeoutSeconds: 600,
      shieldMaxBytes: 1000,
    });
  }

  async follow({ steps, delays }: Schedule): Promise<void> {
    let calls = 0;
    for (const name of ISOLATES) {
      const made = await this.#world.isolate(name);
      made.link.before = () => turns(delays[calls++ % delays.length] ?? 0);
      this.#isolates.push(made);
    }
    this.#origin.byItself = (asked) => this.#ask(asked);
    for (const [next, pause] of steps) {
      this.trace.push(`${JSON.stringify(next)} ${pause}`);
      await this.#take(next);
      await turns(pause);
    }
    await this.#end();
    for (const [at, epochs] of this.#epochs.entries()) {
      for (const { quiet, racing, failures, late } of epochs) {
        // While a purge is under way one may still ask before it and another after. And a response that a purge has
        // overtaken takes, for a moment, the place of a newer one in its own data centre.
        const allowed = this.#once + failures + (racing > 0 ? 1 : 0) + late;
        if (quiet + racing > allowed)
          this.#faults.push(`key ${at}: ${quiet} + ${racing} requests, ${failures} failures`);
      }
    }
    expect(this.#faults).toEqual([]);
  }

  async #take(next: Step): Promise<void> {
    switch (next.do) {
      case "ask":
        this.#callers.push(this.#call(next));
        return;
      case "change":
        return this.#change(next);
      case "answer": {
        const asked = [...this.#open.keys()][next.which];
        if (asked !== undefined) this.#answer(asked, next.how);
        return;
      }
      case "clock":
        if (this.#seconds + next.seconds > MOST_SECONDS) return;
        this.#seconds += next.seconds;
        this.#world.surroundings.advance(next.seconds);
    }
  }

  /** A request has reached the origin, which takes what it is to answer from that moment. */
  #ask(asked: Asked): Promise<Response> {
    const at = Number(asked.request.url.slice(-1));
    const epoch = this.#epochs[at]?.at(-1) as Epoch;
    if (this.#purging > 0) epoch.racing += 1;
    else epoch.quiet += 1;
    this.#open.set(asked, { key: at, content: this.#content[at] as number, epoch });
    return asked.answered;
  }

  #answer(asked: Asked, how: "whole" | "fails" | "500" | "breaks"): void {
    const { key: at, content, epoch } = this.#open.get(asked) as { key: number; content: number; epoch: Epoch };
    this.#open.delete(asked);
    this.trace.push(`  key ${at} answered with ${content}, ${how}`);
    const whole = `key ${at} content ${content} ${this.#padding} end`;
    const now = this.#epochs[at]?.at(-1) as Epoch;
    // It failed now, whenever it was asked.
    for (const failed of how === "whole" ? [] : new Set([epoch, now])) failed.failures += 1;
    if (how === "whole" && now !== epoch) now.late += 1;
    if (how === "whole") asked.answer(whole);
    else if (how === "500") asked.answer(new Response("sorry", { status: 500 }));
    else if (how === "fails") asked.fail("refused");
    else {
      const feed = new Feed();
      asked.answer(new Response(feed.body));
      feed.write(whole.slice(0, -10));
      feed.break("connection lost");
    }
  }

  async #change({ key: at, in: by, by: what }: Extract<Step, { do: "change" }>): Promise<void> {
    const keys = what === "everything" ? this.#content.map((_, other) => other) : [at];
    for (const changed of keys) this.#content[changed] = (this.#content[changed] as number) + 1;
    const contents = [...this.#content];
    const url = this.#url + at;
    const request = what === "url" ? { url } : what === "tag" ? { tags: [tagOf(at)] } : { everything: true as const };
    this.#purging += 1;
    const version = await versionOf((this.#isolates[by] as Isolate).edge.purge(this.#config, request));
    this.#purging -= 1;
    const atMs = this.#world.surroundings.nowMs();
    for (const changed of keys) {
      const purged = { content: contents[changed] as number, version, by, atMs };
      this.#purged[changed] = purged;
      this.#history[changed]?.push(purged);
      this.#epochs[changed]?.push(newEpoch());
    }
  }

  async #call({ key: at, in: asked, how }: Extract<Step, { do: "ask" }>): Promise<void> {
    const newest = this.#purged[at];
    const where = how === "purger" && newest !== undefined ? newest.by : asked;
    const demand =
      how === "strong"
        ? { consistency: "strong" as const }
        : how === "atLeast" && newest !== undefined
          ? { atLeast: newest.version }
          : {};
    const dueMs = this.#world.surroundings.nowMs() - PURGE_LAG_SECONDS * 1000;
    const known = this.#history[at]?.filter(({ atMs }) => atMs < dueMs).at(-1);
    const floor = (how === "plain" ? known : newest)?.content ?? 0;
    const name = `caller ${this.#callers.length} of key ${at} in ${where}, ${how}`;
    this.#waiting.add(name);
    const store = { tags: [tagOf(at) as Tag] };
    try {
      const answer = this.#origin.get(this.#isolates[where] as Isolate, this.#config, this.#url + at, {
        store,
        demand,
      });
      const response = await answer;
      const body = await response.text();
      this.trace.push(`  ${name}: ${body.slice(0, 18)} ${response.headers.get("cache-status")}`);
      const [, content] = new RegExp(`^key ${at} content (\\d+) ${this.#padding} end$`).exec(body) ?? [];
      if (content === undefined && body !== "sorry") this.#faults.push(`${name}: ${body.slice(0, 40)}`);
      else if (Number(content) < floor) this.#faults.push(`${name}: content ${content}, purged at ${floor}`);
    } catch (error) {
      const { message } = error as Error;
      if (message !== "refused" && message !== "connection lost") this.#faults.push(`${name}: ${message}`);
    } finally {
      this.#waiting.delete(name);
    }
  }

  /** Answers all that is asked until everybody has an answer; then everybody is to agree, without the origin. */
  async #end(): Promise<void> {
    let running = true;
    void Promise.all(this.#callers).finally(() => {
      running = false;
    });
    await until(() => {
      for (const asked of [...this.#open.keys()]) this.#answer(asked, "whole");
      return !running;
    });
    await this.#world.surroundings.settle();
    for (const at of this.#content.keys()) {
      for (const where of ISOLATES.keys()) {
        const call = this.#call({ do: "ask", key: at, in: where, how: "strong" });
        let isOver = false;
        void call.finally(() => {
          isOver = true;
        });
        await until(() => {
          for (const asked of [...this.#open.keys()]) this.#answer(asked, "whole");
          return isOver;
        });
        await this.#world.surroundings.settle();
      }
    }
  }
}

function newEpoch(): Epoch {
  return { quiet: 0, racing: 0, failures: 0, late: 0 };
}

function tagOf(at: number): string {
  return `key-${at}`;
}

/** Lets so many turns of the event loop pass. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setTimeout(resolve, 0));
}

it("nobody gets what a purge he knows of has hit, or half of a body, and the origin is asked once a change", {
  timeout: 300_000,
}, async () => {
  for (const method of ["warn", "error"] as const) vi.spyOn(console, method).mockReturnValue(undefined);
  const seed = Math.trunc(Math.random() * 0x7fffffff);
  let trace: readonly string[] = [];
  const property = fc.asyncProperty(schedule, async (tried) => {
    const run = new Run(tried);
    const overdue = Promise.withResolvers<never>();
    const timer = setTimeout(() => overdue.reject(new Error(`still waiting: ${run.waiting}`)), LONGEST_MS);
    try {
      await Promise.race([run.follow(tried), overdue.promise]);
      clearTimeout(timer);
    } catch (error) {
      trace = run.trace;
      throw error;
    }
  });
  const details = await fc.check(property, { numRuns: RUNS, seed, endOnFailure: true });
  console.log(`schedules: ${details.numRuns}, seed ${seed}`);
  const { failed, errorInstance, counterexample } = details;
  const told = [String(errorInstance), `seed ${seed}`, JSON.stringify(counterexample), ...trace].join("\n");
  expect(failed, told).toBe(false);
});
