import { LarderError } from "./errors.ts";
import { type KeyPolicy, KeyPolicySchema } from "./key-policy.ts";
import { parse } from "./validate.ts";

/** Puts the values of one header or cookie into groups, each one variant. */
export interface ValueGroups {
  /** The group of this name, which is given its values by `byPattern`; the first group that fits a value has it. */
  group(name: string): ValueGroup;
}

export interface ValueGroup {
  /**
   * Adds the values that a regular expression matches anywhere, given as itself or as its source.
   *
   * @throws LarderError `invalid-input` for one with a flag other than `i`
   */
  byPattern(pattern: RegExp | string): ValueGroup;
}

interface Group {
  readonly name: string;
  pattern?: string;
  ignoreCase?: true;
}

interface Value {
  readonly name: string;
  readonly groups?: readonly Group[];
}

/**
 * What the key of a response holds, for those who know Layer0's class of this name. It makes a `KeyPolicy`, and may be
 * given wherever one may.
 *
 * ```ts
 * new CustomCacheKey()
 *   .excludeQueryParameters("utm_source", "utm_medium")
 *   .addCookie("currency", (groups) => {
 *     groups.group("eu").byPattern(/^(eur|gbp)$/i);
 *     groups.group("na").byPattern("^(usd|cad)$");
 *   })
 *   .addDevice();
 * ```
 *
 * Unlike there, a value that fits no group is in one with all others that fit none.
 */
export class CustomCacheKey {
  #query: { exclude: string[] } | { only: string[] } | undefined;
  readonly #headers: Value[] = [];
  readonly #cookies: Value[] = [];
  readonly #splits: { name: string; shares: Record<string, number> }[] = [];
  readonly #asked: { device?: true; vendor?: true; browser?: true; isBot?: true; country?: true } = {};

  /** Keys by the URL without its query. */
  excludeAllQueryParameters(): this {
    return this.#keepOnly([]);
  }

  /** Keys by the URL without these parameters. */
  excludeQueryParameters(...names: string[]): this {
    if (this.#query !== undefined && "only" in this.#query) throw bothWays();
    this.#query = { exclude: [...new Set([...(this.#query?.exclude ?? []), ...names])] };
    return this;
  }

  /** Keys by the URL with no parameters but these. */
  excludeAllQueryParametersExcept(...names: string[]): this {
    return this.#keepOnly([...new Set(names)]);
  }

  #keepOnly(only: string[]): this {
    if (this.#query !== undefined) throw bothWays();
    this.#query = { only };
    return this;
  }

  /** Keys by a request header, or by which group its value is in. */
  addHeader(name: string, createGroups?: (groups: ValueGroups) => void): this {
    this.#headers.push(keyedValue(name, `headers[${this.#headers.length}]`, createGroups));
    return this;
  }

  /** Keys by a cookie, or by which group its value is in. */
  addCookie(name: string, createGroups?: (groups: ValueGroups) => void): this {
    this.#cookies.push(keyedValue(name, `cookies[${this.#cookies.length}]`, createGroups));
    return this;
  }

  /** Keys by `smartphone`, `tablet`, `mobile` (feature phones) or `desktop`. */
  addDevice(): this {
    this.#asked.device = true;
    return this;
  }

  /** Keys by `apple`, `android` or `generic`. */
  addVendor(): this {
    this.#asked.vendor = true;
    return this;
  }

  /** Keys by `chrome`, `safari`, `firefox`, `opera`, `edge`, `msie`, `samsung` or `generic`. */
  addBrowser(): this {
    this.#asked.browser = true;
    return this;
  }

  /** Keys by whether the visitor is a robot. */
  addIsBot(): this {
    this.#asked.isBot = true;
    return this;
  }

  /** Keys by the visitor's country. */
  addCountry(): this {
    this.#asked.country = true;
    return this;
  }

  /** Gives each visitor one of the variants, by shares: `addSplit("checkout", { old: 95, new: 5 })`. */
  addSplit(name: string, shares: Readonly<Record<string, number>>): this {
    this.#splits.push({ name, shares });
    return this;
  }

  /** @throws LarderError `invalid-input`, naming the first thing that was added and cannot be */
  toJSON(): KeyPolicy {
    return parse(KeyPolicySchema, {
      ...(this.#query === undefined ? {} : { query: this.#query }),
      ...(this.#headers.length === 0 ? {} : { headers: this.#headers }),
      ...(this.#cookies.length === 0 ? {} : { cookies: this.#cookies }),
      ...this.#asked,
      ...(this.#splits.length === 0 ? {} : { splits: this.#splits }),
    });
  }
}

function bothWays(): LarderError {
  return new LarderError(
    "invalid-input",
    "query: either exclude some parameters, or all, or all except some, and say it once",
    { field: "query" },
  );
}

function keyedValue(name: string, field: string, createGroups?: (groups: ValueGroups) => void): Value {
  if (createGroups === undefined) return { name };
  const groups: Group[] = [];
  createGroups({ group: (group) => groupIn(groups, group, field) });
  return { name, groups };
}

function groupIn(groups: Group[], name: string, field: string): ValueGroup {
  // Stands from here on, so that one without a pattern is refused.
  let group: Group = { name };
  groups.push(group);
  return {
    byPattern(pattern) {
      if (group.pattern !== undefined) {
        group = { name };
        groups.push(group);
      }
      const at = `${field}.groups[${groups.indexOf(group)}].pattern`;
      group.pattern = sourceOf(pattern, at);
      if (typeof pattern !== "string" && pattern.ignoreCase) group.ignoreCase = true;
      return this;
    },
  };
}

function sourceOf(pattern: RegExp | string, field: string): string {
  if (typeof pattern === "string") return pattern;
  const others = pattern.flags.replace("i", "");
  if (others === "") return pattern.source;
  throw new LarderError(
    "invalid-input",
    `${field}: a regular expression here can have no flag but "i" (got "${others}")`,
    {
      field,
    },
  );
}
