import type { PatternPart } from "./path-pattern.ts";
import { groupNames, parsePathPattern, toRegExp } from "./path-pattern.ts";
import { PathTrie } from "./path-trie.ts";
import { pathnameOf } from "./pathname.ts";

/** What a rule asks of a request. */
export interface RulePattern {
  /** A URLPattern pathname; every path when left out. */
  readonly path?: string | undefined;
  /** Any method when left out. */
  readonly methods?: readonly string[] | undefined;
}

export interface RuleMatch {
  /** Of the rule in the list. */
  readonly index: number;
  /** The groups of its path that took part, by their names or numbers, as they stand in the URL. */
  readonly params: Readonly<Record<string, string>>;
}

export interface RuleMatcher {
  /** The first rule, in order, that fits. Only the path of an http or https URL fits a rule that names one. */
  first(method: string, url: string): RuleMatch | undefined;
}

/** Rules made ready for many requests. It holds nothing of what it has seen. @throws TypeError as URLPattern does */
export function compileRules(rules: readonly RulePattern[]): RuleMatcher {
  return new CompiledRules(rules);
}

class CompiledRules implements RuleMatcher {
  readonly #rules: readonly RulePattern[];
  readonly #paths: readonly (CompiledPath | undefined)[];
  readonly #trie = new PathTrie();

  constructor(rules: readonly RulePattern[]) {
    this.#rules = rules;
    this.#paths = rules.map(({ path }) => (path === undefined ? undefined : compilePath(path)));
    for (const [index, { methods }] of rules.entries()) {
      const path = this.#paths[index];
      this.#trie.add({
        index,
        methods,
        parts: path === undefined ? EVERY_PATH : path.parts,
        test: (text) => path?.test(text) !== false,
      });
    }
  }

  first(method: string, url: string): RuleMatch | undefined {
    const path = pathnameOf(url);
    const index = path === undefined ? this.#firstWithoutPath(method) : this.#trie.first(method, path);
    return Number.isFinite(index) && index >= 0 ? new LazyMatch(index, this.#paths[index], path ?? "") : undefined;
  }

  #firstWithoutPath(method: string): number {
    return this.#rules.findIndex(({ path, methods }) => path === undefined && methods?.includes(method) !== false);
  }
}

const EVERY_PATH = parsePathPattern("*");

/** Few callers ask for the groups, and they cost more than all the rest. */
class LazyMatch implements RuleMatch {
  readonly index: number;
  readonly #compiled: CompiledPath | undefined;
  readonly #path: string;

  constructor(index: number, compiled: CompiledPath | undefined, path: string) {
    this.index = index;
    this.#compiled = compiled;
    this.#path = path;
  }

  get params(): Readonly<Record<string, string>> {
    return this.#compiled === undefined ? {} : this.#compiled.groups(this.#path);
  }
}

interface CompiledPath {
  readonly parts: readonly PatternPart[] | undefined;
  test(path: string): boolean;
  groups(path: string): Readonly<Record<string, string>>;
}

function compilePath(pattern: string): CompiledPath {
  // Also what says that it is one.
  const own = new URLPattern({ pathname: pattern });
  const parts = parsePathPattern(pattern);
  return parts === undefined ? new ForeignPath(own) : new OwnPath(parts);
}

/** V8's own regular expression on the path alone, in the place of the eight that URLPattern has for a URL it parses. */
class OwnPath implements CompiledPath {
  readonly parts: readonly PatternPart[];
  #regexp: RegExp | undefined;

  constructor(parts: readonly PatternPart[]) {
    this.parts = parts;
  }

  test(path: string): boolean {
    return this.#compiled().test(path);
  }

  groups(path: string): Readonly<Record<string, string>> {
    const found = this.#compiled().exec(path);
    if (found === null) return {};
    return present(groupNames(this.parts).map((name, at) => [name, found[at + 1]] as const));
  }

  #compiled(): RegExp {
    this.#regexp ??= toRegExp(this.parts);
    return this.#regexp;
  }
}

class ForeignPath implements CompiledPath {
  readonly parts = undefined;
  readonly #pattern: URLPattern;

  constructor(pattern: URLPattern) {
    this.#pattern = pattern;
  }

  test(path: string): boolean {
    return this.#pattern.test(urlOf(path));
  }

  groups(path: string): Readonly<Record<string, string>> {
    return present(Object.entries(this.#pattern.exec(urlOf(path))?.pathname.groups ?? {}));
  }
}

function urlOf(path: string): string {
  return `https://host.example${path}`;
}

function present(groups: readonly (readonly [string, string | undefined])[]): Readonly<Record<string, string>> {
  return Object.fromEntries(groups.filter(([, value]) => value !== undefined)) as Record<string, string>;
}
