import type { LeadingSegments } from "./leading-segments.ts";
import { leadingSegments } from "./leading-segments.ts";
import type { PathLanguage } from "./path-language.ts";
import { commonPath, contains, languageOf } from "./path-language.ts";
import type { PatternPart } from "./path-pattern.ts";
import { parsePathPattern } from "./path-pattern.ts";
import type { RulePattern } from "./rule-match.ts";
import { slowGroup } from "./slow-regexp.ts";
import { templateProblems } from "./tag-template.ts";

/** A rule as it is declared. All but its name, path and methods counts as what it sets. */
export interface CheckedRule extends RulePattern {
  readonly name?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly bypass?: Readonly<Record<string, unknown>> | undefined;
}

/** What is wrong with a rule, and what to do about it. */
export interface Finding {
  /** `error`: it cannot be meant; `warning`: it may be. */
  readonly severity: "error" | "warning";
  readonly kind: "unreachable" | "overlap" | "duplicate-name" | "no-effect" | "tag-template" | "slow-pattern";
  /** The rule's place in the list, from 0. */
  readonly rule: number;
  readonly name?: string;
  readonly message: string;
  /** The rule that it is in conflict with. */
  readonly other?: number;
}

interface Subject {
  readonly at: number;
  readonly rule: CheckedRule;
  readonly parts: readonly PatternPart[] | undefined;
  readonly leading: LeadingSegments | undefined;
  readonly beginning: string;
  readonly ending: string;
  readonly language: PathLanguage;
  /** What it sets, as text: two that set the same may overlap. */
  readonly effect: string;
}

/** Overlaps told of each rule: who has read of three knows. */
const MOST_OVERLAPS = 3;

/**
 * What can be found wrong with rules without a request. It says nothing that is not so: a rule told of as unreachable is
 * never the first that fits, and the path of an overlap fits both its rules. It may miss what regular expressions hide,
 * and a rule that several others only together leave no request.
 */
export function checkRules(rules: readonly CheckedRule[]): readonly Finding[] {
  const subjects = rules.map((rule, at) => subjectOf(rule, at));
  return subjects.flatMap((subject) => [
    ...aloneFindings(subject),
    ...nameFindings(subject, subjects),
    ...orderFindings(subject, subjects.slice(0, subject.at)),
  ]);
}

function subjectOf(rule: CheckedRule, at: number): Subject {
  const parts = parsePathPattern(rule.path ?? "*");
  const { name, path, methods, ...settings } = rule;
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  const effect = JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  const leading = parts === undefined ? undefined : leadingSegments(parts);
  return {
    at,
    rule,
    parts,
    leading,
    beginning: beginningOf(parts),
    ending: endingOf(parts),
    language: languageOf(parts),
    effect,
  };
}

function finding(subject: Subject, found: Omit<Finding, "rule" | "name">): Finding {
  const { name } = subject.rule;
  return { ...found, rule: subject.at, ...(name === undefined ? {} : { name }) };
}

function aloneFindings(subject: Subject): readonly Finding[] {
  const { rule, parts, effect } = subject;
  const found: Finding[] = [];
  if (effect === "[]") {
    const message =
      "sets nothing, but keeps the rules after it from the requests it fits: delete it, or name what it is to set";
    found.push(finding(subject, { severity: "warning", kind: "no-effect", message }));
  }
  if (rule.bypass !== undefined && Object.values(rule.bypass).every(isEmpty)) {
    const message =
      "has a bypass that names nothing, so that no request is bypassed: name headers, cookies or query parameters, or delete it";
    found.push(finding(subject, { severity: "warning", kind: "no-effect", message }));
  }
  for (const message of templateProblems(rule.path, rule.tags ?? [])) {
    found.push(finding(subject, { severity: "error", kind: "tag-template", message }));
  }
  const slow = slowGroup(rule.path ?? "", parts);
  if (slow !== undefined) {
    const message = `may take very long to refuse some paths, because of "${slow}", where what repeats is repeated: write it with one repetition, or as one :name or *`;
    found.push(finding(subject, { severity: "warning", kind: "slow-pattern", message }));
  }
  return found;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function nameFindings(subject: Subject, subjects: readonly Subject[]): readonly Finding[] {
  const { name } = subject.rule;
  if (name === undefined) return [];
  const first = subjects.findIndex(({ rule }) => rule.name === name);
  if (first === subject.at) return [];
  const message = `has the name "${name}" of rule ${first + 1}: give it one of its own`;
  return [finding(subject, { severity: "warning", kind: "duplicate-name", message, other: first })];
}

function orderFindings(subject: Subject, earlier: readonly Subject[]): readonly Finding[] {
  const cover = earlier.find((other) => covers(other, subject));
  if (cover !== undefined) {
    const message = `is never reached: ${titleOf(cover)} comes first and fits every request this one fits; move this one before it, or delete it`;
    return [finding(subject, { severity: "error", kind: "unreachable", message, other: cover.at })];
  }
  const found: Finding[] = [];
  for (const other of earlier) {
    if (found.length === MOST_OVERLAPS) break;
    // Only narrow before wide is order as it should be; the other way round was told above.
    if (other.effect === subject.effect || covers(subject, other)) continue;
    const example = exampleFor(other, subject);
    if (example === undefined) continue;
    const message = `and ${titleOf(other)} both fit ${example}, where the earlier decides; narrow one of them, or put a rule for both before them`;
    found.push(finding(subject, { severity: "warning", kind: "overlap", message, other: other.at }));
  }
  return found;
}

function titleOf({ at, rule: { name } }: Subject): string {
  return name === undefined ? `rule ${at + 1}` : `rule ${at + 1} ("${name}")`;
}

/** Whether every request that `inner` fits, `outer` fits; only if that is certain. */
function covers(outer: Subject, inner: Subject): boolean {
  const allowed = outer.rule.methods;
  if (allowed !== undefined && inner.rule.methods?.every((method) => allowed.includes(method)) !== true) return false;
  if (outer.rule.path === inner.rule.path || outer.rule.path === undefined) return true;
  return !areApart(outer, inner) && contains(outer.language, inner.language);
}

/** A request that both surely fit: their own patterns are asked. */
function exampleFor(one: Subject, other: Subject): string | undefined {
  const methods = one.rule.methods ?? other.rule.methods;
  const method = methods === undefined ? "" : methods.find((each) => other.rule.methods?.includes(each) !== false);
  if (method === undefined || areApart(one, other)) return undefined;
  const path = commonPath(one.language, other.language);
  if (path === undefined || !fits(one, path) || !fits(other, path)) return undefined;
  return method === "" ? path : `${method} ${path}`;
}

function fits({ rule: { path } }: Subject, pathname: string): boolean {
  return path === undefined || new URLPattern({ pathname: path }).test(`https://host.example${pathname}`);
}

/** A quick look, which spares most pairs of a long list the long one: no path begins, or ends, as both want it. */
function areApart(a: Subject, b: Subject): boolean {
  if (a.leading === undefined || b.leading === undefined) return false;
  if (isTooShort(a.leading, b.leading) || isTooShort(b.leading, a.leading)) return true;
  if (!a.beginning.startsWith(b.beginning) && !b.beginning.startsWith(a.beginning)) return true;
  if (!a.ending.endsWith(b.ending) && !b.ending.endsWith(a.ending)) return true;
  const opposites = b.leading.segments;
  return a.leading.segments.some((segment, at) => {
    const opposite = opposites[at];
    return segment !== undefined && opposite !== undefined && segment !== opposite;
  });
}

/** The text every path that the pattern fits begins with. */
function beginningOf(parts: readonly PatternPart[] | undefined): string {
  const first = parts?.at(0);
  return first === undefined || first.modifier !== "" ? "" : first.prefix;
}

/** The text every path that the pattern fits ends with. */
function endingOf(parts: readonly PatternPart[] | undefined): string {
  const last = parts?.at(-1);
  if (last === undefined || last.modifier !== "") return "";
  return last.kind === "text" ? last.prefix : last.suffix;
}

/** Whether one ends before the other may. */
function isTooShort(one: LeadingSegments, other: LeadingSegments): boolean {
  if (one.rest !== undefined) return false;
  const least = other.segments.length + (other.rest === undefined ? 0 : 1);
  return one.segments.length < least;
}
