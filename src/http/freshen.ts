import type { EntityTag } from "./entity-tag.ts";
import { matchesStrongly, matchesWeakly, parseEntityTag } from "./entity-tag.ts";
import { endToEndHeaders } from "./hop-by-hop.ts";
import { parseHttpDate } from "./http-date.ts";

/**
 * The fields that make a request ask whether the response with the header fields `stored` is still current (RFC 9111
 * section 4.3.1), to be set in the place of all conditions the request has. Undefined where there is nothing to ask by.
 *
 * A malformed ETag is not sent: `*` is no tag, and as a condition it is true of anything.
 */
export function conditionsFor(stored: Headers): Headers | undefined {
  const conditions = new Headers();
  const etag = stored.get("etag");
  if (etag !== null && parseEntityTag(etag) !== undefined) conditions.set("if-none-match", etag);
  const lastModified = stored.get("last-modified");
  // As it came: some origins honour an exact match only (RFC 9110 section 13.1.3).
  if (lastModified !== null && parseHttpDate(lastModified) !== undefined) {
    conditions.set("if-modified-since", lastModified);
  }
  return conditions.has("if-none-match") || conditions.has("if-modified-since") ? conditions : undefined;
}

/**
 * Whether a 304 is about the response with the header fields `stored` (RFC 9111 section 4.3.4). If not, it must not
 * update it, and the origin is to be asked once more without conditions.
 *
 * A 304 without any validator is taken to be, though that section takes it so only for a response that has none either:
 * the conditions were those of this one response, so nothing else can be meant.
 */
export function isConfirmedBy(stored: Headers, notModified: Headers): boolean {
  const own = validatorsOf(stored);
  const given = validatorsOf(notModified);
  if (given.tag?.strength === "strong") return own.tag !== undefined && matchesStrongly(own.tag, given.tag);
  if (given.tag !== undefined && own.tag !== undefined) return matchesWeakly(own.tag, given.tag);
  // A date is a weak validator (RFC 9110 section 8.8.2.2).
  if (given.modifiedMs !== undefined && own.modifiedMs !== undefined) return given.modifiedMs === own.modifiedMs;
  return given.tag === undefined && given.modifiedMs === undefined;
}

/** What is compared with an answer to HEAD. */
export interface StoredGet {
  readonly status: number;
  readonly headers: Headers;
  /** Of the body, decoded. */
  readonly sizeBytes: number;
}

/**
 * What a 200 in answer to HEAD tells of a stored response to GET (RFC 9111 section 4.3.5).
 *
 * One without validators confirms nothing here, though that section takes an equal Content-Length for enough: contents
 * of one length differ too often.
 */
export function toldByHead(stored: StoredGet, head: Headers): "confirmed" | "outdated" | "nothing" {
  if (stored.status !== 200) return "outdated";
  const etag = head.get("etag");
  const lastModified = head.get("last-modified");
  if (etag !== null && etag !== stored.headers.get("etag")) return "outdated";
  if (lastModified !== null && !isSameDate(lastModified, stored.headers.get("last-modified"))) return "outdated";
  const length = head.get("content-length");
  // Of encoded content it is the length of what would be sent, and the body is stored decoded.
  const isComparable = !stored.headers.has("content-encoding") && !head.has("content-encoding");
  if (length !== null && isComparable && length !== String(stored.sizeBytes)) return "outdated";
  // What is malformed may tell a difference, but proves no identity.
  const { tag, modifiedMs } = validatorsOf(head);
  return tag === undefined && modifiedMs === undefined ? "nothing" : "confirmed";
}

function isSameDate(a: string, b: string | null): boolean {
  return b !== null && (a === b || (parseHttpDate(a) !== undefined && parseHttpDate(a) === parseHttpDate(b)));
}

interface Validators {
  readonly tag: EntityTag | undefined;
  readonly modifiedMs: number | undefined;
}

function validatorsOf(headers: Headers): Validators {
  return {
    tag: parseEntityTag(headers.get("etag") ?? ""),
    modifiedMs: parseHttpDate(headers.get("last-modified") ?? ""),
  };
}

/**
 * Fields of a 304 that do not replace those stored (RFC 9111 section 3.2): Content-Length never; Content-Encoding,
 * since the body is stored decoded and is encoded as the stored field says; Content-Range, since what is stored is
 * whole. Content-Type does replace: the exception for it is for caches that keep what they have parsed.
 */
const NOT_UPDATED: ReadonlySet<string> = new Set(["content-length", "content-encoding", "content-range"]);

/**
 * Fields that tell of one answer and how it came here. Those of the earlier answer are not true of this one, even where
 * it lacks them: the age starts anew with it (RFC 9111 section 4.2.3), a Date that is missing is that of its arrival
 * (RFC 9110 section 6.6.1), and Cache-Status is about the caches on its way (RFC 9211 section 2).
 */
const OF_ONE_ANSWER = ["age", "cache-status", "date"];

/**
 * The header fields of a stored response, updated by those of the 304, or the answer to HEAD, that confirms it (RFC 9111
 * sections 3.2, 4.3.4 and 4.3.5): a field of the 304 replaces all stored lines of that name, but for the exceptions above and what is never
 * stored (section 3.1). Neither argument is changed.
 *
 * What the 304 says may forbid storing, so the result is to be judged like a new response: Cache-Control and Set-Cookie
 * are updated like any field.
 */
export function freshened(stored: Headers, notModified: Headers): Headers {
  const merged = new Headers(stored);
  for (const name of OF_ONE_ANSWER) merged.delete(name);
  const updates = [...endToEndHeaders(notModified)].filter(([name]) => !NOT_UPDATED.has(name));
  for (const [name] of updates) merged.delete(name);
  // Appended, so that several Set-Cookie lines stay several.
  for (const [name, value] of updates) merged.append(name, value);
  return merged;
}
