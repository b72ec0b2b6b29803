import { parseDeltaSeconds } from "./delta-seconds.ts";
import { splitList, trimOws } from "./list.ts";

/** Directives that are either there or not. */
export const FLAGS = [
  "no-store",
  "public",
  "must-revalidate",
  "proxy-revalidate",
  "must-understand",
  "no-transform",
  "immutable",
  "only-if-cached",
] as const;

export type CacheControlFlag = (typeof FLAGS)[number];

/** Directives that loosen what a cache may do. One with an argument it does not have is not taken to be meant. */
const PERMISSIONS: readonly CacheControlFlag[] = ["public", "must-understand", "immutable"];

/** What `no-cache` and `private` apply to: the whole response, or only the header fields named. */
export type DirectiveScope =
  | { readonly scope: "response" }
  | { readonly scope: "fields"; readonly names: readonly string[] };

/** The `Cache-Control` of a request or a response (RFC 9111 section 5.2, RFC 5861, RFC 8246); undefined is absent. */
export interface CacheControl {
  readonly flags: ReadonlySet<CacheControlFlag>;
  /**
   * Whether a directive is there, and well-formed, by which an answer to a request with credentials is for others too
   * (RFC 9111 section 3.5). A malformed one forbids what it always forbids, and permits nothing.
   */
  readonly permitsSharing: boolean;
  readonly noCache: DirectiveScope | undefined;
  readonly private: DirectiveScope | undefined;
  readonly maxAgeSeconds: number | undefined;
  /** `s-maxage`. */
  readonly sharedMaxAgeSeconds: number | undefined;
  readonly staleWhileRevalidateSeconds: number | undefined;
  readonly staleIfErrorSeconds: number | undefined;
  /** Of a request: how stale a response it takes; any number of seconds where `max-stale` has no argument. */
  readonly maxStaleSeconds: number | undefined;
  /** Of a request: for how long a response is to be fresh still. */
  readonly minFreshSeconds: number | undefined;
}

/**
 * Reads all `Cache-Control` lines of `headers`. It never throws: what cannot be understood is ignored, or, where it
 * begins like a known directive, read as the strictest thing that directive can say.
 *
 * - Names are compared without case; an argument may be a token or a quoted string (RFC 9111 section 5.2).
 * - Of a repeated number the first counts; one that is not `delta-seconds` is 0, that is, stale (section 4.2.1).
 * - A repeated `no-cache` or `private` names the fields of all, and the whole response if one names none.
 */
export function parseCacheControl(headers: Headers): CacheControl {
  return parseDirectives(headers.get("cache-control") ?? "");
}

/** As `parseCacheControl`, of what stands in another field by the same grammar. */
export function parseDirectives(text: string): CacheControl {
  const directives = splitList(text).map(parseDirective);
  return {
    flags: flagsOf(directives),
    permitsSharing: permitsSharing(directives),
    noCache: scopeOf(directives, "no-cache"),
    private: scopeOf(directives, "private"),
    maxAgeSeconds: secondsOf(directives, "max-age"),
    sharedMaxAgeSeconds: secondsOf(directives, "s-maxage"),
    staleWhileRevalidateSeconds: secondsOf(directives, "stale-while-revalidate"),
    staleIfErrorSeconds: secondsOf(directives, "stale-if-error"),
    maxStaleSeconds: directives.some(({ name, argument }) => name === "max-stale" && argument === null)
      ? Number.POSITIVE_INFINITY
      : secondsOf(directives, "max-stale"),
    minFreshSeconds: secondsOf(directives, "min-fresh"),
  };
}

interface Directive {
  readonly name: string;
  /** Without its quotes; null where there is none. */
  readonly argument: string | null;
}

/** `text` is one list member, so it holds no comma outside quotes. */
function parseDirective(text: string): Directive {
  const [name = ""] = /^[!#$%&'*+.^_`|~0-9A-Za-z-]*/.exec(text) ?? [];
  const rest = text.slice(name.length);
  // Anything but `=` after the name is malformed: as an argument it is no number and no list of names.
  return {
    name: name.toLowerCase(),
    argument: rest === "" ? null : rest.startsWith("=") ? unquote(rest.slice(1)) : rest,
  };
}

/** The value of a quoted string (RFC 9110 section 5.6.4); any other text as it is. */
function unquote(text: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(text)?.[1];
  return quoted === undefined ? text : quoted.replace(/\\(.)/gs, "$1");
}

function secondsOf(directives: readonly Directive[], name: string): number | undefined {
  const directive = directives.find((candidate) => candidate.name === name);
  if (directive === undefined) return undefined;
  return parseDeltaSeconds(directive.argument ?? "") ?? 0;
}

function permitsSharing(directives: readonly Directive[]): boolean {
  const sharedMaxAge = directives.find(({ name }) => name === "s-maxage")?.argument ?? "";
  const isBare = (flag: CacheControlFlag) =>
    directives.some(({ name, argument }) => name === flag && argument === null);
  return isBare("public") || isBare("must-revalidate") || parseDeltaSeconds(sharedMaxAge) !== undefined;
}

function scopeOf(directives: readonly Directive[], name: string): DirectiveScope | undefined {
  const found = directives.filter((directive) => directive.name === name);
  if (found.length === 0) return undefined;
  const lists = found.map(({ argument }) => fieldNames(argument ?? ""));
  if (lists.some((names) => names.length === 0)) return { scope: "response" };
  return { scope: "fields", names: [...new Set(lists.flat())] };
}

function fieldNames(argument: string): string[] {
  return argument
    .split(",")
    .map((name) => trimOws(name).toLowerCase())
    .filter((name) => name !== "");
}

function flagsOf(directives: readonly Directive[]): ReadonlySet<CacheControlFlag> {
  const present = FLAGS.filter((flag) =>
    directives.some(({ name, argument }) => name === flag && (argument === null || !PERMISSIONS.includes(flag))),
  );
  return new Set(present);
}
