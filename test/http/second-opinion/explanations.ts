import { AS_DIRECTIVES } from "./directives.ts";
import type { Exchange } from "./exchange.ts";
import { AS_FRESHNESS } from "./freshness.ts";
import type { Opinions, Question } from "./opinions.ts";
import { AS_STORING } from "./storing.ts";

/** Why Larder and http-cache-semantics may answer differently. */
export interface Explanation {
  readonly id: string;
  /** What they may answer differently because of it, the first to the example. */
  readonly questions: readonly [Question, ...Question[]];
  /** Whether it may be the cause. */
  readonly applies: (exchange: Exchange) => boolean;
  /** The exchange without what they differ on; all else about it stays, and on that they have to agree. */
  readonly without: (exchange: Exchange) => Exchange;
  /** What is out of the ordinary in an exchange where it is the only cause, and what each answers. */
  readonly example: Partial<Exchange>;
  readonly says: Opinions;
  /** In words: what they differ on, and what each makes of it. */
  readonly where: string;
  readonly larder: string;
  readonly other: string;
  /** Where it is settled: `9111 5.2` is RFC 9111 section 5.2. */
  readonly clause: string;
  readonly right: Right;
}

/**
 * - `larder`: the other does not do what the clause asks for or recommends.
 * - `both`: the clause leaves a choice.
 * - `unsettled`: no clause says what the malformed means.
 * - `larder-is-wrong`: Larder does not do what the clause asks for.
 */
export type Right = "larder" | "both" | "unsettled" | "larder-is-wrong";

/** In the order in which they are taken out of an exchange: how it is spelled before what it says. */
export const EXPLANATIONS: readonly Explanation[] = [...AS_DIRECTIVES, ...AS_FRESHNESS, ...AS_STORING];
