import type { Hit, OtherHit } from "./policy-hits.ts";
import { AGE_SECONDS, LarderPolicy, otherPolicy, TTL_SECONDS } from "./policy-hits.ts";
import { mixedView } from "./purge-judging.ts";
import { shuffled } from "./shuffle.ts";

/** What workerd hands the `bench` export of a Worker; @cloudflare/workers-types has no types for it. */
interface Bench {
  /** Times `body` once a sample. `setup` runs before and is not timed. */
  run(name: string, body: () => void, options: { samples: 1; batch: 1; warmup: 0; setup(): void }): void;
  /** Keeps the optimiser from dropping what made `value`. */
  blackBox(value: unknown): void;
}

interface Env {
  /** Blocks of each case. */
  readonly ROUNDS: number;
  /** Hits in a block. */
  readonly BATCH: number;
  /** Purge records in the view that entries are judged by. */
  readonly RECORDS: number;
  readonly SEED: number;
}

/** A case: `run` is timed, `prepare` is not. */
interface Block {
  readonly name: string;
  prepare(): void;
  run(): void;
}

/** What is judged of a hit, without any I/O: all of it, and its parts. Each round times one block of each case. */
export default {
  bench(bench: Bench, env: Env): void {
    const nowMs = Date.now();
    const larder = new LarderPolicy(mixedView(env.RECORDS), nowMs);
    check(larder, nowMs);
    const blocks = blocksOf(larder, nowMs, env.BATCH, bench);
    for (let round = 0; round < env.ROUNDS; round += 1) {
      for (const one of shuffled(blocks, env.SEED + round)) {
        const options = { samples: 1, batch: 1, warmup: 0, setup: () => one.prepare() } as const;
        bench.run(`${round}/${one.name}`, () => one.run(), options);
      }
    }
  },
};

function blocksOf(larder: LarderPolicy, nowMs: number, batch: number, bench: Bench): Block[] {
  let pages = 0;
  /** A page whose entry has not been read before. */
  const unread = () => {
    pages += 1;
    return pages;
  };
  const block = <Input>(name: string, inputOf: () => Input, run: (input: Input) => unknown): Block => {
    let inputs: Input[] = [];
    return {
      name,
      prepare: () => {
        inputs = Array.from({ length: batch }, inputOf);
      },
      run: () => {
        for (const input of inputs) {
          const result = run(input);
          if (result === undefined) throw new Error(`${name}: no hit`);
          bench.blackBox(result);
        }
      },
    };
  };
  const hit = () => larder.hitOf({ page: unread() });
  const parsed = () => {
    const { request, stored, whole } = hit();
    const found = larder.parse(stored, larder.variant(request));
    const { entry } = found;
    return { request, stored, whole, found, entry, log: larder.judge(entry) };
  };
  const unconditional = () => larder.hitOf({ page: unread(), ifNoneMatch: "" });
  const placed = (one: Hit) => ({ ...one, place: larder.variant(one.request) });
  return [
    block("policy-hit", hit, (input) => larder.answer(input)),
    block("policy-hit-again", hit, (input) => larder.answer(input)),
    block(
      "policy-hit-remembered",
      () => larder.hitOf({ page: 0 }),
      (input) => larder.answer(input),
    ),
    block("policy-hit-unconditional", unconditional, (input) => larder.answerWith(input)),
    block("policy-hit-given-out", unconditional, (input) => larder.answer(input)),
    block("policy-variant", hit, ({ request }) => larder.variant(request)),
    block(
      "policy-parse",
      () => placed(hit()),
      ({ stored, place }) => larder.parse(stored, place),
    ),
    block(
      "policy-parse-remembered",
      () => placed(larder.hitOf({ page: 0 })),
      ({ stored, place }) => larder.parse(stored, place),
    ),
    block("policy-judge", parsed, ({ entry }) => larder.judge(entry)),
    block("policy-freshness", parsed, ({ entry, log }) => larder.freshness(entry, log)),
    block("policy-fields", parsed, ({ whole, found }) => {
      larder.fields(whole, found, AGE_SECONDS);
      return whole;
    }),
    block("policy-conditional", parsed, (input) => larder.conditional(input, input.found)),
    block(
      "http-cache-semantics-hit",
      () => otherPolicy.hitOf({ page: unread() }, nowMs),
      (input: OtherHit) => otherPolicy.answer(input),
    ),
    block(
      "http-cache-semantics-hit-in-worker",
      () => otherPolicy.inWorkerOf({ page: unread() }, nowMs),
      (input) => otherPolicy.answerInWorker(input),
    ),
  ];
}

/** What is fast and wrong is not worth measuring. */
function check(larder: LarderPolicy, nowMs: number): void {
  const notModified = larder.answer(larder.hitOf({ page: -1 }));
  const whole = larder.answer(larder.hitOf({ page: -2, ifNoneMatch: '"another"' }));
  expect("Larder's 304", notModified?.status, 304);
  expect("Larder's Age", notModified?.headers.get("age"), String(AGE_SECONDS));
  const status = `Larder; hit; ttl=${TTL_SECONDS - AGE_SECONDS}`;
  expect("Larder's Cache-Status", notModified?.headers.get("cache-status"), status);
  expect("Larder's 200", whole?.status, 200);
  expect("Larder's fields", whole?.headers.get("content-type"), "text/html; charset=utf-8");
  expect("Larder's own fields", whole?.headers.get("cache-status"), status);
  expect("Larder's purge", larder.answer(larder.hitOf({ page: -3, tag: "product:1" })), undefined);
  const { request, stored } = larder.hitOf({ page: -4 });
  const place = larder.variant(request);
  const { entry } = larder.parse(stored, place);
  const endMs = nowMs + (TTL_SECONDS - AGE_SECONDS) * 1000;
  expect("Larder's end", larder.freshness(entry, larder.judge(entry), endMs).state, "stale");
  const german = larder.hitOf({ page: -4, language: "de" }).request;
  expect("Larder's variant", larder.variant(german).key === place.key, false);

  const other = otherPolicy.hitOf({ page: -1 }, nowMs);
  expect("the other's Age", otherPolicy.answer(other)?.["age"], String(AGE_SECONDS));
  const inWorker = otherPolicy.answerInWorker(otherPolicy.inWorkerOf({ page: -1 }, nowMs));
  expect("the other's fields", inWorker?.get("content-type"), "text/html; charset=utf-8");
  const { request: inGerman } = otherPolicy.hitOf({ page: -1, language: "de" }, nowMs);
  expect("the other's variant", otherPolicy.answer({ ...other, request: inGerman }), undefined);
  const old = otherPolicy.hitOf({ page: -1 }, nowMs - TTL_SECONDS * 1000);
  expect("the other's end", otherPolicy.answer(old), undefined);
}

function expect<Value>(what: string, found: Value, expected: Value): void {
  if (found !== expected) throw new Error(`${what}: ${String(found)} instead of ${String(expected)}`);
}
