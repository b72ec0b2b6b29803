import fc from "fast-check";
import { expect, test, vi } from "vitest";
import type { Plan } from "../../objects/zone-settings.ts";
import { useObjectClock } from "../support/object-clock.ts";
import type { Asked, ZoneUnderTest } from "../support/zone.ts";
import { answer, EPOCH, withZone, ZONE } from "../support/zone.ts";

useObjectClock();

const EVERYTHING = `larder:${EPOCH}`;
/** With buckets that are soon empty. */
const plans: Readonly<Record<string, Plan>> = {
  "five a minute": { perSecond: 5 / 60, bucket: 2 },
  "five a second": { perSecond: 5, bucket: 3 },
};

/** What the API makes of a request that it has a token for. */
type Fate =
  | { readonly type: "confirmed" }
  /** Of these nobody knows whether they were carried out. */
  | { readonly type: "error"; readonly retryAfterSeconds: number }
  | { readonly type: "lost" }
  /** The object ends before the answer has come. */
  | { readonly type: "unseen" };

type Step =
  | { readonly type: "purge"; readonly tags: readonly string[] }
  | { readonly type: "purge-everything" }
  | { readonly type: "wait"; readonly ms: number }
  /** Somebody else uses up what the account has left. */
  | { readonly type: "drain" }
  | { readonly type: "restart" }
  | {
      readonly type: "run";
      readonly fate: Fate;
      /** How long it is on its way to the API, and its answer back. */
      readonly toMs: number;
      readonly backMs: number;
      /** What is purged in the meantime. */
      readonly meanwhile: readonly string[];
    };

const tag = fc.constantFrom(..."abcdefgh");
const tags = fc.uniqueArray(tag, { minLength: 1, maxLength: 5 });
const onItsWay = fc.oneof({ arbitrary: fc.nat(200), weight: 4 }, { arbitrary: fc.nat(9000), weight: 1 });
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { arbitrary: fc.record({ type: fc.constant("confirmed" as const) }), weight: 4 },
  fc.record({ type: fc.constant("error" as const), retryAfterSeconds: fc.constantFrom(0, 0, 7, 400) }),
  fc.record({ type: fc.constantFrom("lost" as const, "unseen" as const) }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: fc.record({ type: fc.constant("purge" as const), tags }), weight: 6 },
  fc.record({ type: fc.constant("purge-everything" as const) }),
  { arbitrary: fc.record({ type: fc.constant("wait" as const), ms: fc.nat(20_000) }), weight: 2 },
  fc.record({ type: fc.constant("drain" as const) }),
  fc.record({ type: fc.constant("restart" as const) }),
  {
    arbitrary: fc.record({
      type: fc.constant("run" as const),
      fate,
      toMs: onItsWay,
      backMs: onItsWay,
      meanwhile: fc.oneof(fc.constant([]), tags),
    }),
    weight: 8,
  },
);

/** The API, with the bucket that it keeps of an account. */
class Api {
  readonly #plan: Plan;
  #tokens: number;
  #atMs = Date.now();
  /** Told to the caller, who is to keep away until then. */
  awayUntilMs = 0;
  refusedForItsNumber = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#tokens = plan.bucket;
  }

  #fill(): void {
    const { perSecond, bucket } = this.#plan;
    this.#tokens = Math.min(bucket, this.#tokens + ((Date.now() - this.#atMs) / 1000) * perSecond);
    this.#atMs = Date.now();
  }

  drain(): void {
    this.#fill();
    this.#tokens = 0;
  }

  /** The seconds after which there will be a token; undefined when it takes one now. */
  take(): number | undefined {
    this.#fill();
    // The two sides add the same numbers in another order.
    if (this.#tokens > 1 - 1e-6) {
      this.#tokens -= 1;
      return undefined;
    }
    this.refusedForItsNumber += 1;
    return Math.ceil((1 - this.#tokens) / this.#plan.perSecond);
  }
}

/** What is owed to the zone: by each purge, until a request that began after it has been confirmed. */
class Owed {
  readonly #since = new Map<string, number>();
  #moment = 0;

  purge(names: readonly string[]): void {
    this.#moment += 1;
    for (const name of names) this.#since.set(name, this.#moment);
  }

  /** What of a request is not owed, or covered by everything, which is owed since then. */
  needless(names: readonly string[]): readonly string[] {
    const covered = this.#since.get(EVERYTHING) ?? 0;
    return names.filter((name) => (this.#since.get(name) ?? 0) <= (name === EVERYTHING ? 0 : covered));
  }

  get moment(): number {
    return this.#moment;
  }

  confirm(names: readonly string[], begunAt: number): void {
    for (const [name, since] of this.#since) {
      if (since <= begunAt && (names.includes(name) || names.includes(EVERYTHING))) this.#since.delete(name);
    }
  }

  get isAnything(): boolean {
    return this.#since.size > 0;
  }
}

async function follow(under: ZoneUnderTest, plan: Plan, steps: readonly Step[]): Promise<void> {
  const api = new Api(plan);
  const owed = new Owed();
  const wrong: string[] = [];
  let drains = 0;
  let unheard = 0;
  const purge = (names: readonly string[]) => {
    owed.purge(names);
    under.purgeTags(...names);
  };
  const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

  const answerBy = ({ fate: what, toMs, backMs, meanwhile }: Extract<Step, { type: "run" }>) => {
    under.api.respond = ({ values }: Asked) => {
      const begunAt = owed.moment;
      // What is thrown here is taken for a connection that was lost.
      if (owed.needless(values).length > 0) wrong.push(`sent needlessly: ${owed.needless(values).join()}`);
      if (Date.now() < api.awayUntilMs) wrong.push(`sent ${api.awayUntilMs - Date.now()} ms too early`);
      later(toMs);
      const retryAfter = api.take();
      if (meanwhile.length > 0) purge(meanwhile);
      later(backMs);
      if (what.type === "lost" || what.type === "unseen") {
        unheard += 1;
        return what.type === "lost" ? Promise.reject(new Error("lost")) : new Promise<Response>(() => undefined);
      }
      if (retryAfter !== undefined) {
        api.awayUntilMs = Date.now() + retryAfter * 1000;
        return answer(429, 1, { "retry-after": String(retryAfter) });
      }
      if (what.type === "confirmed") {
        owed.confirm(values, begunAt);
        return answer(200);
      }
      api.awayUntilMs = Date.now() + what.retryAfterSeconds * 1000;
      return answer(500, 1, { "retry-after": String(what.retryAfterSeconds) });
    };
  };

  for (const each of steps) {
    switch (each.type) {
      case "purge":
        purge(each.tags);
        break;
      case "purge-everything":
        owed.purge([EVERYTHING]);
        under.purge([{}]);
        break;
      case "wait":
        later(each.ms);
        break;
      case "drain":
        api.drain();
        drains += 1;
        break;
      case "restart":
        under.restart();
        break;
      case "run": {
        answerBy(each);
        const asked = under.api.asked.length;
        const running = under.next();
        await Promise.race([running, vi.waitFor(() => expect(under.api.asked.length).toBeGreaterThan(asked))]);
        if (under.api.asked.length > asked && each.fate.type === "unseen") under.restart();
        else await running;
      }
    }
  }
  answerBy({ type: "run", fate: { type: "confirmed" }, toMs: 1, backMs: 1, meanwhile: [] });
  await under.drain();
  expect(wrong).toEqual([]);
  expect({ pending: under.pending, owes: owed.isAnything }).toEqual({ pending: 0, owes: false });
  // With nobody else about the limit is never met; each time somebody is, once, and again where that was not heard.
  expect(api.refusedForItsNumber).toBeLessThanOrEqual(drains === 0 ? 0 : drains + unheard);
}

test.each(Object.entries(plans))(
  "nothing is lost, sent needlessly, or sent faster than %s, whatever the API does and whenever the object ends",
  async (_, plan) => {
    await withZone(
      async (first) => {
        await fc.assert(
          fc.asyncProperty(
            fc.array(step, { maxLength: 60 }),
            fc.double({ min: 0, max: 1, noNaN: true }),
            async (steps, random) => {
              first.storage.sql.exec("DELETE FROM outbox");
              first.storage.sql.exec("DELETE FROM meta WHERE name = 'zone'");
              first.api.asked.length = 0;
              first.random = random;
              first.restart();
              await follow(first, plan, steps);
            },
          ),
          { numRuns: 1000 },
        );
      },
      ZONE,
      plan,
    );
  },
  60_000,
);

test("the model takes a request that began before a purge for none that pays for it", () => {
  const owed = new Owed();
  owed.purge(["a", "b"]);
  const begunAt = owed.moment;
  owed.purge(["b"]);
  owed.confirm(["a", "b"], begunAt);
  expect(owed.needless(["a", "b"])).toEqual(["a"]);
});
