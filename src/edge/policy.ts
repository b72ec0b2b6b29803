import type { Tag } from "../../schema/names.ts";
import type { CacheConfig, CacheRule, Keying } from "../../schema/options.ts";
import { parseCookies } from "../http/cookies.ts";
import type { StatusTtls } from "../http/status-ttl.ts";
import type { KeyedBy } from "./place.ts";

/** What a cache's declaration says of one request: its own fields, overridden by those of the first rule that fits. */
export interface Policy {
  readonly ttlSeconds: number | undefined;
  readonly ttlByStatus: StatusTtls | undefined;
  readonly staleWhileRevalidateSeconds: number | undefined;
  readonly staleIfErrorSeconds: number | undefined;
  readonly vary: readonly string[];
  readonly tags: readonly Tag[];
  /** The request is neither answered from the cache nor stored. */
  readonly bypass: boolean;
  /** Whether answers to the request's method are kept at all. */
  readonly isCachedMethod: boolean;
}

interface CompiledRule {
  readonly rule: CacheRule;
  readonly pattern: URLPattern | undefined;
}

const compiled = new WeakMap<CacheConfig, readonly CompiledRule[]>();

export function policyFor(config: CacheConfig, request: Request): Policy {
  const rule = config.rules.length === 0 ? undefined : firstMatch(config, request);
  const isCachedMethod = ANYWAY.has(request.method);
  if (rule === undefined) return { ...ownPolicy(config), bypass: false, isCachedMethod };
  return {
    ttlSeconds: rule.ttlSeconds ?? config.ttlSeconds,
    ttlByStatus: rule.ttlByStatus ?? config.ttlByStatus,
    staleWhileRevalidateSeconds: rule.staleWhileRevalidateSeconds ?? config.staleWhileRevalidateSeconds,
    staleIfErrorSeconds: rule.staleIfErrorSeconds ?? config.staleIfErrorSeconds,
    vary: rule.vary ?? config.vary,
    tags: rule.tags === undefined ? config.tags : [...config.tags, ...rule.tags],
    bypass: isBypassed(rule, request),
    isCachedMethod: isCachedMethod || rule.methods?.some((method) => method === request.method) === true,
  };
}

/** The methods whose answers are kept without a rule that says so: the safe ones, of RFC 9110 and RFC 10008. */
const ANYWAY: ReadonlySet<string> = new Set(["GET", "HEAD", "QUERY"]);

function ownPolicy(config: CacheConfig): Omit<Policy, "bypass" | "isCachedMethod"> {
  const { ttlSeconds, ttlByStatus, staleWhileRevalidateSeconds, staleIfErrorSeconds, vary, tags } = config;
  return { ttlSeconds, ttlByStatus, staleWhileRevalidateSeconds, staleIfErrorSeconds, vary, tags };
}

function firstMatch(config: CacheConfig, request: Request): CacheRule | undefined {
  let rules = compiled.get(config);
  if (rules === undefined) {
    rules = config.rules.map((rule) => ({
      rule,
      pattern: rule.path === undefined ? undefined : new URLPattern({ pathname: rule.path }),
    }));
    compiled.set(config, rules);
  }
  return rules.find(
    ({ rule, pattern }) =>
      (rule.methods === undefined || rule.methods.some((method) => method === request.method)) &&
      (pattern === undefined || pattern.test(request.url)),
  )?.rule;
}

function isBypassed({ bypass }: CacheRule, request: Request): boolean {
  if (bypass === undefined) return false;
  if (bypass.headers?.some((name) => request.headers.has(name)) === true) return true;
  if (bypass.query !== undefined && bypass.query.length > 0) {
    const query = new URL(request.url).searchParams;
    if (bypass.query.some((name) => query.has(name))) return true;
  }
  if (bypass.cookies === undefined || bypass.cookies.length === 0) return false;
  const cookies = parseCookies(request.headers);
  return bypass.cookies.some((name) => cookies.has(name));
}

/** What the request's key is made of: as its caller says, else as the cache declares. */
export function keyedBy(config: CacheConfig, request: Request, { vary, body }: Keying): KeyedBy {
  return { vary: vary ?? policyFor(config, request).vary, body };
}
