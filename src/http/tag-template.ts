import * as v from "valibot";
import { limits } from "../../schema/limits.ts";
import type { Tag } from "../../schema/names.ts";
import { TagSchema } from "../../schema/names.ts";
import { groupNames, parsePathPattern } from "./path-pattern.ts";

/** A brace written twice, or a group's name or number in braces. Any other brace is part of the tag. */
const FIELD = /\{\{|\}\}|\{([A-Za-z_$][\w$]*|\d+)\}/g;

/** A template that gave no tag: the page is stored without it, and no purge by that tag will find it. */
export interface DroppedTag {
  readonly template: string;
  /** `unmatched`: the path has the group, but it did not take part; `invalid`: what came out can be no tag. */
  readonly reason: "unmatched" | "invalid";
}

export interface ExpandedTags {
  /** Each once, in the order of the templates. */
  readonly tags: readonly Tag[];
  readonly dropped: readonly DroppedTag[];
}

/**
 * The tags of a page, `product:{id}` with the values of its path's groups. Values are decoded once, as an origin does; one
 * that cannot be decoded stays as it is. No page fails for its tags: one that can be no tag (a space, a comma, a letter
 * beyond ASCII, too long) is left out.
 */
export function expandTags(templates: readonly string[], params: Readonly<Record<string, string>>): ExpandedTags {
  const tags = new Set<Tag>();
  const dropped: DroppedTag[] = [];
  for (const template of templates) {
    const text = expand(template, params);
    const tag = text === undefined ? undefined : v.safeParse(TagSchema, text);
    if (tag?.success === true) tags.add(tag.output);
    else dropped.push({ template, reason: tag === undefined ? "unmatched" : "invalid" });
  }
  return { tags: [...tags], dropped };
}

/** Whether `{…}` of a tag means anything: what is no template need not be expanded for each page. */
export function isTagTemplate(tag: string): boolean {
  return tag.search(FIELD) !== -1;
}

/** What is wrong with a rule's tags, in sentences: they name groups that its path does not have. */
export function templateProblems(path: string | undefined, tags: readonly string[]): readonly string[] {
  const known = path === undefined ? new Set<string>() : namesOf(path);
  return tags.flatMap((tag) => {
    const missing = fieldsOf(tag).filter((name) => !known.has(name));
    return missing.map((name) => `the tag "${tag}" names a group {${name}}, ${advice(path, name, known)}`);
  });
}

function advice(path: string | undefined, name: string, known: ReadonlySet<string>): string {
  const literally = `for the braces themselves write {{${name}}}`;
  if (path === undefined) return `but the rule has no path: give it one with :${name}, or ${literally}`;
  const groups = [...known].map((one) => `{${one}}`).join(", ");
  const has = groups === "" ? "no groups" : `only ${groups}`;
  return `but the path "${path}" has ${has}: name one of its groups, or ${literally}`;
}

function expand(template: string, params: Readonly<Record<string, string>>): string | undefined {
  let complete = true;
  const text = template.replace(FIELD, (field, name: string | undefined) => {
    if (name === undefined) return field.charAt(0);
    const value = Object.hasOwn(params, name) ? params[name] : undefined;
    if (value === undefined) complete = false;
    // A tag is at most so long: what is longer need not be decoded to be refused.
    return value === undefined || value.length > 3 * limits.tagCharacters ? (value ?? "") : decoded(value);
  });
  return complete ? text : undefined;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function fieldsOf(tag: string): readonly string[] {
  const names = [...tag.matchAll(FIELD)].map(([, name]) => name).filter((name) => name !== undefined);
  return [...new Set(names)];
}

/** Of a pattern that only URLPattern understands, all that may be a group: what is none is found when a page is stored. */
function namesOf(path: string): ReadonlySet<string> {
  const parts = parsePathPattern(path);
  if (parts !== undefined) return new Set(groupNames(parts));
  return new Set([...path.matchAll(/:([A-Za-z_$][\w$]*)/g)].map(([, name = ""]) => name).concat(unnamedOf(path)));
}

/** No more groups can be without a name than there are signs that open one. */
function unnamedOf(path: string): string[] {
  return Array.from({ length: path.replace(/[^*(]/g, "").length }, (_, at) => String(at));
}
