import type { BareItem, Dictionary } from "structured-headers";
import type { CacheConfig } from "../../schema/options.ts";
import type { CacheControl, CacheControlFlag, DirectiveScope } from "./cache-control.ts";
import { FLAGS, parseCacheControl } from "./cache-control.ts";
import { MOST_DELTA_SECONDS } from "./delta-seconds.ts";
import { asDictionary } from "./dictionary.ts";
import { parseSurrogateControl } from "./surrogate-control.ts";

/** The targeted fields this cache obeys, the most specific first (RFC 9213 section 2.2). */
const TARGETS: readonly string[] = ["cdn-cache-control"];
const SURROGATE = "surrogate-control";

/** What a response says to this cache, and by which field. */
export interface ResponseControl extends CacheControl {
  /** The targeted field; with one, Cache-Control and Expires say nothing to this cache (RFC 9213 section 2.2). */
  readonly target: string | undefined;
}

/**
 * What a response says to this cache: by the first targeted field that is there, is valid and says something, else by
 * `Cache-Control`.
 *
 * A targeted field is a Dictionary (RFC 9213 section 2.1): one that cannot be parsed as such is ignored as a whole, and so
 * is one that is empty. A directive whose value is of another type than it should be is ignored by itself.
 * Surrogate-Control is older and has a grammar of its own.
 */
export function responseControl(headers: Headers, targets: readonly string[] = TARGETS): ResponseControl {
  for (const target of targets) {
    const text = headers.get(target);
    const control = text === null ? undefined : target === SURROGATE ? parseSurrogateControl(text) : targeted(text);
    if (control !== undefined) return { ...control, target };
  }
  return { ...parseCacheControl(headers), target: undefined };
}

function targeted(text: string): CacheControl | undefined {
  const dictionary = asDictionary(text);
  return dictionary === undefined || dictionary.size === 0 ? undefined : fromDictionary(dictionary);
}

function fromDictionary(dictionary: Dictionary): CacheControl {
  const value = (name: string): BareItem | undefined => {
    const item = dictionary.get(name)?.[0];
    return Array.isArray(item) ? undefined : item;
  };
  const seconds = (name: string) => {
    const number = value(name);
    return typeof number === "number" && Number.isInteger(number) && number >= 0
      ? Math.min(number, MOST_DELTA_SECONDS)
      : undefined;
  };
  const scope = (name: string): DirectiveScope | undefined => {
    const named = value(name);
    if (typeof named === "string") return { scope: "fields", names: named.split(",").map((field) => field.trim()) };
    return named === true ? { scope: "response" } : undefined;
  };
  const flags = new Set(FLAGS.filter((flag): flag is CacheControlFlag => value(flag) === true));
  return {
    flags,
    permitsSharing: flags.has("public") || flags.has("must-revalidate") || seconds("s-maxage") !== undefined,
    noCache: scope("no-cache"),
    private: scope("private"),
    maxAgeSeconds: seconds("max-age"),
    sharedMaxAgeSeconds: seconds("s-maxage"),
    staleWhileRevalidateSeconds: seconds("stale-while-revalidate"),
    staleIfErrorSeconds: seconds("stale-if-error"),
    maxStaleSeconds: undefined,
    minFreshSeconds: undefined,
  };
}

/** Takes the targeted fields out of what goes to a client, where the cache is declared so. */
export function withholdTargets(
  headers: Headers,
  { targetedControl, targetedControlToClient }: Pick<CacheConfig, "targetedControl" | "targetedControlToClient">,
): void {
  if (targetedControlToClient === "forward") return;
  for (const name of targetedControl) headers.delete(name);
}
