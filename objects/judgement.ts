import type { EntryToJudge } from "../schema/entry.ts";
import type { InvalidatedBy } from "../schema/explain.ts";
import type { LogState } from "../src/log/verdict.ts";
import { logState } from "../src/log/verdict.ts";
import type { View } from "../src/log/view.ts";

/** What the whole log makes of an entry: the record that hits it, or what else makes it invalid. */
export type Judgement = Exclude<LogState, { state: "unknown" }> & { readonly cause?: InvalidatedBy["cause"] };

/** Judges an entry by the log as the object has it. */
export function judgement(entry: EntryToJudge, view: View): Judgement {
  if (entry.asOf.epoch !== view.epoch) return { state: "purged", by: 0, cause: "other-epoch" };
  // A version from the future was never given out: whoever has it may not outlive the purges to come.
  if (entry.asOf.seq > view.head) return { state: "purged", by: 0, cause: "after-the-log" };
  const judged = logState(entry, view);
  // What is older than the whole log cannot be in force: the log is kept as long as anything stored may live.
  if (judged.state === "unknown") return { state: "purged", by: 0, cause: "before-the-log" };
  return judged.state === "in-force" ? judged : { ...judged, cause: "purge" };
}
