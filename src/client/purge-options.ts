import { LarderError } from "../../schema/errors.ts";
import type { CacheConfig } from "../../schema/options.ts";
import type { PurgeRequest } from "../../schema/purge-request.ts";
import { keyedUrlOf } from "../edge/place.ts";
import { keyedBy, policyFor } from "../edge/policy.ts";

/** What to purge. Fields together mean entries for which all hold. */
export interface Selection {
  /** All variants of one request URL. */
  readonly request?: Request | string;
  /** One variant, by its key. */
  readonly key?: string;
  /** Entries with any of these tags. */
  readonly tags?: readonly string[];
  /** Entries with every one of these tags. */
  readonly allOf?: readonly string[];
  /** Entries whose URL begins with this, on any character. */
  readonly prefix?: string;
  /** Stands alone. */
  readonly everything?: true;
}

/** What to purge, and how. */
export interface PurgeOptions extends Selection {
  /** Instead of one selection: the union of up to 1,000. */
  readonly any?: readonly Selection[];
  /** This cache, the default, or all caches of its namespace. */
  readonly scope?: "cache" | "namespace";
  /** Stale from now on, within the windows each entry has, rather than gone. */
  readonly soft?: true;
  /** Also removes what it hits from the index and from this data centre's cache. Cannot be taken back. */
  readonly erase?: true;
  /** Refuses the purge if it would hit more entries than this. */
  readonly maxEntries?: number;
  /**
   * Fetches what it hits anew, what is asked for most first: at most `top` URLs, 100 when left out, `concurrency` of them at
   * a time, 4, and `perSecond`, 10. Pages, that is: what `remember` keeps has no URL to be fetched from.
   */
  readonly refill?: { readonly top?: number; readonly concurrency?: number; readonly perSecond?: number };
  /** Comes into force at once, though the cache has `debounceSeconds`. */
  readonly immediate?: true;
  /** For the history: why. At most 500 characters. */
  readonly reason?: string;
}

export interface DryRun {
  readonly dryRun: true;
  /** The next page of keys: as the last one ended with. */
  readonly after?: string;
}

/** A purge as it crosses RPC. Anything the options do not know goes on as it is, to be refused with the rest. */
export function toPurgeRequest(options: PurgeOptions, config: CacheConfig): PurgeRequest {
  if (typeof options !== "object" || options === null) {
    throw new LarderError("invalid-input", 'purge: must be an object such as { tags: ["product:123"] }', {
      field: "purge",
    });
  }
  const { scope = "cache", any, ...rest } = options;
  if (scope !== "cache" && scope !== "namespace") {
    throw new LarderError("invalid-input", 'scope: must be "cache" or "namespace"', { field: "scope" });
  }
  const { maxEntriesPerPurge } = config;
  const request: Readonly<Record<string, unknown>> = {
    ...(scope === "cache" ? { cache: config.name } : {}),
    ...(maxEntriesPerPurge === undefined ? {} : { maxEntries: maxEntriesPerPurge }),
    ...withUrl(rest, config),
    ...(any === undefined ? {} : { any: Array.isArray(any) ? any.map((one) => withUrl(one, config)) : any }),
  };
  return request as PurgeRequest;
}

/** A request is purged by the URL its key has, which may lack some of its query. */
function withUrl<Fields extends Selection>(
  selection: Fields,
  config: CacheConfig,
): Omit<Fields, "request"> & { url?: string } {
  const { request, ...rest } = selection;
  if (request === undefined) return rest;
  const asked = asRequest(request);
  return { ...rest, url: keyedUrlOf(asked, keyedBy(policyFor(config, asked), {})) };
}

/** @throws LarderError `invalid-input` for what is neither a Request nor an absolute URL */
export function asRequest(request: Request | string): Request {
  if (request instanceof Request) return request;
  if (typeof request === "string" && URL.canParse(request)) return new Request(request);
  throw new LarderError("invalid-input", "request: must be a Request or an absolute URL", { field: "request" });
}
