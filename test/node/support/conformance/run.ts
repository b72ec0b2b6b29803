import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Case, Sent, Step } from "../../../conformance/case.ts";
import type { Asked, Outcome, Reply } from "../../../conformance/judge.ts";
import { complaints } from "../../../conformance/judge.ts";
import type { Fill } from "./lines.ts";
import type { Origin, Script } from "./origin.ts";

export interface Surroundings {
  readonly origin: Origin;
  readonly ask: (base: string, sent: Sent, fill: Fill) => Promise<Reply>;
  readonly fill: Fill;
  /** Takes part in the work again after having waited, or for the first time. */
  readonly turn: (hasBegun: boolean) => Promise<Disposable>;
}

/** How long is waited for what happens behind an answer. */
const BEHIND_MS = 3_000;

/** Runs a case under a path of its own; what is wrong with the first step that fails, in sentences. */
export async function run(
  { origin, ask, fill: common, turn }: Surroundings,
  { id, steps }: Case,
): Promise<readonly string[]> {
  const token = randomBytes(4).toString("hex");
  const base = `/${id}-${token}`;
  const fill: Fill = (text) => common(text).replaceAll("{base}", base).replaceAll("{case}", token);
  const script: Script = { base, fill, asked: [], answers: [], answered: 0 };
  origin.add(script);
  for (const { from, steps: part } of inParts(steps)) {
    if (from > 0) await delay((part[0]?.afterSeconds ?? 0) * 1000);
    using _ = await turn(from > 0);
    for (const [nth, step] of part.entries()) {
      script.answers = [step.origin ?? []].flat();
      script.answered = 0;
      const found = await runStep(step, script, (sent) => ask(base, sent, fill)).catch((error: unknown) => [
        String(error),
      ]);
      // What comes after a step that failed says nothing.
      if (found.length > 0) return found.map((complaint) => `step ${from + nth + 1}: ${complaint}`);
    }
  }
  return [];
}

/** Steps that follow each other without a wait belong together. */
function inParts(steps: readonly Step[]): { readonly from: number; readonly steps: readonly Step[] }[] {
  const starts = steps.flatMap(({ afterSeconds }, nth) => (nth === 0 || afterSeconds !== undefined ? [nth] : []));
  return starts.map((from, nth) => ({ from, steps: steps.slice(from, starts[nth + 1]) }));
}

async function runStep(step: Step, script: Script, ask: (sent: Sent) => Promise<Reply>): Promise<readonly string[]> {
  const dueMs = performance.now() + BEHIND_MS;
  for (;;) {
    const before = script.asked.length;
    const replies = await sendAll(step, ask, (nth) => script.asked.length >= before + nth);
    if (step.expect?.from === "background") await until(() => script.asked.length > before, dueMs);
    const found = complaints(step, outcomeOf(replies, script.asked, before));
    if (step.repeat === undefined || found.length === 0 || performance.now() > dueMs) return found;
    await delay(50);
  }
}

/** @param isAsked whether the origin has been asked that many times in this step */
async function sendAll(
  { send = {}, together = [send], order }: Step,
  ask: (sent: Sent) => Promise<Reply>,
  isAsked: (times: number) => boolean,
): Promise<readonly Reply[]> {
  const replies: Promise<Reply>[] = [];
  for (const [nth, sent] of together.entries()) {
    if (order === "as-asked") await until(() => isAsked(nth), performance.now() + BEHIND_MS);
    replies.push(ask(sent));
  }
  return Promise.all(replies);
}

function outcomeOf(replies: readonly Reply[], asked: readonly Asked[], before: number): Outcome {
  return { replies, asked: asked.slice(before), askedSoFar: [...asked] };
}

async function until(isTrue: () => boolean, dueMs: number): Promise<void> {
  while (!isTrue() && performance.now() < dueMs) await delay(10);
}
