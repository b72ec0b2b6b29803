import type { PatternPart } from "./path-pattern.ts";

/** What one step of an automaton takes: the character itself, any but a slash, or any. */
type Label = string | "segment character" | "any character";

interface Step {
  readonly label: Label;
  readonly to: number;
}

/**
 * The paths that a pattern fits, as a nondeterministic automaton. What a regular expression fits is not known here and
 * stands for every text: then `exact` is false, and the automaton takes more than the pattern does.
 */
export interface PathLanguage {
  readonly steps: readonly (readonly Step[])[];
  readonly free: readonly (readonly number[])[];
  readonly end: number;
  /** The characters that its texts hold; all others are alike to it. */
  readonly letters: ReadonlySet<string>;
  readonly exact: boolean;
}

/** `parts` undefined: a pattern of which nothing is known. */
export function languageOf(parts: readonly PatternPart[] | undefined): PathLanguage {
  const automaton = new Automaton();
  let end = automaton.state();
  if (parts === undefined) end = automaton.repeated(end, (from) => automaton.character(from, "any character"), "*");
  for (const part of parts ?? []) {
    const once = (from: number) => automaton.value(automaton.text(from, part.prefix), part);
    const whole = (from: number) => automaton.text(once(from), part.suffix);
    end = part.modifier === "" ? whole(end) : automaton.repeated(end, whole, part.modifier);
  }
  const exact = parts?.every(({ kind }) => kind !== "regexp") === true;
  return { steps: automaton.steps, free: automaton.free, end, letters: automaton.letters, exact };
}

class Automaton {
  readonly steps: Step[][] = [];
  readonly free: number[][] = [];
  readonly letters = new Set<string>();

  state(): number {
    this.free.push([]);
    return this.steps.push([]) - 1;
  }

  character(from: number, label: Label): number {
    const to = this.state();
    this.steps[from]?.push({ label, to });
    return to;
  }

  text(from: number, text: string): number {
    let at = from;
    for (const letter of text) {
      this.letters.add(letter);
      at = this.character(at, letter);
    }
    return at;
  }

  value(from: number, { kind }: PatternPart): number {
    if (kind === "text") return from;
    if (kind === "segment") return this.repeated(from, (at) => this.character(at, "segment character"), "+");
    return this.repeated(from, (at) => this.character(at, "any character"), "*");
  }

  /** A loop has states of its own on both sides, or what is around it could go round, too. */
  repeated(from: number, body: (from: number) => number, modifier: "?" | "*" | "+"): number {
    const begin = this.state();
    this.free[from]?.push(begin);
    const bodyEnd = body(begin);
    const end = this.state();
    this.free[bodyEnd]?.push(end);
    if (modifier !== "+") this.free[begin]?.push(end);
    if (modifier !== "?") this.free[bodyEnd]?.push(begin);
    return end;
  }
}

/** Pairs of states that are looked at before the question is given up; patterns of rules take some tens. */
const MOST_PAIRS = 2000;

/** Whether every path that `inner` fits, `outer` fits. False also where that is not certain. */
export function contains(outer: PathLanguage, inner: PathLanguage): boolean {
  return outer.exact && search(outer, inner, (byOuter, byInner) => byInner && !byOuter) === null;
}

/** A shortest path that both fit, if one is found; where a language is not exact, it may not fit after all. */
export function commonPath(one: PathLanguage, other: PathLanguage): string | undefined {
  return search(one, other, (byOne, byOther) => byOne && byOther) ?? undefined;
}

/** What stands for every character in neither pattern's texts. */
const OTHERS = [..."xyzabcdefghijklmnopqrstuvwXYZABCDEFGHIJKLMNOPQRSTUVW0123456789_~$"];

/**
 * The shortest text beginning with a slash for which `wanted` holds of whether the two take it; null where there is none,
 * undefined where it was given up. Both automata are made deterministic as far as they are walked.
 */
function search(
  one: PathLanguage,
  other: PathLanguage,
  wanted: (byOne: boolean, byOther: boolean) => boolean,
): string | null | undefined {
  const letters = new Set([...one.letters, ...other.letters]);
  const rest = OTHERS.find((letter) => !letters.has(letter));
  if (rest === undefined) return undefined;
  const alphabet = [...new Set([rest, ...letters, "/"])];
  let border = [{ text: "/", one: after(one, startOf(one), "/"), other: after(other, startOf(other), "/") }];
  const seen = new Set<string>();
  while (border.length > 0) {
    const next: typeof border = [];
    for (const pair of border) {
      const name = `${pair.one.join()};${pair.other.join()}`;
      // Nothing is wanted of a text that neither may take, and each question here is about one that `other` takes.
      if (seen.has(name) || pair.other.length === 0) continue;
      if (wanted(pair.one.includes(one.end), pair.other.includes(other.end))) return pair.text;
      if (seen.add(name).size > MOST_PAIRS) return undefined;
      for (const letter of alphabet) {
        next.push({
          text: pair.text + letter,
          one: after(one, pair.one, letter),
          other: after(other, pair.other, letter),
        });
      }
    }
    border = next;
  }
  return null;
}

function startOf(language: PathLanguage): readonly number[] {
  return closure(language, [0]);
}

function after(language: PathLanguage, states: readonly number[], letter: string): readonly number[] {
  const reached = states.flatMap((state) =>
    (language.steps[state] ?? []).filter(({ label }) => takes(label, letter)).map(({ to }) => to),
  );
  return reached.length === 0 ? [] : closure(language, reached);
}

function takes(label: Label, letter: string): boolean {
  return label === letter || label === "any character" || (label === "segment character" && letter !== "/");
}

/** With all that is reached without a character, in one order, so that equal sets have one name. */
function closure({ free }: PathLanguage, states: readonly number[]): readonly number[] {
  const found = new Set(states);
  for (const state of found) for (const next of free[state] ?? []) found.add(next);
  return [...found].sort((a, b) => a - b);
}
