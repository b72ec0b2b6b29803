import * as v from "valibot";
import { LarderError } from "./errors.ts";
import { limits } from "./limits.ts";
import type { CacheName, Namespace } from "./names.ts";

/** The URL under which one response is stored; see {@link buildKey}. */
export type Key = string & v.Brand<"Key">;
/** An absolute http or https URL as the WHATWG rules spell it, without its fragment; see {@link absoluteUrl}. */
export type AbsoluteUrl = string & v.Brand<"AbsoluteUrl">;
/** A URL in the one spelling Larder compares by; see {@link normalizeUrl}. */
export type NormalUrl = AbsoluteUrl & v.Brand<"NormalUrl">;

export const KeySchema = v.pipe(
  v.string("must be a string"),
  v.minLength(1, "must not be empty"),
  v.maxLength(limits.keyCharacters, `must be at most ${limits.keyCharacters} characters`),
  v.transform((text) => text as Key),
);

export interface KeyParts {
  readonly namespace: Namespace;
  readonly cache: CacheName;
  readonly method: string;
  readonly url: AbsoluteUrl;
  /** What else the entry is chosen by: names without repeats, each with the request's value or null where it has none. */
  readonly vary: readonly (readonly [name: string, value: string | null])[];
}

/**
 * URLs that parsing is sure to leave as they are, which most are and every hit pays for: a host of plain labels, the
 * last of which begins with a letter (or it might be an address in disguise); no port; a path of plain characters, no
 * segment of which begins with a dot; and one query parameter at most.
 */
const SURELY_NORMAL =
  /^https?:\/\/(?:(?!xn--)[a-z0-9][a-z0-9-]*\.)*(?!xn--)[a-z][a-z0-9-]*(?:\/(?![.%])[A-Za-z0-9._~!$()*+,;=:@-]*)+(?:\?[A-Za-z0-9._~!$()*+,;=:@/-]*)?$/;

/**
 * A request URL as the WHATWG rules spell it, without its fragment.
 *
 * @throws LarderError `invalid-input` for anything that is not an absolute http or https URL, or carries credentials
 */
export function absoluteUrl(text: string, field = "request"): AbsoluteUrl {
  if (SURELY_NORMAL.test(text)) return text as AbsoluteUrl;
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new LarderError("invalid-input", `${field}: must be an absolute http or https URL`, { field });
  }
  if (url.username !== "" || url.password !== "") {
    throw new LarderError("invalid-input", `${field}: a URL with a user name or password cannot be cached`, { field });
  }
  const withoutFragment =
    url.hash === "" && !url.href.endsWith("#") ? url.href : url.href.slice(0, url.href.indexOf("#"));
  return withoutFragment as AbsoluteUrl;
}

/**
 * The one spelling of a request URL: that of {@link absoluteUrl}, with its query parameters in the order of their names.
 * Parameters of one name keep their order, since servers give it a meaning; nothing is decoded or encoded anew, so that
 * two URLs an origin may tell apart stay apart.
 *
 * @throws LarderError `invalid-input` for anything that is not an absolute http or https URL, or carries credentials
 */
export function normalizeUrl(text: string, field = "request"): NormalUrl {
  return sortedUrl(absoluteUrl(text, field));
}

/** The URL with its query parameters in the order of their names. */
export function sortedUrl(url: AbsoluteUrl): NormalUrl {
  const queryAt = url.indexOf("?");
  if (queryAt === -1 || !url.includes("&", queryAt)) return url as NormalUrl;
  return `${url.slice(0, queryAt)}?${sortQuery(url.slice(queryAt + 1))}` as NormalUrl;
}

/** The parameters of a query in the order of their names, those of one name in the order they came. */
export function sortQuery(query: string): string {
  return query
    .split("&")
    .map((parameter) => ({ parameter, name: parameterName(parameter) }))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map(({ parameter }) => parameter)
    .join("&");
}

/** The name of a parameter of a query. Decoded, so that `a` and `%61` count as repeats of one name and keep their order. */
export function parameterName(parameter: string): string {
  const end = parameter.indexOf("=");
  const raw = (end === -1 ? parameter : parameter.slice(0, end)).replaceAll("+", " ");
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}

const MARK = "larder=";

/**
 * The key of an entry: the request's own URL with one more query parameter at its very end, which holds everything
 * else the entry is chosen by.
 *
 * ```
 * https://shop.example/p/1?size=l&larder=storefront/pages/GET/accept-language=en
 * ```
 *
 * The host stays the request's own: Cloudflare resolves foreign hosts of cache keys
 * (developers.cloudflare.com/workers/reference/how-the-cache-works, "Cache API"), and a zone purge by prefix reaches
 * the entry. Each part is percent-encoded, so none can hold the `/`, `,`, `=`, `?` or `&` that join them: what follows
 * the last `?` or `&` is ours whatever the request's own query says, and different inputs never meet in one key.
 */
export function buildKey(parts: KeyParts): Key {
  const vary = parts.vary
    .map(([name, value]) =>
      value === null ? encodeURIComponent(name) : `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
    )
    .join(",");
  const joint = parts.url.includes("?") ? "&" : "?";
  const method = encodeURIComponent(parts.method.toUpperCase());
  const scope = `${encodeURIComponent(parts.namespace)}/${encodeURIComponent(parts.cache)}`;
  return `${parts.url}${joint}${MARK}${scope}/${method}/${vary}` as Key;
}

/** What a key is made of; undefined where it is no key of ours. */
export function readKey(key: Key): KeyParts | undefined {
  const joint = Math.max(key.lastIndexOf("?"), key.lastIndexOf("&"));
  const own = key.slice(joint + 1);
  const [namespace = "", cache = "", method = "", vary = ""] = own.slice(MARK.length).split("/");
  if (!own.startsWith(MARK) || cache === "") return undefined;
  return {
    namespace: decodeURIComponent(namespace) as Namespace,
    cache: decodeURIComponent(cache) as CacheName,
    method: decodeURIComponent(method),
    url: key.slice(0, joint) as AbsoluteUrl,
    vary: vary === "" ? [] : vary.split(",").map(readPart),
  };
}

function readPart(part: string): KeyParts["vary"][number] {
  const [name = "", value] = part.split("=").map(decodeURIComponent);
  return [name, value ?? null];
}

/** The cache whose entry a key is of; undefined where it is no key of ours. */
export function cacheOfKey(key: Key): CacheName | undefined {
  return readKey(key)?.cache;
}

/**
 * Header names in the one form keys use: lower-case, sorted, without repeats. A name that begins with `?` is no header's:
 * it says which query parameters do not matter, as `src/http/no-vary-search.ts` spells it.
 */
export function normalizeVary(names: readonly string[]): string[] {
  return [...new Set(names.map((name) => (isSearchRule(name) ? name : name.toLowerCase())))].sort();
}

export function isSearchRule(name: string): boolean {
  return name.startsWith("?");
}
