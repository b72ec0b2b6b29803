import type { Tag } from "../../schema/names.ts";
import type { CacheConfig, CacheRule } from "../../schema/options.ts";
import { parseCookies } from "../http/cookies.ts";
import type { StatusTtls } from "../http/status-ttl.ts";

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
}

interface CompiledRule {
  readonly rule: CacheRule;
  readonly pattern: URLPattern | undefined;
}

const compiled = new WeakMap<CacheConfig, readonly CompiledRule[]>();

export function policyFor(config: CacheConfig, request: Request): Policy {
  const rule = config.rules.length === 0 ? undefined : firstMatch(config, request);
  if (rule === undefined) return { ...ownPolicy(config), bypass: false };
  return {
    ttlSeconds: rule.ttlSeconds ?? config.ttlSeconds,
    ttlByStatus: rule.ttlByStatus ?? config.ttlByStatus,
    staleWhileRevalidateSeconds: rule.staleWhileRevalidateSeconds ?? config.staleWhileRevalidateSeconds,
    staleIfErrorSeconds: rule.staleIfErrorSeconds ?? config.staleIfErrorSeconds,
    vary: rule.vary ?? config.vary,
    tags: rule.tags === undefined ? config.tags : [...config.tags, ...rule.tags],
    bypass: isBypassed(rule, request),
  };
}

function ownPolicy(config: CacheConfig): Omit<Policy, "bypass"> {
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
