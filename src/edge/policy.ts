import { LarderError } from "../../schema/errors.ts";
import type { MissReason } from "../../schema/events.ts";
import type { KeyPolicy } from "../../schema/key-policy.ts";
import type { Tag } from "../../schema/names.ts";
import type { CacheConfig, CacheRule, Keying } from "../../schema/options.ts";
import { parseCookies } from "../http/cookies.ts";
import { ambiguousForm } from "../http/path-forms.ts";
import { pathnameOf } from "../http/pathname.ts";
import type { RuleMatch, RuleMatcher } from "../http/rule-match.ts";
import { compileRules } from "../http/rule-match.ts";
import type { StatusTtls } from "../http/status-ttl.ts";
import { expandTags, isTagTemplate, templateProblems } from "../http/tag-template.ts";
import { log } from "../telemetry/log.ts";
import type { KeyedBy } from "./place.ts";
import { isKeyedByBody } from "./place.ts";

/** What a cache's declaration says of one request: its own fields, overridden by those of the first rule that fits. */
export interface Policy {
  /** The rule that fits, by its place among the rules. */
  readonly rule: number | undefined;
  readonly caching: "on" | "off";
  readonly ttlSeconds: number | undefined;
  readonly ttlByStatus: StatusTtls | undefined;
  readonly staleWhileRevalidateSeconds: number | undefined;
  readonly staleIfErrorSeconds: number | undefined;
  readonly forcePrivateCaching: boolean;
  readonly vary: readonly string[];
  readonly key: KeyPolicy | undefined;
  readonly graphql: CacheConfig["graphql"];
  readonly cacheDeceptionArmor: "on" | "off";
  readonly languages: readonly string[] | undefined;
  /** What of the request makes it go past the cache: `header x`, `cookie x`, `query x`, `path dot-segment`. */
  readonly bypass: string | undefined;
  /** Whether answers to the request's method are kept at all. */
  readonly isCachedMethod: boolean;
  /** Worked out when they are asked for: only what is stored has tags. */
  readonly tags: readonly Tag[];
}

export type PassReason = Extract<MissReason, "disabled" | "method" | "bypass" | "body-too-big">;

/** The methods whose answers are kept without a rule that says so: the safe ones, of RFC 9110 and RFC 10008. */
const ANYWAY: ReadonlySet<string> = new Set(["GET", "HEAD", "QUERY"]);

interface Rules {
  readonly matcher: RuleMatcher;
  /** Whether any is for some paths only. */
  readonly tellPathsApart: boolean;
}

const compiled = new WeakMap<CacheConfig, Rules>();
const ownPolicies = new WeakMap<CacheConfig, Policy>();

export function policyFor(config: CacheConfig, request: Request): Policy {
  const { method, url } = request;
  const own = ownPolicy(config);
  if (config.rules.length === 0) return ANYWAY.has(method) ? own : { ...own, isCachedMethod: false };
  const { matcher, tellPathsApart } = rulesOf(config);
  // An origin may read it as the path of another rule than the one that fits here.
  const form = tellPathsApart ? ambiguousForm(pathnameOf(url) ?? "") : undefined;
  if (form !== undefined) return { ...own, bypass: `path ${form}` };
  const match = matcher.first(method, url);
  const rule = match === undefined ? undefined : config.rules[match.index];
  if (match !== undefined && rule !== undefined) return policyOf(config, rule, match, request);
  return ANYWAY.has(method) ? own : { ...own, isCachedMethod: false };
}

/** What people call the rule that fits. */
export function ruleName({ rules }: Pick<CacheConfig, "rules">, { rule }: Pick<Policy, "rule">): string | undefined {
  return rule === undefined ? undefined : (rules[rule]?.name ?? `rule ${rule + 1}`);
}

/** The policy where no rule fits. */
function ownPolicy(config: CacheConfig): Policy {
  let policy = ownPolicies.get(config);
  if (policy === undefined) {
    const { caching, ttlSeconds, ttlByStatus, staleWhileRevalidateSeconds, staleIfErrorSeconds } = config;
    const { forcePrivateCaching, cacheDeceptionArmor, languages, vary, key, graphql, tags } = config;
    policy = {
      ...{ rule: undefined, caching, ttlSeconds, ttlByStatus, staleWhileRevalidateSeconds, staleIfErrorSeconds },
      ...{ forcePrivateCaching, cacheDeceptionArmor, languages, vary, key, graphql, tags },
      ...{ bypass: undefined, isCachedMethod: true },
    };
    ownPolicies.set(config, policy);
  }
  return policy;
}

function policyOf(config: CacheConfig, rule: CacheRule, match: RuleMatch, request: Request): Policy {
  const { method } = request;
  return {
    rule: match.index,
    caching: config.caching === "off" ? "off" : (rule.caching ?? "on"),
    ttlSeconds: rule.ttlSeconds ?? config.ttlSeconds,
    ttlByStatus: rule.ttlByStatus ?? config.ttlByStatus,
    staleWhileRevalidateSeconds: rule.staleWhileRevalidateSeconds ?? config.staleWhileRevalidateSeconds,
    staleIfErrorSeconds: rule.staleIfErrorSeconds ?? config.staleIfErrorSeconds,
    forcePrivateCaching: rule.forcePrivateCaching ?? config.forcePrivateCaching,
    vary: rule.vary ?? config.vary,
    key: rule.key ?? config.key,
    graphql: rule.graphql ?? config.graphql,
    cacheDeceptionArmor: rule.cacheDeceptionArmor ?? config.cacheDeceptionArmor,
    languages: config.languages,
    bypass: bypassOf(rule, request),
    isCachedMethod: ANYWAY.has(method) || rule.methods?.some((named) => named === method) === true,
    get tags() {
      return rule.tags === undefined ? config.tags : [...config.tags, ...ruleTags(rule.tags, match)];
    },
  };
}

/** The rule's tags, with what the path holds in the place of `{name}`; one that this makes no tag of is left out. */
function ruleTags(tags: readonly Tag[], match: RuleMatch): readonly Tag[] {
  if (!tags.some(isTagTemplate)) return tags;
  const { tags: expanded, dropped } = expandTags(tags, match.params);
  for (const { template } of dropped) {
    log("warn", "the path makes no tag of a template, so the entry is stored without it", { template });
  }
  return expanded;
}

function rulesOf(config: CacheConfig): Rules {
  let rules = compiled.get(config);
  if (rules === undefined) {
    const tellPathsApart = config.rules.some(({ path }) => path !== undefined);
    rules = { matcher: compileRules(config.rules), tellPathsApart };
    compiled.set(config, rules);
  }
  return rules;
}

function bypassOf({ bypass }: CacheRule, request: Request): string | undefined {
  if (bypass === undefined) return undefined;
  const header = bypass.headers?.find((name) => request.headers.has(name));
  if (header !== undefined) return `header ${header}`;
  if (bypass.query !== undefined && bypass.query.length > 0) {
    const query = new URL(request.url).searchParams;
    const parameter = bypass.query.find((name) => query.has(name));
    if (parameter !== undefined) return `query ${parameter}`;
  }
  if (bypass.cookies === undefined || bypass.cookies.length === 0) return undefined;
  const cookies = parseCookies(request.headers);
  const cookie = bypass.cookies.find((name) => cookies.has(name));
  return cookie === undefined ? undefined : `cookie ${cookie}`;
}

/** Why a request goes past the cache, whatever is stored. `body`: what its body comes to, where it is told apart by that. */
export function reasonToPass(policy: Policy, request: Request, body: Keying["body"]): PassReason | undefined {
  if (policy.caching === "off") return "disabled";
  if (!policy.isCachedMethod || isKeyedByBody(request) !== (body !== undefined)) return "method";
  if (policy.bypass !== undefined) return "bypass";
  return body === null ? "body-too-big" : undefined;
}

/** What the request's key is made of: as its caller says, else as the cache declares. */
export function keyedBy({ vary, key, languages }: Policy, keying: Keying): KeyedBy {
  return { vary: keying.vary ?? vary, key, languages, body: keying.body };
}

/**
 * What only shows when a declaration's parts are seen together.
 *
 * @throws LarderError `invalid-input` where a tag names what the path of its rule does not hold, where `refill` has no
 *   `debounceSeconds`, or where that has nothing that may be served meanwhile
 */
export function checkDeclaration(config: CacheConfig): CacheConfig {
  const { debounceSeconds, staleWhileRevalidateSeconds, refill } = config;
  if (refill !== undefined && debounceSeconds === undefined) {
    const message = "refill: goes with debounceSeconds; of a single purge it is an option of purge()";
    throw new LarderError("invalid-input", message, { field: "refill" });
  }
  if (debounceSeconds !== undefined && staleWhileRevalidateSeconds === 0) {
    const message =
      "debounceSeconds: needs staleWhileRevalidateSeconds, in which what is purged is served until it is refilled";
    throw new LarderError("invalid-input", message, { field: "debounceSeconds" });
  }
  for (const [index, { path, tags = [] }] of config.rules.entries()) {
    const [problem] = templateProblems(path, tags);
    if (problem === undefined) continue;
    const field = `rules[${index}].tags`;
    throw new LarderError("invalid-input", `${field}: ${problem}`, { field });
  }
  return config;
}
