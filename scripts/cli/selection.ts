import type { PurgeRequest } from "../../schema/purge-request.ts";
import type { Settings } from "./client/settings.ts";
import type { SelectionFlags } from "./commands/purge.ts";
import { UsageError } from "./usage-error.ts";

/**
 * The purge that flags ask for. Places (URLs, prefixes and paths) are any of those given, and each is narrowed by the tags.
 *
 * @throws UsageError where they name nothing, or what no purge can hit
 */
export function purgeRequest(flags: SelectionFlags, { cache, site }: Pick<Settings, "cache" | "site">): PurgeRequest {
  const { tag, allOf, key, all, soft, erase, maxEntries, reason } = flags;
  const places = [
    ...(flags.url ?? []).map((url) => ({ url })),
    ...(flags.prefix ?? []).map((prefix) => ({ prefix })),
    ...(flags.path ?? []).map((path) => placeOf(path, site)),
  ];
  const narrowed = defined({ tags: tag?.slice(), allOf: allOf?.slice(), key });
  const names = places.length > 0 || Object.keys(narrowed).length > 0;
  if (!names && all === undefined) {
    throw new UsageError("what? Give --tag, --all-of, --prefix, --path, --url or --key; or --all for everything");
  }
  if (names && all !== undefined) throw new UsageError("--all is everything: name nothing else beside it");
  const [first, ...more] = places;
  const what =
    more.length === 0
      ? { ...narrowed, ...first, ...defined({ everything: all }) }
      : { any: places.map((place) => ({ ...narrowed, ...place })) };
  return { ...what, ...defined({ cache, soft, erase, maxEntries, reason, refill: refillOf(flags) }) };
}

function refillOf({ refill, concurrency, perSecond }: SelectionFlags): PurgeRequest["refill"] {
  if (refill !== undefined) return defined({ top: refill === true ? undefined : refill, concurrency, perSecond });
  if (concurrency === undefined && perSecond === undefined) return undefined;
  throw new UsageError("--per-second and --concurrency go with --refill");
}

/** A path of the site, as a URL or, with `*` at its end, as a prefix. */
function placeOf(path: string, site: string): { readonly url: string } | { readonly prefix: string } {
  if (!path.startsWith("/")) throw new UsageError(`--path must begin with a slash, and not as in ${path}`);
  const whole = path.endsWith("*") ? path.slice(0, -1) : path;
  if (whole.includes("*")) {
    throw new UsageError(`--path may have * at its end only, and not as in ${path}; tags can name what paths cannot`);
  }
  return whole === path ? { url: site + path } : { prefix: site + whole };
}

type Defined<T> = { readonly [Name in keyof T]?: Exclude<T[Name], undefined> };

function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
