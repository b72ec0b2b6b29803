import { isEntityTag, matchesWeakly, parseEntityTag, parseEntityTagList } from "./entity-tag.ts";
import { parseHttpDate } from "./http-date.ts";
import { trimOws } from "./list.ts";

/** Header fields that are read by name: those of a response, or what one would have that is not made yet. */
type Fields = Pick<Headers, "get">;

/** What a precondition is checked against: the status and header fields of what would be sent. */
export interface Representation {
  readonly status: number;
  readonly headers: Fields;
}

/** Whether a request has conditions that a cache judges: most have none, and nothing need be looked up for them. */
export function hasPreconditions(requestHeaders: Headers): boolean {
  return requestHeaders.has("if-none-match") || requestHeaders.has("if-modified-since");
}

/**
 * Whether a GET or HEAD is answered with the entry or with 304 (RFC 9110 section 13.2.2, steps 3 and 4). If-Match and
 * If-Unmodified-Since are not judged: they are for the origin (RFC 9111 section 4.3.2).
 */
export function preconditionOutcome(requestHeaders: Headers, entry: Representation): "send" | "not-modified" {
  // RFC 9110 section 13.2.1: preconditions count only where the answer without them is a success. Of those, only 200
  // is sent whole by a cache and has a 304 for its counterpart.
  if (entry.status !== 200) return "send";
  const ifNoneMatch = requestHeaders.get("if-none-match");
  // Section 13.1.3: with If-None-Match there, even a malformed one, If-Modified-Since is ignored.
  if (ifNoneMatch !== null) return hasListedTag(ifNoneMatch, entry.headers) ? "not-modified" : "send";
  const ifModifiedSince = requestHeaders.get("if-modified-since");
  if (ifModifiedSince !== null) return isUnmodifiedSince(ifModifiedSince, entry.headers) ? "not-modified" : "send";
  return "send";
}

/** RFC 9110 section 13.1.2: `*` matches whatever there is; tags are compared weakly. */
function hasListedTag(ifNoneMatch: string, headers: Fields): boolean {
  const etag = headers.get("etag") ?? "";
  // What nearly every client sends: the one tag it was given.
  if (ifNoneMatch === etag && isEntityTag(etag)) return true;
  if (trimOws(ifNoneMatch) === "*") return true;
  const own = parseEntityTag(etag);
  if (own === undefined) return false;
  return parseEntityTagList(ifNoneMatch)?.some((tag) => matchesWeakly(tag, own)) ?? false;
}

/** RFC 9111 section 4.3.2: without Last-Modified the entry is as old as its Date. Invalid dates prove nothing. */
function isUnmodifiedSince(ifModifiedSince: string, headers: Fields): boolean {
  const sinceMs = parseHttpDate(ifModifiedSince);
  const modifiedMs = parseHttpDate(headers.get("last-modified") ?? headers.get("date") ?? "");
  return sinceMs !== undefined && modifiedMs !== undefined && modifiedMs <= sinceMs;
}

/**
 * What a 304 carries (RFC 9110 section 15.4.5), and the two fields caches add to every answer: Age, which RFC 9111
 * section 4 asks of one that was not validated with the origin, and Cache-Status.
 */
const NOT_MODIFIED_FIELDS = [
  "age",
  "cache-control",
  "cache-status",
  "content-location",
  "date",
  "etag",
  "expires",
  "vary",
] as const;

/**
 * The header fields of the 304 that stands for a response with `headers`. Last-Modified goes along only where there is
 * no ETag: section 15.4.5 leaves out what does not help to choose the stored response.
 *
 * They come as an object: the runtime takes one over at once, where a `Headers` is filled field by field and then copied.
 */
export function notModifiedHeaders(headers: Fields): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of NOT_MODIFIED_FIELDS) {
    const value = headers.get(name);
    if (value !== null) kept[name] = value;
  }
  if (kept["etag"] !== undefined) return kept;
  const lastModified = headers.get("last-modified");
  if (lastModified !== null) kept["last-modified"] = lastModified;
  return kept;
}
