import type { KeyPolicy } from "../../schema/key-policy.ts";
import { parseCookies } from "./cookies.ts";
import { BUCKET_COOKIE, bucketOf, splitVariant } from "./traffic-split.ts";
import { type UserAgent, userAgentOf } from "./user-agent.ts";
import { type Grouping, grouping } from "./value-groups.ts";
import { normalizedValue } from "./vary-values.ts";

/** What of a request a key policy looks at. */
export interface KeyedRequest {
  readonly headers: Headers;
  /** Two letters, as Cloudflare gives it in `request.cf`. */
  readonly country?: string | undefined;
}

export type KeyPart = readonly [name: string, value: string | null];

/**
 * The parts that a policy adds to a key, sorted by name; null is what the request does not have.
 *
 * The part of a header has the header's name, lower-case, and its value as `vary` would have it. All others have a colon
 * in their names, which no header name has (RFC 9110 section 5.1), and so has that of a header whose values are grouped:
 * a group and a value that is spelled like its name are not the same.
 */
export function keyParts(policy: KeyPolicy, request: KeyedRequest): KeyPart[] {
  const facts = new Facts(request);
  return readersOf(policy).map(([name, read]) => [name, read(facts)] as const);
}

/** What is taken apart once for all parts, and only if one needs it. */
class Facts {
  readonly headers: Headers;
  readonly country: string | undefined;
  #userAgent: UserAgent | undefined;
  #cookies: ReadonlyMap<string, string> | undefined;

  constructor({ headers, country }: KeyedRequest) {
    this.headers = headers;
    this.country = country;
  }

  get userAgent(): UserAgent {
    this.#userAgent ??= userAgentOf(this.headers.get("user-agent"));
    return this.#userAgent;
  }

  cookie(name: string): string | null {
    this.#cookies ??= parseCookies(this.headers);
    return this.#cookies.get(name) ?? null;
  }
}

type Reader = readonly [name: string, read: (facts: Facts) => string | null];

const readers = new WeakMap<KeyPolicy, readonly Reader[]>();

function readersOf(policy: KeyPolicy): readonly Reader[] {
  let known = readers.get(policy);
  if (known === undefined) {
    known = readersFor(policy).sort(([a], [b]) => (a < b ? -1 : 1));
    readers.set(policy, known);
  }
  return known;
}

function readersFor({ headers = [], cookies = [], splits = [], ...asked }: KeyPolicy): Reader[] {
  const parts: Reader[] = [];
  for (const { name, groups } of headers) {
    if (groups === undefined) {
      parts.push([name, (facts) => normalizedValue(name, facts.headers)]);
    } else {
      const groupOf = grouping(groups);
      parts.push([`header-group:${name}`, (facts) => grouped(facts.headers.get(name), groupOf)]);
    }
  }
  for (const { name, groups } of cookies) {
    if (groups === undefined) {
      parts.push([`cookie:${name}`, (facts) => facts.cookie(name)]);
    } else {
      const groupOf = grouping(groups);
      parts.push([`cookie-group:${name}`, (facts) => grouped(facts.cookie(name), groupOf)]);
    }
  }
  for (const split of splits) {
    parts.push([
      `split:${split.name}`,
      (facts) => splitVariant(split, bucketOf(facts.cookie(BUCKET_COOKIE) ?? undefined)),
    ]);
  }
  if (asked.device) parts.push(["device:", (facts) => facts.userAgent.device]);
  if (asked.vendor) parts.push(["vendor:", (facts) => facts.userAgent.vendor]);
  if (asked.browser) parts.push(["browser:", (facts) => facts.userAgent.browser]);
  if (asked.isBot) parts.push(["bot:", (facts) => facts.userAgent.isBot]);
  if (asked.country) parts.push(["country:", (facts) => countryOf(facts.country)]);
  return parts;
}

function grouped(value: string | null, groupOf: Grouping): string | null {
  return value === null ? null : groupOf(value);
}

/** Cloudflare says `XX` of visitors whose country it does not know (developers.cloudflare.com/fundamentals/reference/http-headers). */
function countryOf(given: string | undefined): string | null {
  const country = given?.toUpperCase() ?? "";
  return /^[A-Z][A-Z0-9]$/.test(country) && country !== "XX" ? country : null;
}
