import type { PurgeMode, Selector } from "../../schema/purge.ts";
import type { Scope } from "../../schema/token.ts";
import { matchesGlob } from "./glob.ts";

/** What its holder may do. What is left out restricts nothing: one with nothing in it may do everything. */
export interface Grant {
  readonly holder: "token" | "binding";
  /** Globs. */
  readonly namespaces?: readonly string[] | undefined;
  readonly caches?: readonly string[] | undefined;
  readonly scopes?: readonly Scope[] | undefined;
  /** Purges may be by tags alone that begin so. */
  readonly tagPrefix?: string | undefined;
  /** Entries that one purge may hit. */
  readonly maxEntries?: number | undefined;
}

/** What a call is about, as far as a grant may restrict that. */
export type About =
  /** The coordinator as a whole: no namespace, and nothing that a restriction could be held to. */
  | { readonly kind: "coordinator" }
  /** Namespaces, or what is in one, of which the answer has only what its caller may see. */
  | { readonly kind: "visible" }
  /** A namespace as a whole. */
  | { readonly kind: "namespace" }
  /** The same, to make another of it: what may be purged is restricted by what this would do, too. */
  | { readonly kind: "all of it" }
  /** One cache, or all of the namespace where none is named. */
  | { readonly kind: "cache"; readonly cache: string | undefined }
  /** What the selectors of a purge hit. */
  | { readonly kind: "selectors"; readonly selectors: readonly Selector[] };

export interface Asked {
  /** Every one of them. */
  readonly needs: readonly Scope[];
  /** Undefined where it is about none in particular. */
  readonly namespace: string | undefined;
  readonly about: About;
}

/** What a call lacks: the scopes, or what it would have to be about. */
export interface Lack {
  readonly of: "scope" | "namespace" | "cache" | "tags";
  /** With `scope`: those that are needed. */
  readonly scopes: readonly Scope[];
  /** A sentence that begins with the field at fault. */
  readonly message: string;
}

export type Verdict =
  /** `maxEntries`: a purge may hit no more than so many. */
  { readonly allowed: true; readonly maxEntries?: number } | { readonly allowed: false; readonly lack: Lack };

/** Whether the holder of a grant may do what is asked. Everything that has to do with permission asks this, and nothing else. */
export function decide(grant: Grant, { needs, namespace, about }: Asked): Verdict {
  const lack =
    lackOfScope(grant, needs) ??
    (namespace === undefined ? undefined : lackOfNamespace(grant, namespace)) ??
    lackIn(grant, about);
  if (lack !== undefined) return { allowed: false, lack };
  const { maxEntries } = grant;
  return maxEntries === undefined || about.kind !== "selectors" ? { allowed: true } : { allowed: true, maxEntries };
}

/** The scopes that it takes to purge that, or to take such a purge back. */
export function purgeNeeds(selectors: readonly Selector[], mode: PurgeMode): readonly Scope[] {
  const needs = new Set<Scope>(
    selectors.map(({ cache: _, ...kinds }) => (isNothing(kinds) ? "purge:all" : "purge:tags")),
  );
  if (mode === "erase") needs.add("purge:erase");
  return [...needs];
}

/** Whether the holder may know that there is such a namespace. */
export function sees({ namespaces }: Grant, namespace: string): boolean {
  return namespaces === undefined || namespaces.some((glob) => matchesGlob(glob, namespace));
}

/** Whether the holder may know of a cache; undefined is what is of all of them. */
export function seesCache({ caches }: Grant, cache: string | null | undefined): boolean {
  return caches === undefined || (cache != null && caches.includes(cache));
}

/** Whether a purge is of nothing but caches that the holder may know of. */
export function seesPurge(grant: Grant, selectors: readonly Selector[]): boolean {
  return selectors.every(({ cache }) => seesCache(grant, cache));
}

/** Whether a grant has any of the scopes: less than that, and there is nothing to ask of it. */
export function lackOfAny(grant: Grant, scopes: readonly Scope[]): Lack | undefined {
  return scopes.some((scope) => has(grant, scope)) ? undefined : scopeLack(grant, scopes, " or ");
}

export function lackOfNamespace(grant: Grant, namespace: string): Lack | undefined {
  if (sees(grant, namespace)) return undefined;
  const { namespaces = [] } = grant;
  const only = namespaces.length === 1 ? "the namespace" : "the namespaces";
  return lackOf("namespace", `this ${grant.holder} may use only ${only} ${listed(namespaces)}`);
}

function has({ scopes }: Grant, scope: Scope): boolean {
  return scopes === undefined || scopes.includes(scope) || scopes.includes("admin");
}

function lackOfScope(grant: Grant, needs: readonly Scope[]): Lack | undefined {
  const missing = needs.filter((scope) => !has(grant, scope));
  return missing.length === 0 ? undefined : scopeLack(grant, missing, " and ");
}

function scopeLack({ holder, scopes = [] }: Grant, missing: readonly Scope[], joint: string): Lack {
  const names = missing.map((scope) => `"${scope}"`).join(joint);
  const noun = missing.length === 1 ? "scope" : "scopes";
  const message = `scope: this ${holder} lacks the ${noun} ${names}, which this call needs; it has ${listed(scopes)}`;
  return { of: "scope", scopes: missing, message };
}

function lackIn(grant: Grant, about: About): Lack | undefined {
  switch (about.kind) {
    case "visible":
      return undefined;
    case "coordinator":
      return lackOfAll(grant);
    case "namespace":
      return grant.caches === undefined ? undefined : lackOfCache(grant, "and this is about all of its namespace");
    case "all of it":
      if (grant.caches !== undefined) return lackOfCache(grant, "and this is about all of its namespace");
      return grant.tagPrefix === undefined ? undefined : lackOfTags(grant, "and this makes its namespace another");
    case "cache":
      return seesCache(grant, about.cache) ? undefined : lackOfCache(grant, got(about.cache));
    case "selectors":
      return lackInSelectors(grant, about.selectors);
  }
}

/** What is about all of a coordinator is for those whom nothing restricts to a part of it. */
function lackOfAll(grant: Grant): Lack | undefined {
  const { namespaces, caches, tagPrefix, holder } = grant;
  if (namespaces?.includes("*") === false) {
    return lackOf("namespace", `this ${holder} is for ${listed(namespaces)}, and this call is for all: it needs "*"`);
  }
  if (caches !== undefined) return lackOfCache(grant, "and this is about all of the coordinator");
  return tagPrefix === undefined ? undefined : lackOfTags(grant, "and this is about all of the coordinator");
}

function lackInSelectors(grant: Grant, selectors: readonly Selector[]): Lack | undefined {
  for (const selector of selectors) {
    if (!seesCache(grant, selector.cache)) return lackOfCache(grant, got(selector.cache));
    const fault = grant.tagPrefix === undefined ? undefined : faultOf(selector, grant.tagPrefix);
    if (fault !== undefined) return lackOfTags(grant, fault);
  }
  return undefined;
}

/**
 * Why a selector may hit what does not carry such a tag; undefined where it cannot. Entries carry any one of `tags`, so all
 * have to begin so; and they carry every one of `allOf`, of which therefore one will do.
 */
function faultOf({ cache: _, tags, allOf, ...others }: Selector, tagPrefix: string): string | undefined {
  const [other] = Object.entries(others).find(([, value]) => value !== undefined) ?? [];
  if (other !== undefined) return `and not by ${other}`;
  if (tags !== undefined) {
    const foreign = tags.find((tag) => !tag.startsWith(tagPrefix));
    return foreign === undefined ? undefined : `and not by "${shortened(foreign)}"`;
  }
  if (allOf === undefined) return "and not everything";
  return allOf.some((tag) => tag.startsWith(tagPrefix)) ? undefined : "and none in allOf does";
}

function lackOfCache({ holder, caches = [] }: Grant, why: string): Lack {
  const only = caches.length === 1 ? "the cache" : "the caches";
  return lackOf("cache", `this ${holder} may use only ${only} ${listed(caches)}, ${why}`);
}

function lackOfTags({ holder, tagPrefix = "" }: Grant, why: string): Lack {
  return lackOf("tags", `this ${holder} may purge only by tags that begin with "${tagPrefix}", ${why}`);
}

function lackOf(of: Exclude<Lack["of"], "scope">, sentence: string): Lack {
  return { of, scopes: [], message: `${of}: ${sentence}` };
}

function got(cache: string | undefined): string {
  return cache === undefined ? "and all are asked about; name one" : `and not "${shortened(cache)}"`;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.map((name) => `"${name}"`).join(", ");
}

function isNothing(kinds: Omit<Selector, "cache">): boolean {
  return Object.values(kinds).every((value) => value === undefined);
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
